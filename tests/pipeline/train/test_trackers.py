"""Trackers: TensorBoard reads back what was logged, resumed steps once, and Weights & Biases works offline."""

import json
from types import SimpleNamespace

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from pipeline.train.journal import Journal
from pipeline.train.trackers import TensorBoard, WeightsAndBiases, flat


def test_numbers_of_nested_records():
    fields = {"step": 3, "loss": {"a/topic=b": 1.5}, "rms": [2.0, 3.0], "reason": "x", "skipped": True, "norm": None}
    expected = {"v/step": 3.0, "v/loss/a/topic=b": 1.5, "v/rms/1": 2.0, "v/rms/2": 3.0}
    assert flat("v", fields) == expected


def test_steps_that_are_made_again_after_a_kill_are_shown_once(tmp_path):
    journal = Journal(tmp_path, writes=True)
    journal.track(lambda: (TensorBoard(tmp_path / "tensorboard", 0),))
    for step in (1, 2, 3):
        journal.write("metrics", step, {"step": step, "position": 8 * step, "loss": 10.0 - step})
    journal.sync()
    resumed = Journal(tmp_path, writes=True)
    resumed.cut(16, 0)
    resumed.track(lambda: (TensorBoard(tmp_path / "tensorboard", 2),))
    for step in (3, 4):
        resumed.write("metrics", step, {"step": step, "position": 8 * step, "loss": 20.0 - step})
    resumed.close()
    journal.close()
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload().Scalars("train/loss")
    assert [(event.step, event.value) for event in events] == [(1, 9.0), (2, 8.0), (3, 17.0), (4, 16.0)]
    lines = [json.loads(line)["loss"] for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert lines == [9.0, 8.0, 17.0, 16.0]


def test_other_ranks_write_nothing(tmp_path):
    journal = Journal(tmp_path, writes=False)
    journal.track(lambda: pytest.fail("opened"))
    journal.write("metrics", 1, {"position": 1})
    journal.sync()
    journal.close()
    assert list(tmp_path.iterdir()) == []


def test_weights_and_biases_offline(tmp_path, monkeypatch):
    pytest.importorskip("wandb", reason="wandb is not installed; `pip install wandb` to run this")
    monkeypatch.delenv("WANDB_MODE", raising=False)
    recipe, run = SimpleNamespace(name="demo"), SimpleNamespace(model_dump=lambda mode: {"batch": 8})
    tracker = WeightsAndBiases(SimpleNamespace(root=tmp_path, recipe=recipe, run_name="cpt", run=run))
    tracker.log(1, {"train/loss": 3.0})
    tracker.flush()
    tracker.close()
    (written,) = (tmp_path / "wandb").rglob("*.wandb")
    assert b"train/loss" in written.read_bytes()
