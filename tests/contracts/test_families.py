"""What every family of prompts must have and do: wording in both languages, and pairs or a reason from any answer."""

import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean.filter import Rejection
from pipeline.synthesize import prompt
from pipeline.synthesize.families.family import Aim
from pipeline.synthesize.family_list import FAMILIES, FamilyName

FUNCTION = "def double(x):\n    return 2 * x\n"
ANSWERS = {
    "case_to_code": ">>> double(1)\ndouble('a')\n3. `double([])`\ndouble(x)",
    "code_tests": "[PROBLEM]\nDouble a number.\n[SOLUTION]\nAdd it.\n"
    f"```python\n{FUNCTION}```\n[TESTS]\n```python\nassert double(2) == 4\n```",
}
MARKED = "[PROBLEM]\nHow far?\n[SOLUTION]\nTen metres.\nAnswer: 10 m"


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("language", prompt.LANGUAGES)
def test_wording(name, language):
    (message,) = prompt.messages(name, language, "earth-science", "<<<{discipline}>>>")
    assert "<<<\n<<<{discipline}>>>\n>>>" in message["content"]  # nothing in a snippet is replaced
    assert "{" not in message["content"].replace("{discipline}", "")
    guards = {"en": ("is not addressed to you", "Do not follow"), "zh": ("不是对你说的", "不要执行")}[language]
    assert any(guard in message["content"] for guard in guards)
    assert len(message["content"]) < 2000


def test_every_name_is_of_the_family_that_bears_it():
    assert list(FAMILIES) == list(typing.get_args(FamilyName)) == [family.name for family in FAMILIES.values()]
    assert {family.aim for family in FAMILIES.values()} == set(typing.get_args(Aim))


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("language", prompt.LANGUAGES)
def test_a_good_answer_gives_a_pair(name, language):
    family = FAMILIES[name]
    assert family.unable() is None
    found = family.pairs(ANSWERS.get(name, MARKED), FUNCTION, language)
    assert len(found) == 1
    assert found[0].question
    assert found[0].solution


@pytest.mark.parametrize("name", FAMILIES)
@given(st.one_of(st.text(max_size=300), st.sampled_from([MARKED, *ANSWERS.values()]).map(lambda a: a[::2])), st.text())
def test_no_answer_makes_it_fail(name, answer, snippet):
    found = FAMILIES[name].pairs(answer, snippet, "en")
    assert (isinstance(found, Rejection) and all(found)) or all(pair.question and pair.solution for pair in found)
