"""A file beside a run's draft asks it to stop; processes that a launcher starts know no other way."""

import json
import shutil
import sys

from small_run import headwater

ROOT = "work/small"


def without_run(finished, folder, name):
    """Copy what the finished run was made from."""
    shutil.copytree(finished / "raw", folder / "raw")
    shutil.copy(finished / "small.yaml", folder)
    shutil.copytree(finished / ROOT, folder / ROOT, ignore=shutil.ignore_patterns(name))


def test_a_stop_file_ends_training_after_a_step_and_the_next_command_goes_on(finished, tmp_path):
    without_run(finished, tmp_path, "base")
    shutil.copytree(finished / ROOT / "stream" / "base", tmp_path / ROOT / "stream" / "base")
    request, command = tmp_path / ROOT / "runs" / "base.stop", ("run", "small.yaml", "--only", "runs/base")
    request.touch()
    stopped = headwater(tmp_path, *command, "--launcher", sys.executable)
    assert stopped.returncode == 130
    assert "stopped; run the same command again" in stopped.stderr
    assert not request.exists()
    draft = tmp_path / ROOT / "runs" / "base.draft"
    assert json.loads((draft / "metrics.jsonl").read_text())["step"] == 1
    assert [path.name for path in (draft / "checkpoints").iterdir()] == ["step-00000001"]
    done = headwater(tmp_path, *command, "--launcher", sys.executable)
    assert done.returncode == 0, done.stderr
    whole, resumed = (folder / ROOT / "runs" / "base" / "metrics.jsonl" for folder in (finished, tmp_path))
    assert resumed.read_bytes() == whole.read_bytes()


def test_a_launcher_says_itself_how_many_processes_it_starts(finished):
    refused = headwater(finished, "run", "small.yaml", "--processes", "2", "--launcher", "srun python")
    assert refused.returncode == 2
    assert "--processes and --launcher: name one of them" in refused.stderr
