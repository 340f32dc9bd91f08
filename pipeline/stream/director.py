"""The director: asks the method what the next round should hold and writes it down before anyone trains on it.

It is the only place where a round comes into being; given the record before, the recipe and the signals, the next
record follows by arithmetic, which is what makes a ledger checkable.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mixtures.base import Groups, Situation, Slice
from pipeline.artifact import canonical
from pipeline.errors import UserError
from pipeline.recipe import Run
from pipeline.stream.apportion import apportion, to_units
from pipeline.stream.ledger import Cursor, Record
from pipeline.stream.slice_table import SliceFile
from pipeline.stream.strings import Strings

Signals = Mapping[str, Mapping[str, float]]


def phase_at(run: Run, tokens: int) -> tuple[int, int] | None:
    """Return (index of the phase, optimizer steps left in it) after ``tokens`` tokens; None when all phases are done.

    A phase ends with the step whose end is nearest to its last token, the later one of two, so that rounding never
    adds up.
    """
    end, per_step = 0, run.batch * run.sequence_length
    for i, phase in enumerate(run.phases):
        end += phase.tokens
        left = (2 * (end - tokens) + per_step) // (2 * per_step)
        if left >= 1:
            return i, left
    return None


def total_steps(run: Run) -> int:
    """Return the optimizer steps of a run that nobody amends."""
    per_step, steps = run.batch * run.sequence_length, 0
    while (phase := phase_at(run, steps * per_step)) is not None:
        steps += phase[1]
    return steps


@dataclass(frozen=True)
class Director:
    """Makes records for one run."""

    run: Run
    groups: Groups
    slices: Mapping[str, SliceFile]
    strings: Strings
    """Knows this segment's rules, and those of the segments before."""
    segment: int = 0
    """Number of amendments before these settings."""

    @cached_property
    def rule(self) -> str:
        """Fingerprint of everything besides signals that decides rounds."""
        fields = {"phases", "orders", "packing", "sequence_length", "batch", "round_steps"}
        if self.run.forgetting_alarm:
            fields.add("forgetting_alarm")
        settings = self.run.model_dump(mode="json", include=fields)
        return hashlib.sha256(canonical([settings, self.groups]).encode()).hexdigest()[:16]

    @cached_property
    def _weighable(self) -> tuple[Slice, ...]:
        return tuple(piece.weighable for piece in self.slices.values())

    def next(self, last: Record | None, signals: Signals) -> Record | None:
        """Return the record that follows ``last`` (not yet sealed), or None when the run is complete."""
        tokens = last.end_tokens if last else 0
        phase = phase_at(self.run, tokens)
        if phase is None:
            return None
        sequences = min(self.run.round_steps, phase[1]) * self.run.batch
        asked = self._ask(phase[0], tokens, sequences, last, signals)
        given, carry = self._share_out(asked, last, sequences)
        return Record(
            round=last.round + 1 if last else 0,
            segment=self.segment,
            phase=phase[0],
            position=last.end if last else 0,
            step=last.end_step if last else 0,
            tokens=tokens,
            sequences=sequences,
            batch=self.run.batch,
            sequence_length=self.run.sequence_length,
            asked={name: share for name, share in asked.items() if share},
            given=given,
            carry=carry,
            cursors=self._advance(last.cursors if last else {}, given),
            signals=signals,
            rule=self.rule,
        )

    def _ask(self, phase: int, tokens: int, sequences: int, last: Record | None, signals: Signals) -> dict[str, float]:
        coming = sequences * self.run.sequence_length
        begin = sum(earlier.tokens for earlier in self.run.phases[:phase])
        situation = Situation(
            slices=self._weighable,
            groups=self.groups,
            progress=min(max((tokens - begin) / self.run.phases[phase].tokens, 0.0), 1.0),
            tokens=tokens,
            previous=last.asked if last else {},
            signals=signals,
            # What was measured before an amendment may have been measured on sequences of another length.
            earlier_signals=last.signals if last and last.segment == self.segment else {},
            epochs=self._epochs(last.cursors if last else {}),
            round_progress=coming / self.run.phases[phase].tokens,
            round_tokens=coming,
        )
        try:
            asked = self.run.phases[phase].mixture.choose(situation)
        except ValueError as error:
            raise UserError(f"phase {self.run.phases[phase].name!r}, after {tokens:,} tokens: {error}") from error
        if self.run.forgetting_alarm:
            asked = self.run.forgetting_alarm.corrected(asked, self._weighable, self.groups, signals)
        empty = sorted(name for name, share in asked.items() if share > 0 and not self.slices[name].tokens)
        total = sum(asked.values())
        if empty or abs(total - 1.0) > 1e-6:
            raise UserError(
                f"phase {self.run.phases[phase].name!r}: shares sum to {total:.6g} over the slices that have "
                f"tokens; a source in the mixture is empty: {', '.join(empty) or 'see the plan'}"
            )
        return asked

    def _epochs(self, cursors: Mapping[str, Cursor]) -> dict[str, float]:
        return {
            name: self.strings.epochs(name, cursor)
            for name, cursor in cursors.items()
            if name in self.slices and self.slices[name].tokens
        }

    def _share_out(
        self, asked: Mapping[str, float], last: Record | None, sequences: int
    ) -> tuple[dict[str, int], dict[str, int]]:
        names = sorted(self.slices)
        owed = last.carry if last else {}
        units = to_units(asked, names)
        carried = np.array([owed.get(name, 0) for name in names], dtype=np.int64)
        # What slices that an amendment removed were owed goes to the largest share, so that carries sum to 0 again.
        carried[int(np.argmax(units))] -= carried.sum()
        counts, carry = apportion(units, carried, sequences)
        given = {name: count for name, count in zip(names, counts.tolist(), strict=True) if count}
        return given, {name: left for name, left in zip(names, carry.tolist(), strict=True) if left}

    def _advance(self, cursors: Mapping[str, Cursor], given: Mapping[str, int]) -> dict[str, Cursor]:
        after = dict(cursors)
        for name, count in given.items():
            after[name] = self.strings.advance(name, after.get(name, (0, 0)), count * self.run.sequence_length)
        return after
