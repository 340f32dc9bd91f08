"""The page's sentences about an experiment: how far it is, what is best, by how much, and what it does not beat."""

from __future__ import annotations

import math
from collections.abc import Iterator

from pipeline.recipe import Recipe
from pipeline.report.numbers import MINUS, NONE, counted, decimals, joined, percent, signed, whole
from pipeline.tune.experiment import Experiment
from pipeline.tune.finding import Forecast
from pipeline.tune.ranking import Difference, Place
from pipeline.tune.report.standing import Standing


def shortened(text: str, characters: int) -> str:
    """Return the text, its middle left out where it is longer than that."""
    if len(text) <= characters:
        return text
    tail = (characters - 1) // 2
    return f"{text[: characters - 1 - tail]}…{text[-tail:]}"


def plus_minus(half_width: float) -> str:
    """Return half an interval, or that there is none."""
    return f"±\N{NO-BREAK SPACE}{decimals(half_width)}" if math.isfinite(half_width) else "(no interval)"


def interval(forecast: Forecast) -> str:
    """Return a forecast's interval, or that there is none."""
    if not (math.isfinite(forecast.low) and math.isfinite(forecast.high)):
        return "unknown"
    return f"{decimals(forecast.low)} to {decimals(forecast.high)}"


def error(number: float, absolute: bool) -> str:
    """Return an error of a fit, in per cent where it is relative, or that there were too few rows to find it."""
    if not math.isfinite(number):
        return "too few rows"
    return decimals(number) if absolute else percent(number, 2)


def chance(p: float) -> str:
    """Return a corrected chance as papers write it."""
    return "<\N{NO-BREAK SPACE}0.001" if p < 0.001 else f"{p:.3f}"


def duration(seconds: float) -> str:
    """Return a time in the unit that suits it."""
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g}\N{NO-BREAK SPACE}{unit}"
    return f"{seconds:.3g}\N{NO-BREAK SPACE}seconds"


def flops(number: float | None) -> str:
    """Return floating-point operations in three digits, or a dash where the model's shape is unknown."""
    if number is None:
        return NONE
    mantissa, exponent = f"{number:.2e}".split("e")
    return f"{mantissa}e{int(exponent)}".replace("-", MINUS)


def progress(standing: Standing) -> str:
    """Say how many points there are and how far they are."""
    each = len(standing.experiment.seeds)
    states = joined([f"{whole(count)} {state}" for state, count in standing.states.items()])
    return (
        f"{counted(len(standing.combinations), 'combination')}, each with {counted(each, 'seed')}: "
        f"{counted(len(standing.records), 'point')}, of which {states}."
    )


def partial(standing: Standing) -> str:
    """Say what an unfinished experiment leaves open; empty of a finished one."""
    missing = len(standing.records) - len(standing.results)
    if not missing:
        return ""
    whole_ones = sum(len(standing.finished(name)) == len(standing.experiment.seeds) for name in standing.combinations)
    are = "is" if missing == 1 else "are"
    return (
        f"This page is partial: {whole(missing)} of {counted(len(standing.records), 'point')} {are} not finished, and "
        f"{whole(whole_ones)} of {counted(len(standing.combinations), 'combination')} "
        f"{'has' if whole_ones == 1 else 'have'} all seeds. What it says holds for the finished points alone."
    )


def kept(experiment: Experiment, small: Recipe) -> str:
    """Say what the small runs keep of their sources, to repeat them as the large run will."""
    if not experiment.match_repetition:
        return "Sources are whole in the small runs (match_repetition is off)."
    keep = small.runs[experiment.run].keep
    if not keep:
        return "Sources are whole in the small runs: the large one is no longer for its sources than they are."
    parts = {name: f"{100 * share:.3g}\N{NO-BREAK SPACE}%" for name, share in keep.items()}
    alike = len(set(parts.values())) == 1 and len(parts) == len(small.read_by(experiment.run))
    told = f"{next(iter(parts.values()))} of each" if alike else joined([f"{p} of {name}" for name, p in parts.items()])
    return f"Small runs keep a part of their sources, to repeat documents as often as the large one will: {told}."


def verdict(standing: Standing) -> list[str]:
    """Return the verdict, a sentence or two for each thing one asks of it."""
    found = standing.verdict
    if found is None:
        return ["No point is finished, so nothing is decided."]
    if found.best is None:
        return [_none_feasible(standing)]
    if len(found.places) == 1:
        return [f"Only {found.best.combination} has finished points, so nothing can be compared yet."]
    return [" ".join(_best(standing, found.best)), *_baselines(standing, found.best)]


def _none_feasible(standing: Standing) -> str:
    assert standing.verdict is not None, "places come from a verdict"
    decide, lowest = standing.experiment.decide, standing.verdict.places[0]
    bounds = joined([f"{metric} at most {bound:g}" for metric, bound in decide.at_most.items()])
    broken = standing.verdict.broken[lowest.combination]
    told = joined([f"{metric} {decimals(mean)}" for metric, mean in broken.items()])
    return (
        f"No combination keeps {bounds}, so nothing is recommended. {lowest.combination} has the lowest "
        f"{decide.lowest}, {measured(lowest)}, and breaks the bound: {told}."
    )


def measured(place: Place) -> str:
    """Return a mean with its interval and the seeds behind it."""
    return f"{decimals(place.mean)} {plus_minus(place.half_width)} over {counted(len(place.values), 'seed')}"


def _best(standing: Standing, best: Place) -> Iterator[str]:
    assert standing.verdict is not None, "places come from a verdict"
    bounds = standing.experiment.decide.at_most
    kept = " of those that keep their bounds" if standing.verdict.broken else ", within its bounds" if bounds else ""
    lowest = standing.experiment.decide.lowest
    yield f"{best.combination} is best: {lowest} {measured(best)}, the lowest{kept}."
    rivals = [p for p in standing.verdict.places if p.combination not in {best.combination, *standing.verdict.broken}]
    if not rivals:
        return
    gap = standing.gaps.get(rivals[0].combination)
    if gap is None:
        yield f"The next, {rivals[0].combination}, has no finished seed in common with it."
    elif not gap.has_noise:
        yield f"The next, {gap.combination}, is {_by(standing, gap)}; one seed each does not say whether that is noise."
        return
    elif gap.beyond_noise:
        yield f"The next, {gap.combination}, is {_by(standing, gap)}, beyond noise."
    else:
        yield f"The next, {gap.combination}, is {_by(standing, gap)}: within noise, so the two are not told apart."
    alike = [name for name in standing.verdict.within_noise if name != rivals[0].combination]
    if alike:
        shown = joined([*alike[:5], *([f"{len(alike) - 5} more"] if len(alike) > 5 else [])])
        yield f"As good within noise {'is' if len(alike) == 1 else 'are'} also {shown}."


def _by(standing: Standing, gap: Difference) -> str:
    way = "higher" if gap.mean >= 0 else "lower"
    most = max(len(standing.finished(name)) for name in (gap.combination, gap.than))
    shared = f" on the {counted(gap.seeds, 'seed')} that both have" if gap.seeds < most else ""
    if not gap.has_noise:
        return f"{decimals(abs(gap.mean))} {way}"
    size = f"{decimals(abs(gap.mean))} {plus_minus(gap.half_width)}"
    return f"{size} {way}{shared} (p {_equals(gap.p)} after Holm's correction)"


def _equals(p: float) -> str:
    return chance(p) if p < 0.001 else f"=\N{NO-BREAK SPACE}{chance(p)}"


def _baselines(standing: Standing, best: Place) -> Iterator[str]:
    """Yield what the best is against baselines: beaten, not told apart, better, or not compared."""
    assert standing.verdict is not None, "places come from a verdict"
    named = [place.combination for place in standing.verdict.places if place.is_baseline]
    if best.is_baseline:
        yield "The best is a baseline: none of the variations beats a mixture that costs no thought."
        return
    gaps = {name: standing.gaps[name] for name in named if name in standing.gaps}
    beaten = [name for name, gap in gaps.items() if gap.beyond_noise and gap.mean > 0]
    lower = [name for name, gap in gaps.items() if gap.beyond_noise and gap.mean < 0]
    if beaten:
        yield f"It beats {joined(beaten)} beyond noise."
    untold = [name for name, gap in gaps.items() if not gap.has_noise]
    if untold:
        yield f"Whether it beats {joined(untold)} cannot be told from one seed."
    for name in (name for name in standing.verdict.unbeaten if name not in untold):
        yield f"It does not beat {name} beyond noise: {name} is {_by(standing, gaps[name])}."
    for name in lower:
        yield f"{name} is lower beyond noise ({signed(gaps[name].mean)}), and breaks a bound."
    if missing := [name for name in _all_baselines(standing) if name not in gaps]:
        yield f"It could not be compared with {joined(missing)}: no finished seed in common."


def _all_baselines(standing: Standing) -> list[str]:
    return [name for name in standing.combinations if "baseline" in standing.levels[name]]
