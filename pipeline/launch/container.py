"""A container: what stands between ``srun`` and the command that is to run inside an image.

Slurm's own commands are not there inside, so what submits and requeues stays outside, in the environment of the site.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from curricula.settings import Settings


class NoContainer(Settings):
    """The environment of the site, on the nodes themselves."""

    kind: Literal["none"] = "none"

    def srun_options(self, folders: Sequence[str]) -> str:
        """Return nothing."""
        return ""

    def prefix(self, folders: Sequence[str]) -> str:
        """Return nothing."""
        return ""


class Pyxis(Settings):
    """NVIDIA's plugin of Slurm: srun itself starts the image."""

    kind: Literal["pyxis"] = "pyxis"
    image: str
    """A squashfs file, or what enroot can fetch, such as ``nvcr.io#nvidia/pytorch:25.09-py3``."""
    mounts: tuple[str, ...] = ()
    """Further folders, ``outside:inside``; root, data and recipe are mounted where they lie."""

    def srun_options(self, folders: Sequence[str]) -> str:
        """Return the plugin's options."""
        mounts = ",".join([*(f"{folder}:{folder}" for folder in folders), *self.mounts])
        return f"--container-image={shlex.quote(self.image)} --container-mounts={shlex.quote(mounts)}"

    def prefix(self, folders: Sequence[str]) -> str:
        """Return nothing."""
        return ""


class Apptainer(Settings):
    """Apptainer or Singularity: a command in front of the one that is to run inside."""

    kind: Literal["apptainer"] = "apptainer"
    image: str
    """A ``.sif`` file, or what apptainer can fetch."""
    mounts: tuple[str, ...] = ()
    """Further folders, ``outside:inside``; root, data and recipe are mounted where they lie."""
    command: str = "apptainer exec --nv"
    """How it is called; ``--nv`` brings the GPUs in, and warns where there are none."""

    def srun_options(self, folders: Sequence[str]) -> str:
        """Return nothing."""
        return ""

    def prefix(self, folders: Sequence[str]) -> str:
        """Return the command up to the image."""
        mounts = ",".join([*folders, *self.mounts])
        return f"{self.command} --bind {shlex.quote(mounts)} {shlex.quote(self.image)}"


Container = Annotated[NoContainer | Pyxis | Apptainer, Field(discriminator="kind")]
