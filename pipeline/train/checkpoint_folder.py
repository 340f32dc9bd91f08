"""What one look at a Hugging Face folder tells: whether its config is one we know, and its weights are all there.

Training asks before it loads, scoring before it scores, and ``check`` long before either: no torch is imported here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import UserError
from pipeline.train.architecture import Architecture
from pipeline.train.safetensors_headers import FLOATS, SafetensorsHeaders
from pipeline.train.weight_rules import expected_shapes

_SHOWN = 5
"""Tensors that are named before the rest is counted."""


def problems_of(folder: Path) -> list[str]:
    """Return what is wrong with a folder's config, or else with its weights, a line each."""
    try:
        architecture = Architecture.from_hugging_face(folder)
        check_shapes(SafetensorsHeaders(folder), architecture)
    except UserError as error:
        return str(error).splitlines()
    return []


def check_shapes(files: SafetensorsHeaders, architecture: Architecture) -> None:
    """Raise UserError naming the tensors that do not fit the architecture."""
    expected = expected_shapes(architecture)
    present = files.names()
    # Old exports store rotary frequencies; tied models sometimes store their output layer as well.
    idle = {name for name in present if name.endswith("rotary_emb.inv_freq")}
    if architecture.tie_embeddings:
        idle.add("lm_head.weight")
    missing = [
        f"{files.folder}: tensor {name}: missing, expected {list(shape)}"
        for name, shape in expected.items()
        if name not in present
    ]
    foreign = [
        f"{files.file_of(name)}: tensor {name}: found, but the architecture has no place for it"
        for name in sorted(present - set(expected) - idle)
    ]
    wrong = list(_wrong(files, {name: shape for name, shape in expected.items() if name in present}))
    if problems := [*_some(missing, files.folder), *_some(foreign, files.folder), *_some(wrong, files.folder)]:
        raise UserError("\n".join(problems))


def _wrong(files: SafetensorsHeaders, expected: dict[str, tuple[int, ...]]) -> Iterator[str]:
    for name, shape in expected.items():
        where = f"{files.file_of(name)}: tensor {name}"
        if (found := files.shape(name)) != shape:
            yield f"{where}: found {list(found)}, expected {list(shape)}"
        elif (dtype := files.dtype(name)) not in FLOATS:
            yield f"{where}: found numbers of type {dtype}, allowed are {', '.join(FLOATS)}"


def _some(problems: list[str], folder: Path) -> list[str]:
    """Return the first problems of a kind, and how many more there are: a model has hundreds of tensors."""
    more = len(problems) - _SHOWN
    return [*problems[:_SHOWN], *([f"{folder}: and {more} more tensors like the last"] if more > 0 else [])]
