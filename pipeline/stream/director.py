"""The director: asks the method what the next round should hold and writes it down before anyone trains on it.

It is the only place where a round comes into being; given the record before, the recipe and the signals, the next
record follows by arithmetic, which is what makes a ledger checkable.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mixtures.base import Groups, Situation
from pipeline.artifact import canonical
from pipeline.errors import UserError
from pipeline.recipe import Run
from pipeline.stream.apportion import apportion, to_units
from pipeline.stream.ledger import Cursor, Record
from pipeline.stream.slice_table import SliceFile

Signals = Mapping[str, Mapping[str, float]]


def phase_ends(run: Run) -> list[int]:
    """Return the position (in sequences) at which each phase ends; whole optimizer steps, at least one each."""
    per_step = run.batch * run.sequence_length
    ends, tokens, steps = [], 0, 0
    for phase in run.phases:
        tokens += phase.tokens
        steps = max(steps + 1, round(tokens / per_step))
        ends.append(steps * run.batch)
    return ends


@dataclass(frozen=True)
class Director:
    """Makes records for one run."""

    run: Run
    groups: Groups
    slices: Mapping[str, SliceFile]

    @property
    def rule(self) -> str:
        """Fingerprint of everything besides signals that decides rounds."""
        settings = self.run.model_dump(
            mode="json", include={"phases", "orders", "sequence_length", "batch", "round_steps"}
        )
        return hashlib.sha256(canonical([settings, self.groups]).encode()).hexdigest()[:16]

    @property
    def end(self) -> int:
        """Position after the last round."""
        return phase_ends(self.run)[-1]

    def next(self, last: Record | None, signals: Signals) -> Record | None:
        """Return the record that follows ``last`` (not yet sealed), or None when the run is complete."""
        position = last.end if last else 0
        ends = phase_ends(self.run)
        phase = next((i for i, end in enumerate(ends) if position < end), None)
        if phase is None:
            return None
        sequences = min(self.run.round_steps * self.run.batch, ends[phase] - position)
        asked = self._ask(phase, position, ends, last, signals)
        given, carry = self._share_out(asked, last, sequences)
        return Record(
            round=last.round + 1 if last else 0,
            position=position,
            sequences=sequences,
            sequence_length=self.run.sequence_length,
            phase=phase,
            asked={name: share for name, share in asked.items() if share},
            given=given,
            carry=carry,
            cursors=self._advance(last.cursors if last else {}, given),
            signals=signals,
            rule=self.rule,
        )

    def _ask(
        self, phase: int, position: int, ends: list[int], last: Record | None, signals: Signals
    ) -> dict[str, float]:
        begin = ends[phase - 1] if phase else 0
        situation = Situation(
            slices=tuple(piece.weighable for piece in self.slices.values()),
            groups=self.groups,
            progress=(position - begin) / (ends[phase] - begin),
            tokens=position * self.run.sequence_length,
            previous=last.asked if last else {},
            signals=signals,
        )
        asked = self.run.phases[phase].mixture.choose(situation)
        empty = sorted(name for name, share in asked.items() if share > 0 and not self.slices[name].tokens)
        total = sum(asked.values())
        if empty or abs(total - 1.0) > 1e-6:
            raise UserError(
                f"phase {self.run.phases[phase].name!r}: shares sum to {total:.6g} over the slices that have "
                f"tokens; a source in the mixture is empty: {', '.join(empty) or 'see the plan'}"
            )
        return asked

    def _share_out(
        self, asked: Mapping[str, float], last: Record | None, sequences: int
    ) -> tuple[dict[str, int], dict[str, int]]:
        names = sorted(self.slices)
        owed = last.carry if last else {}
        counts, carry = apportion(
            to_units(asked, names), np.array([owed.get(n, 0) for n in names], dtype=np.int64), sequences
        )
        given = {name: int(count) for name, count in zip(names, counts, strict=True) if count}
        return given, {name: int(left) for name, left in zip(names, carry, strict=True) if left}

    def _advance(self, cursors: Mapping[str, Cursor], given: Mapping[str, int]) -> dict[str, Cursor]:
        after = dict(cursors)
        for name, count in given.items():
            epoch, offset = after.get(name, (0, 0))
            more, rest = divmod(offset + count * self.run.sequence_length, self.slices[name].tokens)
            after[name] = (epoch + more, rest)
        return after
