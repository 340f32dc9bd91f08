"""The second model: what it is asked, what is understood of it, and what is counted."""

import re

import pytest
from chat_server import ChatServer
from labelled_world import quiet
from synthesis_world import order_for, shown, stage_for, write_science, written

from pipeline.artifact import read_manifest
from pipeline.label.answers import Answer, Refusal
from pipeline.report.funnel import answer_lines
from pipeline.report.made import read_answers
from pipeline.stage import make
from pipeline.synthesize.judge import Judge, verdicts
from pipeline.synthesize.judging import Agreement
from pipeline.synthesize.pair import Pair

JUDGE = Judge(url="http://a/v1", model="large")


@pytest.mark.parametrize(
    ("answer", "pairs", "expected"),
    [
        ("1: right\n2: wrong", 2, [True, False]),
        ("<think>1: wrong</think>\n**1.** Correct\n- 2) incorrect", 2, [True, False]),
        ("2: wrong\n2: right", 2, [None, False]),
        ("第1题：正确\n题2：错误。\n3：不正确", 3, [None, False, False]),
        ("Right.", 1, [True]),
        ("Right.", 2, [None, None]),
        ("1: rightly so", 1, [None]),
        ("1: it is not right", 1, [None]),
        ("1" * 5000 + ": right", 1, [None]),
        ("", 1, [None]),
    ],
)
def test_a_verdict_is_a_line_with_a_number_or_the_one_word_about_one_pair(answer, pairs, expected):
    assert verdicts(Answer(answer), pairs) == expected


def test_no_answer_is_no_verdict():
    assert verdicts(Refusal("refused", "right"), 1) == [None]
    assert verdicts(Answer("1: right", "cut_by_bytes"), 1) == [None]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_text_reaches_into_the_template(language):
    ((message,),) = (JUDGE.messages("{pairs} {snippet}", language, [Pair("{snippet}?", "{pairs}")]),)
    assert message["content"].count("{pairs} {snippet}") == 1
    assert "\n1. {snippet}?\n{pairs}\n" in message["content"]


def test_agreement_is_counted_with_what_chance_gives():
    agreement = Agreement()
    assert agreement.told()["agreement"] is None
    for passed, verdict, times in ((True, True, 20), (True, False, 5), (False, True, 10), (False, False, 15)):
        for _ in range(times):
            agreement.add(passed, verdict)
    agreement.add(True, None)
    told = agreement.told()
    assert (told["agreement"], told["kappa"]) == (0.7, 0.4)  # the example of Wikipedia's article on Cohen's kappa
    assert (told["passed_judged_neither"], told["rejected_judged_right"]) == (1, 10)


def reply(request, _):
    """Write as ``m``, of every fourth page what the checks reject; as ``large``, call numbers that end in 4 wrong."""
    if request["model"] == "m":
        text = written(shown(request))
        number = int(re.search(r"\d+", shown(request))[0])
        return 200, text if number % 4 else text.replace("\\times 2 = ", "\\times 2 = 1"), {}
    number = int(re.search(r"\d+", shown(request))[0])
    usage = {"prompt_tokens": 1000, "completion_tokens": 10}
    said = f"1: {'wrong' if number % 10 == 4 else 'right'}"
    return 200, {"choices": [{"message": {"content": said}}], "usage": usage}, {}


def test_what_it_calls_wrong_goes_and_it_sees_what_the_checks_rejected_too(tmp_path):
    write_science(tmp_path)
    with ChatServer(reply) as server:
        judge = {"url": server.url, "model": "large", "of_rejected": 1}
        make([stage_for(tmp_path, server.url, quotas={"physics": 900, "biology": 900}, judge=judge)], quiet(tmp_path))
        asked = len(server.requests)
        folder = tmp_path / "synthetic" / "qa"
        counts = read_manifest(folder).counts
        judged = [request for request in server.requests if request["model"] == "large"]
        # Other rules, same questions: nothing is asked again, of neither model.
        judge["turns_away"] = False
        stage = stage_for(
            tmp_path, server.url, quotas={"physics": 900, "biology": 900}, judge=judge, budget={"requests": 20}
        )
        make([stage], quiet(tmp_path))
        assert len(server.requests) == asked
    told = counts["judge"]
    pairs = sum(count for name, count in told.items() if "judged" in name)
    assert pairs == len(judged) == counts["pairs"]
    assert counts["removed"]["judged_wrong"] == told["passed_judged_wrong"] > 0
    assert told["rejected_judged_right"] > 0
    assert counts["prompt_tokens"] > 1000 * len(judged)
    after = read_manifest(folder).counts
    assert "judged_wrong" not in after["removed"]
    assert after["judge"]["passed_judged_wrong"] > 0
    assert any("the judge agrees with the checks" in line for line in answer_lines(read_answers(folder)))


def test_a_budget_in_tokens_holds_for_both(tmp_path):
    write_science(tmp_path)
    with ChatServer(reply) as server:
        judge = {"url": server.url, "model": "large", "answer_tokens": 20}
        stage = stage_for(tmp_path, server.url, judge=judge, budget={"requests": 100, "tokens": 6000})
        make([stage], quiet(tmp_path))
    counts = read_manifest(tmp_path / "synthetic" / "qa").counts
    assert counts["ended_by"] == "budget.tokens"
    assert counts["prompt_tokens"] + counts["answer_tokens"] <= 6000 + 1010 * 2  # the server counts more than estimated


def test_orders_without_one_are_what_they_were():
    assert "judge" not in order_for("http://a/v1").identity
    own = {"url": "http://a/v1", "model": "large"}
    first, second = (
        order_for("http://a/v1", judge={**own, **more}).identity["judge"] for more in ({}, {"url": "http://b/v1"})
    )
    assert first == second
    assert first["model"] == "large"
