"""The memory model against what training keeps and holds on the CPU, in one process and in two."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from kept_bytes import Held, Kept

from pipeline.planning import gpu_memory
from pipeline.planning.gpu_memory import Split, kept_by_loss, memory, stage_parameters
from pipeline.train import cross_entropy
from pipeline.train.architecture import Architecture
from pipeline.train.batches import forward_backward
from pipeline.train.known_architectures import NAMES, known
from pipeline.train.model import build_model
from pipeline.train.optimizer import build_optimizer, set_learning_rate, step, torch_optimizers
from pipeline.train.parallel import Layout, initialize, shutdown
from pipeline.train.settings import AdamW

ROOT = Path(__file__).parents[3]
SHAPE = {
    "num_layers": 4,
    "hidden_size": 64,
    "feed_forward_size": 160,
    "num_heads": 8,
    "num_key_value_heads": 2,
    "vocabulary_size": 960,
    "max_sequence_length": 128,
}
LENGTH, BATCH = 128, 4


@pytest.fixture
def one_process():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield initialize(Layout(), seed=1)
    shutdown()
    torch.set_num_threads(threads)


def tokens():
    return torch.randint(0, 960, (BATCH, LENGTH + 1), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("tied", [False, True])
def test_weights_gradients_and_optimizer_are_as_large_as_the_model_says(one_process, precision, tied):
    shape = Architecture(**SHAPE, tie_embeddings=tied)
    model = build_model(shape, precision=precision, layout=Layout(), seed=1)
    optimizer = build_optimizer(model, AdamW())
    forward_backward(model, tokens(), micro_batch_size=1)
    set_learning_rate(optimizer, 1e-3)
    step(optimizer)
    inner = list(torch_optimizers(optimizer))
    state = sum(sum(t.nbytes for t in moments.values() if t.dim()) for each in inner for moments in each.state.values())
    copies = sum(p.nbytes for each in inner for group in each.param_groups for p in group["params"])
    expected = memory(shape, Split(device="cpu"), LENGTH, BATCH, precision)
    assert expected.weights == sum(weight.nbytes for weight in model.parameters())
    assert expected.gradients == sum(weight.main_grad.nbytes for weight in model.parameters())
    assert expected.optimizer == state + (copies if precision == "bf16" else 0)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("micro_batch", [1, 2])
def test_what_passes_keep_and_hold_is_what_the_model_says(one_process, precision, micro_batch):
    shape, split = Architecture(**SHAPE), Split(micro_batch=micro_batch, device="cpu")
    model = build_model(shape, precision=precision, layout=Layout(), seed=1)
    with Kept(model.parameters()) as kept:
        forward_backward(model, tokens(), micro_batch_size=micro_batch)
    with Held() as held:
        forward_backward(model, tokens(), micro_batch_size=micro_batch)
    expected = memory(shape, split, LENGTH, BATCH, precision)
    by_loss = kept_by_loss(shape, split, LENGTH, precision)
    assert kept.peak == pytest.approx(expected.activations + by_loss, rel=0.005)
    assert kept.now < 10_000
    assert held.peak == pytest.approx(expected.activations + max(expected.loss, expected.backward), rel=0.03)


def test_blocks_that_are_recomputed_keep_their_input_alone(one_process):
    shape, split = Architecture(**SHAPE), Split(recompute=3, device="cpu")
    model = build_model(shape, layout=split.layout, seed=1)
    with Held() as held:
        forward_backward(model, tokens(), micro_batch_size=1)
    expected = memory(shape, split, LENGTH, BATCH, "fp32")
    assert held.peak == pytest.approx(expected.activations + max(expected.loss, expected.backward), rel=0.1)


def test_a_step_that_is_mostly_feed_forward_holds_what_the_model_says(one_process):
    shape = Architecture(**{**SHAPE, "vocabulary_size": 32, "feed_forward_size": 1024, "num_layers": 1})
    model = build_model(shape, layout=Layout(), seed=1)
    with Held() as held:
        forward_backward(model, tokens() % 32, micro_batch_size=4)
    expected = memory(shape, Split(micro_batch=4, device="cpu"), LENGTH, BATCH, "fp32")
    assert expected.backward > expected.loss
    assert held.peak == pytest.approx(expected.activations + expected.backward, rel=0.1)


MEASURE = """
import json, os, sys
import torch
sys.path.insert(0, os.environ["SUPPORT"])
from kept_bytes import Kept
from pipeline.train.architecture import Architecture
from pipeline.train.batches import forward_backward
from pipeline.train.model import build_model
from pipeline.train.parallel import Layout, initialize, shutdown
layout = Layout(**json.loads(os.environ["LAYOUT"]))
initialize(layout, seed=1)
model = build_model(Architecture(**json.loads(os.environ["SHAPE"])), layout=layout, seed=1)
with Kept(model.parameters()) as kept:
    forward_backward(model, torch.zeros(4, 129, dtype=torch.int64), micro_batch_size=1)
with open(f"{os.environ['FOLDER']}/{os.environ['RANK']}.json", "w") as file:
    json.dump([sum(weight.numel() for weight in model.parameters()), kept.peak], file)
shutdown()
"""


@pytest.mark.parametrize(
    ("layout", "split"),
    [
        ({"tensor": 2, "sequence_parallel": True}, Split(tensor=2, device="cpu")),
        ({"pipeline": 2}, Split(pipeline=2, device="cpu")),
        ({"context": 2}, Split(context=2, device="cpu")),
    ],
    ids=["tensor", "pipeline", "context"],
)
def test_each_of_two_processes_keeps_what_the_model_says(tmp_path, layout, split):
    (tmp_path / "measure.py").write_text(MEASURE)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SUPPORT": str(ROOT / "tests" / "support"),
        "LAYOUT": json.dumps(layout),
        "SHAPE": json.dumps(SHAPE),
        "FOLDER": str(tmp_path),
        "OMP_NUM_THREADS": "1",
    }
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = [*launch, str(tmp_path / "measure.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    shape = Architecture(**SHAPE)
    for rank in (0, 1):
        weights, kept = json.loads((tmp_path / f"{rank}.json").read_text())
        stage = rank if split.pipeline == 2 else 0
        told = gpu_memory.at_stage(shape, split, LENGTH, BATCH, "fp32", stage)
        by_loss = kept_by_loss(shape, split, LENGTH, "fp32") if stage == split.pipeline - 1 else 0
        assert weights == stage_parameters(shape, split, stage)
        assert kept == pytest.approx(told.activations + by_loss, rel=0.02)


def test_what_a_plan_knows_without_torch_is_what_training_does():
    assert gpu_memory.CHUNK_LOGITS == cross_entropy.CHUNK_LOGITS
    assert gpu_memory.LEAST_CHUNK == cross_entropy.LEAST_CHUNK


@pytest.mark.parametrize("name", NAMES)
def test_parts_add_up_to_the_model(name):
    shape = known(name)
    copy = shape.vocabulary_size * shape.hidden_size if shape.tie_embeddings else 0
    assert stage_parameters(shape, Split(), 0) == shape.parameters()
    halves = [stage_parameters(shape, Split(pipeline=2), stage) for stage in (0, 1)]
    assert sum(halves) == shape.parameters() + copy
