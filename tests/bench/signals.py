"""A measurement: megabytes of text that each signal measures in a second of one core, beside a plain Python loop.

Processor time of one process, real English and Chinese, batches of 8 MiB as the label stage reads them; tables that are
made once a process are made before. Plain is what one would write without arrays (or with the library's own call), on
as many of the same documents as take it a second or two. Fertility under the recipe's tokenizer reads the counts beside
the tokens. Also: seconds and memory for one line of 100 MB.
Prints JSON and keeps it: python tests/bench/signals.py ENGLISH.jsonl CHINESE.jsonl [--tokenizer FILE]
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import tempfile
import time
import unicodedata
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from synthetic import keep

from pipeline.clean.units import units
from pipeline.label.common_characters import simplified, traditional
from pipeline.label.signal import Measure, Surroundings
from pipeline.label.signals import CompressionRatio, Fertility, Language, Length, Mtld, Readability
from pipeline.tokens.load import load_fast

PIECE = 8 << 20
VOWELS = re.compile("[aeiouy]+")


def read(path: Path) -> list[str]:
    """Return documents, repeated where they are too few, of 8 MiB in all."""
    with path.open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    chosen: list[str] = []
    size = 0
    while size < PIECE:
        for text in texts:
            chosen.append(text)
            size += len(text.encode())
            if size >= PIECE:
                break
    return chosen


def plain_mtld(text: str) -> float:
    words = [word.lower() for word in units(text)]

    def factors(words: list[str]) -> float:
        count, types, length = 0.0, set(), 0
        for word in words:
            length += 1
            types.add(word)
            if len(types) / length < 0.72:
                count, types, length = count + 1, set(), 0
        return count + ((1 - len(types) / length) / 0.28 if length else 0)

    both = [factors(words), factors(words[::-1])]
    return sum(len(words) / f for f in both if f) / 2


def plain_flesch(text: str) -> float:
    words = re.findall(r"\w+(?:['’]\w+)*", text)
    sentences = max(1, len(re.findall(r"[.!?…]+(?=\W|$)|\n\n", text)))
    syllables = sum(max(1, len(VOWELS.findall(word.lower()))) for word in words)
    return 206.835 - 1.015 * len(words) / sentences - 84.6 * syllables / max(1, len(words))


def plain_chinese(text: str) -> float:
    han = [c for c in text if "一" <= c <= "鿿"]
    sentences = len([part for part in re.split(r"[。！？!?…\n]+", text) if part])
    common = max(sum(c in listed for c in han) for listed in COMMON)
    return 100 - len(han) / max(1, sentences) - 500 * (1 - common / max(1, len(han)))


COMMON = [{chr(point) for point in known().nonzero()[0]} for known in (simplified, traditional)]


def plain_script(text: str) -> str:
    found = Counter(unicodedata.name(c, "? ").split()[0] for c in text[:5000] if c.isalpha())
    return found.most_common(1)[0][0] if found else ""


def rate(work: Callable[[], Any], size: int) -> float:
    begin = time.process_time()
    work()
    return size / 1e6 / (time.process_time() - begin)


def best(measure: Measure, texts: Sequence[str], language: str) -> float:
    about = [{"language": language, "row": i} for i in range(len(texts))]
    size = sum(len(text.encode()) for text in texts)
    measure(texts[:4], about[:4])
    return max(rate(lambda: measure(texts, about), size) for _ in range(3))


def plain_rate(plain: Callable[[str], Any], texts: Sequence[str]) -> float:
    some, size = [], 0
    for text in texts:
        some.append(text)
        size += len(text.encode())
        if size > 2_000_000:
            break
    return max(rate(lambda: [plain(text) for text in some], size) for _ in range(2))


def counted(folder: Path, texts: Sequence[str]) -> Measure:
    """Return fertility under the recipe's tokenizer, whose counts are in a table."""
    (folder / "tokens" / "s").mkdir(parents=True, exist_ok=True)
    table = pa.table({"tokens": pa.array([len(text) // 4 + 1 for text in texts], pa.int32())})
    pq.write_table(table, folder / "tokens" / "s" / "documents.parquet")
    return Fertility().open(Surroundings(folder, folder, "s"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("english", type=Path)
    parser.add_argument("chinese", type=Path)
    parser.add_argument("--tokenizer", type=Path)
    asked = parser.parse_args()
    measured: dict[str, dict[str, dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as place:
        for code, path in (("eng_Latn", asked.english), ("cmn_Hani", asked.chinese)):
            texts = read(path)
            sides: dict[str, tuple[Measure, Callable[[str], Any]]] = {
                "length": (Length().measure, lambda text: len(units(text))),
                "compression_ratio": (CompressionRatio().measure, lambda text: len(zlib.compress(text.encode(), 6))),
                "mtld": (Mtld().measure, plain_mtld),
                "readability": (Readability().measure, plain_flesch if code == "eng_Latn" else plain_chinese),
                "language": (Language().measure, plain_script),
                "fertility": (counted(Path(place), texts), lambda text: len(units(text))),
            }
            if asked.tokenizer:
                around = Surroundings(asked.tokenizer.parent, Path(place), "s")
                encode = load_fast(asked.tokenizer).encode
                named = Fertility(tokenizer=asked.tokenizer.name).open(around)
                sides["fertility of a named tokenizer"] = (named, lambda text, encode=encode: len(encode(text).ids))
            measured[code] = {}
            for name, (measure, plain) in sides.items():
                ours, theirs = best(measure, texts, code), plain_rate(plain, texts)
                measured[code][name] = {
                    "megabytes_a_second": round(ours, 1),
                    "plain": round(theirs, 1),
                    "times_plain": round(ours / theirs, 1),
                }
                print(code, name, measured[code][name], flush=True)
        line = [(" ".join(read(asked.english)).replace("\n", " ") * 13)[:100_000_000]]
        seconds = {}
        for signal in (Length(), CompressionRatio(), Mtld(), Readability(unidentified="eng"), Language()):
            begin = time.process_time()
            signal.measure(line, [{"row": 0}])
            seconds[signal.kind] = round(time.process_time() - begin, 2)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    keep(
        "signals",
        {
            "target": "20 MB/s a core for signals other than perplexity",
            "measured": measured,
            "line_of_100_megabytes": {"seconds": seconds, "most_resident_gibibytes_of_the_process": round(most, 2)},
        },
    )


if __name__ == "__main__":
    main()
