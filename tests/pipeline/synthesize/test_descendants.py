import pytest
from chat_server import ChatServer
from labelled_world import quiet
from synthesis_world import shown, stage_for, write_science, written

from pipeline.clean import corpus
from pipeline.clean.settings import Clean
from pipeline.clean.stage import CleanStage
from pipeline.errors import UserError
from pipeline.sources import Source
from pipeline.stage import make
from pipeline.synthesize.descendants import Descendant, descendants


def test_a_page_leads_to_its_questions_and_to_the_cleaned_corpus_they_became(tmp_path):
    write_science(tmp_path)
    with ChatServer(lambda request, _: (200, written(shown(request)), {})) as server:
        make([stage_for(tmp_path, server.url)], quiet(tmp_path))
    read = {"kind": "parquet", "paths": ["synthetic/qa/documents.parquet"]}
    source = Source.model_validate({"read": read, "profile": "qa", "license": "x"})
    make([CleanStage("qa", source, Clean(filters=()), 0, tmp_path)], quiet(tmp_path))
    rows = [
        row for b in corpus.batches(tmp_path / "corpus" / "qa", ["id", "parents", "made_by"]) for row in corpus.rows(b)
    ]
    assert rows
    for row in rows:
        (page,) = row["parents"]
        own = row["id"].removeprefix("qa/")
        assert list(descendants(tmp_path, page)) == [
            Descendant("synthetic/qa", own, page),
            Descendant("corpus/qa", row["id"], page),
        ]
        assert row["made_by"].startswith("m problem-")


def test_nothing_there(tmp_path):
    with pytest.raises(UserError, match="no corpus and no synthetic"):
        list(descendants(tmp_path, "s/1"))
    write_science(tmp_path)
    assert list(descendants(tmp_path, "s/1")) == []
