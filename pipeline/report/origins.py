"""Where everything came from: versions, machines and fingerprints, as the artifacts' own manifests state them.

Nothing is asked of the machine that writes the page, so the same artifacts give the same page anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import artifact


@dataclass(frozen=True)
class Part:
    """One artifact's identity."""

    name: str
    kind: str
    fingerprint: str
    bytes: int
    time: str


@dataclass(frozen=True)
class Origins:
    """Everything the page says about provenance; values differ only where artifacts were made at different places."""

    parts: tuple[Part, ...]
    facts: tuple[tuple[str, str], ...]
    """(what, values): commit, host, system, python, times and commands."""
    packages: tuple[tuple[str, str], ...]
    """(package, versions)."""


def read_origins(root: Path, names: Iterable[str]) -> Origins:
    """Read the manifests of the artifacts with these names."""
    manifests = {name: artifact.read_manifest(root / name) for name in names}
    origins = [manifest.provenance for manifest in manifests.values()]
    times = sorted(str(origin["time"]) for origin in origins)
    facts = [
        (label, _distinct(origin.get(key) for origin in origins))
        for label, key in (("Commit", "commit"), ("Host", "host"), ("System", "system"), ("Python", "python"))
    ]
    facts += [
        ("Made", f"{times[0]} to {times[-1]}" if times[0] != times[-1] else times[0]),
        ("Commands", _distinct(" ".join(origin["command"]) for origin in origins)),
    ]
    packages = sorted({name for origin in origins for name in origin["packages"]})
    return Origins(
        parts=tuple(_part(name, manifest) for name, manifest in manifests.items()),
        facts=tuple((label, value) for label, value in facts if value),
        packages=tuple((name, _distinct(origin["packages"].get(name) for origin in origins)) for name in packages),
    )


def _part(name: str, manifest: artifact.Manifest) -> Part:
    size = sum(entry.bytes for entry in manifest.files)
    return Part(name, manifest.kind, manifest.fingerprint, size, str(manifest.provenance["time"]))


def _distinct(values: Iterable[Any]) -> str:
    """Return the different values in the order of their first appearance; missing ones are left out."""
    return ", ".join(dict.fromkeys(str(value) for value in values if value))
