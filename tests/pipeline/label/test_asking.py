import asyncio
import json
import time

import pytest
from chat_server import ChatServer

from pipeline.errors import UserError, WorkError
from pipeline.label.answers import Answer, Answers, Refusal
from pipeline.label.asking import Asking
from pipeline.label.endpoint import Endpoint

YES = (200, "yes", {})


def endpoint(url, **settings):
    return Endpoint.model_validate({"url": url, "model": "m", "first_pause": 0.01, "concurrency": 4, **settings})


def ask(endpoint, root, questions):
    """Return what came of each question, and what was said to the user."""
    said = []

    async def run():
        async with Asking(endpoint, Answers(root), said.append) as asking, asyncio.TaskGroup() as group:
            tasks = [group.create_task(asking.ask(question_of(endpoint, each), 5)) for each in questions]
        return [task.result() for task in tasks]

    try:
        return asyncio.run(run()), said
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None


def question_of(endpoint, text):
    return endpoint.request(({"role": "user", "content": text},))


def text_of(request):
    return request["messages"][0]["content"]


async def drop(writer):
    writer.transport.abort()


async def half(writer):
    writer.write(b"HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\n" + b'{"choices": [{"message"')
    await writer.drain()
    writer.transport.abort()


async def flood(writer):
    writer.write(b'HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n17\r\n{"choices": [{"message"\r\n')
    while True:
        writer.write(b"2000\r\n" + b"on and on" * 910 + b"on\r\n")
        await writer.drain()


async def trickle(writer):
    writer.write(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1\r\na\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)


async def silence(writer):
    await asyncio.sleep(60)


async def blanks(writer):
    writer.write(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1\r\n\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    "trouble",
    [drop, half, silence, blanks, (500, b"oops", {}), (200, b'{"choices": [', {}), (429, b"", {"Retry-After": "0"})],
)
def test_after_any_trouble_every_question_is_answered_once_and_kept(tmp_path, trouble):
    first = {3: trouble, 4: trouble}
    with ChatServer(lambda request, number: first.get(number, YES)) as server:
        found, said = ask(endpoint(server.url, timeout=0.3), tmp_path, map(str, range(20)))
    assert found == [Answer("yes")] * 20
    assert len(server.requests) == 22
    assert sorted(text_of(kept.request) for kept in Answers(tmp_path).all()) == sorted(map(str, range(20)))
    assert len(said) == 1
    assert "asking again" in said[0]


@pytest.mark.parametrize(("forever", "ended"), [(flood, "cut_by_bytes"), (trickle, "cut_by_time")])
def test_an_answer_without_an_end_is_cut_kept_and_not_paid_for_again(tmp_path, forever, ended):
    def reply(request, _):
        return forever if text_of(request) == "1" else YES

    with ChatServer(reply) as server:
        begun = time.monotonic()
        for _ in range(2):
            found, _ = ask(endpoint(server.url, timeout=1.0), tmp_path, "0123")
            assert [each.ended for each in found] == ["stop", ended, "stop", "stop"]
        assert time.monotonic() - begun < 10
        assert found[1].is_endless
        assert len(found[1].text) <= 4096
        assert len(server.requests) == 4


def test_one_question_at_which_the_server_breaks_is_set_aside_while_others_are_answered(tmp_path):
    def reply(request, _):
        return drop if text_of(request) == "poison" else YES

    with ChatServer(reply, pause=0.02) as server:
        questions = ["poison", *map(str, range(60))]
        found, _ = ask(endpoint(server.url, attempts=3, concurrency=2), tmp_path, questions)
    assert [each for each in found if isinstance(each, Refusal)] == [found[0]]
    assert found[0].reason == "unanswered"
    assert "3 attempts" in found[0].problem


def test_a_server_that_goes_away_stops_the_work_and_keeps_what_there_is(tmp_path):
    def reply(request, number):
        return YES if number <= 5 else drop

    with ChatServer(reply) as server, pytest.raises(WorkError, match=r"after 3 attempts: the connection broke.*kept"):
        ask(endpoint(server.url, attempts=3, first_pause=0.1), tmp_path, map(str, range(30)))
    assert len(list(Answers(tmp_path).all())) == 5


def test_all_requests_rest_for_as_long_as_a_server_asks(tmp_path):
    times = []

    def reply(request, number):
        times.append(time.monotonic())
        return (429, b"slow down", {"Retry-After": "0.5"}) if number == 1 else YES

    with ChatServer(reply) as server:
        ask(endpoint(server.url, concurrency=1), tmp_path, map(str, range(4)))
    assert times[1] - times[0] >= 0.5


def test_limits_a_minute_hold_the_requests_apart(tmp_path):
    def seconds(**limited):
        # From the beginning on: on a busy machine the first request may come in late.
        begun = time.monotonic()
        ask(endpoint(server.url, **limited), tmp_path, map(str, range(11)))
        return time.monotonic() - begun

    with ChatServer(lambda *_: YES) as server:
        assert seconds(rate={"requests": 1200}) >= 0.5
        assert seconds(rate={"tokens": "62K"}, answer_tokens=57) >= 0.6


def test_the_same_question_twice_at_once_is_asked_once(tmp_path):
    with ChatServer(lambda *_: YES, pause=0.05) as server:
        found, _ = ask(endpoint(server.url), tmp_path, ["a", "a", "b", "a"])
    assert found == [Answer("yes")] * 4
    assert len(server.requests) == 2


def test_tokens_are_those_that_the_server_counted_and_a_model_that_only_thought_said_nothing(tmp_path):
    body = {
        "choices": [{"message": {"content": None, "reasoning_content": "hm"}, "finish_reason": "length"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 99},
    }
    with ChatServer(lambda *_: (200, json.dumps(body).encode(), {})) as server:
        (first,), _ = ask(endpoint(server.url), tmp_path, "a")
        (again,), _ = ask(endpoint(server.url), tmp_path, "a")
    assert first == again == Answer("", "length", 7, 99)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "settings", "words"),
    [
        (401, {}, "a key is wanted; name its variable in api_key_env"),
        (401, {"api_key_env": "MY_KEY"}, "the key in MY_KEY is not accepted"),
        (404, {}, r"it serves no model m; did you mean m2\? \(allowed: m2, other\) \(status 404"),
        (402, {}, "no credit left; all answers so far are kept"),
        (302, {}, "it serves no model m"),
    ],
)
def test_what_the_user_must_mend_is_said(tmp_path, monkeypatch, status, settings, words):
    monkeypatch.setenv("MY_KEY", "secret")
    with ChatServer(lambda *_: (status, b"the server's words", {"Location": "/"})) as server:
        server.models = ["other", "m2"]
        with pytest.raises(UserError, match=words) as caught:
            ask(endpoint(server.url, **settings), tmp_path, "a")
    assert "the server's words" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_server_that_is_not_there_is_said_soon(tmp_path):
    with pytest.raises(UserError, match=r"after 3 attempts: cannot be reached: .*127.0.0.1:9"):
        ask(endpoint("http://127.0.0.1:9/v1"), tmp_path, "a")


@pytest.mark.parametrize("value", ["", "localhost:8000", "http://"])
def test_an_address_from_the_environment_is_checked(tmp_path, monkeypatch, value):
    monkeypatch.setenv("MY_URL", value)
    with pytest.raises(UserError, match=r"environment variable MY_URL \(url_env\): .*such as http://localhost:8000/v1"):
        ask(Endpoint(url_env="MY_URL", model="m"), tmp_path, "a")


def test_structured_output_is_asked_for_until_the_server_says_that_it_has_none(tmp_path):
    def reply(request, _):
        return (400, b"response_format is not supported", {}) if "response_format" in request else YES

    def asked(server, questions):
        settings = endpoint(server.url, concurrency=1)
        said = []

        async def run():
            async with Asking(settings, Answers(tmp_path), said.append) as asking:
                for each in questions:
                    request = {**question_of(settings, each), "response_format": {"type": "json_schema"}}
                    assert await asking.ask(request) == Answer("yes")

        asyncio.run(run())
        return said

    with ChatServer(reply) as server:
        (said,) = asked(server, "abc")
        assert ["response_format" in request for request in server.requests] == [True, False, False, False]
        assert "no structured output (status 400: 'response_format is not supported'); asking without it" in said
        assert asked(server, "abc") == []
        assert len(server.requests) == 4


def test_a_damaged_store_is_said(tmp_path):
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "answers.sqlite").write_bytes(b"no database at all, but long enough to be one" * 30)
    with pytest.raises(UserError, match=r"answers.sqlite: file is not a database; move the file away"):
        ask(endpoint("http://127.0.0.1:9/v1"), tmp_path, "a")


def test_a_server_that_takes_few_at_a_time_answers_everything_and_is_not_flooded(tmp_path):
    now = 0

    async def eight_at_a_time(writer):
        nonlocal now
        if now >= 8:
            writer.write(b"HTTP/1.1 429 X\r\nContent-Length: 0\r\n\r\n")
            return
        now += 1
        await asyncio.sleep(0.01)
        now -= 1
        body = b'{"choices": [{"message": {"content": "yes"}}]}'
        writer.write(b"HTTP/1.1 200 X\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    with ChatServer(lambda *_: eight_at_a_time) as server:
        found, _ = ask(
            endpoint(server.url, concurrency=64, attempts=20), tmp_path, [str(number) for number in range(200)]
        )
    assert all(answer == Answer("yes") for answer in found)
    assert len(server.requests) < 2 * len(found)
