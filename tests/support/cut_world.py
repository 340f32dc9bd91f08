"""Tokenised and labelled sources straight on disk, as far as the stream stage looks at them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.progress import Progress
from pipeline.stage import Stage, Where
from pipeline.stream.cutting import Part
from pipeline.stream.slice_table import load_slices
from pipeline.stream.stage import StreamStage
from pipeline.tokens.format import ShardWriter


@dataclass(frozen=True)
class Made(Stage):
    """A stage whose artifact is already there."""

    at: str
    kind = "made"
    verb = "make"

    @property
    def name(self):
        return self.at

    @property
    def settings(self):
        return {}

    def run(self, draft, where):
        raise AssertionError("is there")


@dataclass
class Source:
    """Documents with their lengths, labels (column -> values), and which of them are held out."""

    lengths: list[int]
    labels: dict[str, list]
    held_out: tuple[int, ...] = ()
    ids: list[str] | None = None


def write_source(root: Path, name: str, source: Source) -> None:
    folder = root / "tokens" / name
    folder.mkdir(parents=True, exist_ok=True)
    ids = source.ids or [f"{name}-{i}" for i in range(len(source.lengths))]
    held = np.isin(np.arange(len(ids)), source.held_out)
    offsets = np.zeros(len(ids), dtype=np.int64)
    for split, mine in (("train", ~held), ("validation", held)):
        lengths = np.array(source.lengths)[mine]
        offsets[mine] = np.cumsum(lengths) - lengths
        if not mine.any():
            continue
        with ShardWriter(folder / ("train-00000" if split == "train" else split), np.dtype(np.int32)) as writer:
            writer.add([np.zeros(length, np.int32) for length in lengths])
    table = {
        "id": ids,
        "split": np.where(held, "validation", "train"),
        "shard": np.zeros(len(ids), np.int32),
        "offset": offsets,
        "tokens": np.array(source.lengths, np.int32),
    }
    pq.write_table(pa.table(table), folder / "documents.parquet")
    for column, values in source.labels.items():
        place = root / "labels" / name / column
        place.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"id": ids, column: values}), place / "labels.parquet")


def stream_stage(sources: dict[str, Source], cuts, *, run="cpt", signal=None, weighed=(), keep=1.0) -> StreamStage:
    parts = tuple(
        Part(
            Made(f"tokens/{name}"),
            name,
            {column: Made(f"labels/{name}/{column}") for column in source.labels},
            tuple(cuts),
            signal,
            keep,
        )
        for name, source in sources.items()
    )
    return StreamStage(run, parts, weighed)


def cut(root: Path, sources: dict[str, Source], cuts, **options):
    """Write the sources, run the stage into its folder, and return (slices by name, counts)."""
    for name, source in sources.items():
        write_source(root, name, source)
    stage = stream_stage(sources, cuts, **options)
    folder = stage.folder(root)
    folder.mkdir(parents=True, exist_ok=True)
    counts = stage.run(folder, Where(root, progress=Progress(quiet=True)))
    return load_slices(folder), counts
