"""Asking: one endpoint, many requests at a time, each answered once, kept at once, and never asked twice.

A busy or failing server is asked again with growing pauses, or as long ones as it asks for; what no waiting can mend
stops the work with a message that says what to change.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from pipeline import seeds
from pipeline.errors import UserError, WorkError
from pipeline.label.answers import Answer, Answers, Refusal, key_of
from pipeline.label.endpoint import Endpoint
from pipeline.label.gate import Gate, Pass
from pipeline.label.keeper import Keeper
from pipeline.label.response import Failure, Trouble, post
from pipeline.recipe_errors import near

if TYPE_CHECKING:
    import aiohttp

ALL_REFUSED = 8
"""Where so many requests, sent first, are refused, it is not for what this one asks."""
LONGEST_PAUSE = 60.0
UNREACHED = 3
"""Attempts for a server that has never been reached."""
_CONNECT_SECONDS = 30.0
_KEPT = "all answers so far are kept, and the next run goes on from there"


class Asking:
    """An endpoint being asked. Without any new question no server or key is needed."""

    def __init__(self, endpoint: Endpoint, answers: Answers, say: Callable[[str], None]) -> None:
        self._endpoint, self._answers, self._say = endpoint, answers, say
        self._gate, self._keeper = Gate(endpoint), Keeper(answers)
        self._session: aiohttp.ClientSession | None = None
        self._under_way: dict[str, asyncio.Future[Answer | Refusal]] = {}
        self._reached, self._last_answer = False, float("-inf")
        self._any, self._sent, self._refused = False, 0, 0
        self._said = set[str]()
        self._structured = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._keeper.close()
        if self._session is not None:
            await self._session.close()

    async def ask(self, request: Mapping[str, Any], prompt_tokens: int = 0) -> Answer | Refusal:
        """Return the kept answer, else ask; a refusal is not kept, so that the next run asks again.

        ``prompt_tokens`` is an estimate, for limits of tokens a minute. Raises UserError where the server cannot be
        reached, refuses the key or the model, or has refused the first `ALL_REFUSED` requests without one answer (kept
        ones count), WorkError where it answers no request any more.
        """
        key = key_of(request)
        if (kept := self._answers.find_key(key)) is not None:
            self._any = True
            return kept
        if (same := self._under_way.get(key)) is not None:
            return await asyncio.shield(same)
        asked = asyncio.ensure_future(self._asked(key, request, prompt_tokens))
        self._under_way[key] = asked
        try:
            return await asked
        finally:
            del self._under_way[key]

    def hurry(self, request: Mapping[str, Any]) -> None:
        """Do nothing: every request goes out as soon as it may."""

    async def _asked(self, key: str, request: Mapping[str, Any], prompt_tokens: int) -> Answer | Refusal:
        number, self._sent = self._sent, self._sent + 1
        found = await self._until_answered(number, key, request, prompt_tokens + self._endpoint.answer_tokens)
        if isinstance(found, Answer):
            self._any = True
            await self._keeper.keep(key, request, found)
        elif found.reason == "refused":
            self._note_refusal(number, found.problem)
        return found

    async def _until_answered(self, number: int, key: str, request: Mapping[str, Any], tokens: int) -> Answer | Refusal:
        now = asyncio.get_running_loop().time
        attempt, failed = 0, now()
        while True:
            before, attempt = failed, attempt + 1
            found = await self._attempt(number, request, tokens)
            if not isinstance(found, Trouble):
                return found
            failed = now()
            if attempt >= (self._endpoint.attempts if self._reached else min(self._endpoint.attempts, UNREACHED)):
                if attempt > 1 and self._last_answer > before:
                    return Refusal("unanswered", f"{attempt} attempts, the last: {found.problem}")
                raise self._given_up(attempt, found)
            self._say_once(found.problem.partition(":")[0], f"{found.problem}; asking again")
            await asyncio.sleep(self._pause(key, attempt, found))

    async def _attempt(self, number: int, request: Mapping[str, Any], tokens: int) -> Answer | Refusal | Trouble:
        async with self._gate.passage(number, tokens) as passed:
            structured = self._structured and "response_format" in request
            found = await self._send(request if structured else _plain(request), passed)
            if structured and isinstance(found, Refusal):
                plain = await self._send(_plain(request), passed)
                if isinstance(plain, Answer):
                    self._structured = False
                    self._say_once("structured", f"no structured output ({found.problem}); asking without it")
                return plain
            return found

    async def _send(self, request: Mapping[str, Any], passed: Pass) -> Answer | Refusal | Trouble:
        body = json.dumps(request).encode()
        url = f"{self._endpoint.address.rstrip('/')}/chat/completions"
        found = await post(self._connected(), url, body, self._endpoint.timeout, self._endpoint.most_bytes)
        match found:
            case Failure():
                raise UserError(f"{self._endpoint.address}: {await self._explained(found)}")
            case Trouble():
                self._reached = self._reached or found.reached
                if found.is_overload:
                    self._gate.overloaded(passed, found.rest)
            case Answer():
                self._reached, self._last_answer = True, asyncio.get_running_loop().time()
                self._gate.answered(passed, _tokens(found))
            case Refusal():
                self._reached = True
        return found

    def _note_refusal(self, number: int, why: str) -> None:
        """Raise UserError where all requests sent first are refused.

        Which came first counts, not which came back first: refusals are quick, answers slow.
        """
        self._refused += number < ALL_REFUSED
        if self._refused == ALL_REFUSED and not self._any:
            raise UserError(
                f"{self._endpoint.address}: the first {self._refused} requests were all refused, the last with {why}"
            )
        self._say_once("refused", f"a request was refused: {why}; going on with the others")

    def _given_up(self, attempts: int, trouble: Trouble) -> UserError | WorkError:
        told = f"{self._endpoint.address}: after {attempts} attempts: {trouble.problem}; {_KEPT}"
        return WorkError(told) if self._reached else UserError(told)

    def _pause(self, key: str, attempt: int, trouble: Trouble) -> float:
        """Return seconds to wait: what the server asked for, else doubling pauses spread out by up to a half."""
        if trouble.rest is not None:
            return trouble.rest
        spread = seeds.generator(attempt, key).uniform(0.5, 1.5)
        return float(min(self._endpoint.first_pause * 2 ** (attempt - 1) * spread, LONGEST_PAUSE))

    async def _explained(self, failure: Failure) -> str:
        endpoint = self._endpoint
        if failure.status in (401, 403):
            named = endpoint.api_key_env
            why = (
                f"the key in {named} is not accepted" if named else "a key is wanted; name its variable in api_key_env"
            )
        elif failure.status == 402:
            why = f"the account has no credit left; {_KEPT}"
        elif models := await self._models():
            why = f"it serves no model {endpoint.model}{near(endpoint.model, models)}"
            if endpoint.model in models:
                why = f"it serves {endpoint.model}, but answers no chat requests; is it a chat model?"
        else:
            why = f"no answer for model {endpoint.model}; is the address right up to and with /v1?"
        return f"{why} ({failure.problem})"

    async def _models(self) -> list[str]:
        """Return the models that the server says it has; none where it does not say."""
        import aiohttp

        try:
            url = f"{self._endpoint.address.rstrip('/')}/models"
            async with asyncio.timeout(_CONNECT_SECONDS), self._connected().get(url, allow_redirects=False) as response:
                listed = json.loads(await response.content.read(self._endpoint.most_bytes))["data"]
                return [str(model["id"]) for model in listed]
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, KeyError, TypeError):
            return []

    def _say_once(self, what: str, text: str) -> None:
        if what not in self._said:
            self._said.add(what)
            self._say(f"  {self._endpoint.address}: {text}")

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            import aiohttp

            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                headers={"Content-Type": "application/json", **self._endpoint.headers()},
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
                trust_env=True,
            )
        return self._session


def _plain(request: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in request.items() if name != "response_format"}


def _tokens(answer: Answer) -> int | None:
    if answer.prompt_tokens is None or answer.answer_tokens is None:
        return None
    return answer.prompt_tokens + answer.answer_tokens
