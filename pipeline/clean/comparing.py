"""Comparing documents with each other and with benchmarks, and writing the corpus without those that go.

Three steps: each part is read once (signatures, hits), one process decides for all, each part is written. The parts
are datatrove's tasks in the first and the last, so both use all workers and neither is done twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.artifact import SCRATCH
from pipeline.clean import benchmark_index, corpus, duplicates, inputs
from pipeline.clean.benchmarks import passages
from pipeline.clean.compare import Compared, ComparePart
from pipeline.clean.decontamination import Decontaminate
from pipeline.clean.deduplication import MinHash
from pipeline.clean.removals import WritePart
from pipeline.clean.settings import Clean
from pipeline.cluster.executor import execute
from pipeline.progress import Progress
from pipeline.stage import Where

COMPARING_WORTH = 16 << 20
"""Compressed bytes that make a process of its own worth starting for comparing."""
WRITING_WORTH = 64 << 20
"""The same for the last step, which only copies."""


def compare_and_write(
    parts: Sequence[Path],
    others: Sequence[Path],
    profile: str,
    clean: Clean,
    draft: Path,
    where: Where,
    *,
    name: str,
    data: Path,
) -> None:
    """Write ``documents`` and ``removed`` of a draft from what the filters kept.

    ``others`` are folders of published corpora, whose documents stay and whose copies go here.
    """
    if not parts:
        return
    scratch = draft / SCRATCH
    minhash = clean.deduplicate if isinstance(clean.deduplicate, MinHash) else None
    before = [part for folder in others for part in corpus.parts(folder)]
    compared = Compared((*before, *parts), len(before), scratch / "compared", minhash)
    if minhash or clean.decontaminate or before:
        benchmarks = scratch / "benchmarks"
        if clean.decontaminate:
            _index_benchmarks(clean.decontaminate, data, benchmarks, where.progress)
        step = ComparePart(
            compared.parts, len(before), compared.notes, profile, minhash, clean.decontaminate, benchmarks
        )
        execute(
            [step],
            len(compared.parts),
            where,
            scratch / "comparing",
            title=f"comparing {name}",
            total=_size(compared.parts),
            unit="bytes",
            worth=COMPARING_WORTH,
        )
    for part, gone in zip(parts, duplicates.find(compared, clean.deduplicate), strict=True):
        gone.save(scratch / "removals" / part.stem)
    execute(
        [WritePart(parts[0].parent, scratch / "removals", draft)],
        len(parts),
        where,
        scratch / "writing",
        title=f"writing {name}",
        total=_size(parts),
        unit="bytes",
        worth=WRITING_WORTH,
    )


def _size(parts: Sequence[Path]) -> float:
    return float(sum(part.stat().st_size for part in parts))


def _index_benchmarks(settings: Decontaminate, data: Path, folder: Path, progress: Progress) -> None:
    if (folder / benchmark_index.PASSAGES).exists():
        return
    found = inputs.find("clean.decontaminate.files", settings.files, data)
    files = [file for group in found.values() for file in group]
    index = benchmark_index.build(passages(files, settings.fields), settings)
    progress.say(
        f"benchmarks: {len(index.long.hashes)} n-grams and {len(index.short.hashes)} short texts are looked for, and "
        f"{len(index.questions.hashes)} shorter ones as questions of profile qa; {index.too_short} texts say too little"
    )
    index.save(folder)
