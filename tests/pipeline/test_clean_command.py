import json
import os
import subprocess
import sys

import pytest

from pipeline.cli import main

PROSE = (
    "The river carries more water in spring, when the snow in the old mountains melts and the meadows are wet. "
    "Nobody in town knew where it began, or why it never froze, even in years when winter came early to the valley. "
    "They had built a bridge of stone that was said to be older than the church, and they repaired it every summer."
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.jsonl").write_text(json.dumps({"body": PROSE}) + "\n" + json.dumps({"text": "Too short."}) + "\n")
    (tmp_path / "page.html").write_text(f"<html><body><article><p>{PROSE}</p></article></body></html>")
    (tmp_path / "note.md").write_text(PROSE)
    return tmp_path


def run(capsys, *arguments):
    status = main(["clean", *arguments])
    return status, capsys.readouterr()


@pytest.mark.parametrize("name", ["page.html", "note.md"])
def test_a_good_document_is_kept_with_every_value(folder, capsys, name):
    status, said = run(capsys, "--explain", name)
    assert status == 0
    assert "  length       minimum " in said.out
    assert "FIRES" not in said.out
    assert said.out.splitlines()[-1].startswith("kept, unless it repeats another document")


def test_prose_full_of_formulas_is_said_to_be_judged_as_mathematics(folder, capsys):
    (folder / "formulas.md").write_text(f"{PROSE}\n$$\\int_0^1 x\\,dx = \\tfrac{{1}}{{2}}$$\n")
    assert run(capsys, "--explain", "note.md")[1].out.find("of mathematics apply") == -1
    said = run(capsys, "--explain", "formulas.md")[1].out
    assert "formulas: many, so the thresholds of mathematics apply" in said.splitlines()


def test_the_rule_that_fires_is_marked_and_named_at_the_end(folder, capsys):
    status, said = run(capsys, "--explain", "a.jsonl", "--record", "2", "--text")
    assert status == 0
    assert "FIRES: too_short" in said.out
    assert "removed: too_short: found 2 units; allowed at least 20\n\nToo short.\n" in said.out


def test_a_source_brings_its_keys_its_profile_and_its_recipes_rules(folder, capsys, sound_recipe):
    recipe = (
        sound_recipe.read_text().replace("paths: [en.jsonl]", "paths: [en.jsonl], text_key: body")
        + "clean: {filters: [{kind: length}]}\n"
    )
    (folder / "r.yaml").write_text(recipe)
    status, said = run(capsys, "r.yaml", "--source", "en-web", "--explain", "a.jsonl", "--json")
    found = json.loads(said.out)
    assert status == 0
    assert [finding["filter"] for finding in found["findings"]] == ["length"]
    assert found["text"].startswith("The river")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--explain", "none.txt"], "--explain: none.txt: no such file"),
        (["--explain", "note.md", "--record", "2"], "--record: note.md holds fewer than 2 documents"),
        (["--explain", "note.md", "--record", "0"], "--record: documents are numbered from 1"),
        (["--explain", "note.md", "--profile", "eng"], "--profile: eng: no such profile"),
        (["--explain", "note.md", "--source", "web"], "--source names a source of a recipe"),
        (["r.yaml", "--explain", "note.md"], "--source: which one of en-web, zh-web?"),
        (["r.yaml", "--explain", "note.md", "--source", "en"], "--source: en: no such source"),
    ],
)
def test_a_wrong_request_is_one_line(folder, capsys, sound_recipe, arguments, words):
    (folder / "r.yaml").write_text(sound_recipe.read_text())
    status, said = run(capsys, *arguments)
    assert status == 2
    assert words in said.err


def test_a_terminal_without_chinese_is_shown_code_points(folder):
    (folder / "a.txt").write_text("中文\u00e9\U0001f600", encoding="utf-8")
    here = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "latin-1"}
    said = {}
    for option in ("--text", "--json"):
        command = [sys.executable, "-m", "pipeline.cli", "clean", "--explain", "a.txt", option]
        done = subprocess.run(command, env={**here, "PYTHONPATH": os.pathsep.join(sys.path)}, capture_output=True)
        assert done.returncode == 0, done.stderr
        said[option] = done.stdout.decode("latin-1")
    assert said["--text"].endswith("\n\\u4e2d\\u6587\u00e9\\U0001f600\n")
    assert json.loads(said["--json"])["text"] == "中文\u00e9\U0001f600"
