"""Questions of benchmarks in what a program or a model makes: gone after cleaning, with the text and its line."""

import json
import re
import shutil
from itertools import islice

import pyarrow.parquet as pq
import pytest
from chat_server import ChatServer
from labelled_world import quiet
from synthesis_world import order_for, science, shown, write_science, written

from pipeline import artifact
from pipeline.clean.settings import Clean
from pipeline.clean.stage import CleanStage
from pipeline.clean.unit_hashes import spelled
from pipeline.seeds import key
from pipeline.sources import Source
from pipeline.stage import make
from pipeline.synthesize.stage import SynthesizeStage

CLEAN = Clean.model_validate({"decontaminate": {"files": ["benchmark.jsonl"]}})


def benchmark(folder, questions):
    lines = [json.dumps({"question": question, "answer": "none"}) + "\n" for question in questions]
    (folder / "benchmark.jsonl").write_text("".join(lines))


def texts(folder):
    return [row["text"] for path in sorted(folder.rglob("*.parquet")) for row in pq.read_table(path).to_pylist()]


def hits(corpus):
    parts = (corpus / "removed" / "contaminated").glob("*.parquet")
    return [row for path in parts for row in pq.read_table(path).to_pylist()]


@pytest.mark.parametrize("kind", ["arithmetic", "science", "code_induction"])
def test_questions_of_a_program_go_however_short(tmp_path, kind):
    read = {"kind": "synthetic", "synthesizer": {"kind": kind}, "documents": 60}
    source = Source.model_validate({"read": read, "profile": "qa", "license": "CC0-1.0"})
    made = list(islice(source.read.synthesizer.documents(key(0, "synthesize", "made")), 60))
    lengths = [len(spelled(document.question)) for document in made]
    assert min(lengths) < 10 if kind == "arithmetic" else max(lengths) > 20
    planted = [document.question for document in made[::3]]
    benchmark(tmp_path, planted)
    make([CleanStage("made", source, CLEAN, 0, tmp_path)], quiet(tmp_path))
    corpus = tmp_path / "corpus" / "made"
    counts = artifact.read_manifest(corpus).counts
    assert counts["removed"]["contaminated"] == len(planted) == len(hits(corpus))
    assert {row["file_line"] for row in hits(corpus)} == {f"{kind}:{number}" for number in range(1, 61, 3)}
    kept = [text.partition("\n")[0] for text in texts(corpus / "documents")]
    assert counts["kept"] == len(kept) and not set(kept) & set(planted)
    for number, row in enumerate(sorted(hits(corpus), key=lambda row: int(row["file_line"].split(":")[1])), start=1):
        assert row["found"].endswith(f" as in benchmark.jsonl:{number}: question")


def model(request, _):
    """Answer soundly, about every other page with a question of six words."""
    text = written(shown(request))
    number = int(re.search(r"\d+", text)[0])
    if "[PROBLEM]" in text and number % 4 < 2:
        text = f"[PROBLEM]\nHow fast does object {number} move?\n{text[text.index('[SOLUTION]') :]}"
    return 200, text, {}


def test_questions_of_a_model_go_and_its_kept_answers_are_not_asked_for_again(tmp_path):
    write_science(tmp_path)
    pages, labels = science(tmp_path)
    with ChatServer(model) as server:
        order = order_for(server.url, checks=[{"kind": "length"}])
        source = Source.model_validate({"read": order.model_dump(), "profile": "qa", "license": "CC0-1.0"})

        def cleaned(clean):
            written = SynthesizeStage("qa", order, pages, {"topic": labels})
            make([written, CleanStage("qa", source, clean, 0, tmp_path, written=written)], quiet(tmp_path))
            return tmp_path / "corpus" / "qa"

        before = [text.partition("\n")[0] for text in texts(cleaned(Clean()) / "documents")]
        short, long = ([q for q in before if (len(spelled(q)) < 10) is brief] for brief in (True, False))
        assert len(short) > 2 < len(long)
        asked = len(server.requests)
        planted = [*short[:2], *long[:2]]
        benchmark(tmp_path, planted)
        shutil.rmtree(tmp_path / "synthetic" / "qa")
        corpus = cleaned(CLEAN)
        assert len(server.requests) == asked
    assert artifact.read_manifest(corpus).counts["removed"] == {"contaminated": 4}
    assert {row["text"].partition("\n")[0] for row in hits(corpus)} == set(planted)
    shown_as = {row["text"].partition("\n")[0]: row["found"] for row in hits(corpus)}
    for line, question in enumerate(planted, start=1):
        assert shown_as[question].rstrip().endswith(f" as in benchmark.jsonl:{line}: question")
        assert question.rstrip("?？.。") in shown_as[question]
    assert [text.partition("\n")[0] for text in texts(corpus / "documents")] == [q for q in before if q not in planted]
