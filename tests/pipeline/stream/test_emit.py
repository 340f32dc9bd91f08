"""Emitted shards hold exactly what training reads, and the table beside them says where it came from."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from emitted_world import emit, emit_stage, id_of, publish_tokens
from hypothesis import given
from hypothesis import strategies as st
from stream_world import World, make_run

from pipeline import artifact
from pipeline.errors import UserError, WorkError
from pipeline.stream import emit_shard
from pipeline.stream.derive import NoSignals, derived_ledger, rounds, whole_ledger
from pipeline.stream.emit import positions, shards_of_equal_count, shards_of_tokens
from pipeline.stream.emit_shard import Shard
from pipeline.stream.gather import gather
from pipeline.stream.ledger import Ledger
from pipeline.stream.source_tokens import SourceTokens
from pipeline.tokens.read import TokenFile

RUN = make_run(
    [(900, {"en": 0.5, "zh": 0.5}), (300, {"qa": 0.7, "en": 0.3})], sequence_length=7, batch=2, round_steps=3
)
lengths = st.lists(st.integers(1, 40), min_size=1, max_size=12)


@st.composite
def cases(draw):
    names = draw(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3, unique=True))
    corpora = {name: draw(lengths) for name in names}
    weights = [draw(st.integers(1, 5)) for _ in names]
    shares = {name: weight / sum(weights) for name, weight in zip(names, weights, strict=True)}
    run = make_run(
        [(draw(st.integers(100, 900)), shares)],
        sequence_length=draw(st.integers(1, 33)),
        batch=draw(st.integers(1, 6)),
        round_steps=draw(st.integers(1, 5)),
    )
    return corpora, run, draw(st.integers(1, 3)), draw(st.integers(1, 4))


def emitted(out):
    """Return every sequence of a folder, one array each."""
    shards = [TokenFile(path.with_suffix("")) for path in sorted(out.glob("*.bin"))]
    return [shard.document(i).astype(np.int64) for shard in shards for i in range(len(shard))]


def traced(world, reader, begin, end):
    """Return the rows that one-by-one tracing gives."""
    return [
        (s.position, s.slice, s.epoch, s.offset, p.source, id_of(p.source, p.row), p.begin, p.tokens)
        for s in reader.sequences(begin, end - begin)
        for p in reader.pieces(s)
    ]


def origins(out):
    tables = [pq.read_table(path) for path in sorted((out / "origins").glob("*.parquet"))]
    return [tuple(row.values()) for table in tables for row in table.to_pylist()]


@given(cases())
def test_shards_hold_what_training_reads_and_the_table_what_tracing_says(case):
    corpora, run, source_shards, shards = case
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), corpora)
        publish_tokens(world, shards=source_shards)
        reader, _, ledger = world.finish(run)
        end = ledger.last().end
        expected = np.stack([reader.read(s) for s in reader.sequences(0, end)])
        assert (reader.tokens(0, end) == expected).all()
        manifest = emit(world, reader, Path(folder) / "out", shards=min(shards, end))
        assert (np.stack(emitted(Path(folder) / "out")) == expected).all()
        assert origins(Path(folder) / "out") == traced(world, reader, 0, end)
        assert manifest.counts["tokens"] == end * run.sequence_length
        assert artifact.verify(Path(folder) / "out") == []


def test_part_of_a_run(world, tmp_path):
    publish_tokens(world)
    reader, _, ledger = world.finish(RUN)
    begin, end = positions(ledger, 5, 17)
    manifest = emit(world, reader, tmp_path / "out", begin=begin, end=end, shards=3)
    assert (np.stack(emitted(tmp_path / "out")) == reader.tokens(begin, end - begin)).all()
    assert (manifest.counts["first_step"], manifest.counts["last_step"]) == (5, 17)
    assert manifest.counts["first_position"] == begin == 8
    # The ledger goes with it, up to the last round that is in it.
    kept = Ledger(tmp_path / "out" / "ledger.jsonl")
    assert list(kept.problems()) == []
    assert kept.last() == ledger.at(end - 1)


def test_chunks_and_shards_change_no_byte_of_the_stream(world, tmp_path, monkeypatch):
    publish_tokens(world)
    reader, _, _ = world.finish(RUN)
    emit(world, reader, tmp_path / "whole")
    monkeypatch.setattr(emit_shard, "CHUNK_BYTES", 64)
    emit(world, reader, tmp_path / "cut", shards=5)
    parts = [path.read_bytes() for path in sorted((tmp_path / "cut").glob("*.bin"))]
    assert b"".join(parts) == (tmp_path / "whole" / "stream-00000.bin").read_bytes()
    assert origins(tmp_path / "cut") == origins(tmp_path / "whole")


def test_a_killed_emission_goes_on_behind_the_last_whole_shard(world, tmp_path, monkeypatch):
    publish_tokens(world)
    reader, _, _ = world.finish(RUN)
    emit(world, reader, tmp_path / "straight", shards=4)
    write, written = Shard.write, []

    def dying(self, *arguments):
        if len(written) == 2:
            self._file(".bin").write_bytes(b"half")
            raise OSError(28, "No space left on device")
        written.append(self.prefix.name)
        return write(self, *arguments)

    monkeypatch.setattr(Shard, "write", dying)
    with pytest.raises(WorkError, match="No space left on device"):
        emit(world, reader, tmp_path / "out", shards=4)
    assert not (tmp_path / "out").exists()
    monkeypatch.setattr(Shard, "write", lambda self, *a: written.append(self.prefix.name) or write(self, *a))
    manifest = emit(world, reader, tmp_path / "out", shards=4)
    assert written == [f"stream-0000{i}" for i in range(4)]
    assert manifest.files == artifact.read_manifest(tmp_path / "straight").files
    assert manifest.counts == artifact.read_manifest(tmp_path / "straight").counts


def test_a_folder_of_something_else_is_left_alone(world, tmp_path):
    publish_tokens(world)
    reader, _, _ = world.finish(RUN)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(UserError, match="something other than an emitted stream"):
        emit(world, reader, tmp_path / "mine")
    emit(world, reader, tmp_path / "out", shards=2)
    emit(world, reader, tmp_path / "out", shards=3)
    assert len(list((tmp_path / "out").glob("*.bin"))) == 3


def test_a_disk_too_small_is_told_before_anything_is_written(world, tmp_path, monkeypatch):
    publish_tokens(world)
    reader, _, _ = world.finish(RUN)
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 100}))
    with pytest.raises(UserError, match="the disk has 100 left"):
        emit_stage(world, reader, tmp_path / "out").check(world.root)


def test_edges_of_shards(world):
    reader, _, ledger = world.finish(RUN)
    end = ledger.last().end
    assert shards_of_equal_count(3, 13, 4) == (3, 5, 8, 10, 13)
    for tokens in (1, 7, 20, 21, 150, 10**9):
        edges = shards_of_tokens(reader, 3, end, tokens)
        sizes = np.diff(edges)
        assert (edges[0], edges[-1]) == (3, end)
        assert (sizes[:-1] == max(1, tokens // 7)).all()
        assert 0 < sizes[-1] <= max(1, tokens // 7)


@pytest.mark.parametrize("steps", [(0, 3), (5, 4), (1, 10_000)])
def test_steps_that_the_ledger_does_not_hold(world, steps):
    _, _, ledger = world.finish(RUN)
    with pytest.raises(UserError, match="the ledger holds steps 1 to"):
        positions(ledger, *steps)


def test_a_ledger_is_derived_as_training_would_write_it(world, tmp_path):
    _, director, trained = world.finish(RUN)
    derived = derived_ledger(tmp_path / "ledgers", "cpt", director, {"seed": "1"})
    assert [replace(r, hash="", previous="") for r in derived] == [replace(r, hash="", previous="") for r in trained]
    assert list(derived.problems()) == []
    # A run that was stopped is derived on from where it stopped, its own records untouched.
    records = list(trained)
    lines = trained.path.read_bytes().splitlines(keepends=True)
    trained.path.write_bytes(b"".join(lines[:6]))
    assert list(whole_ledger(tmp_path / "ledgers", "cpt", director, Ledger(trained.path))) == records
    assert len(list(Ledger(trained.path))) == 5


def test_a_mixture_that_follows_signals_is_not_derived(world):
    _, director, _ = world.open(RUN)

    class Following:
        def choose(self, situation):
            return situation.signals["validation_loss"]

    phases = tuple(phase.model_copy(update={"mixture": Following()}) for phase in RUN.phases)
    with pytest.raises(UserError, match="follows signals that only training gives"):
        list(rounds(replace(director, run=RUN.model_copy(update={"phases": phases})), "cpt"))
    with pytest.raises(UserError, match="--steps 1:40"):
        dict(NoSignals("cpt", 40))


def test_a_gather_copies_any_stretches():
    data = np.arange(100, dtype=np.uint8)
    begins, sizes = np.array([90, 0, 5, 5, 99]), np.array([10, 1, 0, 20, 1])
    taken = gather(data.ctypes.data + begins, sizes)
    assert taken.tolist() == [*range(90, 100), 0, *range(5, 25), 99]
    assert len(gather(np.zeros(0, np.int64), np.zeros(0, np.int64))) == 0


def test_stretches_outside_a_source_are_refused(world):
    publish_tokens(world, shards=2)
    source = SourceTokens(world.root / "tokens" / "en")
    assert len(source.shards) == 2
    edge = len(source.shards[0])
    for start, size in [(-1, 2), (59, 2), (60, 1), (edge - 1, 2)]:
        with pytest.raises(UserError, match=r"train-0000[01]\.bin: tokens"):
            source.addresses(np.array([0, start]), np.array([1, size]))
