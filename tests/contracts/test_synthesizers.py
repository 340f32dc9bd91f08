"""What every synthesizer must do, whatever it makes."""

import hashlib
from itertools import islice

import pytest

from synth.arithmetic import Arithmetic
from synth.code_induction import CodeInduction
from synth.definitions import Definitions
from synth.mathematics import Mathematics
from synth.science import Science
from synth.synthesizers import AnySynthesizer

SAMPLES = [
    Arithmetic(),
    Arithmetic(languages=("zh",)),
    Mathematics(),
    Mathematics(languages=("zh",), levels=(3,)),
    Science(),
    CodeInduction(),
    Definitions(file="terms.tsv"),
]
COUNT = 200


@pytest.fixture(autouse=True)
def glossary(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = (f"term{n}\twhat is said of the number {n * n} in a few words\ttopic{n % 5}\n" for n in range(COUNT))
    (tmp_path / "terms.tsv").write_text("".join(lines), encoding="utf-8")


def test_every_synthesizer_has_a_sample(members_of):
    assert {type(sample) for sample in SAMPLES} == members_of(AnySynthesizer)


@pytest.mark.parametrize("synthesizer", SAMPLES, ids=lambda s: s.kind)
def test_same_seed_same_documents_and_none_twice(synthesizer):
    documents = list(islice(synthesizer.documents(7), COUNT))
    assert documents == list(islice(synthesizer.documents(7), COUNT))
    assert documents[:20] != list(islice(synthesizer.documents(8), 20))
    assert len({document.text for document in documents}) == COUNT
    assert all(d.question.strip() and d.answer.strip() and d.made_by.startswith(synthesizer.kind) for d in documents)


@pytest.mark.parametrize("synthesizer", SAMPLES, ids=lambda s: s.kind)
def test_the_first_documents_do_not_depend_on_how_many_are_asked_for(synthesizer):
    assert list(islice(synthesizer.documents(7), 5)) == list(islice(synthesizer.documents(7), 50))[:5]


@pytest.mark.parametrize("synthesizer", SAMPLES, ids=lambda s: s.kind)
def test_every_document_has_a_name_of_its_own(synthesizer):
    documents = list(islice(synthesizer.documents(7), COUNT))
    origins = [synthesizer.origin(document, 7) for document in documents]
    assert len({document.index for document in documents}) == COUNT
    for document, origin in zip(documents, origins, strict=True):
        assert origin == f"{document.made_by}@{synthesizer.format} seed 7 index {document.index}"


def test_documents_of_levels_are_made_again_by_what_names_them():
    science = Science()
    for document in islice(science.documents(7), 100, 110):
        assert science.document(7, document.index) == document


def test_definitions_name_the_line_of_their_glossary():
    definitions = Definitions(file="terms.tsv")
    for document in islice(definitions.documents(7), COUNT):
        assert definitions.parents(document) == (f"terms.tsv:{document.line}",)
        assert f"term{document.line - 1}" in document.text
    assert Science().parents(Science().document(7, 0)) == ()


FIRST = {
    "arithmetic": (1, "ef91eac15d601c77"),
    "mathematics": (1, "edd044ce1e975678"),
    "science": (1, "59965b5b1c984582"),
    "code_induction": (1, "3315005af01f158e"),
    "definitions": (1, "8513485718269d75"),
}
"""Kind -> format, and the hash of the first 300 documents (of definitions: all) of the seed 7."""


@pytest.mark.parametrize(
    "synthesizer", [s for s in SAMPLES if not s.model_fields_set & {"languages"}], ids=lambda s: s.kind
)
def test_documents_do_not_change_without_their_format(synthesizer):
    text = "\n\n".join(document.text for document in islice(synthesizer.documents(7), 300))
    found = hashlib.sha256(text.encode()).hexdigest()[:16]
    assert (synthesizer.format, found) == FIRST[synthesizer.kind], "other documents: raise the synthesizer's format"
