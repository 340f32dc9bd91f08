"""megatron-core's own builder over our streams: sample k is sequence k, whatever the number of copies or the resume."""

import pickle
from itertools import islice

import numpy as np
import pytest
import torch
from emitted_world import emit, publish_tokens
from megatron.core.datasets.blended_megatron_dataset_builder import BlendedMegatronDatasetBuilder
from megatron.core.datasets.gpt_dataset import GPTDatasetConfig
from stream_world import World, make_run

from pipeline.errors import UserError
from pipeline.stream.boundaries import counted
from pipeline.stream.segment import write_segment
from pipeline.train.megatron_dataset import ExactOrderDataset, exact_order

LENGTH = 7
RUN = make_run(
    [(600, {"en": 0.5, "zh": 0.5}), (200, {"qa": 0.7, "en": 0.3})], sequence_length=LENGTH, batch=4, round_steps=3
)


class Tokenizer:
    """As Megatron sees one; its padding token is a real token of the stream."""

    vocab_size, eod, pad = 200, 8, 3
    unique_identifiers = {"class": "Tokenizer"}


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path, {"en": [5, 9, 2, 30, 7, 7], "zh": [11, 3, 8], "qa": [4, 4, 4, 4]})
    publish_tokens(world, shards=2)
    return world


@pytest.fixture
def stream(world, tmp_path):
    """The emitted folder, the run's folder, and what every sequence must be."""
    reader, _, ledger = world.finish(RUN)
    emit(world, reader, tmp_path / "out", shards=3)
    run = tmp_path / "runs" / "cpt"
    run.with_name("cpt.draft").mkdir(parents=True)
    settings = {"run": RUN.model_dump(mode="json"), "groups": {}, "seed": 1, "validation_tokens": 100}
    write_segment(run.with_name("cpt.draft"), 0, tmp_path / "stream" / "cpt", {"settings.json": settings})
    (run.with_name("cpt.draft") / "ledger.jsonl").write_bytes(ledger.path.read_bytes())
    return {"emitted": tmp_path / "out", "run": run}, reader.tokens(0, ledger.last().end)


def config(path, **changes):
    settings = {
        "random_seed": 1,
        "sequence_length": LENGTH,
        "blend": ([str(path)], None),
        "split": "100,0,0",
        "tokenizer": Tokenizer(),
        "reset_position_ids": False,
        "reset_attention_mask": False,
        "eod_mask_loss": False,
        "create_attention_mask": False,
    }
    return GPTDatasetConfig(**(settings | changes))


def build(config, samples):
    builder = BlendedMegatronDatasetBuilder(ExactOrderDataset, [samples, 0, 0], lambda: True, config)
    return builder.build()[0]


@pytest.mark.parametrize("kind", ["emitted", "run"])
@pytest.mark.parametrize("make", [build, exact_order])
def test_every_sample_is_our_sequence(stream, kind, make):
    folders, expected = stream
    dataset = make(config(folders[kind]), len(expected))
    assert len(dataset) == len(expected) > 100
    for k, row in enumerate(expected):
        sample = dataset[k]
        assert sample["tokens"].tolist() == row[:-1].tolist()
        assert sample["labels"].tolist() == row[1:].tolist()
        assert sample["loss_mask"].tolist() == [1.0] * LENGTH
        assert sample["position_ids"].tolist() == list(range(LENGTH))
        assert {sample["tokens"].dtype, sample["labels"].dtype} == {torch.int64}
    # Megatron pads a last batch with a sample that counts for nothing.
    assert dataset[None]["loss_mask"].sum() == 0


def test_documents_can_be_kept_apart_as_megatron_does_it(stream):
    folders, expected = stream
    flags = {"reset_position_ids": True, "eod_mask_loss": True}
    dataset = build(config(folders["emitted"], **flags), len(expected))
    row = next(k for k, tokens in enumerate(expected) if Tokenizer.eod in tokens[1:-2])
    at = expected[row].tolist().index(Tokenizer.eod)
    assert dataset[row]["position_ids"].tolist() == [*range(at + 1), *range(LENGTH - at - 1)]
    assert dataset[row]["loss_mask"].tolist() == [float(i != at) for i in range(LENGTH)]


@pytest.mark.skipif(not hasattr(GPTDatasetConfig, "inter_document_masking"), reason="megatron-core before 0.19")
def test_documents_can_be_masked_apart_by_their_lengths(stream):
    folders, expected = stream
    dataset = exact_order(config(folders["emitted"], inter_document_masking=True))
    for k, row in enumerate(expected):
        ends = {place + 1 for place, token in enumerate(row[:-1].tolist()) if token == Tokenizer.eod}
        assert set(dataset[k]["cu_seqlens"].tolist()) == {0, LENGTH} | ends


def batches(total, consumed, micro_batch, rank, copies):
    """Megatron's sequential sampler (``MegatronPretrainingSampler``): which samples a copy of the model gets."""
    batch = []
    for number in range(consumed, total):
        batch.append(number)
        if len(batch) == micro_batch * copies:
            yield batch[rank * micro_batch : (rank + 1) * micro_batch]
            batch = []


@pytest.mark.parametrize("kind", ["emitted", "run"])
@pytest.mark.parametrize(("copies", "micro_batch"), [(1, 4), (2, 2), (4, 1), (2, 1)])
def test_resuming_by_consumed_samples_on_any_number_of_copies(stream, kind, copies, micro_batch):
    folders, expected = stream
    dataset, total = exact_order(config(folders[kind])), len(expected) // 4 * 4
    for consumed in (0, 4, 52):
        loaders = [
            torch.utils.data.DataLoader(
                dataset, batch_sampler=list(batches(total, consumed, micro_batch, rank, copies)), num_workers=0
            )
            for rank in range(copies)
        ]
        read = [torch.cat([part["tokens"] for part in parts]) for parts in zip(*loaders, strict=True)]
        assert (torch.cat(read).numpy() == expected[consumed:total, :-1]).all()


@pytest.mark.parametrize("kind", ["emitted", "run"])
def test_loader_processes_open_the_files_themselves(stream, kind):
    folders, expected = stream
    dataset = exact_order(config(folders[kind]))
    assert len(pickle.dumps(dataset.dataset)) < 2000
    loader = torch.utils.data.DataLoader(dataset, batch_size=4, num_workers=2, multiprocessing_context="fork")
    for number, batch in enumerate(islice(loader, 5)):
        assert (batch["labels"].numpy() == expected[4 * number : 4 * number + 4, 1:]).all()


@pytest.mark.parametrize(
    ("changes", "samples", "message"),
    [
        ({"sequence_length": 8}, 10, "sequence_length: 8, the stream's is 7"),
        ({"split": "90,10,0"}, 10, "a part of the stream is not the order"),
        ({"add_extra_token_to_sequence": False}, 10, "the label is there"),
        ({}, 10**6, "1000000 samples asked for, the stream holds"),
    ],
)
def test_what_would_break_the_order_is_refused(stream, changes, samples, message):
    folders, _ = stream
    with pytest.raises(UserError, match=message):
        build(config(folders["emitted"], **changes), samples)


def test_other_folders_are_refused(tmp_path):
    with pytest.raises(UserError, match="neither an emitted stream nor a run"):
        exact_order(config(tmp_path))


def test_stock_megatron_would_read_another_order(stream):
    """What the class is for: GPTDataset itself shuffles, and drifts by the label of every sequence."""
    from megatron.core.datasets.gpt_dataset import GPTDataset

    folders, expected = stream
    stock = config(folders["emitted"] / "stream-00000")
    builder = BlendedMegatronDatasetBuilder(GPTDataset, [None, None, None], lambda: True, stock)
    dataset = builder.build()[0]
    assert not all(np.array_equal(dataset[k]["tokens"], expected[k, :-1]) for k in range(10))


@pytest.mark.parametrize("kind", ["emitted", "run"])
def test_padding_of_packed_sequences_is_masked_and_nothing_else(world, tmp_path, kind):
    run = RUN.model_copy(update={"packing": {"qa": "best_fit"}})
    reader, _, ledger = world.finish(run)
    if kind == "emitted":
        emit(world, reader, tmp_path / "out", shards=3)
    else:
        draft = tmp_path / "runs" / "cpt.draft"
        draft.mkdir(parents=True)
        settings = {"run": run.model_dump(mode="json"), "groups": {}, "seed": 1, "validation_tokens": 100}
        write_segment(draft, 0, tmp_path / "stream" / "cpt", {"settings.json": settings})
        (draft / "ledger.jsonl").write_bytes(ledger.path.read_bytes())
    dataset = exact_order(config(tmp_path / ("out" if kind == "emitted" else "runs/cpt")))
    masked = 0
    for number in range(len(dataset)):
        sample, batch = dataset[number], reader.share(number, 1, 0, 1)
        expected = counted(batch, "sequence")[0]
        assert sample["loss_mask"].tolist() == expected.tolist()
        real = np.append(True, expected[:-1] > 0)
        assert (sample["tokens"].numpy() == reader.block(batch)[0][:-1])[real].all()
        masked += int((expected == 0).sum())
    assert masked > 0
