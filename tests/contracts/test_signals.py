"""What every signal must do, whatever it measures."""

import typing

import numpy as np
import pytest

from pipeline.label.signals import AnySignal

KINDS = typing.get_args(typing.get_args(AnySignal)[0])
TEXTS = ["", "One line.", "两个字", "word " * 500, "a\nb\n\nc"]
METADATA = [{"language": "eng_Latn", "language_score": 0.5, "source": "s", "url": ""} for _ in TEXTS]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_one_value_a_document_in_the_promised_dtype_whatever_the_batches(kind):
    signal = kind()
    whole = signal.measure(TEXTS, METADATA)
    assert set(whole) == set(signal.columns)
    for name, dtype in signal.columns.items():
        assert whole[name].dtype == dtype
        single = np.concatenate([signal.measure([t], [m])[name] for t, m in zip(TEXTS, METADATA, strict=True)])
        assert list(single) == list(whole[name])
    assert all(len(values) == 0 for values in signal.measure([], []).values())


def test_no_two_signals_make_the_same_column():
    columns = [name for kind in KINDS for name in kind().columns]
    assert len(columns) == len(set(columns))
