"""Answers of a language model, kept under the hash of what was asked: nothing is ever asked twice.

They lie beside the artifacts, not in them, because they outlive any artifact: a killed run, another classifier or a
larger sample pays only for what is new. One file a request holds both question and answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.artifact import canonical, write_durably

FOLDER = "answers"
"""Name of the folder below the root."""


def key_of(request: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a request's canonical JSON."""
    return hashlib.sha256(canonical(request).encode("utf-8", "surrogatepass")).hexdigest()


class Answers:
    """The store below one root."""

    def __init__(self, root: Path) -> None:
        self._folder = root / FOLDER

    def find(self, request: Mapping[str, Any]) -> str | None:
        """Return the kept answer, or None. A file that a crash of the disk left damaged counts as none."""
        path = self._path(request)
        try:
            answer = json.loads(path.read_text(encoding="utf-8"))["answer"]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None
        return answer if isinstance(answer, str) else None

    def keep(self, request: Mapping[str, Any], answer: str) -> None:
        """Write the answer; once this returns, it is on the disk."""
        path = self._path(request)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(path, json.dumps({"request": request, "answer": answer}, indent=1).encode())

    def _path(self, request: Mapping[str, Any]) -> Path:
        key = key_of(request)
        return self._folder / key[:2] / f"{key}.json"
