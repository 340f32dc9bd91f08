"""Cleaning with many tasks: the same bytes for any number of workers, and after a crash or a kill."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import small_source
from small_source import counts, jsonl, lines, prose, stage, tree, where

from pipeline import artifact
from pipeline.clean import inputs
from pipeline.errors import UserError
from pipeline.stage import make


@pytest.fixture
def many_files(tmp_path, monkeypatch):
    for f in range(6):
        lines(
            tmp_path / "in" / f"{f}.jsonl", *[{"text": prose((f * 37 + i) % 90)} for i in range(40)], {"text": "tiny"}
        )
    monkeypatch.setattr(inputs, "TASK_BYTES", 2000)
    return tmp_path


def test_same_bytes_for_any_number_of_workers(many_files, monkeypatch):
    monkeypatch.setattr("pipeline.clean.stage.FILTERING_WORTH", 1)
    monkeypatch.setattr("pipeline.clean.comparing.WRITING_WORTH", 1)
    for workers in (1, 3):
        make([stage(many_files, jsonl("in/*.jsonl"))], where(many_files / f"root{workers}", workers))
    one, three = (tree(many_files / f"root{workers}") for workers in (1, 3))
    assert one == three
    assert len([name for name in one if "/documents/" in name]) > 3
    assert counts(many_files / "root1")["kept"] == 90


def test_tasks_finished_before_a_crash_are_not_done_again(many_files, monkeypatch):
    from pipeline.clean import reading

    read = []
    original = reading.Reading.__call__

    def failing(self, task):
        read.append(task)
        if task == 3 and read.count(3) == 1:
            raise UserError("pulled the plug")
        return original(self, task)

    whole = stage(many_files, jsonl("in/*.jsonl"))
    make([whole], where(many_files / "undisturbed"))
    monkeypatch.setattr(reading.Reading, "__call__", failing)
    with pytest.raises(UserError, match="pulled the plug"):
        make([whole], where(many_files / "root"))
    make([whole], where(many_files / "root"))
    assert read[:5] == [0, 1, 2, 3, 3]
    assert tree(many_files / "root") == tree(many_files / "undisturbed")


SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
import small_source as t
from pipeline.clean import inputs
import pipeline.clean.stage as s
from pipeline.stage import make
if __name__ == "__main__":
    inputs.TASK_BYTES, s.FILTERING_WORTH = 2000, 1
    make([t.stage(Path({data!r}), t.jsonl("in/*.jsonl"))], t.where(Path({root!r}), 2))
"""


def test_killed_with_workers_it_goes_on_to_the_same_bytes(many_files, tmp_path):
    make([stage(many_files, jsonl("in/*.jsonl"))], where(many_files / "undisturbed"))
    root = many_files / "killed"
    script = tmp_path / "script.py"
    script.write_text(
        SCRIPT.format(tests=str(Path(small_source.__file__).parent), data=str(many_files), root=str(root))
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    process = subprocess.Popen([sys.executable, str(script)], env=environment, start_new_session=True)
    marks = root / "corpus" / "web.draft" / artifact.SCRATCH / "filtering" / "completions"
    deadline = time.monotonic() + 60
    while process.poll() is None and not any(marks.glob("*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    make([stage(many_files, jsonl("in/*.jsonl"))], where(root))
    assert tree(root) == tree(many_files / "undisturbed")
