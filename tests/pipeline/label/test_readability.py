import math

import numpy as np
import pytest

from pipeline.label.code_points import Texts, classes, of_each, unit_ends, unit_starts
from pipeline.label.common_characters import simplified, traditional
from pipeline.label.reading_ease import chinese, english
from pipeline.label.signals import Readability
from pipeline.label.syllables import syllables


def syllables_of(text):
    laid = Texts.of([text])
    kinds = of_each(classes(), laid)
    return syllables(laid, unit_starts(kinds), unit_ends(kinds)).tolist()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("cat water elephant university", [1, 2, 3, 5]),
        ("make table whole makes boxes tables", [1, 2, 1, 1, 2, 2]),
        ("walked wanted added used settled", [1, 2, 2, 1, 2]),
        ("the be see 1999 nth café", [1, 1, 1, 1, 1, 2]),
        ("Queue STRENGTHS", [1, 1]),
    ],
)
def test_syllables(words, expected):
    assert syllables_of(words) == expected


def test_flesch_is_the_formula_on_counted_words_sentences_and_syllables():
    texts = ["The cat sat on the mat. It didn't make 3.14 tables!", "no end here", "", "Hi.\n\nTitle"]
    found = english(Texts.of(texts))
    # The cat sat on the mat / it didn't make 3 14 tables: 12 words, 2 sentences, 13 syllables, didn't counted as one.
    assert found.sentence_length.tolist()[:2] == [6.0, 3.0]
    assert found.score[0] == pytest.approx(206.835 - 1.015 * 6 - 84.6 * 13 / 12)
    assert math.isnan(found.score[2])
    assert found.sentence_length[3] == 1.0


def test_chinese_counts_sentences_and_rare_characters():
    found = chinese(Texts.of(["今天天气很好。我们去公园！", "龘龘龘龘", "今天天氣很好，我們去公園。", "no characters"]))
    assert found.sentence_length.tolist()[:3] == [5.5, 4.0, 11.0]
    assert found.rare_characters.tolist()[:3] == [0.0, 1.0, 0.0]
    assert found.score.tolist()[:3] == [94.5, 100 - 4 - 500, 89.0]
    assert math.isnan(found.score[3])


def test_the_lists_have_as_many_characters_as_the_standards_say():
    assert simplified().sum() == 3755
    assert traditional().sum() == 5401


def test_other_languages_have_no_value():
    texts = ["A plain sentence."] * 4 + ["今天天气很好。"]
    about = [{"language": name} for name in ("eng_Latn", "fra_Latn", "", "und", "cmn_Hani")]
    scores = Readability().measure(texts, about)["readability"]
    assert np.isnan(scores).tolist() == [False, True, True, True, False]
    assumed = Readability(unidentified="eng").measure(texts, about)["readability"]
    assert np.isnan(assumed).tolist() == [False, True, False, True, False]
