"""Resuming is exact: 3 steps, a checkpoint and 3 more give the bits of 6 steps without one."""

import functools
import resource
import threading
from contextlib import nullcontext

import psutil
import pytest
import torch

from pipeline.errors import UserError, WorkError
from pipeline.train import checkpoint, resume, writing
from pipeline.train import model as model_module
from pipeline.train.architecture import Architecture
from pipeline.train.batches import forward_backward
from pipeline.train.layout import Layout
from pipeline.train.model import build_model
from pipeline.train.moving_average import MovingAverage
from pipeline.train.optimizer import (
    build_optimizer,
    set_learning_rate,
    step,
    torch_optimizers,
    zero_gradients,
)
from pipeline.train.parallel import initialize, shutdown
from pipeline.train.settings import AdamW

TINY = Architecture(
    num_layers=2,
    hidden_size=32,
    feed_forward_size=64,
    num_heads=4,
    num_key_value_heads=2,
    vocabulary_size=64,
    max_sequence_length=16,
)


@pytest.mark.parametrize("distributed", [False, True], ids=["plain", "distributed"])
@pytest.mark.parametrize(("precision", "tied"), [("fp32", False), ("bf16", True)])
def test_resumed_equals_undisturbed_to_the_bit(tmp_path, distributed, precision, tied):
    kinds = {
        "architecture": TINY.model_copy(update={"tie_embeddings": tied}),
        "precision": precision,
        "distributed": distributed,
    }
    initialize(Layout(), seed=1)
    model, optimizer = made(**kinds, steps=3)
    saved = checkpoint.save(tmp_path, model, optimizer, step=3, extra={}, keep=1)
    undisturbed = [train(model, optimizer, number) for number in (3, 4, 5)]
    shutdown()
    initialize(Layout(), seed=99)
    model, optimizer = made(**kinds, seed=100)
    checkpoint.load(saved, model, optimizer)
    resumed = [train(model, optimizer, number) for number in (3, 4, 5)]
    shutdown()
    assert resumed == undisturbed


@pytest.mark.parametrize("distributed", [False, True], ids=["plain", "distributed"])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_run_stopped_before_its_first_step_resumes(one_process, tmp_path, distributed, precision):
    model, optimizer = made(distributed=distributed, precision=precision)
    saved = checkpoint.save(tmp_path, model, optimizer, step=0, extra={}, keep=1)
    undisturbed = [train(model, optimizer, number) for number in range(3)]
    model, optimizer = made(distributed=distributed, precision=precision, seed=9)
    checkpoint.load(saved, model, optimizer)
    assert [train(model, optimizer, number) for number in range(3)] == undisturbed


def test_weights_alone_can_be_loaded(one_process, tmp_path):
    model, optimizer = made(steps=2)
    saved = checkpoint.save(tmp_path, model, optimizer, step=2, extra={}, keep=1)
    other = build_model(TINY, layout=Layout(distributed_optimizer=False), seed=9)
    checkpoint.load_weights(saved, other)
    assert all(torch.equal(one, two) for one, two in zip(model.parameters(), other.parameters(), strict=True))


def made(architecture=TINY, settings=None, *, distributed=True, precision="fp32", seed=2, steps=0, overlap=False):
    layout = Layout(distributed_optimizer=distributed, overlap=overlap)
    model = build_model(architecture, precision=precision, layout=layout, seed=seed)
    optimizer = build_optimizer(model, settings or AdamW())
    for number in range(steps):
        train(model, optimizer, number)
    return model, optimizer


def train(model, optimizer, number):
    tokens = torch.randint(0, 64, (4, 17), generator=torch.Generator().manual_seed(number))
    zero_gradients(model, optimizer)
    set_learning_rate(optimizer, 1e-2)
    loss = forward_backward(model, tokens, micro_batch_size=4)
    return loss.mean, step(optimizer)


@pytest.mark.parametrize(
    ("cure", "symptom"),
    [("make_state", AssertionError), ("_setter_with_step", KeyError), ("sharding", Exception)],
)
def test_loud_faults_of_megatron_are_there_without_their_cures(one_process, tmp_path, monkeypatch, cure, symptom):
    """Each cure can go when megatron-core no longer needs it: then this test fails."""
    model, optimizer = made(steps=2)
    if cure == "sharding":
        monkeypatch.setattr(resume, "FULLY_RESHARDABLE", {})
        with pytest.raises(symptom, match="flattened_range"):
            checkpoint.save(tmp_path, model, optimizer, step=2, extra={}, keep=1)
        return
    saved = checkpoint.save(tmp_path, model, optimizer, step=2, extra={}, keep=1)
    replaced = {
        "make_state": lambda optimizer: None,
        "_setter_with_step": lambda part: part._set_main_param_and_optimizer_states,
    }
    monkeypatch.setattr(resume, cure, replaced[cure])
    with pytest.raises(symptom):
        checkpoint.load(saved, *made())


def resumed_two_steps_later(tmp_path):
    saved = checkpoint.save(tmp_path, *made(steps=2), step=2, extra={}, keep=1)
    model, optimizer = made()
    checkpoint.load(saved, model, optimizer)
    train(model, optimizer, 2)
    counts = {float(state["step"]) for inner in torch_optimizers(optimizer) for state in inner.state.values()}
    return counts, train(model, optimizer, 3)


def test_step_counts_go_on_one_at_a_time(one_process, tmp_path, monkeypatch):
    model, optimizer = made(steps=3)
    expected = train(model, optimizer, 3)
    assert resumed_two_steps_later(tmp_path) == ({3.0}, expected)
    monkeypatch.setattr(resume, "separate_steps", lambda optimizer: None)
    counts, differs = resumed_two_steps_later(tmp_path)
    assert counts != {3.0}, "megatron-core no longer shares one step count: the cure can go"
    assert differs != expected


def test_state_behind_padded_buckets_is_saved_where_it_is_looked_for(one_process, tmp_path, monkeypatch):
    """Buckets of a thousand numbers, as of forty million in a large model, none of which is a multiple of 128."""
    small = functools.partial(model_module.DistributedDataParallelConfig, bucket_size=1000)
    monkeypatch.setattr(model_module, "DistributedDataParallelConfig", small)
    kinds = {"architecture": TINY.model_copy(update={"hidden_size": 40}), "overlap": True}
    model, optimizer = made(**kinds, steps=2)
    assert len(model.buffers[0].buckets) > 2

    def resumed():
        again = made(**kinds)
        checkpoint.load(checkpoint.save(tmp_path, model, optimizer, step=2, extra={}, keep=1), *again)
        return [train(*again, number) for number in (2, 3)]

    right = resumed()
    with monkeypatch.context() as without:
        without.setattr(resume, "counting_padding", lambda optimizer: nullcontext())
        assert resumed() != right, "megatron-core counts the padding of buckets: the cure can go"
    assert [train(model, optimizer, number) for number in (2, 3)] == right


def test_settings_of_the_recipe_win_over_saved_ones(one_process, tmp_path):
    for distributed in (False, True):
        saved = checkpoint.save(tmp_path, *made(steps=1, distributed=distributed), step=1, extra={}, keep=1)
        model, optimizer = made(settings=AdamW(weight_decay=0.5, beta2=0.99), distributed=distributed)
        checkpoint.load(saved, model, optimizer)
        assert {group["weight_decay"] for group in optimizer.param_groups} == {0.0, 0.5}
        assert {group["betas"] for group in optimizer.param_groups} == {(0.9, 0.99)}
        assert {group["lr"] for group in optimizer.param_groups} == {0.0}


def test_extra_comes_back_and_only_the_newest_are_kept(one_process, tmp_path):
    model, optimizer = made(steps=1)
    for number in (1, 2, 10):
        checkpoint.save(tmp_path, model, optimizer, step=number, extra={"hash": f"h{number}"}, keep=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-00000002", "step-00000010"]
    assert checkpoint.load(checkpoint.latest(tmp_path), *made()) == {"hash": "h10"}


def test_torn_checkpoints_are_never_picked_up(one_process, tmp_path):
    assert checkpoint.latest(tmp_path) is None
    model, optimizer = made(steps=1)
    for number in (1, 2, 3):
        checkpoint.save(tmp_path, model, optimizer, step=number, extra={}, keep=3)
    (tmp_path / ".draft-step-00000004").mkdir()
    file = next((tmp_path / "step-00000003").glob("*.distcp"))
    file.write_bytes(file.read_bytes()[:-1])
    (tmp_path / "step-00000002" / "checkpoint.json").unlink()
    assert checkpoint.latest(tmp_path) == tmp_path / "step-00000001"
    with pytest.raises(UserError, match="step-00000003: not a complete checkpoint"):
        checkpoint.load(tmp_path / "step-00000003", model, optimizer)
    # The next save clears the drafts and replaces the damaged one.
    checkpoint.save(tmp_path, model, optimizer, step=3, extra={}, keep=3)
    assert checkpoint.latest(tmp_path) == tmp_path / "step-00000003"
    assert not list(tmp_path.glob(".draft-*"))


def test_a_checkpoint_cut_short_in_any_file_is_passed_over(one_process, tmp_path):
    model, optimizer = made(steps=1)
    first, second = (checkpoint.save(tmp_path, model, optimizer, step=n, extra={}, keep=2) for n in (1, 2))
    files = [path for path in second.rglob("*") if path.is_file()]
    assert {path.name for path in files} > {"checkpoint.json", ".metadata", "__0_0.distcp"}
    for file in files:
        whole = file.read_bytes()
        # checkpoint.json without the end of its line says all that it said.
        most = len(whole) - (2 if file.name == "checkpoint.json" else 1)
        for length in sorted({0, 1, len(whole) // 2, most}):
            file.write_bytes(whole[:length])
            assert checkpoint.latest(tmp_path) == first, (file.name, length)
        file.unlink()
        assert checkpoint.latest(tmp_path) == first, file.name
        file.write_bytes(whole)
    assert checkpoint.latest(tmp_path) == second


def test_a_crash_while_saving_leaves_the_last_checkpoint(one_process, tmp_path, monkeypatch):
    model, optimizer = made(steps=1)
    checkpoint.save(tmp_path, model, optimizer, step=1, extra={}, keep=1)
    monkeypatch.setattr(checkpoint, "_describe", lambda *args: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        checkpoint.save(tmp_path, model, optimizer, step=2, extra={}, keep=1)
    assert checkpoint.latest(tmp_path) == tmp_path / "step-00000001"


@pytest.mark.parametrize("copies", [True, False])
def test_what_is_saved_in_the_background_is_the_state_at_its_beginning(one_process, tmp_path, monkeypatch, copies):
    """Though weights and average move on before a byte is written; and nobody finds it before all of it is."""
    model, optimizer = made(steps=2)
    average = MovingAverage(model)
    kinds = {"step": 2, "keep": 9, "average": average}
    at_once = checkpoint.save(tmp_path / "at-once", model, optimizer, extra={"signals": {"old": 1.0}}, **kinds)
    go_on, write, extra = threading.Event(), writing._write, {"signals": {"old": 1.0}}
    monkeypatch.setattr(writing, "_write", lambda *arguments: (go_on.wait(), write(*arguments)))
    saving = checkpoint.begin(tmp_path / "later", model, optimizer, extra=extra, trains_meanwhile=copies, **kinds)
    train(model, optimizer, 2)
    average.update(0.5)
    extra["signals"]["old"] = 2.0
    assert not saving.is_written
    assert checkpoint.latest(tmp_path / "later") is None
    go_on.set()
    saved = saving.publish()
    assert checkpoint.latest(tmp_path / "later") == saved
    assert checkpoint.describe(saved)["extra"] == {"signals": {"old": 1.0}}
    files = [file.relative_to(saved) for file in saved.rglob("*.distcp")]
    same = [(saved / file).read_bytes() == (at_once / file).read_bytes() for file in files]
    # megatron-core itself copies views alone: when it copies everything, ours can go.
    assert all(same) == copies


def test_saving_starts_no_process(one_process, tmp_path):
    before = psutil.Process().children(recursive=True)
    saving = checkpoint.begin(tmp_path, *made(steps=1), step=1, extra={}, keep=1)
    assert psutil.Process().children(recursive=True) == before
    saving.publish()
    assert psutil.Process().children(recursive=True) == before


def test_a_file_that_cannot_be_written_is_an_error_with_its_reason(one_process, tmp_path):
    model, optimizer = made(steps=1)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        saving = checkpoint.begin(tmp_path, model, optimizer, step=1, extra={}, keep=1)
        with pytest.raises(WorkError, match=r"draft-step-00000001: could not be written: process 0: .*File too large"):
            saving.publish()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert checkpoint.latest(tmp_path) is None
    checkpoint.save(tmp_path, model, optimizer, step=1, extra={}, keep=1)
    assert checkpoint.latest(tmp_path) is not None


@pytest.mark.parametrize(
    ("change", "tensor"),
    [
        ({"vocabulary_size": 72}, "embedding.word_embeddings.weight"),
        ({"num_layers": 3}, "decoder.layers.mlp.linear_fc2.weight"),
    ],
)
def test_a_checkpoint_of_another_model_is_refused(one_process, tmp_path, change, tensor):
    saved = checkpoint.save(tmp_path, *made(steps=1), step=1, extra={}, keep=1)
    with pytest.raises(UserError, match=rf"tensor {tensor}: found \[.*\], expected \["):
        checkpoint.load(saved, *made(TINY.model_copy(update=change)))
