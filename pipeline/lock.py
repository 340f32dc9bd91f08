"""A lock: a file that one process at a time holds; the kernel lets go of it when the process dies, however it dies."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import UserError


@contextmanager
def alone(path: Path, refusal: str) -> Iterator[None]:
    """Hold the lock; raise UserError with ``refusal`` where another process holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(refusal) from None
        yield


@contextmanager
def beside(path: Path, refusal: str) -> Iterator[None]:
    """Hold the lock together with others who hold it so; raise UserError with ``refusal`` where one holds it alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(refusal) from None
        yield


@contextmanager
def in_turn(path: Path) -> Iterator[None]:
    """Hold the lock, waiting for whoever holds it; its folder must be there."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_held(path: Path) -> bool:
    """Tell whether another process holds the lock now."""
    if not path.exists():
        return False
    with path.open("r") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
