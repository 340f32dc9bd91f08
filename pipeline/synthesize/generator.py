"""The model that writes: behind an endpoint, or in this process; sampling settings decide bytes, its place does not.

A new kind of generator is a settings class with `identity`, `request` and `opened`, and one name in the union.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

from pydantic import BeforeValidator, Field

from pipeline.label.answers import Answer, Answers, Refusal
from pipeline.label.endpoint import Endpoint, Messages
from pipeline.synthesize.local_model import LocalGenerator
from pipeline.synthesize.sampling import Sampling


class Backend(Protocol):
    """A generator at work."""

    async def ask(self, request: Mapping[str, Any], prompt_tokens: int) -> Answer | Refusal:
        """Return the kept answer, or ask and keep it."""

    def hurry(self, request: Mapping[str, Any]) -> None:
        """Note that nothing more is asked before this request is answered."""


_SCHEMA: Mapping[str, Any] = {
    "type": "json_schema",
    "json_schema": {
        "name": "question_and_solution",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"question": {"type": "string"}, "solution": {"type": "string"}},
            "required": ["question", "solution"],
            "additionalProperties": False,
        },
    },
}
_AS_JSON = (
    '\nWrite it as one JSON object with the fields "question" and "solution" instead of under marks; double every '
    "backslash."
)


class ServedGenerator(Endpoint):
    """A model behind any server that speaks OpenAI's protocol."""

    kind: Literal["endpoint"] = "endpoint"
    sampling: Sampling = Sampling()
    """Sampling settings."""
    answer_tokens: int = Field(default=1024, ge=1)
    """Longest answer, in tokens; models that think aloud need more."""
    structured: bool = False
    """Whether the server is asked to hold the model to JSON of two fields. A server that does not know how is asked
    without it, and the log says so. Off by default: answers under marks need no escaping, and in JSON models spoil
    LaTeX (``\\\\times`` becomes a tab and ``imes``)."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """What decides the answers: the model and its sampling, not where it runs."""
        own = {**super().identity, "sampling": self.sampling.model_dump(mode="json")}
        return {**own, "structured": True} if self.structured else own

    def request(self, messages: Messages) -> dict[str, Any]:
        """Return the request's body."""
        plain = {**super().request(messages), **self.sampling.model_dump(mode="json", exclude_none=True)}
        if not self.structured:
            return plain
        *before, last = plain["messages"]
        said = [*before, {**last, "content": last["content"] + _AS_JSON}]
        return {**plain, "messages": said, "response_format": _SCHEMA}

    def opened(self, answers: Answers, say: Callable[[str], None], data: Path) -> AbstractAsyncContextManager[Backend]:
        """Return the endpoint, ready to be asked."""
        from pipeline.label.asking import Asking

        return Asking(self, answers, say)


def _endpoint_by_default(value: object) -> object:
    return {"kind": "endpoint", **value} if isinstance(value, Mapping) else value


Generator = Annotated[
    ServedGenerator | LocalGenerator, Field(discriminator="kind"), BeforeValidator(_endpoint_by_default)
]
"""What may be written under ``generator``; an endpoint where no kind is named."""
