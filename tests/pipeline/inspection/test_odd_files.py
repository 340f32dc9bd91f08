"""However odd a file is, check says what is wrong and where, on printable lines, and never ends in a traceback."""

import json
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tiny_llama import write_tiny_llama

from pipeline.cli import main

RECIPE = """
name: r
tokenizer: {kind: file, path: model}
sources:
  a: {read: {kind: jsonl, paths: ["d/*.jsonl"], id_key: id}, profile: en, license: CC0-1.0}
  b: {read: {kind: parquet, paths: ["d/*.parquet"]}, profile: en, license: CC0-1.0}
  c: {read: {kind: arrow, paths: ["d/*.arrow"]}, profile: en, license: CC0-1.0}
  d: {read: {kind: hugging_face, dataset: saved}, profile: en, license: CC0-1.0}
labels: [{kind: perplexity, checkpoint: {kind: checkpoint, path: model}}, {kind: fertility, tokenizer: model}]
runs:
  cpt:
    start: {kind: checkpoint, path: model}
    phases: [{name: p, tokens: 4K, mixture: {kind: static, shares: {a: 1.0}}}]
    sequence_length: 64
    batch: 4
    learning_rate: {kind: warmup_constant, peak: 1.0e-3, warmup: 1K}
"""
VALUES = (None, "x", [], {}, -1, 0, 2**70, float("nan"), True, [1, None], {"a": 1}, "", 1.5, "\x1b[31m", "\u202e")
SETTINGS = ("rope_scaling", "rope_parameters", "sliding_window", "head_dim", "model_type", "vocab_size")


def write_all(folder):
    write_tiny_llama(folder / "model")
    (folder / "model" / "tokenizer_config.json").write_text('{"eos_token": "<s>"}')
    (folder / "d").mkdir()
    (folder / "d" / "a.jsonl").write_text('{"id": "1", "text": "some words"}\n' * 3)
    table = pa.table({"text": ["some words"] * 9, "id": ["1"] * 9})
    pq.write_table(table, folder / "d" / "b.parquet")
    with pa.OSFile(str(folder / "d" / "c.arrow"), "wb") as file, pa.ipc.new_file(file, table.schema) as out:
        out.write_table(table)
    (folder / "saved").mkdir()
    (folder / "saved" / "dataset_dict.json").write_text('{"splits": ["train"]}')


def in_json(drawn, path):
    """Put something odd somewhere into a JSON file."""
    whole = here = json.loads(path.read_text())
    if path.name == "config.json" and drawn.random() < 0.5:
        here[drawn.choice(SETTINGS)] = drawn.choice(VALUES)
    while isinstance(here, dict | list) and here:
        key = drawn.choice(list(here)) if isinstance(here, dict) else drawn.randrange(len(here))
        if isinstance(here[key], dict | list) and here[key] and drawn.random() < 0.6:
            here = here[key]
        else:
            here[key] = drawn.choice(VALUES)
            break
    path.write_text(json.dumps(whole))


def in_header(drawn, path):
    """Put something odd into the header of a safetensors file."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    odd = {"dtype": drawn.choice(VALUES), "shape": [drawn.choice(VALUES)], "data_offsets": drawn.choice(VALUES)}
    header[drawn.choice(list(header))] = drawn.choice([odd, drawn.choice(VALUES)])
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data[8 + length :])


def in_bytes(drawn, path):
    data = bytearray(path.read_bytes())
    for _ in range(drawn.randrange(1, 20)):
        data[drawn.randrange(len(data))] = drawn.randrange(256)
    path.write_bytes(data[: drawn.choice([len(data), drawn.randrange(len(data))])])


def instead(drawn, path):
    path.unlink()
    drawn.choice([path.mkdir, path.touch, lambda: path.symlink_to("nowhere"), lambda: path.symlink_to(path.name)])()


@pytest.mark.parametrize("seed", range(8))
def test_nothing_ends_in_a_traceback(tmp_path, monkeypatch, capsys, seed):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "r.yaml").write_text(RECIPE)
    write_all(tmp_path)
    capsys.readouterr()
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".yaml"]
    kept = {path: path.read_bytes() for path in files}
    drawn = random.Random(seed)
    for _ in range(20):
        path = drawn.choice(files)
        ways = [in_bytes, instead, *([in_json] * 4 if path.suffix == ".json" else ())]
        drawn.choice([*ways, *([in_header] * 4 if path.suffix == ".safetensors" else ())])(drawn, path)
        status = main(["check", "r.yaml"])
        out, err = capsys.readouterr()
        assert status in (0, 2)
        assert all(line.isprintable() for line in [*out.splitlines(), *err.splitlines()])
        assert [line for line in err.splitlines() if not line.startswith("r.yaml:")] == []
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        path.unlink(missing_ok=True)
        path.write_bytes(kept[path])
