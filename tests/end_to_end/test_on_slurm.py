"""Training on two nodes of a real Slurm: told to make room in mid-training, it goes on with the same losses."""

import json
import shutil
import time

import pytest
from small_run import headwater

ROOT = "work/small"
SECONDS = 400
SITE = "slurm: {partition: cpu, time: '60', training: {cpus: 1, memory_gb: 2}, driver: {cpus: 1, memory_gb: 2}}"


@pytest.fixture
def folder(finished, tmp_path, monkeypatch):
    """What runs are made from, and a recipe whose first run takes longer than Slurm's signals take."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    for name in ("raw", "work"):
        shutil.copytree(finished / name, tmp_path / name)
    for name in ("runs", "models", "evaluations", "report"):
        shutil.rmtree(tmp_path / ROOT / name)
    (tmp_path / "small.yaml").write_text((finished / "small.yaml").read_text().replace("tokens: 6K", "tokens: 24K", 1))
    (tmp_path / "site.yaml").write_text(SITE)
    return tmp_path


def wait_for(condition):
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def lines(path):
    return path.read_text().splitlines() if path.is_file() else []


@pytest.mark.timeout(900)
def test_a_preempted_run_of_two_nodes_has_the_losses_of_an_undisturbed_one(folder, slurm):
    only = ("--only", "stream/base", "--only", "runs/base", "--only", "models/base")
    submitted = headwater(folder, "run", "small.yaml", *only, "--on", "slurm", "--nodes", "2")
    assert submitted.returncode == 0, submitted.stderr
    made = folder / ROOT / "slurm" / "0001"
    job = json.loads((made / "jobs.json").read_text())["train-base"]
    run = folder / ROOT / "runs" / "base"
    wait_for(lambda: len(lines(run.with_suffix(".draft") / "metrics.jsonl")) >= 2)
    slurm.run("scancel", "--batch", "--signal=USR1", job)  # as Slurm does before a time limit or a preemption
    wait_for(lambda: not slurm.run("squeue", "-h"))
    log = (made / "train-base.log").read_text()
    assert f"job {job}: train-base of small: start 1 (restart count 0) on n[1-2]" in log
    assert "USR1: training is asked to stop" in log
    assert "everything is saved; back into the queue" in log
    assert f"job {job}: train-base of small: start 2 (restart count 1) on n[1-2]" in log
    assert "ended with status 0" in log
    assert not run.with_suffix(".stop").exists()
    assert (folder / ROOT / "models" / "base" / "model.safetensors").is_file(), (made / "model-base.log").read_text()
    preempted = (run / "metrics.jsonl").read_bytes()
    shutil.rmtree(run)
    done = headwater(folder, "run", "small.yaml", "--only", "runs/base", "--processes", "2")
    assert done.returncode == 0, done.stderr
    assert (run / "metrics.jsonl").read_bytes() == preempted


def test_data_stages_are_a_chain_of_jobs_that_makes_the_same_artifacts(finished, folder, slurm):
    shutil.rmtree(folder / ROOT / "corpus" / "made")
    shutil.rmtree(folder / ROOT / "labels" / "made" / "length")
    only = ("--only", "corpus/made", "--only", "labels/made/length")
    waited = headwater(folder, "run", "small.yaml", *only, "--on", "slurm")
    assert waited.returncode == 0, waited.stderr
    wait_for(lambda: not slurm.run("squeue", "-h"))
    for name in ("corpus/made", "labels/made/length"):
        manifests = [json.loads((where / ROOT / name / "manifest.json").read_text()) for where in (finished, folder)]
        assert manifests[0]["files"] == manifests[1]["files"]
