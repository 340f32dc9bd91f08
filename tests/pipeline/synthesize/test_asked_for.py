"""What is asked for and paid: budgets, kills, and answers that are none."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from chat_server import ChatServer
from hypothesis import given, settings
from hypothesis import strategies as st
from labelled_world import quiet
from pydantic import ValidationError
from synthesis_world import order_for, shown, stage_for, write_science, written

from pipeline.artifact import read_manifest, sha256_of
from pipeline.label.answers import Answers
from pipeline.stage import make
from pipeline.synthesize.preview import preview
from pipeline.synthesize.seeds.quotas import Filling
from pipeline.synthesize.spending import Budget, Cost, Spending
from pipeline.synthesize.window import LARGEST, Standing, Waiting, Window

PRICES = {"prompt": "0.5", "answer": "2"}


def sound(request, _):
    return 200, written(shown(request)), {}


def counted(request, _):
    body = {
        "choices": [{"message": {"content": written(shown(request))}}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 50},
    }
    return 200, json.dumps(body).encode(), {}


def run(root, url, where=None, **changes):
    make([stage_for(root, url, **changes)], where or quiet(root))
    folder = root / "synthetic" / "qa"
    tables = (pq.read_table(folder / f"{name}.parquet").to_pylist() for name in ("documents", "rejected"))
    return read_manifest(folder), *tables


def hashes(root):
    return [sha256_of(path) for path in sorted((root / "synthetic" / "qa").glob("*.parquet"))]


def test_a_budget_in_money_counts_what_the_server_counted_and_ends_where_a_rerun_ends(tmp_path):
    write_science(tmp_path)
    budget = {"requests": 100, "money": "0.005", "prices": PRICES}
    with ChatServer(counted) as server:
        stage = stage_for(tmp_path, server.url, budget=budget)
        text = preview(stage.order, stage.choose(tmp_path, tmp_path / "draft"), Answers(tmp_path))
        manifest, *_ = run(tmp_path, server.url, budget=budget, quotas={"physics": 5000, "biology": 5000})
        asked, first = len(server.requests), hashes(tmp_path)
        counts = manifest.counts
        (tmp_path / "synthetic" / "qa" / "manifest.json").unlink()
        again, *_ = run(tmp_path, server.url, budget=budget, quotas={"physics": 5000, "biology": 5000})
        assert len(server.requests) == asked
    assert stage.order.budget.money == Decimal("0.005")
    assert "at most 0.0" in text
    assert counts["ended_by"] == "budget.money"
    assert (counts["prompt_tokens"], counts["answer_tokens"]) == (100 * asked, 50 * asked)
    assert Decimal(counts["money"]) == asked * Decimal("0.00015") <= Decimal("0.005")
    # Another request would have cost at most its prompt, about 250 tokens, and 200 of an answer.
    assert Decimal(counts["money"]) > Decimal("0.005") - Decimal("0.0007")
    assert again.counts == counts
    assert hashes(tmp_path) == first


def test_a_larger_budget_goes_on_from_what_was_made(tmp_path):
    write_science(tmp_path)
    with ChatServer(counted) as server:
        first, documents, _ = run(tmp_path, server.url, budget={"requests": 2})
        second, more, _ = run(tmp_path, server.url, budget={"requests": 100})
        assert len(server.requests) == second.counts["requests"]
    assert first.counts["ended_by"] == "budget.requests"
    assert second.counts["ended_by"] == "quotas"
    assert {row["id"] for row in documents} <= {row["id"] for row in more}


def test_money_without_prices_is_refused():
    with pytest.raises(ValidationError, match=r"money is counted by prices: write prices: \{prompt"):
        order_for("http://a/v1", budget={"requests": 1, "money": 1})


@given(
    st.lists(st.tuples(st.integers(1, 90), st.integers(1, 50), st.floats(0, 1)), max_size=60),
    st.integers(1, 2000),
    st.integers(1, 8),
)
def test_a_budget_in_tokens_is_never_exceeded_and_is_used(requests, tokens, at_a_time):
    spending = Spending(Budget(requests=1000, tokens=tokens))
    under_way, left = [], [(Cost(p, a), Cost(p, int(a * share))) for p, a, share in requests]
    while left:
        if len(under_way) < at_a_time and spending.reserve(left[0][0]):
            under_way.append(left.pop(0))
        elif under_way:
            spending.settle(*under_way.pop(0))
        else:
            break
    for pair in under_way:
        spending.settle(*pair)
    spent = spending.prompt_tokens + spending.answer_tokens
    assert spent <= tokens
    if left:
        assert spending.reached == "budget.tokens"
        assert spent + left[0][0].tokens > tokens


class _Asked:
    most_cost = Cost(1, 1)

    def __init__(self, name, number):
        self.name = f"{name}{number}"


@settings(max_examples=12)
@given(st.lists(st.integers(20, 400), min_size=1, max_size=3))
def test_quotas_are_met_and_little_is_asked_in_vain(yields):
    quota = 20_000
    standings = {
        str(i): Standing(Waiting((_Asked(i, n) for n in range(2_000)), 2_000), Filling(quota))
        for i in range(len(yields))
    }
    window, under_way = Window(standings, Spending(Budget(requests=10**6))), []
    while True:
        while (following := window.next()) is not None:
            under_way.append(following)
        assert len(under_way) <= LARGEST
        if not under_way:
            break
        name, request = under_way.pop(0)
        standings[name].filling.take(yields[int(name)])
        window.judged(name, request, request.most_cost)
    for standing, tokens in zip(standings.values(), yields, strict=True):
        assert standing.filling.accepted >= 0.98 * quota
        needed = -(-quota // tokens)
        assert standing.asked <= max(1.1 * needed + 1, 20_000 / 150 + 1)


def test_workers_and_concurrency_change_no_byte(tmp_path):
    def made(name, workers, concurrency, pause):
        write_science(tmp_path / name)
        with ChatServer(sound, pause=pause) as server:
            generator = {"url": server.url, "model": "m", "concurrency": concurrency, "answer_tokens": 200}
            where = quiet(tmp_path / name)
            where = type(where)(where.root, workers=workers, progress=where.progress)
            run(tmp_path / name, server.url, where, generator=generator)
        return hashes(tmp_path / name)

    assert made("a", 1, 1, 0.0) == made("b", 2, 16, 0.003)


def text(request):
    return request["messages"][0]["content"]


SCRIPT = """
import sys
from pathlib import Path
sys.path[:0] = {path!r}
from labelled_world import quiet
from pipeline.stage import make
from synthesis_world import stage_for
root = Path({root!r})
make([stage_for(root, {url!r}, quotas={{"physics": 600, "biology": 600}})], quiet(root))
"""


def test_a_run_killed_again_and_again_pays_for_nothing_twice_and_ends_with_the_same_bytes(tmp_path):
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    for root in (killed, whole):
        write_science(root)
    with ChatServer(sound, pause=0.15) as server:
        script = SCRIPT.format(path=sys.path, root=str(killed), url=server.url)
        kept = set()
        for enough in (3, 8, None):
            before = len(server.requests)
            child = subprocess.Popen([sys.executable, "-c", script])
            while child.poll() is None and (enough is None or len(list(Answers(killed).all())) < enough):
                time.sleep(0.05)
            child.send_signal(signal.SIGKILL)
            child.wait()
            asked_again = kept & {text(request) for request in server.requests[before:]}
            assert asked_again == set()
            kept = {text(row.request) for row in Answers(killed).all()}
            assert kept
        asked = len(server.requests)
        make([stage_for(whole, server.url, quotas={"physics": 600, "biology": 600})], quiet(whole))
        needed = len(server.requests) - asked
    # What was under way at a kill is asked again: four at the server, and what came back in the last milliseconds.
    assert needed < asked <= needed + 2 * (4 + 4)
    assert hashes(killed) == hashes(whole)


def test_answers_without_an_end_and_refusals_are_rejected_with_their_reasons(tmp_path):
    write_science(tmp_path)

    async def endless(writer):
        writer.write(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"2000\r\n" + b"[SOLUTION]".ljust(8192) + b"\r\n")
            await writer.drain()
            await asyncio.sleep(0)

    special = {2: endless, 3: (400, b"maximum context length is 4096 tokens", {})}
    with ChatServer(lambda request, number: special.get(number) or sound(request, number)) as server:
        manifest, documents, rejected = run(tmp_path, server.url)
    found = {row["reason"]: row["found"] for row in rejected if row["reason"] in ("endless", "refused")}
    assert found["endless"].startswith("cut_by_bytes: '[SOLUTION]")
    assert "maximum context length is 4096" in found["refused"]
    assert manifest.counts["pairs"] == len(documents) + len(rejected) == manifest.counts["requests"]
    assert manifest.counts["ended_by"] == "quotas"


def test_structured_answers_are_read_and_kept_apart_from_plain_ones(tmp_path):
    write_science(tmp_path)

    def reply(request, _):
        plain = written(shown(request)).replace("【题目】", "[PROBLEM]").replace("【解答】", "[SOLUTION]")
        question, _, solution = plain.removeprefix("[PROBLEM]\n").partition("[SOLUTION]\n")
        assert request["response_format"]["json_schema"]["schema"]["required"] == ["question", "solution"]
        return 200, json.dumps({"question": question, "solution": solution}), {}

    with ChatServer(reply) as server:
        generator = {"url": server.url, "model": "m", "answer_tokens": 200, "structured": True}
        manifest, documents, _ = run(tmp_path, server.url, generator=generator)
    assert manifest.counts["ended_by"] == "quotas"
    assert all("$" in row["solution"] for row in documents)
    plain = order_for("http://a/v1").generator
    structured = order_for("http://a/v1", generator={**generator, "url": "http://a/v1"}).generator
    assert plain.identity.get("structured") is None
    assert structured.identity["structured"] is True
