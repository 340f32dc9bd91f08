"""Packing: documents stay whole, every token of an epoch is read once, also where an amendment changes the length."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stream_world import AmendedWorld, World, fast_folder, make_run

from pipeline.errors import WorkError
from pipeline.stream import neighbours
from pipeline.stream.boundaries import counted, document_of
from pipeline.stream.checking import problems
from pipeline.stream.open_run import cursors_after
from pipeline.stream.pack_file import SUMS
from pipeline.stream.trace import Tracer


@pytest.fixture(scope="module", autouse=True)
def small_windows():
    """Let a few documents fill several windows, as those of large slices do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "RANDOM_WINDOW", 4)
        patch.setattr(neighbours, "SORTED_WINDOW", 3)
        yield


KINDS = [None, {"kind": "ascending", "signal": "length"}, {"kind": "blocks", "size": 2, "window": 2}]


@st.composite
def plans(draw):
    """Return lengths of the documents of a packed source and another, and (run, rounds) of each segment."""
    corpora = {name: draw(st.lists(st.integers(1, 30), min_size=1, max_size=12)) for name in ("qa", "web")}
    segments, tokens = [], 0
    for _ in range(draw(st.integers(1, 4))):
        share = draw(st.sampled_from([0.25, 0.5, 1.0]))
        order = draw(st.sampled_from(KINDS))
        run = make_run(
            [(draw(st.integers(50, 800)) + tokens, {"qa": share, "web": 1 - share})],
            sequence_length=draw(st.integers(2, 25)),
            batch=draw(st.integers(1, 4)),
            round_steps=draw(st.integers(1, 4)),
            orders={"qa": order} if order else {},
            packing={"qa": "best_fit"},
        )
        rounds = draw(st.integers(0, 6))
        tokens += rounds * run.batch * run.round_steps * run.sequence_length
        segments.append((run, rounds))
    return corpora, segments


def play(folder, plan) -> AmendedWorld:
    corpora, segments = plan
    world = AmendedWorld(Path(folder), corpora)
    for run, rounds in segments:
        world.amend(run, ["qa", "web"])
        world.train(rounds)
    world.train()
    return world


def uses(world):
    """Yield (sequence, its pieces) of the packed source."""
    opened = world.opened()
    for sequence in opened.reader.sequences(0, world.ledger.last().end):
        if sequence.slice == "qa":
            yield sequence, list(opened.reader.pieces(sequence))


@given(plans())
def test_every_token_of_an_epoch_is_read_once(plan):
    with fast_folder() as folder:
        world, sizes = play(folder, plan), plan[0]["qa"]
        seen = {}
        for sequence, pieces in uses(world):
            for piece in pieces:
                tokens = [(piece.row, i) for i in range(piece.begin, piece.begin + piece.tokens)]
                before = seen.setdefault(sequence.epoch, set())
                assert not before & set(tokens)
                before.update(tokens)
        everything = {(row, i) for row, size in enumerate(sizes) for i in range(size)}
        assert all(seen[epoch] == everything for epoch in sorted(seen)[:-1])


@given(plans())
def test_documents_that_fit_are_never_cut(plan):
    with fast_folder() as folder:
        world, sizes = play(folder, plan), plan[0]["qa"]
        for sequence, pieces in uses(world):
            assert 0 < sum(piece.tokens for piece in pieces) <= sequence.length
            for piece in pieces:
                whole = piece.tokens == sizes[piece.row]
                # A cut document was too long for this length, or for the one before an amendment.
                longest = max(run.sequence_length for run, _ in plan[1])
                shortest = min(run.sequence_length for run, _ in plan[1])
                assert whole or sizes[piece.row] > shortest
                assert whole or piece.tokens <= longest


@given(plans(), st.integers(1, 3))
def test_a_batch_is_what_its_sequences_are(plan, ranks):
    with fast_folder() as folder:
        world = play(folder, plan)
        reader = world.opened().reader
        for record in world.ledger:
            for rank in range(min(ranks, record.sequences)):
                batch = reader.share(record.position, record.sequences, rank, ranks)
                rows = [reader.read(s) for s in reader.sequences(record.position, record.sequences)][rank::ranks]
                assert (reader.block(batch) == np.stack(rows)).all()


@given(plans())
def test_padding_is_masked_and_everything_else_counts(plan):
    with fast_folder() as folder:
        world = play(folder, plan)
        reader = world.opened().reader
        for record in world.ledger:
            batch = reader.share(record.position, record.sequences, 0, 1)
            across, within = counted(batch, "sequence"), counted(batch, "document")
            documents = document_of(batch)
            for row, sequence in enumerate(reader.sequences(record.position, record.sequences)):
                pieces = list(reader.pieces(sequence))
                filled = sum(piece.tokens for piece in pieces)
                # The last token predicts nothing, unless its document goes on.
                goes_on = filled == sequence.length and (
                    sequence.slice == "web" or pieces[-1].begin + pieces[-1].tokens < plan[0]["qa"][pieces[-1].row]
                )
                ends = np.cumsum([piece.tokens for piece in pieces])
                # What was left of a document that an amendment caught half-read is followed by another one.
                sizes = plan[0][sequence.slice]
                stubs = [int(end) - 1 for end, p in zip(ends, pieces, strict=True) if p.begin + p.tokens < sizes[p.row]]
                stubs = [at for at in stubs if at < filled - 1]
                assert across[row].sum() == filled - 1 + goes_on - len(stubs)
                assert (np.flatnonzero(across[row][: filled - 1] == 0) == stubs).all()
                assert (within[row][ends[:-1] - 1] == 0).all()
                assert (
                    documents[row][:filled].tolist() == np.repeat(np.arange(len(pieces)), np.diff([0, *ends])).tolist()
                )


@given(plans(), st.data())
def test_trace_is_inverse_and_a_good_run_has_no_problems(plan, data):
    with fast_folder() as folder:
        world = play(folder, plan)
        world.write_metrics()
        opened = world.opened()
        assert list(problems(opened, 0)) == []
        tracer = Tracer(opened)
        forward = list(tracer.steps(1, world.ledger.last().end_step))
        document = data.draw(st.sampled_from(sorted({use.document for use in forward})))
        assert list(tracer.document(document)) == [use for use in forward if use.document == document]


@given(plans(), st.data())
def test_a_flipped_bit_anywhere_in_a_pack_is_named(plan, data):
    with fast_folder() as folder:
        world = play(folder, plan)
        world.write_metrics()
        paths = sorted((Path(folder) / "cache/packs").glob("*/*"))
        used = {rule.pack.folder for rule in world.opened().reader.strings.rules["qa"]}
        path = data.draw(st.sampled_from([path for path in paths if path.parent in used]))
        raw = bytearray(path.read_bytes())
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        path.write_bytes(raw)
        try:
            found = list(problems(world.opened(), 0))
        except WorkError as error:
            found = [str(error)]
        # Where a sum is not right, nobody can say whether it is the sum or its file.
        named = path.parent if path.name == SUMS else path
        assert any(str(named) in problem for problem in found)


@given(plans())
def test_who_plans_sees_what_training_reads_also_after_amendments_that_made_no_round(plan):
    corpora, segments = plan
    with fast_folder() as folder:
        world = AmendedWorld(Path(folder), corpora)
        for run, rounds in segments:
            world.amend(run, ["qa", "web"])
            world.train(rounds)
        opened = world.opened()
        planned = opened.director.strings.rules
        entered = opened.reader.strings
        last = opened.segments[-1]
        if opened.ledger.first_of(last.index) is None:
            entered.add(last.run, last.slices, cursors_after(opened.ledger.last()))
        for name, rules in entered.rules.items():
            assert [(r.begin, r.origin, r.size) for r in planned[name]] == [(r.begin, r.origin, r.size) for r in rules]


def test_an_amended_length_reads_no_epochs_of_itself(tmp_path):
    world = AmendedWorld(tmp_path, {"qa": [9, 9, 9, 9, 9, 9, 9, 9, 9, 9]})
    whole = make_run([(800, {"qa": 1.0})], sequence_length=16, batch=1, round_steps=1, packing={"qa": "best_fit"})
    world.amend(whole, ["qa"])
    world.train(3)
    cursor = world.ledger.last().cursors["qa"]
    assert world.opened().director.strings.epochs("qa", cursor) == pytest.approx(0.3)
    world.amend(whole.model_copy(update={"sequence_length": 18}), ["qa"])
    strings = world.opened().director.strings
    # Ten sequences of one document each before; now two documents fill one.
    assert strings.epochs("qa", cursor) == pytest.approx(0.3)
    assert strings.epochs("qa", strings.advance("qa", cursor, 2 * 18)) == pytest.approx(0.65)
    assert strings.epochs("qa", strings.advance("qa", cursor, 4 * 18)) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "order", [{"kind": "ascending", "signal": "length"}, {"kind": "descending", "signal": "length"}]
)
def test_packing_keeps_a_curriculum(tmp_path, order, monkeypatch):
    monkeypatch.setattr(neighbours, "SORTED_WINDOW", 512)
    sizes = np.random.default_rng(0).integers(10, 200, 20_000).tolist()
    run = make_run(
        [(2_000_000, {"qa": 1.0})], sequence_length=512, batch=8, round_steps=8,
        orders={"qa": order}, packing={"qa": "best_fit"},
    )  # fmt: skip
    reader, _, ledger = World(tmp_path, {"qa": sizes}).finish(run)
    read = [p.row for s in reader.sequences(0, ledger.last().end) if s.epoch == 0 for p in reader.pieces(s)]
    signs = np.array(sizes)[read] * (1 if order["kind"] == "ascending" else -1)
    assert np.corrcoef(np.argsort(np.argsort(signs, kind="stable")), np.arange(len(signs)))[0, 1] > 0.98


def test_by_hand(tmp_path):
    run = make_run([(32, {"qa": 1.0})], sequence_length=8, batch=1, round_steps=1, packing={"qa": "best_fit"})
    world = World(tmp_path, {"qa": [19, 5, 4, 3]})
    reader, _, ledger = world.finish(run)
    rows = reader.tokens(0, ledger.last().end)
    # 19 = 8 + 8 + 3; 5 + 3 and 4 + 3 fill the other two, which leaves one token free.
    assert reader.strings.rules["qa"][0].size == 32
    assert sorted(row[:8].tolist() for row in rows)[0] == list(range(8))
    starts = {int(row[0]): row for row in rows}
    assert starts[0][8] == 8 and starts[8][8] == 16
    # Padding is the token that ends the first document.
    assert sum((row[:8] == 18).sum() for row in rows) == 2
