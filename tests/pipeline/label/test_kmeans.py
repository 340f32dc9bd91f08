import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.label.embeddings.embedding import unit
from pipeline.label.kmeans import kmeans, nearest


def groups(random, number, each, dimension):
    centres = unit(random.normal(size=(number, dimension)))
    return unit(np.repeat(centres, each, 0) + 0.05 * random.normal(size=(number * each, dimension)))


def test_groups_that_lie_apart_are_found_whatever_the_blocks():
    vectors = groups(np.random.default_rng(0), 8, 40, 32)
    results = []
    for size in (320, 256, 37):
        blocks = [vectors[i : i + size] for i in range(0, len(vectors), size)]
        found = kmeans(blocks, len(vectors), 8, 50, np.random.default_rng(1))
        results.append(nearest(vectors, found.centroids)[0])
        assert sorted(found.sizes) == [40] * 8
    assert (results[0] == results[1]).all()
    assert (results[0] == results[2]).all()
    assert all(len(set(results[0][i : i + 40])) == 1 for i in range(0, 320, 40))


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 40), st.integers(2, 6), st.integers(0, 99))
def test_inertia_is_what_the_assignment_says(rows, clusters, seed):
    random = np.random.default_rng(seed)
    vectors = unit(random.normal(size=(max(rows, clusters), 5)))
    found = kmeans([vectors], len(vectors), clusters, 30, np.random.default_rng(seed))
    assert found.sizes.sum() == len(vectors)
    assert np.allclose(np.linalg.norm(found.centroids, axis=1), 1, atol=1e-5)
    _, cosine = nearest(vectors, found.centroids)
    assert (1 - cosine).sum() <= found.inertia + 1e-4


def test_equal_documents_leave_clusters_empty_but_whole():
    found = kmeans([unit(np.ones((10, 4)))], 10, 3, 10, np.random.default_rng(0))
    assert found.sizes.tolist() == [10, 0, 0]
    assert np.isfinite(found.centroids).all()


def test_a_rows_result_does_not_depend_on_its_company():
    vectors = groups(np.random.default_rng(2), 5, 100, 64)
    centroids = vectors[::100]
    whole = nearest(vectors, centroids)
    single = [nearest(vectors[i : i + 1], centroids) for i in range(0, 500, 7)]
    assert [int(c[0]) for c, _ in single] == whole[0][::7].tolist()
    assert [float(s[0]) for _, s in single] == whole[1][::7].tolist()
