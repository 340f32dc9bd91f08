"""What every filter must do, whatever it looks for."""

import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sizes import at_least

from pipeline.clean.filter import Page, Rejection
from pipeline.clean.filters import AnyFilter, default_filters
from pipeline.clean.profile import FOLDER, profile
from pipeline.clean.repairs import default_repairs
from pipeline.clean.repairs.simplified import Simplified

KINDS = typing.get_args(typing.get_args(AnyFilter)[0])
PROFILES = sorted(path.stem for path in FOLDER.glob("*.yaml"))

ENGLISH = """The tide rises twice a day because the Earth turns beneath two bulges of water. One faces the Moon, whose
pull is strongest on the near side; the other lies opposite, where that pull is weakest. Sailors learned the pattern
long before anyone could explain it, and they wrote tables that told them when a harbour would be deep enough."""
CHINESE = """潮汐每天涨落两次，因为地球在两处隆起的海水之下转动。一处正对月亮，那里受到的引力最强；
另一处在背面，引力最弱。水手们早在有人能解释之前就掌握了这一规律，他们编出表格，说明港口何时水深足够，可以驶入。"""
LATEX = r"""Let $f$ be continuous on $[a, b]$ and differentiable on $(a, b)$. Then there is $c \in (a, b)$ with
\[ f'(c) = \frac{f(b) - f(a)}{b - a}. \]
Proof. Put $g(x) = f(x) - \frac{f(b) - f(a)}{b - a}(x - a)$. Then $g(a) = g(b) = f(a)$, so by Rolle's theorem there is
$c$ with $g'(c) = 0$, which is $f'(c) - \frac{f(b) - f(a)}{b - a} = 0$. $\blacksquare$
\begin{align*} \int_0^1 x^n \, dx &= \left[ \frac{x^{n+1}}{n+1} \right]_0^1 = \frac{1}{n+1} \end{align*}"""
CHINESE_LATEX = r"""设函数 $f(x) = x^3 - 3x + 1$，求它的极值。解：$f'(x) = 3x^2 - 3 = 3(x-1)(x+1)$，
令 $f'(x) = 0$，得 $x = \pm 1$。
当 $x < -1$ 时 $f'(x) > 0$，当 $-1 < x < 1$ 时 $f'(x) < 0$，所以极大值 $f(-1) = 3$，极小值 $f(1) = -1$。"""
CODE = '''def merge(left, right):
    """Merge two sorted lists into one."""
    merged = []
    i = j = 0
    while i < len(left) and j < len(right):
        if left[i] <= right[j]:
            merged.append(left[i]); i += 1
        else:
            merged.append(right[j]); j += 1
    return merged + left[i:] + right[j:]
'''
QUESTION = "Which planet has the shortest year?\n(A) Venus (B) Mercury (C) Mars (D) Earth\nThe answer is (B) Mercury."
MAIL = """On Mon, 7 Oct 2002, Jan wrote:

> How do I install version 3.0.4 over 3.0.3
> without the libraries of 2.2

As root, in that order:
# rpm -ivh foo-3.0.4.src.rpm
# rpm -ivh foo-devel-3.0.4.src.rpm
# rpm -ivh foo-tools-3.0.4.src.rpm

See http://lists.example.org/archive/2002/10/0815.html

--
Jan"""
NOTE = """Thanks, Anna. Exactly what I was looking for.

Works here now, tested it on my old laptop this morning.

Cheers,
Declan"""
GOOD = [
    ("en", "eng_Latn", ENGLISH),
    ("mail", "eng_Latn", MAIL),
    ("mail", "eng_Latn", NOTE),
    ("zh", "cmn_Hani", CHINESE),
    ("mathematics", "eng_Latn", LATEX),
    ("mathematics", "cmn_Hani", CHINESE_LATEX),
    ("code", "eng_Latn", CODE),
    ("qa", "eng_Latn", QUESTION),
]


def page(profile, language, text, score=0.9):
    return Page(text, profile, language, score)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(text=st.text(max_size=300), name=st.sampled_from(PROFILES))
@at_least(25)
def test_never_raises_and_always_agrees_with_itself(kind, text, name):
    first, again = kind().reject(page(name, "eng_Latn", text)), kind().reject(page(name, "eng_Latn", text))
    assert first == again
    assert first is None or (isinstance(first, Rejection) and all(first) and first.reason.isidentifier())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize(("name", "language", "text"), GOOD)
def test_keeps_good_pages(kind, name, language, text):
    assert kind().reject(page(name, language, text)) is None


@pytest.mark.parametrize("name", PROFILES)
def test_profiles_say_where_every_threshold_comes_from(name):
    import yaml

    sections = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    rules = [rule for rule in (*default_filters(), *default_repairs(), Simplified()) if rule.kind != "masking"]
    assert set(sections) == {"formulas"} | {rule.kind for rule in rules}
    assert set(sections["formulas"]["share"]) == {"value", "from"}
    for rule in rules:
        assert set(sections[rule.kind]) == set(type(rule).model_fields) - {"kind"}
        assert all(
            set(entry) == {"value", "from"} and len(entry["from"]) >= 3 for entry in sections[rule.kind].values()
        )


def test_default_filters_are_every_filter_once_but_those_with_lists_of_the_users():
    defaults = sorted(type(rule).__name__ for rule in default_filters())
    assert sorted([*defaults, "Phrases", "Url"]) == sorted(kind.__name__ for kind in KINDS)


def test_every_shipped_profile_is_one_a_recipe_can_name():
    from pipeline.sources import Source

    assert set(typing.get_args(Source.model_fields["profile"].annotation)) == set(PROFILES)
    assert all(profile(name) for name in PROFILES)
