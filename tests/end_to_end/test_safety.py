"""A run with a forgetting alarm, a spike guard and an averaged model: killed or not it comes to the same, and tells."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_run import headwater

ROOT = Path("work/small")
RUN = ROOT / "runs/cpt"
SAFE = """
    forgetting_alarm: {sources: [help], rise: 0.02, action: {kind: raise_replay, by: 0.1, most: 0.4}}
    spike_guard: {sigmas: 1, window: 8}
    moving_average: {decay: 0.9}
"""


@pytest.fixture
def folder(finished, tmp_path) -> Path:
    """The finished recipe without its second run, and a recipe that forgets English over Chinese."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    for name in ("runs/cpt", "models/cpt", "evaluations/cpt", "report"):
        shutil.rmtree(tmp_path / ROOT / name)
    head, tail = (tmp_path / "small.yaml").read_text().split("  cpt:\n")
    tail = tail.replace("{help: 0.8, chinese: 0.2}", "{chinese: 1.0}").replace(
        "help: 0.7, chinese: 0.1", "chinese: 0.8"
    )
    tail = tail.replace("{kind: wsd, peak: 3.0e-3, decay_share: 0.3}", "{kind: warmup_constant, peak: 3.0e-2}")
    (tmp_path / "safe.yaml").write_text(f"{head}  cpt:\n{tail.rstrip()}{SAFE}")
    return tmp_path


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def kill_at_first_checkpoint(folder: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline.cli", "run", "safe.yaml"],
        cwd=folder,
        env=environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not list((folder / ROOT).glob("runs/cpt.draft/checkpoints/step-*")):
        assert process.poll() is None
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_killed_or_not_it_skips_raises_and_averages_alike(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    shutil.copytree(folder, other, dirs_exist_ok=True)
    kill_at_first_checkpoint(other)
    for place in (folder, other):
        done = headwater(place, "run", "safe.yaml", "--only", "train")
        assert done.returncode == 0, done.stderr
    for name in ("metrics.jsonl", "validation.jsonl", "skipped.jsonl", "ledger.jsonl"):
        assert (other / RUN / name).read_bytes() == (folder / RUN / name).read_bytes()
    averages = [sorted((place / RUN).glob("checkpoints/*/moving-average/*.distcp")) for place in (folder, other)]
    assert averages[0]
    assert [path.read_bytes() for path in averages[0]] == [path.read_bytes() for path in averages[1]]
    records = lines(folder / RUN / "ledger.jsonl")[1:]
    assert "help" not in records[0]["asked"], "nothing was measured yet"
    assert max(record["asked"].get("help", 0.0) for record in records) >= 0.1, "what was forgotten came back"
    assert "forgetting alarm: " in done.stderr
    _is_traced_and_verified(folder)


def _is_traced_and_verified(folder: Path) -> None:
    skipped = lines(folder / RUN / "skipped.jsonl")
    assert skipped, "so narrow a guard skips something, or the test proves nothing"
    step = skipped[0]["step"]
    traced = headwater(folder, "trace", str(RUN), "--step", f"{step - 1}:{step}", "--json").stdout.splitlines()
    uses = [json.loads(line) for line in traced]
    assert {(use["step"], use["skipped"]) for use in uses} == {(step - 1, False), (step, True)}
    assert "sound" in headwater(folder, "verify", str(RUN)).stdout
    (folder / RUN / "skipped.jsonl").write_text("")
    refusal = headwater(folder, "verify", str(RUN)).stderr
    assert f"step {step}: is missing" in refusal


def test_an_alarm_that_stops_saves_everything_and_an_amendment_goes_on(folder):
    text = (folder / "safe.yaml").read_text()
    (folder / "safe.yaml").write_text(text.replace("{kind: raise_replay, by: 0.1, most: 0.4}", "{kind: stop}"))
    told = [headwater(folder, "run", "safe.yaml", "--only", "train") for _ in range(2)]
    for done in told:
        assert done.returncode == 1
        assert "the forgetting alarm ended training: after " in done.stderr
        assert "help 0." in done.stderr
        assert "Traceback" not in done.stderr
    (folder / "on.yaml").write_text((folder / "safe.yaml").read_text().replace("rise: 0.02", "rise: 9.0"))
    amended = headwater(folder, "amend", str(RUN), "on.yaml", "--reason", "Chinese is worth it")
    assert amended.returncode == 0, amended.stderr
    done = headwater(folder, "run", "on.yaml", "--only", "train")
    assert done.returncode == 0, done.stderr
