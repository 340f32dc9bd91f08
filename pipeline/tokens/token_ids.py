"""Token ids: what a ``tokenizer.json`` makes of texts, by gigatoken wherever that gives the same ids as ``tokenizers``.

It is some hundred times faster, but takes fewer kinds of tokenizers, may pass over a setting, asks for a token of every
byte, and keeps every piece it has seen. So a tokenizer has to give the library's own ids for `_PROBE` first; texts with
bytes that the vocabulary lacks are left to the library; and it is loaded anew after so much text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.tokens.load import load_fast

Ids = npt.NDArray[np.uint32]

RENEWED = 1 << 26
"""Bytes of text after which gigatoken is loaded anew; where no piece ever recurs it keeps 5 bytes for each of them."""
_PROBE = (
    "The Cats' 12345 don't, I'LL pay $3.50\u2014now!\r\n\r\n\tif x_1 == '\\n':  # caf\u00e9 cafe\u0301\u00a0\ufb01 \n",
    " \u6c49\u5b57\uff0c\u5168\u89d2\uff21\uff11\u3002\u3000\u7e41\u9ad4 \U0001f469\u200d\U0001f467 \u05e9\u05dc\u05d5"
    "\u05dd \u0e44\u0e17\u0e22 \ud55c \u2167 \u00b2 \u0130\u00df    \n\n\n  e-mail: a.b@c.org ... === >>> 1,000,000 ",
    "",
    "  ",
    "word",
)
"""Contractions, numbers, runs of white space, accents written both ways, wide forms, and scripts without spaces."""


class TokenIds:
    """A loaded ``tokenizer.json`` that adds no special tokens; raises UserError if it is none."""

    def __init__(self, path: Path) -> None:
        self.tokenizer: Any = load_fast(path)
        """The library's own, for everything else."""
        self._file, self._missing = _with_every_byte(path.read_text(encoding="utf-8"))
        self._quick: Any = None
        self._left = 0
        self._renew()
        probe = self._probe()
        if any(map(_differ, self.of(probe), self._library(probe))):
            self._quick = None

    def of(self, texts: Sequence[str]) -> list[Ids]:
        """Return the ids of each text."""
        quick = [self._quick_ids(text) for text in texts]
        others = iter(self._library([text for text, ids in zip(texts, quick, strict=True) if ids is None]))
        return [next(others) if ids is None else ids for ids in quick]

    def _quick_ids(self, text: str) -> Ids | None:
        """Return a text's ids, or None for a text or tokenizer that is the library's."""
        data = text.encode()
        if self._quick is None or (self._missing and self._missing.search(data)):
            return None
        self._left -= len(data)
        if self._left < 0:
            self._renew()
        ids: Ids = self._quick.encode(data)
        return ids

    def _library(self, texts: Sequence[str]) -> list[Ids]:
        encoded = self.tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [np.array(item.ids, dtype=np.uint32) for item in encoded]

    def _renew(self) -> None:
        from gigatoken import Tokenizer

        self._left = RENEWED
        try:
            self._quick = Tokenizer.from_json(self._file)
        except (RuntimeError, ValueError):  # of a kind that it does not take
            self._quick = None

    def _probe(self) -> list[str]:
        """Return texts of every kind, alone and around the tokens that stand for themselves."""
        added = [token.content for token in self.tokenizer.get_added_tokens_decoder().values()]
        return [*_PROBE, *(f"a {token}b" for token in added[:64]), *(f"A{token} \n" for token in added[:64])]


def _differ(ids: Ids, others: Ids) -> bool:
    return not np.array_equal(ids, others)


def _with_every_byte(file: str) -> tuple[str, re.Pattern[bytes] | None]:
    """Return the file with a token for every byte, and what finds a byte that had none: its ids mean nothing."""
    made = json.loads(file)
    model = made["model"]
    if model.get("type") != "BPE" or '"ByteLevel"' not in json.dumps(made.get("pre_tokenizer")):
        return file, None
    vocabulary = model["vocab"]
    missing = [byte for byte, character in enumerate(_byte_characters()) if character not in vocabulary]
    if not missing:
        return file, None
    largest = max([*vocabulary.values(), *(token["id"] for token in made["added_tokens"])])
    for place, byte in enumerate(missing):
        vocabulary[_byte_characters()[byte]] = largest + 1 + place
    return json.dumps(made), re.compile(b"[" + b"".join(re.escape(bytes([byte])) for byte in missing) + b"]")


def _byte_characters() -> str:
    """Return the character by which GPT-2's byte-level tokenizers write each byte."""
    shown = {*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    hidden = [byte for byte in range(256) if byte not in shown]
    return "".join(chr(byte) if byte in shown else chr(256 + hidden.index(byte)) for byte in range(256))
