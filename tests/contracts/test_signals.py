"""What every signal must do, whatever it measures. A new one joins by itself, or with a sample if it needs settings."""

import json
import typing

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_llama import write_tiny_llama

from pipeline.label.learned import Learned
from pipeline.label.signal import Surroundings
from pipeline.label.signals import AnySignal

KINDS = typing.get_args(typing.get_args(AnySignal)[0])
SCORING = {"window": 32, "most_tokens": 64, "precision": "fp32"}
TINY = {"kind": "checkpoint", "path": "tiny"}
SAMPLES = {
    "perplexity": {"checkpoint": TINY, "scoring": SCORING},
    "perplexity_difference": {"weak": TINY, "strong": {"kind": "checkpoint", "path": "other"}, "scoring": SCORING},
    "fertility": {"tokenizer": "tiny"},
    "readability": {"unidentified": "eng"},
}
"""Settings of the signals that have no defaults, or whose defaults read another stage's artifact."""
MEASURED = [kind for kind in KINDS if not issubclass(kind, Learned)]
"""Signals that need no corpus to learn from; the others are opened in tests of their own."""
NASTY = [
    "",
    " \n\t",
    "\x00" * 50,
    "One line.",
    "两个字",
    "日本語のテキストです。",
    "word " * 500,
    "a\nb\n\nc",
    "\ud800 lone \udfff surrogates \ud83e",
    "שלום עולם \u202e مرحبا بالعالم \u202c",
    "🦊👩‍👩‍👧‍👦🇨🇳 e\u0301\u0301\u0301 \ufffe\uffff\U0010ffff",
    "a" * 3000,
    "İSTANBUL Σίσυφος ß ﬀ Ǆ",
    "1 2 3 4.5 6,7 -- *** $$x^2$$ `code()`",
]
LANGUAGES = ["eng_Latn", "cmn_Hani", "", "fra_Latn", "und", None]


def metadata_of(texts):
    return [
        {"id": str(i), "language": LANGUAGES[i % 6], "language_score": 0.5, "source": "s", "url": "", "row": i}
        for i in range(len(texts))
    ]


@pytest.fixture(scope="module")
def measure(tmp_path_factory):
    """Return what measures texts by a kind of signal, each opened once."""
    data = tmp_path_factory.mktemp("data")
    write_tiny_llama(data / "tiny")
    write_tiny_llama(data / "other", seed=1)
    opened = {}

    def by(kind, texts, metadata=None):
        if kind not in opened:
            opened[kind] = sample(kind).open(Surroundings(data, data / "root", "s"))
        return opened[kind](texts, metadata_of(texts) if metadata is None else metadata)

    return by


def sample(kind):
    return kind.model_validate(SAMPLES.get(kind.model_fields["kind"].default, {}))


def named(kind):
    return kind.__name__


@pytest.mark.parametrize("kind", MEASURED, ids=named)
def test_any_text_gets_one_value_in_the_promised_dtype(kind, measure):
    found = measure(kind, NASTY)
    assert set(found) == set(sample(kind).columns)
    for name, dtype in sample(kind).columns.items():
        assert len(found[name]) == len(NASTY)
        assert found[name].dtype == dtype
        if dtype.kind == "f":
            assert not np.isinf(found[name]).any()
    assert all(len(values) == 0 for values in measure(kind, []).values())


def assert_same(kind, one, other):
    for name, dtype in sample(kind).columns.items():
        if sample(kind).uses_all_cores and dtype.kind == "f":
            # Another batch gives other last digits; the fixed cut of a corpus into batches keeps bytes the same.
            np.testing.assert_allclose(one[name], other[name], rtol=2e-3, atol=5e-4)
        else:
            np.testing.assert_array_equal(one[name], other[name])


@pytest.mark.parametrize("kind", MEASURED, ids=named)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(
            st.sampled_from(NASTY),
            st.text(st.characters(), max_size=60),
            st.text("aeé'. \n，。！字词\x00\ud800", max_size=200),
        ),
        max_size=8,
    )
)
def test_a_document_is_measured_alike_whatever_stands_beside_it(kind, measure, texts):
    metadata = metadata_of(texts)
    whole = measure(kind, texts, metadata)
    single = [measure(kind, [text], [about]) for text, about in zip(texts, metadata, strict=True)]
    if texts:
        assert_same(kind, whole, {name: np.concatenate([one[name] for one in single]) for name in whole})


@pytest.mark.parametrize("kind", MEASURED, ids=named)
@pytest.mark.parametrize("line", ["plain words and more of them ", "没有换行的一行字", "x", "\x00"])
def test_a_line_of_megabytes_passes(kind, measure, line):
    texts = ["short", line * (2_500_000 // len(line)), "short"]
    found = measure(kind, texts, [{"language": "eng_Latn" if line.isascii() else "cmn_Hani", "row": 0}] * 3)
    assert all(len(values) == 3 for values in found.values())


@pytest.mark.parametrize("kind", KINDS, ids=named)
def test_a_recipe_can_hold_its_settings(kind):
    if (name := kind.model_fields["kind"].default) in SAMPLES or not any(
        field.is_required() for field in kind.model_fields.values()
    ):
        signal = sample(kind)
        assert signal.kind == name
        json.dumps(dict(signal.identity))
        assert kind.model_validate(yaml.safe_load(yaml.safe_dump(signal.model_dump(mode="json")))) == signal


def test_no_two_signals_make_the_same_column():
    columns = [name for kind in MEASURED for name in sample(kind).columns]
    assert len(columns) == len(set(columns))
