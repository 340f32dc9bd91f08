"""The target: the large run that an experiment decides, and how much a small run keeps to repeat documents like it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import UserError
from pipeline.planning.repetition import stretched
from pipeline.recipe import Recipe, load_recipe
from pipeline.recipe_errors import near
from pipeline.tune.experiment import Experiment, base_of
from pipeline.tune.substitute import checked, with_changes
from pipeline.yaml_file import YamlFile


@dataclass(frozen=True)
class LargeRun:
    """A recipe with the run that the answer is for."""

    file: Path
    recipe: Recipe
    run: str

    @property
    def tokens(self) -> int:
        """Length of the run."""
        return self.recipe.runs[self.run].tokens

    def adopting(self, changes: Mapping[str, Any], small: str, whose: str) -> tuple[dict[str, Any], Recipe]:
        """Return the recipe, as data and checked, with what was changed of a small run ``small`` changed in this one.

        It stays as long as it is: phases are stretched alike. Raises UserError, naming ``whose``, where it has no place
        for a change.
        """
        file, prefix = YamlFile(self.file), f"runs.{small}."
        mine = {
            f"runs.{self.run}.{field.removeprefix(prefix)}" if field.startswith(prefix) else field: value
            for field, value in changes.items()
        }
        data = with_changes(file, mine, whose)
        recipe = checked(data, file, whose)
        if recipe.runs[self.run].tokens == self.tokens:
            return data, recipe
        longer = stretched(recipe.runs[self.run], self.tokens)
        for written, phase in zip(data["runs"][self.run]["phases"], longer.phases, strict=True):
            written["tokens"] = phase.tokens
        return data, recipe.model_copy(update={"runs": {**recipe.runs, self.run: longer}})

    def keep(self, small: Recipe, run: str) -> dict[str, float]:
        """Return the share of each source that a small run keeps so that it repeats the source as the large one does.

        With D tokens read of U unique ones, D/U is the same in both. U is what the recipes expect of a source; of a
        source without such figures it is taken to be the same in both, and a source that the large run lacks is kept
        whole. A source that the small run already repeats more is kept whole too.
        """
        shorter = small.runs[run].tokens / self.tokens
        shares = {}
        for name in small.read_by(run):
            if name not in self.recipe.sources:
                continue
            here, there = small.sources[name].expected_tokens, self.recipe.sources[name].expected_tokens
            share = shorter * (there / here if here and there else 1.0) * self.recipe.runs[self.run].keep_of(name)
            if share < 1.0:
                shares[name] = share
        return shares


def large_run(experiment: Experiment, path: Path) -> LargeRun:
    """Return the target of the experiment in the file ``path``; raise UserError where it does not exist."""
    file = path.parent / experiment.target.recipe if experiment.target.recipe else base_of(experiment, path)
    recipe = load_recipe(file)
    run = experiment.target.run or experiment.run
    if run not in recipe.runs:
        raise UserError(f"{path}: target.run: {file} has no such run: {run}{near(run, list(recipe.runs))}")
    if experiment.target.tokens:
        longer = stretched(recipe.runs[run], experiment.target.tokens)
        recipe = recipe.model_copy(update={"runs": {**recipe.runs, run: longer}})
    return LargeRun(file, recipe, run)
