"""Masking: puts a placeholder where a person's e-mail address, IP address, Chinese phone or identity number stood.

What only looks like one stays: formulas, dates, version and section numbers, reserved addresses. Each kind has a file
of its own under `pipeline.clean.personal` that says how it tells them apart.
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import field_validator

from pipeline.clean.personal import KINDS, Kind
from pipeline.clean.repair import Repair, Repaired

_SUSPECT = re.compile(r"[@\uff20:]|\d[\d ()（）-]{9}|\d\.\d{1,3}\.\d", re.ASCII)
"""What all personal data of these kinds holds."""


class Masking(Repair):
    """Counts ``email``, ``ip_address``, ``phone`` and ``id_number``, each once a place."""

    kind: Literal["masking"] = "masking"
    kinds: tuple[Kind, ...] = ("id_number", "email", "ip_address", "phone")
    """What is masked."""
    placeholder: str = "<{kind}>"
    """What is put there; ``{kind}`` becomes the kind in capitals, such as ``<EMAIL>``."""

    @field_validator("placeholder")
    @classmethod
    def _names_at_most_the_kind(cls, placeholder: str) -> str:
        try:
            placeholder.format(kind="")
        except (KeyError, IndexError, ValueError, AttributeError, TypeError):
            raise ValueError(f"{placeholder!r} holds a brace that is not {{kind}}") from None
        if any(character.isdigit() or character == "@" for character in placeholder):
            raise ValueError(f"{placeholder!r} holds a digit or @ and could be masked again")
        return placeholder

    def repair(self, text: str, profile: str) -> Repaired:
        """Mask one kind after the other."""
        if not _SUSPECT.search(text):
            return Repaired(text, {})
        counts: dict[str, int] = {}
        for kind in self.kinds:
            text, found = KINDS[kind](text, self.placeholder.format(kind=kind.upper()), profile)
            if found:
                counts[kind] = found
        return Repaired(text, counts)
