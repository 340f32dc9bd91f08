import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean import duplicates


def write_part(path, rows):
    hashed = [
        {"file_line": f"{path.stem}:{i}", "id_hash": id.to_bytes(16, "big"), "text_hash": text.to_bytes(16, "big")}
        for i, (id, text) in enumerate(rows)
    ]
    schema = pa.schema([("file_line", pa.string()), ("id_hash", pa.binary(16)), ("text_hash", pa.binary(16))])
    pq.write_table(pa.Table.from_pylist(hashed, schema=schema), path)


def by_hand(parts, by_text):
    """Walk through the documents in order with dictionaries."""
    ids, texts, gone = {}, {}, []
    for part, rows in enumerate(parts):
        for row, (id, text) in enumerate(rows):
            place = f"p{part}:{row}"
            if id in ids:
                gone.append((part, row, ids[id][1] == text, ids[id][0]))
            elif by_text and text in texts:
                ids[id] = (place, text)
                gone.append((part, row, True, texts[text]))
            else:
                ids[id] = (place, text)
                texts[text] = place
    return gone


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4)), min_size=1, max_size=6), min_size=1, max_size=4),
    st.booleans(),
)
@settings(max_examples=80, deadline=None)
def test_the_first_by_file_and_line_stays(tmp_path_factory, parts, by_text):
    folder = tmp_path_factory.mktemp("parts")
    for i, rows in enumerate(parts):
        write_part(folder / f"p{i}.parquet", rows)
    found = duplicates.find(sorted(folder.glob("*.parquet")), by_text=by_text)
    flat = [
        (i, int(row), bool(same), first)
        for i, part in enumerate(found)
        for row, same, first in zip(part.rows, part.same_text, part.first, strict=True)
    ]
    assert flat == by_hand(parts, by_text)


def test_saved_and_loaded(tmp_path):
    gone = duplicates.Duplicates(np.array([2, 5]), np.array([True, False]), ("a:1", "b:2"))
    gone.save(tmp_path / "x" / "d.npz")
    loaded = duplicates.Duplicates.load(tmp_path / "x" / "d.npz")
    assert loaded.first == gone.first
    assert loaded.rows.tolist() == [2, 5]
