"""Answers of a language model, kept under the hash of what was asked: nothing is ever asked twice.

They lie beside the artifacts, not in them, because they outlive any artifact: a killed run, another classifier or a
larger sample pays only for what is new. One SQLite file below the root holds them all, question and answer in a row, so
memory does not grow with their number. What is written outlives a killed process; a power cut may take the last of it,
never the file. The root is used from one host at a time.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.artifact import canonical
from pipeline.errors import UserError, WorkError

FILE = "answers/answers.sqlite"
"""Path below the root."""
CUT_BYTES, CUT_TIME = "cut_by_bytes", "cut_by_time"
"""How an answer ended that did not end by itself."""
_SECONDS_FOR_ANOTHER = 60.0
_TABLE = """
create table if not exists answers (
    key blob primary key, request text not null, answer text not null, ended text not null,
    prompt_tokens integer, answer_tokens integer
)
"""


@dataclass(frozen=True)
class Answer:
    """What came back, and what it cost as the server counted it."""

    text: str
    ended: str = "stop"
    """``stop``; ``length`` where it reached the most tokens; `CUT_BYTES` or `CUT_TIME` where it would not end."""
    prompt_tokens: int | None = None
    answer_tokens: int | None = None

    @property
    def is_endless(self) -> bool:
        """Whether it was cut for want of an end; its text is no answer then."""
        return self.ended in (CUT_BYTES, CUT_TIME)


@dataclass(frozen=True)
class Refusal:
    """Why there will be no answer to this one request."""

    reason: str
    """``refused`` by the server, or ``unanswered`` however often it was sent while other requests were answered."""
    problem: str


@dataclass(frozen=True)
class Kept:
    """One row."""

    request: Mapping[str, Any]
    answer: Answer


def key_of(request: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a request's canonical JSON."""
    return hashlib.sha256(canonical(request).encode("utf-8", "surrogatepass")).hexdigest()


class Answers:
    """The store below one root; the file is made with the first answer. Used from one thread, but for `keep_all`."""

    def __init__(self, root: Path) -> None:
        self._root, self._path = root, root / FILE
        self._reading: sqlite3.Connection | None = None
        self._writing: sqlite3.Connection | None = None

    def again(self) -> Answers:
        """Return the same store with connections of its own, for one who keeps answers at the same time."""
        return Answers(self._root)

    def find(self, request: Mapping[str, Any]) -> Answer | None:
        """Return the kept answer, or None."""
        return self.find_key(key_of(request))

    def find_key(self, key: str) -> Answer | None:
        """Return the answer kept under a key, or None."""
        if self._reading is None:
            if not self._path.is_file():
                return None
            self._reading = self._open()
        query = "select answer, ended, prompt_tokens, answer_tokens from answers where key = ?"
        try:
            row = self._reading.execute(query, (bytes.fromhex(key),)).fetchone()
        except sqlite3.Error as error:
            raise self._said(error) from error
        return Answer(*row) if row else None

    def keep(self, request: Mapping[str, Any], answer: Answer) -> None:
        """Write one answer; once this returns, it outlives the process."""
        self.keep_all([(key_of(request), request, answer)])

    def keep_all(self, rows: Sequence[tuple[str, Mapping[str, Any], Answer]]) -> None:
        """Write (key, request, answer) together, all or none; the first answer to a request stays."""
        if self._writing is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._writing = self._open()
        written = [
            (bytes.fromhex(key), json.dumps(request), a.text, a.ended, a.prompt_tokens, a.answer_tokens)
            for key, request, a in rows
        ]
        try:
            with self._writing:
                self._writing.executemany("insert or ignore into answers values (?, ?, ?, ?, ?, ?)", written)
        except sqlite3.Error as error:
            raise self._said(error) from error

    def all(self) -> Iterator[Kept]:
        """Yield every row, in the order in which answers arrived."""
        if self._path.is_file():
            self._reading = self._reading or self._open()
            query = "select request, answer, ended, prompt_tokens, answer_tokens from answers order by rowid"
            for request, *answer in self._reading.execute(query):
                yield Kept(json.loads(request), Answer(*answer))

    def close(self) -> None:
        """Close the file."""
        for connection in (self._reading, self._writing):
            if connection is not None:
                connection.close()
        self._reading = self._writing = None

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_SECONDS_FOR_ANOTHER, check_same_thread=False)
        try:
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = normal")
            connection.execute(_TABLE)
        except sqlite3.Error as error:
            raise self._said(error) from error
        return connection

    def _said(self, error: sqlite3.Error) -> UserError | WorkError:
        if isinstance(error, sqlite3.OperationalError):
            return WorkError(f"{self._path}: {error}; all answers before are kept, and the next run goes on from there")
        return UserError(f"{self._path}: {error}; move the file away, or mend it with SQLite's .recover")
