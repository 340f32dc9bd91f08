"""URL: turns away documents found at addresses the user does not want, by host or by pattern.

A host stands for itself and everything under it (``example.com`` takes ``www.example.com`` too). An entry between
slashes is a regular expression, searched for in the whole address. No list is shipped: whose would it be?
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from pydantic import field_validator

from pipeline.clean.filter import Page, Rejection
from pipeline.clean.filters.listed import Listed, listed
from pipeline.errors import UserError

_HOST = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?//(?:[^/?#@]*@)?([^/?#:]+)", re.IGNORECASE)
_Blocked = tuple[frozenset[str], tuple[re.Pattern[str], ...]]


class Url(Listed):
    """Turns away ``url_blocked``. Documents without an address pass."""

    kind: Literal["url"] = "url"
    block: tuple[str, ...] = ()
    """Hosts, or regular expressions between slashes such as ``/[.]xyz(/|$)/``."""

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
        """Return hosts and patterns."""
        return _blocked(self.block, self.file)

    def reject(self, page: Page) -> Rejection | None:
        """Look for the host and all it lies under, then for the patterns."""
        if not page.url or not (self.block or self.file):
            return None
        hosts, patterns = self.read()
        if found := _HOST.match(page.url):
            parts = found[1].lower().rstrip(".").split(".")
            for i in range(len(parts)):
                if (host := ".".join(parts[i:])) in hosts:
                    return Rejection("url_blocked", page.url, f"not under {host}")
        for pattern in patterns:
            if pattern.search(page.url):
                return Rejection("url_blocked", page.url, f"not /{pattern.pattern}/")
        return None


def _is_pattern(entry: str) -> bool:
    return len(entry) > 2 and entry[0] == entry[-1] == "/"


@cache
def _blocked(block: tuple[str, ...], file: str | None) -> _Blocked:
    hosts, patterns = set(), []
    for place, entry in listed("clean.filters.url", block, file):
        if _is_pattern(entry):
            try:
                patterns.append(re.compile(entry[1:-1]))
            except re.error as error:
                raise UserError(f"{place}: {entry} is no regular expression: {error}") from None
        else:
            hosts.add(entry.lower().removeprefix("www.").strip("."))
    return frozenset(hosts), tuple(patterns)
