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

from pipeline.errors import UserError
from pipeline.recipe import load_recipe
from pipeline.recipe_errors import near
from pipeline.sources import AnyReader, Arrow, Html, Jsonl, Parquet, Records, Source, Text, Warc

if TYPE_CHECKING:
    from pipeline.clean.explain import Explanation
    from pipeline.clean.record import Record
    from pipeline.clean.settings import Clean

_READERS: dict[str, type[Jsonl | Parquet | Arrow | Html | Warc]] = {
    ".jsonl": Jsonl,
    ".ndjson": Jsonl,
    ".parquet": Parquet,
    ".arrow": Arrow,
    ".html": Html,
    ".htm": Html,
    ".xhtml": Html,
    ".warc": Warc,
    ".wet": Warc,
}
"""Ending -> how the file is read; all others are text."""
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
        "recipe", type=Path, metavar="RECIPE", nargs="?", help="whose rules (default: the shipped ones)"
    )
    parser.add_argument(
        "--explain", type=Path, metavar="FILE", required=True, help="text, Markdown, JSONL, HTML, WARC ..."
    )
    parser.add_argument("--source", metavar="NAME", help="the recipe's source to which the document belongs")
    parser.add_argument("--profile", metavar="NAME", help="thresholds: en, zh, mathematics, code or qa (default: en)")
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
    from pipeline.clean.explain import explain

    record = _record(options.explain, options.record, source)
    told = explain(record, clean, profile, options.data.resolve())
    if options.json:
        _say(json.dumps(asdict(told), indent=1, ensure_ascii=not sys.stdout.encoding.lower().startswith("utf")))
    else:
        _say("\n".join(_lines(told, record, profile, with_text=options.text)))


def _say(text: str) -> None:
    """Print the text; what the terminal's encoding cannot write becomes its code point."""
    encoding = sys.stdout.encoding
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def _rules(options: argparse.Namespace) -> tuple[Clean, Source | None]:
    """Return the recipe's rules and source, or the shipped rules and none."""
    if options.recipe is None:
        if options.source:
            raise UserError("--source names a source of a recipe: headwater clean RECIPE --source NAME --explain FILE")
        from pipeline.clean.settings import Clean

        return Clean(), None
    recipe = load_recipe(options.recipe)
    names = list(recipe.sources)
    name = options.source or (names[0] if len(names) == 1 else None)
    if name is None and options.profile is None:
        raise UserError(f"--source: which one of {', '.join(names)}? (or --profile)")
    if name is not None and name not in recipe.sources:
        raise UserError(f"--source: {name}: no such source{near(name, names)}")
    return recipe.clean, recipe.sources[name] if name else None


def _check_profile(name: str) -> None:
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
    ending = path.with_suffix("").suffix if path.suffix in _COMPRESSED else path.suffix
    kind = _READERS.get(ending.lower(), Text)
    paths = (_literal(path.name),)
    if source is not None and isinstance(source.read, kind):
        return source.read.model_copy(update={"paths": paths})
    keys = (
        source.read if source is not None and isinstance(source.read, Records) and issubclass(kind, Records) else None
    )
    return kind.model_validate({"paths": paths, **({"text_key": keys.text_key, "id_key": keys.id_key} if keys else {})})


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
