"""The whole stage on planted copies, questions and junk: what goes, what stays, and that nothing is lost on the way.

tests/bench/clean_quality.py measures the same on hundreds of pages of a kind, beside datatrove.
"""

import json
import random
from pathlib import Path

import planted_copies
import planted_faults
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from whole_stage import cleaned

from pipeline.clean.deduplication import Exact, KeepCopies, MinHash

PAGES = [
    json.loads(line)
    for line in (Path(planted_copies.__file__).parent / "public_domain_pages.jsonl").open(encoding="utf-8")
]
TEXTS = {profile: [page["text"] for page in PAGES if page["profile"] == profile] for profile in ("en", "zh")}
QUESTIONS = (
    "A farmer sells 48 eggs in April and half as many in May; how many eggs does the farmer sell in both months taken "
    "together, if 3 of them break?",
    "一个水池有两根进水管，单开甲管六小时注满，单开乙管八小时注满；如果两管同时打开，多少小时可以注满水池的一半？",
)
PROBLEMS = (
    "A car of mass 1200 kg moves at 18 m/s and brakes with a force of 5400 N. How far does it go until it stands?\n"
    "The deceleration is $a = F/m = 5400/1200 = 4.5$ m/s², so the distance is $v^2/(2a) = 18^2/9 = 36$ m.",
    "A ball is thrown upwards with 14 m/s from a tower of 25 m. After which time does it reach the ground?\n"
    "Solve $25 + 14 t - 4.905 t^2 = 0$: $t = (14 + \\sqrt{196 + 490.5})/9.81 = 4.10$ s.",
    "一个质量为 25 kg 的木箱放在水平地面上，动摩擦因数为 0.32，用 120 N 的水平力推它，求加速度。\n"
    "摩擦力 $f = 0.32 \\times 25 \\times 9.8 = 78.4$ N，所以 $a = (120 - 78.4)/25 = 1.66$ m/s²。",
)


@pytest.mark.parametrize("profile", ["en", "zh"])
def test_of_a_page_and_its_copy_with_other_numbers_one_stays(profile):
    seed = random.Random(1)
    pairs = [planted_copies.near_copy(t, seed, chinese=profile == "zh", dropped=0.01) for t in TEXTS[profile]]
    verdicts = cleaned([text for pair in pairs for text in pair], profile, deduplicate=MinHash())
    kept = [one.kept + other.kept for one, other in zip(verdicts[::2], verdicts[1::2], strict=True)]
    assert kept == [1] * len(pairs)
    assert {verdict.reason for verdict in verdicts} == {"", "near_duplicate"}


@pytest.mark.parametrize("profile", ["qa", "mathematics", "en", "zh"])
def test_problems_that_differ_in_numbers_alone_all_stay(profile):
    seed = random.Random(2)
    problems = {"en": PROBLEMS[:2], "zh": PROBLEMS[2:]}.get(profile, PROBLEMS)
    texts = [text for problem in problems for text in (problem, *(planted_copies.renumbered(problem, seed),) * 2)]
    verdicts = cleaned(texts, profile, deduplicate=MinHash())
    assert [verdict.reason for verdict in verdicts] == ["", "", "duplicate"] * len(problems)


@pytest.mark.parametrize("profile", ["en", "zh"])
def test_pages_go_with_a_question_of_a_benchmark_inside_and_stay_without(profile):
    seed = random.Random(3)
    pages = [planted_copies.embedded(text, question, seed) for text in TEXTS[profile] for question in QUESTIONS]
    verdicts = cleaned([*pages, *TEXTS[profile]], profile, benchmarks=QUESTIONS)
    assert [verdict.reason for verdict in verdicts] == ["contaminated"] * len(pages) + [""] * len(TEXTS[profile])


STRANGE = ["", " \n", "\x00" * 60, "a\udfff b" * 20, "שלום עולם " * 30, "👩‍👩‍👧🏽" * 40, "a" * 5000, "字" * 300]


@st.composite
def corpora(draw):
    """A profile and texts: pages, their edited copies, pages with questions, junk, and anything at all."""
    profile = draw(st.sampled_from(["en", "zh", "qa", "mathematics", "code"]))
    seed, pages = draw(st.randoms(use_true_random=False)), TEXTS["zh" if profile == "zh" else "en"]
    makers = [
        lambda: seed.choice(pages),
        lambda: planted_copies.near_copy(seed.choice(pages), seed, chinese=profile == "zh", dropped=0.02)[1],
        lambda: planted_copies.embedded(seed.choice(pages), seed.choice(QUESTIONS), seed),
        lambda: seed.choice(PROBLEMS),
        lambda: planted_faults.garbled(pages, seed, ()),
        lambda: planted_faults.repeated(pages, seed, ()),
        lambda: planted_faults.mojibake(pages, seed)[0],
        lambda: seed.choice(STRANGE),
    ]
    chosen = draw(st.lists(st.one_of(st.sampled_from(makers), st.text(max_size=40)), max_size=12))
    return profile, [text if isinstance(text, str) else text() for text in chosen]


@given(
    corpus=corpora(),
    deduplicate=st.sampled_from([KeepCopies(), Exact(), MinHash(), MinHash(bands=3, rows=2, similarity=0.1)]),
    benchmarks=st.sampled_from([(), QUESTIONS]),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_every_document_in_is_kept_or_removed_with_a_reason(corpus, deduplicate, benchmarks):
    profile, texts = corpus
    verdicts = cleaned(texts, profile, deduplicate=deduplicate, benchmarks=benchmarks)  # asserts the manifest's counts
    assert len(verdicts) == len(texts)
    assert all(verdict.kept == (verdict.reason == "") for verdict in verdicts)
    assert not any(q in verdict.text for verdict in verdicts if verdict.kept for q in benchmarks)
