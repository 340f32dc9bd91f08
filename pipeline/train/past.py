"""A run's past, read from its folder: which settings came before the newest, and whether a recipe belongs to it.

A run that was amended is another artifact than one trained so from its beginning; its identity therefore holds the
fingerprint of every earlier segment and the sequence at which it ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline import artifact
from pipeline.errors import UserError
from pipeline.recipe import Recipe
from pipeline.stage import changes_of, input_changes
from pipeline.stream.ledger import Ledger
from pipeline.stream.segment import AMENDMENT, IDENTITY, SETTINGS, count_segments, read_part


def before(target: Path, identity: str) -> list[dict[str, Any]]:
    """Return (fingerprint, end) of the segments before the newest, if that one has this identity.

    ``end`` is the number of sequences before the next segment's first round, None while there is no such round.
    """
    for folder in (target, artifact.draft_of(target)):
        count = count_segments(folder)
        if count > 1 and read_part(folder, count - 1, IDENTITY)["fingerprint"] == identity:
            path = folder / "ledger.jsonl"
            ledger = Ledger(path) if path.exists() else None
            return [_entry(folder, index, ledger) for index in range(count - 1)]
    return []


def _entry(folder: Path, index: int, ledger: Ledger | None) -> dict[str, Any]:
    following = ledger.first_of(index + 1) if ledger else None
    return {
        "fingerprint": read_part(folder, index, IDENTITY)["fingerprint"],
        "end": following.position if following else None,
    }


def draft_identity(target: Path, identity: str) -> str:
    """Return what a run's draft is kept under: the identity it was begun with, if it was amended to this one."""
    draft = artifact.draft_of(target)
    count = count_segments(draft)
    if count and read_part(draft, count - 1, IDENTITY)["fingerprint"] == identity:
        return str(read_part(draft, 0, IDENTITY)["fingerprint"])
    return identity


def amended_recipe(folder: Path) -> tuple[Recipe, Path] | None:
    """Return the recipe of the newest amendment and where its relative paths start, or None without amendments."""
    count = count_segments(folder)
    if count < 2:
        return None
    amendment = read_part(folder, count - 1, AMENDMENT)
    return Recipe.model_validate(amendment["recipe"]), Path(amendment["data"])


def refuse_another(target: Path, identity: str, settings: Mapping[str, Any], inputs: Mapping[str, str]) -> None:
    """Raise UserError if a recipe of another identity would replace a run that has been trained or amended."""
    for folder, way_out in ((target, ""), (artifact.draft_of(target), _AMEND.format(run=target))):
        count = count_segments(folder)
        trained = folder != target and any(folder.glob("checkpoints/step-*"))
        if not count or not (trained or count > 1):
            continue
        newest = read_part(folder, count - 1, IDENTITY)
        if newest["fingerprint"] == identity:
            continue
        old = read_part(folder, count - 1, SETTINGS)
        changes = [*changes_of(old, settings), *input_changes(newest["inputs"], inputs)]
        raise UserError(
            f"{target}: this recipe is not the one that the run {_how(folder, count)}: {'; '.join(changes)}\n"
            f"To go on, use that recipe; {way_out}to begin again from nothing, remove {folder}"
        )


_AMEND = "to change the run from its next round on, `headwater amend {run} RECIPE --reason TEXT`; "


def _how(folder: Path, count: int) -> str:
    if count < 2:
        return "was begun with"
    amendment = read_part(folder, count - 1, AMENDMENT)
    return f"was amended to by {amendment['who']} on {amendment['when']} ({amendment['why']})"
