"""URL: turns away documents found at addresses the user does not want, by host or by pattern.

A host stands for itself and everything under it (``example.com`` takes ``www.example.com`` too). An entry between
slashes is a regular expression, searched for in the whole address. No list is shipped: whose would it be?
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import field_validator

from pipeline.clean.filter import Filter, Page, Rejection
from pipeline.clean.word_list import entries
from pipeline.errors import UserError

_HOST = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?//(?:[^/?#@]*@)?([^/?#:]+)", re.IGNORECASE)
_Blocked = tuple[frozenset[str], tuple[re.Pattern[str], ...]]


class Url(Filter):
    """Turns away ``url_blocked``. Documents without an address pass."""

    kind: Literal["url"] = "url"
    block: tuple[str, ...] = ()
    """Hosts, or regular expressions between slashes such as ``/[.]xyz(/|$)/``."""
    file: str | None = None
    """A file of such entries, one a line."""

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

    @property
    def files(self) -> Sequence[str]:
        """The list's path, if there is one."""
        return (self.file,) if self.file else ()

    def at(self, folder: Path) -> Self:
        """Return the filter with its file's path resolved, the file having been read once."""
        if self.file is None:
            return self
        path = folder / self.file
        _blocked(self.block, str(path))
        return self.model_copy(update={"file": str(path)})

    def reject(self, page: Page) -> Rejection | None:
        """Look for the host and all it lies under, then for the patterns."""
        if not page.url or not (self.block or self.file):
            return None
        hosts, patterns = _blocked(self.block, self.file)
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
    listed = [("clean.filters.url.block", entry) for entry in block]
    if file is not None:
        listed += entries(Path(file), "clean.filters.url.file")
    for place, entry in listed:
        if _is_pattern(entry):
            try:
                patterns.append(re.compile(entry[1:-1]))
            except re.error as error:
                raise UserError(f"{place}: {entry} is no regular expression: {error}") from None
        else:
            hosts.add(entry.lower().removeprefix("www.").strip("."))
    return frozenset(hosts), tuple(patterns)
