"""What every synthesizer must do, whatever it makes."""

from itertools import islice

import pytest

from synth.arithmetic import Arithmetic

SAMPLES = [Arithmetic(), Arithmetic(languages=("zh",))]


@pytest.mark.parametrize("synthesizer", SAMPLES)
def test_same_seed_same_documents_and_none_twice(synthesizer):
    documents = list(islice(synthesizer.documents(7), 500))
    assert documents == list(islice(synthesizer.documents(7), 500))
    assert documents[:20] != list(islice(synthesizer.documents(8), 20))
    assert len({document.text for document in documents}) == 500
    assert all(d.question.strip() and d.answer.strip() and d.made_by.startswith(synthesizer.kind) for d in documents)
