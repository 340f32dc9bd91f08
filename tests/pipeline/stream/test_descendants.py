import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.clean.corpus import FILTERED
from pipeline.stream.descendants import Descendant, as_made, descendants
from pipeline.synthesize.output import SCHEMA


def write(root, artifact, schema, *rows):
    """Write rows of (id, parents) as a synthetic artifact or a corpus."""
    path = root / artifact / ("documents.parquet" if artifact.startswith("synthetic") else "documents/00000.parquet")
    path.parent.mkdir(parents=True)
    rows = [{"id": id, "parents": parents, "made_by": "m" if parents else ""} for id, parents in rows]
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)


@pytest.fixture
def root(tmp_path):
    write(tmp_path, "corpus/web", FILTERED, ("web/1", None), ("web/2", []))
    write(tmp_path, "synthetic/qa", SCHEMA, ("a", ["web/1"]), ("b", ["web/2", "web/1"]), ("c", ["web/2"]))
    write(tmp_path, "corpus/qa", FILTERED, ("qa/a", ["web/1"]), ("qa/c", ["web/2"]))
    write(
        tmp_path, "corpus/more", FILTERED, ("more/x", ["qa/a", "web/1"]), ("more/y", ["qa/c"]), ("more/z", ["more/z"])
    )
    return tmp_path


def test_children_and_what_was_made_from_them_each_once(root):
    assert set(descendants(root, "web/1")) == {
        Descendant("corpus/qa", "qa/a", ("web/1",), "m"),
        Descendant("corpus/more", "more/x", ("qa/a", "web/1"), "m"),
        Descendant("synthetic/qa", "b", ("web/2", "web/1"), "m"),  # cleaning removed it
    }
    assert {child.id for child in descendants(root, "web/2")} == {"qa/c", "more/y", "b"}


def test_nothing_was_made_of_it(root, tmp_path):
    assert descendants(root, "more/x") == []
    assert descendants(root, "nothing") == []
    assert [child.id for child in descendants(root, "more/z")] == ["more/z"]  # a circle ends
    assert descendants(tmp_path / "empty", "web/1") == []


def test_a_document_that_was_made_says_from_what_and_by_what(root):
    assert as_made(root, "qa/a") == Descendant("corpus/qa", "qa/a", ("web/1",), "m")
    assert [as_made(root, name) for name in ("web/1", "qa/b", "none/1", "nothing")] == [None] * 4
