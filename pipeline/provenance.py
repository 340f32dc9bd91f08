"""Where and when something was made: kept beside artifacts, never part of their identity."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PACKAGES = ("headwater", "numpy", "pyarrow", "datatrove", "tokenizers", "torch", "megatron-core", "transformers")


def provenance() -> dict[str, Any]:
    """Return commit, command, host, time and the versions of the packages that matter."""
    return {
        "commit": _commit(),
        "command": sys.argv,
        "host": platform.node(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "packages": {name: version for name in PACKAGES if (version := _version(name))},
    }


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _commit() -> str | None:
    root = Path(__file__).resolve().parent.parent
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None  # an installed wheel has no repository around it
