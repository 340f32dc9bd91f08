"""Points as a job array of a real Slurm, and under Ray: the same table as on this machine, whoever is killed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from slurm_cluster import PARTITION
from small_run import headwater
from tuned_world import EXPERIMENT, write_tuned

from pipeline.cli import main
from pipeline.cluster import jobs
from pipeline.tune import point_array

SECONDS = 300
COMMAND = """
import sys
from pipeline.cli import main
from pipeline.tune import on_slurm
on_slurm._SETTLE_SECONDS = 1.0
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """An experiment of four points of which one fails, run on this machine."""
    folder = tmp_path_factory.mktemp("world")
    long = EXPERIMENT.replace(
        "many: {runs.cpt.phases.0.mixture.shares: {help: 0.5, made: 0.5}}",
        "long: {runs.cpt.learning_rate.peak: 1.0e+300}",
    )
    write_tuned(folder, long)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        done = headwater(folder, "tune", "share.yaml", "--root", "here", "--at-once", "2")
    assert done.returncode == 1 and "1 point failed; the same command tries again" in done.stderr, done.stderr
    return folder


def write_site(folder, environment="true", longest_array=1000):
    path = os.pathsep.join([str(Path(sys.executable).parent), "$PATH"])
    machine = "{cpus: 1, memory_gb: 2, warning: 60}"
    (folder / "site.yaml").write_text(
        f"slurm: {{partition: {PARTITION}, time: '60', longest_array: {longest_array}, training: {machine}, "
        f"driver: {machine}, environment: 'export PATH={path}; {environment}'}}"
    )


def held(element, go):
    """Return a command of the shell with which an element of an array waits until there is a file."""
    return f'while [ "${{SLURM_ARRAY_TASK_ID:-}}" = {element} ] && [ ! -f {go} ]; do sleep 0.1; done'


def start(folder, root, log):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    command = [sys.executable, "-c", COMMAND, "tune", "share.yaml", "--root", str(root), "--on", "slurm"]
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)


def wait_for(condition, process=None):
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline and (process is None or process.poll() is None)
        time.sleep(0.02)


def published(root):
    """Return when each point's run was published."""
    return {
        path.parents[2].parent.name: path.stat().st_mtime_ns for path in root.glob("points/*/*/runs/cpt/manifest.json")
    }


def failure(root):
    (path,) = root.glob("points/made=long/*/failure.txt")
    return path.read_text()


@pytest.mark.timeout(600)
def test_points_count_once_though_the_controller_is_killed_and_a_job_is_cancelled(world, slurm, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    root, go, said = tmp_path / "there", tmp_path / "go", tmp_path / "said"
    write_site(world, held(3, go))
    with said.open("wb") as log:
        controller = start(world, root, log)
        wait_for(lambda: list(root.glob("points/made=few/*/runs/cpt.draft")), controller)
        controller.send_signal(signal.SIGKILL)
        controller.wait()
        job = (root / "slurm" / "0001" / "job").read_text()
        slurm.run("scancel", f"{job}_0")
        controller = start(world, root, log)
        wait_for(lambda: f"Slurm job {job} of an earlier command still runs points" in said.read_text(), controller)
        go.touch()
        assert controller.wait(SECONDS) == 1
    told = said.read_text()
    assert "1 point failed, 1 point ended before the end; the same command tries again" in told
    assert "seed=1" in told and "begun, and was ended before it could say why" in told
    assert failure(root) == failure(world / "here")
    before = published(root)
    assert set(before) == {"baseline=natural", "baseline=stratified"}

    write_site(world, longest_array=1)
    done = headwater(world, "tune", "share.yaml", "--root", str(root), "--on", "slurm")
    assert done.returncode == 1 and "1 point failed; " in done.stderr, done.stderr
    (element,) = (root / "slurm" / "0002" / "elements").iterdir()
    assert [line.partition("/")[0] for line in element.read_text().splitlines()] == ["made=few", "made=long"]
    assert {name: published(root)[name] for name in before} == before
    assert (root / "results.csv").read_bytes() == (world / "here" / "results.csv").read_bytes()
    assert point_array.noted(root) is None and slurm.run("squeue", "-h") == ""


def test_an_array_left_in_the_queue_is_ended_before_points_run_elsewhere(world, slurm, tmp_path):
    root, said = tmp_path / "there", tmp_path / "said"
    shutil.copytree(world / "here", root, symlinks=True)
    write_site(world, held(0, "never"))
    with said.open("wb") as log:
        controller = start(world, root, log)
        wait_for((root / "slurm" / "0001" / "job").is_file, controller)
        controller.send_signal(signal.SIGKILL)
        controller.wait()
    (root / "slurm" / "0001" / "job").unlink()  # as if killed before it could be written
    array = point_array.noted(root)
    job = array.job()
    assert jobs.state(job) is not None
    point_array.end_left_over(root)
    assert jobs.state(job) is None and point_array.noted(root) is None


def test_under_ray_too(world, tmp_path, monkeypatch):
    pytest.importorskip("ray", reason="Ray is not installed (pip install ray)")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    root = tmp_path / "there"
    shutil.copytree(world / "here", root, symlinks=True)
    (point,) = root.glob("points/made=few/*")
    before = published(root)
    shutil.rmtree(point / "runs")
    (root / "results.csv").unlink()
    (world / "site.yaml").write_text("ray: {memory_gb: 0.25, tasks: 2}")
    done = headwater(world, "tune", "share.yaml", "--root", str(root), "--on", "ray")
    assert done.returncode == 1 and "1 point failed; " in done.stderr, done.stderr
    assert "made=long" in done.stderr and failure(root) == failure(world / "here")
    assert (root / "results.csv").read_bytes() == (world / "here" / "results.csv").read_bytes()
    assert {name for name, when in published(root).items() if when != before[name]} == {"made=few"}


def test_the_script_is_printed_where_there_is_no_slurm_and_submitting_is_refused(tmp_path, monkeypatch, capsys):
    write_tuned(tmp_path)
    write_site(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")
    assert main(["tune", "share.yaml", "--on", "slurm", "--dry-run"]) == 0
    assert "#SBATCH --array=0-3\n" in capsys.readouterr().out
    assert main(["tune", "share.yaml", "--on", "slurm"]) == 2
    assert "no sbatch, squeue, scancel on this machine" in capsys.readouterr().err
    assert main(["tune", "share.yaml", "--on", "slurm", "--point", "made=few"]) == 2
    assert "leave --on out" in capsys.readouterr().err
