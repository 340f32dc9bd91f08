import pytest
import torch

from pipeline.errors import UserError
from pipeline.train import kernels
from pipeline.train.kernels import choose, describe
from pipeline.train.model import TORCH
from pipeline.train.settings import Kernels


@pytest.fixture
def machine(monkeypatch):
    def has(*packages, cuda=True):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(kernels, "find_spec", lambda name: name if name in packages else None)

    return has


def test_without_cuda_all_is_torch(machine):
    machine("liger_kernel", "transformer_engine", cuda=False)
    assert choose(Kernels(), tensor_parallel=1) == TORCH


def test_auto_takes_liger_where_it_is_and_transformer_engine_never(machine):
    machine("liger_kernel", "transformer_engine")
    assert choose(Kernels(), tensor_parallel=1) == Kernels(attention="torch", norm="liger", loss="liger")
    assert choose(Kernels(attention="transformer_engine"), tensor_parallel=1).attention == "transformer_engine"


def test_a_divided_vocabulary_is_torchs(machine):
    machine("liger_kernel")
    assert choose(Kernels(), tensor_parallel=2) == Kernels(attention="torch", norm="liger", loss="torch")
    with pytest.raises(UserError, match="liger: takes a whole vocabulary"):
        choose(Kernels(loss="liger"), tensor_parallel=2)


def test_what_was_asked_for_by_name_and_is_not_there_is_said_all_at_once(machine):
    machine("liger_kernel", cuda=False)
    with pytest.raises(UserError) as error:
        choose(Kernels(attention="transformer_engine", norm="liger"), tensor_parallel=1)
    assert str(error.value).splitlines() == [
        "kernels.attention: transformer_engine: needs CUDA; found here: torch",
        "kernels.norm: liger: needs CUDA; found here: torch",
    ]


def test_the_line_at_start_says_what_computes_what():
    torch.set_num_threads(1)
    assert describe(TORCH, "fp32", torch.device("cpu")) == (
        "kernels: attention torch, norm torch, loss torch, SwiGLU torch; fp32 on CPU, 1 threads"
    )
