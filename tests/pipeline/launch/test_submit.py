"""A chain in a real Slurm: what is refused, what is taken back, and what a failure does to the jobs behind it."""

import json
import time

import pytest
from small_run import headwater, write_small

from pipeline.errors import WorkError
from pipeline.launch.chain import Part, chain_of
from pipeline.launch.script import Submission, script_of
from pipeline.launch.submit import next_folder, submit, take_up, wait
from pipeline.plan import make_plan
from pipeline.recipe import load_recipe
from pipeline.site import Slurm, load
from pipeline.train.layout import Layout

SECONDS = 60


@pytest.fixture
def folder(tmp_path, slurm):
    write_small(tmp_path)
    return tmp_path


def site(folder, environment, partition="cpu"):
    (folder / "site.yaml").write_text(f"slurm: {{partition: {partition}, environment: '{environment}'}}")


def submitted(folder, number=1):
    return json.loads((folder / f"work/small/slurm/{number:04d}/jobs.json").read_text())


def wait_for(condition):
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_jobs_behind_a_failed_one_do_not_start_and_the_next_submission_may(folder, slurm):
    site(folder, "exit 3")
    done = headwater(folder, "run", "small.yaml", "--on", "slurm", "--only", "clean", "--only", "label")
    assert done.returncode == 0, done.stderr
    assert "2 jobs submitted" in done.stdout
    assert "label  after clean" in done.stdout
    wait_for(lambda: not slurm.run("squeue", "-h"))
    log = (slurm.folder / "log" / "jobs.log").read_text()
    states = {
        part: log.split(f"JobId={job} ")[1].split("JobState=")[1].split()[0] for part, job in submitted(folder).items()
    }
    assert states == {"clean": "FAILED", "label": "CANCELLED"}
    logs = folder / "work/small/slurm/0001"
    assert "clean of small: start 1 (restart count 0) on n" in (logs / "clean.log").read_text()
    assert not (logs / "label.log").exists()
    assert headwater(folder, "run", "small.yaml", "--on", "slurm", "--only", "clean").returncode == 0
    assert submitted(folder, 2).keys() == {"clean"}


def test_one_chain_at_a_time_is_queued_for_a_root(folder, slurm):
    site(folder, "sleep 100")
    command = ("run", "small.yaml", "--on", "slurm", "--only", "clean")
    assert headwater(folder, *command).returncode == 0
    (job,) = submitted(folder).values()
    refused = headwater(folder, *command)
    assert refused.returncode == 2
    assert f"still queued or running: {job} (clean)" in refused.stderr
    assert f"scancel {job}" in refused.stderr
    slurm.run("scancel", job)


def test_what_slurm_refuses_is_said_and_leaves_nothing_behind(folder, slurm):
    site(folder, "true", partition="gpus")
    refused = headwater(folder, "run", "small.yaml", "--on", "slurm")
    assert refused.returncode == 1
    assert "invalid partition specified: gpus" in refused.stderr
    assert slurm.run("squeue", "-h") == ""


def test_the_scripts_are_printed_without_a_cluster_and_nothing_is_written(tmp_path, monkeypatch):
    write_small(tmp_path)
    site(tmp_path, "true")
    monkeypatch.setenv("PATH", "")
    done = headwater(tmp_path, "run", "small.yaml", "--on", "slurm", "--nodes", "2", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "report: not made yet" in done.stdout
    assert "# sbatch --dependency=afterok:<clean> " in done.stdout
    assert done.stdout.count("#!/bin/bash") == 9
    assert not (tmp_path / "work").exists()


def test_who_waits_is_told_the_end_of_the_log_of_a_job_that_failed(folder, slurm):
    root, said = folder / "root", []
    stage = next(s for s in make_plan(load_recipe(folder / "small.yaml"), folder, root).stages if s.name == "runs/base")
    (part,) = chain_of([stage])
    slurm_settings = Slurm(partition="cpu", environment="echo no such environment; exit 3")
    submission = Submission("small", next_folder(root), root, folder, slurm_settings, 1, Layout())
    job = submit([part], submission, "name: small")[part.name]
    with pytest.raises(WorkError, match=rf"Slurm job {job} has ended without runs/base\n(.*\n)*no such environment$"):
        wait(part, job, submission, said.append)
    assert submission.recipe.read_text() == "name: small"
    assert load(submission.site).slurm == slurm_settings
    assert next_folder(root).name == "0002"


def test_the_last_element_of_an_array_puts_itself_alone_back_into_the_queue(tmp_path, slurm):
    """Its SLURM_JOB_ID is the array's: to requeue that would be to do the other elements again too."""
    part = Part("clean", "data")
    script = script_of(part, Submission("small", tmp_path, tmp_path, tmp_path, Slurm(partition="cpu"), 1, Layout()))
    started = tmp_path / "started"
    command = f"{{ [ $restarts -gt 0 ] || [ $SLURM_ARRAY_TASK_ID = 0 ] || {{ touch {started}; sleep 100; }}; }}"
    lines = [command + " &" if line.startswith("headwater run ") else line for line in script.splitlines()]
    (tmp_path / "clean.sbatch").write_text("\n".join(lines))
    array = slurm.run("sbatch", "--parsable", "--array=0-1", str(tmp_path / "clean.sbatch")).strip()
    wait_for(started.exists)
    slurm.run("scancel", "--batch", "--signal=USR1", f"{array}_1")
    wait_for(lambda: not slurm.run("squeue", "-h"))
    log = (tmp_path / "clean.log").read_text()
    assert log.count(f"job {array}_0: clean of small: start ") == 1
    assert log.count(f"job {array}_1: clean of small: start ") == 2
    assert f"job {array}_1: clean of small: start 2 (restart count 1)" in log
    assert f"job {array}_1: what is finished is kept; back into the queue" in log
    assert log.count("ended with status 0") == 2


def test_the_jobs_of_a_chain_take_up_an_amended_recipe_and_nobody_elses_file_is_touched(folder):
    recipe = load_recipe(folder / "small.yaml")
    copy = folder / "work" / "slurm" / "0001" / "recipe.yaml"
    copy.parent.mkdir(parents=True)
    take_up(recipe, copy, folder / "work")
    assert load_recipe(copy) == recipe
    before = (folder / "small.yaml").read_bytes()
    take_up(recipe, folder / "small.yaml", folder / "work")
    assert (folder / "small.yaml").read_bytes() == before
