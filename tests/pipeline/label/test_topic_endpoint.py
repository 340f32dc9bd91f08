import json
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from chat_server import ChatServer
from labelled_world import CHINESE, TOPICS, WORDS, quiet, stages_for, write_corpus
from pydantic import ValidationError

from pipeline.artifact import read_manifest
from pipeline.errors import UserError, WorkError
from pipeline.label.answers import Answers
from pipeline.label.conversations import converse
from pipeline.label.endpoint import Endpoint
from pipeline.label.signals.topic import Topic
from pipeline.label.taxonomy import FOLDER, load_taxonomy
from pipeline.stage import make

SLUGS = list(load_taxonomy(FOLDER / "llama3-syne.yaml").topics)
DOCUMENTS = 60


def right_number(request):
    asked = request["messages"][0]["content"].partition("<<<")[2]
    (topic,) = (t for t in TOPICS if any(word in asked for word in (*WORDS[t], *CHINESE[t])))
    return str(SLUGS.index(topic) + 1)


def topic_signal(url, **endpoint):
    labels = {
        "kind": "endpoint",
        "sources": ["web"],
        "sample": DOCUMENTS,
        "endpoint": {"url": url, "model": "m", "first_pause": 0.01, "concurrency": 4, **endpoint},
    }
    return Topic.model_validate({"labels": labels, "held_out": 0.2, "classifier": {"buckets": 1000}})


def run(tmp_path, server_url, root="root", **endpoint):
    corpora = {"web": write_corpus(tmp_path, "web", DOCUMENTS)}
    make(stages_for(topic_signal(server_url, **endpoint), corpora, tmp_path), quiet(tmp_path / root))
    return read_manifest(tmp_path / root / "learned" / "topic")


def test_a_sample_is_labelled_in_its_own_language_with_bounded_concurrency_and_the_named_key(tmp_path, monkeypatch):
    monkeypatch.setenv("MY_KEY", "secret")
    with ChatServer(lambda request, _: (200, right_number(request), {}), pause=0.01) as server:
        manifest = run(tmp_path, server.url, api_key_env="MY_KEY")
    assert len(server.requests) == DOCUMENTS == manifest.counts["asked"] == manifest.counts["labelled"]
    assert 1 < server.most_at_once <= 4
    assert {headers["authorization"] for headers in server.headers} == {"Bearer secret"}
    assert manifest.counts["held_out"]["macro_f1"] > 0.9
    assert set(manifest.counts["held_out_by_language"]) <= {"en", "zh"}
    chinese = [r for r in server.requests if "编号" in r["messages"][0]["content"]]
    assert len(chinese) == DOCUMENTS // 4
    everything = "".join(p.read_text(errors="replace") for p in (tmp_path / "root").rglob("*.json"))
    assert "secret" not in everything
    assert server.url not in json.dumps(manifest.settings)


def test_nothing_is_asked_twice_by_another_classifier_or_another_server(tmp_path):
    with ChatServer(lambda request, _: (200, right_number(request), {})) as server:
        run(tmp_path, server.url)
    before = len(server.requests)
    corpora = {"web": write_corpus(tmp_path, "web", DOCUMENTS)}
    for path in (tmp_path / "root" / "learned").rglob("*"):
        path.unlink() if path.is_file() else None
    changed = topic_signal("http://127.0.0.1:9/v1").model_copy(update={"held_out": 0.3})
    make(stages_for(changed, corpora, tmp_path), quiet(tmp_path / "root"))
    assert before == DOCUMENTS == len(server.requests)


def test_a_busy_server_is_asked_again(tmp_path):
    failures = {1: (429, {"error": "slow down"}, {"Retry-After": "0"}), 2: (500, b"oops", {}), 3: (503, b"", {})}

    def reply(request, number):
        return failures.get(number) or (200, right_number(request), {})

    with ChatServer(reply) as server:
        manifest = run(tmp_path, server.url)
    assert len(server.requests) == DOCUMENTS + len(failures)
    assert manifest.counts["answers_without_topic"] == 0


def test_malformed_answers_are_asked_about_again_and_then_set_aside(tmp_path):
    stubborn = set()

    def reply(request, number):
        if number in (5, 6):
            return 200, b"this is no JSON", {}
        if number == 7:
            return 200, {"choices": []}, {}
        first = request["messages"][0]["content"]
        if number == 10:
            stubborn.add(first)
        if first in stubborn:
            return 200, "I could not possibly say.", {}
        if number == 12:
            return 200, "either 1 or 2", {}
        return 200, right_number(request), {}

    with ChatServer(reply) as server:
        manifest = run(tmp_path, server.url, concurrency=1)
    assert manifest.counts["answers_without_topic"] == 1
    assert manifest.counts["labelled"] == DOCUMENTS - 1
    longest = max(server.requests, key=lambda request: len(request["messages"]))["messages"]
    assert [m["role"] for m in longest] == ["user", "assistant", "user", "assistant", "user"]


def test_too_many_answers_without_a_topic_stop_the_work(tmp_path):
    with ChatServer(lambda *_: (200, "no idea", {})) as server, pytest.raises(WorkError, match="60 of 60 answers"):
        run(tmp_path, server.url)


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, UserError, "a key is wanted"),
        (404, UserError, "is the address right .*status 404"),
        (503, WorkError, "status 503"),
    ],
)
def test_what_cannot_be_mended_by_waiting_is_said_at_once(tmp_path, status, kind, words):
    with ChatServer(lambda *_: (status, b"no", {})) as server, pytest.raises(kind, match=words):
        run(tmp_path, server.url, attempts=2)
    assert len(server.requests) <= 8


def test_no_server_and_no_key_are_the_users_to_mend(tmp_path, monkeypatch):
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    with pytest.raises(UserError, match="cannot be reached"):
        run(tmp_path, "http://127.0.0.1:9/v1", attempts=2)
    with pytest.raises(UserError, match=r"NO_SUCH_KEY .*is not set"):
        run(tmp_path, "http://127.0.0.1:9/v1", api_key_env="NO_SUCH_KEY")


def test_a_killed_run_repeats_no_answered_request(tmp_path):
    script = textwrap.dedent(
        f"""
        import sys
        from pathlib import Path
        sys.path[:0] = {sys.path!r}
        import test_topic_endpoint as t
        t.run(Path({str(tmp_path)!r}), sys.argv[1])
        """
    )
    here = {**__import__("os").environ, "PYTHONPATH": str(Path(__file__).parent)}
    with ChatServer(lambda request, _: (200, right_number(request), {}), pause=0.05) as server:
        child = subprocess.Popen([sys.executable, "-c", script, server.url], env=here)
        deadline = time.monotonic() + 120
        while len(server.requests) < 20 and time.monotonic() < deadline and child.poll() is None:
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
        child.wait()
        answered = [kept.request for kept in Answers(tmp_path / "root").all()]
        assert 10 <= len(answered) < DOCUMENTS
        before = len(server.requests)
        run(tmp_path, server.url)
    repeated = [request for request in server.requests[before:] if request in answered]
    assert repeated == []
    assert len(server.requests) - before == DOCUMENTS - len(answered)


def ask(url, folder, questions, **settings):
    """Return question -> answer, "" for a refusal."""
    told = {}

    def conversation(question):
        def next_message(answer):
            if answer is None:
                return ({"role": "user", "content": question},)
            told[question] = answer
            return None

        return next_message

    endpoint = Endpoint(url=url, model="m", **settings)
    converse(endpoint, Answers(folder), (conversation(question) for question in questions), lambda text: None)
    return told


TOO_LONG = (400, {"error": "too long: the model takes 4096 tokens"}, {})


def test_what_a_server_refuses_is_counted_and_asked_again_by_the_next_run(tmp_path):
    mended = False

    def reply(request, _):
        long = request["messages"][0]["content"] == "long"
        return TOO_LONG if long and not mended else (200, "yes", {})

    with ChatServer(reply) as server:
        assert ask(server.url, tmp_path, ["long", "short"]) == {"long": "", "short": "yes"}
        assert ask(server.url, tmp_path, ["long", "short"]) == {"long": "", "short": "yes"}
        mended = True
        for _ in range(2):
            assert ask(server.url, tmp_path, ["long", "short"]) == {"long": "yes", "short": "yes"}
    assert sorted(request["messages"][0]["content"] for request in server.requests) == ["long"] * 3 + ["short"]


@pytest.mark.parametrize("concurrency", [1, 4, 64])
def test_a_server_that_refuses_everything_stops_the_work_with_its_own_words(tmp_path, concurrency):
    questions = [str(number) for number in range(1000)]
    with ChatServer(lambda *_: TOO_LONG) as server:
        with pytest.raises(UserError, match=r"first 8 requests were all refused, .* 400: .*4096 tokens"):
            ask(server.url, tmp_path, questions, concurrency=concurrency)
        assert 8 <= len(server.requests) < 500
        assert set(ask(server.url, tmp_path, questions[:7]).values()) == {""}


def test_refusals_after_or_beside_answers_never_stop_the_work(tmp_path):
    def reply(request, _):
        return (200, "yes", {}) if request["messages"][0]["content"] == "0" else TOO_LONG

    questions = [str(number) for number in range(30)]
    with ChatServer(reply) as server:
        for concurrency in (1, 8, 30):
            assert list(ask(server.url, tmp_path, questions, concurrency=concurrency).values()).count("") == 29


@pytest.mark.parametrize("url", ["http://[::1/v1", "http:///v1", "http://host:port/v1"])
def test_an_address_that_is_none_is_an_error_of_the_recipe(url):
    with pytest.raises(ValidationError, match=r"is no address|names no server"):
        Endpoint(url=url, model="m")
