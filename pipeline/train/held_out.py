"""Held-out sequences while training: those of a segment, and this process's share of them."""

from __future__ import annotations

import torch

from pipeline.stream.segment import Segment
from pipeline.stream.validation import ValidationSet, validation_sets
from pipeline.train.job import Job
from pipeline.train.parallel import Place


def held_out_sets(job: Job, segment: Segment) -> dict[str, ValidationSet]:
    """Return the validation set of every slice of a segment."""
    return validation_sets(
        job.root, segment.slices, limit=segment.validation_tokens, sequence_length=segment.run.sequence_length
    )


def share_of(held_out: ValidationSet, place: Place, micro_batch: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return this copy's rows of a validation set, filled up with masked ones to whole micro-batches."""
    tokens, mask = torch.from_numpy(held_out.tokens), torch.from_numpy(held_out.mask)
    missing = -len(tokens) % (place.data_size * micro_batch)
    if missing:
        tokens = torch.cat([tokens, tokens[:1].expand(missing, -1)])
        mask = torch.cat([mask, mask.new_zeros(missing, mask.size(1))])
    own = slice(place.data_rank, None, place.data_size)
    return tokens[own].contiguous(), mask[own].contiguous()
