"""Hosts whose pages are a discipline's: learned from labelled pages, or read from a list that a person has edited."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from pipeline.errors import UserError
from pipeline.recipe_errors import near
from pipeline.synthesize.seeds.settings import Hosts
from pipeline.yaml_file import YamlFile

FILE = "hosts.yaml"
Listed = Mapping[str, str]
"""Host -> discipline."""


def host_of(url: str) -> str:
    """Return the host of an address in lower case, without ``www.`` and port; "" where there is none."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")


class Census:
    """How many pages of every host are labelled with what; memory grows with the number of hosts."""

    def __init__(self, labelled: Iterable[tuple[str, str | None]], disciplines: Sequence[str]) -> None:
        self._all, self._own = Counter[str](), Counter[tuple[str, str]]()
        for host, label in labelled:
            self._all[host] += 1
            if label in disciplines:
                self._own[host, str(label)] += 1
        del self._all[""]

    def listed(self, settings: Hosts) -> dict[str, str]:
        """Return the hosts that the rule lists; one with two disciplines is the larger's, then by name."""
        found: dict[str, str] = {}
        for (host, name), pages in sorted(self._own.items(), key=lambda item: (-item[1], item[0])):
            whole = self._all[host]
            if host and host not in found and whole >= settings.pages and pages >= settings.rate * whole:
                found[host] = name
        return found

    def written(self, listed: Listed, settings: Hosts) -> str:
        """Return the text of ``hosts.yaml``: the largest hosts first, each with its pages and their share."""
        lists: dict[str, dict[str, Any]] = {}
        for host in sorted(listed, key=lambda host: (-self._all[host], host)):
            share = self._own[host, listed[host]] / self._all[host] if self._all[host] else 0.0
            lists.setdefault(listed[host], {})[host] = {"pages": self._all[host], "share": round(share, 3)}
        rule = (
            f"The list is {settings.file}."
            if settings.file
            else f"Listed: hosts of {settings.pages} pages or more, {settings.rate:g} of them labelled so, or more."
        )
        head = (
            f"# Hosts whose pages are taken for a discipline. {rule}\n"
            "# To edit the list: copy this file, add or delete lines (pages and share need not be there), and name\n"
            "# the copy in the order as seeds.hosts.file.\n"
        )
        return head + yaml.safe_dump(dict(sorted(lists.items())), sort_keys=False, allow_unicode=True, width=120)


def read_list(path: Path, disciplines: Sequence[str]) -> dict[str, str]:
    """Return the hosts of a list; raise UserError with every problem, one a line.

    A list maps disciplines to hosts: to a list of them, or to a mapping whose values are not looked at. Disciplines
    that the order has no quota for are passed over.
    """
    file = YamlFile(path)
    problems, found = list(file.problems), dict[str, str]()
    if not isinstance(file.data, dict):
        raise UserError(f"{path}:1: found {type(file.data).__name__}; discipline: [host, ...] is needed")
    if not set(file.data) & set(disciplines):
        wanted = f"names none of {', '.join(disciplines)}"
        raise UserError(f"{path}:1: {wanted}{near(str(next(iter(file.data), '')), list(disciplines))}")
    for name, hosts in file.data.items():
        for host in hosts if isinstance(hosts, list | dict) else ():
            plain = host_of(f"//{host}")
            if plain != str(host).removeprefix("www."):
                problems.append(
                    f"{path}:{file.line((name,))}: {name}: found {host!r}; a host such as arxiv.org is needed"
                )
            elif found.setdefault(plain, str(name)) != str(name):
                problems.append(f"{path}:{file.line((name,))}: {name}: {plain} is also listed for {found[plain]}")
        if not isinstance(hosts, list | dict):
            problems.append(f"{path}:{file.line((name,))}: {name}: found {hosts!r}; a list of hosts is needed")
    if problems:
        raise UserError("\n".join(problems))
    return {host: name for host, name in found.items() if name in disciplines}
