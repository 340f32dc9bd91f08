"""kill -9 in every stage, run again: the same bytes as a run that nobody disturbed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from small_run import headwater, write_small

ROOT = "work/small"
MOMENTS = {
    "corpus/help.draft": "corpus",
    "tokenizer.draft": "tokenizer",
    "tokens/help.draft": "tokens",
    "stream/base.draft": "stream",
    "runs/base.draft/checkpoints/step-*": "run",
    "models/base.draft": "model",
    "evaluations/base.draft": "evaluation",
    "runs/cpt.draft/checkpoints/step-*": "second run",
    "report.draft": "report",
}
SAME = [
    "corpus/help/documents",
    "corpus/made/documents",
    "labels",
    "tokens",
    "tokenizer",
    "stream",
    "runs/cpt/ledger.jsonl",
    "runs/cpt/metrics.jsonl",
    "runs/cpt/validation.jsonl",
    "runs/base/metrics.jsonl",
    "models/cpt/model.safetensors",
    "evaluations/cpt/evaluation.json",
]


def files_of(root: Path) -> dict[str, bytes]:
    found = {}
    for name in SAME:
        paths = [root / name] if (root / name).is_file() else sorted((root / name).rglob("*"))
        found |= {str(p.relative_to(root)): p.read_bytes() for p in paths if p.is_file() and p.name != "manifest.json"}
    return found


def kill_when(folder: Path, pattern: str) -> bool:
    """Start a run and kill its whole process group once the pattern exists; tell whether that happened in time."""
    command = [sys.executable, "-m", "pipeline.cli", "run", "small.yaml"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None:
        if any((folder / ROOT).glob(pattern)):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return True
        time.sleep(0.0005)
    return False


@pytest.mark.timeout(900)
def test_killed_in_every_stage(finished, tmp_path):
    write_small(tmp_path)
    caught = {name for pattern, name in MOMENTS.items() if kill_when(tmp_path, pattern)}
    assert caught >= {"corpus", "run", "model", "evaluation", "second run"}, "too few kills landed to prove anything"
    done = headwater(tmp_path, "run", "small.yaml")
    assert done.returncode == 0, done.stderr
    expected, found = files_of(finished / ROOT), files_of(tmp_path / ROOT)
    assert found.keys() == expected.keys()
    assert [name for name in expected if found[name] != expected[name]] == []
    table = (finished / "printed.txt").read_text().splitlines()
    assert [line for line in done.stdout.splitlines() if "fresh" not in line] == table
    assert not list((tmp_path / ROOT).rglob("*.draft")), "nothing half-made is left"


def test_interrupted_run_says_how_to_go_on(tmp_path):
    write_small(tmp_path)
    command = [sys.executable, "-m", "pipeline.cli", "run", "small.yaml"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not any((tmp_path / ROOT).glob("runs/base.draft/checkpoints/step-*")):
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "run the same command again" in errors
    assert "Traceback" not in errors


def test_a_worker_never_outlives_its_command(tmp_path):
    write_small(tmp_path)
    command = [sys.executable, "-m", "pipeline.cli", "run", "small.yaml"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while not any((tmp_path / ROOT).glob("runs/base.draft/checkpoints/step-*")):
        assert process.poll() is None
        time.sleep(0.01)
    workers = psutil.Process(process.pid).children(recursive=True)
    assert any("pipeline.train.worker" in child.cmdline() for child in workers)
    process.kill()
    process.wait()
    _, alive = psutil.wait_procs(workers, timeout=20)
    assert alive == []
