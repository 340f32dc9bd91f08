"""Prompts: one file a family and language under ``synth/prompts``, known by a hash of its wording."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import synth
from pipeline.artifact import sha256_of
from pipeline.label.endpoint import Messages
from pipeline.label.taxonomy import Language
from pipeline.synthesize.candidate import Family

FOLDER = Path(synth.__file__).parent / "prompts"
LANGUAGES: tuple[Language, ...] = ("en", "zh")


def name_of(family: Family, language: Language) -> str:
    """Return a prompt's name, such as ``problem-en``."""
    return f"{family}-{language}"


@cache
def version(family: Family, language: Language) -> str:
    """Return the first 16 hex digits of the SHA-256 of the prompt's file."""
    return sha256_of(_path(family, language))[:16]


def messages(family: Family, language: Language, discipline: str, snippet: str) -> Messages:
    """Return what is said to the model; nothing in the snippet can reach into the template."""
    named = discipline.replace("-", " ").replace("_", " ")
    before, _, after = _template(family, language).replace("{discipline}", named).partition("{snippet}")
    # What cannot be encoded cannot be sent.
    sendable = snippet.encode("utf-8", "replace").decode("utf-8")
    return ({"role": "user", "content": f"{before}{sendable}{after}"},)


@cache
def _template(family: Family, language: Language) -> str:
    return _path(family, language).read_text(encoding="utf-8")


def _path(family: Family, language: Language) -> Path:
    return FOLDER / f"{name_of(family, language)}.txt"
