"""Data stages on a real Slurm: the same bytes as on this machine, what is complete is kept, what fails says why."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cluster_world import corpus_of, files_of, make_small, stages_of, where, write_raw
from slurm_cluster import PARTITION

from pipeline import artifact
from pipeline.cluster import jobs
from pipeline.errors import UserError, WorkError
from pipeline.pieces import side_by_side
from pipeline.pieces.side_by_side import work_through
from pipeline.site import Slurm
from pipeline.stage import make

SECONDS = 240
OURS = f"export PATH={Path(sys.executable).parent}:$PATH"
"""What a site's environment must do: lead to Headwater, wherever the tests were started from."""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The raw files, and what this machine makes of them by itself."""
    folder = tmp_path_factory.mktemp("undisturbed")
    write_raw(folder)
    stages = stages_of(folder)
    with pytest.MonkeyPatch.context() as patch:
        make_small(patch)
        make(stages, where(folder / "root"))
    return folder, files_of(folder / "root", stages)


@pytest.fixture
def raw(undisturbed, monkeypatch):
    make_small(monkeypatch)
    return undisturbed[0]


def site(**settings):
    return Slurm(partition=PARTITION, time="0:10:00", memory_gb=1, **settings)


def ended(slurm):
    """Return (job name, state) -> how many jobs have ended so."""
    log = slurm.folder / "log" / "jobs.log"
    lines = log.read_text().splitlines() if log.exists() else []
    fields = [dict(word.split("=", 1) for word in line.split() if "=" in word) for line in lines]
    return Counter((found["Name"], found["JobState"]) for found in fields)


def wait_for(condition):
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def held(folder, task):
    """Return a command of the shell with which a task of an array waits until there is a file ``go``."""
    return f"{OURS}; while [ $SLURM_ARRAY_TASK_ID = {task} ] && [ ! -f {folder}/go ]; do sleep 0.1; done"


def test_every_data_stage_gives_the_same_bytes_with_several_tasks_a_job(undisturbed, raw, slurm, tmp_path):
    stages, before = stages_of(raw), ended(slurm)
    make(stages, where(tmp_path, site(longest_array=2, cpus=2, options={"comment": "x"})))
    assert files_of(tmp_path, stages) == undisturbed[1]
    names = ("corpus.web", "labels.web.length", "labels.web.clusters", "tokens.web")
    assert ended(slurm) - before == {(f"headwater-{name}", "COMPLETED"): 2 for name in names}
    assert list((tmp_path / jobs.NOTES).iterdir()) == []


def test_a_killed_job_is_named_and_its_tasks_alone_are_done_again(undisturbed, raw, slurm, tmp_path):
    corpus, before, name = corpus_of(raw), ended(slurm), "headwater-corpus.web"
    with pytest.raises(WorkError, match=r"Slurm job \d+ has ended, and 3 of 7 tasks are not complete"):
        make(
            [corpus],
            where(tmp_path, site(longest_array=3, environment=f"{OURS}; [ $SLURM_ARRAY_TASK_ID != 1 ] || kill -9 $$")),
        )
    marks = tmp_path / "corpus" / "web.draft" / artifact.SCRATCH / "filtering" / "completions"
    assert sorted(mark.name for mark in marks.iterdir()) == [f"{rank:05d}" for rank in (0, 1, 2, 6)]
    make([corpus], where(tmp_path, site(longest_array=1)))
    assert files_of(tmp_path, [corpus])["corpus/web"] == undisturbed[1]["corpus/web"]
    assert ended(slurm) - before == {(name, "FAILED"): 1, (name, "COMPLETED"): 2 + 1}


def test_pieces_of_a_cancelled_job_alone_are_done_again(undisturbed, raw, slurm, tmp_path, monkeypatch):
    corpus, tokenizer, stage = (stages_of(raw)[i] for i in (0, 4, 5))
    make([corpus, tokenizer], where(tmp_path))
    kept, errors = tmp_path / f"{stage.name}.draft" / artifact.SCRATCH / "pieces", []

    def run():
        with pytest.raises(WorkError, match="1 of 3 tasks are not complete") as error:
            make([stage], where(tmp_path, site(longest_array=3, environment=held(tmp_path, 1))))
        errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    wait_for(lambda: len(list(kept.glob("0?????.idx"))) == 5)
    (note,) = (tmp_path / jobs.NOTES).iterdir()
    slurm.run("scancel", f"{note.read_text()}_1")
    thread.join(SECONDS)
    assert errors
    done_again = []

    def watched(pieces, work, workers):
        done_again.extend(piece.number for piece in pieces)
        return work_through(pieces, work, workers)

    monkeypatch.setattr(side_by_side, "work_through", watched)
    make([stage], where(tmp_path))
    assert done_again == [3, 4]
    assert files_of(tmp_path, [stage])[stage.name] == undisturbed[1][stage.name]


def test_a_mistake_found_by_a_task_is_the_same_message_as_anywhere(slurm, tmp_path):
    for name in "ab":
        pq.write_table(pa.table({"body": ["x" * 3000]}), tmp_path / f"{name}.parquet", compression="none")
    with pytest.raises(UserError, match=r"a\.parquet: no column text \(columns: body\)"):
        make([corpus_of(tmp_path, "parquet", "*.parquet")], where(tmp_path / "root", site()))
    assert slurm.run("squeue", "-h") == ""


SCRIPT = """
import pytest
from pathlib import Path
from cluster_world import corpus_of, make_small, where
from pipeline.site import Slurm
from pipeline.stage import make
make_small(pytest.MonkeyPatch())
make([corpus_of(Path({raw!r}))], where(Path({root!r}), Slurm(partition="cpu", longest_array=2, environment={held!r})))
"""


def test_a_job_left_by_a_killed_run_is_ended_before_its_draft_is_touched(undisturbed, raw, slurm, tmp_path):
    script = SCRIPT.format(raw=str(raw), root=str(tmp_path), held=held(tmp_path, 1))
    tests = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": f"{tests.parent}:{tests / 'support'}"}
    process = subprocess.Popen([sys.executable, "-c", script], env=environment)
    note = tmp_path / jobs.NOTES / "corpus.web"
    wait_for(lambda: note.is_file() or process.poll() is not None)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert jobs.state(note.read_text()) is not None
    make([corpus_of(raw)], where(tmp_path))
    assert not note.is_file()
    assert slurm.run("squeue", "-h") == ""
    assert files_of(tmp_path, [corpus_of(raw)])["corpus/web"] == undisturbed[1]["corpus/web"]


def test_a_job_that_cannot_be_ended_from_here_stops_the_run(raw, tmp_path, monkeypatch):
    note = tmp_path / jobs.NOTES / "corpus.web"
    note.parent.mkdir(parents=True)
    note.write_text("17")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(WorkError, match="Slurm job 17 of an earlier run may still be writing"):
        make([corpus_of(raw)], where(tmp_path))
