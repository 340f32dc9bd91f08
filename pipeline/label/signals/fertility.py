"""Fertility: tokens a word (a Chinese character); a high one means that the tokenizer knows little of the text.

Under the recipe's own tokenizer nothing is tokenized again: the counts stand in the table beside the tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from pipeline.clean import inputs
from pipeline.errors import UserError
from pipeline.hub_name import is_hub_name
from pipeline.label.checkpoint import Tokenizer
from pipeline.label.code_points import chunks, classes, of_each, unit_starts
from pipeline.label.signal import Columns, Measure, Place, Signal, Surroundings
from pipeline.tokens import tokenizer_files
from pipeline.tokens.vocabulary import read_vocabulary

_Count = npt.NDArray[np.int64]


class Fertility(Signal):
    """Columns ``fertility``, tokens by words (or Chinese characters), and ``tokens_per_byte``.

    The end-of-document token is not counted. NaN without words, or without bytes.
    """

    kind: Literal["fertility"] = "fertility"
    tokenizer: str | None = None
    """A tokenizer's file or folder; null is the recipe's, whose counts are there already. Another one has to tokenize
    every document: quickly where it works on bytes as GPT-2's and Llama 3's do, else at a few megabytes a second."""

    @property
    def columns(self) -> Mapping[str, np.dtype[Any]]:
        """Return the two columns."""
        return dict.fromkeys(["fertility", "tokens_per_byte"], np.dtype(np.float32))

    @property
    def identity(self) -> Mapping[str, Any]:
        """Whose tokenizer it is; a file enters by its contents."""
        return {"kind": self.kind, "tokenizer": "recipe" if self.tokenizer is None else "file"}

    def files(self, data: Path, cache: Path | None) -> Mapping[str, str]:
        """Return the hash of another tokenizer."""
        if self.tokenizer is None:
            return {}
        return {"tokenizer": inputs.content_hash(tokenizer_files.find(self.tokenizer, data)[0], cache)}

    def paths(self) -> Mapping[Place, str]:
        """Return another tokenizer's, unless it is a name on the hub."""
        is_local = self.tokenizer is not None and not is_hub_name(self.tokenizer, Path())
        return {("tokenizer",): self.tokenizer or ""} if is_local else {}

    def faults(self, data: Path) -> Iterator[tuple[Place, str]]:
        """Look whether it is one."""
        if self.tokenizer is not None and (data / self.tokenizer).exists():
            try:
                found = tokenizer_files.find(self.tokenizer, data)[0]
                if not tokenizer_files.is_sentencepiece(found):
                    read_vocabulary(found)
            except UserError as error:
                yield ("tokenizer",), str(error).removeprefix("tokenizer.path: ")

    def needs(self, source: str) -> Sequence[str]:
        """Return the tokens of the recipe's own tokenizer."""
        return () if self.tokenizer else (f"tokens/{source}",)

    def open(self, around: Surroundings) -> Measure:
        """Open the table of tokens, or load the tokenizer."""
        count = self._counted(around) if self.tokenizer is None else self._tokenized(self.tokenizer, around)

        def measure(texts: Sequence[str], metadata: Sequence[Mapping[str, Any]]) -> Columns:
            tokens = count(texts, metadata)
            units = np.zeros(len(texts), dtype=np.int64)
            for rows, chunk in chunks(texts):
                units[rows] = chunk.count(unit_starts(of_each(classes(), chunk)))
            size = np.array([len(text.encode(errors="surrogatepass")) for text in texts], dtype=np.int64)
            return {"fertility": _ratio(tokens, units), "tokens_per_byte": _ratio(tokens, size)}

        return measure

    def _counted(self, around: Surroundings) -> Any:
        # Loaded here: a recipe is checked without either.
        import pyarrow.parquet as pq

        from pipeline.tokens.stage import DOCUMENTS

        path = around.root / "tokens" / around.source / DOCUMENTS
        counts = pq.read_table(path, columns=["tokens"], memory_map=True)["tokens"]

        def count(texts: Sequence[str], metadata: Sequence[Mapping[str, Any]]) -> _Count:
            first = metadata[0]["row"] if metadata else 0
            # Every document's last token is the one that ends it.
            return np.asarray(counts.slice(first, len(metadata)).to_numpy(), dtype=np.int64) - 1

        return count

    def _tokenized(self, path: str, around: Surroundings) -> Any:
        tokenizer = Tokenizer(path, around.data)

        def count(texts: Sequence[str], metadata: Sequence[Mapping[str, Any]]) -> _Count:
            return np.array([len(document.ids) for document in tokenizer.encode(texts, None)], dtype=np.int64)

        return count


def _ratio(top: _Count, bottom: _Count) -> npt.NDArray[np.float32]:
    ratio = np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0)
    return ratio.astype(np.float32)
