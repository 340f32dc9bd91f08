from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.train.attention import bounds_of, causal, looped, masked

CPU = torch.device("cpu")


def states(seed, batch, length, heads):
    return torch.randn(batch, length, heads, 8, generator=torch.Generator().manual_seed(seed))


def test_bounds_are_where_documents_change_and_sequences_end():
    bounds = bounds_of(torch.tensor([[0, 0, 1, 1], [5, 6, 6, 6], [2, 2, 2, 2]]), CPU)
    assert bounds.cu_seqlens_q.tolist() == [0, 2, 4, 5, 8, 12]
    assert bounds.max_seqlen_q == 4


@given(st.lists(st.lists(st.integers(0, 3), min_size=6, max_size=6), min_size=1, max_size=3))
def test_kernels_agree_with_each_document_alone(documents):
    documents = torch.tensor(documents)
    query, key, value = (states(seed, len(documents), 6, heads) for seed, heads in ((1, 4), (2, 2), (3, 2)))
    bounds = bounds_of(documents, CPU).cu_seqlens_q
    found = looped(query, key, value, bounds, None)
    torch.testing.assert_close(found, masked(query, key, value, bounds, None))
    flat = [part.flatten(0, 1) for part in (query, key, value)]
    for start, end in pairwise(bounds.tolist()):
        alone = causal(*(part[None, start:end] for part in flat), None)[0]
        torch.testing.assert_close(found.flatten(0, 1)[start:end], alone)


@pytest.mark.parametrize("kernel", [looped, masked])
def test_gradients_stay_inside_documents(kernel):
    query, key, value = (states(seed, 1, 6, 2).requires_grad_() for seed in (1, 2, 3))
    bounds = bounds_of(torch.tensor([[0, 0, 0, 1, 1, 1]]), CPU).cu_seqlens_q
    kernel(query, key, value, bounds, None)[:, 3:].sum().backward()
    assert value.grad[:, :3].abs().max() == 0
    assert value.grad[:, 3:].abs().min() > 0
