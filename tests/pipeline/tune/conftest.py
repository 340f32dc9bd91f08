"""A small swarm that was run: one mixture and both of its parts alone, with exported models and probes."""

import pytest
from tuned_world import LONGER, SWARM, write_tuned

from pipeline.stage import Where
from pipeline.tune.lab import Lab


@pytest.fixture(scope="session")
def swarm(tmp_path_factory):
    """The lab and its points: the mixture, then each part."""
    folder = tmp_path_factory.mktemp("swarm")
    lab = Lab(write_tuned(folder, SWARM, LONGER), folder, folder / "root")
    points = [point for point in lab.points if not point.is_baseline]
    lab.prepare(points, Where(lab.root))
    for point in points:
        lab.make(point, Where(lab.root))
    return lab, points
