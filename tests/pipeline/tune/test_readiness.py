"""What is known to keep points from running is said before the first one, and before anything is made."""

import importlib.util

import pytest
from tuned_world import EXPERIMENT, RECIPE, write_tuned

from pipeline.cli import main


@pytest.fixture
def said(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        status = main(["tune", "share.yaml", *arguments])
        return status, capsys.readouterr().err.splitlines()

    return run


def test_metrics_that_cannot_be_measured(tmp_path, said, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *of: None if name == "lm_eval" else find(name, *of))
    metrics = "  patterns: {kind: induction, length: 17}\n  task: {kind: lm_eval, task: t, include: nowhere}\n"
    write_tuned(tmp_path, EXPERIMENT.replace("metrics:\n", f"metrics:\n{metrics}"))
    status, lines = said()
    assert (status, [line.removeprefix(f"{tmp_path}/share.yaml:") for line in lines]) == (
        2,
        [
            "14: metrics.patterns.length: found 17, allowed is at most half of the run's sequence_length, 16",
            "15: metrics.task.kind: the harness is not installed (pip install lm_eval)",
            "15: metrics.task.include: nowhere: no such folder",
        ],
    )
    assert not (tmp_path / "work").exists()


def test_files_of_the_base_recipe(tmp_path, said):
    write_tuned(tmp_path, recipe=RECIPE.replace("read: {kind: jsonl,", "read: {kind: jsonl, text_key: body,"))
    status, lines = said("--dry-run")
    assert (status, len(lines)) == (2, 1)
    assert lines[0].startswith(f"{tmp_path / 'tiny.yaml'}:6: sources.help.read.text_key: raw/help.jsonl: none of its")
    (tmp_path / "raw" / "help.jsonl").unlink()
    assert said("--dry-run")[0] == 0
    assert said() == (
        2,
        [
            f"{tmp_path / 'tiny.yaml'}:6: sources.help.read.paths: raw/help.jsonl: no such file "
            f"(paths start at {tmp_path})"
        ],
    )
