"""A whole run with a source that a model writes: from a page to the steps that read what was made from it, and back."""

import json

import pyarrow.parquet as pq
import pytest
from chat_server import ChatServer
from small_run import headwater
from written_recipe import sound, write

RUN = "work/r/runs/one"
STAGES = ("clean", "label", "synthesize", "tokenize", "stream", "train")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lineage")
    with ChatServer(sound) as server:
        write(folder, ("url_env: TEST_URL", f"url: '{server.url}'"))
        stages = [part for verb in STAGES for part in ("--only", verb)]
        done = headwater(folder, "run", "r.yaml", *stages)
    assert done.returncode == 0, done.stderr
    return folder


def traced(folder, *arguments, note=""):
    done = headwater(folder, "trace", *arguments, "--json")
    assert (done.returncode, done.stderr) == (0, note)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_steps_name_the_parents_of_what_a_model_wrote(folder):
    origins = {
        row["id"]: row for row in pq.read_table(folder / "work" / "r" / "corpus" / "qa" / "documents").to_pylist()
    }
    uses = traced(folder, RUN, "--step", "1:10")
    assert {use["document"].split("/")[0] for use in uses} == {"science", "qa"}
    for use in uses:
        origin = origins.get(use["document"], {"parents": [], "made_by": ""})
        assert (use["parents"], use["made_by"]) == (origin["parents"], origin["made_by"])


def test_a_page_leads_to_the_steps_that_read_it_and_its_questions(folder):
    uses = traced(folder, RUN, "--step", "1:15")
    (page, *_), made = next((use["parents"], use["document"]) for use in uses if use["parents"])
    is_read = any(use["document"] == page for use in uses)
    note = "" if is_read else f"no step of this run has read {page} itself\n"
    family = traced(folder, RUN, "--document", page, note=note)
    assert [use for use in family if use["step"]] == [
        use for name in (page, made) for use in uses if use["document"] == name
    ]
    (descendant,) = traced(folder, "work/r", "--document", page)
    assert descendant.pop("made_by").startswith("m problem-")
    assert descendant == {"artifact": "corpus/qa", "document": made, "parents": [page]}


def test_a_document_of_which_nothing_was_made(folder):
    done = headwater(folder, "trace", "work/r", "--document", "science/none")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "nothing was made from science/none\n")


def test_without_the_corpus_origins_are_unknown_and_that_is_said(folder):
    corpus = folder / "work" / "r" / "corpus" / "qa"
    corpus.rename(corpus.with_name("elsewhere"))
    done = headwater(folder, "trace", RUN, "--step", "1:15")
    corpus.with_name("elsewhere").rename(corpus)
    assert done.returncode == 0
    assert done.stderr.startswith("what documents of qa were made from cannot be told: corpus/qa is not here")
