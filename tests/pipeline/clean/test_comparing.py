"""Copies and benchmarks in cleaning as a whole: every document is accounted for, and bytes depend on nothing else."""

import hashlib
import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import artifact
from pipeline.clean import compare, corpus, inputs
from pipeline.clean.deduplication import MinHash
from pipeline.clean.settings import Clean
from pipeline.clean.stage import CleanStage
from pipeline.errors import UserError
from pipeline.progress import Progress
from pipeline.sources import Source
from pipeline.stage import Where, make, why_stale

QUESTION = (
    "If a train leaves at 7.15 and travels 84 km at 56 km an hour, at what time does it arrive, and how far is left?"
)
CLEAN = Clean.model_validate(
    {"filters": [], "repairs": [], "deduplicate": {"kind": "minhash"}, "decontaminate": {"files": ["bench/*.jsonl"]}}
)


def lines(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def stage(data, clean=CLEAN, profile="en"):
    read = {"kind": "jsonl", "paths": ["in/*.jsonl"]}
    return CleanStage("web", Source.model_validate({"read": read, "profile": profile, "license": "x"}), clean, 0, data)


def tree(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.parquet"))
    }


def story(rng, words=150):
    return " ".join("".join(rng.choice(list("abcdefghijklmno"), 6)) for _ in range(words))


def chinese(rng, characters=300):
    return "".join(chr(0x4E00 + n) for n in rng.integers(0, 3000, characters))


@pytest.fixture
def planted(tmp_path, monkeypatch):
    """Forty stories in two languages, of which every fourth has an edited copy elsewhere, and two hold a question."""
    rng = np.random.default_rng(0)
    stories = [story(rng) if i % 2 else chinese(rng) for i in range(40)]
    copies = [f"On 3 May {1990 + i} at 10:{10 + i}: {text} and {i} more" for i, text in enumerate(stories[::4])]
    leaked = [f"{story(rng)} {QUESTION} {story(rng)}" for _ in range(2)]
    rows = [{"id": str(i), "text": text} for i, text in enumerate([*stories, *copies, *leaked])]
    for number in range(4):
        lines(tmp_path / "in" / f"{number}.jsonl", rows[number::4])
    lines(tmp_path / "bench" / "b.jsonl", [{"question": QUESTION, "answer": "8.45"}])
    monkeypatch.setattr(inputs, "TASK_BYTES", 2000)
    return tmp_path


def test_planted_copies_and_questions_go_and_bytes_do_not_depend_on_workers(planted, monkeypatch):
    for name in ("pipeline.clean.stage.FILTERING_WORTH", "pipeline.clean.comparing.COMPARING_WORTH"):
        monkeypatch.setattr(name, 1)
    for workers in (1, 3):
        make([stage(planted)], Where(planted / f"root{workers}", workers, progress=Progress(quiet=True)))
    assert tree(planted / "root1") == tree(planted / "root3")
    counts = artifact.read_manifest(planted / "root1/corpus/web").counts
    assert counts["removed"] == {"contaminated": 2, "near_duplicate": 10}
    assert counts["documents_in"] == 52 == counts["kept"] + 12
    kept = [
        row for batch in corpus.batches(planted / "root1/corpus/web", corpus.SCHEMA.names) for row in corpus.rows(batch)
    ]
    assert sum(row["cluster_size"] for row in kept) == 50
    assert {row["id"] for row in kept if row["cluster_size"] == 2} == {f"web/{i}" for i in range(40, 50)}  # the longer
    removed = planted / "root1/corpus/web/removed"
    (hit,) = {row["found"] for path in (removed / "contaminated").glob("*") for row in pq.read_table(path).to_pylist()}
    assert hit == f'"{QUESTION[:-1]}" as in bench/b.jsonl:1: question'
    places = {row["file_line"] for row in kept}
    for path in (removed / "near_duplicate").glob("*"):
        assert {row["found"].split()[-1] for row in pq.read_table(path).to_pylist()} <= places


def test_the_cut_into_tasks_changes_no_decision(planted, monkeypatch):
    ids = []
    for size in (2000, 1 << 20):
        monkeypatch.setattr(inputs, "TASK_BYTES", size)
        make([stage(planted)], Where(planted / f"root{size}", progress=Progress(quiet=True)))
        table = [corpus.rows(b) for b in corpus.batches(planted / f"root{size}/corpus/web", ["id", "cluster_size"])]
        ids.append([row for rows in table for row in rows])
    assert ids[0] == ids[1]


def test_parts_compared_before_a_crash_are_not_compared_again(planted, monkeypatch):
    done = []
    original = compare.ComparePart.__call__

    def failing(self, data, rank, world_size):
        done.append(rank)
        if rank == 3 and done.count(3) == 1:
            raise UserError("pulled the plug")
        original(self, data, rank, world_size)

    where = Where(planted / "root", progress=Progress(quiet=True))
    make([stage(planted)], Where(planted / "undisturbed", progress=Progress(quiet=True)))
    monkeypatch.setattr(compare.ComparePart, "__call__", failing)
    with pytest.raises(UserError, match="pulled the plug"):
        make([stage(planted)], where)
    make([stage(planted)], where)
    assert done[:5] == [0, 1, 2, 3, 3]
    assert len(done) == len(set(done)) + 1
    assert tree(planted / "root") == tree(planted / "undisturbed")


def test_benchmarks_are_part_of_the_identity(planted):
    where = Where(planted / "root", progress=Progress(quiet=True))
    make([stage(planted)], where)
    assert why_stale(stage(planted), where.root) is None
    lines(planted / "bench" / "b.jsonl", [{"question": QUESTION + " Why?"}])
    assert why_stale(stage(planted), where.root) == "input decontaminate: bench/*.jsonl changed"
    (planted / "bench" / "b.jsonl").unlink()
    with pytest.raises(UserError, match=r"clean.decontaminate.files: bench/\*.jsonl: no file fits this pattern"):
        make([stage(planted)], where)


ANOTHER = "Another question of ten different words that no document at all holds?"
STRANGE = [
    "",
    "\x00",
    "\x00" * 50,
    "\ud800",
    "a\udfff b" * 9,
    "שלום עולם " * 30,
    "👩‍👩‍👧🏽" * 40,
    "\u202eabc",
    "a" * 5000,
    "\n" * 99,
]
ANY = st.one_of(
    st.text(st.characters(codec=None, categories=None), max_size=80),
    st.sampled_from([*STRANGE, QUESTION, QUESTION + "!"]),
)


@given(st.lists(ANY, min_size=1, max_size=12), st.sampled_from(["en", "qa"]), st.booleans())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_document_in_is_kept_or_removed_with_a_reason(tmp_path_factory, texts, profile, leaked):
    folder = tmp_path_factory.mktemp("any")
    lines(folder / "in" / "a.jsonl", [{"text": text} for text in [*texts, "One that stays for sure."]])
    lines(folder / "bench" / "b.jsonl", [{"q": QUESTION if leaked else ANOTHER}])
    clean = CLEAN.model_copy(update={"largest_bad_share": 1.0, "deduplicate": MinHash(bands=3, rows=2)})
    make([stage(folder, clean, profile)], Where(folder / "root", progress=Progress(quiet=True)))
    counts = artifact.read_manifest(folder / "root/corpus/web").counts
    assert counts["documents_in"] == len(texts) + 1 == counts["kept"] + sum(counts["removed"].values())
    assert (counts["removed"].get("contaminated", 0) > 0) == (leaked and any(QUESTION in text for text in texts))


@pytest.mark.parametrize("kind", ["exact", "minhash"])
def test_copies_in_other_sources_go_from_the_later_one(tmp_path, kind):
    rng = np.random.default_rng(0)
    shared, edited, own = story(rng), story(rng), story(rng)
    lines(tmp_path / "in" / "a.jsonl", [{"id": "1", "text": shared}, {"id": "2", "text": edited}])
    longer = f"{edited} and two words"
    read = {"kind": "jsonl", "paths": ["b.jsonl"]}
    rows = [shared + " ", longer, own, f"{own} {own[:9]}", own + "\n"]
    lines(tmp_path / "b.jsonl", [{"id": str(i), "text": text} for i, text in enumerate(rows)])
    clean = Clean.model_validate({"filters": [], "repairs": [], "deduplicate": {"kind": kind, "across": ["web", "b"]}})
    first = stage(tmp_path, clean)
    source = Source.model_validate({"read": read, "profile": "en", "license": "x"})
    second = CleanStage("b", source, clean, 0, tmp_path, earlier=(first,))
    where = Where(tmp_path / "root", progress=Progress(quiet=True))
    make([first, second], where)
    removed = {
        row["id"]: f"{row['reason']}: {row['found']}"
        for path in (where.root / "corpus/b/removed").rglob("*.parquet")
        for row in pq.read_table(path).to_pylist()
    }
    exact = {"b/0": "duplicate: same text as in/a.jsonl:1 of web", "b/4": "duplicate: same text as b.jsonl:3"}
    if kind == "exact":
        assert removed == exact
    else:
        assert sorted(removed) == ["b/0", "b/1", "b/2", "b/4"]
        assert removed["b/1"].startswith("near_duplicate: 0.") and removed["b/1"].endswith(" like in/a.jsonl:2 of web")
        (kept,) = [
            row
            for batch in corpus.batches(where.root / "corpus/b", ["id", "cluster_size"])
            for row in corpus.rows(batch)
        ]
        assert kept == {"id": "b/3", "cluster_size": 3}
    assert artifact.read_manifest(where.root / "corpus/web").counts["kept"] == 2
    lines(tmp_path / "in" / "a.jsonl", [{"id": "1", "text": own}])
    assert why_stale(second, where.root) is None  # fingerprints are worked out once a process
    again = CleanStage("b", source, clean, 0, tmp_path, earlier=(stage(tmp_path, clean),))
    assert why_stale(again, where.root) == "input corpus/web changed"


def test_a_line_of_many_megabytes(tmp_path):
    big = " ".join(map(str, range(1_000_000))) + "".join(map(chr, range(0x4E00, 0x9FFF))) * 40
    rows = [{"id": "a", "text": big}, {"id": "b", "text": f"{big} end"}, {"id": "c", "text": f"{big} {QUESTION}"}]
    lines(tmp_path / "in" / "a.jsonl", rows)
    lines(tmp_path / "bench" / "b.jsonl", [{"q": QUESTION}])
    make([stage(tmp_path, profile="qa")], Where(tmp_path / "root", progress=Progress(quiet=True)))
    counts = artifact.read_manifest(tmp_path / "root/corpus/web").counts
    assert counts["removed"] == {"contaminated": 1, "near_duplicate": 1}
