"""Builds a stream of slices straight on disk, with every token unique, so that coverage can be counted."""

import json
import os
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import artifact
from pipeline.recipe import Run
from pipeline.stream.director import Director
from pipeline.stream.ledger import Ledger
from pipeline.stream.open_run import OpenRun, director_of, open_run
from pipeline.stream.reader import Reader, digest
from pipeline.stream.segment import AMENDMENT, IDENTITY, SETTINGS, count_segments, load_segment, write_segment
from pipeline.stream.slice_table import DOCUMENT, folder_of
from pipeline.stream.turn import segment_after
from pipeline.tokens.format import ShardWriter


def fast_folder() -> tempfile.TemporaryDirectory:
    """Return a folder in memory where the system has one: there, writing durably costs nothing."""
    memory = Path("/dev/shm")
    return tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None)


def make_run(phases, *, sequence_length, batch, round_steps, orders=None, packing=None) -> Run:
    return Run.model_validate(
        {
            "start": {"kind": "run", "run": "base"},
            "phases": [
                {"name": f"p{i}", "tokens": tokens, "mixture": {"kind": "static", "shares": shares}}
                for i, (tokens, shares) in enumerate(phases)
            ],
            "sequence_length": sequence_length,
            "batch": batch,
            "round_steps": round_steps,
            "orders": orders or {},
            "packing": packing or {},
            "learning_rate": {"kind": "warmup_constant", "peak": 1e-3},
        }
    )


class World:
    """Slices with documents of given lengths; token values count up from a base of their own.

    A slice is a whole source, or one of its topics where it is called ``source/topic=...``.
    """

    def __init__(self, root: Path, lengths: dict[str, list[int]]) -> None:
        self.root, self.lengths, self.values = root, lengths, {}
        self.first, base = {}, 0
        for source in sorted({source_of(name) for name in lengths}):
            names = [name for name in sorted(lengths) if source_of(name) == source]
            begin, row = base, 0
            for name in names:
                self.first[name] = (row, base - begin)
                self.values[name] = np.arange(base, base + sum(lengths[name]), dtype=np.int32)
                row, base = row + len(lengths[name]), base + sum(lengths[name])
            sizes = [size for name in names for size in lengths[name]]
            _write_tokens(root / "tokens" / source, source, np.arange(begin, base, dtype=np.int32), sizes)
        self.stream(root / "stream/cpt", lengths)

    def stream(self, folder: Path, names) -> Path:
        """Write some of the slices."""
        for i, name in enumerate(sorted(names)):
            _write_slice(folder_of(folder, i), self.lengths[name], *self.first[name])
        folder.mkdir(parents=True, exist_ok=True)
        listed = [_entry(name, self.lengths[name]) for name in sorted(names)]
        (folder / "slices.json").write_text(json.dumps(listed))
        return folder

    def open(self, run: Run, seed: int = 1) -> tuple[Reader, Director, Ledger]:
        path = self.root / "ledger.jsonl"
        ledger = Ledger(path) if path.exists() else Ledger.create(path, {"run": "cpt"})
        reader = Reader(self.root, self.root / "stream/cpt", ledger, run, seed)
        return reader, Director(run, {}, reader.slices, reader.strings), ledger

    def finish(self, run: Run) -> tuple[Reader, Director, Ledger]:
        reader, director, ledger = self.open(run)
        while (record := director.next(ledger.last(), {})) is not None:
            ledger.append(record)
        return reader, director, ledger


class AmendedWorld(World):
    """A world with a run's folder, in which settings and sources change from one segment to the next."""

    def __init__(self, root: Path, lengths: dict[str, list[int]]) -> None:
        super().__init__(root, lengths)
        self._segments = {}
        self.draft = root / "runs/cpt.draft"
        (self.draft / "scratch").mkdir(parents=True)
        self.ledger = Ledger.create(self.draft / "ledger.jsonl", {"run": "cpt"})

    def amend(self, run: Run, names) -> None:
        """Let settings and sources hold from the next round on; the first call begins the run."""
        index = count_segments(self.draft)
        stream = self.stream(self.root / "streams" / str(index), names)
        settings = {"run": run.model_dump(mode="json"), "groups": {}, "seed": 1, "validation_tokens": 0}
        write_segment(self.draft, index, stream, {SETTINGS: settings, IDENTITY: {}, AMENDMENT: {}})

    def segment(self, index: int):
        if index not in self._segments:
            self._segments[index] = load_segment(self.draft, index)
        return self._segments[index]

    def train(self, rounds: int = 10**6, measure=lambda round, slices: {}) -> None:
        """Make rounds as the first rank does, until their number or the run's end.

        ``measure`` gives the signals that a round is made by.
        """
        for _ in range(rounds):
            last = self.ledger.last()
            index = segment_after(self.draft, last.end_tokens if last else 0)
            if index is None:
                return
            segments = [self.segment(i) for i in range(index + 1)]
            signals = measure(last.round + 1 if last else 0, segments[-1].slices)
            self.ledger.append(director_of(segments, self.ledger, self.root).next(last, signals))

    def opened(self) -> OpenRun:
        return open_run(self.root / "runs/cpt")

    def write_metrics(self) -> None:
        """Write what training would have written about every step."""
        opened = self.opened()
        with (self.draft / "metrics.jsonl").open("w") as file:
            for record in opened.ledger:
                for step in range(record.step, record.end_step):
                    begin = record.position + (step - record.step) * record.batch
                    total = sum(digest(s.position, opened.reader.read(s)) for s in _step(opened, begin, record))
                    line = {"step": step + 1, "position": begin + record.batch, "digest": total % 2**63}
                    file.write(json.dumps(line) + "\n")


def _step(opened, begin, record):
    return opened.reader.sequences(begin, record.batch)


def _write_tokens(folder: Path, name: str, values, sizes) -> None:
    folder.mkdir(parents=True)
    with ShardWriter(folder / "train-00000", np.dtype(np.int32)) as writer:
        writer.add(np.split(values, np.cumsum(sizes)[:-1]))
    pq.write_table(pa.table({"id": [f"{name}-{i}" for i in range(len(sizes))]}), folder / "documents.parquet")
    files = tuple(
        artifact.FileEntry(path.name, path.stat().st_size, artifact.sha256_of(path)) for path in folder.iterdir()
    )
    manifest = artifact.Manifest("tokens", 1, {}, {}, artifact.fingerprint("tokens", 1, {}, {}), {}, files)
    (folder / artifact.MANIFEST).write_text(json.dumps(asdict(manifest)))


def source_of(name: str) -> str:
    return name.split("/")[0]


def _write_slice(place: Path, sizes, row: int, start: int) -> None:
    place.mkdir(parents=True)
    table = np.zeros(len(sizes), DOCUMENT)
    table["row"], table["tokens"] = row + np.arange(len(sizes)), sizes
    table["start"] = start + np.cumsum(sizes) - sizes
    np.save(place / "documents.npy", table)
    np.save(place / "signal.npy", np.asarray(sizes, dtype=np.float64))
    np.save(place / "validation.npy", np.zeros(0, DOCUMENT))


def _entry(name: str, sizes) -> dict:
    return {
        "name": name,
        "source": source_of(name),
        "keys": [key.split("=") for key in name.split("/")[1:]],
        "documents": len(sizes),
        "tokens": sum(sizes),
        "identity": f"id-{name}",
        "signal": f"sizes-{name}",
    }
