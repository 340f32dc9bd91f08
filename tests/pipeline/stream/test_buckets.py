"""Buckets of numbers: names, which value belongs where, and what a recipe may write."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from pipeline.stream.buckets import AnyCut, Cut, buckets_of

CUT = TypeAdapter(AnyCut)
HALVES = Cut(column="quality", edges=(0.3, 0.7))


def names_of(cut, values, edges=None):
    places = buckets_of(np.asarray(values), cut, cut.edges if edges is None else edges)
    return [cut.names[place] for place in places]


def test_names_say_what_is_inside():
    assert HALVES.names == ("..0.3", "0.3..0.7", "0.7..", "none")
    assert Cut(column="length", edges=(-5, 100, 1e6)).names == ("..-5", "-5..100", "100..1000000", "1000000..", "none")
    assert Cut(column="perplexity", quantiles=4).names == ("q1of4", "q2of4", "q3of4", "q4of4", "none")
    assert Cut(column="topic").names == ()


def test_a_value_on_an_edge_belongs_above_it_and_nan_to_none():
    values = [-math.inf, 0.29, 0.3, 0.69, 0.7, math.inf, math.nan]
    assert names_of(HALVES, values) == ["..0.3", "..0.3", "0.3..0.7", "0.3..0.7", "0.7..", "0.7..", "none"]


def test_edges_have_the_precision_of_the_column():
    assert names_of(HALVES, np.array([0.3, 0.7], dtype=np.float32)) == ["0.3..0.7", "0.7.."]
    assert names_of(Cut(column="units", edges=(10,)), np.array([9, 10], dtype=np.int64)) == ["..10", "10.."]


def test_without_a_single_number_everything_is_none():
    assert names_of(Cut(column="p", quantiles=3), [math.nan, math.nan], edges=()) == ["none", "none"]


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=5, unique=True), st.floats(allow_nan=False))
def test_bounds_say_which_values_a_bucket_holds(edges, value):
    cut = Cut(column="x", edges=tuple(sorted(edges)))
    (name,) = names_of(cut, [value])
    low, high = cut.bounds(name, cut.edges)
    assert (low is None or low <= value) and (high is None or value < high)
    assert cut.bounds("none", cut.edges) is None


@pytest.mark.parametrize(
    "written",
    ["topic", {"column": "perplexity", "quantiles": 4}, {"column": "quality", "edges": [0.3, 0.7]}],
)
def test_it_is_written_down_as_it_was_written(written):
    assert CUT.dump_python(CUT.validate_python(written), mode="json") == written


@pytest.mark.parametrize(
    "wrong",
    [
        {"column": "x", "quantiles": 1},
        {"column": "x", "quantiles": 101},
        {"column": "x", "edges": []},
        {"column": "x", "edges": [0.7, 0.3]},
        {"column": "x", "edges": [0.3, 0.3]},
        {"column": "x", "edges": [math.inf]},
        {"column": "x", "edges": [0.3], "quantiles": 2},
        {"quantiles": 2},
        {"column": "x", "buckets": 2},
        3,
    ],
)
def test_what_is_refused(wrong):
    with pytest.raises(ValidationError):
        CUT.validate_python(wrong)
