"""Settings: the frozen base of every component and of every section of a recipe.

A component *is* its validated settings, so there is no second object to keep in step. The base lives in the
lowest package because every other one may import from here.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from decimal import Decimal, InvalidOperation, Overflow
from itertools import pairwise
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

_SUFFIXES = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
_LARGEST = 2**63 - 1
_AMOUNT = re.compile(r"\s*([0-9.eE+-]+?)\s*([KMBT]?)\s*")


class Settings(BaseModel):
    """Frozen, refuses unknown keys, and takes its JSON-schema texts from the docstrings under its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Add the texts. pydantic's own way parses every class at import, a third of the command's start."""
        result = handler(schema)
        properties = handler.resolve_ref_schema(result).get("properties", {})
        texts = texts_under_fields(cls)
        for name in texts.keys() & properties.keys():
            properties[name]["description"] = texts[name]
        return result


def texts_under_fields(model: type[Settings]) -> dict[str, str]:
    """Return field -> the text under it, of a class and those that it is made from."""
    texts: dict[str, str] = {}
    for base in reversed(model.__mro__[: model.__mro__.index(Settings)]):
        if not issubclass(base, Settings):
            continue
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(base))).body
        assert isinstance(definition, ast.ClassDef)
        for statement, below in pairwise(definition.body):
            match statement, below:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                    texts[name] = inspect.cleandoc(text)
    return texts


def parse_tokens(value: object) -> int:
    """Turn ``7.5B``, ``1e9``, ``300K`` or a whole number into a number of tokens.

    Raises ValueError for anything negative, fractional or not a number.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"{value!r} is not an amount; write 7.5B, 300M, 1e9 or a whole number")
    match = _AMOUNT.fullmatch(str(value))
    try:
        number = Decimal(match[1]) * _SUFFIXES[match[2]] if match else Decimal("nan")
    except (InvalidOperation, Overflow):
        number = Decimal("nan")
    if not number.is_finite():
        raise ValueError(f"{value!r} is not an amount; write 7.5B, 300M, 1e9 or a whole number")
    if number < 0:
        raise ValueError(f"{value!r} is negative; an amount of tokens is 0 or more")
    if number > _LARGEST:
        raise ValueError(f"{value!r} is more tokens than can be counted")
    if number != number.to_integral_value():
        raise ValueError(f"{value!r} is not a whole number of tokens")
    return int(number)


Tokens = Annotated[
    int,
    BeforeValidator(parse_tokens),
    WithJsonSchema(
        {
            "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": r"^[0-9.eE+]+\s*[KMBT]?$"}],
            "description": "tokens: 7.5B, 300M, 1e9 or a whole number",
        }
    ),
]
"""A number of tokens, written as people write it."""

Share = Annotated[float, Field(ge=0.0, le=1.0)]
"""A fraction of tokens, between 0 and 1."""
