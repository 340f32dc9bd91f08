"""What cleaning keeps and removes, on a small labelled set; tests/bench/clean_quality.py measures it on a large one.

English and Chinese pages are in the public domain (addresses of presidents, *Dream of the Red Chamber*), code is the
standard library's, mathematics our own.
"""

import inspect
import json
import random
from pathlib import Path

import page_judges
import planted_faults as planted
import pytest

PAGES = [
    json.loads(line) for line in (Path(planted.__file__).parent / "public_domain_pages.jsonl").open(encoding="utf-8")
]
ENGLISH = [page["text"] for page in PAGES if page["profile"] == "en"]
CHINESE = [page["text"] for page in PAGES if page["profile"] == "zh"]
CODE = [inspect.getsource(module) for module in (inspect, json, random)] + [Path(json.__file__).read_text()]
MATHEMATICS = [
    r"""Let $V$ be a vector space of dimension $n$ and $T\colon V \to V$ linear. By the theorem of Cayley and Hamilton,
\[ p_T(T) = T^n + a_{n-1}T^{n-1} + \dots + a_1 T + a_0 I = 0. \]
Hence $T$ is invertible if and only if $a_0 \neq 0$, and then
$T^{-1} = -\frac{1}{a_0}(T^{n-1} + a_{n-1}T^{n-2} + \dots + a_1 I)$.""",
    r"""求极限 $\lim_{x \to 0} \frac{\sin x - x}{x^3}$。由泰勒公式，$\sin x = x - \frac{x^3}{6} + o(x^3)$，代入得
$\frac{\sin x - x}{x^3} = -\frac{1}{6} + o(1)$，所以极限等于 $-\frac{1}{6}$。""",
]
KEPT = [
    (profile, text)
    for profile, texts in (("en", ENGLISH), ("zh", CHINESE), ("code", CODE), ("mathematics", MATHEMATICS))
    for text in texts
]
JUNK = [
    (profile, maker, pages, phrases)
    for profile, pages, phrases in (("en", ENGLISH, planted.SITE_EN), ("zh", CHINESE, planted.SITE_ZH))
    for maker in (planted.boilerplate, planted.repeated)
] + [("zh", planted.chinese_spam, CHINESE, ())]
ENGLISH_SPAM = """Dear friend, this is your chance to make money fast! Click below to order our guaranteed offer now.
You will receive your free information within minutes, and there is no risk: your money back if not satisfied. To
be removed from our mailing list, please reply with remove in the subject. Act today, call our toll free number!"""


@pytest.mark.parametrize(("profile", "text"), KEPT)
def test_clean_pages_stay_as_they_are(profile, text):
    verdict = page_judges.ours(text, profile)
    assert verdict.kept, verdict.reason
    assert len(verdict.text) > 0.97 * len(text.strip())


@pytest.mark.parametrize(("profile", "maker", "pages", "phrases"), JUNK)
def test_planted_junk_goes(profile, maker, pages, phrases):
    seed = random.Random(maker.__name__)
    kept = [text for _ in range(20) if page_judges.ours(text := maker(pages, seed, phrases), profile).kept]
    assert len(kept) <= 1


def test_english_spam_goes_with_the_words_that_gave_it_away():
    verdict = page_judges.ours(ENGLISH_SPAM, "en")
    assert (verdict.kept, verdict.reason) == (False, "spam")


@pytest.mark.parametrize(("profile", "pages"), [("en", ENGLISH), ("zh", CHINESE)])
def test_wrongly_decoded_pages_go_or_come_out_right(profile, pages):
    seed, left = random.Random(5), 0
    for _ in range(40):
        damaged, right = planted.mojibake(pages, seed)
        verdict = page_judges.ours(damaged, profile)
        left += verdict.kept and "".join(verdict.text.split()) != "".join(right.split())
    assert left <= 2


@pytest.mark.parametrize(
    ("profile", "pages", "phrases"), [("en", ENGLISH, planted.SITE_EN), ("zh", CHINESE, planted.SITE_ZH)]
)
def test_a_sites_lines_leave_the_article(profile, pages, phrases):
    seed, total, left = random.Random(6), 0, 0
    for _ in range(20):
        text, lines = planted.framed(pages, seed, phrases)
        verdict = page_judges.ours(text, profile)
        assert verdict.kept
        total, left = total + len(lines), left + sum(line in verdict.text.split("\n") for line in lines)
    assert left <= 0.1 * total


def test_a_page_with_formulas_stays_under_the_english_profile():
    text = "\n\n".join([ENGLISH[0].strip(), MATHEMATICS[0], "```\nx = {1: [2, 3]}\n```", ENGLISH[1].strip()])
    verdict = page_judges.ours(text, "en")
    assert (verdict.kept, verdict.text) == (True, text)
