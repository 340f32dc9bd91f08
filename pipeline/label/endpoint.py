"""A chat endpoint that speaks OpenAI's protocol (vLLM, llama.cpp, SGLang, hosted ones): where it is, how it is asked.

Only the model and what is said to it decide bytes; address, key, limits and pauses do not. `Asking` does the asking.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from curricula.settings import Settings, Tokens
from pipeline.errors import UserError

Messages = tuple[Mapping[str, str], ...]


class RateLimit(Settings):
    """How much may be sent a minute, spread evenly over it; what a host's plan allows."""

    requests: int | None = Field(default=None, ge=1)
    """Requests a minute, attempts included."""
    tokens: Tokens | None = Field(default=None)
    """Tokens a minute of prompts and answers: each request counts as its prompt, estimated, and its longest answer,
    until the server has said how many they were."""

    @field_validator("tokens")
    @classmethod
    def _some(cls, tokens: int | None) -> int | None:
        if tokens == 0:
            raise ValueError("0 tokens a minute: nothing could be asked")
        return tokens


class Endpoint(Settings):
    """Where a language model is asked. Only the model and the length of its answers decide bytes."""

    url: str | None = None
    """Address up to and with ``/v1``."""
    url_env: str | None = None
    """Name of the environment variable that holds the address, in place of ``url``."""
    model: str
    """Name of the model, as the server knows it."""
    api_key_env: str | None = None
    """Name of the environment variable that holds the key; none is sent without it."""
    concurrency: int = Field(default=64, ge=1)
    """Most requests under way at a time. At once up to 32; beyond that more while more answers come of it, and half of
    them where the server is too busy or lets them time out."""
    rate: RateLimit = RateLimit()
    """How much may be sent a minute; by default as much as the server takes."""
    timeout: float = Field(default=300.0, gt=0)
    """Seconds to wait for a whole answer."""
    attempts: int = Field(default=8, ge=1)
    """How often a request is sent in all while the server is busy or out of reach."""
    first_pause: float = Field(default=1.0, ge=0)
    """Seconds before the second attempt; each further pause is twice as long, up to a minute."""
    answer_tokens: int = Field(default=256, ge=1)
    """Longest answer, in tokens; models that think aloud need more."""

    @field_validator("url")
    @classmethod
    def _can_be_reached(cls, url: str | None) -> str | None:
        return url if url is None else _address(url)

    @model_validator(mode="after")
    def _has_one_address(self) -> Self:
        if (self.url is None) == (self.url_env is None):
            raise ValueError(
                "url is the address, such as http://localhost:8000/v1, and url_env names the environment variable that "
                f"holds it; {'neither is there' if self.url is None else 'both are there'}, write one of them"
            )
        return self

    @property
    def address(self) -> str:
        """Where it is asked; raises UserError where the variable holds no address."""
        if self.url is not None:
            return self.url
        try:
            return _address(os.environ.get(self.url_env or "", "").strip())
        except ValueError as error:
            raise UserError(f"the environment variable {self.url_env} (url_env): {error}") from None

    @property
    def identity(self) -> Mapping[str, Any]:
        """What decides the answers."""
        return self.model_dump(mode="json", include={"model", "answer_tokens"})

    @property
    def most_bytes(self) -> int:
        """Bytes of a response that are read: no honest answer of so many tokens is longer, however it is escaped."""
        return 65_536 + 64 * self.answer_tokens

    def request(self, messages: Messages) -> dict[str, Any]:
        """Return the request's body."""
        said = [dict(message) for message in messages]
        return {"model": self.model, "messages": said, "temperature": 0, "max_tokens": self.answer_tokens}

    def headers(self) -> dict[str, str]:
        """Return the headers; raise UserError where the key's variable is not set."""
        if self.api_key_env is None:
            return {}
        if not (key := os.environ.get(self.api_key_env, "").strip()):
            raise UserError(f"{self.address}: the environment variable {self.api_key_env} (api_key_env) is not set")
        return {"Authorization": f"Bearer {key}"}


def _address(url: str) -> str:
    """Return an address that can be asked; raise ValueError for any other text."""
    if not url:
        raise ValueError("is not set; write an address such as http://localhost:8000/v1")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"{url!r} is no address: {error}") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError(f"{url!r} names no server; write it such as http://localhost:8000/v1")
    return url
