"""The store: artifacts that points have in common, each made once and linked from every point's folder.

What a point makes for itself alone lies in its own folder; everything before that is told apart by fingerprint, so
two points share whatever their recipes make alike, and an edited experiment makes only what the edit touches.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline import artifact
from pipeline.stage import Stage, Where

Make = Callable[[Sequence[Stage], Where], Sequence[object]]
"""Makes the stages that are stale, and returns something for each that was."""


def open_root(root: Path, everything: Path) -> None:
    """Make a point's folder, with the store's cache in it."""
    root.mkdir(parents=True, exist_ok=True)
    cache = everything / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    link(root / "cache", cache)


def share(stages: Sequence[Stage], where: Where, everything: Path, make: Make) -> int:
    """Make what is in no point's folder yet, in order, and link it into ``where.root``; return how many were made."""
    made = 0
    for stage in stages:
        place = everything / "made" / stage.fingerprint()
        folder = stage.folder(where.root)
        if folder.is_symlink() and folder.resolve() != place.resolve():
            folder.unlink()
        if not artifact.is_published(place):
            made += len(make([stage], where))
            place.parent.mkdir(parents=True, exist_ok=True)
            folder.rename(place)
        link(folder, place)
    return made


def link(path: Path, place: Path) -> None:
    """Let ``path`` lead to ``place``, by a relative link so that the whole tree can move."""
    if path.is_symlink():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(os.path.relpath(place, path.parent))
