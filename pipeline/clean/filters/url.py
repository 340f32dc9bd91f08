"""URL: turns away documents found at addresses the user does not want, by host, by address or by pattern.

A host stands for itself and everything under it (``example.com`` takes ``www.example.com`` too), an address, with
``http://`` or without, for itself and everything below it (``example.com/ads`` takes ``example.com/ads/1``). An entry
between slashes is a regular expression, searched for in the whole address. No list is shipped: whose would it be?
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Literal

from pydantic import field_validator

from pipeline.clean.filter import Page, Rejection
from pipeline.clean.filters.listed import Listed, listed
from pipeline.errors import UserError

_SCHEME, _PLACE = r"(?:[a-z][a-z0-9+.-]*:)?//(?:[^/?#@]*@)?", r"([^/?#:]+)(?::\d*)?([^#]{0,2000})"
_ADDRESS = re.compile(f"^{_SCHEME}{_PLACE}", re.IGNORECASE)
_ENTRY = re.compile(f"^(?:{_SCHEME})?{_PLACE}", re.IGNORECASE)
_STEP = re.compile(r"(?=[/?]|$)")
"""Where a part of a path ends."""
_Blocked = tuple[frozenset[str], tuple[re.Pattern[str], ...]]


class Url(Listed):
    """Turns away ``url_blocked``. Documents without an address pass."""

    kind: Literal["url"] = "url"
    block: tuple[str, ...] = ()
    """Hosts, addresses, or regular expressions between slashes such as ``/[.]xyz(/|$)/``."""

    @field_validator("block")
    @classmethod
    def _expressions_compile(cls, block: tuple[str, ...]) -> tuple[str, ...]:
        for entry in block:
            if _is_pattern(entry):
                try:
                    re.compile(entry[1:-1])
                except re.error as error:
                    raise ValueError(f"{entry} is no regular expression: {error}") from None
        return block

    def read(self) -> _Blocked:
        """Return hosts and addresses, and patterns."""
        return _blocked(self.block, self.file)

    def reject(self, page: Page) -> Rejection | None:
        """Look for the host and all it lies under, for the address and all it lies below, then for the patterns."""
        if not page.url or not (self.block or self.file):
            return None
        places, patterns = self.read()
        if found := _ADDRESS.match(page.url):
            for place in _lies_under(found[1], found[2]):
                if place in places:
                    return Rejection("url_blocked", page.url, f"not under {place}")
        for pattern in patterns:
            if pattern.search(page.url):
                return Rejection("url_blocked", page.url, f"not /{pattern.pattern}/")
        return None


def _lies_under(host: str, path: str) -> Iterator[str]:
    """Yield the host and all it lies under, then the address and all it lies below."""
    parts = host.lower().rstrip(".").split(".")
    yield from (".".join(parts[i:]) for i in range(len(parts)))
    for end in _STEP.finditer(path):
        yield _place(host, path[: end.start()])


def _place(host: str, path: str) -> str:
    return host.lower().removeprefix("www.").strip(".") + path.rstrip("/")


def _is_pattern(entry: str) -> bool:
    return len(entry) > 2 and entry[0] == entry[-1] == "/"


@cache
def _blocked(block: tuple[str, ...], file: str | None) -> _Blocked:
    places, patterns = set(), []
    for place, entry in listed("clean.filters.url", block, file):
        if _is_pattern(entry):
            try:
                patterns.append(re.compile(entry[1:-1]))
            except re.error as error:
                raise UserError(f"{place}: {entry} is no regular expression: {error}") from None
        elif found := _ENTRY.match(entry):
            places.add(_place(found[1], found[2]))
        else:
            raise UserError(f"{place}: {entry} is no host, address or /regular expression/")
    return frozenset(places), tuple(patterns)
