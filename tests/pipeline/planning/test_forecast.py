"""A forecast counts what a ledger would hold, and joined rounds change it by no more than a sequence."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stream_world import make_run

from mixtures.repetition_cap import RepetitionCap
from mixtures.static import Static
from pipeline.planning import forecast as module
from pipeline.planning.epoch_ends import EpochEnd
from pipeline.planning.forecast import count_rounds, forecast, phase_steps
from pipeline.planning.supply import Piece, as_slices
from pipeline.stream.apportion import spread
from pipeline.stream.open_run import director_from_start


def director_of(run, sizes):
    pieces = {name: Piece(name, name, (), tokens, None, "exact") for name, tokens in sizes.items()}
    return director_from_start(Path(), run, {}, as_slices(pieces, {}), 1)


def ledger_of(director):
    record = None
    while (record := director.next(record, {})) is not None:
        yield record


def ends_by_reading(records, name, size):
    """Read sequence after sequence and note where the slice's last token passes."""
    read = 0
    for record in records:
        names = sorted(record.given)
        which, _ = spread(np.array([record.given[n] for n in names]))
        for place, index in enumerate(which.tolist()):
            if names[index] == name:
                before, read = read, read + record.sequence_length
                for epoch in range(before // size + 1, read // size + 1):
                    tokens = record.tokens + (place + 1) * record.sequence_length
                    yield EpochEnd(epoch, tokens, record.phase)


@st.composite
def runs(draw):
    names = ["a", "b", "c"][: draw(st.integers(1, 3))]
    length, batch = draw(st.integers(1, 9)), draw(st.integers(1, 5))
    phases = []
    for _ in range(draw(st.integers(1, 3))):
        weights = draw(st.lists(st.integers(0, 9), min_size=len(names), max_size=len(names)).filter(any))
        shares = {n: w / sum(weights) for n, w in zip(names, weights, strict=True)}
        # Whole steps: where a phase ends half-way through one, its rounds decide which way that is rounded.
        phases.append((draw(st.integers(1, 60)) * length * batch, shares))
    run = make_run(phases, sequence_length=length, batch=batch, round_steps=draw(st.integers(1, 7)))
    return run, {name: draw(st.integers(1, 400)) for name in names}


@settings(deadline=None)
@given(runs())
def test_it_holds_what_a_ledger_would(case):
    run, sizes = case
    director = director_of(run, sizes)
    records, told = list(ledger_of(director)), forecast(director)
    assert [phase.steps for phase in told.phases] == phase_steps(run)
    assert len(records) == count_rounds(run)
    assert told.last.cursors == records[-1].cursors
    for i, phase in enumerate(told.phases):
        for name in sizes:
            read = sum(r.given.get(name, 0) * r.sequence_length for r in records if r.phase == i)
            assert phase.read.get(name, 0) == read
    for name, size in sizes.items():
        assert told.ends.get(name, []) == list(ends_by_reading(records, name, size))[: module.MOST_ENDS]


@settings(deadline=None)
@given(runs())
def test_joined_rounds_stay_within_a_sequence(case):
    run, sizes = case
    director = director_of(run, sizes)
    exact = forecast(director)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MOST_ROUNDS", 4)
        patch.setattr(module, "FEWEST_ROUNDS", 1)
        joined = forecast(director)
    for one, other in zip(exact.phases, joined.phases, strict=True):
        assert one.steps == other.steps
        for name in sizes:
            assert abs(one.read.get(name, 0) - other.read.get(name, 0)) <= 2 * run.sequence_length


def capped(run, epochs):
    phase = run.phases[0]
    mixture = RepetitionCap(of=Static(shares=phase.mixture.shares), epochs=epochs)
    return run.model_copy(update={"phases": (phase.model_copy(update={"mixture": mixture}),)})


def test_joined_rounds_stop_where_the_run_would(monkeypatch):
    # 10 tokens a round; 95 tokens under a cap of 3: 28 rounds fit, the 29th has 5 tokens left.
    run = capped(make_run([(1000, {"a": 1.0})], sequence_length=5, batch=2, round_steps=1), 3)
    director = director_of(run, {"a": 95})
    exact = forecast(director).stop
    assert (exact.tokens, exact.phase) == (280, 0)
    monkeypatch.setattr(module, "MOST_ROUNDS", 4)
    monkeypatch.setattr(module, "FEWEST_ROUNDS", 4)
    assert forecast(director).stop == exact


def test_long_runs_are_forecast_in_few_rounds():
    run = make_run([(10**12, {"a": 0.5, "b": 0.5})], sequence_length=8192, batch=256, round_steps=1)
    rounds = []
    told = forecast(director_of(run, {"a": 10**11, "b": 10**12}), observers=[rounds.append])
    assert len(rounds) <= module.MOST_ROUNDS
    assert told.phases[0].steps == phase_steps(run)[0] == 476_837
    ends = [end.tokens / 1e11 for end in told.ends["a"]]
    assert ends == pytest.approx([2, 4, 6, 8], rel=1e-4)
