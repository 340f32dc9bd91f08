"""The order of training: complete, exact, the same for any number of ranks, and resumable anywhere."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sizes import at_least
from stream_world import World, make_run

from pipeline.errors import UserError

lengths = st.lists(st.integers(1, 40), min_size=1, max_size=12)


@st.composite
def cases(draw):
    names = draw(st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=1, max_size=4, unique=True))
    corpora = {name: draw(lengths) for name in names}
    phases = []
    for _ in range(draw(st.integers(1, 3))):
        weights = [draw(st.integers(0, 5)) for _ in names]
        weights = weights if sum(weights) else [1] * len(names)
        shares = {name: weight / sum(weights) for name, weight in zip(names, weights, strict=True)}
        phases.append((draw(st.integers(200, 1500)), shares))
    return corpora, phases, draw(st.integers(1, 33)), draw(st.integers(1, 6)), draw(st.integers(1, 5))


def strings(reader, end):
    """Return slice -> all tokens it gave, in order of position."""
    given = {}
    for sequence in reader.sequences(0, end):
        given.setdefault(sequence.slice, []).append(reader.read(sequence)[:-1])
    return {name: np.concatenate(parts) for name, parts in given.items()}


@at_least(60)
@given(cases())
def test_within_an_epoch_every_token_is_seen_exactly_once(case):
    corpora, phases, sequence_length, batch, round_steps = case
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), corpora)
        reader, _, ledger = world.finish(
            make_run(phases, sequence_length=sequence_length, batch=batch, round_steps=round_steps)
        )
        for name, tokens in strings(reader, ledger.last().end).items():
            everything = np.sort(world.values[name])
            for start in range(0, len(tokens), len(everything)):
                epoch = np.sort(tokens[start : start + len(everything)])
                if len(epoch) == len(everything):
                    assert (epoch == everything).all()
                else:
                    assert len(np.unique(epoch)) == len(epoch)


@at_least(40)
@given(cases(), st.data())
def test_resuming_anywhere_and_any_number_of_ranks_change_nothing(case, data):
    corpora, phases, sequence_length, batch, round_steps = case
    run = make_run(phases, sequence_length=sequence_length, batch=batch, round_steps=round_steps)
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), corpora)
        reader, _, ledger = world.finish(run)
        whole = reader.tokens(0, ledger.last().end)
        records = list(ledger)
        # Stop after some rounds, start again from the file alone, and compare what follows.
        kept = data.draw(st.integers(0, len(records)))
        lines = ledger.path.read_text().splitlines(keepends=True)
        ledger.path.write_text("".join(lines[: kept + 1]) + (lines[kept + 1][:17] if kept < len(records) else ""))
        ledger.repair()
        again, _, ledger = world.finish(run)
        assert list(ledger) == records
        begin = data.draw(st.integers(0, ledger.last().end - 1))
        assert (again.tokens(begin, ledger.last().end - begin) == whole[begin:]).all()
        ranks = data.draw(st.integers(1, 4))
        for rank in range(ranks):
            mine = [again.read(s) for s in list(again.sequences(0, ledger.last().end))[rank::ranks]]
            assert all((row == whole[rank + i * ranks]).all() for i, row in enumerate(mine))


@at_least(40)
@given(cases())
def test_pieces_say_where_every_token_comes_from(case):
    corpora, phases, sequence_length, batch, round_steps = case
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), corpora)
        reader, _, ledger = world.finish(
            make_run(phases, sequence_length=sequence_length, batch=batch, round_steps=round_steps)
        )
        for sequence in reader.sequences(0, ledger.last().end):
            rebuilt = []
            for piece in reader.pieces(sequence):
                starts = np.cumsum([0, *corpora[piece.source]])
                begin = starts[piece.row] + piece.begin
                assert piece.begin + piece.tokens <= corpora[piece.source][piece.row]
                rebuilt.append(world.values[piece.source][begin : begin + piece.tokens])
            assert (np.concatenate(rebuilt) == reader.read(sequence)[:-1]).all()


def test_the_next_sequence_of_a_slice_starts_with_the_last_label(world):
    reader, _, ledger = world.finish(make_run([(600, {"en": 1.0})], sequence_length=7, batch=2, round_steps=2))
    rows = reader.tokens(0, ledger.last().end)
    assert (rows[1:, 0] == rows[:-1, -1]).all()


def test_ascending_order_follows_the_signal(world):
    run = make_run(
        [(60, {"en": 1.0})],
        sequence_length=10,
        batch=1,
        round_steps=2,
        orders={"en": {"kind": "ascending", "signal": "length"}},
    )
    reader, _, ledger = world.finish(run)
    rows = [piece.row for sequence in reader.sequences(0, ledger.last().end) for piece in reader.pieces(sequence)]
    sizes = [world.lengths["en"][row] for row in dict.fromkeys(rows)]
    assert sizes == sorted(sizes)


def test_epochs_are_shuffled_anew(world):
    reader, _, _ = world.finish(make_run([(240, {"en": 1.0})], sequence_length=60, batch=1, round_steps=1))
    first, second = (reader.read(s)[:-1].tolist() for s in list(reader.sequences(0, 2)))
    assert first != second
    assert sorted(first) == sorted(second)


def test_a_sequence_not_given_out_yet_is_refused(world):
    reader, _, _ = world.open(make_run([(600, {"en": 1.0})], sequence_length=7, batch=2, round_steps=2))
    with pytest.raises(UserError, match="not been given out"):
        reader.tokens(0, 1)


def test_adding_a_source_leaves_the_order_of_the_others(world, tmp_path):
    run = make_run([(300, {"en": 1.0})], sequence_length=7, batch=2, round_steps=2)
    reader, _, ledger = world.finish(run)
    bigger = World(tmp_path / "bigger", {"aa": [3, 3], **{"en": world.lengths["en"]}})
    other, _, _ = bigger.finish(run)
    offset = bigger.values["en"][0] - world.values["en"][0]
    assert (other.tokens(0, ledger.last().end) == reader.tokens(0, ledger.last().end) + offset).all()
