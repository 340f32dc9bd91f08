"""Curves without outliers need no second start: the tests of fitting itself search from all of them."""

import pytest

from pipeline.tune.laws import fitting


@pytest.fixture(autouse=True)
def one_start(monkeypatch):
    """Search from the most promising start alone."""
    monkeypatch.setattr(fitting, "STARTS", 1)
