"""What every synthesizer must do, whatever it makes."""

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
