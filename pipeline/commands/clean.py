"""``headwater clean --explain``: what cleaning does to one document, rule by rule."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pipeline import extras, shipped
from pipeline.errors import UserError
from pipeline.recipe_errors import near

if TYPE_CHECKING:
    from pipeline.clean.explain import Explanation
    from pipeline.clean.record import Record
    from pipeline.clean.settings import Clean
    from pipeline.sources import AnyReader, Source

_KINDS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".warc": "warc",
    ".wet": "warc",
}
"""Ending -> kind of reader; all others are text."""
_COMPRESSED = (".gz", ".zst", ".zstd")


def add_to(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "clean",
        help="explain what cleaning does to one document",
        description="Say which rule fires on one document, with which value, and the values of all others. "
        "To clean a recipe's sources: headwater run RECIPE --only clean.",
    )
    parser.add_argument(
        "recipe", type=shipped.recipe, metavar="RECIPE", nargs="?", help="whose rules (default: the shipped ones)"
    )
    parser.add_argument(
        "--explain", type=Path, metavar="FILE", required=True, help="text, Markdown, JSONL, HTML, WARC ..."
    )
    parser.add_argument("--source", metavar="NAME", help="the recipe's source to which the document belongs")
    parser.add_argument(
        "--profile", metavar="NAME", help="thresholds: en, zh, mail, mathematics, code or qa (default: en)"
    )
    parser.add_argument("--record", type=int, default=1, metavar="N", help="which document of the file (default: 1)")
    parser.add_argument("--text", action="store_true", help="print the text that is judged, too")
    parser.add_argument(
        "--data", type=Path, default=Path(), help="where relative paths in the recipe start (default: .)"
    )
    parser.add_argument("--json", action="store_true", help="everything as JSON")
    parser.set_defaults(call=call)


def call(options: argparse.Namespace) -> None:
    """Print what happens to the document."""
    clean, source = _rules(options)
    profile = options.profile or (source.profile if source else "en")
    _check_profile(profile)
    extras.require("headwater clean --explain", "data")
    from pipeline.clean.explain import explain

    record = _record(options.explain, options.record, source)
    told = explain(record, clean, profile, options.data.resolve())
    if options.json:
        # An escape of Python for what the terminal cannot write would be none of JSON.
        is_unicode = sys.stdout.encoding.lower().startswith("utf")
        sys.stdout.write(json.dumps(asdict(told), indent=1, ensure_ascii=not is_unicode) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in _lines(told, record, profile, with_text=options.text))


def _rules(options: argparse.Namespace) -> tuple[Clean, Source | None]:
    """Return the recipe's rules and source, or the shipped rules and none."""
    if options.recipe is None:
        if options.source:
            raise UserError("--source names a source of a recipe: headwater clean RECIPE --source NAME --explain FILE")
        from pipeline.clean.settings import Clean

        return Clean(), None
    from pipeline.recipe import load_recipe

    recipe = load_recipe(options.recipe)
    names = list(recipe.sources)
    name = options.source or (names[0] if len(names) == 1 else None)
    if name is None and options.profile is None:
        raise UserError(f"--source: which one of {', '.join(names)}? (or --profile)")
    if name is not None and name not in recipe.sources:
        raise UserError(f"--source: {name}: no such source{near(name, names)}")
    return recipe.clean, recipe.sources[name] if name else None


def _check_profile(name: str) -> None:
    from pipeline.sources import Source

    allowed = list(get_args(Source.model_fields["profile"].annotation))
    if name not in allowed:
        raise UserError(f"--profile: {name}: no such profile{near(name, allowed)}")


def _record(path: Path, number: int, source: Source | None) -> Record:
    if not path.is_file():
        raise UserError(f"--explain: {path}: no such file")
    if number < 1:
        raise UserError("--record: documents are numbered from 1")
    from pipeline.clean.reading import resolve

    reading = resolve("explain", _reader(path, source), path.resolve().parent, 0)
    found = (record for task in range(len(reading.tasks)) for record in reading(task))
    record = next(islice(found, number - 1, None), None)
    if record is None:
        raise UserError(f"--record: {path} holds fewer than {number} documents")
    return record


def _reader(path: Path, source: Source | None) -> AnyReader:
    """Return the source's own reader if it reads such files, else one by the file's ending."""
    from pydantic import TypeAdapter

    from pipeline.sources import AnyReader, Files, Records

    ending = path.with_suffix("").suffix if path.suffix in _COMPRESSED else path.suffix
    kind = _KINDS.get(ending.lower(), "text")
    paths = (_literal(path.name),)
    own = source.read if source is not None else None
    if isinstance(own, Files) and own.kind == kind:
        return own.model_copy(update={"paths": paths})
    keys = {}
    if isinstance(own, Records) and kind in ("jsonl", "parquet", "arrow"):
        keys = own.model_dump(include={"text_key", "id_key"})
    reader: AnyReader = TypeAdapter(AnyReader).validate_python({"kind": kind, "paths": paths, **keys})
    return reader


def _literal(name: str) -> str:
    import glob

    return glob.escape(name)


def _lines(told: Explanation, record: Record, profile: str, *, with_text: bool) -> Iterator[str]:
    yield f"{told.where}: {len(told.text):,} characters, profile {profile}"
    if told.problem is not None:
        yield f"cannot be read: {told.problem.reason}: found {told.problem.found}; allowed {told.problem.allowed}"
        return
    mended = ", ".join(f"{what} {count}" for what, count in told.repaired.items())
    yield f"repaired: {mended or 'nothing'}"
    yield from (f"  taken out by {what}: {line.strip()}" for what, line in told.lines)
    score = f"{told.language} ({told.language_score:.2f})"
    yield f"language: {score if told.language else 'not identified (clean.language_model names no model)'}"
    if told.thresholds != profile:
        yield f"formulas: many, so the thresholds of {told.thresholds} apply"
    rows = [(f.filter, f.limit, f.found, f.allowed, f"FIRES: {f.reason}" if f.reason else "") for f in told.findings]
    header = ("filter", "limit", "found", "allowed", "")
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(4)]
    for row in [header, *rows]:
        cells = [cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True)]
        yield ("  " + "  ".join(cells)).rstrip()
    if told.removed is not None:
        yield f"removed: {told.removed.reason}: found {told.removed.found}; allowed {told.removed.allowed}"
    else:
        yield "kept, unless it repeats another document or a benchmark: only the whole corpus can say that"
    if with_text:
        yield ""
        yield told.text
