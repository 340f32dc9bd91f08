"""A judge of pages: cleaning as a recipe runs it, from a file of raw records to a published corpus.

Pages are judged together, as documents are compared with each other; a page that certainly stays goes along, because
a corpus of which nothing is left is refused.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
from page_judges import Verdict

from pipeline import artifact
from pipeline.clean.corpus import DOCUMENTS, REMOVED
from pipeline.clean.decontamination import Decontaminate
from pipeline.clean.deduplication import AnyDeduplication, KeepCopies
from pipeline.clean.settings import Clean
from pipeline.clean.stage import CleanStage
from pipeline.progress import Progress
from pipeline.sources import Source
from pipeline.stage import Where, make

_ENGLISH = """The river carries more water in spring, when the snow in the old mountains melts and the meadows are wet.
Nobody in town knew where it began, or why it never froze, even in years when winter came early to the valley.
They had built a bridge of stone that was said to be older than the church, and they repaired it every summer."""
_CHINESE = """春天山里的雪化了，河水比平时多，两岸的草地都是湿的。
镇上没有人知道这条河从哪里发源，也没有人知道它为什么从不结冰，哪怕是冬天来得特别早的年份。他们在河上修了一座石桥，据说比村口的老庙还要古老，每年夏天大家都会一起去修补它。"""


def cleaned(
    texts: Sequence[str],
    profile: str,
    *,
    deduplicate: AnyDeduplication | None = None,
    benchmarks: Sequence[str] = (),
    language_model: Path | None = None,
) -> list[Verdict]:
    """Return what becomes of each text in a source of this profile; without ``deduplicate`` copies stay."""
    with tempfile.TemporaryDirectory() as name:
        data = Path(name)
        (data / "benchmark.jsonl").write_text("".join(json.dumps({"question": text}) + "\n" for text in benchmarks))
        certain = _CHINESE if profile == "zh" else _ENGLISH
        rows = [json.dumps({"id": str(number), "text": text}) for number, text in enumerate([*texts, certain])]
        (data / "pages.jsonl").write_text("\n".join(rows) + "\n")
        clean = Clean(
            language_model=None if language_model is None else str(language_model.resolve()),
            decontaminate=Decontaminate(files=("benchmark.jsonl",)) if benchmarks else None,
            deduplicate=deduplicate or KeepCopies(),
            largest_bad_share=1.0,
        )
        read = {"kind": "jsonl", "paths": ["pages.jsonl"]}
        source = Source.model_validate({"read": read, "profile": profile, "license": "CC0-1.0"})
        make([CleanStage("pages", source, clean, 0, data)], Where(data / "root", progress=Progress(quiet=True)))
        verdicts = _verdicts(data / "root" / "corpus" / "pages")
    return [verdicts[number] for number in range(1, len(texts) + 1)]


def _verdicts(corpus: Path) -> dict[int, Verdict]:
    """Return line -> what became of the record on it; every line is there once, and counted in the manifest."""
    found: list[tuple[int, Verdict]] = []
    for folder, kept in ((corpus / DOCUMENTS, True), (corpus / REMOVED, False)):
        for part in sorted(folder.rglob("*.parquet")):
            for row in pq.read_table(part, columns=["file_line", "text"]).to_pylist():
                line = int(row["file_line"].rpartition(":")[2])
                found.append((line, Verdict(kept, "" if kept else part.parent.name, row["text"])))
    verdicts, counts = dict(found), artifact.read_manifest(corpus).counts
    removed = Counter(verdict.reason for _, verdict in found if not verdict.kept)
    assert len(verdicts) == len(found) == counts["documents_in"]
    assert (counts["kept"], counts["removed"]) == (len(found) - removed.total(), removed)
    return verdicts
