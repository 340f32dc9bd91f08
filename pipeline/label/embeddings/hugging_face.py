"""An encoder in a local Hugging Face folder (BGE-M3, GTE, jina ...), run with torch, on a GPU where there is one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from pipeline import extras
from pipeline.clean import inputs
from pipeline.errors import UserError
from pipeline.label.embeddings.embedding import Embed, Embedding, Vectors, unit

_WEIGHTS = ("*.safetensors", "*.bin", "*.json", "*.model", "vocab.txt")


class HuggingFaceEncoder(Embedding):
    """Vectors of a transformer, pooled over its tokens."""

    uses_all_cores: ClassVar[bool] = True

    kind: Literal["hugging_face"] = "hugging_face"
    path: str
    """Folder with ``config.json``, weights and tokenizer."""
    pooling: Literal["mean", "first"] = "mean"
    """Mean of all tokens, or the first token alone, as the model was trained."""
    prefix: str = ""
    """Written before each text, where the model wants one, such as ``passage: ``."""
    max_tokens: int = Field(default=512, ge=1)
    """Tokens of a text that are read."""
    together: int = Field(default=32, ge=1)
    """Texts of a batch."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """The model enters by its files."""
        return self.model_dump(mode="json", exclude={"path"})

    def files(self, data: Path, cache: Path | None) -> Mapping[str, str]:
        """Return one fingerprint over the model's files."""
        folder = data / self.path
        found = sorted({path for pattern in _WEIGHTS for path in folder.glob(pattern)})
        if not (folder / "config.json").is_file():
            raise UserError(f"embedding.path: {self.path}: no config.json there (paths start at {data})")
        files = [inputs.InputFile(path.name, str(path), path.stat().st_size) for path in found]
        return {"embedding": inputs.fingerprint(files, cache)}

    def paths(self) -> Mapping[tuple[str | int, ...], str]:
        """Return the file that makes a folder one of a model."""
        return {("path",): f"{self.path}/config.json"}

    def faults(self, data: Path) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Look for weights, and read the config."""
        config = data / self.path / "config.json"
        if not config.is_file():
            return
        try:
            json.loads(config.read_bytes())
        except (OSError, ValueError) as error:
            yield ("path",), f"{config}: not JSON: {error}"
        if not any(any(config.parent.glob(pattern)) for pattern in _WEIGHTS[:2]):
            yield ("path",), f"{self.path}: no weights there ({' or '.join(_WEIGHTS[:2])})"

    def load(self, data: Path, learned: Path | None = None) -> Embed:
        """Load the model."""
        extras.require("embedding: hugging_face", "train")
        import torch
        from transformers import AutoModel, AutoTokenizer

        folder = str(data / self.path)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            model: Any = AutoModel.from_pretrained(folder, local_files_only=True).to(device).eval()
        except (OSError, ValueError, KeyError) as error:
            raise UserError(f"embedding.path: {self.path}: cannot be loaded: {error}") from error

        # A tokenizer that truncates cannot be used from two threads at once, and a model would gain nothing from it.
        alone = Lock()

        def embed_batch(texts: Sequence[str]) -> Vectors:
            # Padded by hand: not every tokenizer has a padding token. Some make nothing of an empty text.
            asked = [self.prefix + text or " " for text in texts]
            found = tokenizer(asked, truncation=True, max_length=self.max_tokens)["input_ids"]
            mask = torch.zeros(len(found), max(1, *map(len, found)), dtype=torch.long)
            ids = torch.zeros_like(mask)
            for row, tokens in enumerate(found):
                ids[row, : len(tokens)], mask[row, : len(tokens)] = torch.tensor(tokens), 1
            ids, mask = ids.to(device), mask.to(device)
            with torch.inference_mode():
                states = model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
            if self.pooling == "first":
                pooled = states[:, 0]
            else:
                seen = mask.unsqueeze(-1).float()
                pooled = (states * seen).sum(1) / seen.sum(1).clamp(min=1)
            return unit(pooled.cpu().numpy())

        def embed(texts: Sequence[str]) -> Vectors:
            starts = [text[: self.characters].encode("utf-8", "replace").decode("utf-8") for text in texts]
            with alone:
                parts = [embed_batch(starts[i : i + self.together]) for i in range(0, len(starts), self.together)]
            return np.concatenate(parts) if parts else np.zeros((0, model.config.hidden_size), np.float32)

        return embed
