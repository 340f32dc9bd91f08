"""Checks a wheel: four packages, every file that git knows in them, and nothing else.

Usage: python .ci/check_wheel.py WHEEL (from the checkout's root).
"""

import subprocess
import sys
import zipfile
from pathlib import PurePosixPath

PACKAGES = ("pipeline", "mixtures", "synth", "curricula")
MUST_SHIP = ("mixtures/recipes/*.yaml", "pipeline/clean/profiles/*.yaml")


def known_to_git() -> set[str]:
    """Return every file of the packages that git tracks, or would if it were added."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *PACKAGES]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {name for name in listed.split("\0") if name}


def problems(wheel: str) -> list[str]:
    """Return every difference between the wheel and the checkout."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
    packed = {name for name in names if ".dist-info/" not in name.split("/", 1)[0] + "/"}
    top = {name.split("/", 1)[0] for name in packed}
    found = [f"top level holds {sorted(top)}, not {sorted(PACKAGES)}"] if top != set(PACKAGES) else []
    found += [f"missing from the wheel: {name}" for name in sorted(known_to_git() - packed)]
    found += [f"in the wheel, unknown to git: {name}" for name in sorted(packed - known_to_git())]
    for pattern in MUST_SHIP:
        if not any(PurePosixPath(name).match(pattern) for name in packed):
            found.append(f"no file of the wheel matches {pattern}")
    return found


if __name__ == "__main__":
    sys.exit("\n".join(problems(sys.argv[1])) or None)
