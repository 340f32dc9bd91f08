"""Deriving a ledger to its end without training, for runs whose mixtures follow no signals.

Whether one does is found out by trying: the signals handed to its method refuse to be read.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from pipeline.artifact import canonical
from pipeline.errors import UserError
from pipeline.stream.director import Director
from pipeline.stream.ledger import Ledger, Record


class NoSignals(Mapping[str, Mapping[str, float]]):
    """Signals of rounds that nobody trained: reading them is an error that says what to do."""

    def __init__(self, run: str, steps: int) -> None:
        self._run, self._steps = run, steps

    def _refuse(self) -> UserError:
        begun = f", or emit what it was given so far, --steps 1:{self._steps}" if self._steps else ""
        return UserError(
            f"runs.{self._run}: its mixture follows signals that only training gives; train it to the end with "
            f"`headwater run`, and its ledger is used{begun}"
        )

    def __getitem__(self, name: str) -> Mapping[str, float]:
        raise self._refuse()

    def __iter__(self) -> Iterator[str]:
        raise self._refuse()

    def __len__(self) -> int:
        raise self._refuse()


def derived_ledger(cache: Path, run: str, director: Director, inputs: Mapping[str, str]) -> Ledger:
    """Return the whole ledger of a run that was never started, made once and kept in the cache.

    ``inputs`` name the slices and the seed. Raises UserError where the mixture follows signals.
    """
    identity = {"run": run, "rule": director.rule, **inputs}
    path = cache / f"{hashlib.sha256(canonical(identity).encode()).hexdigest()[:32]}.jsonl"
    return _kept(path, lambda draft: Ledger.create(draft, identity), director, run)


def whole_ledger(cache: Path, run: str, director: Director, ledger: Ledger) -> Ledger:
    """Return the ledger if the run is complete, else a copy that goes on to the end of the run.

    Raises UserError where the mixture follows signals that were not measured yet.
    """
    last = ledger.last()
    if director.next(last, {}) is None:
        return ledger
    path = cache / f"{last.hash if last else ledger.header['hash']}-{director.rule}.jsonl"

    def copy(draft: Path) -> Ledger:
        shutil.copyfile(ledger.path, draft)
        begun = Ledger(draft)
        begun.repair()
        return begun

    return _kept(path, copy, director, run)


def _kept(path: Path, begin: Callable[[Path], Ledger], director: Director, run: str) -> Ledger:
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
        draft.unlink(missing_ok=True)
        try:
            begun = begin(draft)
            begun.extend(rounds(director, run, begun.last()))
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    return Ledger(path)


def rounds(director: Director, run: str, last: Record | None = None) -> Iterator[Record]:
    """Yield every record that follows ``last``, not yet sealed."""
    refusing = NoSignals(run, last.end_step if last else 0)
    while (record := director.next(last, refusing)) is not None:
        # Nothing was read, so nothing is what led here.
        last = record.without_signals()
        yield last
