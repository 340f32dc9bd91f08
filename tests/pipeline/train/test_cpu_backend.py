"""What the CPU backend replaces, all of it, seen from outside in a fresh process."""

import pytest
import torch

from pipeline.train import cpu_backend

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="the backend does nothing where CUDA exists")

SNAPSHOT = """
import importlib, json, os, sys, types
from pathlib import Path
import torch
from pipeline.train import cpu_backend

def names(owner):
    return {name: (id(value), value) for name, value in vars(owner).items()}

def changed(before, owner):
    after = vars(owner)
    same = {name for name, (_, value) in before.items() if after.get(name) is value}
    return sorted({*before, *after} - same)

if __name__ == "__main__":
    for name in cpu_backend.LOADED_MODULES:
        importlib.import_module("megatron.core." + name)
    owners = {"torch": torch, "Tensor": torch.Tensor, "torch.cuda": torch.cuda,
              "torch.distributed": torch.distributed, "torch.nn.Module": torch.nn.Module}
    seen = {name: names(owner) for name, owner in owners.items()}
    megatron = {name: names(module) for name, module in sys.modules.items() if name.startswith("megatron")}
    codes = {id(value): (value, value.__code__) for module in megatron for value in
             [f for f in vars(sys.modules[module]).values() if isinstance(f, types.FunctionType)]}
    enabled = [cpu_backend.enable(), cpu_backend.enable()]
    Path(os.environ["RESULT"]).write_text(json.dumps({
        "enabled": enabled,
        "torch": {name: changed(seen[name], owner) for name, owner in owners.items()},
        "megatron": sorted({f"{module.rsplit('.', 1)[-1]}.{name}" if name != "torch" else name
                            for module in megatron
                            for name in changed(megatron[module], sys.modules[module])}),
        "functions": sorted(f.__qualname__ for f, code in codes.values() if f.__code__ is not code),
    }))
"""


def test_torch_is_untouched_but_for_tensor_cuda(run_script):
    found = run_script(SNAPSHOT)
    assert found["enabled"] == [True, True]
    assert {name: names for name, names in found["torch"].items() if names} == {"Tensor": ["cuda"]}
    assert found["megatron"] == ["random._get_cuda_rng_state", "random._set_cuda_rng_state", "torch"]
    assert found["functions"] == ["clip_grad_by_total_norm_fp32"]


def test_type_checking_functions_are_these_four():
    assert sorted(function.__qualname__ for function in cpu_backend.type_checking_functions()) == [
        "DistributedOptimizer.__init__",
        "DistributedOptimizer._build_model_and_main_param_groups",
        "Float16OptimizerWithFloat16Params.__init__",
        "clip_grad_by_total_norm_fp32",
    ]


def test_the_facade_answers_these_names_and_passes_on_the_rest():
    facade = cpu_backend.make_facade()
    answered = {
        name for name in dir(torch) if not name.startswith("__") and getattr(facade, name) is not getattr(torch, name)
    }
    assert answered == {*cpu_backend.FACTORIES, "cuda"}
    cuda = {
        name
        for name in dir(torch.cuda)
        if not name.startswith("__") and getattr(facade.cuda, name) is not getattr(torch.cuda, name)
    }
    assert cuda == set(cpu_backend.CUDA)
    assert facade.zeros(2, device="cuda").device.type == "cpu"
    assert facade.zeros(2, device="meta").device.type == "meta"
    assert facade.cuda.current_device() == torch.device("cpu")
    assert not facade.cuda.is_available()


def test_nothing_happens_where_cuda_exists(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    before = torch.Tensor.cuda
    assert not cpu_backend.enable()
    assert torch.Tensor.cuda is before
