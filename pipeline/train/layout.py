"""A layout: how one model is spread over processes, and what each of them keeps and when; no part of a recipe.

It changes neither the order of the text nor, but for rounding, any loss, so a run may go on in another one. Neither
torch nor megatron is imported here.
"""

from __future__ import annotations

from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from curricula.settings import Settings
from pipeline.errors import UserError
from pipeline.recipe_errors import near
from pipeline.train.architecture import Architecture


class Layout(Settings):
    """Ways of splitting the model; processes left over hold copies of it (data parallel)."""

    tensor: int = Field(default=1, ge=1)
    """Processes that share each matrix."""
    pipeline: int = Field(default=1, ge=1)
    """Processes that share the stack of blocks."""
    context: int = Field(default=1, ge=1)
    """Processes that share each sequence."""
    sequence_parallel: bool = False
    """Whether norms are split along the sequence over the tensor-parallel processes."""
    distributed_optimizer: bool = True
    """Whether the optimizer's state is split over the copies of the model."""
    overlap: bool = False
    """Whether gradients are reduced while the backward pass still runs."""
    recompute: int = Field(default=0, ge=0)
    """Blocks of every pipeline stage that keep their input alone and compute the rest again in the backward pass."""
    background_saving: bool = False
    """Whether training goes on while a checkpoint's files are written, from a copy of the state in main memory."""

    @model_validator(mode="after")
    def _possible(self) -> Layout:
        if self.sequence_parallel and self.tensor == 1:
            raise ValueError("sequence_parallel: found true with tensor: 1, allowed with tensor 2 or more")
        return self

    @property
    def model_size(self) -> int:
        """Processes that together hold one copy of the model."""
        return self.tensor * self.pipeline * self.context

    @property
    def text(self) -> str:
        """What differs from the defaults, as `parse_layout` reads it."""
        return ",".join(f"{key}={value}".lower() for key, value in self.model_dump(exclude_defaults=True).items())

    def padded(self, vocabulary_size: int) -> int:
        """Return the rows of embedding and output layer: the vocabulary, and up to a multiple of `tensor` empty ones.

        The empty ones are zeros, are left out of the loss, and are never exported.
        """
        return -(-vocabulary_size // self.tensor) * self.tensor

    def refusals(self, architecture: Architecture) -> list[str]:
        """Name every way in which the architecture cannot be split like this."""
        divided = {
            "layout.tensor": (self.tensor, ("num_heads", "num_key_value_heads", "feed_forward_size")),
            "layout.pipeline": (self.pipeline, ("num_layers",)),
        }
        problems = [
            f"{name}: {parts} does not divide {field} {getattr(architecture, field)}"
            for name, (parts, fields) in divided.items()
            for field in fields
            if getattr(architecture, field) % parts
        ]
        rows = self.padded(architecture.vocabulary_size) // self.tensor
        if (self.tensor - 1) * rows >= architecture.vocabulary_size:
            problems.append(f"layout.tensor: {self.tensor} is too many for {architecture.vocabulary_size} tokens")
        if self.recompute > (blocks := architecture.num_layers // self.pipeline):
            problems.append(f"layout.recompute: found {self.recompute}, allowed are the {blocks} blocks of a stage")
        return problems


def parse_layout(text: str) -> Layout:
    """Turn ``tensor=2,sequence_parallel=true`` into a layout; raise UserError for anything else."""
    fields: dict[str, str] = {}
    for part in filter(None, text.split(",")):
        key, _, value = part.partition("=")
        if key not in Layout.model_fields:
            raise UserError(f"--layout: {key}: no such way to split a model{near(key, list(Layout.model_fields))}")
        fields[key] = value
    try:
        return Layout.model_validate_strings(fields)
    except ValidationError as error:
        raise UserError("\n".join(f"--layout: {_explain(found)}" for found in error.errors())) from None


def _explain(found: ErrorDetails) -> str:
    message = found["msg"].removeprefix("Value error, ")
    where = ".".join(map(str, found["loc"]))
    return f"{where}: found {found['input']!r}; {message[:1].lower()}{message[1:]}" if where else message
