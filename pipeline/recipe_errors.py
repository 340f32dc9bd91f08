"""Turns pydantic's complaints into ``file:line: field: found, allowed``, all of them, with near names.

pydantic puts the tag of a discriminated union into the path of an error; walking the recipe's types alongside the
path drops those tags again and finds the names that would have been allowed.
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from curricula.settings import Settings, texts_under_fields
from pipeline.yaml_file import Location, YamlFile

_ELSEWHERE = {
    **dict.fromkeys(("max_steps", "steps", "train_iters", "epochs", "num_train_epochs"), "phases.tokens"),
    **dict.fromkeys(("model", "base_model", "model_name_or_path", "checkpoint", "init_from"), "start.path"),
    **dict.fromkeys(("lr", "max_lr", "peak_lr"), "learning_rate.peak"),
    **dict.fromkeys(("warmup", "warmup_steps", "warmup_ratio", "lr_warmup_iters"), "learning_rate.warmup, in tokens"),
    **dict.fromkeys(("min_lr", "lr_scheduler", "lr_scheduler_type", "scheduler", "lr_decay_style"), "learning_rate"),
    **dict.fromkeys(("seq_length", "seq_len", "max_seq_length", "max_length", "block_size"), "sequence_length"),
    **dict.fromkeys(("batch_size", "global_batch_size", "train_batch_size"), "batch, in sequences"),
    **dict.fromkeys(("micro_batch_size", "per_device_train_batch_size", "gradient_accumulation_steps"), "micro_batch"),
    **dict.fromkeys(("dtype", "torch_dtype", "bf16", "fp16"), "precision"),
    **dict.fromkeys(("save_steps", "save_interval"), "checkpoint_every, in rounds"),
    **dict.fromkeys(("eval_steps", "eval_interval"), "validate_every, in rounds"),
    **dict.fromkeys(("weight_decay", "adam_beta1", "adam_beta2", "max_grad_norm", "clip_grad"), "optimizer"),
    **dict.fromkeys(("dataset", "datasets", "data", "train_data"), "sources"),
}
"""Keys of other trainers -> where a recipe says the same."""
_PLAIN = {"too_short": "is empty; at least one entry is needed"}
_SHAPES = {
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "string_type": "text",
}


def near(name: str, allowed: list[str]) -> str:
    """Return ``; did you mean x?`` where a close name exists, and the list of what is allowed."""
    close = difflib.get_close_matches(name, allowed, n=1, cutoff=0.6)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"{hint} (allowed: {', '.join(sorted(allowed))})" if allowed else hint


def _meant(key: str, owner: type[BaseModel] | None) -> str:
    """Return where a recipe says what other trainers call so, else the nearest of the keys that are allowed."""
    allowed = list(owner.model_fields) if owner else []
    if (place := _ELSEWHERE.get(key.lower())) is None:
        return near(key, allowed)
    return f"; a recipe says that by {place} (allowed here: {', '.join(sorted(allowed))})"


def _purpose(key: str, owner: type[BaseModel] | None) -> str:
    """Return what a field is for, and an example where it has one."""
    field = owner.model_fields.get(key) if owner else None
    if field is None or owner is None or not issubclass(owner, Settings):
        return ""
    text = " ".join(texts_under_fields(owner).get(key, "").split()).partition(". ")[0].removesuffix(".")
    example = f", such as {field.examples[0]}" if field.examples else ""
    return f"{f': {text[:1].lower()}{text[1:]}' if text else ''}{example}"


def describe(error: ErrorDetails, file: YamlFile, model: type[BaseModel]) -> str | None:
    """Return one line that says where, what was found and what is allowed; None for the echo of another error."""
    if error["type"] == "too_short" and error["input"]:
        return None  # pydantic drops bad items and then finds the list empty
    location, owner, annotation = _walk(error["loc"], model)
    where = ".".join(map(str, location)) or "recipe"
    return f"{file.path}:{file.line(location)}: {where}: {_explain(error, location, owner, annotation)}"


def _explain(error: ErrorDetails, location: Location, owner: type[BaseModel] | None, annotation: Any) -> str:
    found = error.get("input")
    kind = error["type"]
    if kind == "extra_forbidden":
        return f"unknown key{_meant(str(location[-1]), owner)}"
    if kind == "missing":
        return f"is missing{_purpose(str(location[-1]), owner)}"
    if kind == "literal_error":
        allowed = [str(option) for literal in _options(annotation) for option in get_args(literal)]
        return f"found {found!r}{near(str(found), allowed)}"
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind in _SHAPES:
        return f"found {'nothing' if found is None else repr(found)}; {_SHAPES[kind]} is needed"
    kinds = sorted(tag for option in _options(annotation) if (tag := _tag(option)))
    if kind == "union_tag_not_found":
        return f"kind is missing (allowed: {', '.join(kinds)})"
    if kind == "union_tag_invalid":
        tag = str(error.get("ctx", {}).get("tag"))
        return f"unknown kind {tag!r}{near(tag, kinds)}"
    message = error["msg"].removeprefix("Value error, ")
    if kind == "value_error" or isinstance(found, Mapping | list):
        return message
    return f"found {found!r}; {message[:1].lower()}{message[1:]}"


def _walk(path: tuple[int | str, ...], model: type[BaseModel]) -> tuple[Location, type[BaseModel] | None, Any]:
    """Return the path without union tags, the model that owns its last element, and that element's type."""
    kept: list[str | int] = []
    current: Any = model
    owner: type[BaseModel] | None = None
    for step in path:
        options = list(_options(current))
        models = [o for o in options if isinstance(o, type) and issubclass(o, BaseModel)]
        tagged = [o for o in models if _tag(o) == step]
        if step == "[key]":
            continue
        if tagged and (len(options) > 1 or step not in tagged[0].model_fields):
            current = tagged[0]
            continue
        if models:
            owner = models[0]
            field = owner.model_fields.get(str(step))
            current = field.annotation if field else None
        else:
            containers = [o for o in options if get_args(o)]
            current = (
                get_args(containers[0])[-1 if get_origin(containers[0]) is not tuple else 0] if containers else None
            )
        kept.append(step)
    return tuple(kept), owner, current


def _options(annotation: Any) -> Iterator[Any]:
    """Yield the alternatives of a type, with Annotated and Union taken apart."""
    if get_origin(annotation) is Annotated:
        yield from _options(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, types.UnionType):
        for part in get_args(annotation):
            yield from _options(part)
    elif annotation is not None and annotation is not type(None):
        yield annotation


def _tag(model: Any) -> str | None:
    field = model.model_fields.get("kind") if isinstance(model, type) and issubclass(model, BaseModel) else None
    if field is None or get_origin(field.annotation) is not Literal:
        return None
    return str(get_args(field.annotation)[0])
