"""Shared fixtures; every one builds its small corpus itself, nothing is stored. Two sizes of the property tests:
"quick", and "nightly" for HEADWATER_NIGHTLY=1, which takes as long as it takes.
"""

import os

import pytest
from hypothesis import HealthCheck, settings
from slurm_cluster import slurm_cluster, why_not

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("quick", max_examples=20, deadline=None, suppress_health_check=_SLOW)
settings.register_profile("nightly", max_examples=1000, deadline=None, suppress_health_check=_SLOW)
NIGHTLY = os.environ.get("HEADWATER_NIGHTLY") == "1"
settings.load_profile("nightly" if NIGHTLY else "quick")


def pytest_configure(config):
    if NIGHTLY:
        config.option.timeout = 0


@pytest.fixture(scope="session")
def _slurm():
    if reason := why_not():
        pytest.skip(reason)
    with slurm_cluster() as cluster:
        yield cluster


@pytest.fixture
def slurm(_slurm, monkeypatch):
    """A real Slurm of two nodes (`slurm_cluster.SlurmCluster`), which this process and its children ask for jobs."""
    for name, value in _slurm.environment.items():
        monkeypatch.setenv(name, value)
    return _slurm
