import pytest

from pipeline.label.scripts import scripts_of
from pipeline.label.signals import Language


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("plain English", "Latn"),
        ("naïve Übergröße", "Latn"),
        ("простой текст", "Cyrl"),
        ("这是中文。", "Hani"),
        ("これは日本語です", "Jpan"),
        ("カタカナ", "Jpan"),
        ("한국어 문장", "Hang"),
        ("مرحبا", "Arab"),
        ("שלום", "Hebr"),
        ("नमस्ते", "Deva"),
        ("ภาษาไทย", "Thai"),
        ("中文 with one", "Latn"),
        ("中文中文中文 ok", "Hani"),
        ("12 + 34 = 46 🦊 \x00", ""),
        ("", ""),
    ],
)
def test_most_letters_decide(text, script):
    assert scripts_of([text]) == [script]
    assert scripts_of(["другой", text, "another"]) == ["Cyrl", script, "Latn"]


def test_a_model_that_says_the_script_is_believed_and_others_are_completed():
    said = ["cmn_Hant", "cmn_Hani", "eng", "", None, "", "srp"]
    texts = ["繁體", "简体", "words", "words", "слова", "123", "слова"]
    found = Language().measure(texts, [{"language": code, "language_score": 0.5} for code in said])
    assert found["language"].tolist() == [
        "cmn_Hant",
        "cmn_Hani",
        "eng_Latn",
        "und_Latn",
        "und_Cyrl",
        "und",
        "srp_Cyrl",
    ]
    assert found["script"].tolist() == ["Hani", "Hani", "Latn", "Latn", "Cyrl", "", "Cyrl"]
