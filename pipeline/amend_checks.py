"""What cannot change in the middle of a run, each with the way out.

Before anything is made: what the model is, and the text that the run has read from. Afterwards: what each slice holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pipeline.errors import UserError
from pipeline.stage import Where, changes_of, why_stale
from pipeline.stream.director import phase_at
from pipeline.stream.evidence import Content, difference
from pipeline.stream.ledger import Ledger
from pipeline.stream.segment import IDENTITY, SETTINGS, Segment, count_segments, load_segment, read_part
from pipeline.stream.slice_table import SliceFile
from pipeline.train.job import copies_of
from pipeline.train.stages import TrainStage
from pipeline.train.start import architecture_of

FIXED = ("start", "precision", "optimizer", "moving_average")
"""Fields of a run that hold from its first step to its last."""


def problems_before(stage: TrainStage, draft: Path, root: Path, *, running: bool) -> Iterator[str]:
    """Yield what can be refused before any data is made."""
    newest = count_segments(draft) - 1
    yield from _settings(stage, draft, newest)
    yield from _inputs(stage, draft, newest)
    yield from _texts(stage, draft, root)
    yield from _packing(stage, draft)
    yield from _length(stage, draft)
    yield from _shapes(stage, draft, root, running=running)


def _settings(stage: TrainStage, draft: Path, newest: int) -> Iterator[str]:
    old, new = read_part(draft, newest, SETTINGS), stage.newest_settings
    for change in changes_of({"seed": old["seed"]}, {"seed": new["seed"]}):
        yield f"{change}: the seed cannot change in the middle of a run"
    for field in FIXED:
        where = f"runs.{stage.run_name}.{field}"
        for change in changes_of({where: old["run"][field]}, {where: new["run"][field]}):
            yield f"{change}: {field} cannot change in the middle of a run; start another run from this one"


def _inputs(stage: TrainStage, draft: Path, newest: int) -> Iterator[str]:
    old, new = read_part(draft, newest, IDENTITY)["inputs"], stage.inputs()
    for name in sorted({*old, *new} - {stage.stream.name}):
        if old.get(name) != new.get(name):
            yield (
                f"{name}: would be another one than the run was begun with; what decides it in the recipe cannot "
                "change in the middle of a run"
            )


def _texts(stage: TrainStage, draft: Path, root: Path) -> Iterator[str]:
    """Name every source that the run has read, or may read right now, and whose tokens would be other ones."""
    read = {p.source for i in range(count_segments(draft)) for p in load_segment(draft, i).slices.values()}
    for name, tokens in stage.tokens.items():
        if name in read and (reason := why_stale(tokens, root)):
            yield (
                f"sources.{name}: the run reads this source, and its tokens would change: {reason}; "
                "give the changed text the name of a new source"
            )


def _packing(stage: TrainStage, draft: Path) -> Iterator[str]:
    """Name every source that the run has read, or may read right now, and that would be packed in another way."""
    run = stage.recipe.runs[stage.run_name]
    known: dict[str, str] = {}
    for segment in (load_segment(draft, i) for i in range(count_segments(draft))):
        known |= {p.source: segment.run.packing_of(p.source) for p in segment.slices.values()}
    for name in sorted(known.keys() & stage.tokens.keys()):
        if known[name] != run.packing_of(name):
            yield (
                f"runs.{stage.run_name}.packing.{name}: found {run.packing_of(name)}, was {known[name]}; how a source "
                "is packed cannot change in the middle of a run"
            )


def _length(stage: TrainStage, draft: Path) -> Iterator[str]:
    last = Ledger(draft / "ledger.jsonl").last() if (draft / "ledger.jsonl").exists() else None
    run = stage.recipe.runs[stage.run_name]
    if last is not None and phase_at(run, last.end_tokens) is None:
        yield (
            f"runs.{stage.run_name}.phases: they end after {run.tokens:,} tokens, and the run has already been given "
            f"{last.end_tokens:,}; phases count from the run's beginning"
        )


def _shapes(stage: TrainStage, draft: Path, root: Path, *, running: bool) -> Iterator[str]:
    run = stage.recipe.runs[stage.run_name]
    try:
        architecture_of(stage.job("train", draft, Where(root)))
    except UserError as error:
        yield str(error)
    copies = copies_of(draft) if running else 1
    if run.batch % (copies * run.micro_batch):
        yield (
            f"runs.{stage.run_name}.batch: {run.batch} sequences cannot be divided over the {copies} copies of the "
            f"model that are training now, in micro-batches of {run.micro_batch}"
        )


def problems_of_slices(segments: Sequence[Segment], new: Mapping[str, SliceFile]) -> Iterator[str]:
    """Yield every slice that holds other documents than the run knows it by, and every source cut in another way."""
    for source in sorted({piece.source for piece in new.values()}):
        known = next((cut for segment in reversed(segments) if (cut := _of(source, segment.slices))), None)
        if known is None:
            continue
        mine = _of(source, new)
        changed = [
            f"{name}: {why}"
            for name in sorted(known.keys() & mine.keys())
            if (why := difference(Content.of(known[name]), Content.of(mine[name])))
        ]
        if changed:
            yield (
                f"{'; '.join(changed)}. What was read and measured says nothing about them; give the changed text "
                "the name of a new source"
            )
        elif known.keys() != mine.keys():
            yield (
                f"sources.{source}: is cut into {_names(mine)}, before into {_names(known)}; documents that were read "
                "would be read again. Keep `slices`, or give the text the name of a new source"
            )


def _of(source: str, slices: Mapping[str, SliceFile]) -> dict[str, SliceFile]:
    return {name: piece for name, piece in slices.items() if piece.source == source}


def _names(slices: Mapping[str, SliceFile]) -> str:
    listed = sorted(slices)
    return ", ".join(listed[:3]) + (f" and {len(listed) - 3} more" if len(listed) > 3 else "")
