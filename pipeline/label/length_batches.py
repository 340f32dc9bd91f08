"""Batches by length: windows of tokens of about one length side by side, so that little of a batch is padding.

A batch depends on the windows alone: the same windows in the same order give the same batches on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Window:
    """Tokens of one document that one forward pass sees together."""

    document: int
    ids: npt.NDArray[np.int64]
    """What the model reads, the token it starts from included."""
    context: int
    """How many of ``ids`` are given and not predicted; at least 1."""

    @property
    def scored(self) -> int:
        """Number of tokens that are predicted."""
        return len(self.ids) - self.context


def windows_of(document: int, ids: Ids, start: int | None, length: int, overlap: int) -> Iterator[Window]:
    """Cut a document's tokens into windows of at most ``length`` tokens, ``start`` not counted.

    Every token is predicted exactly once, but for the first of all where there is no ``start``. Each window but the
    first begins with the ``overlap`` tokens before it, after ``start`` as the first one does.
    """
    head = [] if start is None else [start]
    place = 0 if head else 1
    while place < len(ids):
        # A window without a start token needs one token to predict from.
        back = min(place, overlap) if head else min(place, max(overlap, 1))
        end = min(len(ids), place - back + length)
        seen = np.concatenate([np.array(head, dtype=np.int64), ids[place - back : end].astype(np.int64)])
        yield Window(document, seen, len(head) + back)
        place = end


def batches(windows: Sequence[Window], most_tokens: int) -> Iterator[list[int]]:
    """Yield the places of windows that go together: longest first, rows times the longest within ``most_tokens``.

    A window longer than ``most_tokens`` is a batch of its own.
    """
    lengths = np.array([len(window.ids) for window in windows], dtype=np.int64)
    order = np.argsort(-lengths, kind="stable")
    begin = 0
    while begin < len(order):
        rows = max(1, most_tokens // int(lengths[order[begin]]))
        yield order[begin : begin + rows].tolist()
        begin += rows


def padded(windows: Sequence[Window]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return ids [rows, longest], zeros on the right, and where the next token is to be predicted [rows, longest - 1].

    Under causal attention nothing sees what is on its right, so padding there needs no mask.
    """
    longest = max(len(window.ids) for window in windows)
    ids = np.zeros((len(windows), longest), dtype=np.int64)
    predicted = np.zeros((len(windows), longest - 1), dtype=np.bool_)
    for row, window in enumerate(windows):
        ids[row, : len(window.ids)] = window.ids
        predicted[row, window.context - 1 : len(window.ids) - 1] = True
    return ids, predicted


def padding_share(windows: Sequence[Window], most_tokens: int) -> float:
    """Return which share of all tokens that the model is given is padding."""
    given = sum(len(batch) * max(len(windows[i].ids) for i in batch) for batch in batches(windows, most_tokens))
    return 1 - sum(len(window.ids) for window in windows) / max(given, 1)
