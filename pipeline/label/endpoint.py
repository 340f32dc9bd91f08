"""A chat endpoint that speaks OpenAI's protocol (vLLM, llama.cpp, SGLang, hosted ones), asked many things at a time.

Every answer is kept as it arrives (`Answers`), so a killed run repeats none; a refusal is none, and the next run asks
again. A busy or failing server is asked again
with growing pauses; what no waiting can mend stops the work with a message that says what to change.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field, field_validator

from curricula.settings import Settings
from pipeline import seeds
from pipeline.errors import UserError, WorkError
from pipeline.label.answers import Answers, key_of

if TYPE_CHECKING:
    import httpx

BUSY = (408, 409, 425, 429, 500, 502, 503, 504, 529)
"""Statuses after which asking again may help."""
REFUSED = (400, 413, 422)
"""Statuses that concern this one request: too long, or against the server's policy."""
ALL_REFUSED = 8
"""Where so many requests, sent first, are refused, it is not for what this one asks."""
LONGEST_PAUSE = 60.0
_SHOWN = 300

Messages = tuple[Mapping[str, str], ...]


class Endpoint(Settings):
    """Where a language model is asked. Only the model and the length of its answers decide bytes."""

    url: str = Field(pattern=r"^https?://")
    """Address up to and with ``/v1``."""
    model: str
    """Name of the model, as the server knows it."""
    api_key_env: str | None = None
    """Name of the environment variable that holds the key; none is sent without it."""
    concurrency: int = Field(default=8, ge=1)
    """Requests under way at a time."""
    timeout: float = Field(default=120.0, gt=0)
    """Seconds to wait for an answer."""
    attempts: int = Field(default=6, ge=1)
    """How often a request is sent in all while the server is busy or out of reach."""
    first_pause: float = Field(default=1.0, ge=0)
    """Seconds before the second attempt; each further pause is twice as long, up to a minute."""
    answer_tokens: int = Field(default=256, ge=1)
    """Longest answer, in tokens; models that think aloud need more."""

    @field_validator("url")
    @classmethod
    def _can_be_reached(cls, url: str) -> str:
        import httpx

        try:
            host = httpx.URL(url).host
        except httpx.InvalidURL as error:
            raise ValueError(f"{url!r} is no address: {error}") from None
        if not host:
            raise ValueError(f"{url!r} names no server; write it such as http://localhost:8000/v1")
        return url

    @property
    def identity(self) -> Mapping[str, Any]:
        """What decides the answers."""
        return self.model_dump(mode="json", include={"model", "answer_tokens"})

    def request(self, messages: Messages) -> dict[str, Any]:
        """Return the request's body."""
        said = [dict(message) for message in messages]
        return {"model": self.model, "messages": said, "temperature": 0, "max_tokens": self.answer_tokens}

    def headers(self) -> dict[str, str]:
        """Return the headers; raise UserError where the key's variable is not set."""
        if self.api_key_env is None:
            return {}
        if not (key := os.environ.get(self.api_key_env, "").strip()):
            raise UserError(f"{self.url}: the environment variable {self.api_key_env} (api_key_env) is not set")
        return {"Authorization": f"Bearer {key}"}


Conversation = Callable[[str | None], Messages | None]
"""Given the model's last answer (None at first, "" for a refusal), says what to ask next; None ends it."""


def converse(endpoint: Endpoint, answers: Answers, conversations: Iterable[Conversation]) -> None:
    """Hold all conversations, ``concurrency`` of them at a time, each until it ends itself.

    Kept answers cost no request, and without any new question no server or key is needed. Raises UserError where the
    server cannot be reached, refuses the key or the model, or has refused the first `ALL_REFUSED` questions without one
    answer (kept ones count), WorkError where it stays busy; all answers are kept, refusals are not.
    """
    import asyncio

    asyncio.run(_Talk(endpoint, answers).hold(iter(conversations)))


class _RefusedError(Exception):
    """The server does not answer this one request; says why."""


class _Talk:
    def __init__(self, endpoint: Endpoint, answers: Answers) -> None:
        self._endpoint, self._answers = endpoint, answers
        self._client: httpx.AsyncClient | None = None
        self._answered, self._sent, self._refused = False, 0, 0

    async def hold(self, waiting: Iterable[Conversation]) -> None:
        import asyncio

        async def work() -> None:
            for conversation in waiting:
                await self._one(conversation)

        tasks = [asyncio.create_task(work()) for _ in range(self._endpoint.concurrency)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._client is not None:
                await self._client.aclose()

    async def _one(self, conversation: Conversation) -> None:
        answer: str | None = None
        while (messages := conversation(answer)) is not None:
            request = self._endpoint.request(messages)
            answer = self._answers.find(request)
            if answer is None:
                number, self._sent = self._sent, self._sent + 1
                try:
                    answer = await self._ask(request)
                except _RefusedError as why:
                    answer = self._refusal_noted(number, str(why))
                    continue
                self._answers.keep(request, answer)
            self._answered = True

    def _refusal_noted(self, number: int, why: str) -> str:
        """Return the answer that stands for a refusal; raise UserError where all requests sent first are refused.

        Which came first counts, not which came back first: refusals are quick, answers slow.
        """
        self._refused += number < ALL_REFUSED
        if self._refused == ALL_REFUSED and not self._answered:
            raise UserError(
                f"{self._endpoint.url}: the first {self._refused} requests were all refused, the last with {why}"
            )
        return ""

    async def _ask(self, request: Mapping[str, Any]) -> str:
        import asyncio

        problem = ""
        for attempt in range(self._endpoint.attempts):
            if attempt:
                await asyncio.sleep(_pause(self._endpoint, request, attempt, problem))
            answer, problem = await self._send(request)
            if answer is not None:
                return answer
        url, attempts = self._endpoint.url, self._endpoint.attempts
        tail = f"after {attempts} attempts: {problem}; all answers so far are kept, and the next run goes on from there"
        raise (UserError if problem.startswith("cannot be reached") else WorkError)(f"{url}: {tail}")

    async def _send(self, request: Mapping[str, Any]) -> tuple[str | None, str]:
        """Return (answer, "") or (None, what was wrong).

        Raises UserError for what no second attempt can mend, _RefusedError where that concerns this request alone.
        """
        import httpx

        try:
            response = await self._connection().post("chat/completions", json=request)
        except httpx.TransportError as error:
            return None, f"cannot be reached: {error or type(error).__name__}"
        status = response.status_code
        if status in REFUSED:
            raise _RefusedError(f"status {status}: {response.text[:_SHOWN]!r}")
        if status == 200:
            answer = _content(response)
            return answer, "" if answer is not None else f"not an answer: {response.text[:_SHOWN]!r}"
        if status in BUSY:
            return None, f"status {status}; retry-after: {response.headers.get('retry-after', '')}"
        raise UserError(f"{self._endpoint.url}: {self._refusal(status)}: {response.text[:_SHOWN]!r}")

    def _refusal(self, status: int) -> str:
        if status in (401, 403):
            named = self._endpoint.api_key_env
            return f"status {status}: " + (
                f"the key in {named} is not accepted" if named else "a key is wanted; name its variable in api_key_env"
            )
        return f"status {status} for model {self._endpoint.model}; is the address right up to and with /v1?"

    def _connection(self) -> httpx.AsyncClient:
        if self._client is None:
            import httpx

            limits = httpx.Limits(max_connections=self._endpoint.concurrency)
            self._client = httpx.AsyncClient(
                base_url=self._endpoint.url.rstrip("/") + "/",
                headers=self._endpoint.headers(),
                timeout=self._endpoint.timeout,
                limits=limits,
            )
        return self._client


def _content(response: httpx.Response) -> str | None:
    try:
        content = response.json()["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    return content if isinstance(content, str) else None


def _pause(endpoint: Endpoint, request: Mapping[str, Any], attempt: int, problem: str) -> float:
    """Return seconds to wait: what the server asked for, else doubling pauses spread out by up to a half."""
    asked = problem.rpartition("retry-after: ")[2]
    if asked.isdigit():
        return min(float(asked), LONGEST_PAUSE)
    spread = seeds.generator(attempt, key_of(request)).uniform(0.5, 1.5)
    return float(min(endpoint.first_pause * 2 ** (attempt - 1) * spread, LONGEST_PAUSE))
