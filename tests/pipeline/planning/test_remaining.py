"""What remains of a run that was amended, counted by hand, with an end that the settings cannot reach."""

import json
from pathlib import Path

import pytest
from stream_world import AmendedWorld, fast_folder, make_run

from mixtures.repetition_cap import RepetitionCap
from pipeline.planning.remaining import as_fields, as_text
from pipeline.stream.segment import AMENDMENT


@pytest.fixture
def world():
    with fast_folder() as folder:
        yield AmendedWorld(Path(folder), {"a": [10] * 10, "b": [8] * 5})


def run_of(shares, steps):
    # 2 sequences of 5 tokens a step, one step a round.
    return make_run([(10 * steps, shares)], sequence_length=5, batch=2, round_steps=1)


def test_read_and_coming(world):
    world.amend(run_of({"a": 0.5, "b": 0.5}, 20), ["a", "b"])
    world.train(6)
    fields = as_fields(world.root / "runs/cpt")
    assert (fields["tokens"], fields["total_tokens"], fields["stop"]) == (60, 200, None)
    a, b = fields["slices"]
    assert (a["read"], a["left_in_epoch"], a["coming"], a["epochs_at_end"]) == (30, 70, 70, 1.0)
    assert (b["read"], b["left_in_epoch"], b["coming"], b["epochs_at_end"]) == (30, 10, 70, 2.5)
    # b's 8th sequence ends its first epoch, its 16th the second; each is the second of its round.
    assert [(end["epoch"], end["tokens"]) for end in b["epoch_ends"]] == [(1, 80), (2, 160)]
    assert [(end["epoch"], end["tokens"]) for end in a["epoch_ends"]] == [(1, 195)]
    assert fields["warnings"] == []


def test_a_removed_slice_has_nothing_coming(world):
    world.amend(run_of({"a": 0.5, "b": 0.5}, 20), ["a", "b"])
    world.train(6)
    world.amend(run_of({"a": 1.0}, 60), ["a"])
    note = {"who": "me", "when": "today", "why": "b is withdrawn", "changes": []}
    (world.draft / "segments/0001" / AMENDMENT).write_text(json.dumps(note))
    a, b = as_fields(world.root / "runs/cpt")["slices"]
    assert (a["removed"], a["read"], a["coming"], a["epochs_at_end"]) == (False, 30, 540, 5.7)
    assert (b["removed"], b["read"], b["left_in_epoch"], b["coming"], b["epochs_at_end"]) == (True, 30, 10, 0, 0.75)


def test_what_cannot_go_on_is_a_warning(world):
    run = run_of({"a": 1.0}, 60)
    capped = RepetitionCap(of=run.phases[0].mixture, epochs=4.5)
    phase = run.phases[0].model_copy(update={"mixture": capped})
    world.amend(run.model_copy(update={"phases": (phase,)}), ["a", "b"])
    world.train(3)
    fields = as_fields(world.root / "runs/cpt")
    assert (fields["stop"]["phase"], fields["stop"]["tokens"]) == (1, 450)
    stop, often, cap = fields["warnings"]
    assert stop.startswith("cpt: cannot go on after 450 tokens: phase 'p0', after 450 tokens: repetition_cap")
    assert often == "cpt: more than 4 epochs of the same text rarely pay: a (4.5 times)"
    assert cap.startswith("cpt: a reaches its cap (epochs: 4.5) in phase 'p0', after 450 tokens")
    assert f"  warning: {often}" in as_text(world.root / "runs/cpt").splitlines()
