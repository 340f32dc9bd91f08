"""The CPU backend: lets megatron-core run where there is no CUDA, and does nothing where there is.

megatron-core names CUDA in some 400 places. Its own modules are given a facade of the torch module in which
``cuda`` and the tensor factories mean the CPU; everybody else keeps the real torch. Three things lie beyond a
facade's reach and are replaced by themselves: ``Tensor.cuda``, two functions that torch-free code calls for
random states, and the tensor type names that four optimizer functions compare with.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import sys
import types
from collections.abc import Callable
from typing import Any

import torch

_CPU = torch.device("cpu")
_ROOT = "megatron.core"

LOADED_MODULES = (
    # Imported before the facade is handed out; modules imported later would keep the real torch.
    "datasets.blended_megatron_dataset_builder",
    "datasets.gpt_dataset",
    "dist_checkpointing",
    "dist_checkpointing.exchange_utils",
    "dist_checkpointing.strategies.filesystem_async",
    "dist_checkpointing.strategies.fully_parallel",
    "dist_checkpointing.strategies.state_dict_saver",
    "dist_checkpointing.strategies.torch",
    "distributed",
    "models.gpt",
    "optimizer",
    "pipeline_parallel",
    "tensor_parallel",
    "timers",
    "transformer.dot_product_attention",
)
FACTORIES = ("arange", "empty", "empty_like", "full", "ones", "tensor", "zeros", "zeros_like")
"""torch functions that place what they are told to put on CUDA on the CPU, within megatron-core."""


class _Stream:
    """Stands in for a CUDA stream or event: work on the CPU already happens in program order."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what torch.cuda.Stream and torch.cuda.Event take."""

    def __enter__(self) -> _Stream:
        return self

    def __exit__(self, *args: object) -> None:
        """Let errors through."""

    def wait_stream(self, stream: object) -> None:
        """Return at once: the other stream's work is done."""

    def wait_event(self, event: object) -> None:
        """Return at once: the event has passed."""

    def record(self, stream: object = None) -> None:
        """Keep nothing: the event has passed when it is recorded."""

    def wait(self, stream: object = None) -> None:
        """Return at once: the event has passed."""

    def synchronize(self) -> None:
        """Return at once: the work is done."""


def _nothing(*args: Any, **kwargs: Any) -> None:
    """Do nothing, where CUDA would have to."""


def _no_bytes(*args: Any, **kwargs: Any) -> int:
    """Return 0: no CUDA memory is in use."""
    return 0


def _manual_seed(seed: int) -> None:
    torch.default_generator.manual_seed(seed)


CUDA: dict[str, Any] = {
    "Event": _Stream,
    "Stream": _Stream,
    "current_device": lambda: _CPU,
    "current_stream": lambda *args, **kwargs: _Stream(),
    "default_stream": lambda *args, **kwargs: _Stream(),
    "empty_cache": _nothing,
    "get_rng_state": lambda *args, **kwargs: torch.get_rng_state(),
    "manual_seed": _manual_seed,
    "max_memory_allocated": _no_bytes,
    "memory_allocated": _no_bytes,
    "memory_reserved": _no_bytes,
    "nvtx": types.SimpleNamespace(range_push=_nothing, range_pop=_nothing),
    "set_device": _nothing,
    "set_rng_state": lambda state, *args, **kwargs: torch.set_rng_state(state),
    "stream": lambda stream: contextlib.nullcontext(),
    "synchronize": _nothing,
}
"""What ``torch.cuda`` answers within megatron-core; every other name is torch's own."""


class _Facade(types.ModuleType):
    """A module that answers a few names itself and passes every other one on."""

    def __init__(self, module: types.ModuleType, answers: dict[str, Any]) -> None:
        super().__init__(module.__name__)
        self.__dict__.update(answers)
        self.__dict__["_module"] = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_module"], name)


def _on_cpu(factory: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    @functools.wraps(factory)
    def make(*args: Any, **kwargs: Any) -> torch.Tensor:
        if str(kwargs.get("device", "")).startswith("cuda"):
            kwargs["device"] = _CPU
        kwargs.pop("pin_memory", None)
        return factory(*args, **kwargs)

    return make


def make_facade() -> types.ModuleType:
    """Return torch as megatron-core's modules see it."""
    answers = {name: _on_cpu(getattr(torch, name)) for name in FACTORIES}
    return _Facade(torch, {**answers, "cuda": _Facade(torch.cuda, CUDA)})


def _cpu_names(constant: Any) -> Any:
    """Return a code constant with the names of CUDA tensor types turned into those of CPU tensors."""
    if isinstance(constant, str):
        return constant.replace("torch.cuda.", "torch.")
    if isinstance(constant, tuple):
        return tuple(_cpu_names(part) for part in constant)
    if isinstance(constant, types.CodeType):
        return constant.replace(co_consts=_cpu_names(constant.co_consts))
    return constant


def type_checking_functions() -> list[types.FunctionType]:
    """Return the functions that compare ``param.type()`` with ``torch.cuda.FloatTensor`` and the like."""
    optimizer, clipping, distributed = (
        importlib.import_module(f"{_ROOT}.optimizer{part}") for part in ("", ".clip_grads", ".distrib_optimizer")
    )
    found = (
        clipping.clip_grad_by_total_norm_fp32,
        optimizer.Float16OptimizerWithFloat16Params.__init__,
        distributed.DistributedOptimizer.__init__,
        distributed.DistributedOptimizer._build_model_and_main_param_groups,
    )
    return [inspect.unwrap(getattr(function, "__func__", function)) for function in found]


def _same_tensor(tensor: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
    """Stand in for Tensor.cuda, which raises where torch has no CUDA."""
    return tensor


def enable() -> bool:
    """Make megatron-core run on the CPU, once; return whether it does.

    Nothing is touched where CUDA exists. Call it before any object of megatron-core is made.
    """
    if torch.cuda.is_available():
        return False
    if torch.Tensor.cuda is _same_tensor:
        return True
    for name in LOADED_MODULES:
        importlib.import_module(f"{_ROOT}.{name}")
    facade = make_facade()
    for name, module in list(sys.modules.items()):
        # Fused kernels are compiled by torch, which must find itself there; they need no CUDA names.
        if name.startswith(_ROOT) and "fusions" not in name and getattr(module, "torch", None) is torch:
            vars(module)["torch"] = facade
    random_states = vars(importlib.import_module(f"{_ROOT}.tensor_parallel.random"))
    random_states["_get_cuda_rng_state"] = CUDA["get_rng_state"]
    random_states["_set_cuda_rng_state"] = CUDA["set_rng_state"]
    for function in type_checking_functions():
        function.__code__ = _cpu_names(function.__code__)
    torch.Tensor.cuda = _same_tensor  # type: ignore[method-assign, assignment]
    return True
