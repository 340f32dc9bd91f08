"""Sources: whether what their patterns find can be read as what the recipe calls it, and has the fields it names."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.clean import inputs, object_store
from pipeline.errors import UserError
from pipeline.inspection.finding import Finding
from pipeline.inspection.records import Look, Tables, foreign_to, look
from pipeline.recipe import Recipe
from pipeline.recipe_errors import near
from pipeline.sources import Arrow, Files, Html, HuggingFace, Jsonl, Parquet, Synthetic, Text, Warc
from pipeline.yaml_file import Location
from synth.glossary import GlossaryError

LOOKED_AT = 16
"""Files of a source that are looked into: the first, the last, and as evenly as may be between them."""
_NAMED = 20
"""Fields that a message names."""


def inspect(recipe: Recipe, data: Path) -> Iterator[Finding]:
    """Yield what is wrong with the files of all sources that are there."""
    for name, source in recipe.sources.items():
        place: Location = ("sources", name, "read")
        match source.read:
            case Files() as read:
                yield from _files(place, read, data)
            case HuggingFace() as read:
                yield from _saved_dataset(place, read, data)
            case Synthetic() as read:
                yield from _glossary(place, read, data)


def _files(place: Location, read: Files, data: Path) -> Iterator[Finding]:
    there = [pattern for pattern in read.paths if _is_there(pattern, data)]
    files: list[inputs.InputFile] = []
    for pattern in there:
        try:
            found = inputs.find("", (pattern,), data, empty=isinstance(read, Html | Text))
            files += [file for some in found.values() for file in some]
        except UserError as error:
            yield from (Finding((*place, "paths"), line.removeprefix(": ")) for line in str(error).splitlines())
    if isinstance(read, Jsonl | Parquet | Arrow) and files:
        looks = {file.name: look(read, file.path) for file in _sampled(files)}
        yield from _judged(place, read, {name: seen for name, seen in looks.items() if seen is not None})
    elif isinstance(read, Html | Text | Warc):
        others = {file.name: why for file in _sampled(files) if (why := foreign_to(read.kind, file.path))}
        is_fault = len(others) == len(_sampled(files))
        yield from (Finding((*place, "paths"), f"{name}: {why}", is_fault) for name, why in others.items())


def _is_there(pattern: str, data: Path) -> bool:
    import glob

    return not object_store.is_url(pattern) and (
        os.path.lexists(data / pattern) or bool(glob.glob(str(data / pattern), recursive=True))
    )


def _sampled(files: list[inputs.InputFile]) -> list[inputs.InputFile]:
    unique = sorted({file.place: file for file in files}.values(), key=lambda file: file.place)
    if len(unique) <= LOOKED_AT:
        return unique
    step = (len(unique) - 1) / (LOOKED_AT - 1)
    return [unique[round(i * step)] for i in range(LOOKED_AT)]


def _judged(place: Location, read: Tables, looks: Mapping[str, Look]) -> Iterator[Finding]:
    """Yield what the looks at some files say: a fault where it holds of all that was seen, else a warning."""
    broken = {name: seen.trouble for name, seen in looks.items() if seen.trouble}
    whole = {name: seen for name, seen in looks.items() if seen.records}
    yield from (Finding((*place, "paths"), f"{name}: {why}", not whole) for name, why in broken.items())
    if not whole:
        return
    yield from _text(place, read, whole)
    for key in type(read).model_fields:
        if key.endswith("_key") and key != "text_key" and key in read.model_fields_set:
            yield from _other_key((*place, key), key, getattr(read, key), whole)


def _text(place: Location, read: Tables, looks: Mapping[str, Look]) -> Iterator[Finding]:
    key, where = read.text_key, (*place, "text_key")
    without = {name: seen for name, seen in looks.items() if key not in seen.fields}
    # A table without the column stops cleaning; records without the field are counted, unless all are.
    is_fault = read.kind != "jsonl" or len(without) == len(looks)
    for name, seen in without.items():
        first = f"none of its first {seen.records} records has" if read.kind == "jsonl" else "no column"
        yield Finding(where, f"{name}: {first} {key}{_among(key, seen)}; name what holds the text", is_fault)
        if read.kind == "jsonl" and is_fault:
            break
    for name, seen in looks.items():
        if key in seen.fields and (found := seen.types.get(key, "text")) not in ("text", "NoneType"):
            yield Finding(where, f"{name}: {key} holds {_plural(found)}, text is needed{_texts(seen)}")
        if read.kind != "jsonl" and seen.fields.get(key, 0) > 1:
            yield Finding(where, f"{name}: {seen.fields[key]} columns are called {key}; one is needed")


def _other_key(where: Location, key: str, named: str, looks: Mapping[str, Look]) -> Iterator[Finding]:
    """Yield what is wrong with a field that the recipe names on its own account, and that no record has."""
    fields = {name for seen in looks.values() for name in seen.fields}
    if key != "id_key" and "metadata" in fields:
        return
    name, first = next(iter(looks.items()))
    if named not in fields:
        yield Finding(where, f"{name}: no record that was looked at has {named}{_among(named, first)}")
    elif key == "id_key":
        types = {seen.types[named] for seen in looks.values() if named in seen.types}
        if types and not types & {"text", "number"}:
            yield Finding(where, f"{named} holds {_plural(sorted(types)[0])}; ids are text or whole numbers")


def _among(name: str, seen: Look) -> str:
    """Return the nearest of the fields that are there, and those."""
    fields = list(map(str, seen.fields))
    more = f" and {len(fields) - _NAMED} more" if len(fields) > _NAMED else ""
    hint = re.sub(r" \(allowed: .*\)$", "", near(name, fields), flags=re.DOTALL)
    return f"{hint} (found: {', '.join(fields[:_NAMED]) or 'no fields'}{more})"


def _texts(seen: Look) -> str:
    texts = [name for name, kind in seen.types.items() if kind == "text"]
    return f" (fields of text: {', '.join(texts[:_NAMED])})" if texts else ""


def _plural(found: str) -> str:
    return {"number": "whole numbers", "NoneType": "nothing"}.get(found, f"values of type {found}")


def _saved_dataset(place: Location, read: HuggingFace, data: Path) -> Iterator[Finding]:
    folder = data / read.dataset
    if folder.is_file():
        yield Finding((*place, "dataset"), f"{read.dataset}: found a file; a folder or a name on the hub is needed")
        return
    listed = _json(folder / "dataset_dict.json").get("splits")
    splits = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else None
    split = re.match(r"[^\[+]*", read.split)
    if splits is not None and split and split[0] not in splits:
        yield Finding((*place, "split"), f"{read.dataset}: no split {split[0]}{near(split[0], splits)}")
        return
    columns = _json(folder / (split[0] if splits and split else "") / "dataset_info.json").get("features")
    if not isinstance(columns, dict):
        return
    for key in ("text_key", "id_key"):
        named = getattr(read, key)
        if named not in columns and (key == "text_key" or key in read.model_fields_set):
            yield Finding((*place, key), f"{read.dataset}: no column {named}{_among(named, Look(1, columns))}")


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _glossary(place: Location, read: Synthetic, data: Path) -> Iterator[Finding]:
    """Make the first document of what is made from files."""
    if not read.synthesizer.files or not all((data / name).is_file() for name in read.synthesizer.files):
        return
    try:
        next(iter(read.synthesizer.at(data).documents(0)), None)
    except GlossaryError as error:
        yield from (Finding((*place, "synthesizer"), line) for line in str(error).splitlines())
