"""A run is amended while it stands still and while it trains; what it read stays provable, and nothing is lost."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from small_run import headwater, write_jsonl

ROOT = Path("work/small")
RUN = ROOT / "runs/cpt"


@pytest.fixture
def folder(finished, tmp_path) -> Path:
    """The finished recipe without its second run."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    for name in ("runs/cpt", "models/cpt", "evaluations/cpt", "report"):
        shutil.rmtree(tmp_path / ROOT / name)
    return tmp_path


def recipe(folder: Path, name: str, *changes: tuple[str, str]) -> str:
    """Write a changed copy of the recipe; changes apply to the second run."""
    text = (folder / "small.yaml").read_text()
    head, tail = text.split("  cpt:\n")
    for old, new in changes:
        where = tail if old in tail else head
        assert old in where
        head, tail = (head, tail.replace(old, new)) if where is tail else (head.replace(old, new), tail)
    (folder / name).write_text(f"{head}  cpt:\n{tail}")
    return name


def start(folder: Path, name: str, *arguments: str) -> subprocess.Popen:
    """Start a run and return when its second round is on disk."""
    command = [sys.executable, "-m", "pipeline.cli", "run", name, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    while not list((folder / ROOT).glob("runs/cpt.draft/checkpoints/step-*")):
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.005)
    return process


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def done(folder: Path, *arguments: str, status: int = 0) -> str:
    process = headwater(folder, *arguments)
    assert "Traceback" not in process.stderr
    assert process.returncode == status, process.stderr
    return process.stderr if status else process.stdout


LATE = (
    "    license: Apache-2.0\nlabels:",
    "    license: Apache-2.0\n  late:\n    read: {kind: jsonl, paths: [raw/late.jsonl]}\n    profile: en\n"
    "    license: PSF-2.0\nlabels:",
)


def test_a_stopped_run(folder):
    import pydoc_data.topics

    write_jsonl(folder / "raw/late.jsonl", [text for _, text in sorted(pydoc_data.topics.topics.items())][60:])
    process = start(folder, "small.yaml")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    draft = folder / RUN.with_suffix(".draft")
    before = lines(draft / "ledger.jsonl")[1:]
    new = recipe(
        folder,
        "new.yaml",
        LATE,
        ("{help: 0.8, chinese: 0.2}", "{help: 0.6, late: 0.4}"),
        ("{help: 0.7, chinese: 0.1, made: 0.2}", "{help: 0.5, late: 0.3, made: 0.2}"),
        ("sequence_length: 64", "sequence_length: 32"),
        ("batch: 8", "batch: 16"),
        ("signal: compression_ratio", "signal: characters"),
        ("kind: wsd, peak: 3.0e-3", "kind: wsd, peak: 2.0e-3"),
    )
    # Without an amendment nothing is thrown away.
    refusal = done(folder, "run", new, status=2)
    assert "headwater amend" in refusal
    assert "sequence_length 64 -> 32" in refusal
    assert lines(draft / "ledger.jsonl")[1:] == before
    printed = done(folder, "amend", str(RUN), new, "--reason", "late help, shorter sequences")
    assert "slice late added" in printed
    assert "slice chinese removed" in printed
    plan = done(folder, "plan", "--run", str(RUN))
    assert "late help, shorter sequences" in plan
    refusal = done(folder, "run", "small.yaml", status=2)
    assert "late help, shorter sequences" in refusal
    done(folder, "run", new)
    records = lines(folder / RUN / "ledger.jsonl")[1:]
    assert records[: len(before)] == before
    assert {(r["segment"], r["sequence_length"]) for r in records} == {(0, 64), (1, 32)}
    assert {name for r in records if r["segment"] for name in r["given"]} == {"help", "late", "made"}
    assert "chinese" in records[-1]["cursors"], "where a removed slice stood is kept"
    steps = lines(folder / RUN / "metrics.jsonl")
    assert [line["step"] for line in steps] == list(range(1, len(steps) + 1))
    manifest = json.loads((folder / RUN / "manifest.json").read_text())
    assert manifest["settings"]["run"]["sequence_length"] == 32
    assert [entry["end"] for entry in manifest["settings"]["before"]] == [
        next(r["position"] for r in records if r["segment"])
    ]
    assert "sound" in done(folder, "verify", str(RUN), "--samples", "0")
    _traces_agree(folder, len(steps))
    assert "nothing to do" in done(folder, "run", new)
    assert "late help, shorter sequences" in done(folder, "run", "small.yaml", status=2)
    assert "is finished" in done(folder, "amend", str(RUN), "small.yaml", "--reason", "too late", status=2)


def _traces_agree(folder: Path, steps: int) -> None:
    """From steps to documents and back, over the amendment, with the text."""
    forward = [
        json.loads(line)
        for line in done(folder, "trace", str(RUN), "--step", f"1:{steps}", "--json", "--text").splitlines()
    ]
    used = {}
    for use in forward:
        used.setdefault(use["document"], []).append(use)
    document = max(used, key=lambda name: len({use["step"] for use in used[name]}))
    back = done(folder, "trace", str(RUN), "--document", document, "--json", "--text").splitlines()
    assert [json.loads(line) for line in back] == used[document]
    assert all(use["text"] for use in used[document])
    _whole_texts_agree(folder, used[document])


def _whole_texts_agree(folder: Path, stretches: list[dict]) -> None:
    """The whole document holds every stretch that was read of it, and is what cleaning left."""
    document, source = stretches[0]["document"], stretches[0]["slice"]
    printed = done(folder, "trace", str(RUN), "--document", document, "--json", "--text", "whole").splitlines()
    (whole,) = {json.loads(line)["text"] for line in printed}
    table = pq.read_table(folder / ROOT / "corpus" / source / "documents", columns=["id", "text"]).to_pylist()
    assert whole == next(row["text"] for row in table if row["id"] == document)
    assert len(printed) == len(stretches)
    assert any(use["first_token"] == 0 and whole.startswith(use["text"][:20]) for use in stretches)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_run_that_trains(folder, processes):
    long = recipe(
        folder,
        "long.yaml",
        (
            "tokens: 6K, mixture: {kind: static, shares: {help: 0.8",
            "tokens: 4M, mixture: {kind: static, shares: {help: 0.8",
        ),
    )
    process = start(folder, long, "--processes", str(processes))
    draft = folder / RUN.with_suffix(".draft")
    odd = recipe(
        folder,
        "odd.yaml",
        (
            "tokens: 6K, mixture: {kind: static, shares: {help: 0.8",
            "tokens: 4M, mixture: {kind: static, shares: {help: 0.8",
        ),
        ("batch: 8", "batch: 7"),
        ("micro_batch: 4", "micro_batch: 7"),
    )
    if processes > 1:
        assert "2 copies" in done(folder, "amend", str(RUN), odd, "--reason", "odd", status=2)
    given = lines(draft / "ledger.jsonl")[-1]["tokens"]
    new = recipe(
        folder,
        "new.yaml",
        (
            "tokens: 6K, mixture: {kind: static, shares: {help: 0.8, chinese: 0.2}",
            f"tokens: {given + 200_000}, mixture: {{kind: static, shares: {{help: 0.3, chinese: 0.7}}",
        ),
    )
    assert "takes this up at its next round" in done(folder, "amend", str(RUN), new, "--reason", "more Chinese")
    while lines(draft / "ledger.jsonl")[-1]["segment"] == 0:
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.05)
    end = lines(draft / "ledger.jsonl")[-1]["tokens"]
    last = recipe(
        folder,
        "last.yaml",
        (
            "tokens: 6K, mixture: {kind: static, shares: {help: 0.8, chinese: 0.2}",
            f"tokens: {end + 30_000}, mixture: {{kind: static, shares: {{help: 0.3, chinese: 0.7}}",
        ),
    )
    done(folder, "amend", str(RUN), last, "--reason", "enough")
    printed = process.communicate(timeout=400)[0]
    assert process.returncode == 0, printed
    assert "was amended; what follows is made by the amended recipe" in printed
    records = lines(folder / RUN / "ledger.jsonl")[1:]
    assert {r["segment"] for r in records} == {0, 1, 2}
    asked = next(r for r in records if r["segment"] == 1)["asked"]
    assert asked == pytest.approx({"help": 0.3, "chinese": 0.7})
    assert "sound" in done(folder, "verify", str(RUN), "--samples", "20")
    assert "nothing to do" in done(folder, "run", "last.yaml")
    assert not list((folder / ROOT).rglob("*.draft"))
