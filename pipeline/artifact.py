"""An artifact: a folder with a manifest, published whole by rename or not at all.

The fingerprint covers kind, format, settings and the inputs' fingerprints, and leaves out provenance; since the
same inputs and settings give the same bytes, equal fingerprints mean equal artifacts.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import UserError, WorkError
from pipeline.provenance import provenance

MANIFEST = "manifest.json"
SCRATCH = "scratch"
"""Folder inside a draft for what only the making needs; it is removed before publishing."""
_READ = 1 << 20


@dataclass(frozen=True)
class FileEntry:
    """One file of an artifact."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What an artifact is, what it was made from, and what is in it."""

    kind: str
    format: int
    settings: Mapping[str, Any]
    inputs: Mapping[str, str]
    fingerprint: str
    counts: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[FileEntry, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)


def canonical(value: object) -> str:
    """Return JSON with sorted keys and no spaces, the same for equal values."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def fingerprint(kind: str, format: int, settings: Mapping[str, Any], inputs: Mapping[str, str]) -> str:
    """Return the identity of an artifact (32 hex digits)."""
    identity = {"kind": kind, "format": format, "settings": settings, "inputs": inputs}
    return hashlib.sha256(canonical(identity).encode()).hexdigest()[:32]


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_READ):
            digest.update(block)
    return digest.hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """Read a published artifact's manifest; raise UserError where there is none or it is damaged."""
    path = folder / MANIFEST
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        data["files"] = tuple(FileEntry(**entry) for entry in data["files"])
        return Manifest(**data)
    except FileNotFoundError:
        raise UserError(f"{folder}: no artifact here ({MANIFEST} is missing)") from None
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(f"{path}: damaged manifest: {error}") from error


def is_published(folder: Path) -> bool:
    """Tell whether the folder holds a manifest."""
    return (folder / MANIFEST).is_file()


def draft_of(target: Path) -> Path:
    """Return the folder in which an artifact is made before it is published."""
    return target.with_name(target.name + ".draft")


def begin(target: Path, identity: str) -> Path:
    """Return the draft folder for this identity: the one a killed run left, or a new empty one.

    A draft of another identity is discarded.
    """
    draft = draft_of(target)
    note = draft / SCRATCH / "identity"
    if draft.exists() and (not note.is_file() or note.read_text() != identity):
        shutil.rmtree(draft)
    note.parent.mkdir(parents=True, exist_ok=True)
    write_durably(note, identity.encode())
    return draft


def remember_hash(draft: Path, path: Path, sha256: str) -> None:
    """Note the SHA-256 of a finished file of a draft, so that publishing need not read it again.

    The note holds for as long as the file's size and time of change stay what they are now; else the file is read.
    """
    name = path.relative_to(draft).as_posix()
    note = _note_of(draft, name)
    note.parent.mkdir(parents=True, exist_ok=True)
    write_durably(note, canonical({"name": name, "sha256": sha256, **_state(path)}).encode())


def publish(draft: Path, target: Path, manifest: Manifest) -> Manifest:
    """Complete the draft with its manifest and move it into place. Returns the manifest with its files listed."""
    known = {name: found for name in _paths(draft) if (found := _remembered(draft, name))}
    shutil.rmtree(draft / SCRATCH, ignore_errors=True)
    files = tuple(_entries(draft, known))
    complete = Manifest(**{**_fields(manifest), "files": files, "provenance": provenance()})
    write_durably(draft / MANIFEST, (json.dumps(asdict(complete), indent=1, ensure_ascii=False) + "\n").encode())
    _replace_folder(draft, target)
    return complete


def finish_interrupted(target: Path, identity: str) -> bool:
    """Publish a draft that was complete when the process died between manifest and rename."""
    draft = draft_of(target)
    if is_published(draft) and read_manifest(draft).fingerprint == identity:
        _replace_folder(draft, target)
        return True
    return False


def verify(folder: Path) -> list[str]:
    """Return every difference between an artifact and its manifest; an empty list means whole."""
    manifest = read_manifest(folder)
    problems = []
    expected = fingerprint(manifest.kind, manifest.format, manifest.settings, manifest.inputs)
    if expected != manifest.fingerprint:
        problems.append(f"{folder / MANIFEST}: settings or inputs were edited: the fingerprint does not fit them")
    for entry in manifest.files:
        path = folder / entry.path
        if not path.is_file():
            problems.append(f"{path}: missing")
        elif path.stat().st_size != entry.bytes:
            problems.append(f"{path}: {path.stat().st_size} bytes, the manifest says {entry.bytes}")
        elif sha256_of(path) != entry.sha256:
            problems.append(f"{path}: contents differ from the manifest (sha256)")
    listed = {entry.path for entry in manifest.files}
    problems += [f"{folder / path}: not in the manifest" for path in _paths(folder) if path not in listed]
    return problems


def write_durably(path: Path, data: bytes) -> None:
    """Write a small file so that after a crash it is there whole, or not at all."""
    temporary = path.with_name(path.name + ".tmp")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _fields(manifest: Manifest) -> dict[str, Any]:
    return {name: getattr(manifest, name) for name in Manifest.__dataclass_fields__}


def _paths(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path != folder / MANIFEST:
            yield path.relative_to(folder).as_posix()


def _entries(folder: Path, known: Mapping[str, str]) -> Iterator[FileEntry]:
    for name in _paths(folder):
        path = folder / name
        with path.open("rb") as file:
            os.fsync(file.fileno())
        yield FileEntry(name, path.stat().st_size, known.get(name) or sha256_of(path))


def _note_of(draft: Path, name: str) -> Path:
    return draft / SCRATCH / "sha256" / hashlib.sha256(name.encode()).hexdigest()[:32]


def _state(path: Path) -> dict[str, int]:
    """Return what changes when a file is written to."""
    found = path.stat()
    return {"bytes": found.st_size, "changed": found.st_mtime_ns}


def _remembered(draft: Path, name: str) -> str | None:
    """Return the noted SHA-256 of a file, or None where there is none or the file was written to since."""
    note = _note_of(draft, name)
    if not note.is_file():
        return None
    known = json.loads(note.read_text(encoding="utf-8"))
    sha256: str = known.pop("sha256")
    return sha256 if known == {"name": name, **_state(draft / name)} else None


def _replace_folder(draft: Path, target: Path) -> None:
    """Move a draft over its target; the only moment without a target is one a rerun repairs from the draft."""
    old = target.with_name(target.name + ".old")
    try:
        shutil.rmtree(old, ignore_errors=True)
        if target.exists():
            target.rename(old)
        draft.rename(target)
    except OSError as error:
        raise WorkError(f"{target}: could not be published: {error.strerror}") from error
    shutil.rmtree(old, ignore_errors=True)
    directory = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
