"""Where a run starts: the architecture of the recipe, or the one that a Hugging Face folder describes."""

from __future__ import annotations

from pipeline import artifact
from pipeline.errors import UserError
from pipeline.train.architecture import Architecture
from pipeline.train.job import Job


def architecture_of(job: Job) -> Architecture:
    """Return the run's architecture; raise UserError if the tokenizer knows more tokens than the model."""
    start = job.run.start
    if start.kind == "architecture":
        architecture = start.architecture
    else:
        assert job.start is not None, "the stage names the folder of every run that does not start from nothing"
        architecture = Architecture.from_hugging_face(job.start)
    tokens = artifact.read_manifest(job.root / "tokenizer").counts["vocabulary_size"]
    if tokens > architecture.vocabulary_size:
        raise UserError(
            f"runs.{job.run_name}.start: the tokenizer has {tokens} tokens, the model's vocabulary "
            f"{architecture.vocabulary_size}; use the checkpoint's own tokenizer"
        )
    if job.run.sequence_length > architecture.max_sequence_length:
        raise UserError(
            f"runs.{job.run_name}.sequence_length: {job.run.sequence_length} is longer than the model's "
            f"{architecture.max_sequence_length}"
        )
    return architecture
