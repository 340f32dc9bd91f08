import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean.units import CJK
from pipeline.errors import UserError
from pipeline.label.classifier import FastText
from pipeline.label.fasttext_line import line, lines

TEXTS = ["the cat sat on the mat", "dogs run in the park", "物理学研究物质"] * 20
CLASSES = ["cat", "dog", "physics"] * 20


def train(folder, texts=TEXTS, classes=CLASSES, **settings):
    folder.mkdir(parents=True, exist_ok=True)
    return FastText(**settings).train(texts, classes, folder, folder, seed=3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A b\x00C\n-- d", ["a", "b", "c", "d"]),
        ("物理 Ab学", ["物", "理", "ab", "学"]),
        ("__label__x </s> é_y", ["label", "x", "s", "é", "y"]),
        ("\ud800x🙂", ["x"]),
        ("", []),
    ],
)
def test_a_text_becomes_one_line_of_words(text, words):
    assert line(text, 100).split() == words
    assert "\n" not in line(text, 100)
    line(text, 100).encode()


def plain_words(text):
    """Return the words as one pattern after the other finds them."""
    return re.sub(r"[\W_]+", " ", re.sub(f"([{CJK}])", r" \1 ", text.lower())).split()


@given(st.lists(st.text(st.one_of(st.characters(codec=None), st.sampled_from("aΣσ İ物理_・ー゛１\n"))), max_size=6))
def test_many_texts_at_once_are_as_each_alone(texts):
    assert [each.split() for each in lines(texts, 50)] == [plain_words(text[:50]) for text in texts]


def test_every_character_is_seen_as_the_patterns_see_it():
    every = ["".join(map(chr, range(begin, begin + 4096))) for begin in range(0, 0x110000, 4096)]
    assert [each.split() for each in lines(every, 4096)] == [plain_words(text) for text in every]


def test_only_the_beginning_is_looked_at():
    assert line("ab cd ef", 5).split() == ["ab", "cd"]


def test_training_is_the_same_to_the_byte_and_class_after_class_is_no_matter(tmp_path):
    first = train(tmp_path / "a")
    train(tmp_path / "b")
    assert (tmp_path / "a" / "model.bin").read_bytes() == (tmp_path / "b" / "model.bin").read_bytes()
    assert first.classes == ("cat", "dog", "physics")
    texts, classes = ([*column[::3], *column[1::3], *column[2::3]] for column in (TEXTS, CLASSES))
    in_blocks = train(tmp_path / "c", texts, classes)
    for classifier in (first, in_blocks):
        found, _ = classifier.most_likely(["a cat on a mat", "dogs in a park", "物理", ""])
        assert found == ["cat", "dog", "physics", None]


def test_probabilities_lie_between_0_and_1_and_sum_to_1(tmp_path):
    classifier = train(tmp_path)
    total = sum(classifier.probability(["cat dog 物", ""], name) for name in classifier.classes)
    assert total.tolist() == [pytest.approx(1, abs=1e-3), 0.0]


def test_a_document_cannot_spell_a_label(tmp_path):
    assert train(tmp_path, ["__label__evil cat sat", *TEXTS], ["cat", *CLASSES]).classes == ("cat", "dog", "physics")


def test_what_cannot_be_learned_from_is_named(tmp_path):
    with pytest.raises(UserError, match="two classes"):
        train(tmp_path, ["a a a"], ["x"])
    with pytest.raises(UserError, match="fastText: "):
        train(tmp_path, ["", "!"], ["x", "y"])
