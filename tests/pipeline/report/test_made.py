"""What the report tells of documents that were made, on a source that a model wrote and one that a program did."""

import re

import pyarrow.parquet as pq
import pytest
from chat_server import ChatServer
from synthesis_world import shown
from written_recipe import sound, write

from pipeline.cli import main
from pipeline.report.made import read_made
from pipeline.report.page import environment

PROGRAM = """
  sums:
    read: {kind: synthetic, documents: 20, synthesizer: {kind: arithmetic}}
    profile: qa
    license: Apache-2.0
"""


def sound_or_bare(request, number):
    """Answer without a solution, and with markup, for every fourth page; as a judge, find everything right."""
    if request["model"] == "large":
        return 200, "1: right", {}
    page = int(re.search(r"\d+", shown(request))[0])
    if page % 4 == 0:
        return 200, f"[PROBLEM]\nWhat is <b>this</b> of {page}?", {}
    return sound(request, number)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch, ChatServer(sound_or_bare) as server:
        patch.chdir(folder)
        write(
            folder,
            ("url_env: TEST_URL", f"url: '{server.url}'"),
            ("budget:", f"judge: {{url: '{server.url}', model: large}}\n      budget:"),
            ("labels:", f"{PROGRAM.lstrip(chr(10))}labels:"),
            ("science: 0.7, qa: 0.3", "science: 0.7, qa: 0.2, sums: 0.1"),
        )
        stages = ["--only", "clean", "--only", "labels/science/language", "--only", "synthesize"]
        assert main(["run", "r.yaml", "--workers", "1", *stages]) == 0
    return folder / "work" / "r"


def test_samples_of_what_a_model_wrote_name_page_snippet_prompt_and_sampling(root):
    made = read_made(root, "qa", "model")
    rows = {f"qa/{r['id']}": r for r in pq.read_table(root / "synthetic" / "qa" / "documents.parquet").to_pylist()}
    assert len({rows[document.id]["prompt"] for document in made.documents}) == 2  # English and Chinese
    for document in made.documents:
        row, told = rows[document.id], dict(document.lineage)
        assert told == {
            "page": row["document"],
            "snippet": f"characters {row['snippet_begin']} to {row['snippet_end']} of it",
            "model": "m",
            "prompt": f"{row['prompt']}, wording {row['prompt_hash']}",
            "sampling": row["sampling"],
            "answer": row["request"],
        }


def test_the_funnel_adds_up_and_its_samples_are_rejected_answers(root):
    answers = read_made(root, "qa", "model").answers
    assert (answers.model, answers.seeds) == ("m", "science")
    assert answers.counts["kept"] + sum(removal.documents for removal in answers.removals) == answers.counts["pairs"]
    rejected = {r["id"]: r for r in pq.read_table(root / "synthetic" / "qa" / "rejected.parquet").to_pylist()}
    for removal in answers.removals:
        assert 0 < len(removal.samples) == min(3, removal.documents)
        assert {rejected[sample.id]["reason"] for sample in removal.samples} == {removal.reason}


def test_the_page_tells_both_and_escapes_what_a_model_wrote(root):
    made = [read_made(root, "qa", "model"), read_made(root, "sums", "program")]
    page = environment().get_template("made.html").module.made_section(made)
    assert "<h3>qa: written by m</h3>" in page
    assert "<h3>sums: made by program</h3>" in page
    assert "made by: arithmetic" in page
    assert "page: science/" in page
    assert re.search(r"no solution: 3 of \d+ rejected answers", page)
    assert "It ended because every snippet had been asked about." in page
    assert (
        "The judge agrees with the checks on 100.0\N{NO-BREAK SPACE}% of what it saw: it calls 0 wrong that passed, and"
        in page
    )
    assert "<b>this" not in page
    assert "&lt;b&gt;this" in page


def test_show_tells_the_same(root, capsys):
    assert main(["show", str(root / "synthetic" / "qa")]) == 0
    shown = capsys.readouterr().out
    assert " requests to m about science, " in shown
    assert "rejected: " in shown
    assert "the judge agrees with the checks on 100.0% of what it saw" in shown
    assert "und_Hani: " in shown
