"""A small corpus: a web source cut into topics, and two plain sources."""

import pytest

from mixtures.base import Situation, Slice

SIZES = {"web/topic=law": 100, "web/topic=medicine": 300, "web/topic=physics": 600, "books": 500, "zh": 1500}


@pytest.fixture
def situation():
    """Return a function that makes a situation; sizes and any field may be given."""

    def make(sizes=None, **fields):
        slices = tuple(_slice(name, tokens) for name, tokens in (sizes or SIZES).items())
        return Situation(**{"slices": slices, "groups": {}, "progress": 0.0, "tokens": 0, **fields})

    return make


def _slice(name, tokens):
    source, *keys = name.split("/")
    return Slice(name, source, tuple(tuple(key.split("=")) for key in keys), tokens)
