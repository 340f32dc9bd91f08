"""How much of a page's source survives extraction: HTML beside the reStructuredText it was made from.

Give it folders of Sphinx documentation that hold ``_sources/*.rst.txt`` beside the pages, such as those of Debian's
``python-sklearn-doc``, ``python-sympy-doc`` and ``linux-doc-6.1``. Prints, for ours and for trafilatura as datatrove
calls it, the F1 of words, and how many lines of code and formulas of the source stand in the text as they were.

    python tests/bench/html_extraction.py 60 /usr/share/doc/python-sklearn-doc/html ...
"""

import random
import re
import sys
import time
from collections import Counter
from pathlib import Path
from statistics import fmean, median

import trafilatura

from pipeline.clean.markup.main_text import main_text

WORD = re.compile(r"[一-鿿]|\w+")
BLOCK = re.compile(
    r"(?m)(?:::|^\.\. (?:code|code-block|sourcecode|prompt|doctest)::.*)\n(?:\s+:.*\n)*\s*\n((?:[ \t]+.*\n|\n)+)"
)
SHORTEST = 8
"""Characters of a line of code that is looked for."""


def pairs(folder):
    """Return (page, source) of pages whose sources are not stubs."""
    found = []
    for sources in sorted(folder.rglob("_sources")):
        for source in sorted(sources.rglob("*.rst.txt")):
            page = sources.parent / str(source.relative_to(sources)).replace(".rst.txt", ".html")
            if page.is_file() and source.stat().st_size > 1500:
                found.append((page, source))
    random.Random(3).shuffle(found)
    return found


def words(text):
    return Counter(WORD.findall(text.lower()))


def prose(source):
    """Return a source without its directives and roles."""
    source = re.sub(r"(?m)^\.\. [\w-]+::.*$|^\s*:[\w-]+:.*$", "", source)
    return re.sub(r":\w+:`([^`<]*)(?:<[^>]*>)?`", r"\1", source)


def code_lines(source):
    blocks = (
        "\n".join(match[1] for match in BLOCK.finditer(source)) + "\n" + "\n".join(re.findall(r"(?m)>>> .*$", source))
    )
    return {line.strip() for line in blocks.splitlines() if len(line.strip()) > SHORTEST}


def stock(page):
    return trafilatura.extract(page, favor_precision=True, include_comments=False, deduplicate=False) or ""


def measure(extract, items):
    """Return median F1, share of code lines and of formulas, and seconds."""
    scores, code, formulas, begin = [], [0, 0], [0, 0], time.process_time()
    for page, path in items:
        text, source = extract(page.read_text(errors="replace")), path.read_text(errors="replace")
        have, want = words(text), words(prose(source))
        scores.append(2 * sum((have & want).values()) / max(sum(have.values()) + sum(want.values()), 1))
        lines, flat = {line.strip() for line in text.splitlines()}, re.sub(r"\s+", "", text)
        wanted = code_lines(source)
        code = [code[0] + len(wanted & lines), code[1] + len(wanted)]
        tex = [re.sub(r"\s+", "", formula) for formula in re.findall(r":math:`([^`]+)`", source)]
        formulas = [formulas[0] + sum(formula in flat for formula in tex), formulas[1] + len(tex)]
    return median(scores), fmean(scores), code, formulas, time.process_time() - begin


def main(number, *folders):
    for folder in map(Path, folders):
        items = pairs(folder)[: int(number)]
        for name, extract in (("ours", main_text), ("datatrove's", stock)):
            middle, mean, code, formulas, seconds = measure(extract, items)
            print(
                f"{folder}: {name}: {len(items)} pages, F1 {middle:.3f} (mean {mean:.3f}), code {code[0]}/{code[1]}, "
                f"formulas {formulas[0]}/{formulas[1]}, {seconds:.1f} s"
            )


if __name__ == "__main__":
    main(*sys.argv[1:])
