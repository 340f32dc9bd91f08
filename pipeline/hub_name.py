"""Names on the Hugging Face hub, told from paths of this disk: what looks like a path is never asked of the hub."""

from __future__ import annotations

import re
from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9_][\w.-]*(?:/[A-Za-z0-9_][\w.-]*)?")
_ENDINGS = (
    *(".json", ".model", ".safetensors", ".bin", ".pt", ".gguf", ".txt", ".md", ".csv", ".tsv", ".yaml", ".yml"),
    *(".jsonl", ".ndjson", ".parquet", ".arrow", ".html", ".warc", ".gz", ".zst", ".bz2", ".xz", ".zip", ".tar"),
)
"""Endings of files; no model or dataset is called so."""
_FOLDERS = ("checkpoint", "checkpoints", "corpora", "data", "dataset", "datasets", "model", "models", "runs", "work")
"""What people call folders, and nobody on the hub."""


def is_hub_name(name: str, data: Path) -> bool:
    """Return whether a name can be one on the hub: ``org/name`` or ``name``, and no path of ``data``."""
    if not _NAME.fullmatch(name) or name.lower().endswith(_ENDINGS) or (data / name).exists():
        return False
    first, _, rest = name.partition("/")
    return not rest or not (first.lower() in _FOLDERS or (data / first).is_dir())


def download(name: str) -> str:
    """Return the command that brings a model here, to where a recipe names it."""
    return f"hf download {name} --local-dir {name}"
