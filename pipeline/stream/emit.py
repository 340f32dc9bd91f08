"""Emitting: a run's stream written out as Megatron shards in the exact order of training.

Each training sequence is one Megatron document of ``sequence_length + 1`` tokens. The last one is its last label,
which a flat stream of ``sequence_length`` a sample could not hold: there it would be the first token of whatever
comes next, of another slice more often than not. Sample k of the shards is position ``first_position + k``.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from pipeline import artifact
from pipeline.errors import UserError
from pipeline.stage import Stage, Where
from pipeline.stream.emit_shard import Shard
from pipeline.stream.ledger import Ledger
from pipeline.stream.origins import Origins
from pipeline.stream.reader import Reader

KIND = "emitted"
LEDGER = "ledger.jsonl"
LAYOUT = (
    "one Megatron document a training sequence: its sequence_length tokens, then its last label; where a packed one is "
    "not full, end-of-document tokens, counted in .padding.npy"
)


def shard_name(number: int) -> str:
    """Return a shard's file name without its ending."""
    return f"stream-{number:05d}"


@dataclass(frozen=True)
class EmitStage(Stage):
    """Makes a folder of shards wherever the user wants it."""

    out: Path
    run_name: str
    reader: Reader
    edges: tuple[int, ...]
    """Positions at which the shards begin, and the end of the last one."""
    fingerprints: Mapping[str, str]
    """Source -> fingerprint of its tokens."""
    kind = KIND
    verb = "emit"

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"emitted/{self.run_name}"

    @property
    def settings(self) -> Mapping[str, Any]:
        """The shards, and the hash of the last round, which stands for the whole order up to there."""
        return {
            "run": self.run_name,
            "edges": list(self.edges),
            "ledger": self.reader.record(self.edges[-1] - 1).hash,
            "layout": LAYOUT,
        }

    def files(self) -> Mapping[str, str]:
        """The tokens."""
        return {f"tokens/{source}": fingerprint for source, fingerprint in self.fingerprints.items()}

    def folder(self, root: Path) -> Path:
        """Return the folder that the user named."""
        return self.out

    def check(self, root: Path) -> None:
        """Refuse to replace a folder that holds anything but an emitted stream, and what the disk cannot hold."""
        if self.out.exists() and not _replaceable(self.out):
            raise UserError(f"--out {self.out}: holds something other than an emitted stream; name a new folder")
        draft = artifact.draft_of(self.out)
        there = sum(path.stat().st_size for path in draft.glob("*.bin"))
        width = next(iter(self.reader.batches(self.edges[0], 1))).dtype.itemsize
        needed = sum(_tokens_with_labels(self.reader, self.edges[0], self.edges[-1])) * width - there
        free = shutil.disk_usage(_existing(self.out)).free
        if needed > free:
            raise UserError(f"--out {self.out}: needs {needed:,} bytes for tokens, the disk has {free:,} left")

    def run(self, draft: Path, where: Where) -> Mapping[str, Any]:
        """Write shard after shard; those that a killed process completed stay."""
        _copy_ledger(self.reader.ledger.path, draft / LEDGER, self.edges[-1])
        origins = Origins(where.root, self.reader.slices, self.reader.strings, self.fingerprints)
        written = []
        with where.progress.task(f"emit {self.run_name}", self.edges[-1] - self.edges[0], "sequences") as task:
            for number, (begin, end) in enumerate(pairwise(self.edges)):
                shard = Shard(draft / shard_name(number), begin, end)
                if shard.complete:
                    task.skip(end - begin)
                    written.append(shard.counts())
                else:
                    written.append(shard.write(self.reader, origins, task))
        return {
            "sequences": sum(shard.sequences for shard in written),
            "tokens": sum(shard.tokens for shard in written),
            "pieces": sum(shard.pieces for shard in written),
            "shards": len(written),
            "sequence_lengths": sorted(frozenset[int]().union(*(shard.lengths for shard in written))),
            "first_position": self.edges[0],
            "first_step": step_of(self.reader, self.edges[0]),
            "last_step": step_of(self.reader, self.edges[-1] - 1),
        }


def step_of(reader: Reader, position: int) -> int:
    """Return the optimizer step, counted from 1, that reads a sequence."""
    record = reader.record(position)
    return record.step + (position - record.position) // record.batch + 1


def positions(ledger: Ledger, first: int, last: int | None) -> tuple[int, int]:
    """Return (first position, end) of steps ``first`` to ``last``, both included; None means the ledger's end."""
    newest = ledger.last()
    end = newest.end_step if newest else 0
    last = end if last is None else last
    if not 1 <= first <= last <= end:
        raise UserError(f"--steps {first}:{last}: the ledger holds steps 1 to {end}")
    edges = []
    for step in (first, last + 1):
        record = ledger.at_step(min(step, end))
        assert record is not None, "the ledger holds every step up to its end"
        edges.append(record.position + (step - 1 - record.step) * record.batch)
    return edges[0], edges[1]


def shards_of_equal_count(begin: int, end: int, shards: int) -> tuple[int, ...]:
    """Return the edges of this many shards with the same number of sequences, to one."""
    return tuple(begin + (end - begin) * number // shards for number in range(shards + 1))


def shards_of_tokens(reader: Reader, begin: int, end: int, tokens: int) -> tuple[int, ...]:
    """Return the edges of shards of at most this many training tokens, at least one sequence each."""
    edges, room, position = [begin], tokens, begin
    while position < end:
        record = reader.record(position)
        count = min(min(record.end, end) - position, max(room // record.sequence_length, room == tokens))
        position, room = position + count, room - count * record.sequence_length
        if position < end and (room < record.sequence_length or count == 0):
            edges.append(position)
            room = tokens
    return (*edges, end)


def fingerprints_of(root: Path, sources: Sequence[str]) -> dict[str, str]:
    """Return the fingerprint of each source's tokens."""
    return {source: artifact.read_manifest(root / "tokens" / source).fingerprint for source in sources}


def _tokens_with_labels(reader: Reader, begin: int, end: int) -> Iterator[int]:
    """Yield how many tokens and last labels the sequences of each round have."""
    while begin < end:
        record = reader.record(begin)
        stop = min(record.end, end)
        yield (stop - begin) * (record.sequence_length + 1)
        begin = stop


def _copy_ledger(source: Path, target: Path, end: int) -> None:
    """Copy the header and the rounds that begin before position ``end``."""
    with source.open("rb") as lines, target.open("wb") as file:
        file.write(next(lines))
        for line in lines:
            if not line.endswith(b"\n") or json.loads(line)["position"] >= end:
                break
            file.write(line)


def _replaceable(folder: Path) -> bool:
    if not folder.is_dir():
        return False
    if artifact.is_published(folder):
        return artifact.read_manifest(folder).kind == KIND
    return not any(folder.iterdir())


def _existing(path: Path) -> Path:
    return next(parent for parent in path.resolve().parents if parent.exists())
