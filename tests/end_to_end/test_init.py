"""A first recipe is written from a folder of text and a checkpoint, passes check, and runs to the end."""

import gzip
import json
import pydoc_data.topics
import re
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from small_run import CHINESE, headwater
from tiny_llama import write_tiny_llama


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("init")
    help_texts = [text for _, text in sorted(pydoc_data.topics.topics.items())]
    (folder / "data" / "general" / "2024").mkdir(parents=True)
    (folder / "data" / "domain").mkdir()
    (folder / "data" / "no[tes]").mkdir()
    lines = "".join(json.dumps({"doc_id": str(i), "content": text}) + "\n" for i, text in enumerate(help_texts[:40]))
    (folder / "data" / "general" / "2024" / "a.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    rows = [{"n": i, "title": "t", "body": f"{text}\n{i}"} for i, text in enumerate(help_texts[40:])]
    pq.write_table(pa.Table.from_pylist(rows), folder / "data" / "domain" / "a.parquet")
    for i in range(12):
        text = "\n".join(CHINESE[(i + j) % 10] for j in range(6)) + f"第{i}节。"
        (folder / "data" / "no[tes]" / f"{i}.md").write_text(text, encoding="utf-8")
    (folder / "data" / "no[tes]" / "x.pdf").write_bytes(b"%PDF")
    write_tiny_llama(folder / "models" / "llama", longest=128)
    return folder


def test_what_is_found_is_written(folder):
    done = headwater(folder, "init", "data", "models/llama")
    assert (done.returncode, done.stderr) == (0, "")
    text = (folder / "mine.yaml").read_text(encoding="utf-8")
    recipe = yaml.safe_load(text)
    assert {name: source["read"] for name, source in recipe["sources"].items()} == {
        "domain": {"kind": "parquet", "paths": ["data/domain/*.parquet"], "text_key": "body"},
        "general": {
            "kind": "jsonl",
            "paths": ["data/general/**/*.jsonl.gz"],
            "text_key": "content",
            "id_key": "doc_id",
        },
        "no-tes": {"kind": "text", "paths": ["data/no[[]tes]/*.md"]},
    }
    assert [source["profile"] for source in recipe["sources"].values()] == ["en", "en", "zh"]
    assert recipe["tokenizer"] == {"kind": "file", "path": "models/llama", "end_of_document": "<s>"}
    run = recipe["runs"]["cpt"]
    assert (run["sequence_length"], run["precision"]) == (128, "fp32")
    assert "# Left out, for no reader reads them: 1 .pdf." in text


def test_it_is_sound_and_runs_to_the_end(folder):
    assert headwater(folder, "check", "--strict", "mine.yaml").returncode == 0
    assert headwater(folder, "plan", "mine.yaml").returncode == 0
    text = (folder / "mine.yaml").read_text(encoding="utf-8")
    short = re.sub(r"warmup: [\w.]+", "warmup: 1K", re.sub(r"        tokens: .*", "        tokens: 8K", text))
    (folder / "short.yaml").write_text(short, encoding="utf-8")
    done = headwater(folder, "run", "short.yaml")
    assert done.returncode == 0, done.stderr
    assert (folder / "work" / "mine" / "models" / "cpt" / "model.safetensors").is_file()


def test_nothing_is_overwritten(folder):
    before = (folder / "mine.yaml").read_bytes()
    done = headwater(folder, "init", "data", "models/llama")
    assert (done.returncode, done.stderr) == (2, "mine.yaml: exists; it is not overwritten, name another by --out\n")
    assert (folder / "mine.yaml").read_bytes() == before
    assert [path.name for path in folder.iterdir() if "draft" in path.name] == []


def test_what_cannot_be_trained_is_not_written(folder):
    broken = folder / "broken"
    shutil.copytree(folder / "models" / "llama", broken)
    config = json.loads((broken / "config.json").read_text())
    (broken / "config.json").write_text(json.dumps({**config, "model_type": "qwen3"}))
    done = headwater(folder, "init", "data", "broken", "--out", "other.yaml")
    assert done.returncode == 2 and 'model_type: found "qwen3"' in done.stderr
    for arguments in (["data", "nothing"], ["nothing", "models/llama"], ["models", "models/llama"], ["data"], []):
        done = headwater(folder, "init", *arguments, "--out", "other.yaml")
        assert done.returncode == 2 and len(done.stderr.splitlines()) == 1, done.stderr
    assert not (folder / "other.yaml").exists()


def test_shipped_files_are_copied_and_found_by_name(tmp_path):
    assert headwater(tmp_path, "init", "--from", "llama3-syne").returncode == 0
    assert headwater(tmp_path, "init", "--from", "ratio").returncode == 0
    assert headwater(tmp_path, "init", "--from", "order").returncode == 0  # with the same base recipes as the last
    assert sorted(path.stem for path in (tmp_path / "sizes").iterdir()) == ["pocket", "proxy", "tinyllama"]
    text = (tmp_path / "llama3-syne.yaml").read_text().replace("name: llama3-syne", "name: other")
    (tmp_path / "llama3-syne").write_text(text)
    assert headwater(tmp_path, "check", "llama3-syne").stdout.startswith("llama3-syne: sound")
    (tmp_path / "llama3-syne").unlink()
    assert "mixtures/recipes/llama3-syne.yaml: sound" in headwater(tmp_path, "check", "llama3-syne").stdout
    assert headwater(tmp_path, "tune", "ratio.yaml", "--dry-run").returncode == 0
    assert headwater(tmp_path, "init", "--from", "order").returncode == 2
    done = headwater(tmp_path, "check", "lama3-syne")
    assert done.returncode == 2 and "did you mean llama3-syne?" in done.stderr
    assert headwater(tmp_path, "--version").stdout == "headwater 0.1.0\n"
