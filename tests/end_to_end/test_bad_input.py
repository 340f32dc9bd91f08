"""Every mistake a user can make gives one clear message and the right exit status, and publishes nothing."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from small_run import headwater, write_jsonl, write_small

ROOT = Path("work/small")


@pytest.fixture
def folder(tmp_path) -> Path:
    write_small(tmp_path)
    return tmp_path


def edit(folder: Path, old: str, new: str) -> None:
    text = (folder / "small.yaml").read_text()
    assert old in text
    (folder / "small.yaml").write_text(text.replace(old, new, 1))


def refused(folder: Path, *arguments: str, status: int = 2) -> str:
    done = headwater(folder, *arguments)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("batch: 8", "bach: 8", "did you mean batch?"),
        ("seed: 7", "seed: 7\nseed: 8", "written twice"),
        ("{help: 0.8, chinese: 0.2}", "{help: 0.8, chinese: 0.3}", "sum to 1.1"),
        ("tokens: 6K", "tokens: -6K", "negative"),
        ("{help: 1.0}", "{halp: 1.0}", "did you mean help?"),
        ("kind: warmup_constant", "kind: warmup_constent", "did you mean warmup_constant?"),
        ("signal: compression_ratio", "signal: perplexity", "no label makes the column perplexity"),
    ],
)
def test_recipe_mistakes(folder, old, new, message):
    edit(folder, old, new)
    errors = refused(folder, "run", "small.yaml")
    assert message in errors
    assert errors.startswith("small.yaml:")
    assert not (folder / "work").exists()


def test_all_recipe_mistakes_at_once(folder):
    edit(folder, "batch: 8", "bach: 8")
    edit(folder, "documents: 150", "documents: -1")
    edit(folder, "tokens: 6K", "tokens: 6X")
    lines = refused(folder, "check", "small.yaml").splitlines()
    assert len([line for line in lines if line.startswith("small.yaml:")]) >= 3


def test_missing_path(folder):
    (folder / "raw/help.jsonl").unlink()
    assert "raw/help.jsonl" in refused(folder, "run", "small.yaml")
    assert not (folder / ROOT / "corpus/help").exists()


def test_empty_file(folder):
    (folder / "raw/help.jsonl").write_text("")
    assert "empty" in refused(folder, "run", "small.yaml")


def test_source_that_ends_empty(folder):
    write_jsonl(folder / "raw/help.jsonl", ["too short"] * 3)
    errors = refused(folder, "run", "small.yaml", "--only", "corpus/help")
    assert "nothing is left" in errors
    assert not (folder / ROOT / "corpus/help").exists()


def test_bad_records_are_set_aside_and_counted(folder):
    path = folder / "raw/help.jsonl"
    good = path.read_bytes()
    path.write_bytes(good + b"{not json\n" + b'{"id": "x"}\n' + b'{"id": "y", "text": "\xff\xfe"}\n')
    edit(folder, "labels:", "clean: {largest_bad_share: 0.2}\nlabels:")
    done = headwater(folder, "run", "small.yaml", "--only", "corpus/help")
    assert done.returncode == 0, done.stderr
    counts = json.loads((folder / ROOT / "corpus/help/manifest.json").read_text())["counts"]
    assert {"not_json": 1, "no_text": 1, "not_utf8": 1}.items() <= counts["removed"].items()
    assert counts["documents_in"] == counts["kept"] + sum(counts["removed"].values())


def test_too_many_bad_records_stop_the_stage(folder):
    (folder / "raw/help.jsonl").write_text("{not json\n" * 5 + (folder / "raw/help.jsonl").read_text())
    errors = refused(folder, "run", "small.yaml", "--only", "corpus/help")
    assert "help.jsonl:1" in errors
    assert not (folder / ROOT / "corpus/help").exists()


def test_wrong_tokenizer(folder):
    (folder / "raw/tokenizer.json").write_text("{}")
    edit(
        folder,
        "{kind: train, vocabulary_size: 512, sources: [help, chinese]}",
        "{kind: file, path: raw/tokenizer.json}",
    )
    assert "tokenizer" in refused(folder, "run", "small.yaml", "--only", "tokenizer")


def test_truncated_shard(finished, tmp_path):
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    shard = tmp_path / ROOT / "tokens/help/train-00000.bin"
    shard.write_bytes(shard.read_bytes()[:-10])
    shard_trace = headwater(tmp_path, "trace", f"{ROOT}/runs/cpt", "--step", "1")
    assert "Traceback" not in shard_trace.stderr
    assert "train-00000.bin" in refused(tmp_path, "verify", f"{ROOT}/tokens/help", status=1)
    shutil.rmtree(tmp_path / ROOT / "stream/cpt")
    assert "truncated" in refused(tmp_path, "run", "small.yaml")


def test_flipped_byte_in_the_ledger_is_named(finished, tmp_path):
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    ledger = tmp_path / ROOT / "runs/cpt/ledger.jsonl"
    lines = ledger.read_text().splitlines()
    lines[2] = lines[2].replace('"phase":0', '"phase":1')
    ledger.write_text("\n".join(lines) + "\n")
    assert "ledger.jsonl:3" in refused(tmp_path, "verify", f"{ROOT}/runs/cpt", status=1)


def test_checkpoint_of_another_shape(finished, tmp_path):
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    model = tmp_path / ROOT / "models/base"
    config = json.loads((model / "config.json").read_text())
    shutil.copytree(model, tmp_path / "raw/other")
    (tmp_path / "raw/other/config.json").write_text(json.dumps({**config, "intermediate_size": 96}))
    edit(tmp_path, "start: {kind: run, run: base}", "start: {kind: checkpoint, path: raw/other}")
    errors = refused(tmp_path, "run", "small.yaml")
    assert "96" in errors
    assert "mlp" in errors


def test_full_disk(folder):
    disk = folder / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        errors = refused(folder, "run", "small.yaml", "--root", "disk/small", status=1)
        assert "No space left" in errors
        assert not list(disk.glob("**/manifest.json")) or all(
            headwater(folder, "verify", str(p.parent.relative_to(folder))).returncode == 0
            for p in disk.glob("small/*/*/manifest.json")
        )
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_two_runs_at_once(folder):
    import fcntl

    (folder / ROOT).mkdir(parents=True)
    with (folder / ROOT / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "another headwater" in refused(folder, "run", "small.yaml")
