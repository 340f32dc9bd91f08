"""Numbers as the page writes them: thousands set apart, a real minus sign, units in words.

A change always carries its sign, so that better and worse are told apart without colour.
"""

from __future__ import annotations

MINUS = "\N{MINUS SIGN}"
NONE = "\N{EM DASH}"
"""Stands where there is no value."""
SMALLEST_CHANGE = 0.00005
"""Nats per token; smaller changes would be shown as 0.0000 and count as none."""


def whole(number: float) -> str:
    """Return a whole number with commas between thousands."""
    return f"{round(number):,}".replace("-", MINUS)


def decimals(number: float | None, digits: int = 4) -> str:
    """Return a number with fixed decimals, or a dash for None."""
    return NONE if number is None else f"{number:,.{digits}f}".replace("-", MINUS)


def signed(number: float | None, digits: int = 4) -> str:
    """Return a change with its sign, or a dash for None; what rounds to zero has none."""
    if number is None:
        return NONE
    return decimals(0.0, digits) if round(number, digits) == 0 else f"{number:+,.{digits}f}".replace("-", MINUS)


def percent(share: float, digits: int = 1) -> str:
    """Return a share (1 is all) as a percentage."""
    return f"{100 * share:.{digits}f}\N{NO-BREAK SPACE}%"


def amount(tokens: float) -> str:
    """Return a number of tokens in three digits, such as ``1.20 million``."""
    for size, word in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
        if abs(tokens) >= size:
            return f"{tokens / size:.3g}\N{NO-BREAK SPACE}{word}"
    return whole(tokens)


def verdict(change: float | None) -> str:
    """Return ``better``, ``worse`` or ``same`` for a change of loss; empty where nothing is compared."""
    if change is None:
        return ""
    if abs(change) < SMALLEST_CHANGE:
        return "same"
    return "better" if change < 0 else "worse"


def counted(number: int, singular: str, plural: str = "") -> str:
    """Return ``1 source``, ``2 sources``."""
    return f"{whole(number)} {singular if number == 1 else plural or singular + 's'}"


def joined(parts: list[str]) -> str:
    """Return parts as a list in a sentence."""
    return " and ".join(parts) if len(parts) < 3 else ", ".join(parts[:-1]) + " and " + parts[-1]
