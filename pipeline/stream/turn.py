"""Whose turn it is: a run ends and an amendment arrives one after the other, never at once.

Training looks for amendments where it would make a new round. Once it finds that the run is complete it says so in
the run's scratch folder, under the same lock under which amendments arrive; from then on none can.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.artifact import SCRATCH
from pipeline.errors import UserError
from pipeline.lock import in_turn
from pipeline.stream.director import phase_at
from pipeline.stream.segment import count_segments, run_of

_CLOSED = "complete"


def segment_after(draft: Path, tokens: int) -> int | None:
    """Return the segment that makes the round after ``tokens`` training tokens, None where the run is complete."""
    with in_turn(_lock(draft)):
        index = count_segments(draft) - 1
        if phase_at(run_of(draft, index), tokens) is not None:
            return index
        (draft / SCRATCH / _CLOSED).touch()
        return None


@contextmanager
def turn_to_amend(draft: Path) -> Iterator[int]:
    """Hold off the run's end and other amendments, and yield the next segment's number; UserError if it has ended."""
    target = draft.with_suffix("")
    ended = UserError(
        f"{target}: has trained its last step, so nothing can be amended; start another run from it with "
        f"`start: {{kind: run, run: {target.name}}}`"
    )
    if not _lock(draft).parent.is_dir():
        raise ended
    with in_turn(_lock(draft)):
        if (draft / SCRATCH / _CLOSED).exists():
            raise ended
        yield count_segments(draft)


def _lock(draft: Path) -> Path:
    return draft / SCRATCH / "turn.lock"
