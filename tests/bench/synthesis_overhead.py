"""A measurement: what synthesis costs beside the bare endpoint, and whether memory grows with the number of requests.

A server process answers every request after a fixed delay with a question and solution of its own, about 1 KB. Raw: an
aiohttp loop with so many workers that posts the same requests and reads the JSON of the answers, and does nothing else.
Ours: the making of an artifact, from seeds to written tables: prompts, kept answers, parsing, every check,
near-duplicates, lineage. Both sides in one process each, in turn, the first turn of each dropped, and the same number
of requests; figures are the medians' ratio, with all turns. CPU time is that of the client process. The share of raw
throughput is to be 95 % or more. A raw loop over httpx is there to say why the client is aiohttp.
Memory: bytes the process owns (RssAnon) while so many requests go through the making, and so many answers through the
store (each looked for, kept and found), at ten points.
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
from pathlib import Path
from typing import Any

from memory import resident
from synthesis_world import order_for, page, written
from synthetic import keep

from pipeline.label.answers import Answer, Answers, key_of
from pipeline.synthesize.choosing import Chosen, Seed
from pipeline.synthesize.making import Making
from pipeline.synthesize.output import Output
from pipeline.synthesize.requests import Request
from pipeline.synthesize.snippets import Span

SIDES = ("raw", "ours", "raw_httpx")


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


def order_of(port: int, requests: int, concurrency: int) -> Any:
    generator = {"url": f"http://127.0.0.1:{port}/v1", "model": "m", "concurrency": concurrency}
    return order_for(
        generator["url"],
        discipline=None,
        quotas={"physics": 10**12},
        generator=generator,
        budget={"requests": requests},
    )


def seeds(first: int, count: int) -> list[Seed]:
    pages = ((number, page(number)) for number in range(first, first + count))
    return [
        Seed(f"s/{n}", Span(0, len(text)), text, "physics", "zh" if n % 3 == 0 else "en", "", "") for n, text in pages
    ]


def ours(port: int, first: int, requests: int, concurrency: int, workers: int, watch: Any = None) -> dict[str, Any]:
    order = order_of(port, requests, concurrency)
    chosen = Chosen({"physics": seeds(first, requests)}, {"physics": 10**12}, {}, {})
    with tempfile.TemporaryDirectory() as folder, Output(Path(folder)) as output:
        making = Making(order, chosen, Answers(Path(folder)), output, workers=workers)
        begin, cpu = time.perf_counter(), time.process_time()
        making.run(watch or (lambda tokens: None))
        wall, cpu = time.perf_counter() - begin, time.process_time() - cpu
    counts = making.counts()
    return {"requests_a_second": requests / wall, "cpu_ms": cpu / requests * 1e3, "kept": counts["kept"]}


def bodies(port: int, first: int, requests: int, concurrency: int) -> list[Any]:
    order = order_of(port, requests, concurrency)
    return [order.generator.request(Request(order, seed).messages) for seed in seeds(first, requests)]


def raw(port: int, first: int, requests: int, concurrency: int, library: str) -> dict[str, Any]:
    asked = bodies(port, first, requests, concurrency)
    url = f"http://127.0.0.1:{port}/v1/chat/completions"

    async def with_aiohttp() -> None:
        import aiohttp

        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=concurrency)) as session:

            async def one(body: Any) -> None:
                async with session.post(url, json=body) as response:
                    assert (await response.json())["choices"][0]["message"]["content"]

            await loop(one)

    async def with_httpx() -> None:
        import httpx

        limits = httpx.Limits(max_connections=concurrency)
        async with httpx.AsyncClient(timeout=60, limits=limits) as client:

            async def one(body: Any) -> None:
                assert (await client.post(url, json=body)).json()["choices"][0]["message"]["content"]

            await loop(one)

    async def loop(one: Any) -> None:
        waiting = iter(asked)

        async def work() -> None:
            for body in waiting:
                await one(body)

        await asyncio.gather(*(work() for _ in range(concurrency)))

    begin, cpu = time.perf_counter(), time.process_time()
    asyncio.run(with_httpx() if library == "httpx" else with_aiohttp())
    wall, cpu = time.perf_counter() - begin, time.process_time() - cpu
    return {"requests_a_second": requests / wall, "cpu_ms": cpu / requests * 1e3}


def turn(side: str, port: int, first: int, asked: argparse.Namespace, delay: float, concurrency: int) -> dict[str, Any]:
    command = [sys.executable, __file__, "--turn", side, "--port", str(port), "--first", str(first)]
    command += ["--concurrency", str(concurrency), "--requests", str(asked.requests), "--workers", str(asked.workers)]
    made = dict(json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout))
    print(side, delay, concurrency, made, file=sys.stderr, flush=True)
    return made


def overhead(asked: argparse.Namespace, delay: float, concurrency: int) -> dict[str, Any]:
    with subprocess.Popen(
        [sys.executable, __file__, "--serve", str(delay)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        port, turns = int(child.stdout.readline()), {side: list[dict[str, Any]]() for side in SIDES}
        for number in range(asked.turns):
            for side in SIDES:
                if side != "raw_httpx" or number == 0:
                    turns[side].append(turn(side, port, number * asked.requests, asked, delay, concurrency))
        child.kill()
    median = {
        side: {name: statistics.median(t[name] for t in turns[side]) for name in ("requests_a_second", "cpu_ms")}
        for side in SIDES
    }
    return {
        "delay_seconds": delay,
        "concurrency": concurrency,
        "requests": asked.requests,
        "workers_that_examine": asked.workers,
        "share_of_raw_throughput": round(median["ours"]["requests_a_second"] / median["raw"]["requests_a_second"], 3),
        "share_of_each_turn": [
            round(o["requests_a_second"] / r["requests_a_second"], 3)
            for o, r in zip(turns["ours"], turns["raw"], strict=True)
        ],
        "share_of_what_delay_and_concurrency_allow": {
            side: round(median[side]["requests_a_second"] * delay / concurrency, 3) for side in SIDES
        },
        "client_cpu_ms_a_request": {side: round(median[side]["cpu_ms"], 3) for side in SIDES},
    }


def memory_of_making(requests: int, concurrency: int, workers: int) -> dict[str, Any]:
    points: list[dict[str, int]] = []
    with subprocess.Popen([sys.executable, __file__, "--serve", "0.005"], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        port, done = int(child.stdout.readline()), 0

        def watch(tokens: float) -> None:
            nonlocal done
            done += 1
            if done % (requests // 10) == 0:
                points.append({"requests": done, "resident_mebibytes": resident()["anonymous"] >> 20})
                print(points[-1], file=sys.stderr, flush=True)

        made = ours(port, 0, requests, concurrency, workers, watch)
        child.kill()
    return {"points": points, "kept": made["kept"], **_growth(points)}


def memory_of_store(answers: int) -> dict[str, Any]:
    points = []
    with tempfile.TemporaryDirectory() as folder:
        store, group, begin = Answers(Path(folder)), 50, time.perf_counter()
        for first in range(0, answers, group):
            rows = []
            for number in range(first, first + group):
                request = {"model": "m", "messages": [{"role": "user", "content": f"{number} " + page(number) * 8}]}
                key = key_of(request)
                assert store.find_key(key) is None
                rows.append((key, request, Answer(written(page(number)), "stop", 300, 150)))
            store.keep_all(rows)
            assert store.find_key(rows[-1][0]) == rows[-1][2]
            if (first + group) % (answers // 10) == 0:
                points.append({"answers": first + group, "resident_mebibytes": resident()["anonymous"] >> 20})
        seconds, size = time.perf_counter() - begin, sum(p.stat().st_size for p in Path(folder).rglob("*.sqlite"))
    return {"points": points, **_growth(points), "answers_a_second": round(answers / seconds), "bytes": size}


def _growth(points: list[dict[str, int]]) -> dict[str, Any]:
    (first, *_, last) = points
    (count,) = first.keys() - {"resident_mebibytes"}
    grown = (last["resident_mebibytes"] - first["resident_mebibytes"]) << 20
    return {"bytes_grown_a_request_from_first_point_to_last": round(grown / (last[count] - first[count]), 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=3000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--making", type=int, default=100_000, help="requests through the making, for memory")
    parser.add_argument("--store", type=int, default=1_000_000, help="answers through the store, for memory")
    for name, kind in (("serve", float), ("turn", str), ("port", int), ("first", int), ("concurrency", int)):
        parser.add_argument(f"--{name}", type=kind, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve is not None:
        asyncio.run(serve(asked.serve))
    elif asked.turn == "ours":
        print(json.dumps(ours(asked.port, asked.first, asked.requests, asked.concurrency, asked.workers)))
    elif asked.turn:
        library = asked.turn.partition("_")[2]
        print(json.dumps(raw(asked.port, asked.first, asked.requests, asked.concurrency, library)))
    else:
        result = {
            "target": "share_of_raw_throughput >= 0.95; memory flat",
            "overhead": [overhead(asked, delay, n) for delay, n in ((0.05, 32), (0.25, 64), (1.0, 64))],
            "memory_of_store": memory_of_store(asked.store),
            "memory_of_making": memory_of_making(asked.making, 64, asked.workers),
        }
        keep("synthesis_overhead", result)


if __name__ == "__main__":
    main()
