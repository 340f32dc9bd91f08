"""What must hold between a run and its model: asked when a recipe is checked, and again when training starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.train.architecture import Architecture
from pipeline.train.layout import Layout
from pipeline.yaml_file import Location

if TYPE_CHECKING:
    from pipeline.recipe import Recipe, Run

Problem = tuple[Location, str]
"""Field below the run, and what is wrong with it."""


def misfits(run: Run, architecture: Architecture, tokens: int | None) -> Iterator[Problem]:
    """Yield every way in which a run does not fit its model; ``tokens`` is the size of the tokenizer, if known."""
    if tokens is not None and tokens > architecture.vocabulary_size:
        cure = "raise vocabulary_size" if run.start.kind == "architecture" else "use the checkpoint's own tokenizer"
        yield (
            ("start",),
            f"the tokenizer has {tokens:,} tokens, the model's vocabulary {architecture.vocabulary_size:,}; {cure}",
        )
    if run.sequence_length > architecture.max_sequence_length:
        raised = "max_sequence_length of the architecture" if run.start.kind == "architecture" else "its config.json"
        yield (
            ("sequence_length",),
            f"found {run.sequence_length:,}, allowed is at most {architecture.max_sequence_length:,}, the longest "
            f"sequence that the model is made for ({raised})",
        )


def unsplittable(
    run: Run, architecture: Architecture | None, layout: Layout, processes: int | None
) -> Iterator[Problem]:
    """Yield every way in which a run cannot be divided over processes.

    Their number, None where it is not known, is a multiple of the layout's.
    """
    if architecture is not None:
        yield from (((), problem) for problem in layout.refusals(architecture))
    copies = max(1, (processes or layout.model_size) // layout.model_size)
    if run.batch % (copies * run.micro_batch):
        yield (
            ("batch",),
            f"{run.batch} sequences cannot be divided over {copies} copies of the model in micro-batches of "
            f"{run.micro_batch}",
        )
    if layout.context > 1 and run.sequence_length % (2 * layout.context):
        yield (
            ("sequence_length",),
            f"{run.sequence_length} is no multiple of {2 * layout.context}, two chunks for each of {layout.context} "
            "(context)",
        )
    tensor = layout.tensor if layout.sequence_parallel else 1
    if run.sequence_length // layout.context % tensor:
        yield ("sequence_length",), f"{run.sequence_length} cannot be divided over {tensor} (tensor, sequence_parallel)"


def shape_in(recipe: Recipe, run: str) -> Architecture | None:
    """Return the shape of a run's model where the recipe itself says it; None where a folder does."""
    start = recipe.runs[run].start
    if start.kind == "run":
        earlier = list(recipe.runs)[: list(recipe.runs).index(run)]
        return shape_in(recipe, start.run) if start.run in earlier else None
    return start.architecture if start.kind == "architecture" else None
