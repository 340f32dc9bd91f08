"""A measurement: what cleaning keeps of clean pages and removes of planted junk, beside datatrove's stock filters.

Ours is the whole stage, from a file of records to a published corpus (`whole_stage`): with MinHash and a benchmark
for clean pages and what must be compared (`compared_rows`), without for the rest, whose makers take some pages twice.
datatrove's side is its formatters and filters (`page_judges`).
Clean pages are real (`clean_pages`), and only those held out from choosing thresholds are judged. Junk is real where
packages hold some (spam in English, scripts) and planted where they do not (`planted_faults`). Personal data counts as
removed when it is masked, in a page that stays or goes; mojibake when the page goes or comes out right.
Target: 95 of 100 clean pages kept and 95 of 100 junk pages removed, of every kind.
Prints the table and keeps it: PYTHONPATH=tests/support python tests/bench/clean_quality.py
"""

from __future__ import annotations

import argparse
import json
import random
import site
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import clean_pages as real
import compared_rows
import page_judges
import planted_copies
import planted_faults as planted
from loguru import logger
from synthetic import keep
from whole_stage import cleaned

from pipeline.clean.deduplication import MinHash
from pipeline.clean.language_model import LanguageModel
from pipeline.clean.repairs import default_repairs

MODEL = real.DEMO / "language-model" / "lid.176.ftz"
Judge = Callable[[Sequence[str], str], list[page_judges.Verdict]]
"""What becomes of pages under a profile."""


def clean_kinds() -> dict[str, tuple[str, list[tuple[str, str]]]]:
    """Return kind -> profile and (name, text) of its pages."""
    articles = [(name, text) for name, text in real.demo("en-wikipedia") if not real.is_link_list(text)]
    prose = [*articles, *real.demo("en-speeches"), *real.demo("en-news")]
    science = [(name, text) for name, text in real.demo("science") if real.has_formulas(text)]
    mails = [*real.mails("easy-ham"), *real.mails("hard-ham")]
    contest = [(name, text) for name, text in real.demo("qa-packages") if "champ" in name and real.has_formulas(text)]
    return {
        "English": ("en", prose),
        "English, Brown corpus": ("en", list(real.brown())),
        "English mail": ("mail", mails),
        "English mail under the English profile": ("en", mails),
        "Chinese": ("zh", [*real.demo("zh-news"), *real.demo("zh-prose")]),
        "Chinese, LibreOffice's help": ("zh", [(n, t) for n, t in real.chinese_help() if real.is_chinese(t)]),
        "LaTeX mathematics": ("mathematics", [*science, *contest]),
        "LaTeX mathematics under the English profile": ("en", science),
        "code": ("code", list(real.demo("code"))),
    }


def held_out(pages: Iterable[tuple[str, str]], count: int, *, tuning: bool = False) -> list[str]:
    """Return so many pages that were not seen when thresholds were chosen; with ``tuning`` those that were."""
    chosen = [text for name, text in pages if real.is_held_out(name) != tuning]
    return random.Random(0).sample(chosen, min(count, len(chosen)))


def scripts() -> list[str]:
    """Return pieces of the scripts and style sheets that lie in installed packages."""
    found = [p for folder in site.getsitepackages() for end in ("js", "css") for p in Path(folder).rglob(f"*.{end}")]
    pieces = []
    for path in sorted(found):
        text = path.read_text(encoding="utf-8", errors="replace")
        pieces += [text[i : i + 1500] for i in range(0, min(len(text), 60_000), 6000)]
    return [piece for piece in pieces if len(piece) == 1500 and piece.isascii()]


def junk_kinds(count: int, english: list[str], chinese: list[str]) -> dict[str, tuple[str, list[str]]]:
    """Return kind -> profile and pages."""
    kinds: dict[str, tuple[str, list[str]]] = {
        "spam, English (SpamAssassin)": ("mail", held_out(real.mails("spam"), count)),
        "spam, English (SpamAssassin), under the English profile": ("en", held_out(real.mails("spam"), count)),
        "spam, Chinese (planted)": ("zh", _made(planted.chinese_spam, chinese, (), count)),
        "scripts and style sheets": ("en", random.Random(0).sample(scripts(), min(count, len(scripts())))),
    }
    for name, maker in (
        ("menus", planted.menus),
        ("boilerplate", planted.boilerplate),
        ("garbled", planted.garbled),
        ("repeated", planted.repeated),
    ):
        kinds[f"{name}, English"] = ("en", _made(maker, english, planted.SITE_EN, count))
        kinds[f"{name}, Chinese"] = ("zh", _made(maker, chinese, planted.SITE_ZH, count))
    return kinds


def _made(maker: Callable[..., str], pages: Sequence[str], phrases: Sequence[str], count: int) -> list[str]:
    seed = random.Random(maker.__name__)
    return [maker(pages, seed, phrases) for _ in range(count)]


def kept(judge: Judge, profile: str, texts: list[str], reasons: Counter[str]) -> dict[str, float]:
    """Return the share of pages kept, and of the kept pages' characters what is still there."""
    verdicts = judge(texts, profile)
    reasons.update(verdict.reason for verdict in verdicts if not verdict.kept)
    before = sum(len(text) for text, verdict in zip(texts, verdicts, strict=True) if verdict.kept)
    after = sum(len(verdict.text) for verdict in verdicts if verdict.kept)
    share = sum(verdict.kept for verdict in verdicts) / len(texts)
    return {"kept": round(share, 4), "characters": round(after / before, 4) if before else 0.0}


def mojibake(judge: Judge, profile: str, texts: list[str], count: int) -> float:
    """Return the share of wrongly decoded pages that go or come out right."""
    seed = random.Random("mojibake")
    pairs = [planted.mojibake(texts, seed) for _ in range(count)]
    verdicts = judge([damaged for damaged, _ in pairs], profile)
    rights = judge([right for _, right in pairs], profile)
    gone = sum(
        not verdict.kept or _same(verdict.text, right, mended.text)
        for verdict, (_, right), mended in zip(verdicts, pairs, rights, strict=True)
    )
    return round(gone / count, 4)


def _same(text: str, *rights: str) -> bool:
    return any("".join(text.split()) == "".join(right.split()) for right in rights)


def personal(judge: Judge, kind: str, profile: str, texts: list[str], count: int) -> float:
    """Return the share of pages out of which the data was masked (datatrove has no kinds phone and ID)."""
    seed, pages, planted_data = random.Random(kind), [], []
    for _ in range(count):
        sentence, data = planted.personal(kind, seed, chinese=profile == "zh")
        text = seed.choice(texts)
        place = text.find("\n") + 1
        pages.append(f"{text[:place]}{sentence}\n{text[place:]}")
        planted_data.append(data)
    verdicts = judge(pages, profile)
    left = sum(data in verdict.text for verdict, data in zip(verdicts, planted_data, strict=True))
    return round(1 - left / count, 4)


def framed(judge: Judge, profile: str, texts: list[str], phrases: Sequence[str], count: int) -> float:
    """Return the share of a site's lines that are taken out of an article which stays."""
    seed = random.Random("framed")
    pages = [planted.framed(texts, seed, phrases) for _ in range(count)]
    gone = 0
    for verdict, (_, lines) in zip(judge([text for text, _ in pages], profile), pages, strict=True):
        left = set(verdict.text.split("\n"))
        gone += sum(line not in left for line in lines) if verdict.kept else 0
    return round(gone / sum(len(lines) for _, lines in pages), 4)


def innocent(profile: str) -> float:
    """Return the share of sentences with harmless numbers that masking leaves alone, in a page of this profile."""
    (masking,) = [repair for repair in default_repairs() if repair.kind == "masking"]
    return round(sum(not masking.repair(text, profile).counts for text in planted.INNOCENT) / len(planted.INNOCENT), 4)


def benchmark_questions() -> list[str]:
    """Return MMLU's questions in the demo; the contest problems beside them are clean pages here."""
    texts = [text for name, text in real.demo("qa-packages") if "mmlu" in name]
    return planted_copies.questions(texts, shortest=60, longest=600)


def compared(clean: dict[str, tuple[str, list[str]]], count: int, *, with_stock: bool) -> dict[str, dict[str, Any]]:
    """Return the rows of `compared_rows`, by part of the table."""
    english, chinese = clean["English"][1], clean["Chinese"][1]
    stock = {"with_stock": with_stock}
    problems = [text for _, text in real.demo("qa-packages")]
    physics = [
        t for name, t in real.demo("qa-packages") if any(s in name for s in ("physics", "astronomy", "chemistry"))
    ]
    mathematics = held_out([(n, t) for n, t in real.demo("science") if real.has_formulas(t)], count)
    asked = benchmark_questions()
    sentences = [text for name, text in real.demo("zh-news") if not real.is_held_out(name)]
    told = planted_copies.questions([part for t in sentences for part in t.split("\n")[1:]], shortest=30, longest=200)
    junk = {
        f"near-copies, numbers edited{how}, {language}": compared_rows.near_copies(pages, profile, dropped, **stock)
        for language, profile, pages in (("English", "en", english), ("Chinese", "zh", chinese))
        for how, dropped in (("", 0.0), (" and 1 word in 100 dropped", 0.01))
    }
    junk["benchmark questions in pages, English"] = compared_rows.benchmark_questions(english, asked, "en", **stock)
    junk["benchmark passages in pages, Chinese"] = compared_rows.benchmark_questions(
        chinese, random.Random(0).sample(told, count), "zh", **stock
    )
    both = {
        "both of two problems with other numbers": compared_rows.problems(problems, "qa", **stock),
        "both of two problems with other numbers, profile en": compared_rows.problems(problems, "en", **stock),
        "both of two physics problems with other numbers": compared_rows.problems(physics, "qa", **stock),
        "both of two physics problems with other numbers, profile en": compared_rows.problems(physics, "en", **stock),
        "both of two LaTeX pages with other numbers": compared_rows.problems(mathematics, "mathematics", **stock),
        "both of two LaTeX pages with other numbers, profile en": compared_rows.problems(mathematics, "en", **stock),
    }
    return {"clean": both, "junk": junk}


def table(count: int, *, tuning: bool, with_stock: bool) -> dict[str, Any]:
    model = LanguageModel(MODEL)
    judges: dict[str, Judge] = {"headwater": lambda texts, profile: cleaned(texts, profile, language_model=MODEL)}
    if with_stock:
        judges["datatrove"] = lambda texts, profile: [page_judges.stock(t, profile, model.identify) for t in texts]
    clean = {kind: (profile, held_out(pages, count, tuning=tuning)) for kind, (profile, pages) in clean_kinds().items()}
    english, chinese = clean["English"][1], clean["Chinese"][1]
    asked = benchmark_questions()

    def whole(texts: Sequence[str], profile: str) -> list[page_judges.Verdict]:
        return cleaned(texts, profile, deduplicate=MinHash(), benchmarks=asked, language_model=MODEL)

    made: dict[str, Any] = {"clean": {}, "junk": {}, "reasons": {}}
    for name, judge in judges.items():
        for kind, (profile, texts) in clean.items():
            reasons: Counter[str] = Counter()
            row = kept(whole if name == "headwater" else judge, profile, texts, reasons)
            made["clean"].setdefault(kind, {"pages": len(texts)})[name] = row
            made["reasons"].setdefault(kind, {})[name] = dict(reasons.most_common(6))
        for kind, (profile, texts) in junk_kinds(count, english, chinese).items():
            reasons = Counter()
            row = {"removed": round(1 - kept(judge, profile, texts, reasons)["kept"], 4)}
            made["junk"].setdefault(kind, {"pages": len(texts)})[name] = row
            made["reasons"].setdefault(kind, {})[name] = dict(reasons.most_common(6))
        for profile, texts, phrases, language in (
            ("en", english, planted.SITE_EN, "English"),
            ("zh", chinese, planted.SITE_ZH, "Chinese"),
        ):
            rows = {"mojibake": mojibake(judge, profile, texts, count)}
            rows |= {
                f"personal data, {kind}": personal(judge, kind, profile, texts, count)
                for kind in ("email", "ip_address", "phone", "id_number")
            }
            rows["site's lines in an article"] = framed(judge, profile, texts, phrases, count)
            for kind, share in rows.items():
                made["junk"].setdefault(f"{kind}, {language}", {"pages": count})[name] = {"removed": share}
    print(shown(made), flush=True)
    for part, rows in compared(clean, count, with_stock=with_stock).items():
        made[part] |= rows
    made["harmless_numbers_left_alone"] = {
        profile: innocent(profile) for profile in ("en", "zh", "mathematics", "code")
    }
    return made


def shown(made: dict[str, Any]) -> str:
    lines = []
    for part, column in (("clean", "kept"), ("junk", "removed")):
        for kind, row in made[part].items():
            shares = "  ".join(f"{name} {row[name][column]:.3f}" for name in ("headwater", "datatrove") if name in row)
            lines.append(f"{part:6}{kind:60}{row['pages']:5}  {shares}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=300, help="most pages of a kind")
    parser.add_argument(
        "--tuning", action="store_true", help="judge the half that thresholds were chosen on; keep nothing"
    )
    options = parser.parse_args()
    logger.disable("datatrove")
    made = table(options.pages, tuning=options.tuning, with_stock=not options.tuning)
    print(shown(made))
    if options.tuning:
        print(json.dumps(made["reasons"], indent=1, ensure_ascii=False))
    else:
        keep("clean_quality", {"target": "95 of 100 of every kind", "measured": made})


if __name__ == "__main__":
    main()
