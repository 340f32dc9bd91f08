"""What every learned signal must do: pass any text, alone or among others, and learn the same bytes again."""

import typing

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labelled_world import quiet, stages_for, write_corpus

from pipeline.artifact import read_manifest
from pipeline.label.learned import Learned
from pipeline.label.signals import AnySignal
from pipeline.stage import make, why_stale

KINDS = [kind for kind in typing.get_args(typing.get_args(AnySignal)[0]) if issubclass(kind, Learned)]
LABELS = {"kind": "file", "paths": ["web.jsonl"], "sources": ["web"]}
SAMPLES = {
    "topic": {"labels": LABELS},
    "quality": {"examples": {"kind": "sets", "positive": {"sources": ["web"]}, "negative": {"sources": ["other"]}}},
    "clusters": {"sources": ["web", "other"], "clusters": 3, "embedding": {"kind": "hashed", "dimension": 32}},
}
NASTY = [
    "",
    " \n\t",
    "\x00" * 50,
    "two\nlines",
    "两个字",
    "\ud800 lone \udfff surrogates",
    "שלום עולם \u202e مرحبا",
    "🦊👩‍👩‍👧‍👦 e\u0301 \U0010ffff",
    "__label__law-policy </s>",
    "a" * 100_000,
    "patient " * 50_000,
]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def sample(kind):
    return kind.model_validate(SAMPLES[kind.model_fields["kind"].default])


def learned(kind, folder, root):
    corpora = {"web": write_corpus(folder, "web", 60), "other": write_corpus(folder, "other", 30, first=60)}
    signal = sample(kind)
    stages = stages_for(signal, corpora, folder)
    make(stages, quiet(folder / root))
    return signal, stages


@pytest.fixture(scope="module")
def measures(tmp_path_factory):
    opened = {}
    for kind in KINDS:
        folder = tmp_path_factory.mktemp(kind.__name__)
        signal, _ = learned(kind, folder, "root")
        opened[kind] = signal.load(folder / "root" / signal.artifact, folder)
    return opened


@each_kind
def test_any_text_gets_one_value_in_the_promised_dtype_whatever_the_batches(kind, measures):
    measure, columns = measures[kind], sample(kind).columns
    whole = measure(NASTY, [{}] * len(NASTY))
    assert set(whole) == set(columns)
    for name, dtype in columns.items():
        assert whole[name].dtype == dtype
        single = [measure([text], [{}])[name][0] for text in NASTY]
        assert single == list(whole[name])
        assert dtype.kind != "f" or np.isfinite(whole[name]).all()
    assert all(len(values) == 0 for values in measure([], []).values())


@each_kind
@settings(max_examples=40, deadline=None)
@given(texts=st.lists(st.text(st.characters(codec=None)), max_size=5))
def test_random_text_passes(kind, measures, texts):
    assert all(len(values) == len(texts) for values in measures[kind](texts, [{}] * len(texts)).values())


@each_kind
def test_learning_again_gives_the_same_bytes_whatever_was_in_memory(kind, tmp_path):
    _, stages = learned(kind, tmp_path, "once")
    garbage = [np.full(n, np.nan) for n in (1000, 100_000, 3_000_000)]
    del garbage
    learned(kind, tmp_path, "again")
    for stage in stages:
        once, again = (read_manifest(tmp_path / root / stage.name).files for root in ("once", "again"))
        assert once == again
        assert why_stale(stage, tmp_path / "once") is None
