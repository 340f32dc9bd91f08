"""Who goes for whom, against a walk through the documents with dictionaries; and what is written down of it."""

import hashlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean import duplicates
from pipeline.clean.compare import Compared, ComparePart
from pipeline.clean.deduplication import Exact, KeepCopies, MinHash

SCHEMA = pa.schema(
    [
        ("file_line", pa.string()),
        ("language_score", pa.float32()),
        ("id_hash", pa.binary(16)),
        ("text_hash", pa.binary(16)),
        ("text", pa.string()),
    ]
)


def write_part(path, rows):
    """Write (id, text, score); a text is a number or a string."""
    hashed = [
        {
            "file_line": f"{path.stem}:{i}",
            "language_score": score,
            "id_hash": id.to_bytes(16, "big"),
            "text_hash": text.to_bytes(16, "big")
            if isinstance(text, int)
            else hashlib.blake2b(text.encode(), digest_size=16).digest(),
            "text": str(text),
        }
        for i, (id, text, score) in enumerate(rows)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(hashed, schema=SCHEMA), path)


def compared(folder, *parts, minhash=None, profile="en", others=0):
    for i, rows in enumerate(parts):
        write_part(folder / "kept" / f"p{i}.parquet", rows)
    found = Compared(tuple(sorted((folder / "kept").glob("*.parquet"))), others, folder / "notes", minhash)
    step = ComparePart(found.parts, others, folder / "notes", profile, minhash, None, folder)
    for rank in range(len(parts)):
        step(None, rank, len(parts))
    return found


def flat(found):
    return [
        (i, int(row), reason, text[0].split()[-1], int(part.cluster_size[row]))
        for i, part in enumerate(found)
        for row, reason, text in zip(part.rows, part.reasons, part.found_allowed, strict=True)
    ]


def by_hand(parts, by_text, prefer):
    """Ids first, in order; then texts, best first."""
    places = [(i, row) for i, rows in enumerate(parts) for row in range(len(rows))]
    entry = {place: parts[place[0]][place[1]] for place in places}
    gone, bearer, holders = {}, {}, {}
    for place in places:
        id, text, _ = entry[place]
        first = bearer.setdefault(id, place)
        if entry[first][1] != text:
            gone[place] = ("duplicate_id", first)
        elif first != place and not by_text:
            gone[place] = ("duplicate", first)
    left = [place for place in places if place not in gone]
    if by_text:
        for place in sorted(left, key=lambda place: (-entry[place][2] if prefer else 0, place)):
            first = holders.setdefault(entry[place][1], place)
            if first != place:
                gone[place] = ("duplicate", first)
    return [(*place, gone[place][0], f"p{gone[place][1][0]}:{gone[place][1][1]}", 1) for place in sorted(gone)]


ROWS = st.tuples(st.integers(0, 5), st.integers(0, 4), st.sampled_from([0.0, 0.5, 1.0]))


@given(st.lists(st.lists(ROWS, min_size=1, max_size=6), min_size=1, max_size=4), st.sampled_from("abc"))
@settings(max_examples=80, deadline=None)
def test_ids_are_unique_and_of_each_text_the_best_stays(tmp_path_factory, parts, which):
    wanted = {"a": KeepCopies(), "b": Exact(), "c": Exact(prefer=())}[which]
    found = list(duplicates.find(compared(tmp_path_factory.mktemp("x"), *parts), wanted))
    assert flat(found) == by_hand(parts, which != "a", which == "b")
    copies = sum(reason == "duplicate" for part in found for reason in part.reasons)
    stays = [np.delete(part.cluster_size, part.rows) for part in found]
    assert sum(int(sizes.sum()) for sizes in stays) == sum(map(len, stays)) + copies


def story(rng, words):
    return [f"{''.join(rng.choice(list('abcdefghij'), 6))}" for _ in range(words)]


def test_the_longest_of_a_cluster_stays_and_is_named_by_all(tmp_path):
    rng = np.random.default_rng(3)
    one, other = story(rng, 200), story(rng, 200)
    longer = [*one, "and", "one", "more"]
    rows = [
        (0, " ".join(one), 0.9),
        (1, " ".join(other), 0.9),
        (2, " ".join(one), 0.95),
        (3, " ".join(longer), 0.1),
        (4, " ".join(longer).upper() + "!", 0.2),
        (5, "!?", 0.0),
        (6, "...", 0.0),
        (7, "", 0.0),
    ]
    minhash = MinHash()
    found = list(duplicates.find(compared(tmp_path, rows[:3], rows[3:], minhash=minhash), minhash))
    assert flat(found) == [
        (0, 0, "near_duplicate", "p1:1", 1),
        (0, 2, "near_duplicate", "p1:1", 1),
        (1, 0, "near_duplicate", "p1:1", 1),
    ]
    assert found[1].cluster_size.tolist() == [1, 4, 1, 1, 1]
    assert found[1].found_allowed[0] == ("1.00 like p1:1", "under 0.7")
    by_place = MinHash(prefer=())
    found = list(duplicates.find(compared(tmp_path, rows[:3], rows[3:], minhash=by_place), by_place))
    assert [row[2:4] for row in flat(found)] == [
        ("duplicate", "p0:0"),
        ("near_duplicate", "p0:0"),
        ("near_duplicate", "p0:0"),
    ]


@pytest.mark.parametrize(("profile", "removed"), [("en", 1), ("qa", 0), ("mathematics", 0), ("code", 1)])
def test_problems_that_differ_in_one_number_both_stay(tmp_path, profile, removed):
    text = "A car of {} kg drives up a slope of 30 degrees. " + " ".join(story(np.random.default_rng(0), 100))
    rows = [(i, text.format(850 + i), 1.0) for i in range(2)]
    minhash = MinHash()
    found = list(duplicates.find(compared(tmp_path, rows, minhash=minhash, profile=profile), minhash))
    assert len(flat(found)) == removed


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 30), st.text("abc 一1", max_size=12), st.just(1.0)), max_size=8),
        min_size=1,
        max_size=3,
    )
)
@settings(max_examples=40, deadline=None)
def test_every_document_stays_or_goes_once_and_survivors_stay(tmp_path_factory, parts):
    minhash = MinHash(ngram=1, bands=8, rows=1, similarity=0.4)
    found = list(duplicates.find(compared(tmp_path_factory.mktemp("x"), *parts, minhash=minhash), minhash))
    gone = {f"p{i}:{row}" for i, part in enumerate(found) for row in part.rows.tolist()}
    for _, _, reason, survivor, _ in flat(found):
        assert reason == "duplicate_id" or survivor not in gone
    kept = sum(len(part.cluster_size) - len(part.rows) for part in found)
    assert kept + len(gone) == sum(map(len, parts))
    sizes = sum(int(np.delete(part.cluster_size, part.rows).sum()) for part in found)
    assert sizes == kept + sum(reason != "duplicate_id" for part in found for reason in part.reasons)
