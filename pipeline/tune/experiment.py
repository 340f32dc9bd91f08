"""An experiment: one YAML file that says what is varied, how, and by which numbers the large run's recipe is chosen."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any, cast

from pydantic import Field, ValidationError

from curricula.settings import Settings, Tokens
from pipeline.errors import UserError
from pipeline.recipe import Name, Recipe, load_recipe
from pipeline.recipe_errors import describe, near
from pipeline.tune.designs import AnyDesign, Grid, Merging
from pipeline.tune.factors import AnyFactor, Label, Range
from pipeline.tune.inquiries import AnyInquiry
from pipeline.tune.metrics import AnyMetric
from pipeline.yaml_file import Location, YamlFile


class Target(Settings):
    """The large run that the small ones stand for."""

    recipe: str | None = None
    """Its recipe, relative to the experiment; the base recipe where there is none."""
    run: Name | None = None
    """Its run; the experiment's where there is none."""
    tokens: Tokens | None = None
    """Its length, where it is not the one in its recipe."""


class Decide(Settings):
    """How the best point is found."""

    lowest: str
    """The metric that shall be low."""
    at_most: dict[str, float] = {}
    """Metric -> bound that a point must keep, such as 0.05 nats of forgetting."""


class Experiment(Settings):
    """What is asked, tried and measured."""

    name: Name
    """Names the experiment's folder."""
    question: str = ""
    """What the experiment answers; opens its report."""
    recipe: str | dict[Label, str]
    """The base recipe, relative to this file; of an experiment that is sized several times, one for each size."""
    run: Name
    """The run of it that is measured; runs before it are made once and shared."""
    factors: dict[Label, AnyFactor] = Field(min_length=1)
    """What is varied."""
    design: AnyDesign = Grid()
    """Which combinations are tried."""
    seeds: tuple[int, ...] = Field(default=(1, 2, 3), min_length=1)
    """Every point is run once with each; differences between them are the noise that conclusions are held against."""
    seed: int = 0
    """Root of the random numbers with which a design draws its points."""
    metrics: dict[Label, AnyMetric] = Field(min_length=1)
    """What is measured."""
    merging: Merging | None = None
    """Whether, and of which factor, mixtures are also foretold by the mean of models of their parts."""
    decide: Decide
    """How the best point is found."""
    laws: tuple[AnyInquiry, ...] = ()
    """What is fitted to the finished points and asked about the large run."""
    target: Target = Target()
    """What the answer is for."""
    match_repetition: bool = True
    """Keep as much less of every source as the run is shorter than the target, so that it repeats alike."""

    @property
    def rungs(self) -> set[str]:
        """Factors that only a model ladder varies: the large run keeps its own size and length."""
        return {name for inquiry in self.laws if inquiry.kind == "model_ladder" for name in inquiry.factors}


def load_experiment(path: Path, size: str | None = None) -> Experiment:
    """Read and check an experiment in one of its sizes (the first where None); raise UserError with every problem.

    Its base recipe is then one file, and groups in its metrics are replaced by their sources.
    """
    file = YamlFile(path)
    problems, experiment = list(file.problems), None
    if isinstance(file.data, dict) and "sources" in file.data and "factors" not in file.data:
        raise UserError(f"{path}:1: a recipe, and an experiment is needed here; `headwater run` takes recipes")
    try:
        experiment = Experiment.model_validate(file.data)
    except ValidationError as error:
        problems += [line for detail in error.errors() if (line := describe(detail, file, Experiment))]
    if experiment is not None:
        problems += [
            f"{path}:{file.line(where)}: {'.'.join(map(str, where))}: {what}"
            for where, what in _check(experiment, path.parent)
        ]
    if problems or experiment is None:
        raise UserError("\n".join(problems))
    return _sized(experiment, path, size)


def base_of(experiment: Experiment, path: Path) -> Path:
    """Return the file of the base recipe, in the size that was loaded."""
    assert isinstance(experiment.recipe, str), "load_experiment chooses one"
    return path.parent / experiment.recipe


def _sized(experiment: Experiment, path: Path, size: str | None) -> Experiment:
    sizes = experiment.recipe if isinstance(experiment.recipe, dict) else {}
    if size is not None and size not in sizes:
        raise UserError(f"--size {size}: {path} has no such size{near(size, list(sizes))}")
    file = sizes[size or next(iter(sizes))] if isinstance(experiment.recipe, dict) else experiment.recipe
    recipe = load_recipe(path.parent / file)
    metrics = {name: metric.of_sources(recipe.groups) for name, metric in experiment.metrics.items()}
    factors = {name: _whole(factor, recipe) for name, factor in experiment.factors.items()}
    return experiment.model_copy(update={"recipe": file, "metrics": metrics, "factors": factors})


def _whole(factor: AnyFactor, recipe: Recipe) -> AnyFactor:
    """Return a range over a field that holds whole numbers in the base recipe as one of whole numbers."""
    if not isinstance(factor, Range) or factor.multiple_of is not None:
        return factor
    try:
        here = reduce(_inside, factor.field.split("."), cast(Any, recipe))
    except (LookupError, ValueError, AttributeError):
        return factor  # where it is written, its recipe says what is wrong with it
    return factor.model_copy(update={"multiple_of": 1.0}) if type(here) is int else factor


def _inside(here: Any, step: str) -> Any:
    if isinstance(here, tuple):
        return here[int(step)]
    return here[step] if isinstance(here, dict) else getattr(here, step)


def _check(experiment: Experiment, folder: Path) -> Iterator[tuple[Location, str]]:
    for name, factor in experiment.factors.items():
        if reason := experiment.design.refuses(factor):
            yield ("factors", name), f"{experiment.design.kind} design: {reason}"
    if "baseline" in experiment.factors:
        yield ("factors", "baseline"), "baselines are always in; call the factor otherwise"
    known = list(experiment.metrics)
    if experiment.decide.lowest not in known:
        yield ("decide", "lowest"), f"no such metric: {experiment.decide.lowest}{near(experiment.decide.lowest, known)}"
    for metric in experiment.decide.at_most:
        if metric not in known:
            yield ("decide", "at_most", metric), f"no such metric{near(metric, known)}"
    if experiment.merging and (reason := experiment.merging.refuses(experiment.factors, experiment.design)):
        yield ("merging", "factor"), reason
    if len(set(experiment.seeds)) < len(experiment.seeds):
        yield ("seeds",), "a seed is written twice"
    for i, inquiry in enumerate(experiment.laws):
        yield from ((("laws", i, *where), what) for where, what in inquiry.problems(experiment, folder))
