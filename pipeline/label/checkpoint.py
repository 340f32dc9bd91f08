"""A checkpoint that scores text: a Hugging Face folder of a Llama-style model, from outside or from an earlier run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from curricula.settings import Settings
from pipeline.clean import inputs
from pipeline.errors import UserError
from pipeline.tokens import tokenizer_files
from pipeline.tokens.load import load_sentencepiece
from pipeline.tokens.token_ids import TokenIds
from pipeline.train.checkpoint_folder import problems_of

PIECE = 1 << 16
"""Characters that are tokenized at once: a text longer than this is cut there, at white space where there is any."""


class FolderOfModel(Settings):
    """A Hugging Face folder on this machine."""

    kind: Literal["checkpoint"] = "checkpoint"
    path: str
    """Folder with ``config.json``, safetensors and the tokenizer."""


class ModelOfRun(Settings):
    """The model that a run of the same recipe exports."""

    kind: Literal["run"] = "run"
    run: str
    """Name of the run; no order or slice that it reads may depend on these scores."""


AnyCheckpoint = Annotated[FolderOfModel | ModelOfRun, Field(discriminator="kind")]
"""What a recipe may write where a checkpoint scores text."""


def identity_of(checkpoint: AnyCheckpoint) -> Mapping[str, str]:
    """Return what a checkpoint is besides its contents."""
    return checkpoint.model_dump(mode="json", exclude={"path"})


def config_of(checkpoint: AnyCheckpoint) -> str | None:
    """Return the file that makes a folder from outside one of a model."""
    return f"{checkpoint.path}/config.json" if checkpoint.kind == "checkpoint" else None


def fault_of(checkpoint: AnyCheckpoint, data: Path) -> str | None:
    """Return what a glance finds wrong with a folder from outside that has a ``config.json``, a line each."""
    if checkpoint.kind == "run" or not (data / checkpoint.path / "config.json").is_file():
        return None
    try:
        _files(checkpoint, data)
    except UserError as error:
        return str(error)
    return "\n".join(problems_of(data / checkpoint.path)) or None


def files_of(field: str, checkpoint: AnyCheckpoint, data: Path, cache: Path | None) -> str | None:
    """Return the fingerprint of a folder's files; None for a run's model, which is an artifact."""
    if checkpoint.kind == "run":
        return None
    try:
        files = _files(checkpoint, data)
    except UserError as error:
        raise UserError(f"{field}.path: {error}") from error
    return inputs.fingerprint([inputs.InputFile(path.name, str(path), path.stat().st_size) for path in files], cache)


def _files(checkpoint: FolderOfModel, data: Path) -> list[Path]:
    """Return what decides a model's scores; raise UserError where some of it is missing."""
    folder = data / checkpoint.path
    if not (folder / "config.json").is_file():
        raise UserError(
            f"{checkpoint.path}: no config.json there; a checkpoint is a local Hugging Face folder "
            f"(paths start at {data})"
        )
    weights = [
        path for path in sorted(folder.iterdir()) if path.name.endswith((".safetensors", ".safetensors.index.json"))
    ]
    if not weights:
        raise UserError(f"{checkpoint.path}: no safetensors there; convert the weights first")
    return [folder / "config.json", *weights, *tokenizer_files.find(checkpoint.path, data)]


def folder_of(checkpoint: AnyCheckpoint, data: Path, root: Path) -> Path:
    """Return where the model lies."""
    return data / checkpoint.path if checkpoint.kind == "checkpoint" else root / "models" / checkpoint.run


@dataclass(frozen=True)
class Encoded:
    """The tokens of one document."""

    ids: npt.NDArray[np.int64]
    bytes: int
    """Bytes in UTF-8 of the text that they stand for."""


class Tokenizer:
    """A tokenizer's file, or the one of a checkpoint's folder. It adds no special token."""

    def __init__(self, path: str, data: Path) -> None:
        self._files = tokenizer_files.find(path, data)
        self._is_sentencepiece = tokenizer_files.is_sentencepiece(self._files[0])
        self._fast = None if self._is_sentencepiece else TokenIds(self._files[0])
        self._tokenizer = self._fast.tokenizer if self._fast else load_sentencepiece(self._files[0])

    def encode(self, texts: Sequence[str], most_tokens: int | None) -> list[Encoded]:
        """Return each text's first ``most_tokens`` tokens, or all of them."""
        most = None if most_tokens is None else most_tokens * _LONGEST_TOKEN
        pieces = [_pieces(_valid(text[:most])) for text in texts]
        ids = self._ids([piece for document in pieces for piece in document])
        found, begin = [], 0
        for document in pieces:
            own = np.concatenate([np.zeros(0, np.int64), *ids[begin : begin + len(document)]])
            begin += len(document)
            if most_tokens is not None and len(own) > most_tokens:
                own = own[:most_tokens]
                found.append(Encoded(own, len(self._decode(own.tolist()).encode())))
            else:
                found.append(Encoded(own, sum(len(piece.encode()) for piece in document)))
        return found

    def _ids(self, pieces: Sequence[str]) -> list[npt.NDArray[np.int64]]:
        found = self._fast.of(pieces) if self._fast else self._tokenizer.encode(list(pieces), out_type=int)
        return [np.array(ids, dtype=np.int64) for ids in found]

    def _decode(self, ids: list[int]) -> str:
        if self._is_sentencepiece:
            return str(self._tokenizer.decode(ids))
        return str(self._tokenizer.decode(ids, skip_special_tokens=False))

    def start(self, folder: Path) -> int | None:
        """Return the token from which a checkpoint predicts a document's first one; None where it names none.

        It is ``bos_token_id`` of ``config.json``, else ``eos_token_id``, else the tokenizer's end-of-sequence token:
        where documents lie end to end, each one follows it.
        """
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        for name in ("bos_token_id", "eos_token_id"):
            if isinstance(config.get(name), int):
                return int(config[name])
        end = tokenizer_files.end_token(self._files)
        if end is None:
            return None
        found = self._tokenizer.piece_to_id(end) if self._is_sentencepiece else self._tokenizer.token_to_id(end)
        return found if found is None else int(found)


_LONGEST_TOKEN = 32
"""Characters of text a token that are enough to look at: only runs of white space make longer tokens."""


def _valid(text: str) -> str:
    """Return the text with lone surrogates, which no tokenizer takes, replaced."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _pieces(text: str) -> list[str]:
    pieces = []
    begin = 0
    while len(text) - begin > PIECE:
        space = max(text.rfind(mark, begin + PIECE // 2, begin + PIECE) for mark in " \n")
        end = space if space > 0 else begin + PIECE
        pieces.append(text[begin:end])
        begin = end
    return [*pieces, text[begin:]] if begin < len(text) else pieces
