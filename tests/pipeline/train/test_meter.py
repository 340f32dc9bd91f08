"""The meter: both conventions against published figures, and peaks that do not flatter."""

import pytest
import torch

from pipeline.train.accelerators import peak_flops
from pipeline.train.architecture import Architecture
from pipeline.train.meter import Meter, as_text
from pipeline.train.parallel import Place

LLAMA_3_8B = Architecture(
    num_layers=32,
    hidden_size=4096,
    feed_forward_size=14336,
    num_heads=32,
    num_key_value_heads=8,
    vocabulary_size=128256,
    max_sequence_length=8192,
)


def meter(peak, processes=1):
    place = Place(0, processes, 0, processes, True, True, torch.device("cpu"))
    return Meter(LLAMA_3_8B, place, peak)


def test_both_conventions():
    """NeMo's 14,451 tokens/s a GPU on 8 H100 at 8192 are printed as 744 TFLOP/s, in the causal convention."""
    fields = meter(989e12, processes=8).measured(8192, 8 * 14451, 1.0, 0.02)
    assert fields["flops_causal"] == pytest.approx(744e12, rel=2e-3)
    assert fields["mfu_causal"] == pytest.approx(0.752, rel=2e-3)
    assert fields["mfu_full"] == pytest.approx(57.9 / 51.5 * fields["mfu_causal"], rel=2e-3)
    assert fields["tokens_per_second"] == 8 * 14451
    assert as_text({**fields, "memory_bytes": 3 * 2**29}) == "MFU 84.6% full 75.2% causal, 1.50 GiB, wait 2.0%"


def test_without_a_known_peak_there_is_no_share_of_it():
    fields = meter(None).measured(8192, 100, 2.0, 0.5)
    assert fields["mfu_full"] is fields["mfu_causal"] is None
    assert as_text({**fields, "memory_bytes": 2**30}) == "2,895.64 GFLOP/s full 2,573.52 causal, 1.00 GiB, wait 25.0%"
    assert fields["memory_bytes"] > 2**20


@pytest.mark.parametrize(
    ("name", "bf16"),
    [
        ("NVIDIA H100 80GB HBM3", 989e12),
        ("NVIDIA H100 PCIe", 756e12),
        ("NVIDIA H200", 989e12),
        ("NVIDIA A100-SXM4-80GB", 312e12),
        ("CPU", None),
        ("NVIDIA GeForce RTX 4090", None),
    ],
)
def test_peaks_are_dense_and_of_the_right_device(name, bf16):
    assert peak_flops(name, "bf16") == bf16
    assert (peak_flops(name, "fp32") is None) == (bf16 is None)
