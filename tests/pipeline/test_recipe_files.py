"""What a recipe names on this disk is looked at before any work: by check, and at the start of a run."""

import json

import pytest
from tiny_llama import write_tiny_llama

from pipeline.cli import main

LABELS = """
  - kind: topic
    labels: {kind: file, paths: [topics.csv], sources: [en-web], topic_key: subject}
  - kind: quality
    examples: {kind: sets, positive: {files: {paths: [good.jsonl]}}, negative: {sources: [en-web]}}
  - {kind: perplexity, checkpoint: {kind: checkpoint, path: model}, scoring: {precision: fp32}}
"""


@pytest.fixture
def recipe(sound_recipe, monkeypatch):
    """A recipe with labels that read files, and those files."""
    folder = sound_recipe.parent
    monkeypatch.chdir(folder)
    sound_recipe.write_text(sound_recipe.read_text().replace("labels:\n", f"labels:{LABELS}"))
    (folder / "topics.csv").write_text("id,subject\n1,law-policy\n2,medicine-health\n")
    (folder / "good.jsonl").write_text(json.dumps({"text": "x"}) + "\n")
    write_tiny_llama(folder / "model")
    return sound_recipe


def said(capsys, *arguments):
    status = main(list(map(str, arguments)))
    out, err = capsys.readouterr()
    return status, out, err


def test_what_is_there_and_right_is_not_spoken_of(recipe, capsys):
    status, out, err = said(capsys, "check", recipe)
    assert (status, err) == (0, "")
    assert "labels" not in out


def test_check_lists_what_is_not_there_yet(recipe, capsys):
    for name in ("topics.csv", "good.jsonl", "model/config.json"):
        (recipe.parent / name).unlink()
    status, out, _ = said(capsys, "check", recipe)
    assert status == 0
    assert [line for line in out.splitlines() if "labels" in line] == [
        "  not here yet: labels.0.labels.paths.0: topics.csv",
        "  not here yet: labels.1.examples.positive.files.paths.0: good.jsonl",
        "  not here yet: labels.2.checkpoint.path: model/config.json",
    ]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        (
            "topics.csv",
            "id,topic\n1,law-policy\n",
            "labels.0.labels.paths.0: topics.csv:2: subject: found keys id, topic",
        ),
        (
            "topics.csv",
            "id,subject\n1,low-policy\n",
            "topics.csv:2: low-policy: no such topic; did you mean law-policy?",
        ),
        ("topics.csv", "id,subject\n", "topics.csv: no rows in it"),
        (
            "good.jsonl",
            '{"body": "x"}\n',
            "labels.1.examples.positive.files.paths.0: good.jsonl:1: none of the fields text",
        ),
        ("good.jsonl", "no\n", "good.jsonl:1: not JSON"),
        ("model/model.safetensors", None, "labels.2.checkpoint.path: model: no safetensors there"),
        ("model/tokenizer.json", None, "no tokenizer.json and no tokenizer.model"),
    ],
)
@pytest.mark.parametrize("verb", ["check", "run"])
def test_what_is_wrong_is_found_at_once_with_its_line(recipe, capsys, verb, name, text, words):
    path = recipe.parent / name
    path.unlink() if text is None else path.write_text(text)
    (recipe.parent / "en.jsonl").write_text('{"id": "1", "text": "x"}\n')
    status, _, err = said(capsys, verb, recipe)
    assert status == 2
    assert any(line.startswith(f"{recipe}:") and words in line for line in err.splitlines())
    assert not (recipe.parent / "work").exists()


def test_an_unknown_taxonomy_and_a_benchmark_without_text(recipe, capsys):
    (recipe.parent / "questions.jsonl").write_text('{"question": 3}\n')
    text = recipe.read_text().replace("kind: topic\n", "kind: topic\n    taxonomy: llama-syne\n")
    recipe.write_text(text + "clean: {decontaminate: {files: [questions.jsonl]}}\n")
    status, _, err = said(capsys, "check", recipe)
    assert status == 2
    first, second = err.splitlines()
    assert "labels.0.taxonomy: llama-syne: no such taxonomy; allowed: llama3-syne" in first
    assert "clean.decontaminate.files.0: questions.jsonl: no text in it" in second


def test_a_run_of_one_stage_asks_for_its_own_files_alone(recipe, capsys):
    (recipe.parent / "topics.csv").unlink()
    _, _, err = said(capsys, "run", recipe, "--only", "corpus/en-web")
    assert err.splitlines() == [
        f"{recipe}:6: sources.en-web.read.paths: en.jsonl: no such file (paths start at {recipe.parent})"
    ]
    _, _, err = said(capsys, "run", recipe, "--only", "learned/topic")
    assert "labels.0.labels.paths.0: topics.csv: no such file" in err
