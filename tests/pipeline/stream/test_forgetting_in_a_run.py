"""A planted forgetting in a run's rounds: the old source comes back, goes again, and the ledger proves both."""

from stream_world import AmendedWorld, make_run

from pipeline.stream.checking import problems

ALARM = {"sources": ["old"], "rise": 0.1, "action": {"kind": "raise_replay", "by": 0.25, "most": 0.5}}
RISES = [0.0, 0.15, 0.25, 0.95, 0.05]


def test_what_is_forgotten_is_replayed_until_it_is_back(tmp_path):
    world = AmendedWorld(tmp_path, {"old": [9] * 60, "new": [9] * 60})
    run = make_run([(400, {"new": 1.0})], sequence_length=10, batch=4, round_steps=2)
    run = type(run).model_validate({**run.model_dump(), "forgetting_alarm": ALARM})
    world.amend(run, ["old", "new"])
    base = {"old": 2.0, "new": 5.0}

    def measure(round, slices):
        return {"base_loss": base, "validation_loss": {"old": 2.0 + RISES[round], "new": 4.0}}

    world.train(measure=measure)
    assert [record.asked.get("old", 0.0) for record in world.ledger] == [0.0, 0.25, 0.5, 0.5, 0.0]
    assert [record.given.get("old", 0) for record in world.ledger] == [0, 2, 4, 4, 0]
    world.write_metrics()
    assert list(problems(world.opened(), 0)) == []
    lines = world.ledger.path.read_text().replace('"old":2.15', '"old":2.05')
    world.ledger.path.write_text(lines)
    assert list(problems(world.opened(), 0)), "a signal that was changed afterwards is found"


def test_without_an_alarm_the_same_losses_change_nothing(tmp_path):
    world = AmendedWorld(tmp_path, {"old": [9] * 60, "new": [9] * 60})
    world.amend(make_run([(400, {"new": 1.0})], sequence_length=10, batch=4, round_steps=2), ["old", "new"])
    world.train(measure=lambda round, slices: {"base_loss": {"old": 2.0}, "validation_loss": {"old": 9.0}})
    assert [record.asked for record in world.ledger] == [{"new": 1.0}] * 5
