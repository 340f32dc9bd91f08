"""Text that lies in a folder: which files belong together as a source, how they are read, and about how much it is."""

from __future__ import annotations

import glob
import itertools
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from pipeline.errors import UserError
from pipeline.inspection.records import Look, Tables, look

KINDS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".html": "html",
    ".htm": "html",
    ".warc": "warc",
    ".wet": "warc",
    ".txt": "text",
    ".md": "text",
    ".markdown": "text",
}
"""Ending -> kind of reader."""
_COMPRESSED = {".gz": 3.0, ".zst": 3.5, ".zstd": 3.5}
"""Ending -> how much longer text is than its compressed file, about."""
_PACKED = {"parquet": 2.5, "arrow": 1.0}
_TEXTS = ("text", "content", "body", "raw_content", "document", "article", "passage", "markdown", "page_content")
"""What people call the field that holds the text, likeliest first."""
_IDS = ("id", "doc_id", "docid", "document_id", "uuid", "_id", "key")
_SAMPLE = 4000
"""Characters that are looked at to tell a language."""
_HAN = re.compile("[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Group:
    """Files that make a source."""

    name: str
    kind: str
    patterns: tuple[str, ...]
    files: int
    bytes: int
    """Of text, estimated."""
    keys: dict[str, str]
    """``text_key`` and ``id_key``, where they are not the usual ones."""
    is_chinese: bool

    @property
    def tokens(self) -> int:
        """An estimate: four bytes a token."""
        return max(1, self.bytes // 4)


@dataclass(frozen=True)
class Found:
    """What a folder holds."""

    groups: tuple[Group, ...]
    left_out: dict[str, int]
    """Ending -> files that no reader reads."""


def find_text(place: Path) -> Found:
    """Look through a folder, or at one file; raise UserError where there is nothing to read."""
    if not place.exists():
        raise UserError(f"{place}: no such file or folder")
    files = [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file())
    by_source: dict[tuple[Path, str], list[Path]] = defaultdict(list)
    left_out: Counter[str] = Counter()
    for path in files:
        if not path.stat().st_size or _is_ours(path, place):
            continue
        if (kind := _kind(path)) is None:
            left_out[path.suffix or path.name] += 1
        else:
            by_source[_source_of(path, place), kind].append(path)
    groups, names = [], Counter[str]()
    for (folder, kind), some in by_source.items():
        several = sum(folder == other for other, _ in by_source) > 1
        stem = folder.stem or folder.resolve().name
        name = _slug(f"{stem}-{kind}" if several else stem)
        names[name] += 1
        groups.append(_group(name if names[name] == 1 else f"{name}-{names[name]}", kind, folder, some))
    if not groups:
        raise UserError(f"{place}: no text to read (files of {', '.join(KINDS)}, plain or as .gz or .zst)")
    return Found(tuple(groups), dict(left_out))


def _is_ours(path: Path, place: Path) -> bool:
    """Return whether a file is hidden, or belongs to a model or to an artifact."""
    below = [place / part for part in path.relative_to(place).parents] if path != place else []
    hidden = any(part.startswith(".") for part in path.relative_to(place).parts)
    return hidden or any((folder / name).is_file() for folder in below for name in ("config.json", "manifest.json"))


def _kind(path: Path) -> str | None:
    ending = Path(path.stem).suffix if path.suffix in _COMPRESSED else path.suffix
    return KINDS.get(ending.lower())


def _source_of(path: Path, place: Path) -> Path:
    """Return the folder whose files make a source: the first one below the place, or the place itself."""
    parts = path.relative_to(place).parts
    return place / parts[0] if len(parts) > 1 else place


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "text"


def _group(name: str, kind: str, folder: Path, files: list[Path]) -> Group:
    size = sum(path.stat().st_size * _COMPRESSED.get(path.suffix, _PACKED.get(kind, 1.0)) for path in files)
    keys, sample = _fields(kind, files[0]) if kind in ("jsonl", "parquet", "arrow") else ({}, _beginning(files[0]))
    han = len(_HAN.findall(sample)) > 0.2 * max(1, len(sample))
    return Group(name, kind, tuple(_patterns(folder, files)), len(files), int(size), keys, han)


def _patterns(folder: Path, files: list[Path]) -> Iterator[str]:
    """Yield a pattern for every ending; a file that was named itself is its own."""
    if folder.is_file():
        yield glob.escape(str(folder))
        return
    for ending in sorted(set(map(_ending, files))):
        is_deep = any(path.parent != folder for path in files if path.name.endswith(ending))
        yield f"{glob.escape(str(folder))}/{'**/' if is_deep else ''}*{ending}"


def _ending(path: Path) -> str:
    return "".join(path.suffixes[-2:]) if path.suffix in _COMPRESSED else path.suffix


def _beginning(path: Path) -> str:
    if path.suffix in _COMPRESSED:
        return ""
    with path.open("rb") as file:
        return file.read(_SAMPLE).decode(errors="ignore")


def _fields(kind: str, path: Path) -> tuple[dict[str, str], str]:
    """Return the keys of text and id where they are not the usual ones, and the beginning of the text."""
    reader: Tables = TypeAdapter(Tables).validate_python({"kind": kind, "paths": (str(path),)})
    seen = look(reader, path)
    if seen is None or not seen.records:
        why = seen.trouble if seen else "its compression needs zstandard: pip install 'headwater[data]'"
        raise UserError(f"{path}: cannot be read: {why}")
    rows = list(_rows(kind, path))
    text = _text_key(seen, rows)
    if text is None:
        raise UserError(f"{path}: no field holds text (found: {', '.join(seen.fields)})")
    keys = {} if text == "text" else {"text_key": text}
    ids = [key for key in _IDS if key in seen.fields and seen.types.get(key) in ("text", "number")]
    if ids and ids[0] != "id":
        keys["id_key"] = ids[0]
    return keys, "\n".join(str(row.get(text) or "") for row in rows)[:_SAMPLE]


def _text_key(seen: Look, rows: list[dict[str, Any]]) -> str | None:
    texts = [name for name in seen.fields if seen.types.get(name) == "text"]
    usual = next((name for name in _TEXTS if name in texts), None)
    return usual or max(texts, key=lambda name: sum(len(str(row.get(name) or "")) for row in rows), default=None)


def _rows(kind: str, path: Path, most: int = 20) -> Iterator[dict[str, Any]]:
    """Yield the first records."""
    if kind == "jsonl":
        from pipeline.clean.readers.compressed import decompressed

        with path.open("rb") as raw:
            for line in itertools.islice(decompressed(raw, path.name), most):
                if line.strip():
                    yield json.loads(line)
    elif kind == "parquet":
        import pyarrow.parquet as pq

        with pq.ParquetFile(path) as table:
            yield from next(table.iter_batches(most), _Empty()).to_pylist()
    else:
        from pipeline.clean.readers.arrow import batches

        with path.open("rb") as raw:
            yield from next(batches(raw)[1], _Empty()).slice(0, most).to_pylist()


class _Empty:
    """A table without rows."""

    def to_pylist(self) -> list[dict[str, Any]]:
        return []

    def slice(self, begin: int, end: int) -> _Empty:
        return self
