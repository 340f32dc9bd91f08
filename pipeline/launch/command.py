"""What ``headwater run --on slurm`` does: print a chain, submit it, or stay and make it part by part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.errors import UserError
from pipeline.launch.chain import Part, chain_of
from pipeline.launch.script import Submission
from pipeline.launch.submit import next_folder, printed, refuse_if_queued, submit, wait
from pipeline.stage import Stage, Where, make, why_stale
from pipeline.train.stages import TrainStage


def parts_of(stages: Sequence[Stage], submission: Submission) -> list[Part]:
    """Return the chain of what is stale; raise UserError for a run that could not be divided over the nodes."""
    parts = chain_of([stage for stage in stages if why_stale(stage, submission.root)])
    runs = {
        stage.run_name: stage.recipe.runs[stage.run_name]
        for part in parts
        for stage in part.stages
        if isinstance(stage, TrainStage)
    }
    copies = submission.copies
    problems = [
        f"runs.{name}.batch: {run.batch} sequences cannot be divided over {copies} copies of the model "
        f"({submission.nodes} nodes) in micro-batches of {run.micro_batch}"
        for name, run in runs.items()
        if run.batch % (copies * run.micro_batch)
    ]
    if problems:
        raise UserError("\n".join(problems))
    return parts


def would_submit(stages: Sequence[Stage], submission: Submission) -> Iterator[str]:
    """Yield the scripts."""
    yield from printed(parts_of(stages, submission), submission)


def submit_all(stages: Sequence[Stage], submission: Submission, recipe: str) -> Iterator[str]:
    """Submit the whole chain, and yield what to say of it."""
    parts = parts_of(stages, submission)
    if not parts:
        yield f"all {len(stages)} artifacts are fresh; nothing to do"
        return
    refuse_if_queued(submission.root)
    submitted = submit(parts, submission, recipe)
    yield f"{len(parts)} jobs submitted; scripts and logs: {submission.folder}"
    for part in parts:
        after = f"  after {', '.join(part.after)}" if part.after else ""
        yield f"  {submitted[part.name]}  {part.name}{after}"
    jobs = ",".join(submitted.values())
    yield f"how they stand: squeue -j {jobs}; to end them: scancel {jobs.replace(',', ' ')}"


def make_part_by_part(
    stages: Sequence[Stage], where: Where, submission: Submission, recipe: str
) -> list[tuple[str, str]]:
    """Make data stages by arrays that this process submits, the others by jobs that it waits for."""
    made: list[tuple[str, str]] = []
    refuse_if_queued(submission.root)
    for part in parts_of(stages, submission):
        if part.kind == "data":
            made += make(part.stages, where)
            continue
        reasons = [(stage.name, why_stale(stage, where.root) or "") for stage in part.stages]
        alone = Part(part.name, part.kind, part.stages)
        here = submission.in_folder(next_folder(where.root))
        (job,) = submit([alone], here, recipe).values()
        where.progress.say(f"{', '.join(name for name, _ in reasons)}: Slurm job {job}, log {here.log(part)}")
        wait(alone, job, here, where.progress.say)
        made += reasons
    return made
