import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.label.length_batches import batches, padded, padding_share, windows_of


@given(st.integers(0, 300), st.booleans(), st.integers(4, 40), st.integers(0, 19))
def test_every_token_is_predicted_once_from_what_stands_before_it(size, has_start, length, overlap):
    assume(2 * overlap < length)
    ids = np.arange(100, 100 + size)
    windows = list(windows_of(7, ids, 5 if has_start else None, length, overlap))
    predicted = [id for window in windows for id in window.ids[window.context :].tolist()]
    if size <= length:
        assert len(windows) <= 1
    assert predicted == ids[0 if has_start else 1 :].tolist()
    for number, window in enumerate(windows):
        assert window.document == 7
        assert 1 <= window.context < len(window.ids) <= length + has_start
        assert window.scored == len(window.ids) - window.context
        body = window.ids[1 if has_start else 0 :]
        assert (np.diff(body) == 1).all()
        if number:
            assert window.context == (1 if has_start else 0) + max(overlap, 0 if has_start else 1)


@given(st.lists(st.integers(2, 60), max_size=40), st.integers(1, 200))
def test_batches_hold_every_window_once_within_the_limit(lengths, most):
    windows = [next(windows_of(0, np.arange(n), 1, 64, 0)) for n in lengths]
    made = list(batches(windows, most))
    assert sorted(i for batch in made for i in batch) == list(range(len(windows)))
    for batch in made:
        sizes = [len(windows[i].ids) for i in batch]
        assert len(batch) == 1 or len(batch) * max(sizes) <= most
        ids, predicted = padded([windows[i] for i in batch])
        assert ids.shape == (len(batch), max(sizes))
        for row, i in enumerate(batch):
            assert ids[row, : sizes[row]].tolist() == windows[i].ids.tolist()
            assert not ids[row, sizes[row] :].any()
            assert ids[row, 1:][predicted[row]].tolist() == windows[i].ids[windows[i].context :].tolist()


def test_batches_by_length_hold_little_padding():
    lengths = np.random.default_rng(1).geometric(1 / 400, size=2000).clip(2, 2000)
    windows = [next(windows_of(0, np.arange(n), 1, 2048, 0)) for n in lengths]
    assert padding_share(windows, 16384) < 0.05
