"""The summary: what a terminal shows of an experiment, before anything is spent and afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pipeline.tune.lab import Lab
from pipeline.tune.ranking import plus_minus
from pipeline.tune.repetitions import repetitions
from pipeline.tune.target import large_run
from pipeline.tune.verdict import Verdict


def before(lab: Lab) -> Iterator[str]:
    """Yield lines that say what will be run and how it stands for the target."""
    experiment, points = lab.experiment, lab.points
    states = Counter(lab.state(point)[0] for point in points)
    combinations = dict.fromkeys(point.combination for point in points)
    each = points[0].recipe.runs[experiment.run].tokens
    yield f"{experiment.name}: {experiment.question}" if experiment.question else experiment.name
    yield f"  {len(combinations)} combinations x {len(experiment.seeds)} seeds = {len(points)} points"
    yield "  " + ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    total = sum(point.recipe.runs[experiment.run].tokens for point in points)
    yield f"  {total:,} tokens in all, {each:,} a point"
    large = large_run(experiment, lab.path)
    yield f"  stands for run {large.run} of {large.file} with {large.tokens:,} tokens"
    keep = points[0].recipe.runs[experiment.run].keep
    if keep:
        told = ", ".join(f"{name} {share:.3g}" for name, share in keep.items())
        yield f"  keeps of its sources, to repeat them as often as the target: {told}"
    yield from (f"  {line}" for line in repetitions(points, experiment.run, large, lab.root))
    for point in points:
        state, reason = lab.state(point)
        if reason:
            yield f"  {point.name}: {state}: {reason}"


def after(lab: Lab, verdict: Verdict) -> Iterator[str]:
    """Yield the ranking by the metric that decides, and the verdict."""
    decide = lab.experiment.decide
    width = max(len(place.combination) for place in verdict.places)
    gaps = {gap.combination: gap for gap in verdict.others}
    yield f"{decide.lowest}, lowest first; mean over seeds, 95 % interval; difference from the best, and its chance"
    for place in verdict.places:
        line = f"  {place.combination:<{width}}  {plus_minus(place.mean, place.half_width)}"
        if gap := gaps.get(place.combination):
            line += f"  {plus_minus(gap.mean, gap.half_width, '+')}"
            if gap.has_noise:
                line += f"  p={gap.p:.3f}" + ("" if gap.beyond_noise else "  within noise")
        for metric, mean in verdict.broken.get(place.combination, {}).items():
            line += f"  breaks {metric}: {mean:.4f} > {decide.at_most[metric]:g}"
        yield line
    if verdict.best is None:
        bounds = ", ".join(f"{metric} at most {bound:g}" for metric, bound in decide.at_most.items())
        yield f"no combination keeps {bounds}; nothing is recommended"
    else:
        yield f"best: {verdict.best.combination}"
    for baseline in verdict.unbeaten:
        yield f"  it does not beat {baseline} beyond noise"
