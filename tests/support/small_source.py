"""A source of small files and its cleaning: write the lines, make the stage, read what it published."""

import hashlib
import json

import pyarrow.parquet as pq

from pipeline import artifact
from pipeline.clean import corpus
from pipeline.clean.settings import Clean
from pipeline.clean.stage import CleanStage
from pipeline.progress import Progress
from pipeline.sources import Source
from pipeline.stage import Where

WORDS = [
    "river",
    "stone",
    "light",
    "under",
    "the",
    "old",
    "bridge",
    "runs",
    "and",
    "nobody",
    "in",
    "town",
    "knew",
    "where",
    "it",
    "began",
    "or",
    "why",
    "it",
    "never",
    "froze",
    "even",
    "when",
    "winter",
    "came",
    "early",
    "that",
    "year",
]
NO_RULES = Clean(filters=(), largest_bad_share=0.5)


def prose(number):
    start = number % len(WORDS)
    return f"Story {number}. " + " ".join(WORDS[start:] + WORDS[:start]) + f", and that was in {1900 + number}."


def lines(path, *values):
    path.parent.mkdir(parents=True, exist_ok=True)
    data = [value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode() for value in values]
    path.write_bytes(b"\n".join(data) + b"\n")


def stage(data, read, *, clean=None, profile="en", name="web"):
    source = Source.model_validate({"read": read, "profile": profile, "license": "CC0-1.0"})
    return CleanStage(name, source, clean or Clean(), 0, data)


def jsonl(*paths, **more):
    return {"kind": "jsonl", "paths": list(paths), **more}


def where(root, workers=1):
    return Where(root, workers, progress=Progress(quiet=True))


def documents(root, name="web"):
    return [row for batch in corpus.batches(root / "corpus" / name, corpus.SCHEMA.names) for row in corpus.rows(batch)]


def removed(root, name="web"):
    folder = root / "corpus" / name / corpus.REMOVED
    return {path.parent.name: pq.read_table(path).to_pylist() for path in sorted(folder.rglob("*.parquet"))}


def counts(root, name="web"):
    return artifact.read_manifest(root / "corpus" / name).counts


def tree(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.parquet"))
    }
