"""A word list: a file of the user's with one entry a line; blank lines and lines that begin with ``#`` say nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import UserError


def entries(path: Path, field: str) -> Iterator[tuple[str, str]]:
    """Yield (``file:line``, entry); raise UserError where the file is missing or not UTF-8."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{field}: {path}: no such file") from None
    except (IsADirectoryError, PermissionError) as error:
        raise UserError(f"{field}: {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{field}: {path}: byte {error.start} is not UTF-8") from None
    for number, line in enumerate(text.splitlines(), start=1):
        if (entry := line.strip()) and not entry.startswith("#"):
            yield f"{path}:{number}", entry
