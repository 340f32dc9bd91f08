"""``headwater emit``: a run's stream as Megatron shards in the exact order of training."""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curricula.settings import parse_tokens
from pipeline.commands.places import add_recipe, root_of
from pipeline.errors import UserError
from pipeline.recipe_errors import near

if TYPE_CHECKING:
    from pipeline.recipe import Recipe
    from pipeline.stream.reader import Reader

SHARD_TOKENS = "1B"


def add_to(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser("emit", help="write a run's stream as Megatron shards in the exact order of training")
    add_recipe(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to make")
    parser.add_argument("--run", metavar="NAME", help="which run (default: the recipe's last)")
    parser.add_argument("--steps", metavar="A:B", help="optimizer steps, counted from 1, both included (default: all)")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--shards", type=int, metavar="N", help="number of shards, of one size")
    size.add_argument(
        "--shard-tokens", default=SHARD_TOKENS, metavar="N", help="most tokens a shard, such as 500M (default: 1B)"
    )
    parser.set_defaults(call=call)


def call(options: argparse.Namespace) -> None:
    """Make the folder unless it is there already, and print what it holds."""
    from pipeline.recipe import load_recipe

    recipe = load_recipe(options.recipe)
    run = _run_name(options.run, recipe)
    first, last = _steps(options.steps)
    try:
        shard_tokens = parse_tokens(options.shard_tokens)
    except ValueError as error:
        raise UserError(f"--shard-tokens: {error}") from None
    if shard_tokens < 1 or (options.shards is not None and options.shards < 1):
        raise UserError("--shards and --shard-tokens are 1 or more")
    from pipeline import artifact
    from pipeline.progress import Progress
    from pipeline.stage import Where, make_stale
    from pipeline.stream import emit

    root = root_of(options, recipe).resolve()
    reader = _reader(recipe, run, last, options.data.resolve(), root)
    begin, end = emit.positions(reader.ledger, first, last)
    if options.shards is not None and options.shards > end - begin:
        raise UserError(f"--shards: found {options.shards}, allowed is at most one a sequence: {end - begin}")
    edges = (
        emit.shards_of_equal_count(begin, end, options.shards)
        if options.shards is not None
        else emit.shards_of_tokens(reader, begin, end, shard_tokens)
    )
    sources = sorted({piece.source for piece in reader.slices.values()})
    out = options.out.resolve()
    stage = emit.EmitStage(out, run, reader, edges, emit.fingerprints_of(root, sources))
    stage.check(root)
    made = make_stale((stage,), Where(root, progress=Progress()))
    counts = artifact.read_manifest(out).counts
    sys.stdout.write(
        f"{options.out}: {'' if made else 'already there: '}{counts['sequences']:,} sequences, "
        f"{counts['tokens']:,} tokens, steps {counts['first_step']} to {counts['last_step']} of {run}, "
        f"{counts['shards']} shard{'s' if counts['shards'] > 1 else ''}\n"
    )


def _run_name(name: str | None, recipe: Recipe) -> str:
    names = list(recipe.runs)
    if name is not None and name not in names:
        raise UserError(f"--run {name}: the recipe has no such run{near(name, names)}")
    return name or names[-1]


def _steps(text: str | None) -> tuple[int, int | None]:
    if text is None:
        return 1, None
    match = re.fullmatch(r"(\d+)(?::(\d+))?", text)
    if match is None:
        raise UserError(f"--steps: found {text!r}, allowed is a step such as 120, or 120:130")
    return int(match[1]), int(match[2] or match[1])


def _reader(recipe: Recipe, run: str, last: int | None, data: Path, root: Path) -> Reader:
    """Return a reader over the ledger of the run if it was ever started, derived to its end where it has to be."""
    from pipeline.artifact import draft_of
    from pipeline.stream.segment import count_segments

    folder = root / "runs" / run
    if any(count_segments(path) for path in (folder, draft_of(folder))):
        return _started(recipe, run, last, root)
    return _never_started(recipe, run, data, root)


def _started(recipe: Recipe, run: str, last: int | None, root: Path) -> Reader:
    from pipeline.stream.derive import whole_ledger
    from pipeline.stream.open_run import open_reader, open_run

    opened = open_run(root / "runs" / run)
    newest = opened.segments[-1]
    director = opened.director
    asked = replace(director, run=recipe.runs[run], groups=recipe.groups)
    if (asked.rule, recipe.seed_of(run)) != (director.rule, newest.seed):
        raise UserError(
            f"{opened.folder}: was trained with other settings than the recipe has; emit with the recipe that it was "
            "trained with or last amended to, or name another --root"
        )
    end = opened.ledger.last()
    if last is not None and end is not None and last <= end.end_step:
        return opened.reader
    ledger = whole_ledger(root / "cache" / "ledgers", run, director, opened.ledger)
    return opened.reader if ledger is opened.ledger else open_reader(root, opened.folder, ledger)


def _never_started(recipe: Recipe, run: str, data: Path, root: Path) -> Reader:
    from pipeline.plan import make_plan
    from pipeline.stage import why_stale
    from pipeline.stream.derive import derived_ledger
    from pipeline.stream.open_run import director_from_start
    from pipeline.stream.reader import Reader
    from pipeline.stream.slice_table import load_slices
    from pipeline.stream.stage import StreamStage

    stream = next(s for s in make_plan(recipe, data, root).stages if isinstance(s, StreamStage) and s.run_name == run)
    stale = [f"{s.name}: {reason}" for s in (*stream.stages, stream) if (reason := why_stale(s, root))]
    if stale:
        raise UserError("\n".join([*stale, f"make these first: headwater run, with --only for each or up to {run}"]))
    slices = load_slices(stream.folder(root))
    director = director_from_start(root, recipe.runs[run], recipe.groups, slices, recipe.seed_of(run))
    inputs = {stream.name: stream.fingerprint(), "seed": str(recipe.seed_of(run))}
    ledger = derived_ledger(root / "cache" / "ledgers", run, director, inputs)
    return Reader(root, stream.folder(root), ledger, recipe.runs[run], recipe.seed_of(run))
