"""Whole documents: the text that was tokenised, exactly, or a refusal."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import artifact
from pipeline.clean.corpus import SCHEMA
from pipeline.errors import UserError
from pipeline.stream.corpus_rows import CorpusRows

TEXTS = [f"第{i}篇\n\ttrailing blanks  \r\n\u200b{'x' * i}" for i in range(11)]


def publish(folder, kind, inputs, settings):
    draft = artifact.begin(folder, "new")
    identity = artifact.fingerprint(kind, 1, settings, inputs)
    artifact.publish(draft, folder, artifact.Manifest(kind, 1, settings, inputs, identity))
    return identity


def write_corpus(root, settings, texts=TEXTS):
    folder = root / "corpus" / "web"
    identity = publish(folder, "corpus", {}, settings)
    (folder / "documents").mkdir()
    for part, begin in enumerate((0, 4, 8)):
        rows = [
            {"id": f"web-{i}", "text": text, **dict.fromkeys(SCHEMA.names[2:])}
            for i, text in list(enumerate(texts))[begin : begin + 4]
        ]
        pq.write_table(
            pa.Table.from_pylist(rows, schema=SCHEMA), folder / "documents" / f"{part:05d}.parquet", row_group_size=3
        )
    return identity


@pytest.fixture
def root(tmp_path):
    publish(tmp_path / "tokens" / "web", "tokens", {"corpus/web": write_corpus(tmp_path, {})}, {})
    return tmp_path


def test_every_document_over_parts_and_row_groups_in_any_order(root):
    texts = CorpusRows(root, ("text",))
    for row in [*range(11), *range(10, -1, -1), 3, 8, 0]:
        assert texts.find("web", row, f"web-{row}")["text"] == TEXTS[row]


def test_documents_beside_each_other_cost_one_read(root, monkeypatch):
    reads = []
    read = pq.ParquetFile.read_row_group
    monkeypatch.setattr(pq.ParquetFile, "read_row_group", lambda self, *a, **k: reads.append(1) or read(self, *a, **k))
    texts = CorpusRows(root, ("text",))
    for row in (0, 1, 2, 2, 1):
        texts.find("web", row, f"web-{row}")
    assert len(reads) == 1


@pytest.mark.parametrize(("row", "name"), [(3, "web-4"), (11, "web-11")])
def test_another_document_there_is_refused(root, row, name):
    with pytest.raises(UserError, match="is not the corpus that tokens/web was made from"):
        CorpusRows(root, ("text",)).find("web", row, name)


def test_a_corpus_that_was_cleaned_anew_is_refused(root):
    write_corpus(root, {"changed": True})
    with pytest.raises(UserError, match="`--text stretch` decodes the tokens themselves"):
        CorpusRows(root, ("text",)).find("web", 0, "web-0")
