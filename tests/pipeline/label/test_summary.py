import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from written_corpus import WrittenCorpus

from pipeline.artifact import read_manifest
from pipeline.cli import main
from pipeline.label.signals import Language, Length
from pipeline.label.stage import LabelStage
from pipeline.label.summary import SHOWN, of_names, of_numbers, summary
from pipeline.progress import Progress
from pipeline.stage import Where, make


def test_values_are_counted_commonest_first_and_the_tail_together():
    assert of_names(lambda: [np.array(["b", "a"], object), np.array(["b"], object)]) == {
        "distinct": 2,
        "documents": {"b": 2, "a": 1},
    }
    many = np.array([f"{i:05d}" for i in range(SHOWN + 7)] * 2, object)
    found = of_names(lambda: [many])
    assert found["distinct"] == SHOWN + 7
    assert len(found["documents"]) == SHOWN + 1
    assert found["documents"]["7 other values"] == 14


@given(st.lists(st.lists(st.floats(allow_infinity=False, width=32), max_size=9), max_size=5))
def test_smallest_median_and_largest_are_exact_whatever_the_blocks(blocks):
    found = of_numbers(lambda: [np.array(block, np.float32) for block in blocks])
    known = sorted(value for block in blocks for value in block if not math.isnan(value))
    missing = sum(map(len, blocks)) - len(known)
    assert found.get("missing", 0) == missing
    if known:
        exact = known[0], known[(len(known) - 1) // 2], known[-1]
        for name, value in zip(("minimum", "median", "maximum"), exact, strict=True):
            assert found[name] == pytest.approx(value, rel=1e-5)


def test_columns_are_told_apart_by_their_type():
    table = pa.table({"id": ["0", "1"], "topic": ["x", "x"], "units": pa.array([3, 9], pa.int32())})
    assert summary(lambda: [table], table.schema) == {
        "topic": {"distinct": 1, "documents": {"x": 2}},
        "units": {"minimum": 3, "median": 3, "maximum": 9},
    }


def test_the_manifest_has_them_and_show_prints_them(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("pipeline.pieces.piece.PIECE_BYTES", 1)
    corpus = WrittenCorpus(("one two", "one two three", "一二三四五六七八九"), tmp_path, rows=1)
    root = tmp_path / "root"
    make(
        [corpus, *(LabelStage(corpus, signal) for signal in (Length(), Language()))],
        Where(root, 1, Progress(quiet=True)),
    )
    assert read_manifest(root / "labels/s/length").counts["values"]["units"] == {
        "minimum": 2,
        "median": 3,
        "maximum": 9,
    }
    assert main(["show", str(root / "labels/s/language")]) == 0
    shown = capsys.readouterr().out
    assert "script:\n      distinct: 2\n      documents:\n        Latn: 2\n        Hani: 1\n" in shown
