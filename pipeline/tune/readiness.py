"""Readiness: what is known to keep points from being run or measured, said before the first of them."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.errors import UserError
from pipeline.plan import make_plan
from pipeline.recipe import Recipe
from pipeline.recipe_files import faults, line_of, refuse
from pipeline.tune.experiment import base_of
from pipeline.tune.lab import Lab
from pipeline.yaml_file import YamlFile


def refuse_early(lab: Lab, *, is_dry: bool) -> None:
    """Raise UserError with every problem; what is not there yet is none of a dry run."""
    problems = [*_of_metrics(lab)] if not is_dry else []
    file = YamlFile(base_of(lab.experiment, lab.path))
    for recipe in _recipes(lab):
        problems += [line_of(file, where, what) for where, what in faults(recipe, lab.data)]
        if not is_dry:
            try:
                refuse(recipe, file, lab.data, _stages(lab, recipe))
            except UserError as error:
                problems += str(error).splitlines()
    if problems:
        raise UserError("\n".join(dict.fromkeys(problems)))


def _recipes(lab: Lab) -> list[Recipe]:
    """Return the points' recipes, one of each combination: seeds name no files."""
    return list({point.combination: point.recipe for point in lab.points}.values())


def _stages(lab: Lab, recipe: Recipe) -> set[str]:
    """Return the names of stages of everything but the runs after the one that is measured."""
    names = list(recipe.runs)
    later = names[names.index(lab.experiment.run) + 1 :]
    made = {stage.name for stage in make_plan(recipe, lab.data, lab.root).stages}
    return made - {f"runs/{name}" for name in later}


def _of_metrics(lab: Lab) -> Iterator[str]:
    file = YamlFile(lab.path)
    lengths = [recipe.runs[lab.experiment.run].sequence_length for recipe in _recipes(lab)]
    for name, metric in lab.experiment.metrics.items():
        for field, what in metric.refusals(min(lengths)):
            yield line_of(file, ("metrics", name, field), what)
