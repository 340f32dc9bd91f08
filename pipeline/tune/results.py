"""Results: the numbers of all finished points, read anew from their runs each time, and the same as a table on disk."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline import artifact
from pipeline.tune.lab import Lab
from pipeline.tune.points import Point

TABLE = "results.csv"


@dataclass(frozen=True)
class Result:
    """The numbers of one finished point."""

    point: Point
    metrics: Mapping[str, float]
    tokens: int
    """Tokens that the run trained on."""

    @property
    def fields(self) -> dict[str, Any]:
        """One row of the table."""
        return {"point": self.point.combination, "seed": self.point.seed, "tokens": self.tokens, **self.metrics}


def results(lab: Lab) -> list[Result]:
    """Return one result for every finished point; raise UserError where a metric cannot be read from its run."""
    return list(_results(lab))


def _results(lab: Lab) -> Iterator[Result]:
    for point in lab.points:
        if (outcome := lab.outcome(point)) is not None:
            metrics = {name: metric.measure(outcome) for name, metric in lab.experiment.metrics.items()}
            yield Result(point, metrics, int(outcome.steps[-1]["tokens"]))


def write_table(lab: Lab, found: Sequence[Result]) -> None:
    """Write ``results.csv``: one row for every finished point, whole or not at all."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ["point", "seed", "tokens", *lab.experiment.metrics], lineterminator="\n")
    writer.writeheader()
    writer.writerows(result.fields for result in found)
    artifact.write_durably(lab.root / TABLE, text.getvalue().encode())
