"""Fenced code inside a page comes through the repairs of prose as it was written."""

import pytest

from pipeline.clean.adapter import repaired
from pipeline.clean.fences import hidden, shown
from pipeline.clean.settings import Clean

CODE = """```python
def test_b(self):
    y  =  1
    self.assertEqual(self.client.get("/page/one"), 200)
    self.assertEqual(self.client.get("/page/one"), 200)
    # This site uses cookies. Accept all cookies
```"""


@pytest.mark.parametrize("profile", ["en", "zh"])
def test_code_stays_as_it_was(profile):
    text = f"What the test says  is here:\n\n{CODE}\n\nAnd that was all of it.\n\n{CODE}"
    mended, *_ = repaired(text, Clean().repairs, profile)
    assert mended.count(CODE) == 2
    assert "says is here" in mended


@pytest.mark.parametrize(
    "text", ["", "```", "```\n```", "a\n```\nb", "~~~\na\n~~~\n```\nb\n```", "\x1e0\x1f ```\na\n```"]
)
def test_what_is_hidden_is_shown_again(text):
    assert shown(*hidden(text)) == text
