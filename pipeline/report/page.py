"""The page: everything read, drawn and said, put through one escaping template into a single HTML file.

The template escapes every value by itself; only figures and the style sheet, made here, go in as they are.
"""

from __future__ import annotations

import shlex
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pipeline.recipe import Recipe
from pipeline.report import charts, numbers, words
from pipeline.report.corpora import read_corpus
from pipeline.report.figure import Chart
from pipeline.report.made import read_made
from pipeline.report.origins import read_origins
from pipeline.report.results import RunResult, by_source, read_run


def render(root: Path, recipe: Recipe, parts: tuple[str, ...]) -> str:
    """Return the page for the artifacts below ``root``; ``parts`` names those whose origins it lists."""
    corpora = [read_corpus(root, source) for source in recipe.sources]
    results = [read_run(root, recipe, run) for run in recipe.runs]
    return (
        environment()
        .get_template("report.html")
        .render(
            recipe=recipe,
            corpora=corpora,
            made=[read_made(root, name, each.maker) for name, each in recipe.sources.items() if each.maker],
            paragraph=words.what_was_done(recipe, corpora, results),
            runs=[_run(result, headline=result is results[-1]) for result in reversed(results)],
            origins=read_origins(root, parts),
            recipe_text=as_yaml(recipe),
            command=f"headwater run {shlex.quote(recipe.name + '.yaml')}",
            style=style(),
        )
    )


def as_yaml(recipe: Recipe) -> str:
    """Return the whole recipe, defaults written out, as a file that `load_recipe` reads back to the same object."""
    data = recipe.model_dump(mode="json", exclude_none=True)
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)


def environment() -> Environment:
    """Return what renders the templates; every value is escaped."""
    made = Environment(
        loader=PackageLoader("pipeline.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    for function in (
        numbers.whole,
        numbers.decimals,
        numbers.signed,
        numbers.percent,
        numbers.amount,
        numbers.verdict,
        numbers.counted,
        svg,
    ):
        made.filters[function.__name__] = function
    return made


def style() -> Markup:
    """Return the style sheet that every page carries."""
    return Markup(resources.files("pipeline.report").joinpath("templates/style.css").read_text(encoding="utf-8"))


def svg(drawing: str) -> Markup:
    """Mark a figure as HTML: matplotlib has escaped every text in it."""
    return Markup(drawing)


def _run(result: RunResult, *, headline: bool) -> dict[str, Any]:
    figures: dict[str, Chart] = {
        "loss": charts.loss_curves(result),
        "mixture": charts.mixture_chart(result),
        "training": charts.training_chart(result),
    }
    return {
        "result": result,
        "figures": figures,
        "start": words.start_of(result.run),
        "outcome": words.outcome(result) if result.compared and not headline else "",
        "phases": words.phases(result),
        "sources": by_source(result.slices),
        "cut": any(piece.name != piece.source for piece in result.slices),
    }
