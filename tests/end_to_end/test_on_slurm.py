"""A recipe as a chain of jobs in a real Slurm: training told to make room goes on with the same losses."""

import json
import pydoc_data.topics
import time

import pytest
from small_run import headwater, write_jsonl

SECONDS = 400
SITE = "slurm: {partition: cpu, time: '60', training: {cpus: 1, memory_gb: 2}, driver: {cpus: 1, memory_gb: 2}}"
RECIPE = """
name: tiny
seed: 7
tokenizer: {kind: train, vocabulary_size: 300, sources: [help]}
sources: {help: {read: {kind: jsonl, paths: [raw/help.jsonl]}, profile: en, license: PSF-2.0}}
validation: {share: 0.1, tokens: 200}
runs:
  base:
    start:
      kind: architecture
      architecture: {num_layers: 1, hidden_size: 16, feed_forward_size: 32, num_heads: 2, num_key_value_heads: 2,
        vocabulary_size: 300, max_sequence_length: 64, tie_embeddings: true}
    phases: [{name: English, tokens: 20K, mixture: {kind: static, shares: {help: 1.0}}}]
    sequence_length: 32
    batch: 4
    micro_batch: 2
    round_steps: 20
    learning_rate: {kind: warmup_constant, peak: 3.0e-3, warmup: 1K}
    precision: fp32
"""
DATA = ("--only", "clean", "--only", "tokenize", "--only", "stream")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    write_jsonl(tmp_path / "raw" / "help.jsonl", [text for _, text in sorted(pydoc_data.topics.topics.items())][:20])
    (tmp_path / "tiny.yaml").write_text(RECIPE)
    (tmp_path / "site.yaml").write_text(SITE)
    return tmp_path


def wait_for(condition):
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def files_of(artifact):
    return json.loads((artifact / "manifest.json").read_text())["files"]


@pytest.mark.timeout(900)
def test_a_preempted_run_of_two_nodes_has_the_losses_of_an_undisturbed_one(folder, slurm):
    submitted = headwater(folder, "run", "tiny.yaml", *DATA, "--only", "train", "--on", "slurm", "--nodes", "2")
    assert submitted.returncode == 0, submitted.stderr
    root = folder / "work" / "tiny"
    made, run = root / "slurm" / "0001", root / "runs" / "base"
    jobs = json.loads((made / "jobs.json").read_text())
    assert list(jobs) == ["clean", "tokenize", "stream", "train-base"]
    told = run.with_suffix(".draft") / "metrics.jsonl"
    wait_for(lambda: (told.is_file() and told.read_bytes().count(b"\n") > 1) or not slurm.run("squeue", "-h"))
    slurm.run("scancel", "--batch", "--signal=USR1", jobs["train-base"])  # as before a time limit or a preemption
    wait_for(lambda: not slurm.run("squeue", "-h"))
    log = (made / "train-base.log").read_text()
    assert f"job {jobs['train-base']}: train-base of tiny: start 1 (restart count 0) on n[1-2]" in log
    assert "USR1: training is asked to stop" in log
    assert "everything is saved; back into the queue" in log
    assert f"job {jobs['train-base']}: train-base of tiny: start 2 (restart count 1) on n[1-2]" in log
    assert "ended with status 0" in log
    assert not run.with_suffix(".stop").exists()

    alone = folder / "alone"
    for arguments in (DATA, ("--only", "train", "--processes", "2")):
        done = headwater(folder, "run", "tiny.yaml", "--root", str(alone), *arguments)
        assert done.returncode == 0, done.stderr
    for name in ("corpus/help", "tokens/help", "stream/base"):
        assert files_of(root / name) == files_of(alone / name)
    assert (run / "metrics.jsonl").read_bytes() == (alone / "runs" / "base" / "metrics.jsonl").read_bytes()
