"""A corpus of given texts, written as it lies on disk, without cleaning anything."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.clean import corpus
from pipeline.stage import Stage


@dataclass(frozen=True)
class WrittenCorpus(Stage):
    kind = "corpus"
    verb = "clean"

    texts: tuple[str, ...]
    data: Path
    language: str = ""
    rows: int = 1024
    """Documents of a row group."""
    source_name: str = "s"
    cache = None

    @property
    def name(self):
        return f"corpus/{self.source_name}"

    @property
    def settings(self):
        return {"texts": list(self.texts), "language": self.language, "rows": self.rows}

    def run(self, draft, where):
        about = {"source": "s", "language": self.language, "language_score": 0.9, "url": ""}
        rows = [{**about, "id": f"s/{i}", "text": text} for i, text in enumerate(self.texts)]
        (draft / corpus.DOCUMENTS).mkdir()
        table = pa.Table.from_pylist(rows, schema=corpus.SCHEMA)
        pq.write_table(table, draft / corpus.DOCUMENTS / "00000.parquet", row_group_size=self.rows)
        return {"kept": len(rows)}
