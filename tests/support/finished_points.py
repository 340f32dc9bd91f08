"""Points that are finished without training: their files hold losses by a formula that a test plants."""

from pathlib import Path

import numpy as np
from tuned_results import leave
from tuned_world import RECIPE, write_tuned

from pipeline.tune.evidence import gather
from pipeline.tune.finding import Finding
from pipeline.tune.findings import findings
from pipeline.tune.lab import Lab
from pipeline.tune.results import results
from pipeline.tune.schedules import rates_of
from pipeline.tune.verdict import decide

LONGER = RECIPE.replace("tokens: 4K", "tokens: 25600")
"""100 steps of 256 tokens."""


def experiment(levels: str, *, laws: str, seeds="[1, 2, 3]", target="", extra="") -> str:
    """Return an experiment over the levels of one factor of `tuned_world.RECIPE`, with a rise and a loss."""
    return f"""
name: share
recipe: tiny.yaml
run: cpt
factors:
  share:
{levels}
seeds: {seeds}
metrics:
  made: {{kind: loss, sources: [made]}}
  help: {{kind: rise, sources: [help]}}
decide: {{lowest: made, at_most: {{help: 1.0}}}}
match_repetition: false
{target}
{extra}
laws:
{laws}
"""


def shares(*values: float) -> str:
    """Return levels of a share of made questions, labelled by it."""
    lines = (f'      "{v:g}": {{runs.cpt.phases.0.mixture.shares: {{help: {1 - v:g}, made: {v:g}}}}}\n' for v in values)
    return "    kind: levels\n    levels:\n" + "".join(lines)


def finish(lab: Lab, loss, places: int) -> None:
    """Publish a run for every point, validated at so many places evenly besides its start.

    ``loss(point, steps done, rates)`` returns source -> loss.
    """
    for point in lab.points:
        run = point.recipe.runs[lab.experiment.run]
        rates = rates_of(run)
        at = [0, *np.unique(np.linspace(len(rates) / places, len(rates), places).astype(int)).tolist()]
        per_step = run.batch * run.sequence_length
        tokens = [min(run.tokens, per_step * n) for n in range(len(rates) + 1)]
        steps = [{"tokens": t, "loss": 1.0, "learning_rate": float(r)} for t, r in zip(tokens[1:], rates, strict=True)]
        seen = [{"tokens": tokens[n], "loss": loss(point, n, rates)} for n in at]
        leave(lab, point, seen, steps)


def planted(folder: Path, text: str, recipe: str, loss, places: int) -> Lab:
    """Write an experiment and finish all its points."""
    path = write_tuned(folder, text, recipe)
    lab = Lab(path, folder, folder / "out")
    finish(lab, loss, places)
    return lab


def asked(lab: Lab) -> list[Finding]:
    """Return what the experiment's laws say."""
    found = results(lab)
    return findings(gather(lab, found, decide(found, lab.experiment.decide)))
