"""Tasks on Slurm and Ray: the same bytes as on this machine, what is complete is kept, what fails says why.

Slurm is played by small scripts everywhere, and is itself wherever it is installed.
"""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from slurm_cluster import PARTITION

from pipeline import artifact
from pipeline.clean import inputs
from pipeline.clean.cluster import jobs, slurm
from pipeline.clean.settings import Clean
from pipeline.clean.stage import CleanStage
from pipeline.errors import UserError, WorkError
from pipeline.progress import Progress
from pipeline.site import Ray, Slurm
from pipeline.sources import Source
from pipeline.stage import Where, make

SBATCH = """#!/bin/bash
for word in "$@"; do script=$word; done
cp "$script" "$FAKE/script"
last=$(sed -n 's/^#SBATCH --array=0-\\([0-9]*\\).*/\\1/p' "$FAKE/script")
out=$(sed -n 's/^#SBATCH --output=//p' "$FAKE/script")
touch "$FAKE/running"
setsid bash -c '
for i in $(seq 0 $1); do
  [ -n "$FAKE_ONLY" ] && [ $i -ge $FAKE_ONLY ] && continue
  log=${2/\\%A/7}
  SLURM_ARRAY_TASK_ID=$i RUN_OFFSET=0 SLURM_NODELIST=n1 bash "$FAKE/script" > "${log/\\%a/$i}" 2>&1
done
rm -f "$FAKE/running"' job "$last" "$out" > /dev/null 2>&1 &
echo $! > "$FAKE/pid"
echo "Submitted batch job 7"
"""
SQUEUE = '#!/bin/bash\n[ -f "$FAKE/running" ] && echo "RUNNING None"; exit 0\n'
SCANCEL = '#!/bin/bash\n[ -f "$FAKE/running" ] && kill -9 -- -$(cat "$FAKE/pid"); rm -f "$FAKE/running"\n'
SCONTROL = "#!/bin/bash\necho n1\n"


@pytest.fixture
def played(tmp_path, monkeypatch):
    folder = tmp_path / "fake"
    folder.mkdir()
    for name, text in (("sbatch", SBATCH), ("squeue", SQUEUE), ("scancel", SCANCEL), ("scontrol", SCONTROL)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    monkeypatch.setenv("FAKE", str(folder))
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setattr(slurm, "_POLL_SECONDS", 0.1)
    monkeypatch.setattr(slurm, "_SETTLE_SECONDS", 0.0)
    monkeypatch.setattr(jobs, "_POLL_SECONDS", 0.05)
    return folder


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    """Three files of three tasks."""
    (tmp_path / "in").mkdir()
    for f in range(3):
        rows = [{"id": f"{f}-{i}", "text": f"Document {i} of file {f} tells of rivers. " * 3} for i in range(20)]
        (tmp_path / "in" / f"{f}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + "{bad\n")
    monkeypatch.setattr(inputs, "TASK_BYTES", 2000)
    monkeypatch.setattr("pipeline.clean.stage.FILTERING_WORTH", 1)
    return tmp_path


def stage(data, kind="jsonl", paths="in/*.jsonl"):
    source = Source.model_validate({"read": {"kind": kind, "paths": [paths]}, "profile": "en", "license": "CC0-1.0"})
    return CleanStage("web", source, Clean(filters=(), largest_bad_share=0.5), 0, data)


def where(root, cluster=None):
    return Where(root, progress=Progress(quiet=True), cluster=cluster)


def tree(root):
    folder = root / "corpus" / "web"
    files = [path for part in ("documents", "removed") for path in sorted((folder / part).rglob("*.parquet"))]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def undisturbed(corpus):
    make([stage(corpus)], where(corpus / "undisturbed"))
    return tree(corpus / "undisturbed")


def test_a_job_array_gives_the_same_bytes_with_several_tasks_a_job(corpus, undisturbed, played):
    make([stage(corpus)], where(corpus / "root", Slurm(partition="cpu", longest_array=2, options={"comment": "x"})))
    assert tree(corpus / "root") == undisturbed
    assert list((corpus / "root" / jobs.NOTES).iterdir()) == []
    script = (played / "script").read_text()
    for line in ("--array=0-1", "--partition=cpu", "--comment=x", "--time=24:00:00"):
        assert f"#SBATCH {line}" in script


def test_slurm_itself_gives_the_same_bytes(corpus, undisturbed, slurm):
    settings = Slurm(partition=PARTITION, time="0:10:00", memory_gb=1, longest_array=2)
    make([stage(corpus)], where(corpus / "root", settings))
    assert tree(corpus / "root") == undisturbed


def test_jobs_that_end_without_a_word_are_named_and_only_they_are_done_again(corpus, undisturbed, played, monkeypatch):
    monkeypatch.setenv("FAKE_ONLY", "1")
    settings, root = Slurm(partition="cpu", longest_array=3), corpus / "root"
    with pytest.raises(WorkError, match=r"Slurm job 7 has ended, and \d of \d tasks are not complete"):
        make([stage(corpus)], where(root, settings))
    marks = root / "corpus" / "web.draft" / artifact.SCRATCH / "filtering" / "completions"
    before = {mark: mark.stat().st_mtime_ns for mark in marks.iterdir()}
    assert before
    monkeypatch.delenv("FAKE_ONLY")
    monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)  # leave the marks where they can be looked at
    make([stage(corpus)], where(root, settings))
    assert tree(root) == undisturbed
    kept = root / "corpus" / "web" / artifact.SCRATCH / "filtering" / "completions"
    assert {kept / mark.name: time for mark, time in before.items()}.items() <= {
        mark: mark.stat().st_mtime_ns for mark in kept.iterdir()
    }.items()


def test_a_mistake_found_by_a_task_is_the_same_message_as_anywhere(corpus, played):
    for name in "ab":
        pq.write_table(pa.table({"body": ["x" * 3000]}), corpus / f"{name}.parquet", compression="none")
    with pytest.raises(UserError, match=r"a\.parquet: no column text \(columns: body\)"):
        make([stage(corpus, "parquet", "*.parquet")], where(corpus / "root", Slurm(partition="cpu")))
    assert not (played / "running").exists()


def test_a_job_left_by_a_killed_run_is_ended_before_its_draft_is_touched(corpus, undisturbed, played):
    root = corpus / "root"
    script = corpus / "script.py"
    script.write_text(
        f"import sys\nsys.path.insert(0, {str(Path(__file__).parent)!r})\nimport test_clusters as t\n"
        "from pathlib import Path\nimport pipeline.clean.stage as s\n"
        f"t.inputs.TASK_BYTES, s.FILTERING_WORTH = 2000, 1\ncorpus = Path({str(corpus)!r})\n"
        "t.make([t.stage(corpus)], t.where(corpus / 'root', t.Slurm(partition='cpu')))\n"
    )
    tests = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": f"{tests.parent}:{tests / 'support'}"}
    process = subprocess.Popen([sys.executable, str(script)], env=environment)
    note = root / jobs.NOTES / "corpus.web.draft"
    deadline = time.monotonic() + 60
    while not note.is_file() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert note.is_file()
    assert (played / "running").exists()
    make([stage(corpus)], where(root))
    assert not note.is_file()
    assert not (played / "running").exists()
    assert tree(root) == undisturbed


def test_a_job_that_cannot_be_ended_from_here_stops_the_run(corpus, monkeypatch):
    note = corpus / "root" / jobs.NOTES / "corpus.web.draft"
    note.parent.mkdir(parents=True)
    note.write_text("17")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(WorkError, match="Slurm job 17 of an earlier run may still be writing"):
        make([stage(corpus)], where(corpus / "root"))


@pytest.mark.slow
def test_ray_gives_the_same_bytes(corpus, undisturbed):
    ray = pytest.importorskip("ray")
    try:
        make([stage(corpus)], where(corpus / "root", Ray(memory_gb=0.25, tasks=2)))
    finally:
        ray.shutdown()
    assert tree(corpus / "root") == undisturbed
