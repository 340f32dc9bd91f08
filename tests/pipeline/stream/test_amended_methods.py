"""Amended runs under every kind of method, those that follow signals among them; and what they emit."""

import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from emitted_world import emit, id_of, publish_tokens
from hypothesis import given
from hypothesis import strategies as st
from stream_world import AmendedWorld, fast_folder, make_run, source_of

from pipeline import artifact, seeds
from pipeline.errors import UserError
from pipeline.recipe import Run
from pipeline.stream.apportion import ONE
from pipeline.stream.checking import problems
from pipeline.stream.ledger import Ledger
from pipeline.tokens.read import TokenFile

SLICES = ["a", "b", "v/topic=x", "v/topic=y", "w/topic=x", "w/topic=y", "w/topic=z"]
SOURCES = sorted({source_of(name) for name in SLICES})
lengths = st.lists(st.integers(1, 30), min_size=1, max_size=6)


@st.composite
def shares_of(draw, sources):
    weights = [draw(st.integers(0, 4)) for _ in sources]
    weights = weights if sum(weights) else [1] * len(sources)
    return {name: weight / sum(weights) for name, weight in zip(sources, weights, strict=True)}


@st.composite
def steps_of(draw, sources):
    points = [0.0, *sorted(draw(st.sets(st.sampled_from([0.1, 0.35, 0.5, 0.9]), max_size=2)))]
    return {"kind": "steps", "steps": [{"at": at, "shares": draw(shares_of(sources))} for at in points]}


def some_of(sources):
    return st.lists(st.sampled_from(sources), min_size=1, unique=True)


def plain_methods(sources):
    named = st.one_of(some_of(sources), st.just("all"))
    return st.one_of(
        st.builds(lambda shares: {"kind": "static", "shares": shares}, shares_of(sources)),
        st.builds(lambda names: {"kind": "natural", "sources": names}, named),
        st.builds(lambda names: {"kind": "stratified", "sources": names}, named),
        st.builds(
            lambda names, t, over: {"kind": "temperature", "sources": names, "temperature": t, "over": over},
            named,
            st.sampled_from([0.5, 1, 3.3]),
            st.sampled_from(["names", "slices"]),
        ),
        st.builds(lambda a, b: {"kind": "ramp", "start": a, "end": b}, shares_of(sources), shares_of(sources)),
        steps_of(sources),
    )


def wrapped(inner, sources):
    """Return strategies of every wrapper around an inner one."""
    return st.one_of(
        st.builds(
            lambda of, names, change: {
                "kind": "perplexity_feedback",
                "of": of,
                "sources": names,
                "change": change,
                "largest_change": 0.2,
            },
            inner,
            some_of(sources),
            st.sampled_from(["perplexity", "relative", "nll"]),
        ),
        st.builds(
            lambda of, names, share: {"kind": "replay_floor", "of": of, "sources": names, "share": share},
            inner,
            some_of(sources),
            st.sampled_from([0.05, 0.5, 1.0]),
        ),
        st.builds(
            lambda of, epochs, freed: {"kind": "repetition_cap", "of": of, "epochs": epochs, "freed": freed},
            inner,
            st.sampled_from([2, 6.5, 1000]),
            st.sampled_from(["everyone", "within_source"]),
        ),
    )


def methods(sources):
    return st.recursive(plain_methods(sources), lambda inner: wrapped(inner, sources), max_leaves=3)


@st.composite
def plans(draw):
    """Return lengths of documents, and for each segment (run, slices, rounds before the next amendment)."""
    corpora = {name: draw(lengths) for name in SLICES}
    segments, tokens = [], 0
    for _ in range(draw(st.integers(1, 3))):
        sources = sorted(draw(some_of(SOURCES)))
        run = make_run(
            [(draw(st.integers(50, 400)) + tokens, {sources[0]: 1.0}), (draw(st.integers(50, 300)), {sources[0]: 1.0})],
            sequence_length=draw(st.integers(2, 25)),
            batch=draw(st.integers(1, 4)),
            round_steps=draw(st.integers(1, 4)),
        )
        fields = run.model_dump(mode="json")
        for phase in fields["phases"]:
            phase["mixture"] = draw(methods(sources))
        rounds = draw(st.integers(0, 8))
        tokens += rounds * run.batch * run.round_steps * run.sequence_length
        segments.append((Run.model_validate(fields), [n for n in SLICES if source_of(n) in sources], rounds))
    return corpora, segments


def measure(number, slices):
    """Return losses that change with every second round and are not known before the third."""
    if number < 2:
        return {}
    losses = {name: float(seeds.generator(5, name, number // 2).uniform(1, 6)) for name in slices}
    return {"validation_loss": losses}


def play(folder, plan, data=None):
    """Train through all amendments to the end, or to where a repetition cap has no text left.

    With ``data``, rank 0 dies while it writes rounds.
    """
    corpora, segments = plan
    world = AmendedWorld(Path(folder), corpora)
    try:
        for number, (run, names, rounds) in enumerate(segments):
            world.amend(run, names)
            for _ in range(rounds if number + 1 < len(segments) else 10**6):
                before = world.ledger.last()
                world.train(1, measure)
                if world.ledger.last() == before:
                    break
                if data is not None and data.draw(st.booleans()):
                    _die_while_writing(world, data)
    except UserError as error:
        if "repetition_cap" not in str(error):
            raise
    return world


def _die_while_writing(world, data):
    lines = world.ledger.path.read_bytes().splitlines(keepends=True)
    kept = data.draw(st.integers(0, len(lines[-1]) - 1))
    world.ledger.path.write_bytes(b"".join(lines[:-1]) + lines[-1][:kept])
    Ledger(world.ledger.path).repair()
    world.train(1, measure)


@given(plans())
def test_within_an_epoch_every_token_is_seen_exactly_once(plan):
    with fast_folder() as folder:
        world = play(folder, plan)
        if world.ledger.last() is None:
            return
        opened, rows = world.opened(), {}
        for sequence in opened.reader.sequences(0, opened.ledger.last().end):
            rows.setdefault(sequence.slice, []).append(opened.reader.read(sequence))
        for name, mine in rows.items():
            tokens, everything = np.concatenate([row[:-1] for row in mine]), world.values[name]
            for start in range(0, len(tokens), len(everything)):
                epoch = np.sort(tokens[start : start + len(everything)])
                assert (epoch == everything).all() if len(epoch) == len(everything) else (np.diff(epoch) > 0).all()
            assert all(before[-1] == after[0] for before, after in pairwise(mine))


@given(plans())
def test_every_round_follows_from_the_ledger_and_gives_what_was_asked(plan):
    with fast_folder() as folder:
        world = play(folder, plan)
        if world.ledger.last() is None:
            return
        # Without a step that was trained, what is checked are the rounds; reading is checked for static mixtures.
        (world.draft / "metrics.jsonl").touch()
        assert list(problems(world.opened(), 0)) == []
        for record in world.ledger:
            assert abs(sum(record.asked.values()) - 1) < 1e-9
            assert min(record.asked.values()) > 0
            assert sum(record.given.values()) == record.sequences
            assert sum(record.carry.values()) == 0
            assert max(map(abs, record.carry.values()), default=0) < len(plan[0]) * ONE


@given(plans(), st.data())
def test_kills_change_nothing(plan, data):
    with fast_folder() as one, fast_folder() as two:
        assert list(play(two, plan, data).ledger) == list(play(one, plan).ledger)


def test_the_methods_that_follow_signals_do(tmp_path):
    """The property tests above mean something: shares under feedback move, and differ from those without signals."""
    corpora = {name: [9, 9] for name in SLICES}
    feedback = {"kind": "perplexity_feedback", "of": {"kind": "natural", "sources": "all"}, "sources": ["w"]}
    plain = make_run([(4000, {"w": 1.0})], sequence_length=9, batch=2, round_steps=2)
    run = replace_mixture(plain, feedback)
    world = AmendedWorld(tmp_path, corpora)
    world.amend(run, SLICES)
    world.train(6, measure)
    world.amend(run.model_copy(update={"sequence_length": 6}), SLICES)
    world.train(6, measure)
    shares = [record.asked["w/topic=x"] for record in world.ledger]
    assert len(set(shares)) > 3
    assert all(abs(sum(r.asked[n] for n in SLICES if source_of(n) == "w") - 3 / 7) < 1e-12 for r in world.ledger)


def replace_mixture(run, mixture):
    fields = run.model_dump(mode="json")
    fields["phases"][0]["mixture"] = mixture
    return Run.model_validate(fields)


def emitted(out):
    shards = [TokenFile(path.with_suffix("")) for path in sorted(out.glob("*.bin"))]
    return [shard.document(i).astype(np.int64) for shard in shards for i in range(len(shard))]


def amended_world(folder):
    """A run of two amendments: a source goes, another comes, and sequences become longer, then shorter."""
    world = AmendedWorld(Path(folder), {"a": [5, 9, 2, 30], "b": [11, 3, 8], "c": [40, 1]})
    world.amend(make_run([(400, {"a": 0.5, "b": 0.5})], sequence_length=7, batch=2, round_steps=3), ["a", "b"])
    world.train(3)
    world.amend(make_run([(600, {"a": 0.3, "c": 0.7})], sequence_length=13, batch=2, round_steps=2), ["a", "c"])
    world.train(4)
    world.amend(make_run([(900, {"a": 0.2, "b": 0.8})], sequence_length=5, batch=3, round_steps=2), ["a", "b"])
    world.train()
    publish_tokens(world)
    return world


def test_an_amended_run_is_emitted_as_it_was_read(tmp_path):
    world = amended_world(tmp_path)
    reader, end = world.opened().reader, world.ledger.last().end
    manifest = emit(world, reader, tmp_path / "out", shards=4)
    expected = [reader.read(s) for s in reader.sequences(0, end)]
    found = emitted(tmp_path / "out")
    assert [len(row) - 1 for row in found] == [r.sequence_length for r in world.ledger for _ in range(r.sequences)]
    assert all((one == two).all() for one, two in zip(found, expected, strict=True))
    assert manifest.counts["sequence_lengths"] == [5, 7, 13]
    assert manifest.counts["tokens"] == world.ledger.last().end_tokens
    assert artifact.verify(tmp_path / "out") == []
    tables = [pq.read_table(path) for path in sorted((tmp_path / "out" / "origins").glob("*.parquet"))]
    rows = [row for table in tables for row in table.to_pylist()]
    assert [(r["position"], r["slice"], r["document"], r["first_token"], r["tokens"]) for r in rows] == [
        (s.position, s.slice, id_of(p.source, p.row), p.begin, p.tokens)
        for s in reader.sequences(0, end)
        for p in reader.pieces(s)
    ]


def test_edges_of_shards_and_kills_do_not_show_in_an_amended_stream():
    with tempfile.TemporaryDirectory() as folder:
        world = amended_world(folder)
        reader = world.opened().reader
        emit(world, reader, Path(folder) / "one")
        emit(world, reader, Path(folder) / "many", shards=9)
        both = [b"".join(p.read_bytes() for p in sorted((Path(folder) / o).glob("*.bin"))) for o in ("one", "many")]
        assert both[0] == both[1]


def test_an_emission_of_steps_around_an_amendment(tmp_path):
    world = amended_world(tmp_path)
    reader = world.opened().reader
    first = world.ledger.first_of(1).position
    emit(world, reader, tmp_path / "out", begin=first - 3, end=first + 4, shards=2)
    expected = [reader.read(s) for s in reader.sequences(first - 3, 7)]
    assert [row.tolist() for row in emitted(tmp_path / "out")] == [row.tolist() for row in expected]
    assert {len(row) for row in expected} == {8, 14}


def test_a_loss_measured_before_an_amendment_is_no_earlier_loss(tmp_path):
    """The amendment may have changed how losses are measured: the first update needs two of its own."""
    feedback = {"kind": "perplexity_feedback", "of": {"kind": "natural", "sources": "all"}, "sources": ["w"]}
    run = replace_mixture(make_run([(4000, {"w": 1.0})], sequence_length=9, batch=2, round_steps=2), feedback)
    world = AmendedWorld(tmp_path, {name: [9, 9] for name in SLICES})
    world.amend(run, SLICES)
    world.train(4, lambda number, slices: {"validation_loss": dict.fromkeys(slices, 1.0 + number)})
    world.amend(run.model_copy(update={"sequence_length": 6}), SLICES)
    world.train(2, lambda number, slices: {"validation_loss": {n: float(number * ord(n[-1])) for n in slices}})
    before, first, second = list(world.ledger)[3:6]
    assert first.asked == before.asked
    assert second.asked != first.asked
