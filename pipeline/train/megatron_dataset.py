"""An exact-order dataset: plain megatron-core training over a Headwater stream, sample k being our sequence k.

It reads an emitted folder, or the ledger and tokens of a run without a second copy, and is a `GPTDataset` in
everything but the order: masks, positions and resets are Megatron's own. No index is built, shuffled or cached.
Megatron's sequential sampler (``--dataloader-type single``) then resumes by ``consumed_samples`` at any
data-parallel size, since a global batch is the same range of samples for all of them.

In a pretraining script of Megatron-LM, where ``args`` are its own:

    from megatron.core.datasets.gpt_dataset import GPTDatasetConfig
    from pipeline.train.megatron_dataset import exact_order

    def train_valid_test_datasets_provider(train_val_test_num_samples):
        config = GPTDatasetConfig(
            random_seed=args.seed, sequence_length=args.seq_length, split="100,0,0", tokenizer=get_tokenizer(),
            blend=(["emitted/cpt"], None),  # what `headwater emit` made, or a run: work/demo/runs/cpt
            reset_position_ids=False, reset_attention_mask=False, eod_mask_loss=False, create_attention_mask=False,
        )
        return exact_order(config, train_val_test_num_samples[0]), None, None

    train_valid_test_datasets_provider.is_distributed = True

`exact_order` is what ``BlendedMegatronDatasetBuilder(ExactOrderDataset, [n, 0, 0], on_this_rank, config).build()[0]``
gives, without the builder's index of four bytes a sample.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from megatron.core.datasets.gpt_dataset import GPTDataset, GPTDatasetConfig
from megatron.core.datasets.utils import Split

from pipeline import artifact
from pipeline.errors import UserError
from pipeline.stream.boundaries import padding_of
from pipeline.stream.emit import KIND
from pipeline.stream.emit_shard import PADDING_ENDING
from pipeline.stream.open_run import open_run
from pipeline.tokens.read import TokenFile

PADDING = -1
"""A token id that no document holds: Megatron masks its predictions, and feeds the model a 0 in its place."""
_ASKS_FOR_LENGTHS = hasattr(GPTDatasetConfig, "inter_document_masking")
"""Whether megatron-core, from 0.19 on, wants the lengths of the documents in a sample, too."""


class Sequences(Protocol):
    """What a dataset reads from: sequences by number."""

    def __len__(self) -> int:
        """Return how many there are."""

    def get(self, number: int) -> npt.NDArray[np.int64]:
        """Return the tokens of a sequence and its last label, ``PADDING`` where a packed sequence has none."""


class EmittedSequences:
    """The shards of an emitted folder, one after the other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        shards = artifact.read_manifest(folder).counts["shards"]
        self._files = [TokenFile(folder / f"stream-{number:05d}") for number in range(shards)]
        self._begins = [0, *accumulate(len(file) for file in self._files)]
        notes = [folder / f"stream-{number:05d}{PADDING_ENDING}" for number in range(shards)]
        self._padding = [np.load(note, mmap_mode="r") if note.is_file() else None for note in notes]

    def __len__(self) -> int:
        return self._begins[-1]

    def __reduce__(self) -> tuple[Any, ...]:
        # Loader processes open the files themselves; a pickled memory map would be a copy.
        return EmittedSequences, (self._folder,)

    def get(self, number: int) -> npt.NDArray[np.int64]:
        """Return one document of one shard."""
        shard = bisect_right(self._begins, number) - 1
        inside = number - self._begins[shard]
        tokens = self._files[shard].document(inside).astype(np.int64)
        if (padding := self._padding[shard]) is not None:
            tokens[len(tokens) - padding[inside] :] = PADDING
        return tokens


class LedgerSequences:
    """The sequences that a run's ledger holds, read where the tokens lie."""

    def __init__(self, run: Path) -> None:
        self._run = run
        self._reader = open_run(run).reader
        last = self._reader.ledger.last()
        self._length = last.end if last else 0

    def __len__(self) -> int:
        return self._length

    def __reduce__(self) -> tuple[Any, ...]:
        return LedgerSequences, (self._run,)

    def get(self, number: int) -> npt.NDArray[np.int64]:
        """Return the sequence at a position."""
        batch = self._reader.share(number, 1, 0, 1)
        tokens = self._reader.block(batch)[0].astype(np.int64)
        tokens[len(tokens) - padding_of(batch)[0] :] = PADDING
        return tokens


def open_sequences(path: Path) -> Sequences:
    """Open an emitted folder or a run; raise UserError for anything else."""
    if artifact.is_published(path) and artifact.read_manifest(path).kind == KIND:
        return EmittedSequences(path)
    if path.resolve().parent.name == "runs":
        return LedgerSequences(path)
    raise UserError(f"{path}: neither an emitted stream nor a run; name what `headwater emit` made, or ROOT/runs/<run>")


class ExactOrderDataset(GPTDataset):
    """A `GPTDataset` whose sample k is sequence k."""

    def __init__(
        self,
        dataset: Sequences,
        dataset_path: str | None,
        indices: npt.NDArray[np.int32] | None,
        num_samples: int | None,
        index_split: Split,
        config: GPTDatasetConfig,
    ) -> None:
        """Take what the builder gives; raise UserError where the stream cannot be read as the config asks."""
        length = len(dataset.get(0)) - 1 if len(dataset) else config.sequence_length
        whole = indices is None or len(indices) == len(dataset)
        problems = [
            (not whole, 'split: must be "100,0,0": a part of the stream is not the order of training'),
            (not config.add_extra_token_to_sequence, "add_extra_token_to_sequence: must be on; the label is there"),
            (length != config.sequence_length, f"sequence_length: {config.sequence_length}, the stream's is {length}"),
            ((num_samples or 0) > len(dataset), f"{num_samples} samples asked for, the stream holds {len(dataset)}"),
        ]
        if found := [text for wrong, text in problems if wrong]:
            raise UserError("\n".join(f"{dataset_path}: {text}" for text in found))
        super().__init__(dataset, dataset_path, None, num_samples, index_split, config)
        self._pad_token_id = PADDING
        # Megatron keeps the mask of the first sample for all others, and would keep its padding with it.
        self.masks_and_position_ids_are_cacheable = False

    def __len__(self) -> int:
        return len(self.dataset)

    @staticmethod
    def numel_low_level_dataset(low_level_dataset: Sequences) -> int:
        """Return the number of sequences."""
        return len(low_level_dataset)

    @staticmethod
    def build_low_level_dataset(dataset_path: str, config: GPTDatasetConfig) -> Sequences:
        """Open the emitted folder or the run."""
        return open_sequences(Path(dataset_path))

    def _build_document_sample_shuffle_indices(self) -> tuple[None, None, None]:
        return None, None, None

    def _query_document_sample_shuffle_indices(self, idx: int) -> tuple[Any, ...]:
        text = self.dataset.get(int(idx))
        if len(text) != self.config.sequence_length + 1:
            raise UserError(
                f"{self.dataset_path}: sequence {idx} has {len(text) - 1} tokens, sequence_length is "
                f"{self.config.sequence_length}; the run was amended there, train that part as a phase of its own"
            )
        found = (text, np.array([idx], dtype=np.int64))
        return (*found, _document_lengths(text, self.config.tokenizer.eod)) if _ASKS_FOR_LENGTHS else found


def _document_lengths(text: npt.NDArray[np.int64], end_of_document: int) -> list[int]:
    """Return the tokens up to and with each end of a document, and what follows the last one."""
    ends = np.flatnonzero(text == end_of_document) + 1
    lengths: list[int] = np.diff(np.concatenate([[0], ends, [len(text)]])).tolist()
    return [length for length in lengths if length]


def exact_order(config: GPTDatasetConfig, num_samples: int | None = None) -> ExactOrderDataset:
    """Return the dataset of the one path in ``config.blend``; raise UserError where it holds fewer samples."""
    path = config.blend[0][0]
    return ExactOrderDataset(open_sequences(Path(path)), path, None, num_samples, Split.train, config)
