"""A response as it came: read up to a limit of bytes and of time, and understood as an answer, a refusal or trouble.

Trouble is what asking again may mend; a refusal concerns this one request; anything else is for the user to mend.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from pipeline.label.answers import CUT_BYTES, CUT_TIME, Answer, Refusal

if TYPE_CHECKING:
    import aiohttp

BUSY = (408, 409, 425, 429, 500, 502, 503, 504, 529)
"""Statuses after which asking again may help."""
OVERLOADED = (408, 429, 503, 504, 529)
"""Those that ask for fewer requests."""
REFUSED = (400, 413, 422)
"""Statuses that concern this one request: too long, or against the server's policy."""
_FLOWS = 10.0
"""Seconds without a byte after which a response no longer counts as one that goes on."""
_LONGEST_REST = 3600.0
_SHOWN = 300
_SHOWN_OF_ENDLESS = 4096


@dataclass(frozen=True)
class Trouble:
    """Why there is no answer yet."""

    problem: str
    is_overload: bool = False
    rest: float | None = None
    """Seconds for which the server asks to be left alone."""
    reached: bool = True
    """Whether a server was there at all."""


@dataclass(frozen=True)
class Failure:
    """A status that is neither: the key, the address or the model is wrong."""

    status: int
    problem: str


Outcome = Answer | Trouble | Refusal | Failure


async def post(session: aiohttp.ClientSession, url: str, body: bytes, seconds: float, most_bytes: int) -> Outcome:
    """Send one request and return what came of it; nothing is raised for what a server or network does."""
    import aiohttp

    reading = _Reading(most_bytes)
    try:
        async with asyncio.timeout(seconds), session.post(url, data=body, allow_redirects=False) as response:
            await reading.read(response)
            return _understood(response.status, response.headers, reading)
    except TimeoutError:
        if reading.flows:
            return Answer(reading.text(_SHOWN_OF_ENDLESS), CUT_TIME)
        return Trouble(f"no answer within {seconds:g} seconds (timeout)", is_overload=True)
    except aiohttp.ClientConnectorError as error:
        return Trouble(f"cannot be reached: {error}", reached=False)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return Trouble(f"the connection broke: {error or type(error).__name__}", is_overload=True)


class _Reading:
    """The body so far."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._status, self._parts, self._bytes, self._last = 0, list[bytes](), 0, 0.0
        self.is_whole = False

    async def read(self, response: aiohttp.ClientResponse) -> None:
        """Read to the end or to the limit, after which the connection is closed."""
        self._status = response.status
        async for part in response.content.iter_any():
            self._parts.append(part)
            self._bytes += len(part)
            self._last = asyncio.get_running_loop().time() if part.strip() else self._last
            if self._bytes > self._most:
                response.close()
                return
        self.is_whole = True

    @property
    def flows(self) -> bool:
        """Whether an answer was still coming a moment ago: more than the blanks with which some hosts say "wait"."""
        return self._status == 200 and asyncio.get_running_loop().time() - self._last < _FLOWS

    def text(self, most: int | None = None) -> str:
        """Return the body, or its beginning."""
        return b"".join(self._parts)[:most].decode("utf-8", "replace")


def _understood(status: int, headers: Mapping[str, str], reading: _Reading) -> Outcome:
    if status == 200:
        if not reading.is_whole:
            return Answer(reading.text(_SHOWN_OF_ENDLESS), CUT_BYTES)
        body = reading.text()
        return _answer(body) or Trouble(f"not an answer: {body[:_SHOWN]!r}")
    told = f"status {status}: {reading.text(_SHOWN)!r}"
    if status in REFUSED:
        return Refusal("refused", told)
    if status in BUSY:
        return Trouble(told, status in OVERLOADED, _rest(headers.get("Retry-After", "")))
    return Failure(status, told)


def _answer(body: str) -> Answer | None:
    """Return the answer of a chat completion, None where it is none. A model that only thought has said nothing."""
    try:
        found: Any = json.loads(body)
        choice = found["choices"][0]
        content = choice["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return None
    if content is not None and not isinstance(content, str):
        return None
    usage = found.get("usage")
    text = (content or "").encode("utf-8", "replace").decode("utf-8")
    ended = choice.get("finish_reason")
    counts = [_count(usage, name) for name in ("prompt_tokens", "completion_tokens")]
    return Answer(text, ended if isinstance(ended, str) else "stop", *counts)


def _count(usage: object, name: str) -> int | None:
    value = usage.get(name) if isinstance(usage, Mapping) else None
    return value if isinstance(value, int) and 0 <= value < 2**31 else None


def _rest(asked: str) -> float | None:
    """Return the seconds of a Retry-After header, which holds seconds or a date."""
    try:
        seconds = float(asked)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(max(seconds, 0.0), _LONGEST_REST) if seconds == seconds else None
