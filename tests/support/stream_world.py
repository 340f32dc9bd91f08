"""Builds a stream of slices straight on disk, with every token unique, so that coverage can be counted."""

import json
from pathlib import Path

import numpy as np

from pipeline.recipe import Run
from pipeline.stream.director import Director
from pipeline.stream.ledger import Ledger
from pipeline.stream.reader import Reader
from pipeline.stream.slice_table import DOCUMENT, folder_of
from pipeline.tokens.format import ShardWriter


def make_run(phases, *, sequence_length, batch, round_steps, orders=None) -> Run:
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
            "learning_rate": {"kind": "warmup_constant", "peak": 1e-3},
        }
    )


class World:
    """Sources with documents of given lengths; token values count up from a base of their own."""

    def __init__(self, root: Path, lengths: dict[str, list[int]]) -> None:
        self.root, self.lengths, self.values = root, lengths, {}
        listed, base = [], 0
        for i, (name, sizes) in enumerate(sorted(lengths.items())):
            values = np.arange(base, base + sum(sizes), dtype=np.int32)
            self.values[name] = values
            base += len(values)
            folder = root / "tokens" / name
            folder.mkdir(parents=True)
            with ShardWriter(folder / "train-00000", np.dtype(np.int32)) as writer:
                writer.add(np.split(values, np.cumsum(sizes)[:-1]))
            place = folder_of(root / "stream" / "cpt", i)
            place.mkdir(parents=True)
            table = np.zeros(len(sizes), DOCUMENT)
            table["row"], table["tokens"] = np.arange(len(sizes)), sizes
            table["start"] = np.cumsum(sizes) - sizes
            np.save(place / "documents.npy", table)
            np.save(place / "signal.npy", np.asarray(sizes, dtype=np.float64))
            np.save(place / "validation.npy", np.zeros(0, DOCUMENT))
            listed.append(
                {
                    "name": name,
                    "source": name,
                    "keys": [],
                    "documents": len(sizes),
                    "tokens": sum(sizes),
                    "identity": f"id-{name}",
                }
            )
        (root / "stream/cpt/slices.json").write_text(json.dumps(listed))

    def open(self, run: Run, seed: int = 1) -> tuple[Reader, Director, Ledger]:
        path = self.root / "ledger.jsonl"
        ledger = Ledger(path) if path.exists() else Ledger.create(path, {"run": "cpt"})
        reader = Reader(self.root, self.root / "stream/cpt", ledger, run, seed)
        return reader, Director(run, {}, reader.slices), ledger

    def finish(self, run: Run) -> tuple[Reader, Director, Ledger]:
        reader, director, ledger = self.open(run)
        while (record := director.next(ledger.last(), {})) is not None:
            ledger.append(record)
        return reader, director, ledger
