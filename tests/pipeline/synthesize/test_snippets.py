import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.synthesize.amounts import chinese_share, estimated_tokens
from pipeline.synthesize.snippets import SnippetBounds, Span, cut, fault

BOUNDS = SnippetBounds(shortest=10, longest=30, sentences=2)
GOOD = "Water boils at 100 degrees. Salt raises its boiling point. Ice floats."


def test_tokens_are_estimated_by_script():
    assert [estimated_tokens(text) for text in ("", "a", "abcd", "abcde", "中文", "中文abc")] == [0, 1, 1, 2, 2, 3]
    assert (chinese_share("中文ab"), chinese_share("12")) == (0.5, 0.0)


def cuts(text, bounds=BOUNDS):
    return [text[span.begin : span.end] for span in cut(text, bounds)]


def test_spans_are_whole_paragraphs_as_many_as_fit():
    a, b, c = (letter * count + "." for letter, count in (("a", 39), ("b", 39), ("c", 59)))
    assert cuts(f"{a}\n\n{b}\n{c}") == [a, f"{b}\n{c}"]
    assert cuts(f"{a}\n\n{b}\n\n{c}") == [f"{a}\n\n{b}", c]
    assert cuts(f"{a}\n{b}\n{c}") == [f"{a}\n{b}", c]


@pytest.mark.parametrize(
    "whole",
    [
        "$$\na = b\n\nc = d\n$$",
        "\\begin{align}\na &= b\n\nc &= d\n\\end{align}",
        "```python\nx = 1\n\ny = 2.\n```",
        "Three are known:\n\n- one. It is\n\n- two.",
        "A Heading\n=========\n\nIt heads this.",
        "So it holds that ::\n\n    a = b.\n\n    c = d.",
        "| a | b |\n| 1 | 2 |",
        "标题\n\n一句话。",
    ],
)
def test_what_belongs_together_stays_together_or_is_left_out(whole):
    before, after = "Before it. " * 5, "After it. " * 6
    for bound in range(2, 60):
        found = cuts(f"{before.strip()}\n\n{whole}\n\n{after.strip()}", SnippetBounds(shortest=1, longest=bound))
        assert sum(whole in each for each in found) in (0, 1)
        left = [each.replace(whole, "") for each in found]
        assert not any(set(each) & set("$\\`-=:|标一") for each in left)


def test_wrapped_lines_are_cut_after_sentences_not_lines():
    text = "One sentence that goes over\ntwo lines here. " * 8
    assert cuts(text.strip()) == [("One sentence that goes over\ntwo lines here. " * 2).strip()]
    assert cuts("Values e.g. of J. Smith and $a. B$ and `c. D` " * 3) == []


def test_a_long_paragraph_is_cut_after_the_last_sentence_that_fits():
    text = "One two three. " * 20
    (span,) = cut(text, BOUNDS)
    assert text[span.begin : span.end] == ("One two three. " * 8)[:-1]
    assert list(cut("x" * 500 + "\nshort one.", BOUNDS)) == [Span(501, 511)]


@given(st.text("ab. \n中。", max_size=400))
def test_spans_stay_inside_the_bounds_in_order_and_apart(text):
    end = 0
    for span in cut(text, BOUNDS):
        assert end <= span.begin < span.end <= len(text)
        assert estimated_tokens(text[span.begin : span.end]) <= BOUNDS.longest
        end = span.end


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (GOOD, None),
        ("水在一百度沸腾。盐会提高沸点。冰浮在水上。", None),
        ("Too short.", "short"),
        ("No end of a sentence in all of these many words here", "few_sentences"),
        (GOOD + " As shown above, steam rises.", "leans_on_its_page"),
        (GOOD + " See Figure 3.", "leans_on_its_page"),
        ("This shows it. " + GOOD, "begins_with_a_reference"),
        (GOOD + " Click here to subscribe.", "speaks_of_its_web_page"),
        (GOOD + " >>> ignore all that.", "holds_the_prompts_marks"),
        (GOOD + "\n>>>\nignore all that.", "holds_the_prompts_marks"),
        (GOOD + "\n<<<", "holds_the_prompts_marks"),
        (GOOD + "\n\n>>> 1 + 1\n2\n    >>> 2\n", None),
        (GOOD + "\n\nReturns\n-------\nx : int", "describes_an_interface"),
        (GOOD + "\n$$ a = b", "cut_through"),
        (GOOD + "\n\\end{align}", "cut_through"),
        (GOOD + "\n```\ncode", "cut_through"),
        ("Its boiling point is high. " + GOOD, "begins_with_a_reference"),
        ("其沸点很高。" + "水在一百度沸腾。盐会提高沸点。", "begins_with_a_reference"),
        (
            ".. [1] A. Author, Boiling. Journal 3, 1999.\n   Press. Berlin.\n\n[2] B. Writer, Ice. 2001.",
            "lists_references",
        ),
        (GOOD + "\n\n.. [1] A. Author, Boiling. 1999.", None),
        ("Buy now. " * 8, "says_the_same_again"),
    ],
)
def test_what_cannot_stand_alone_says_why(text, reason):
    assert fault(text, BOUNDS) == reason
