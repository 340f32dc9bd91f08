from typing import get_args

import pytest

from pipeline.synthesize import prompt
from pipeline.synthesize.candidate import Family


@pytest.mark.parametrize("language", prompt.LANGUAGES)
@pytest.mark.parametrize("family", get_args(Family))
def test_a_prompt_is_filled_in_all_over_and_holds_the_snippet_unchanged(family, language):
    snippet = "A page may hold {discipline} and {snippet} too."
    before, found, after = prompt.messages(family, language, "earth-science", snippet)[0]["content"].partition(snippet)
    assert found and "{" not in before + after


def test_a_prompt_names_the_discipline_behind_the_snippet_too():
    (message,) = prompt.messages("short_answer", "en", "earth-science", "It rains.")
    assert "a fact of earth science" in message["content"].partition("It rains.")[2]
