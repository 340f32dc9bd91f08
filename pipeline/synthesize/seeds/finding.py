"""Finding: the pages of every discipline of an order, step after step: labels, hosts, recall, queries.

Besides texts in the making, memory is 7 bytes a document, 4 more for each column of numbers that the order names, and
the names of hosts. Each step reads the corpus once or less; queries read an index on disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.clean import corpus
from pipeline.errors import UserError
from pipeline.recipe_errors import near
from pipeline.synthesize.order import Order
from pipeline.synthesize.seeds import hosts, widening
from pipeline.synthesize.seeds.columns import Labelled
from pipeline.synthesize.seeds.hosts import Census, host_of, read_list
from pipeline.synthesize.seeds.index import Index
from pipeline.synthesize.seeds.pages import Pages
from pipeline.synthesize.seeds.recall import recall


@dataclass
class Finding:
    """The pages of an order's disciplines in the making."""

    order: Order
    labelled: Labelled
    data: Path
    """Folder at which the order's relative paths start."""
    draft: Path
    """Where ``hosts.yaml`` and ``queries.jsonl`` are written."""
    scratch: Path
    """Where the index and the classifier lie; not published."""
    told: dict[str, Any] = field(default_factory=dict)
    """What was learned, for the manifest."""

    def run(self) -> Pages:
        """Return the pages; raise UserError for a discipline that has none."""
        if self.order.seeds.hosts or self.order.seeds.widen:
            self.draft.mkdir(parents=True, exist_ok=True)
        self.scratch.mkdir(parents=True, exist_ok=True)
        self._pages = Pages(list(self.order.quotas), corpus.num_documents(self.labelled.corpus))
        self._read_labels()
        self._take_hosts()
        if settings := self.order.seeds.recall:
            rest = self._pages.unfound()
            self.told["recall"] = recall(
                self._pages,
                settings,
                self.order.seed,
                self.labelled.texts,
                lambda: self.labelled.batches(rest),
                self.scratch,
            )
        self._widen()
        self.told["pages"] = self._pages.counts()
        self._refuse_empty()
        return self._pages

    def _read_labels(self) -> None:
        """Note every document's label and host."""
        names: dict[str, int] = {}
        self._hosts: npt.NDArray[np.int32] = np.zeros(len(self._pages), dtype=np.int32)
        self._labels = set[str]()
        self._census = Census(self._walk(names), self._pages.disciplines)
        self._names = list(names)

    def _walk(self, names: dict[str, int]) -> Iterator[tuple[str, str | None]]:
        for row, (document, label) in enumerate(zip(self.labelled.rows(["url"]), self._values(), strict=True)):
            host = host_of(document["url"] or "")
            self._hosts[row] = names.setdefault(host, len(names))
            if label is not None:
                self._labels.add(label)
                if label in self._pages.disciplines:
                    self._pages.find(row, label, "label")
            yield host, label

    def _values(self) -> Iterator[str | None]:
        """Yield every document's label; without a column all are of the only discipline, unless others ways find it."""
        if (column := self.order.discipline) is not None:
            yield from (None if each is None else str(each) for each in self.labelled.values(column))
            return
        only = None if self.order.starts_without_labels else next(iter(self.order.quotas))
        yield from (only for _ in range(len(self._pages)))

    def _take_hosts(self) -> None:
        settings = self.order.seeds.hosts
        if settings is None:
            return
        if settings.file is None:
            listed: Mapping[str, str] = self._census.listed(settings)
        else:
            listed = read_list(self.data / settings.file, self._pages.disciplines)
        (self.draft / hosts.FILE).write_text(self._census.written(listed, settings), encoding="utf-8")
        of = [listed.get(name) for name in self._names]
        for row in range(len(self._pages)):
            name = of[self._hosts[row]]
            if settings.only and self._pages.is_found(row) and self._pages.discipline(row) != name:
                self._pages.leave_out(row)
            elif name is not None:
                self._pages.find(row, name, "host")
        self.told["hosts"] = {name: sum(each == name for each in listed.values()) for name in self._pages.disciplines}

    def _widen(self) -> None:
        settings = self.order.seeds.widen
        if settings is None:
            return
        index = Index(self.scratch / "index")
        index.build(document["text"] for document in self.labelled.rows(["text"]))
        asked = widening.widen(
            self._pages,
            index,
            settings,
            self.order.seed,
            self.labelled.texts,
            lambda row: self._names[self._hosts[row]],
        )
        with (self.draft / widening.FILE).open("w", encoding="utf-8") as file:
            for each in asked:
                file.write(each.line)

    def _refuse_empty(self) -> None:
        found = self.told["pages"]
        unknown = [
            f"quotas.{name}: no document of {self.order.corpus} is of it{near(name, sorted(self._labels))}"
            for name in self.order.quotas
            if not any(found[name].values())
        ]
        if unknown:
            raise UserError("\n".join(unknown))
