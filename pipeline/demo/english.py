"""English readers: encyclopedia pages, presidents' addresses and news items.

Long texts become documents of a few thousand characters, so that orders and mixtures have a choice.
"""

from __future__ import annotations

import bz2
import csv
import io
import re
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from pipeline.demo.document import Document, pieces
from pipeline.errors import UserError
from pipeline.extras import install

_DUMP = "gensim/test/test_data/enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"
_NEWS = "gensim/test/test_data/lee_background.cor"
_FIRST_YEAR = 1930
"""Earlier addresses are left out to keep the demo small."""


def wikipedia(gensim: Path) -> Iterator[Document]:
    """Yield groups of sections of every article in the shortened English Wikipedia dump.

    Raises UserError when the library that reads wikitext is missing.
    """
    if find_spec("mwparserfromhell") is None:
        raise UserError("en-wikipedia is read with mwparserfromhell, not installed here: " + install("demo"))
    from pipeline.demo import wikitext

    with zipfile.ZipFile(gensim) as archive, archive.open(_DUMP) as packed, bz2.open(packed) as dump:
        for title, text in articles(dump):
            url = "https://en.wikipedia.org/wiki/" + title.replace(" ", "_")
            for number, piece in enumerate(pieces(wikitext.sections(text), least=1000, most=8000)):
                yield Document(f"{title}#{number}", piece, title, url)


def articles(dump: IO[bytes]) -> Iterator[tuple[str, str]]:
    """Yield (title, wikitext) of a MediaWiki XML dump's articles: main namespace, no redirects."""
    for _, page in ElementTree.iterparse(dump):
        if page.tag.rpartition("}")[2] != "page":
            continue
        parts = {child.tag.rpartition("}")[2]: child.text or "" for child in page.iter()}
        if parts["ns"] == "0" and "redirect" not in parts:
            yield parts["title"], parts["text"]
        page.clear()


def addresses(sotu: Path) -> Iterator[Document]:
    """Yield parts of the annual messages and State of the Union addresses since 1930."""
    with zipfile.ZipFile(sotu) as archive:
        rows = csv.DictReader(io.StringIO(archive.read("sotu/data/metadata.csv").decode("utf-8")))
        for row in rows:
            if int(row["year"]) < _FIRST_YEAR:
                continue
            text = archive.read(f"sotu/data/speeches/{row['fileid']}.txt").decode("utf-8")
            title = f"{row['president_full']}, {row['year']}"
            blocks = re.split(r"\n\s*\n", text)
            for number, piece in enumerate(pieces(blocks, least=3000, most=6000)):
                yield Document(f"{row['fileid']}#{number}", piece, title, row["source_url"])


def news(gensim: Path) -> Iterator[Document]:
    """Yield the news items of the Lee background corpus, one a line."""
    with zipfile.ZipFile(gensim) as archive:
        lines = archive.read(_NEWS).decode("utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        yield Document(f"lee-{number}", line.strip())
