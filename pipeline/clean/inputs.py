"""Inputs: the raw files behind a source, their identity, and how they are cut into tasks.

Tasks depend on the files alone, never on the number of workers, and so do the bytes that come out.
"""

from __future__ import annotations

import builtins
import glob
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache as remembered
from pathlib import Path
from typing import BinaryIO

from pipeline.artifact import sha256_of, write_durably
from pipeline.clean import object_store
from pipeline.errors import UserError

COMPRESSED = (".gz", ".zst", ".zstd")
TASK_BYTES = 1 << 20
"""A task reads this many bytes and more; a long file of plain JSON lines is cut into pieces of this size."""
MOST_TASKS = 4096
"""Of a large source every task reads this share, so that the number of tasks stays bounded."""
TASK_FILES = 64
"""Most files of one task."""
_READ = 1 << 20


@dataclass(frozen=True)
class InputFile:
    """A raw file or a piece of one; ``name`` is its path below the data folder, the same on every machine."""

    name: str
    place: str
    """Path on this machine, or the URL of an object store."""
    bytes: int
    begin: int = 0
    """Byte at which the piece begins; always the beginning of a line."""
    first_line: int = 1
    """Number of the line that begins there."""
    version: str = ""
    """What an object store says of the contents; empty for files of this machine, which are hashed."""

    @property
    def path(self) -> Path:
        """Where a file of this machine lies."""
        return Path(self.place)

    def open(self) -> BinaryIO:
        """Open the whole file for reading."""
        return object_store.open_object(self.place) if self.version else self.path.open("rb")

    def read(self) -> builtins.bytes:
        """Return the whole file."""
        with self.open() as file:
            return file.read()


def find(field: str, patterns: Sequence[str], data: Path, *, empty: bool = False) -> dict[str, list[InputFile]]:
    """Return pattern -> its files, sorted; a file that fits two patterns belongs to the first.

    Raises UserError naming the recipe's field for every pattern without files, and every empty file unless ``empty``.
    """
    problems, seen, found = [], set[str](), dict[str, list[InputFile]]()
    for pattern in patterns:
        try:
            files = _objects(pattern) if object_store.is_url(pattern) else _local(pattern, data)
        except UserError as error:
            problems += [f"{field}: {line}" for line in str(error).splitlines()]
            continue
        found[pattern] = [file for file in files if file.place not in seen]
        seen.update(file.place for file in files)
        problems += [f"{field}: {file.name}: the file is empty" for file in found[pattern] if not (file.bytes or empty)]
    if problems:
        raise UserError("\n".join(problems))
    return found


def _local(pattern: str, data: Path) -> list[InputFile]:
    if files := on_this_disk(pattern, data):
        return files
    raise UserError(_missing(pattern, glob.glob(str(data / pattern), recursive=True), data))


def on_this_disk(pattern: str, data: Path) -> list[InputFile]:
    """Return the files of this machine that fit a pattern, none where there are none."""
    paths = [] if object_store.is_url(pattern) else sorted(glob.glob(str(data / pattern), recursive=True))
    return [_file(Path(name), data) for name in paths if Path(name).is_file()]


def _file(path: Path, data: Path) -> InputFile:
    return InputFile(_name(path, data), str(path), path.stat().st_size)


def _objects(pattern: str) -> list[InputFile]:
    return [InputFile(url, url, size, version=version) for url, size, version in object_store.find(pattern)]


def _missing(pattern: str, paths: list[str], data: Path) -> str:
    if paths:
        return f"{pattern} is a folder; write a pattern for the files in it, such as {pattern.rstrip('/')}/*"
    what = "no file fits this pattern" if glob.has_magic(pattern) else "no such file"
    return f"{pattern}: {what} (paths start at {data})"


def _name(path: Path, data: Path) -> str:
    below = path.relative_to(data) if path.is_relative_to(data) else path
    return os.fsencode(below).decode(errors="replace")  # a name may hold any bytes


def tasks(files: Sequence[InputFile], *, lines: bool) -> list[tuple[InputFile, ...]]:
    """Cut files into tasks, keeping their order; with ``lines``, plain files are cut between lines too."""
    limit = max(TASK_BYTES, sum(file.bytes for file in files) // MOST_TASKS)
    pieces = [piece for file in files for piece in (_pieces(file, limit) if lines else [file])]
    cut: list[list[InputFile]] = []
    size = limit
    for piece in pieces:
        if size >= limit or len(cut[-1]) == TASK_FILES:
            cut.append([])
            size = 0
        cut[-1].append(piece)
        size += piece.bytes
    return [tuple(task) for task in cut]


def _pieces(file: InputFile, limit: int) -> Iterator[InputFile]:
    """Yield a plain file's pieces, each ending with the first line that takes it to the limit; others whole."""
    if file.name.endswith(COMPRESSED) or file.bytes <= limit or file.version:
        yield file  # an object is not read twice to find its lines
        return
    begin, first_line, line, place = 0, 1, 1, 0
    with file.open() as raw:
        while block := raw.read(_READ):
            start = 0
            while (end := block.find(b"\n", max(start, begin + limit - place - 1))) >= 0:
                line += block.count(b"\n", start, end + 1)
                start = end + 1
                yield replace(file, bytes=place + start - begin, begin=begin, first_line=first_line)
                begin, first_line = place + start, line
            line += block.count(b"\n", start)
            place += len(block)
    if begin < place:
        yield replace(file, bytes=place - begin, begin=begin, first_line=first_line)


def fingerprint(files: Sequence[InputFile], cache: Path | None) -> str:
    """Return one hash over the names and contents of files."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name}\0{file.version or content_hash(file.path, cache)}\n".encode())
    return digest.hexdigest()[:32]


def content_hash(path: Path, cache: Path | None) -> str:
    """Return a file's SHA-256; where a cache folder is given, re-read it only if its size or time has changed."""
    status = path.stat()
    key = [status.st_size, status.st_mtime_ns]
    if cache is None:
        return _hashed_once(path, status.st_size, status.st_mtime_ns)
    note = cache / "hashes" / hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:32]
    if note.is_file():
        known = json.loads(note.read_text())
        if known["key"] == key:
            return str(known["sha256"])
    value = _hashed_once(path, status.st_size, status.st_mtime_ns)
    note.parent.mkdir(parents=True, exist_ok=True)
    write_durably(note, json.dumps({"key": key, "sha256": value}).encode())
    return value


@remembered
def _hashed_once(path: Path, size: int, modified: int) -> str:
    """Hash a file once a process: a plan asks for the same fingerprints again and again."""
    return sha256_of(path)
