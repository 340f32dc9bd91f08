"""Whatever needs one look at a local file is said by check, plan and run before any work, all at once."""

import gzip
import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from tiny_llama import write_tiny_llama

from pipeline.cli import main

RECIPE = """
name: r
tokenizer: {kind: file, path: model}
sources:
  a:
    read: {kind: jsonl, paths: ["d/*.jsonl"]}
    profile: en
    license: CC0-1.0
runs:
  cpt:
    start: {kind: checkpoint, path: model}
    phases: [{name: p, tokens: 4K, mixture: {kind: static, shares: {a: 1.0}}}]
    sequence_length: 64
    batch: 4
    learning_rate: {kind: warmup_constant, peak: 1.0e-3, warmup: 1K}
    precision: fp32
"""


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    folder = write_tiny_llama(tmp_path_factory.mktemp("models") / "model")
    (folder / "tokenizer_config.json").write_text(json.dumps({"eos_token": "<s>"}))
    return folder


@pytest.fixture
def world(tmp_path, monkeypatch, checkpoint):
    """A recipe that is sound, with everything that it names."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model").mkdir()
    for file in checkpoint.iterdir():
        (tmp_path / "model" / file.name).write_bytes(file.read_bytes())
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a.jsonl").write_text(json.dumps({"id": "1", "text": "some words"}) + "\n")
    (tmp_path / "r.yaml").write_text(RECIPE)
    return tmp_path


def said(capsys, *arguments):
    status = main(list(arguments))
    out, err = capsys.readouterr()
    return status, out, err.splitlines()


def reads(world, read):
    text = (world / "r.yaml").read_text()
    (world / "r.yaml").write_text(text.replace('{kind: jsonl, paths: ["d/*.jsonl"]}', read))


def configured(world, **changes):
    path = world / "model" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_what_is_sound_is_said_to_be(world, capsys):
    assert said(capsys, "check", "r.yaml") == (0, "r.yaml: sound: 1 source, 1 run\n", [])
    assert said(capsys, "check", "--strict", "r.yaml")[0] == 0


@pytest.mark.parametrize("verb", ["check", "plan", "run"])
def test_a_model_of_another_family_is_refused_with_every_field(world, capsys, verb):
    configured(world, model_type="qwen3", attention_bias=True, rope_parameters={"rope_type": "yarn", "factor": 4.0})
    status, _, lines = said(capsys, verb, "r.yaml")
    assert status == 2
    assert lines == [
        f"r.yaml:11: runs.cpt.start.path: {file}: {what}"
        for file, what in (
            (lines[0].split(": ")[2], 'model_type: found "qwen3", allowed is "llama" or "mistral"'),
            (lines[0].split(": ")[2], "attention_bias: found true, allowed is false or null"),
            (lines[0].split(": ")[2], 'rope_parameters.rope_type: found "yarn", allowed is "default" or "llama3"'),
        )
    ]
    assert not (world / "work").exists()


def test_run_and_tokenizer_must_fit_the_model(world, capsys):
    configured(world, max_position_embeddings=32)
    tokenizer = json.loads((world / "model" / "tokenizer.json").read_text())
    tokenizer["added_tokens"].append({**tokenizer["added_tokens"][0], "id": 4095, "content": "<new>"})
    (world / "model" / "tokenizer.json").write_text(json.dumps(tokenizer))
    status, _, lines = said(capsys, "check", "r.yaml")
    assert status == 2
    assert [line.split(": ", 1)[1] for line in lines] == [
        "runs.cpt.start: the tokenizer has 4,096 tokens, the model's vocabulary 300; "
        "use the checkpoint's own tokenizer",
        "runs.cpt.sequence_length: found 64, allowed is at most 32, the longest sequence that the model is made for "
        "(its config.json)",
    ]
    assert [line.split(":")[1] for line in lines] == ["11", "13"]


def rewritten(path, change):
    """Change the header of a safetensors file."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    change(header)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + length :])


def lose(name):
    return lambda header: header.update({f"{name}2": header.pop(name)})


def index(world, names):
    (world / "model" / "model.safetensors.index.json").write_text(json.dumps({"weight_map": names}))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda w: rewritten(w, lose("model.norm.weight")), "tensor model.norm.weight: missing, expected [32]"),
        (lambda w: w.write_bytes(w.read_bytes()[:-4]), "not a whole safetensors file: its header asks for"),
        (lambda w: w.write_bytes(b"abc"), "not a whole safetensors file"),
        (lambda w: w.write_bytes(b""), "not a whole safetensors file"),
        (lambda w: w.write_bytes(b"version https://git-lfs.github.com/spec/v1\n"), "not a whole safetensors file"),
        (lambda w: w.rename(w.with_name("pytorch_model.bin")), "weights are read from safetensors alone"),
        (lambda w: w.unlink(), "model.safetensors: no such file"),
        (lambda w: index(w.parents[1], {"a": "gone.safetensors"}), "gone.safetensors: no such file"),
        (lambda w: index(w.parents[1], ["a"]), "found no JSON object with a weight_map"),
    ],
)
def test_weights_are_looked_at(world, capsys, damage, words):
    damage(world / "model" / "model.safetensors")
    status, _, lines = said(capsys, "check", "r.yaml")
    assert status == 2
    assert lines[0].startswith("r.yaml:11: runs.cpt.start.path: ") and words in lines[0]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda m: (m / "tokenizer.json").unlink(), "tokenizer.path: model: no tokenizer.json and no tokenizer.model"),
        (lambda m: (m / "tokenizer.json").write_text("{}"), "tokenizer.json: not a tokenizer.json: no 'model'"),
        (lambda m: (m / "tokenizer_config.json").unlink(), "tokenizer.end_of_document: model names no end-of-sequence"),
        (lambda m: (m / "tokenizer_config.json").write_text('{"eos_token": "</s>"}'), "model has no token '</s>'"),
    ],
)
def test_the_tokenizer_is_looked_at(world, capsys, damage, words):
    damage(world / "model")
    status, _, lines = said(capsys, "check", "r.yaml")
    assert (status, len(lines)) == (2, 1)
    assert lines[0].startswith("r.yaml:3: tokenizer.") and words in lines[0]


def write(path, rows):
    path.parent.mkdir(exist_ok=True)
    text = "".join(json.dumps(row) + "\n" for row in rows).encode()
    match path.suffix:
        case ".parquet":
            pq.write_table(pa.Table.from_pylist(rows), path)
        case ".arrow":
            table = pa.Table.from_pylist(rows)
            with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as out:
                out.write_table(table)
        case ".gz":
            path.write_bytes(gzip.compress(text))
        case ".zst":
            path.write_bytes(zstandard.compress(text))
        case _:
            path.write_bytes(text)


@pytest.mark.parametrize("verb", ["check", "plan", "run"])
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("jsonl", "b.jsonl"),
        ("jsonl", "b.jsonl.gz"),
        ("jsonl", "b.jsonl.zst"),
        ("parquet", "b.parquet"),
        ("arrow", "b.arrow"),
    ],
)
def test_keys_that_no_record_has(world, capsys, verb, kind, name):
    write(world / "e" / name, [{"doc_id": "1", "body": "some words"}] * 3)
    reads(world, f"{{kind: {kind}, paths: [e/{name}], id_key: docid}}")
    status, _, lines = said(capsys, verb, "r.yaml")
    assert status == 2
    first = "none of its first 3 records has" if kind == "jsonl" else "no column"
    assert [line.split(": ", 1)[1] for line in lines] == [
        f"sources.a.read.text_key: e/{name}: {first} text (found: doc_id, body); name what holds the text",
        f"sources.a.read.id_key: e/{name}: no record that was looked at has docid; did you mean doc_id? "
        "(found: doc_id, body)",
    ]
    assert {line.split(":")[1] for line in lines} == {"6"}


@pytest.mark.parametrize(
    ("kind", "name", "rows", "words"),
    [
        ("parquet", "b.parquet", [{"text": 3}], "text holds whole numbers, text is needed"),
        ("jsonl", "b.jsonl", [{"text": ["a"]}], "text holds values of type list, text is needed"),
        ("parquet", "b.parquet", [{"text": "a", "id": 0.5}], "id holds values of type double; ids are text or whole"),
        ("jsonl", "b.jsonl", [{"text": "a", "id": 0.5}], "id holds values of type float; ids are text or whole"),
        ("jsonl", "b.jsonl", [["a"]], "line 1: found list; one JSON object a line is needed"),
        ("jsonl", "b.parquet", [{"text": "a"}], "line 1: a file of parquet, which is read by `kind: parquet`"),
        ("parquet", "b.jsonl", [{"text": "a"}], "not readable as parquet"),
        ("arrow", "b.jsonl", [{"text": "a"}], "not readable as arrow"),
    ],
)
def test_records_that_cannot_be_used(world, capsys, kind, name, rows, words):
    write(world / "e" / name, rows)
    reads(world, f"{{kind: {kind}, paths: [e/{name}], id_key: id}}")
    status, _, lines = said(capsys, "check", "r.yaml")
    assert status == 2
    assert any(f"e/{name}" in line or "id_key" in line for line in lines)
    assert any(words in line for line in lines)


def test_one_file_of_many_is_a_warning(world, capsys):
    write(world / "d" / "b.jsonl", [{"body": "words"}])
    (world / "d" / "c.jsonl").write_text("no json\n")
    status, out, lines = said(capsys, "check", "r.yaml")
    assert (status, lines) == (0, [])
    assert [line for line in out.splitlines() if line.startswith("warning")] == [
        "warning: r.yaml:6: sources.a.read.paths: d/c.jsonl: line 1: not JSON: Expecting value: "
        "line 1 column 1 (char 0)",
        "warning: r.yaml:6: sources.a.read.text_key: d/b.jsonl: none of its first 1 records has text (found: body); "
        "name what holds the text",
    ]


def test_a_folder_and_an_empty_file_are_not_what_a_pattern_means(world, capsys):
    (world / "d" / "empty.jsonl").touch()
    reads(world, "{kind: jsonl, paths: [d, d/empty.jsonl]}")
    status, _, lines = said(capsys, "check", "r.yaml")
    assert status == 2
    assert [line.split(": ", 1)[1] for line in lines] == [
        "sources.a.read.paths: d is a folder; write a pattern for the files in it, such as d/*",
        "sources.a.read.paths: d/empty.jsonl: the file is empty",
    ]


def test_a_saved_dataset_says_its_splits_and_columns(world, capsys):
    folder = world / "saved" / "train"
    folder.mkdir(parents=True)
    (world / "saved" / "dataset_dict.json").write_text('{"splits": ["train"]}')
    (folder / "dataset_info.json").write_text('{"features": {"body": {}}}')
    reads(world, "{kind: hugging_face, dataset: saved}")
    assert "no column text (found: body)" in said(capsys, "check", "r.yaml")[2][0]
    reads(world, "{kind: hugging_face, dataset: saved, split: test}")
    text = (world / "r.yaml").read_text().replace("dataset: saved}", "dataset: saved, split: test}")
    (world / "r.yaml").write_text(text)
    assert "sources.a.read.split: saved: no split test (allowed: train)" in said(capsys, "check", "r.yaml")[2][0]


def test_strict_takes_what_is_not_here_for_an_error(world, capsys, monkeypatch):
    (world / "d" / "a.jsonl").unlink()
    (world / "model").rename(world / "elsewhere")
    text = (world / "r.yaml").read_text().replace("{kind: checkpoint, path: model}", "{kind: checkpoint, path: org/m}")
    (world / "r.yaml").write_text(text)
    status, out, _ = said(capsys, "check", "r.yaml")
    assert status == 0
    assert out.splitlines()[1:] == [
        "  not here yet: sources.a.read.paths: d/*.jsonl",
        "  not here yet: runs.cpt.start.path: org/m/config.json "
        "(download it first: hf download org/m --local-dir org/m)",
        "  not here yet: tokenizer.path: model (it is asked of the hub by that name)",
    ]
    status, _, lines = said(capsys, "check", "--strict", "r.yaml")
    assert status == 2
    assert lines[0] == f"r.yaml:6: sources.a.read.paths: d/*.jsonl: no file fits this pattern (paths start at {world})"
    assert len(lines) == 3


def test_variables_of_endpoints_are_not_here_yet(world, capsys, monkeypatch):
    monkeypatch.delenv("NO_KEY", raising=False)
    labels = (
        "labels: [{kind: topic, labels: {kind: endpoint, sources: [a], "
        "endpoint: {url: 'http://h:1/v1', model: m, api_key_env: NO_KEY}}}]\n"
    )
    (world / "r.yaml").write_text(RECIPE + labels)
    assert "  not here yet: labels.0.labels.endpoint.api_key_env: NO_KEY\n" in said(capsys, "check", "r.yaml")[1]


@pytest.mark.parametrize("path", ["t.json", "models/x", "d/nothing", "./here", "tokenizer.model"])
def test_what_looks_like_a_path_is_never_asked_of_the_hub(world, capsys, monkeypatch, path):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    text = (world / "r.yaml").read_text().replace("{kind: file, path: model}", f"{{kind: file, path: {path}}}")
    (world / "r.yaml").write_text(text)
    status, _, lines = said(capsys, "run", "r.yaml")
    assert (status, lines) == (2, [f"r.yaml:3: tokenizer.path: {path}: no such file (paths start at {world})"])
    reads(world, f"{{kind: hugging_face, dataset: {path}}}")
    assert f"sources.a.read.dataset: {path}: no such file" in said(capsys, "run", "r.yaml")[2][0]


def test_lists_and_models_that_are_none(world, capsys):
    (world / "hosts.txt").write_bytes(b"\xff\n")
    (world / "lid.ftz").write_bytes(b"not a model")
    text = "clean: {language_model: lid.ftz, filters: [{kind: url, file: hosts.txt}]}\n"
    (world / "r.yaml").write_text(RECIPE + text)
    status, _, lines = said(capsys, "check", "r.yaml")
    assert status == 2
    assert [line.split(": ", 1)[1] for line in lines] == [
        "clean.filters.0: hosts.txt: byte 0 is not UTF-8",
        "clean.language_model: lid.ftz: not a fastText model",
    ]


def test_what_the_recipe_alone_says_of_its_model(world, capsys):
    fresh = (
        "{kind: architecture, architecture: {num_layers: 1, hidden_size: 32, feed_forward_size: 64, num_heads: 2, "
        "num_key_value_heads: 2, vocabulary_size: 300, max_sequence_length: 32}}"
    )
    text = (world / "r.yaml").read_text().replace("{kind: checkpoint, path: model}", fresh)
    text = text.replace("{kind: file, path: model}", "{kind: train, vocabulary_size: 310, sources: [a]}")
    (world / "r.yaml").write_text(text)
    status, _, lines = said(capsys, "check", "r.yaml")
    assert status == 2
    assert [line.split(": ", 1)[1] for line in lines] == [
        "runs.cpt.start: the tokenizer has 310 tokens, the model's vocabulary 300; raise vocabulary_size",
        "runs.cpt.sequence_length: found 64, allowed is at most 32, the longest sequence that the model is made for "
        "(max_sequence_length of the architecture)",
    ]


@pytest.mark.parametrize(
    ("arguments", "said_of_it"),
    [
        (
            ["--processes", "3"],
            "runs.cpt.batch: 4 sequences cannot be divided over 3 copies of the model in micro-batches of 1",
        ),
        (["--layout", "tensor=8", "--processes", "8"], "runs.cpt: layout.tensor: 8 does not divide num_heads 4"),
        (["--layout", "pipeline=3", "--processes", "3"], "runs.cpt: layout.pipeline: 3 does not divide num_layers 2"),
        (
            ["--layout", "context=3", "--processes", "3"],
            "runs.cpt.sequence_length: 64 is no multiple of 6, two chunks for each of 3 (context)",
        ),
    ],
)
def test_a_run_that_cannot_be_divided_is_refused_before_any_work(world, capsys, arguments, said_of_it):
    status, _, lines = said(capsys, "run", "r.yaml", *arguments)
    assert status == 2
    assert lines[0].split(": ", 1)[1] == said_of_it
    assert not (world / "work").exists()


def test_a_slow_number_format_is_warned_of_where_there_is_no_gpu(world, capsys, monkeypatch):
    (world / "r.yaml").write_text(RECIPE.replace("fp32", "bf16"))
    slow = "this machine has no GPU: bf16 on a CPU takes about 5 times as long as fp32"
    monkeypatch.setattr("pipeline.machine._DEVICES", ())
    monkeypatch.setattr("pipeline.machine.has_fast_bf16", lambda: False)
    whole = f"warning: r.yaml:16: runs.cpt.precision: {slow}; for a CPU write `precision: fp32`\n"
    assert whole in said(capsys, "check", "r.yaml")[1]
    (world / "r.yaml").write_text(
        RECIPE + "labels: [{kind: perplexity, checkpoint: {kind: checkpoint, path: model}}]\n"
    )
    assert f"labels.0.scoring.precision: {slow}" in said(capsys, "check", "r.yaml")[1]
    (world / "r.yaml").write_text(RECIPE.replace("fp32", "bf16"))
    monkeypatch.setattr("pipeline.machine.has_fast_bf16", lambda: True)
    fast = f"{slow} where the processor has no instructions for it (this one has); for"
    assert fast in said(capsys, "check", "r.yaml")[1]
    assert slow in said(capsys, "plan", "r.yaml")[1]
    assert slow not in said(capsys, "plan", "r.yaml", "--gpus", "1")[1]
    monkeypatch.setattr("pipeline.machine._DEVICES", ("/",))
    assert slow not in said(capsys, "check", "r.yaml")[1]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert slow in said(capsys, "check", "r.yaml")[1]


def test_topics_that_are_none_are_found_in_mixtures(world, capsys):
    labels = "labels: [{kind: topic, labels: {kind: sources, topics: {a: medicine-health}}}]\nslices: [topic]\n"
    within = "{kind: static, shares: {a: 1.0}}"
    weighed = "{kind: perplexity_feedback, sources: [a], weights: {a/topic=medicin-health: 2.0}, of: " + within + "}"
    text = RECIPE.replace(within, weighed)
    (world / "r.yaml").write_text(text + labels)
    status, _, lines = said(capsys, "check", "r.yaml")
    assert status == 2
    assert "no such topic: medicin-health; did you mean medicine-health?" in lines[0]


def test_an_empty_data_folder_and_a_wrong_profile(world, capsys):
    (world / "r.yaml").write_text(RECIPE.replace("profile: en", "profile: eng"))
    assert (
        "sources.a.profile: found 'eng'; did you mean en? (allowed: code, en, mail"
        in said(capsys, "check", "r.yaml")[2][0]
    )


def test_weights_of_checkpoints_that_score_are_looked_at_too(world, capsys):
    (world / "other").mkdir()
    for file in (world / "model").iterdir():
        (world / "other" / file.name).write_bytes(file.read_bytes())
    rewritten(world / "other" / "model.safetensors", lose("model.norm.weight"))
    text = "labels: [{kind: perplexity, checkpoint: {kind: checkpoint, path: other}}]\n"
    (world / "r.yaml").write_text(RECIPE + text)
    status, _, lines = said(capsys, "check", "r.yaml")
    assert status == 2
    assert lines[0].startswith("r.yaml:17: labels.0.checkpoint.path: ")
    assert "tensor model.norm.weight: missing" in lines[0]


def test_a_store_whose_package_is_not_here_is_said(world, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    reads(world, '{kind: jsonl, paths: ["s3://bucket/*.jsonl"]}')
    status, out, _ = said(capsys, "check", "r.yaml")
    assert status == 0
    assert (
        "warning: r.yaml:6: sources.a.read.paths: s3://bucket/*.jsonl needs s3fs, not installed here: "
        "pip install 'headwater[stores]'\n"
    ) in out


def test_another_tokenizer_of_a_signal_is_looked_at(world, capsys):
    labels = "labels: [{kind: fertility, tokenizer: other.json}]\n"
    (world / "r.yaml").write_text(RECIPE + labels)
    assert "  not here yet: labels.0.tokenizer: other.json\n" in said(capsys, "check", "r.yaml")[1]
    (world / "other.json").write_text('{"model": {}}')
    status, _, lines = said(capsys, "check", "r.yaml")
    assert (status, len(lines)) == (2, 1)
    assert lines[0].startswith("r.yaml:17: labels.0.tokenizer: ") and "not a tokenizer.json: no 'vocab'" in lines[0]


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [
        ("text", b"PAR1....", "a file of parquet, which is read by `kind: parquet`"),
        ("text", b"%PDF-1.7", "a PDF"),
        ("html", b"PK\x03\x04....", "a ZIP archive"),
        ("warc", b"<html></html>", "no web archive: it does not begin with WARC/"),
        ("warc", b"WARC/1.0\r\n", None),
        ("text", b"\xef\xbb\xbfwords", None),
    ],
)
def test_files_of_another_kind(world, capsys, kind, data, words):
    (world / "e").mkdir()
    (world / "e" / "a").write_bytes(data)
    reads(world, f"{{kind: {kind}, paths: [e/a]}}")
    status, _, lines = said(capsys, "check", "r.yaml")
    assert lines == ([f"r.yaml:6: sources.a.read.paths: e/a: {words}"] if words else [])
    assert status == (2 if words else 0)


def test_mistakes_of_the_recipe_and_of_its_files_are_said_together(world, capsys):
    write(world / "d" / "a.jsonl", [{"body": "words"}])
    configured(world, model_type="qwen3")
    (world / "r.yaml").write_text(RECIPE.replace("shares: {a: 1.0}", "shares: {b: 1.0}"))
    status, _, lines = said(capsys, "check", "r.yaml")
    assert status == 2
    assert [line.split(": ")[1] for line in lines] == [
        "runs.cpt.phases.0.mixture.shares.b",
        "sources.a.read.text_key",
        "runs.cpt.start.path",
    ]


def test_looking_needs_no_extra(world):
    write(world / "d" / "b.jsonl.gz", [{"text": "some words"}])
    write(world / "e" / "c.parquet", [{"text": "some words"}])
    labels = "labels: [{kind: perplexity, checkpoint: {kind: checkpoint, path: model}}]\n"
    (world / "r.yaml").write_text(RECIPE.replace('"d/*.jsonl"', '"d/*.jsonl*"') + labels)
    code = (
        "import sys; from pipeline.cli import main; status = main(['check', 'r.yaml']); "
        "heavy = {'torch', 'megatron', 'transformers', 'datatrove', 'datasets', 'tokenizers', 'safetensors', 'scipy'}; "
        "print(status, sorted(heavy & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"
