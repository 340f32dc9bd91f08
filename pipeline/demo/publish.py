"""Publishing: a source's folder appears whole, by rename, or not at all.

Work happens in a draft folder beside the final one; a draft left by a crash is discarded by the next run.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipeline.demo.document import Document
from pipeline.errors import UserError, WorkError

DESCRIPTION = "SOURCE.json"


def is_published(folder: Path) -> bool:
    """Say whether `folder` is a complete source."""
    return (folder / DESCRIPTION).exists()


@contextmanager
def drafted(folder: Path) -> Iterator[Path]:
    """Give an empty draft folder, and rename it to `folder` when the block ends without an exception.

    Raises UserError when something that is no complete source has the name already.
    """
    if folder.exists():
        raise UserError(f"{folder}: exists without {DESCRIPTION}, so it was not made here; move it away")
    draft = folder.with_name(f".draft-{folder.name}")
    if draft.exists():
        shutil.rmtree(draft)
    draft.mkdir(parents=True)
    yield draft
    draft.rename(folder)


def publish_documents(folder: Path, documents: Iterable[Document], about: Mapping[str, str]) -> tuple[int, int]:
    """Write `documents` and SOURCE.json (`about` plus counts) as `folder`; return (documents, characters).

    Raises WorkError when two documents share an id or there is none: the reader and the package disagree.
    """
    seen: set[str] = set()
    num_characters = 0
    with drafted(folder) as draft:
        with (draft / "documents.jsonl").open("w", encoding="utf-8") as file:
            for document in documents:
                if document.id in seen:
                    raise WorkError(f"{folder.name}: two documents have the id {document.id!r}")
                seen.add(document.id)
                num_characters += len(document.text)
                file.write(json.dumps(document.as_record(), ensure_ascii=False) + "\n")
        if not seen:
            raise WorkError(f"{folder.name}: no document found in {about['package']} {about['version']}")
        describe(draft, {**about, "documents": len(seen), "characters": num_characters})
    return len(seen), num_characters


def describe(folder: Path, about: Mapping[str, str | int]) -> None:
    """Write SOURCE.json into a draft; the last file, since its presence means complete."""
    text = json.dumps(about, ensure_ascii=False, indent=2) + "\n"
    (folder / DESCRIPTION).write_text(text, encoding="utf-8")
