"""Training killed three times at random moments, on one process and on two; `bench/train/kills.py` does it fifty."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_training_killed_at_random_moments_comes_to_the_same_bytes(tmp_path):
    script, out = ROOT / "tests" / "bench" / "train" / "kills.py", tmp_path / "kills.json"
    amount = ("--kills", "3", "--processes", "1", "2", "--tokens", "4096")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "tests" / "support")))}
    command = [sys.executable, str(script), str(tmp_path / "work"), "--out", str(out), *amount]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(out.read_text())["found"]
    assert [(each["processes"], each["steps"], each["kills"]) for each in found] == [(1, 8, 3), (2, 8, 3)]
    assert all(each["runs_equal_to_the_undisturbed"] == each["runs_ended"] > 0 for each in found)
    assert not any(each["processes_left_behind"] for each in found)
