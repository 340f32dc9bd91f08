"""Amendments: whatever changes, an epoch of a slice is read once, and every rank, trace and check agrees on it."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stream_world import AmendedWorld, fast_folder, make_run

from curricula import strata
from pipeline.amend_checks import problems_of_slices
from pipeline.errors import UserError
from pipeline.stream import parted_order
from pipeline.stream.checking import problems
from pipeline.stream.ledger import Ledger
from pipeline.stream.open_run import cursors_after
from pipeline.stream.reader import Reader
from pipeline.stream.segment import count_segments, load_segment, segment_folder
from pipeline.stream.trace import Tracer
from pipeline.stream.turn import turn_to_amend

NAMES = ["a", "b", "c", "d"]
lengths = st.lists(st.integers(1, 30), min_size=1, max_size=8)


@st.composite
def plans(draw):
    """Return lengths of documents, and for each segment (run, sources, rounds before the next amendment)."""
    corpora = {name: draw(lengths) for name in NAMES}
    segments, tokens = [], 0
    for _ in range(draw(st.integers(1, 4))):
        names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
        phases = []
        for _ in range(draw(st.integers(1, 2))):
            weights = [draw(st.integers(0, 4)) for _ in names]
            weights = weights if sum(weights) else [1] * len(names)
            shares = {name: weight / sum(weights) for name, weight in zip(names, weights, strict=True)}
            phases.append((draw(st.integers(50, 600)), shares))
        orders = {n: {"kind": "ascending", "signal": "length"} for n in names if draw(st.booleans())}
        run = make_run(
            [(phases[0][0] + tokens, phases[0][1]), *phases[1:]],
            sequence_length=draw(st.integers(1, 25)),
            batch=draw(st.integers(1, 4)),
            round_steps=draw(st.integers(1, 4)),
            orders=orders,
        )
        rounds = draw(st.integers(0, 8))
        tokens += rounds * run.batch * run.round_steps * run.sequence_length
        segments.append((run, names, rounds))
    return corpora, segments


def play(folder: str, plan, data=None) -> AmendedWorld:
    """Train through all amendments; with ``data``, processes and amendments are killed on the way."""
    corpora, segments = plan
    world = AmendedWorld(Path(folder), corpora)
    for run, names, rounds in segments:
        if data is not None and data.draw(st.booleans()):
            half = world.draft / "segments" / f".draft-{count_segments(world.draft):04d}-17"
            half.mkdir(parents=True)
            (half / "slices.json").write_text("[")
        world.amend(run, names)
        for _ in range(rounds):
            world.train(1)
            if data is not None and data.draw(st.booleans()):
                _die_while_writing(world, data)
    world.train()
    return world


def _die_while_writing(world, data) -> None:
    """Cut the ledger anywhere inside its last record; that round is made again."""
    lines = world.ledger.path.read_bytes().splitlines(keepends=True)
    if len(lines) > 1:
        kept = data.draw(st.integers(0, len(lines[-1]) - 1))
        world.ledger.path.write_bytes(b"".join(lines[:-1]) + lines[-1][:kept])
        Ledger(world.ledger.path).repair()
        world.train(1)


def rows_of(reader, end):
    """Return slice -> its sequences as read, in order."""
    rows = {}
    for sequence in reader.sequences(0, end):
        rows.setdefault(sequence.slice, []).append(reader.read(sequence))
    return rows


@given(plans())
def test_within_an_epoch_every_token_is_seen_exactly_once(plan):
    with fast_folder() as folder:
        world = play(folder, plan)
        opened = world.opened()
        for name, rows in rows_of(opened.reader, opened.ledger.last().end).items():
            tokens = np.concatenate([row[:-1] for row in rows])
            everything = world.values[name]
            for start in range(0, len(tokens), len(everything)):
                epoch = np.sort(tokens[start : start + len(everything)])
                if len(epoch) == len(everything):
                    assert (epoch == everything).all()
                else:
                    assert len(np.unique(epoch)) == len(epoch)
            # A label becomes the next input, over amendments, absences and changes of length and order.
            assert all(before[-1] == after[0] for before, after in pairwise(rows))


@given(plans())
def test_an_amended_order_holds_from_the_first_untouched_epoch_on(plan):
    corpora, segments = plan
    with fast_folder() as folder:
        opened = play(folder, plan).opened()
        kinds = {}
        last, begun = None, -1
        for record in opened.ledger:
            if record.segment != begun:
                begun = record.segment
                run, names, _ = segments[begun]
                for name in names:
                    epoch, offset = last.cursors.get(name, (0, 0)) if last else (0, 0)
                    first = 0 if (epoch, offset) == (0, 0) else epoch + 1
                    known = kinds.setdefault(name, {})
                    known[first] = run.order_of(name).kind
            last = record
        for name, rows in rows_of(opened.reader, opened.ledger.last().end).items():
            tokens, size = np.concatenate([row[:-1] for row in rows]), sum(corpora[name])
            bounds = np.cumsum(corpora[name]) + _base(corpora, name)
            for epoch in range(len(tokens) // size):
                kind = kinds[name][max(first for first in kinds[name] if first <= epoch)]
                documents = np.searchsorted(bounds, tokens[epoch * size : (epoch + 1) * size], side="right")
                sizes = [corpora[name][i] for i in dict.fromkeys(documents.tolist())]
                assert kind != "ascending" or sizes == sorted(sizes)


def _base(corpora, name):
    return sum(sum(sizes) for other, sizes in corpora.items() if other < name)


@given(plans(), st.data())
def test_kills_and_half_written_amendments_change_nothing(plan, data):
    with fast_folder() as one, fast_folder() as two:
        whole, killed = play(one, plan), play(two, plan, data)
        assert list(killed.ledger) == list(whole.ledger)
        first, second = whole.opened(), killed.opened()
        for position in range(whole.ledger.last().end):
            (a,), (b,) = first.reader.sequences(position, 1), second.reader.sequences(position, 1)
            assert a == b
            assert (first.reader.read(a) == second.reader.read(b)).all()


def before_of(ledger, record):
    return cursors_after(ledger.at(record.position - 1))


@given(plans(), st.integers(1, 4), st.data())
def test_every_rank_reads_the_same_although_it_only_hears_of_rounds(plan, ranks, data):
    with fast_folder() as folder:
        world = play(folder, plan)
        opened = world.opened()
        records = list(opened.ledger)
        joined = data.draw(st.integers(0, len(records) - 1), label="resumed at round")
        segment = load_segment(world.draft, 0)
        reader = Reader(world.root, segment_folder(world.draft, 0), world.ledger, segment.run, 1)
        for record in records[: joined + 1]:
            if record.segment > reader.newest:
                reader.amend(load_segment(world.draft, record.segment), before_of(world.ledger, record))
        rank = data.draw(st.integers(0, ranks - 1))
        for record in records[joined:]:
            if record.segment > reader.newest:
                reader.amend(load_segment(world.draft, record.segment), before_of(world.ledger, record))
            reader.begin_round(record)
            mine = list(reader.sequences(record.position, record.sequences))[rank::ranks]
            theirs = list(opened.reader.sequences(record.position, record.sequences))[rank::ranks]
            assert mine == theirs
            assert all((reader.read(a) == opened.reader.read(b)).all() for a, b in zip(mine, theirs, strict=True))


@given(plans(), st.data())
def test_trace_of_steps_and_of_documents_are_inverse(plan, data):
    with fast_folder() as folder:
        world = play(folder, plan)
        tracer = Tracer(world.opened())
        forward = list(tracer.steps(1, world.ledger.last().end_step))
        total = sum(r.sequences * r.sequence_length for r in world.ledger)
        assert sum(use.piece.tokens for use in forward) == total
        document = data.draw(st.sampled_from(sorted({use.document for use in forward})))
        assert list(tracer.document(document)) == [use for use in forward if use.document == document]
        use = data.draw(st.sampled_from(forward))
        row = tracer.opened.reader.read(use.sequence)
        mine = tracer.tokens(use)
        assert any((row[i : i + len(mine)] == mine).all() for i in range(len(row)))


@given(plans())
def test_a_good_run_has_no_problems_and_counts_stay_near_their_targets(plan):
    with fast_folder() as folder:
        world = play(folder, plan)
        world.write_metrics()
        assert list(problems(world.opened(), 0)) == []
        position = step = tokens = 0
        for record in world.ledger:
            assert (record.position, record.step, record.tokens) == (position, step, tokens)
            assert sum(record.given.values()) == record.sequences
            assert sum(record.carry.values()) == 0
            position, step, tokens = record.end, record.end_step, record.end_tokens


@pytest.fixture
def sound(monkeypatch):
    """A run of two segments, with everything that it would have left behind, and at least one epoch of each slice."""
    # Small parts, whose beginnings are kept on disk, as those of large slices are.
    monkeypatch.setattr(parted_order, "LARGE", 1)
    monkeypatch.setattr(strata, "PART", 2)
    with fast_folder() as folder:
        world = AmendedWorld(Path(folder), {"a": [5, 9, 2, 30], "b": [11, 3, 8]})
        sizes = {"sequence_length": 7, "batch": 2, "round_steps": 3}
        world.amend(make_run([(300, {"a": 1.0})], **sizes), ["a"])
        world.train(3)
        shares, orders = {"a": 0.5, "b": 0.5}, {"b": {"kind": "ascending", "signal": "length"}}
        world.amend(make_run([(300, shares)], **sizes | {"sequence_length": 9}, orders=orders), ["a", "b"])
        world.train()
        world.write_metrics()
        yield world


def found_in(world) -> str:
    try:
        return "\n".join(problems(world.opened(), 0))
    except UserError as error:
        return str(error)


@pytest.mark.parametrize("pattern", ["runs/cpt.draft/ledger.jsonl", "tokens/*/train-00000.bin", "cache/orders/*/*"])
def test_a_flipped_byte_is_found_and_its_file_named(sound, pattern):
    assert found_in(sound) == ""
    paths = sorted(sound.root.glob(pattern))
    assert len(paths) > ("orders" in pattern)
    for path in paths:
        data = path.read_bytes()
        for at in range(0, len(data), max(1, len(data) // 10)):
            broken = bytearray(data)
            broken[at] ^= 1 << (at % 8)
            path.write_bytes(bytes(broken))
            assert path.name in found_in(sound), f"byte {at}"
        path.write_bytes(data)
    assert found_in(sound) == ""


def test_a_missing_segment_is_named(sound):
    (segment_folder(sound.draft, 1)).rename(sound.root / "elsewhere")
    assert "segment 1" in found_in(sound)


def test_a_slice_of_other_content_or_cut_otherwise_is_refused(sound):
    opened = sound.opened()
    known = opened.segments[-1].slices
    assert list(problems_of_slices(opened.segments, {"a": known["a"]})) == []
    other = known["a"].__class__(**{**vars(known["a"]), "identity": "other"})
    assert "a: it holds other documents" in next(problems_of_slices(opened.segments, {"a": other}))
    cut = known["a"].__class__(**{**vars(known["a"]), "name": "a/topic=1"})
    assert "sources.a: is cut into a/topic=1, before into a" in next(
        problems_of_slices(opened.segments, {"a/topic=1": cut})
    )


def test_a_run_that_has_ended_takes_no_amendment(sound):
    with pytest.raises(UserError, match="has trained its last step"), turn_to_amend(sound.draft):
        pass


def test_a_slice_that_comes_back_goes_on_where_it_stood(tmp_path):
    world = AmendedWorld(tmp_path, {"a": [50, 50], "b": [50, 50]})
    both, only = {"a": 0.5, "b": 0.5}, {"a": 1.0}
    world.amend(make_run([(40, both)], sequence_length=5, batch=2, round_steps=1), ["a", "b"])
    world.train(2)
    stood = world.ledger.last().cursors["b"]
    world.amend(make_run([(60, only)], sequence_length=5, batch=2, round_steps=1), ["a"])
    world.train(2)
    assert world.ledger.last().cursors["b"] == stood
    world.amend(make_run([(120, both)], sequence_length=5, batch=2, round_steps=1), ["a", "b"])
    world.train()
    first = next(s for s in world.opened().reader.sequences(40 // 5, 16) if s.slice == "b" and s.position >= 8)
    assert (first.epoch, first.offset) == stood
