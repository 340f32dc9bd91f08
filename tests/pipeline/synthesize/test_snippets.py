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


def test_spans_are_whole_paragraphs_as_many_as_fit():
    text = "a" * 40 + "\n\n" + "b" * 40 + "\n" + "c" * 60
    assert list(cut(text, BOUNDS)) == [Span(0, 40), Span(42, 143)]
    lines = "a" * 40 + "\n" + "b" * 40 + "\n" + "c" * 60
    assert list(cut(lines, BOUNDS)) == [Span(0, 81), Span(82, 142)]


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
        ("Buy now. " * 8, "says_the_same_again"),
    ],
)
def test_what_cannot_stand_alone_says_why(text, reason):
    assert fault(text, BOUNDS) == reason
