import numpy as np

from pipeline.label.benchmark_rank import best_ranks, top
from pipeline.label.embeddings.embedding import unit


def test_the_best_rank_of_any_example_counts():
    documents = unit(np.array([[1.0, 0], [0.9, 0.1], [0, 1.0], [-1.0, 0]]))
    examples = unit(np.array([[1.0, 0], [0, 1.0]]))
    rank, cosine = best_ranks(documents, examples)
    assert rank.tolist() == [1, 2, 1, 4]
    assert np.allclose(cosine[[0, 2]], 1)
    assert top(documents, examples, 0.5).tolist() == [True, False, True, False]


def test_as_the_plain_definition_says():
    random = np.random.default_rng(0)
    documents, examples = unit(random.normal(size=(50, 8))), unit(random.normal(size=(130, 8)))
    plain = np.min([np.argsort(np.argsort(-(documents @ example))) + 1 for example in examples], axis=0)
    assert best_ranks(documents, examples)[0].tolist() == plain.tolist()
    assert top(documents, examples, 0.1).sum() == 5
