"""``headwater tune`` on a real small experiment: killed, damaged and edited, nothing is lost or counted twice."""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_run import headwater
from tuned_world import EXPERIMENT, write_tuned

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An experiment whose controller was killed while points ran, then run to its end."""
    folder = tmp_path_factory.mktemp("tuned")
    write_tuned(folder)
    command = [sys.executable, "-m", "pipeline.cli", "tune", "share.yaml", "--at-once", "2"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    controller = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 400
    while not list(folder.glob("work/tune/share/points/*/*/runs/cpt.draft")):
        assert controller.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    controller.send_signal(signal.SIGKILL)
    controller.wait()
    done = headwater(folder, "tune", "share.yaml", "--at-once", "2")
    assert done.returncode == 0, done.stderr
    assert "4 of 4 points" in done.stdout and "2 combinations" not in done.stdout
    return folder


def table(folder):
    with (folder / "work/tune/share/results.csv").open() as file:
        return list(csv.DictReader(file))


def runs(folder):
    """Return when each point's run was published."""
    return {
        p.parents[2].parent.name: p.stat().st_mtime_ns
        for p in folder.glob("work/tune/share/points/*/*/runs/cpt/manifest.json")
    }


def test_every_point_counts_once_after_the_controller_was_killed(folder):
    rows = table(folder)
    best = min((row for row in rows if float(row["help"]) <= 1.0), key=lambda row: float(row["made"]))["point"]
    assert f"{best} is best: made " in (folder / "work/tune/share/report.html").read_text()
    assert sorted(row["point"] for row in rows) == ["baseline=natural", "baseline=stratified", "made=few", "made=many"]
    assert all(float(row["made"]) > 0 and int(row["tokens"]) == 4096 for row in rows)


def test_what_points_have_in_common_is_made_once(folder):
    made = list((folder / "work/tune/share/made").iterdir())
    corpora = {path.resolve() for path in folder.glob("work/tune/share/points/*/*/corpus/*")}
    assert len(corpora) == 2 and corpora <= set(made)
    assert not [path for path in folder.glob("work/tune/share/points/*/*/corpus/*") if not path.is_symlink()]


def test_a_damaged_result_is_made_again_and_the_others_stay(folder):
    before, rows = runs(folder), table(folder)
    (spoilt,) = folder.glob("work/tune/share/points/made=many/*/runs/cpt/validation.jsonl")
    spoilt.write_text(spoilt.read_text().replace("1", "2"))
    assert "damaged" in headwater(folder, "tune", "share.yaml", "--dry-run").stdout
    done = headwater(folder, "tune", "share.yaml")
    assert done.returncode == 0, done.stderr
    after = runs(folder)
    assert table(folder) == rows
    assert {name for name in before if after[name] != before[name]} == {"made=many"}


def test_a_point_that_fails_says_why_and_the_others_go_on(folder):
    wild, long = "runs.cpt.learning_rate.peak: 1.0e+300", "runs.cpt.kernels.norm: liger"
    spoilt = EXPERIMENT.replace("      many:", f"      wild: {{{wild}}}\n      long: {{{long}}}\n      many:")
    (folder / "wild.yaml").write_text(spoilt)
    done = headwater(folder, "tune", "wild.yaml", "--root", "work/tune/share")
    assert done.returncode == 1 and "2 points failed" in done.stderr, done.stderr
    told = headwater(folder, "tune", "wild.yaml", "--root", "work/tune/share", "--dry-run").stdout
    assert "failed: train cpt: loss nan" in told and "kernels.norm: liger: needs CUDA" in told, told
    assert len(table(folder)) == 4
