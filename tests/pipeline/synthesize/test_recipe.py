"""A source that a model writes, as part of a recipe: checked, planned, made, cleaned, stale for good reasons only."""

import json

import pyarrow.parquet as pq
import pytest
from chat_server import ChatServer
from tiny_llama import write_tiny_llama
from written_recipe import RECIPE, sound, write

from pipeline.cli import main
from pipeline.errors import UserError
from pipeline.plan import make_plan
from pipeline.recipe import load_recipe
from pipeline.stage import why_stale

DATA = ["--only", "clean", "--only", "label", "--only", "synthesize", "--workers", "1"]


@pytest.fixture
def command(tmp_path, monkeypatch, capfd):
    """Run ``headwater`` in the test's folder; return (exit status, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, url=""):
        monkeypatch.setenv("TEST_URL", url)
        status = main(arguments)
        return (status, *capfd.readouterr())

    return run


def science(root):
    return pq.read_table(root / "corpus" / "science" / "documents").to_pylist()


def states(path):
    """Return stage -> why it is stale, for those that are."""
    root = path.parent / "work" / "r"
    plan = make_plan(load_recipe(path), path.parent, root)
    return {stage.name: reason for stage in plan.stages if (reason := why_stale(stage, root))}


def test_from_recipe_to_cleaned_corpus(tmp_path, command):
    write(tmp_path)
    with ChatServer(sound) as server:
        status, _, told = command("run", "r.yaml", "--only", "synthesize", url=server.url)
        assert status == 2
        assert "synthetic/qa needs corpus/science, which is stale: not made yet" in told
        _, told, _ = command("run", "r.yaml", *DATA, "--dry-run")
        assert "what would be asked can be told once corpus/science, labels/science/language are made" in told
        assert command("run", "r.yaml", "--only", "corpus/science", "--only", "labels/science/language")[0] == 0
        _, told, _ = command("run", "r.yaml", "--only", "synthesize", "--dry-run")
        assert "synthetic/qa: not made yet\n--- problem-en, about science/" in told
        assert "at most 40 requests, 0 of them answered before" in told
        assert server.requests == []
        _, _, told = command("run", "r.yaml", "--only", "synthesize")
        assert "TEST_URL (url_env): is not set; write an address such as http://localhost:8000/v1" in told
        status, _, told = command("run", "r.yaml", *DATA, url=server.url)
        assert status == 0, told
        asked = len(server.requests)
    root = tmp_path / "work" / "r"
    rows = pq.read_table(root / "corpus" / "qa" / "documents").to_pylist()
    lineage = {row["id"]: row for row in pq.read_table(root / "synthetic" / "qa" / "documents.parquet").to_pylist()}
    assert len(rows) == len(lineage) > 4
    for row in rows:
        origin = lineage[row["id"].removeprefix("qa/")]
        assert (row["parents"], row["made_by"]) == ([origin["document"]], origin["made_by"])
        assert row["file_line"].startswith("synthetic/qa/documents.parquet:")
    assert {row["language"] for row in lineage.values()} == {"en", "zh"}
    assert "artifacts are fresh; nothing to do" in command("run", "r.yaml", *DATA)[1]  # and no server is needed
    _, shown, _ = command("show", str(root / "synthetic" / "qa"))
    chinese = sum("摆" in row["text"] or "细胞" in row["text"] for row in science(root))
    assert f"  pages of und_Hani: {chinese} by label\n" in shown
    told = json.loads(command("plan", "r.yaml", "--json")[1])["synthesis"]["qa"]
    assert (told["state"], told["made"]["requests"]) == ("fresh", asked)
    assert "synthesis of qa: 600 tokens about science by m: fresh\n  made: " in command("plan", "r.yaml")[1]


def test_only_what_decides_bytes_makes_it_stale(tmp_path, command):
    path = write(tmp_path)
    with ChatServer(sound) as server:
        assert command("run", "r.yaml", *DATA, url=server.url)[0] == 0
    assert not {"synthetic/qa", "corpus/qa"} & states(path).keys()
    place = "{url: 'http://other:1/v1', model: m, answer_tokens: 200, concurrency: 9, api_key_env: KEY}"
    here = "{url_env: TEST_URL, model: m, answer_tokens: 200, concurrency: 4}"
    write(tmp_path, (here, place), ("name: r", "name: r\nseed: 9"))
    assert not {"synthetic/qa", "corpus/qa"} & states(path).keys()
    write(tmp_path, ("Hani: 300", "Hani: 400"), ("model: m", "model: other"))
    found = states(path)
    assert found["synthetic/qa"] == "generator.model 'm' -> 'other'; quotas.und_Hani 300 -> 400"
    assert found["corpus/qa"] == "input synthetic/qa changed"
    write(tmp_path, ("profile: en", "profile: zh"))
    assert states(path)["synthetic/qa"] == "input corpus/science changed; input labels/science/language changed"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            ("corpus: science", "corpus: sciense"),
            "sources.qa.read.corpus: no such source: sciense; did you mean science?",
        ),
        (("discipline: language", "discipline: langage"), "no label makes the column langage; did you mean language?"),
        (("discipline: language", "discipline: tokens"), "r.yaml:14: sources.qa.read.discipline: no label makes"),
        (("discipline: language", "discipline: characters"), "discipline: characters holds numbers; name a column of"),
        (("corpus: science", "corpus: qa"), "sources.qa.read: is made from itself: corpus/qa needs corpus/qa"),
        (("Hani: 300}", "Hani: 0}"), "quotas: und_Hani: 0 tokens; leave it out"),
        (
            ("snippets:", "seeds: {practice: {kind: documents, column: language}}\n      snippets:"),
            "seeds.practice.column: language holds words; name a column of numbers",
        ),
        (
            (
                "snippets:",
                "seeds: {practice: {kind: slices, run: ones, slices: {und_Latn: [science]}}}\n      snippets:",
            ),
            "seeds.practice.run: no run is called ones; did you mean one?",
        ),
        (
            (
                "snippets:",
                "seeds: {practice: {kind: slices, run: one, slices: {und_Latn: [science]}}}\n      snippets:",
            ),
            "is made from itself: corpus/qa needs models/one needs tokens/qa needs corpus/qa",
        ),
        (("prompts:", "prompt:"), "read.prompt: unknown key; did you mean prompts?"),
        (("url_env: TEST_URL, ", ""), "write one of them"),
    ],
)
def test_mistakes_are_named_with_their_place(tmp_path, change, words):
    path = write(tmp_path, change)
    with pytest.raises(UserError) as error:
        load_recipe(path)
    assert words in str(error.value)


def test_what_is_chosen_by_labels_that_were_learned_from_it_is_a_circle(tmp_path):
    learned = "[{kind: topic, labels: {kind: sources, topics: {qa: mathematics-physics, science: biology-chemistry}}},"
    path = write(tmp_path, ("[{kind: language},", learned), ("discipline: language", "discipline: topic"))
    with pytest.raises(
        UserError, match="is made from itself: corpus/qa needs labels/science/topic needs learned/topic needs corpus/qa"
    ):
        load_recipe(path)


def test_levels_the_tokenizer_and_a_list_of_hosts_are_inputs_of_the_stage(tmp_path):
    quotas = (
        "quotas: {und_Latn: 300, und_Hani: 300}",
        "quotas: {und_Latn: {easy: 300}, und_Hani: {hard: 300}}\n      counted_by: tokenizer\n      "
        "difficulty: {kind: column, column: characters, levels: [easy, hard]}\n      "
        "seeds: {hosts: {file: hosts.yaml}}",
    )
    run = ("shares: {science: 0.7, qa: 0.3}", "shares: {science: 1}")
    path = write(tmp_path, quotas, run)
    (tmp_path / "hosts.yaml").write_text("und_Latn: [a.org]\n")
    plan = make_plan(load_recipe(path), tmp_path, tmp_path)
    (stage,) = (stage for stage in plan.stages if stage.name == "synthetic/qa")
    assert sorted(stage.inputs()) == [
        "corpus/science",
        "hosts",
        "labels/science/language",
        "labels/science/length",
        "tokenizer",
    ]
    before = stage.fingerprint()
    (tmp_path / "hosts.yaml").write_text("und_Latn: [b.org]\n")
    (again,) = (s for s in make_plan(load_recipe(path), tmp_path, tmp_path).stages if s.name == "synthetic/qa")
    assert again.fingerprint() != before


def test_copies_are_looked_for_in_what_it_is_made_from_only_where_that_stands_above(tmp_path):
    across = ("{filters: []}", "{filters: [], deduplicate: {kind: exact, across: [science, qa]}}")
    plan = make_plan(load_recipe(write(tmp_path, across)), tmp_path, tmp_path)
    (qa,) = (stage for stage in plan.stages if stage.name == "corpus/qa")
    assert [need.name for need in qa.stages] == ["corpus/science", "synthetic/qa"]


def test_a_model_may_write_from_what_a_model_wrote_whatever_their_order_in_the_recipe(tmp_path):
    text = RECIPE.replace("  qa:", "  more:", 1).replace("corpus: science", "corpus: qa")
    first = RECIPE[RECIPE.index("  qa:") : RECIPE.index("labels:")]
    path = write(tmp_path)
    path.write_text(
        text.replace("labels:", first + "labels:").replace("{science: 0.7, qa: 0.3}", "{science: 0.7, more: 0.3}")
    )
    names = [stage.name for stage in make_plan(load_recipe(path), tmp_path, tmp_path).stages]
    order = ["corpus/science", "synthetic/qa", "corpus/qa", "labels/qa/language", "synthetic/more", "corpus/more"]
    assert sorted(order, key=names.index) == order


def test_a_small_model_in_this_process_is_asked_and_never_twice(tmp_path, command):
    write_tiny_llama(tmp_path / "model", longest=1024)
    here = "{url_env: TEST_URL, model: m, answer_tokens: 200, concurrency: 4}"
    local = "{kind: transformers, path: model, model: tiny, answer_tokens: 8, batch: 3}"
    write(tmp_path, (here, local), ("requests: 60", "requests: 4"))
    status, _, told = command("run", "r.yaml", *DATA)
    assert status == 1, told
    assert "synthetic/qa: none of 4 answers was accepted (4 no_question)" in told
    (tmp_path / "model" / "config.json").unlink()
    assert command("run", "r.yaml", *DATA)[0] == 1  # all answers are kept: no model is wanted
    write(tmp_path, (here, local), ("requests: 60", "requests: 5"))
    status, _, told = command("run", "r.yaml", *DATA)
    assert status == 2
    wanted = "generator.path: model: no config.json there; a local Hugging Face folder is wanted (paths start at "
    assert wanted + str(tmp_path) in told
    write(tmp_path, (here, "{kind: transformer, path: model, model: tiny}"))
    assert (
        "unknown kind 'transformer'; did you mean transformers? (allowed: endpoint, transformers)"
        in command("check", "r.yaml")[2]
    )
