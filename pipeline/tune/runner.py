"""A runner: where the points of an experiment are run, and what becomes of those that an earlier command left."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.progress import Progress
from pipeline.stage import Stage, Where
from pipeline.tune import point_array
from pipeline.tune.lab import Lab, make_here
from pipeline.tune.points import Point


@dataclass
class Runner(ABC):
    """The base of all runners."""

    lab: Lab
    progress: Progress

    @abstractmethod
    def run(self, points: Sequence[Point]) -> None:
        """Try each point once and say why those that are not finished are not; one that fails stops no other."""

    def make(self, point: Point, stages: Sequence[Stage], where: Where) -> Sequence[object]:
        """Make what a point has in common with others; return something for each stage that was stale."""
        return make_here(point, stages, where)

    def go_on(self) -> list[Point]:
        """Take care of points that an earlier command left running; return those that were waited for.

        Here the Slurm jobs of such a command are ended. Processes of this machine and tasks of Ray end with it.
        """
        point_array.end_left_over(self.lab.root)
        return []
