"""Where a run starts: the architecture of the recipe, or the one that a Hugging Face folder describes."""

from __future__ import annotations

from pipeline import artifact
from pipeline.errors import UserError
from pipeline.train.architecture import Architecture
from pipeline.train.job import Job
from pipeline.train.start_checks import misfits


def architecture_of(job: Job) -> Architecture:
    """Return the run's architecture; raise UserError where run or tokenizer do not fit it."""
    start = job.run.start
    if start.kind == "architecture":
        architecture = start.architecture
    else:
        assert job.start is not None, "the stage names the folder of every run that does not start from nothing"
        architecture = Architecture.from_hugging_face(job.start)
    tokens = artifact.read_manifest(job.root / "tokenizer").counts["vocabulary_size"]
    problems = [
        f"{'.'.join(('runs', job.run_name, *map(str, field)))}: {what}"
        for field, what in misfits(job.run, architecture, tokens)
    ]
    if problems:
        raise UserError("\n".join(problems))
    return architecture
