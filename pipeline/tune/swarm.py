"""A swarm: mixtures that were tried with what was measured of each, and its two tables on disk, in the form of Olmix.

``ratios.csv`` has a column ``run_id``, perhaps ``name``, and one for each source, whose shares sum to 1 in every row;
``metrics.csv`` has ``run_id`` and one column for each metric. Rows belong together by ``run_id``.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import artifact
from pipeline.errors import UserError
from pipeline.tune.factors import Shares

if TYPE_CHECKING:
    from pipeline.tune.evidence import Evidence

RATIOS, METRICS = "ratios.csv", "metrics.csv"
SLACK = 0.01
"""By how much shares of a row may miss a sum of 1; they are then divided by their sum."""

Mixture = Mapping[str, float]


@dataclass(frozen=True)
class Run:
    """One run of a swarm."""

    id: str
    name: str
    mixture: Mixture
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Swarm:
    """Runs over the shares of the same names."""

    names: tuple[str, ...]
    runs: tuple[Run, ...]
    alone: int = 0
    """Rows of either table that the other one lacks; they are left out."""

    def pooled(self, metrics: Sequence[str]) -> list[Run]:
        """Return one run for every mixture, with the mean of its runs: those of several seeds are one observation."""
        same: dict[tuple[float, ...], list[Run]] = {}
        for run in self.runs:
            same.setdefault(tuple(run.mixture[name] for name in self.names), []).append(run)
        return [
            Run(runs[0].id, runs[0].name, runs[0].mixture, {m: _mean([r.metrics[m] for r in runs]) for m in metrics})
            for runs in same.values()
        ]


def swarm_of(evidence: Evidence, factor: str) -> Swarm:
    """Return the finished points that vary a factor of kind ``shares``; baselines have no shares of it."""
    shares = evidence.experiment.factors[factor]
    assert isinstance(shares, Shares), "others are refused when the experiment is read"
    trials = [trial for trial in evidence.trials if factor in trial.point.levels]
    runs = (Run(t.point.name, t.point.combination, t.point.changes[shares.field], t.metrics) for t in trials)
    return Swarm(shares.of, tuple(runs))


def write_swarms(evidence: Evidence, root: Path) -> Iterator[Path]:
    """Write the tables of every factor of kind ``shares`` and yield their folder: the root, or one for each factor."""
    factors = [name for name, factor in evidence.experiment.factors.items() if isinstance(factor, Shares)]
    for factor in factors:
        folder = root if len(factors) == 1 else root / factor
        folder.mkdir(parents=True, exist_ok=True)
        write_swarm(folder, swarm_of(evidence, factor), list(evidence.experiment.metrics))
        yield folder


def write_swarm(folder: Path, swarm: Swarm, metrics: Sequence[str]) -> None:
    """Write both tables, each whole or not at all."""
    ratios = [{"run_id": run.id, "name": run.name, **run.mixture} for run in swarm.runs]
    measured = [{"run_id": run.id, "name": run.name, **{m: run.metrics[m] for m in metrics}} for run in swarm.runs]
    _write(folder / RATIOS, ["run_id", "name", *swarm.names], ratios)
    _write(folder / METRICS, ["run_id", "name", *metrics], measured)


def read_swarm(folder: Path) -> Swarm:
    """Read both tables; raise UserError, with file and line, for what is not of their form."""
    ratios, names = _read(folder / RATIOS)
    metrics, _ = _read(folder / METRICS)
    for run_id, (line, _, shares) in ratios.items():
        total = math.fsum(shares.values())
        if abs(total - 1) > SLACK or min(shares.values()) < 0:
            raise UserError(f"{folder / RATIOS}:{line}: {run_id}: shares are 0 or more and sum to 1; found {total:.4g}")
    runs = []
    for run_id, (_, name, shares) in ratios.items():
        if run_id in metrics:
            total = math.fsum(shares.values())
            mixture = {source: share / total for source, share in shares.items()}
            runs.append(Run(run_id, name, mixture, metrics[run_id][2]))
    return Swarm(tuple(names), tuple(runs), len(ratios.keys() ^ metrics.keys()))


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _write(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    artifact.write_durably(path, text.getvalue().encode())


_Rows = dict[str, tuple[int, str, dict[str, float]]]
"""run_id -> line, name, numbers."""


def _read(path: Path) -> tuple[_Rows, list[str]]:
    """Return the rows and the names of the columns of numbers."""
    try:
        reader = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")))
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: byte {error.start} is not UTF-8") from error
    columns = [column for column in reader.fieldnames or [] if column not in ("run_id", "name")]
    if "run_id" not in (reader.fieldnames or []) or not columns:
        raise UserError(f"{path}:1: a column run_id and at least one of numbers are needed")
    rows: _Rows = {}
    for row in reader:
        line, run_id = reader.line_num, row["run_id"]
        if run_id in rows:
            raise UserError(f"{path}:{line}: run_id {run_id} is there twice; first on line {rows[run_id][0]}")
        rows[run_id] = (line, row.get("name") or run_id, {c: _number(row[c], f"{path}:{line}: {c}") for c in columns})
    return rows, columns


def _number(text: str | None, where: str) -> float:
    try:
        number = float(text or "")
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UserError(f"{where}: found {text!r}; a number is needed")
    return number
