"""Evidence counts for the documents it was gathered on: whatever else bears their name is told apart from them."""

import json
import re
import shutil

import pytest
from cut_world import Source, stream_stage, write_source
from small_run import headwater
from stream_world import make_run

from pipeline import artifact
from pipeline.amend_checks import problems_of_slices
from pipeline.progress import Progress
from pipeline.stage import Where, make_stale
from pipeline.stream.buckets import Cut
from pipeline.stream.evidence import followers_in, stale_evidence
from pipeline.stream.segment import SETTINGS, load_segment, write_segment

TOPICS = ["law", "law", "art", "art", "law", "art"]
RECLUSTERED = ["law", "art", "art", "art", "law", "art"]
RUN = make_run([(600, {"web": 1.0})], sequence_length=7, batch=2, round_steps=3)


def make_stream(root, run, topics, *, cut="topic", held_out=(4, 5), lengths=(5, 6, 7, 8, 9, 10)):
    """Write one source with a label and cut it; return the stream's folder."""
    source = Source(list(lengths), {cut: topics}, held_out)
    write_source(root, "web", source)
    stage = stream_stage({"web": source}, [Cut(column=cut)], run=run)
    shutil.rmtree(stage.folder(root), ignore_errors=True)
    make_stale((stage,), Where(root, progress=Progress(quiet=True)))
    return stage.folder(root)


def begin_run(root, run, *, start=None, index=0):
    """Let a run begin, or be amended, with its stream as it is."""
    settings = RUN.model_dump(mode="json")
    settings["start"] = {"kind": "run", "run": start or "elsewhere"}
    fields = {"run": settings, "groups": {}, "seed": 1, "validation_tokens": 100}
    folder = root / "runs" / f"{run}.draft"
    (folder / "segments").mkdir(parents=True, exist_ok=True)
    write_segment(folder, index, root / "stream" / run, {SETTINGS: fields})
    return load_segment(folder, index)


def told(root, run, *followers):
    return [str(stale) for stale in stale_evidence(root, run, followers)]


def test_what_was_measured_on_the_same_documents_is_sound(tmp_path):
    make_stream(tmp_path, "base", TOPICS)
    begin_run(tmp_path, "base")
    assert told(tmp_path, "base") == []
    assert told(tmp_path, "never-begun") == []


def test_a_slice_of_other_documents_is_stale(tmp_path):
    make_stream(tmp_path, "base", TOPICS)
    begin_run(tmp_path, "base")
    make_stream(tmp_path, "base", RECLUSTERED)
    assert told(tmp_path, "base") == [
        "web/topic=art: what run base measured on it is stale: in stream/base it holds other documents: "
        "3 documents of 21 tokens, and then 2 documents of 15 tokens",
        "web/topic=law: what run base measured on it is stale: in stream/base it holds other documents: "
        "1 documents of 5 tokens, and then 2 documents of 11 tokens",
    ]


def test_validation_documents_count_too(tmp_path):
    make_stream(tmp_path, "base", TOPICS)
    begin_run(tmp_path, "base")
    make_stream(tmp_path, "base", [*TOPICS[:4], "art", "art"])
    assert [line.partition("stream/base ")[2] for line in told(tmp_path, "base")] == [
        "it holds other validation documents"
    ] * 2


def test_a_source_that_is_cut_in_another_way(tmp_path):
    make_stream(tmp_path, "base", TOPICS)
    begin_run(tmp_path, "base")
    make_stream(tmp_path, "base", TOPICS, cut="cluster")
    assert [line.partition("stream/base ")[2] for line in told(tmp_path, "base")] == [
        "there is no such slice; web is cut in another way"
    ] * 2


def test_runs_that_go_on_from_one_another_share_names_and_are_compared(tmp_path):
    make_stream(tmp_path, "base", TOPICS)
    begin_run(tmp_path, "base")
    make_stream(tmp_path, "cpt", RECLUSTERED)
    begin_run(tmp_path, "cpt", start="base")
    make_stream(tmp_path, "last", RECLUSTERED)
    begin_run(tmp_path, "last", start="cpt")
    assert followers_in(tmp_path, "base") == ["cpt", "last"]
    assert followers_in(tmp_path, "last") == []
    assert told(tmp_path, "base") == []
    assert len(told(tmp_path, "base", "cpt")) == 2
    assert len(told(tmp_path, "base", *followers_in(tmp_path, "base"))) == 4
    assert told(tmp_path, "cpt", "last") == []


def test_streams_older_than_the_identity_of_validation_documents_are_compared_by_the_rest(tmp_path):
    make_stream(tmp_path, "base", TOPICS)
    begin_run(tmp_path, "base")
    path = tmp_path / "runs/base.draft/segments/0000/slices.json"
    old = [{k: v for k, v in entry.items() if k != "held_out"} for entry in json.loads(path.read_text())]
    path.unlink()
    path.write_text(json.dumps(old))
    assert told(tmp_path, "base") == []
    make_stream(tmp_path, "base", RECLUSTERED)
    assert len(told(tmp_path, "base")) == 2


def test_show_warns(tmp_path):
    make_stream(tmp_path, "base", TOPICS)
    begin_run(tmp_path, "base")
    draft, target = tmp_path / "runs/base.draft", tmp_path / "runs/base"
    artifact.publish(draft, target, artifact.Manifest("run", 1, {}, {}, artifact.fingerprint("run", 1, {}, {})))
    assert "warning" not in headwater(tmp_path, "show", "runs/base").stdout
    make_stream(tmp_path, "base", RECLUSTERED)
    printed = headwater(tmp_path, "show", "runs/base").stdout
    assert "warning: web/topic=art: what run base measured on it is stale" in printed


@pytest.mark.parametrize(
    ("topics", "why"),
    [
        (RECLUSTERED, r"web/topic=art: it holds other documents: 3 documents of 21 tokens, and then 2 .* nothing"),
        ([*TOPICS[:4], "art", "art"], "web/topic=law: it holds other validation documents"),
    ],
)
def test_an_amendment_with_other_documents_under_a_known_name_is_refused(tmp_path, topics, why):
    make_stream(tmp_path, "cpt", TOPICS)
    old = begin_run(tmp_path, "cpt")
    make_stream(tmp_path, "cpt", topics)
    (problem,) = problems_of_slices([old], begin_run(tmp_path, "cpt", index=1).slices)
    assert re.search(why, problem)
