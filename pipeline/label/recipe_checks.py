"""What must hold between labels and runs: a model that scores text is there before anything reads its scores."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.label.signal import Signal
from pipeline.recipe_errors import near
from pipeline.yaml_file import Location

if TYPE_CHECKING:
    from pipeline.recipe import Recipe

_MODELS = "models/"


def model_problems(recipe: Recipe) -> Iterator[tuple[Location, str]]:
    """Yield (location, what is wrong) for labels that read the model of a run of this recipe."""
    runs = list(recipe.runs)
    for i, signal in enumerate(recipe.labels):
        for model in _models_of(signal):
            if model not in runs:
                yield ("labels", i), f"no run is called {model}{near(model, runs)}"
            else:
                yield from _too_early(recipe, signal, model, runs[: runs.index(model) + 1])


def _models_of(signal: Signal) -> list[str]:
    """Return the runs whose models a signal reads."""
    return [need.removeprefix(_MODELS) for need in signal.needs("") if need.startswith(_MODELS)]


def _too_early(recipe: Recipe, signal: Signal, model: str, runs: list[str]) -> Iterator[tuple[Location, str]]:
    """Yield every place where one of these runs, none of them after the model's own, needs the signal."""
    why = f"comes from the model of run {model}, and only runs below that one can read it"
    for i, cut in enumerate(recipe.slices):
        if cut.column in signal.columns:
            yield ("slices", i), f"{cut.column} {why}; slices hold for every run"
    for run in runs:
        for source, order in recipe.runs[run].orders.items():
            for path, column in order.mentions().items():
                if column in signal.columns:
                    yield ("runs", run, "orders", source, *path), f"{column} {why}"
