import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report import mixture, numbers
from pipeline.report.corpora import SAMPLE_CHARACTERS, read_corpus, shorten
from pipeline.report.mixture import read_mixture
from pipeline.report.results import averaged, read_run
from pipeline.stream.ledger import Ledger


def test_mixture_adds_up_to_the_ledger_however_it_is_cut(artifacts, monkeypatch):
    root, recipe = artifacts
    ledger, phases = Ledger(root / "runs" / "cpt" / "ledger.jsonl"), recipe.runs["cpt"].phases
    fine = read_mixture(ledger, [phases])
    monkeypatch.setattr(mixture, "STRETCHES", 4)
    coarse = read_mixture(ledger, [phases])
    assert (len(fine.stretches), len(coarse.stretches)) == (26, 5)  # 18 rounds in sevens, 8 rounds in sevens
    assert fine.given == coarse.given
    assert fine.phases == coarse.phases
    for read in (fine, coarse):
        assert [s.begin for s in read.stretches[1:]] == [s.end for s in read.stretches[:-1]]
        assert sum(sum(s.given.values()) for s in read.stretches) == read.tokens == 26 * 192 * 256
        assert sum(sum(s.asked.values()) for s in read.stretches) == pytest.approx(read.tokens)


def test_corpus_lists_reasons_by_frequency_with_samples(artifacts):
    corpus = read_corpus(artifacts[0], "en-web")
    assert [(r.reason, r.documents, len(r.samples)) for r in corpus.removals] == [
        ("too_short", 212, 2),
        ("wrong_language", 31, 1),
        ("not_json", 2, 1),
    ]
    assert (corpus.documents_in, corpus.kept, corpus.removed) == (2_605, 2_360, 245)


def test_run_from_fresh_weights_is_not_compared(artifacts):
    root, recipe = artifacts
    base, cpt = (read_run(root, recipe, name) for name in ("base", "cpt"))
    assert (base.compared, cpt.compared) == (False, True)
    assert base.training.steps == 24 * 12


@given(st.text())
def test_shortened_text_is_short_and_has_no_control_characters(text):
    short = shorten(text)
    assert len(short) <= SAMPLE_CHARACTERS + 2
    assert not any(ord(c) < 32 and c not in "\n\t" for c in short)


def test_shortened_text_says_where_it_was_cut():
    assert shorten("a  b\n\n\nc ") == "a  b\nc"
    assert shorten("def f():  \n \n    return 1\n") == "def f():\n    return 1"
    assert shorten("x" * 300) == "x" * SAMPLE_CHARACTERS + " …"
    assert shorten("\n".join("abcdef")) == "a\nb\nc\nd …"


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=50), st.integers(1, 60))
def test_averages_keep_the_mean(values, points):
    curve = averaged(np.array(values), points)
    width = -(-len(values) // points)
    assert len(curve) <= points
    sizes = [len(values[i : i + width]) for i in range(0, len(values), width)]
    assert np.dot(curve, sizes) == pytest.approx(sum(values), abs=1e-6)


@pytest.mark.parametrize(
    ("change", "shown", "verdict"),
    [(0.05, "+0.0500", "worse"), (-1.5, "−1.5000", "better"), (-0.00004, "0.0000", "same"), (None, "—", "")],
)
def test_changes_carry_their_sign(change, shown, verdict):
    assert (numbers.signed(change), numbers.verdict(change)) == (shown, verdict)
