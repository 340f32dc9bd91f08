"""The stream stage: every document in exactly one slice, buckets worked out for each source, stable identities."""

import json
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from cut_world import Source, cut, stream_stage, write_source
from hypothesis import given
from hypothesis import strategies as st
from stream_world import fast_folder

from pipeline.errors import UserError
from pipeline.progress import Progress
from pipeline.stage import Where, make_stale
from pipeline.stream import cutting
from pipeline.stream.buckets import Cut

TOPIC, FOURTHS = Cut(column="topic"), Cut(column="perplexity", quantiles=4)
NAN = math.nan


def sizes(slices):
    return {name: len(piece.documents) for name, piece in slices.items()}


def test_quantiles_are_each_sources_own_and_nan_has_its_bucket(tmp_path):
    easy = Source([5] * 9, {"perplexity": [1.0, 2, 3, 4, 5, 6, 7, 8, NAN]})
    hard = Source([5] * 8, {"perplexity": [80.0, 70, 60, 50, 40, 30, 20, 10]})
    slices, counts = cut(tmp_path, {"easy": easy, "hard": hard}, [FOURTHS])
    quarters = [f"q{i}of4" for i in (1, 2, 3, 4)]
    assert sizes(slices) == {
        **{f"easy/perplexity={q}": 2 for q in quarters},
        "easy/perplexity=none": 1,
        **{f"hard/perplexity={q}": 2 for q in quarters},
    }
    assert slices["hard/perplexity=q1of4"].documents["row"].tolist() == [6, 7]
    assert counts["edges"] == {"easy": {"perplexity": [3.0, 5.0, 7.0]}, "hard": {"perplexity": [30.0, 50.0, 70.0]}}
    listed = {e["name"]: e["bounds"] for e in json.loads((tmp_path / "stream/cpt/slices.json").read_text())}
    assert listed["easy/perplexity=q1of4"] == {"perplexity": [None, 3.0]}
    assert listed["hard/perplexity=q2of4"] == {"perplexity": [30.0, 50.0]}
    assert listed["easy/perplexity=none"] == {"perplexity": None}


def test_what_a_short_run_keeps_grows_with_the_share_and_is_chosen_by_ids_alone(tmp_path):
    web = Source([3] * 400, {}, held_out=(5, 17))
    moved = Source([3] * 400, {}, held_out=(5, 17), ids=[f"web-{i}" for i in range(400)][::-1])
    ids = {}
    for name, source, keep in (("tenth", web, 0.1), ("half", web, 0.5), ("moved", moved, 0.5), ("all", web, 1.0)):
        slices, _ = cut(tmp_path / name, {"web": source}, [], keep=keep)
        names = source.ids or [f"web-{i}" for i in range(400)]
        ids[name] = {names[row] for row in slices["web"].documents["row"]}
        assert len(slices["web"].held_out) == 2
    assert ids["tenth"] < ids["half"] < ids["all"] and len(ids["all"]) == 398
    assert 20 < len(ids["tenth"]) < 60 and 170 < len(ids["half"]) < 230
    assert ids["half"] - {"web-382", "web-394"} == ids["moved"] - {"web-5", "web-17"}


def test_ties_stay_together_and_empty_buckets_are_no_slices(tmp_path):
    slices, _ = cut(tmp_path, {"web": Source([3] * 8, {"perplexity": [1.0, 7, 7, 7, 7, 7, 7, 9]})}, [FOURTHS])
    assert sizes(slices) == {"web/perplexity=q1of4": 1, "web/perplexity=q4of4": 7}


def test_held_out_documents_move_no_edge_and_land_in_the_same_buckets(tmp_path):
    values = [1.0, 2, 3, 4, 100, 200]
    source = Source([3] * 6, {"perplexity": values}, held_out=(4, 5))
    slices, counts = cut(tmp_path, {"web": source}, [Cut(column="perplexity", quantiles=2)])
    assert counts["edges"] == {"web": {"perplexity": [3.0]}}
    assert slices["web/perplexity=q2of2"].held_out["row"].tolist() == [4, 5]
    assert len(slices["web/perplexity=q1of2"].held_out) == 0


def test_words_and_buckets_cut_together_in_the_recipes_order(tmp_path):
    labels = {"topic": ["law", "law", "art", "art"], "quality": np.array([0.1, 0.9, 0.5, 0.3], np.float32)}
    edges = Cut(column="quality", edges=(0.3, 0.7))
    slices, _ = cut(tmp_path, {"web": Source([2, 3, 4, 5], labels)}, [TOPIC, edges])
    assert {name: piece.tokens for name, piece in slices.items()} == {
        "web/topic=law/quality=..0.3": 2,
        "web/topic=law/quality=0.7..": 3,
        "web/topic=art/quality=0.3..0.7": 9,
    }
    assert slices["web/topic=law/quality=0.7.."].keys == (("topic", "law"), ("quality", "0.7.."))


PERPLEXITIES = st.sampled_from([0.0, 1, 2, 3, 9, NAN, math.inf])
DOCUMENTS = st.lists(
    st.tuples(st.integers(1, 9), st.sampled_from(["law", "art", "法"]), PERPLEXITIES), min_size=1, max_size=30
)


@given(DOCUMENTS, st.integers(2, 5), st.integers(1, 7), st.data())
def test_every_document_is_in_exactly_one_slice_whatever_the_batches(documents, quantiles, batch, data):
    lengths, topics, values = (list(column) for column in zip(*documents, strict=True))
    held_out = tuple(data.draw(st.sets(st.integers(1, len(documents)), max_size=3)))
    source = Source(lengths, {"topic": topics, "perplexity": values}, held_out)
    cuts = [TOPIC, Cut(column="perplexity", quantiles=quantiles)]
    with fast_folder() as one, fast_folder() as two, pytest.MonkeyPatch.context() as patch:
        whole, counts = cut(Path(one), {"web": source}, cuts, signal="perplexity")
        patch.setattr(cutting, "BATCH", batch)
        parts, again = cut(Path(two), {"web": source}, cuts, signal="perplexity")
        assert counts == again
        rows = [row for piece in whole.values() for row in piece.documents["row"].tolist()]
        assert sorted(rows) == [i for i in range(len(documents)) if i not in held_out]
        for name, piece in whole.items():
            assert (piece.identity, piece.signal_identity) == (parts[name].identity, parts[name].signal_identity)
            assert piece.held_out_identity == parts[name].held_out_identity
            assert (piece.documents == parts[name].documents).all()
            assert (piece.held_out == parts[name].held_out).all()
            assert {topics[row] for row in piece.documents["row"]} == {dict(piece.keys)["topic"]}
        by_bucket = Counter(dict(piece.keys)["perplexity"] for piece in whole.values())
        assert set(by_bucket) <= set(cuts[1].names)


def test_identity_is_the_documents_and_their_lengths_and_those_held_out(tmp_path):
    def slices(folder, **changes):
        fields = {"lengths": [2, 3, 4, 5], "labels": {"topic": ["a", "a", "b", "b"]}, "held_out": (1,), **changes}
        return cut(tmp_path / folder, {"web": Source(**fields)}, [TOPIC])[0]["web/topic=a"]

    first = slices("first")
    moved = slices("moved", labels={"topic": ["a", "a", "b", "c"]})
    assert (moved.identity, moved.held_out_identity) == (first.identity, first.held_out_identity)
    assert slices("longer", lengths=[3, 3, 4, 5]).identity != first.identity
    assert slices("renamed", ids=["x", "web-1", "web-2", "web-3"]).identity != first.identity
    other = slices("held", labels={"topic": ["a", "b", "b", "b"]})
    assert other.identity == first.identity
    assert other.held_out_identity != first.held_out_identity


WEIGHED = ((("runs", "cpt", "phases", 0, "mixture", "weights", "web/topic=lore"), "web/topic=lore"),)


def test_a_slice_that_a_mixture_names_must_exist_before_anything_is_written(tmp_path):
    source = {"web": Source([2, 3], {"topic": ["law", "art"]}), "zh": Source([2], {"topic": ["law"]})}
    with pytest.raises(UserError) as caught:
        cut(tmp_path, source, [TOPIC], weighed=WEIGHED)
    assert str(caught.value) == (
        "runs.cpt.phases.0.mixture.weights.web/topic=lore: no such slice; did you mean web/topic=law? "
        "(allowed: web/topic=art, web/topic=law)"
    )
    assert not (tmp_path / "stream/cpt/slices").exists()


def test_a_stream_that_is_there_is_asked_before_any_work(tmp_path):
    source = {"web": Source([2, 3], {"topic": ["law", "art"]})}
    write_source(tmp_path, "web", source["web"])
    stage = stream_stage(source, [TOPIC])
    make_stale((stage,), Where(tmp_path, progress=Progress(quiet=True)))
    stage.check(tmp_path)
    named = stream_stage(source, [TOPIC], weighed=WEIGHED)
    assert named.fingerprint() == stage.fingerprint()
    with pytest.raises(UserError, match="did you mean web/topic=law"):
        named.check(tmp_path)
