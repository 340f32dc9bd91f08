"""Substitution: a recipe's data with some fields set anew, checked like any recipe."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from pipeline.errors import UserError
from pipeline.recipe import Recipe
from pipeline.recipe_checks import problems_between_sections
from pipeline.recipe_errors import describe, near
from pipeline.yaml_file import YamlFile


def with_changes(file: YamlFile, changes: Mapping[str, Any], whose: str) -> dict[str, Any]:
    """Return the file's data with every field set; raise UserError, naming ``whose``, where there is no such place."""
    data = copy.deepcopy(file.data)
    for field, value in changes.items():
        try:
            _set(data, field.split("."), copy.deepcopy(value))
        except LookupError as error:
            raise UserError(f"{whose}: {field}: {error.args[0]}") from None
    return dict(data)


def checked(data: Mapping[str, Any], file: YamlFile, whose: str) -> Recipe:
    """Return the recipe of the data; raise UserError with every problem, each beginning with ``whose``."""
    try:
        recipe = Recipe.model_validate(data)
    except ValidationError as error:
        lines = [line for detail in error.errors() if (line := describe(detail, file, Recipe))]
        raise UserError("\n".join(f"{whose}: {line}" for line in lines)) from None
    if problems := list(problems_between_sections(recipe)):
        raise UserError("\n".join(f"{whose}: {'.'.join(map(str, where))}: {what}" for where, what in problems))
    return recipe


def _set(data: Any, steps: list[str], value: Any) -> None:
    """Write ``value``; mappings on the way that are not there yet are made, items of lists are not."""
    here = data
    for step in steps[:-1]:
        here = here[_index(here, step)] if isinstance(here, list) else _mapping(here, step).setdefault(step, {})
    last = steps[-1]
    if isinstance(here, list):
        here[_index(here, last)] = value
    else:
        _mapping(here, last)[last] = value


def _mapping(here: Any, step: str) -> dict[str, Any]:
    if not isinstance(here, dict):
        raise LookupError(f"{step} cannot be set inside {here!r}, which is no mapping")
    return here


def _index(items: list[Any], step: str) -> int:
    if not step.isdigit() or int(step) >= len(items):
        raise LookupError(f"there is no item {step}{near(step, [str(i) for i in range(len(items))])}")
    return int(step)
