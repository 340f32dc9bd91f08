"""Reads a dataset of the Hugging Face hub, streamed, or a local folder that ``datasets`` can load.

A hub dataset's identity is the commit it resolves to, so a run says exactly which version it read. Its files are the
tasks. Streaming needs no copy on disk; rows come in the files' order.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.clean.inputs import MOST_TASKS
from pipeline.clean.record import Record, damaged, from_fields
from pipeline.errors import UserError
from pipeline.hub_name import is_hub_name
from pipeline.sources import HuggingFace

_SAVED = ("state.json", "dataset_dict.json")


def read_hugging_face(
    read: HuggingFace, field: str, data: Path, revision: str | None, task: int, tasks: int
) -> Iterator[Record]:
    """Yield one record a row of one task."""
    rows, number = _load(read, field, data, revision), 0
    name = f"{read.dataset}/{read.split}" + (f"[{task}]" if tasks > 1 else "")
    if tasks > 1:
        rows = rows.shard(num_shards=tasks, index=task, contiguous=True)
    if rows.column_names is not None:
        _require(read, field, rows.column_names)
    try:
        for number, fields in enumerate(rows, start=1):
            if number == 1:
                _require(read, field, list(fields))
            yield from_fields(fields, read.text_key, read.id_key, f"{name}:{number}", number)
    except UserError:
        raise
    except Exception as error:  # parsers of many formats, the network and arrow raise what they like
        yield damaged(name, number, f"{type(error).__name__}: {error}")


def num_tasks(read: HuggingFace, field: str, data: Path, revision: str | None) -> int:
    """Return into how many tasks the dataset's own files cut it."""
    rows = _load(read, field, data, revision)
    files = getattr(rows, "num_shards", None) or len(rows.cache_files)
    return max(1, min(int(files), MOST_TASKS))


def _require(read: HuggingFace, field: str, columns: list[str]) -> None:
    if read.text_key not in columns:
        said = ", ".join(columns)
        raise UserError(f"{field}.text_key: {read.dataset} has no column {read.text_key} (columns: {said})")


def _load(read: HuggingFace, field: str, data: Path, revision: str | None) -> Any:
    import datasets

    datasets.disable_progress_bars()
    folder = data / read.dataset
    try:
        if any((folder / name).is_file() for name in _SAVED):
            saved = datasets.load_from_disk(str(folder))
            return saved[read.split] if isinstance(saved, datasets.DatasetDict) else saved
        name = str(folder) if folder.is_dir() else read.dataset
        return datasets.load_dataset(name, read.subset, split=read.split, revision=revision, streaming=True)
    except Exception as error:  # the hub's client and the loaders raise errors of several libraries
        raise UserError(f"{field}: {read.dataset}: cannot be loaded: {type(error).__name__}: {error}") from error


def revision_of(dataset: str, field: str, data: Path) -> str:
    """Return the commit that a hub dataset resolves to now, or when it was last fetched if the hub is out of reach."""
    if not is_hub_name(dataset, data):
        raise UserError(f"{field}: {dataset}: no such folder (paths start at {data})")
    from huggingface_hub import HfApi, constants

    try:
        return str(HfApi().dataset_info(dataset).sha)
    except Exception as error:  # the hub's client raises errors of several libraries
        known = Path(constants.HF_HUB_CACHE) / f"datasets--{dataset.replace('/', '--')}" / "refs" / "main"
        if known.is_file():
            return known.read_text().strip()
        raise UserError(f"{field}: {dataset}: no such folder, and the hub could not be asked: {error}") from error
