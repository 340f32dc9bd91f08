"""Reads a dataset of the Hugging Face hub, or a local folder that ``datasets`` can load.

A hub dataset's identity is the commit it resolves to, so a run says exactly which version it read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.clean.record import Record, from_fields
from pipeline.errors import UserError
from pipeline.sources import HuggingFace

_SAVED = ("state.json", "dataset_dict.json")


def read_hugging_face(read: HuggingFace, field: str, data: Path, revision: str | None) -> Iterator[Record]:
    """Yield one record a row."""
    rows = _load(read, field, data, revision)
    if read.text_key not in rows.column_names:
        columns = ", ".join(rows.column_names)
        raise UserError(f"{field}.text_key: {read.dataset} has no column {read.text_key} (columns: {columns})")
    for number, fields in enumerate(rows, start=1):
        yield from_fields(fields, read.text_key, read.id_key, f"{read.dataset}/{read.split}:{number}", number)


def _load(read: HuggingFace, field: str, data: Path, revision: str | None) -> Any:
    import datasets

    datasets.disable_progress_bars()
    folder = data / read.dataset
    try:
        if any((folder / name).is_file() for name in _SAVED):
            saved = datasets.load_from_disk(str(folder))
            return saved[read.split] if isinstance(saved, datasets.DatasetDict) else saved
        name = str(folder) if folder.is_dir() else read.dataset
        return datasets.load_dataset(name, read.subset, split=read.split, revision=revision)
    except (OSError, ValueError, KeyError, datasets.exceptions.DatasetsError) as error:
        raise UserError(f"{field}: {read.dataset}: cannot be loaded: {error}") from error


def revision_of(dataset: str, field: str) -> str:
    """Return the commit that a hub dataset resolves to now, or when it was last fetched if the hub is out of reach."""
    from huggingface_hub import HfApi, constants

    try:
        return str(HfApi().dataset_info(dataset).sha)
    except Exception as error:  # the hub's client raises errors of several libraries
        known = Path(constants.HF_HUB_CACHE) / f"datasets--{dataset.replace('/', '--')}" / "refs" / "main"
        if known.is_file():
            return known.read_text().strip()
        raise UserError(f"{field}: {dataset}: no such folder, and the hub could not be asked: {error}") from error
