"""A document of the demo: one text with a stable id, and how long texts become several.

Readers only convert formats. Duplicates, boilerplate and poor text stay: they are the cleaning stage's work.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Document:
    """One text. `id` is unique within its source and the same on every machine."""

    id: str
    text: str
    title: str | None = None
    url: str | None = None

    def as_record(self) -> dict[str, str]:
        """Return the JSON object of one line of documents.jsonl: `id`, `text`, then what else is known."""
        optional = {"title": self.title, "url": self.url}
        return {"id": self.id, "text": self.text} | {name: value for name, value in optional.items() if value}


def pieces(blocks: Iterable[str], *, least: int, most: int) -> Iterator[str]:
    """Join consecutive blocks into pieces of `least` to `most` characters, losing nothing but blank space.

    Blocks are joined until a piece has `least` characters. A block longer than `most` is first split at
    line ends. Only a single line longer than `most` stays longer; a piece stays shorter than `least` at the
    end, or where the next block would make it longer than `most`.
    """
    piece = ""
    for block in blocks:
        for part in _split_long(block.strip(), most):
            if piece and (len(piece) >= least or len(piece) + 2 + len(part) > most):
                yield piece
                piece = ""
            piece = f"{piece}\n\n{part}" if piece else part
    if piece:
        yield piece


def _split_long(block: str, most: int) -> Iterator[str]:
    """Yield `block` whole if it fits, else runs of its lines that do; an empty block yields nothing."""
    start = 0
    while len(block) - start > most:
        end = block.rfind("\n", start, start + most + 1)
        if end <= start:
            end = block.find("\n", start + most)
        if end < 0:
            break
        yield block[start:end].strip()
        start = end + 1
    if rest := block[start:].strip():
        yield rest
