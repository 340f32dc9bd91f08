"""Answers of a real model: a recorded part of them comes through the same client again, and a server is asked anew.

They are of SmolLM2-135M-Instruct; `tests/bench/real_model.py` asked for them and wrote the transcript.
"""

import json
import os
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from chat_server import ChatServer
from labelled_world import quiet
from llama_server import missing, packaged_model, requantise, serving
from synthesis_world import shown
from written_corpus import WrittenCorpus

from pipeline.artifact import read_manifest
from pipeline.label.answers import Answer, Answers, key_of
from pipeline.stage import make
from pipeline.synthesize.order import Order
from pipeline.synthesize.stage import SynthesizeStage

TRANSCRIPT = Path(__file__).with_name("real_model.jsonl")
ASKED = "HEADWATER_LLAMA"
FUNNEL = {
    "no_question": 25,
    "accepted": 18,
    "solution_short": 12,
    "no_solution": 9,
    "unfinished": 9,
    "question_short": 5,
    "speaks_of_its_task": 5,
    "repetition": 3,
    "not_from_snippet": 2,
    "goes_in_circles": 2,
    "praises": 1,
    "near_duplicate": 1,
    "copied": 1,
    "says_the_question_again": 1,
}


def recorded():
    return [json.loads(line) for line in TRANSCRIPT.read_text(encoding="utf-8").splitlines()]


def made(root, url, pages, **changes):
    """Make and return the manifest's counts, the documents and the rejected."""
    order = {
        "corpus": "science",
        "quotas": {"science": "1M"},
        "snippets": {"shortest": 60, "longest": 140, "sentences": 3},
        "prompts": ["short_answer"],
        "generator": {
            "url": url,
            "model": "SmolLM2-135M-Instruct-Q8_0",
            "concurrency": 8,
            "timeout": 600,
            "answer_tokens": 96,
            "sampling": {"temperature": 0.4, "top_p": 0.9, "seed": 1},
        },
        "budget": {"requests": len(pages)},
        **changes,
    }
    corpus = WrittenCorpus(tuple(pages), root, source_name="science")
    make([corpus, SynthesizeStage("qa", Order.model_validate(order), corpus)], quiet(root))
    folder = root / "synthetic" / "qa"
    tables = (pq.read_table(folder / f"{name}.parquet").to_pylist() for name in ("documents", "rejected"))
    return read_manifest(folder).counts, *tables


def test_the_recorded_answers_come_through_the_client_with_the_same_funnel(tmp_path):
    rows = recorded()
    answers = {key_of(row["request"]): row["answer"] for row in rows}

    def reply(request, _):
        if (found := answers.get(key_of(request))) is None:
            return 400, b"not recorded", {}
        choice = {"message": {"content": found["text"]}, "finish_reason": found["ended"]}
        usage = {"prompt_tokens": found["prompt_tokens"], "completion_tokens": found["answer_tokens"]}
        return 200, json.dumps({"choices": [choice], "usage": usage}).encode(), {}

    with ChatServer(reply) as server:
        counts, documents, rejected = made(tmp_path, server.url, [shown(row["request"]) for row in rows])
        assert {key_of(request) for request in server.requests} == set(answers)
        assert len(server.requests) == len(rows)
    assert {row.answer.text for row in Answers(tmp_path).all()} == {row["answer"]["text"] for row in rows}
    assert counts["prompt_tokens"] == sum(row["answer"]["prompt_tokens"] for row in rows)
    assert Counter(row["reason"] for row in rejected) + Counter(accepted=len(documents)) == FUNNEL
    assert all(row["solution"] in answers[row["request"]]["text"] for row in documents)


def test_the_measurement_judges_the_kept_answers_as_the_stage_does(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "bench"))
    from real_answers import judged, outdated

    answers = Answers(tmp_path)
    answers.keep_all([(key_of(row["request"]), row["request"], Answer(**row["answer"])) for row in recorded()])
    assert Counter(row.reason or "accepted" for row in judged(tmp_path)) == FUNNEL
    assert not any(outdated(row) for row in answers.all())
    answers.close()


@pytest.mark.skipif(not os.environ.get(ASKED), reason=f"{ASKED}=1 asks a real model, about a minute on one core")
@pytest.mark.skipif(bool(missing()), reason=f"no llama.cpp, or no model for it: {missing()}")
def test_a_real_server_is_asked_once_about_each_page_and_its_answers_are_judged(tmp_path):
    model = tmp_path / "model.gguf"
    requantise(packaged_model(), model)
    pages = [shown(row["request"]) for row in recorded()[-12:]]
    with serving(str(model), slots=4) as url:
        counts, documents, rejected = made(tmp_path, url, pages, checks=[{"kind": "language"}])
    kept = list(Answers(tmp_path).all())
    assert counts["requests"] == len(kept) == len(pages)
    assert {shown(row.request) for row in kept} == set(pages)
    assert all(row.answer.text and row.answer.ended in ("stop", "length") for row in kept)
    assert all(row.answer.prompt_tokens > 60 and 0 < row.answer.answer_tokens <= 96 for row in kept)
    assert documents
    assert len(documents) + len(rejected) == counts["pairs"]
    # With the server gone and other checks, the kept answers are enough.
    again, *_ = made(tmp_path, url, pages, checks=[])
    assert (again["requests"], len(list(Answers(tmp_path).all()))) == (len(pages), len(pages))
    assert again["kept"] >= counts["kept"]
