"""Methods as the director uses them: what they are told, and that a ledger's rounds can be derived again."""

import pytest
from stream_world import make_run

from mixtures.static import Static
from pipeline.errors import UserError
from pipeline.recipe import Run

CAP = {"kind": "repetition_cap", "epochs": 2, "of": {"kind": "static", "shares": {"zh": 0.5, "qa": 0.5}}}


def run_of(tokens, mixture, **fields) -> Run:
    plain = make_run([(tokens, {"zh": 1.0})], **{"sequence_length": 4, "batch": 2, "round_steps": 2, **fields})
    phase = {"name": "p0", "tokens": tokens, "mixture": mixture}
    return Run.model_validate({**plain.model_dump(mode="json"), "phases": [phase]})


def test_what_a_method_is_told(world, monkeypatch):
    seen = []

    def remember(self, situation):
        seen.append(situation)
        return {"qa": 0.5, "zh": 0.5, "en": 0.0}

    monkeypatch.setattr(Static, "choose", remember)
    _, director, ledger = world.open(run_of(64, {"kind": "static", "shares": {"zh": 1.0}}))
    for loss in (1.0, 1.0, 2.0):
        ledger.append(director.next(ledger.last(), {"validation_loss": {"zh": loss}}))
    first, second, third = seen
    assert (first.progress, second.progress, third.progress) == (0.0, 0.25, 0.5)
    assert {s.round_progress for s in seen} == {0.25}
    assert {s.round_tokens for s in seen} == {16}
    assert first.earlier_signals == first.epochs == {}
    assert second.earlier_signals == third.earlier_signals == {"validation_loss": {"zh": 1.0}}
    assert third.signals == {"validation_loss": {"zh": 2.0}}
    assert second.epochs == {"qa": 8 / 16, "zh": 8 / 22}
    assert third.epochs == {"qa": 1.0, "zh": 16 / 22}


def test_a_cap_holds_to_within_a_sequence_and_the_rest_goes_on(world):
    # qa holds 16 tokens and zh 22: under the cap of 2 epochs, 32 and 44 of the 72 that are asked.
    _, _, ledger = world.finish(run_of(72, CAP))
    last = ledger.last()
    read = {name: epoch * {"qa": 16, "zh": 22}[name] + offset for name, (epoch, offset) in last.cursors.items()}
    assert sum(read.values()) == 72
    assert read["qa"] <= 32 + 4
    assert read["zh"] <= 44 + 4


def test_everything_at_the_cap_is_one_clear_error(world):
    with pytest.raises(
        UserError, match=r"phase 'p0', after 64 tokens: repetition_cap: 2 epochs of qa, zh leave text for"
    ):
        world.finish(run_of(640, CAP))


def test_a_ramps_rounds_hold_the_mean_of_its_ends(world):
    ramp = {"kind": "ramp", "start": {"zh": 1.0}, "end": {"en": 1.0}}
    _, _, ledger = world.finish(run_of(640, ramp, round_steps=20))
    counts = {name: sum(record.given.get(name, 0) for record in ledger) for name in ("en", "zh")}
    assert counts == {"en": 80, "zh": 80}


def test_feedback_is_derived_again_from_the_ledger(world):
    mixture = {
        "kind": "replay_floor",
        "sources": ["qa"],
        "share": 0.25,
        "of": {"kind": "perplexity_feedback", "sources": ["en"], "of": {"kind": "static", "shares": {"en": 1.0}}},
    }
    run = run_of(640, mixture)
    _, director, ledger = world.open(run)
    number = 0
    while (record := director.next(ledger.last(), {"validation_loss": {"en": 3 - number // 3 / 10}})) is not None:
        ledger.append(record)
        number += 1
    last = None
    for record in ledger:
        again = director.next(last, record.signals)
        assert (again.asked, again.given, again.cursors) == (record.asked, record.given, record.cursors)
        last = record
