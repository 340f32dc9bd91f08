"""Every layout of two processes trains as one process does, and a run may change its layout as often as it likes.

All layouts share one launch, which takes longer than what they compute. Sums of fp32 numbers in another order differ in
the last digits: losses are held to 1e-6 of their size, and gradient norms, and both after changes of layout, to 1e-5.
"""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import LlamaConfig, LlamaForCausalLM

from pipeline.errors import UserError
from pipeline.train import checkpoint
from pipeline.train.architecture import Architecture
from pipeline.train.batches import forward_backward
from pipeline.train.layout import Layout, parse_layout
from pipeline.train.model import build_model, unwrap
from pipeline.train.optimizer import build_optimizer, set_learning_rate, step, zero_gradients
from pipeline.train.parallel import form_groups, initialize
from pipeline.train.settings import AdamW
from pipeline.train.weights import export_hugging_face, gather_hugging_face, load_hugging_face

# 63 tokens do not divide by two; the gradient's norm is near 1, so 0.5 clips at every step.
SHAPE = Architecture(
    num_layers=2,
    hidden_size=32,
    feed_forward_size=64,
    num_heads=4,
    num_key_value_heads=2,
    vocabulary_size=63,
    max_sequence_length=16,
)
LAYOUTS = {
    "data": {},
    "data, overlapped": {"overlap": True},
    "tensor": {"tensor": 2},
    "tensor, sequence parallel": {"tensor": 2, "sequence_parallel": True},
    "pipeline, recomputed": {"pipeline": 2, "recompute": 1},
    "context": {"context": 2},
}
STEPS = 2 * len(LAYOUTS)


def made(layout, place, seed=2):
    """Return a model and an optimizer; of tied embeddings in the pipeline, whose ends hold them both."""
    model = build_model(SHAPE.model_copy(update={"tie_embeddings": True}), layout=layout, seed=seed)
    return place, model, build_optimizer(model, AdamW(clip_norm=0.5))


def train(place, model, optimizer, number):
    """Make one step on part of the tokens, every other time document by document."""
    generator = torch.Generator().manual_seed(number)
    tokens = torch.randint(0, 63, (8, 17), generator=generator)
    mask = (torch.rand(8, 16, generator=generator) < 0.7).float()
    documents = (torch.rand(8, 16, generator=generator) < 0.2).cumsum(1) if number % 2 else None
    own = slice(place.data_rank, None, place.data_size)
    zero_gradients(model, optimizer)
    set_learning_rate(optimizer, 1e-2 / (1 + number))
    documents = None if documents is None else documents[own]
    loss = forward_backward(model, tokens[own], micro_batch_size=2, loss_mask=mask[own], documents=documents)
    return loss.mean, step(optimizer)


def fresh(layout, name):
    """Train two steps from first weights."""
    run = made(layout, form_groups(layout, 1))
    first = gather_hugging_face(run[1], SHAPE.model_copy(update={"tie_embeddings": True}), "fp32")
    if first is not None:  # only on the first process
        torch.save(first, f"first-{name}.pt")
    return [train(*run, number) for number in range(2)]


def go_on(layout, start):
    """Train two steps from the newest checkpoint, and leave another."""
    run = made(layout, form_groups(layout, 1), seed=2 + start)
    if start:
        checkpoint.load(Path("chain") / f"step-{start:08d}", *run[1:])
    seen = [train(*run, start + number) for number in range(2)]
    checkpoint.save(Path("chain"), *run[1:], step=start + 2, extra={}, keep=9)
    return seen


def resumed(place, folder):
    """Stop after two steps and go on; return what an undisturbed run and the resumed one saw after that."""
    run = made(Layout(), place)
    [train(*run, number) for number in range(2)]
    saved = checkpoint.save(folder, *run[1:], step=2, extra={}, keep=1)
    undisturbed = [train(*run, number) for number in (2, 3)]
    run = made(Layout(), place, seed=9)
    checkpoint.load(saved, *run[1:])
    return undisturbed, [train(*run, number) for number in (2, 3)]


def there_and_back(layout, name):
    """Read Hugging Face's weights and write them again."""
    form_groups(layout, 1)
    architecture = Architecture.from_hugging_face(Path("base"))
    model = build_model(architecture, layout=layout, seed=3)
    load_hugging_face(model, architecture, Path("base"))
    export_hugging_face(model, architecture, Path(f"export-{name}"), precision="fp32")


def main():
    """What the two processes do."""
    torch.set_num_threads(1)
    place = initialize(Layout(), 1)
    found = {"fresh": {}, "chain": []}
    for number, (name, fields) in enumerate(LAYOUTS.items()):
        layout = Layout(**fields)
        found["fresh"][name] = fresh(layout, name)
        found["chain"] += go_on(layout, 2 * number)
        there_and_back(layout, name)
    found["resumed"] = resumed(form_groups(Layout(), 1), Path("resumed"))
    if place.rank == 0:
        Path("found.json").write_text(json.dumps(found))


@pytest.fixture(scope="module")
def launched(tmp_path_factory, launch):
    """Return the folder in which two processes tried every layout."""
    folder = tmp_path_factory.mktemp("layouts")
    torch.manual_seed(0)
    config = LlamaConfig(**{**SHAPE.to_hugging_face_config(), "tie_word_embeddings": False})
    LlamaForCausalLM(config).save_pretrained(folder / "base")
    launch(Path(__file__), folder, processes=2)
    return folder


@pytest.fixture(scope="module")
def found(launched):
    return json.loads((launched / "found.json").read_text())


def close(seen, expected, loss):
    assert [one for one, _ in seen] == pytest.approx([one for one, _ in expected], rel=loss)
    assert [norm for _, norm in seen] == pytest.approx([norm for _, norm in expected], rel=1e-5)


@pytest.mark.parametrize("name", LAYOUTS)
def test_losses_and_norms_are_those_of_one_process(one_process, found, name):
    run = made(Layout(), one_process)
    close(found["fresh"][name], [train(*run, number) for number in range(2)], 1e-6)


@pytest.mark.parametrize("name", LAYOUTS)
def test_no_layout_changes_the_first_weights(one_process, launched, name):
    _, model, _ = made(Layout(), one_process)
    one = gather_hugging_face(model, SHAPE.model_copy(update={"tie_embeddings": True}), "fp32")
    two = torch.load(launched / f"first-{name}.pt")
    assert one.keys() == two.keys()
    assert all(torch.equal(one[weight], two[weight]) for weight in one)


@pytest.mark.parametrize("name", LAYOUTS)
def test_weights_go_there_and_back_to_the_bit(launched, name):
    before, after = (load_file(launched / path / "model.safetensors") for path in ("base", f"export-{name}"))
    assert before.keys() == after.keys()
    assert all(torch.equal(before[weight], after[weight]) for weight in before)


def test_a_run_that_changes_its_layout_again_and_again_is_one_that_never_did(one_process, launched, found):
    """Through every layout on two processes, and from the last one's checkpoint on one."""
    run = made(Layout(), one_process)
    undisturbed = [train(*run, number) for number in range(STEPS + 2)]
    close(found["chain"], undisturbed[:STEPS], 1e-5)
    run = made(Layout(), one_process, seed=99)
    checkpoint.load(launched / "chain" / f"step-{STEPS:08d}", *run[1:])
    close([train(*run, number) for number in (STEPS, STEPS + 1)], undisturbed[STEPS:], 1e-5)


def test_two_copies_resume_to_the_bit(found):
    """With the optimizer's state split over them."""
    undisturbed, after = found["resumed"]
    assert after == undisturbed


@pytest.mark.parametrize("attention", ["sequence", "document"])
def test_recomputing_changes_no_bit(one_process, attention):
    number = int(attention == "document")
    plain, recomputed = (train(*made(layout, one_process), number) for layout in (Layout(), Layout(recompute=2)))
    assert recomputed == plain


def test_recomputing_keeps_less(one_process):
    def kept_by(layout):
        sizes = []
        tokens = torch.zeros(4, 17, dtype=torch.int64)
        _, model, _ = made(layout, one_process)
        with torch.autograd.graph.saved_tensors_hooks(
            lambda kept: (sizes.append(kept.nbytes), kept)[1], lambda kept: kept
        ):
            model(tokens[:, :-1], None, None, labels=tokens[:, 1:])
        return sum(sizes)

    nothing, half, all_blocks = (kept_by(Layout(recompute=blocks)) for blocks in (0, 1, 2))
    assert all_blocks < half < nothing
    assert nothing - half == half - all_blocks


def test_padding_of_the_vocabulary_is_empty_and_only_where_it_must_be():
    assert [Layout(tensor=size).padded(32000) for size in (1, 2, 4, 8, 64)] == [32000] * 5
    assert [Layout(tensor=size).padded(128256) for size in (1, 2, 4, 8, 16)] == [128256] * 5
    assert [Layout(tensor=size).padded(63) for size in (1, 2, 4)] == [63, 64, 64]


def test_layouts_are_read_from_the_command_line():
    assert parse_layout("") == Layout()
    read = parse_layout("tensor=2,sequence_parallel=true,distributed_optimizer=false,recompute=4")
    assert read == Layout(tensor=2, sequence_parallel=True, distributed_optimizer=False, recompute=4)
    assert parse_layout(read.text) == read
    assert Layout().text == ""
    for text, message in {
        "tensr=2": "--layout: tensr: no such way to split a model; did you mean tensor?",
        "tensor=0": "--layout: tensor: found '0'; input should be greater than or equal to 1",
        "tensor=two,pipeline": "--layout: pipeline: found ''; input should be a valid integer",
        "sequence_parallel=true": "sequence_parallel: found true with tensor: 1, allowed with tensor 2 or more",
    }.items():
        with pytest.raises(UserError) as caught:
            parse_layout(text)
        assert message in str(caught.value)


def test_what_a_layout_cannot_divide_is_named(one_process):
    refused = Layout(tensor=4, pipeline=3, recompute=1).refusals(SHAPE)
    assert refused == [
        "layout.tensor: 4 does not divide num_key_value_heads 2",
        "layout.pipeline: 3 does not divide num_layers 2",
        "layout.recompute: found 1, allowed are the 0 blocks of a stage",
    ]
    assert Layout(recompute=3).refusals(SHAPE) == ["layout.recompute: found 3, allowed are the 2 blocks of a stage"]
    run = made(Layout(), one_process)
    unwrap(run[1]).config.context_parallel_size = run[1].config.context_parallel_size = 3
    with pytest.raises(UserError, match="sequence_length: 16 is no multiple of 6, two chunks for each of 3"):
        train(*run, 0)


if __name__ == "__main__":
    main()
