"""Benchmarks: the texts of files that must not be trained on, each with the place where it lies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from pipeline.clean.inputs import InputFile
from pipeline.clean.readers.named_file import items
from pipeline.errors import UserError


class Passage(NamedTuple):
    """One text of a benchmark."""

    where: str
    """``file:line`` and the field, such as ``gsm8k.jsonl:12: question``."""
    text: str
    file: str = ""
    """Name of the benchmark."""


def passages(files: Sequence[InputFile], fields: Sequence[str]) -> Iterator[Passage]:
    """Yield every text, in order; raise UserError, naming file and line, for what cannot be read."""
    for file in files:
        found = False
        for where, value in items(file):
            for path, text in _strings(value):
                if not fields or any(name in fields for name in path):
                    found = True
                    place = f"{where}: {'.'.join(path)}" if path else where
                    yield Passage(_writable(place), _writable(text), _writable(file.name))
        if not found:
            raise UserError(f"clean.decontaminate.files: {file.name}: {_nothing(fields)}")


def _writable(text: str) -> str:
    """Return the text without lone surrogates, which JSON can hold and UTF-8 cannot."""
    return text.encode("utf-8", errors="replace").decode("utf-8")


def _nothing(fields: Sequence[str]) -> str:
    return f"no text in {', '.join(fields)}" if fields else "no text in it"


def _strings(whole: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every string inside a JSON value, in order, with the keys, and numbers in lists, that lead to it."""
    waiting: list[tuple[tuple[str, ...], Any]] = [((), whole)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, dict):
            waiting += [((*path, str(key)), inner) for key, inner in reversed(value.items())]
        elif isinstance(value, list | tuple):
            waiting += [((*path, str(number)), value[number - 1]) for number in range(len(value), 0, -1)]
