"""Finds the files of an existing tokenizer: a single file, a Hugging Face folder, or a name on the hub."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.errors import UserError
from pipeline.hub_name import is_hub_name
from pipeline.tokens.encode import SENTENCEPIECE, TOKENIZER_JSON

CONFIG = "tokenizer_config.json"
COMPANIONS = (CONFIG, "special_tokens_map.json", "added_tokens.json", "chat_template.jinja")
"""Files that travel with a tokenizer, so that an exported model is complete."""


def find(path: str, data: Path) -> list[Path]:
    """Return the tokenizer's own file first, then its companions; raise UserError where there is none."""
    place = data / path
    if place.is_file():
        return [place, *(place.with_name(name) for name in COMPANIONS if place.with_name(name).is_file())]
    folder = place if place.is_dir() else _fetched(path, data)
    main = next((folder / name for name in (TOKENIZER_JSON, SENTENCEPIECE) if (folder / name).is_file()), None)
    if main is None:
        raise UserError(f"tokenizer.path: {path}: no {TOKENIZER_JSON} and no {SENTENCEPIECE} in this folder")
    return [main, *(folder / name for name in COMPANIONS if (folder / name).is_file())]


def is_sentencepiece(path: Path) -> bool:
    """Tell a sentencepiece model from a ``tokenizer.json`` by its first byte."""
    with path.open("rb") as file:
        return file.read(1) != b"{"


def end_token(files: list[Path]) -> str | None:
    """Return the end-of-sequence token that the companions name."""
    for file in files[1:]:
        if file.name in (CONFIG, "special_tokens_map.json"):
            token = _read(file).get("eos_token")
            token = token.get("content") if isinstance(token, dict) else token
            if isinstance(token, str):
                return token
    return None


def _read(file: Path) -> dict[str, Any]:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"tokenizer.path: {file}: not JSON: {error}") from error
    return data if isinstance(data, dict) else {}


def _fetched(name: str, data: Path) -> Path:
    wanted = [TOKENIZER_JSON, SENTENCEPIECE, *COMPANIONS]
    if not is_hub_name(name, data):
        raise UserError(f"tokenizer.path: {name}: no such file or folder (paths start at {data})")
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=wanted))
    except Exception as error:  # the hub's client raises errors of several libraries
        reason = str(error).strip().splitlines()[0]
        raise UserError(
            f"tokenizer.path: {name}: no such file or folder (paths start at {data}), and nothing could be "
            f"fetched by that name: {reason}"
        ) from error
