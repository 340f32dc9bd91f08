"""What every check of synthetic documents must do, whatever it looks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sizes import at_least

from pipeline.clean.filter import Rejection
from pipeline.label.embeddings.hashed import Hashed
from pipeline.synthesize.candidate import Candidate, Pair
from pipeline.synthesize.check_list import ALL, AnyCheck
from pipeline.synthesize.checks.meaning import Meaning

SAMPLES = [*ALL, Meaning(embedding=Hashed())]
"""Every check with its defaults, and those that need something of the user's."""
TEXTS = st.one_of(
    st.text(max_size=200),
    st.text("0123456789.+-*/=()^{}\\$ \nabxdf'_≈×%!√°米千克", max_size=80),
    st.lists(
        st.sampled_from(
            ["$", "\\frac{", "}{", "}", "x^{2}", "=", "\\int_0^1 ", " dx", "9^9^9^9", "f(x)", "f'(x)", "\n"]
        ),
        max_size=30,
    ).map("".join),
)


def test_every_check_has_a_sample(members_of):
    assert {type(sample) for sample in SAMPLES} == members_of(AnyCheck)


@pytest.mark.parametrize("check", SAMPLES, ids=lambda check: check.kind)
@given(
    question=TEXTS,
    solution=TEXTS,
    snippet=TEXTS,
    family=st.sampled_from(["problem", "facts", "code_tests", "case_to_code"]),
)
@at_least(40)
def test_never_raises_and_always_agrees_with_itself(check, question, solution, snippet, family):
    for language in ("en", "zh"):
        candidate = Candidate(Pair(question, solution), snippet, language, family)
        first = check.reject(candidate)
        assert first == check.reject(candidate)
        assert first is None or (isinstance(first, Rejection) and all(first) and first.reason.isidentifier())


@pytest.mark.parametrize("check", SAMPLES, ids=lambda check: check.kind)
def test_can_be_made_here_and_written_down(check):
    assert check.unable() is None
    assert type(check).model_validate(check.model_dump(mode="json")) == check
