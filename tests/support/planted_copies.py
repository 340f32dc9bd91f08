"""Planted copies: pages that are there twice with other numbers, and questions of benchmarks inside pages."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

_NUMBERS = {
    False: "On {day} May {year} at {hour}:{minute} there were {count} people in the hall, and {few} had a question.",
    True: "{year}年5月{day}日{hour}时{minute}分，会场里一共到了{count}人，其中有{few}人提出了自己的问题。",
}
"""A line that every page gets, so that each holds numbers."""


def renumbered(text: str, seed: random.Random) -> str:
    """Return the text with another digit for every one, ASCII and full-width."""

    def other(digit: re.Match[str]) -> str:
        zero = "0" if digit[0] <= "9" else "０"
        return chr(ord(zero) + (ord(digit[0]) - ord(zero) + seed.randrange(1, 10)) % 10)

    return re.sub("[0-9０-９]", other, text)


def near_copy(text: str, seed: random.Random, *, chinese: bool, dropped: float = 0.0) -> tuple[str, str]:
    """Return a page under a line with numbers, and its copy: other numbers, some words or characters fewer.

    ``dropped`` is the share of words (characters in Chinese) that the copy lacks.
    """
    line = _NUMBERS[chinese].format(
        day=seed.randrange(1, 30),
        year=seed.randrange(1990, 2020),
        hour=seed.randrange(10, 24),
        minute=seed.randrange(10, 60),
        count=seed.randrange(100, 99999),
        few=seed.randrange(1, 99),
    )
    page = f"{line}\n{text}"
    parts = list(page) if chinese else re.split("(?<= )", page)
    copy = "".join(part for part in parts if seed.random() >= dropped)
    return page, renumbered(copy, seed)


def embedded(text: str, question: str, seed: random.Random) -> str:
    """Return the page with the question somewhere inside, in one of the ways questions are copied."""
    words = question.split(" ")
    ways = (
        question,
        question.lower(),
        "“" + question.strip("\"'“”") + "”",
        "\n".join(" ".join(words[i : i + 12]) for i in range(0, len(words), 12)),
    )
    lines = text.split("\n")
    place = seed.randrange(len(lines) + 1)
    return "\n".join([*lines[:place], seed.choice(ways), *lines[place:]])


def questions(texts: Sequence[str], *, shortest: int, longest: int) -> list[str]:
    """Return the first lines with so many characters, each once: where these texts put their questions."""
    lines = (text.split("\n")[0].strip() for text in texts)
    return list(dict.fromkeys(line for line in lines if shortest <= len(line) <= longest))
