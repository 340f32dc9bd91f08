"""The vocabulary of a tokenizer's file, read without the library that encodes, and the token that ends a text."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from pipeline.errors import UserError
from pipeline.tokens import tokenizer_files
from pipeline.tokens.settings import TokenizerFile


def read_vocabulary(path: Path) -> Mapping[str, int]:
    """Return token -> id of a ``tokenizer.json``; raise UserError where it is none."""
    status = path.stat()
    return _read(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=16)
def _read(path: Path, size: int, modified: int) -> Mapping[str, int]:
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        model = fields["model"]["vocab"]
        own = model if isinstance(model, dict) else {entry[0]: number for number, entry in enumerate(model)}
        added = {entry["content"]: entry["id"] for entry in fields.get("added_tokens") or ()}
        if not all(isinstance(number, int) for number in (*own.values(), *added.values())):
            raise ValueError("an id is no whole number")
    except OSError as error:
        raise UserError(f"tokenizer.path: {path}: cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise UserError(f"tokenizer.path: {path}: not a tokenizer.json: {what}") from error
    return {**own, **added}


def size_of(vocabulary: Mapping[str, int]) -> int:
    """Return the largest id + 1: the rows that a model's embedding must have."""
    return max(vocabulary.values(), default=-1) + 1


def ending(settings: TokenizerFile, files: list[Path], vocabulary: Mapping[str, int], own: str | None) -> str:
    """Return the token that ends a document: the recipe's, the companions', or the file's ``own``.

    Raises UserError where none is named, or the one that is named is no token.
    """
    end = settings.end_of_document or tokenizer_files.end_token(files) or own
    if end is None:
        raise UserError(
            f"tokenizer.end_of_document: {settings.path} names no end-of-sequence token; say which "
            f"token ends a document{_specials(vocabulary)}"
        )
    if end not in vocabulary:
        raise UserError(f"tokenizer.end_of_document: {settings.path} has no token {end!r}{_near(end, vocabulary)}")
    return end


def _specials(vocabulary: Mapping[str, int]) -> str:
    specials = [token for token in vocabulary if token.startswith("<") and token.endswith(">")][:10]
    return f", such as {', '.join(specials)}" if specials else ""


def _near(token: str, vocabulary: Mapping[str, int]) -> str:
    close = difflib.get_close_matches(token, vocabulary, n=3)
    return f"; close ones: {', '.join(close)}" if close else ""
