"""A measurement: what synthesis costs beside the bare endpoint, with a fast local server.

A server process answers every request after a fixed delay with a question and solution of its own, about 1 KB. Raw: an
aiohttp loop with so many workers that posts the same requests and reads the JSON of the answers, and does nothing else.
Ours: the making of an artifact, from seeds to written tables: prompts, kept answers, parsing, every check,
near-duplicates, lineage. Both sides in a process of their own, in turn, timed from beginning to end, so that ours pays
for its start (32 requests at a time at first, tables and processes to load) and short turns say little; so the share of
the answers after the first `START` seconds is told beside it. Figures are the medians' ratio, with all turns. CPU time
is that of the client process, without the ``workers`` that examine answers: the rate that one core could follow is its
inverse. The share of raw throughput is to be 95 % or more.
Prints JSON and keeps it: PYTHONPATH=tests/support python tests/bench/synthesis_overhead.py
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synthesis_world import order_for, page, written
from synthetic import keep

from pipeline.label.answers import Answers
from pipeline.synthesize.choosing import Chosen
from pipeline.synthesize.making import Making
from pipeline.synthesize.output import Output
from pipeline.synthesize.requests import Request
from pipeline.synthesize.seed import Seed
from pipeline.synthesize.seed_file import SeedFile
from pipeline.synthesize.snippets import Span

SIDES = ("raw", "ours")
START = 15.0
"""Seconds."""
FIGURES = ("requests_a_second", "requests_a_second_after_start", "cpu_ms")


class Served(asyncio.Protocol):
    """Answers with what the snippet's number says, after a delay; HTTP as far as both clients need it."""

    delay = 0.0

    def connection_made(self, transport: Any) -> None:
        self._transport, self._bytes = transport, b""

    def data_received(self, data: bytes) -> None:
        self._bytes += data
        while (end := self._bytes.find(b"\r\n\r\n")) >= 0:
            head = self._bytes[:end].lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
            if len(self._bytes) < end + 4 + length:
                return
            body, self._bytes = self._bytes[end + 4 : end + 4 + length], self._bytes[end + 4 + length :]
            asyncio.get_running_loop().call_later(self.delay, self._send, body)

    def _send(self, body: bytes) -> None:
        text = json.loads(body)["messages"][0]["content"].partition("<<<\n")[2].partition("\n>>>")[0]
        content = {"role": "assistant", "content": written(text)}
        usage = {"prompt_tokens": 300, "completion_tokens": 150, "total_tokens": 450}
        answer = json.dumps({"choices": [{"message": content, "finish_reason": "stop"}], "usage": usage}).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(answer)}\r\n\r\n"
        if not self._transport.is_closing():
            self._transport.write(head.encode() + answer)


async def serve(delay: float) -> None:
    Served.delay = delay
    server = await asyncio.get_running_loop().create_server(Served, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


class Clock:
    """Times a side from its beginning to its last answer."""

    def __init__(self) -> None:
        self._done, self._wall, self._cpu = 0, time.perf_counter(), time.process_time()
        self._started: tuple[float, int] | None = None

    def tick(self, tokens: float = 0.0) -> None:
        self._done += 1
        if self._started is None and time.perf_counter() - self._wall >= START:
            self._started = time.perf_counter(), self._done

    def told(self) -> dict[str, Any]:
        end, cpu = time.perf_counter(), time.process_time() - self._cpu
        since, before = self._started or (self._wall, 0)
        return {
            "requests_a_second": self._done / (end - self._wall),
            "requests_a_second_after_start": (self._done - before) / (end - since),
            "cpu_ms": cpu / self._done * 1e3,
        }


def order_of(port: int, requests: int, concurrency: int) -> Any:
    generator = {"url": f"http://127.0.0.1:{port}/v1", "model": "m", "concurrency": concurrency}
    return order_for(
        generator["url"],
        discipline=None,
        quotas={"physics": 10**12},
        generator=generator,
        budget={"requests": requests},
    )


def seeds(first: int, count: int) -> Iterator[Seed]:
    for n, text in ((number, page(number)) for number in range(first, first + count)):
        yield Seed(f"s/{n}", Span(0, len(text)), text, "physics", "zh" if n % 3 == 0 else "en", "", "")


def ours(port: int, first: int, requests: int, concurrency: int, workers: int, watch: Any = None) -> dict[str, Any]:
    order = order_of(port, requests, concurrency)
    with (
        tempfile.TemporaryDirectory() as folder,
        Output(Path(folder)) as output,
        SeedFile(Path(folder) / "seeds.jsonl") as file,
    ):
        places = [(file.add([seed]), 1) for seed in seeds(first, requests)]
        chosen = Chosen({"physics": file.chosen(places, requests)}, {"physics": 10**12}, {}, {})
        making = Making(order, chosen, Answers(Path(folder)), output, workers=workers)
        clock = Clock()
        making.run(watch or clock.tick)
    return {**clock.told(), "kept": making.counts()["kept"]}


def bodies(port: int, first: int, requests: int, concurrency: int) -> list[Any]:
    order = order_of(port, requests, concurrency)
    return [order.generator.request(Request(order, seed).messages) for seed in seeds(first, requests)]


def raw(port: int, first: int, requests: int, concurrency: int) -> dict[str, Any]:
    asked = bodies(port, first, requests, concurrency)
    url = f"http://127.0.0.1:{port}/v1/chat/completions"

    async def with_aiohttp() -> None:
        import aiohttp

        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=concurrency)) as session:

            async def one(body: Any) -> None:
                async with session.post(url, json=body) as response:
                    assert (await response.json())["choices"][0]["message"]["content"]

            await loop(one)

    async def loop(one: Any) -> None:
        waiting = iter(asked)

        async def work() -> None:
            for body in waiting:
                await one(body)
                clock.tick()

        await asyncio.gather(*(work() for _ in range(concurrency)))

    clock = Clock()
    asyncio.run(with_aiohttp())
    return clock.told()


def turn(
    side: str, port: int, first: int, requests: int, workers: int, delay: float, concurrency: int
) -> dict[str, Any]:
    command = [sys.executable, __file__, "--turn", side, "--port", str(port), "--first", str(first)]
    command += ["--concurrency", str(concurrency), "--requests", str(requests), "--workers", str(workers)]
    made = dict(json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout))
    print(side, delay, concurrency, made, file=sys.stderr, flush=True)
    return made


def overhead(asked: argparse.Namespace, delay: float, concurrency: int) -> dict[str, Any]:
    with subprocess.Popen(
        [sys.executable, __file__, "--serve", str(delay)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        requests = round(asked.seconds * concurrency / delay)
        port, turns = int(child.stdout.readline()), {side: list[dict[str, Any]]() for side in SIDES}
        for number in range(asked.turns):
            for side in SIDES:
                turns[side].append(turn(side, port, number * requests, requests, asked.workers, delay, concurrency))
        child.kill()
    median = {side: {name: statistics.median(t[name] for t in turns[side]) for name in FIGURES} for side in SIDES}
    after = "requests_a_second_after_start"
    return {
        "delay_seconds": delay,
        "concurrency": concurrency,
        "requests": requests,
        "workers_that_examine": asked.workers,
        "share_of_raw_throughput": round(median["ours"]["requests_a_second"] / median["raw"]["requests_a_second"], 3),
        "share_after_start": round(median["ours"][after] / median["raw"][after], 3),
        "share_of_each_turn": [
            round(o["requests_a_second"] / r["requests_a_second"], 3)
            for o, r in zip(turns["ours"], turns["raw"], strict=True)
        ],
        "share_of_what_delay_and_concurrency_allow": {
            side: round(median[side]["requests_a_second"] * delay / concurrency, 3) for side in SIDES
        },
        "client_cpu_ms_a_request": {side: round(median[side]["cpu_ms"], 3) for side in SIDES},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of a turn, at the server's own rate")
    parser.add_argument("--delay", type=float, default=1.0, help="seconds until an answer")
    parser.add_argument("--at-a-time", type=int, nargs="+", default=[8, 16, 64], help="requests")
    parser.add_argument("--requests", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--workers", type=int, default=1)
    for name, kind in (("serve", float), ("turn", str), ("port", int), ("first", int), ("concurrency", int)):
        parser.add_argument(f"--{name}", type=kind, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve is not None:
        asyncio.run(serve(asked.serve))
    elif asked.turn == "ours":
        print(json.dumps(ours(asked.port, asked.first, asked.requests, asked.concurrency, asked.workers)))
    elif asked.turn:
        print(json.dumps(raw(asked.port, asked.first, asked.requests, asked.concurrency)))
    else:
        result = {
            "target": "share_of_raw_throughput >= 0.95",
            "overhead": [overhead(asked, asked.delay, concurrency) for concurrency in asked.at_a_time],
        }
        keep("synthesis_overhead", result)


if __name__ == "__main__":
    main()
