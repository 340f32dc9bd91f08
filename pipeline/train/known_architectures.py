"""Known architectures: published models' shapes, so that a recipe can name one instead of writing it out.

A name stands for the shape alone; the weights of such a model come from its Hugging Face folder.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator

from pipeline.recipe_errors import near
from pipeline.train.architecture import Architecture

KnownName = Literal[
    "tinyllama-1.1b",
    "llama-2-7b",
    "llama-3-8b",
    "llama-3.1-8b",
    "llama-3.2-1b",
    "llama-3.2-3b",
    "smollm2-135m",
    "smollm2-360m",
    "smollm2-1.7b",
    "mistral-7b-v0.3",
]
"""What a recipe may write as an architecture, besides all its fields."""


def _shape(
    layers: int, hidden: int, feed_forward: int, heads: tuple[int, int], vocabulary: int, longest: int, **others: Any
) -> dict[str, Any]:
    return {
        "num_layers": layers,
        "hidden_size": hidden,
        "feed_forward_size": feed_forward,
        "num_heads": heads[0],
        "num_key_value_heads": heads[1],
        "vocabulary_size": vocabulary,
        "max_sequence_length": longest,
        **others,
    }


def _stretched(factor: float) -> dict[str, Any]:
    """Return the rotary settings of Llama 3.1 (factor 8) and 3.2 (32), made from the 8,192 tokens of Llama 3."""
    return {"rope_theta": 500000.0, "rope_scaling": {"factor": factor, "original_max_sequence_length": 8192}}


_TIED = {"tie_embeddings": True}
_SHAPES: dict[KnownName, dict[str, Any]] = {
    "tinyllama-1.1b": _shape(22, 2048, 5632, (32, 4), 32000, 2048),
    "llama-2-7b": _shape(32, 4096, 11008, (32, 32), 32000, 4096),
    "llama-3-8b": _shape(32, 4096, 14336, (32, 8), 128256, 8192, rope_theta=500000.0),
    "llama-3.1-8b": _shape(32, 4096, 14336, (32, 8), 128256, 131072, **_stretched(8.0)),
    "llama-3.2-1b": _shape(16, 2048, 8192, (32, 8), 128256, 131072, **_stretched(32.0), **_TIED),
    "llama-3.2-3b": _shape(28, 3072, 8192, (24, 8), 128256, 131072, **_stretched(32.0), **_TIED),
    "smollm2-135m": _shape(30, 576, 1536, (9, 3), 49152, 8192, rope_theta=100000.0, **_TIED),
    "smollm2-360m": _shape(32, 960, 2560, (15, 5), 49152, 8192, rope_theta=100000.0, **_TIED),
    "smollm2-1.7b": _shape(24, 2048, 8192, (32, 32), 49152, 8192, rope_theta=130000.0, **_TIED),
    "mistral-7b-v0.3": _shape(32, 4096, 14336, (32, 8), 32768, 32768, rope_theta=1000000.0),
}
NAMES: tuple[str, ...] = get_args(KnownName)


def _look_up(written: Any) -> Any:
    """Return the fields of an architecture that is given by its name, and anything else as it is."""
    if not isinstance(written, str):
        return written
    if written in NAMES:
        return next(fields for name, fields in _SHAPES.items() if name == written)
    raise ValueError(f"no architecture is known as {written!r}{near(written.lower(), list(NAMES))}; or give its fields")


NamedArchitecture = Annotated[Architecture, BeforeValidator(_look_up, json_schema_input_type=Architecture | KnownName)]
"""An architecture, which a recipe gives by its fields or by a known name."""


def known(name: str) -> Architecture:
    """Return the architecture of this name; raises ValueError for a name that is not known."""
    return Architecture.model_validate(_look_up(name))
