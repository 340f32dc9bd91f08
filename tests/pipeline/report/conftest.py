"""Every artifact that the report reads, of a tiny recipe of two runs, written by hand with realistic numbers."""

import json
import math
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from reported_recipe import BATCH, CORPORA, LENGTH, PHASES, PROVENANCE, ROUND_STEPS, SLICES, tiny_recipe

from pipeline.artifact import FileEntry, Manifest, fingerprint
from pipeline.recipe import Recipe
from pipeline.stream.ledger import Ledger, Record


def publish(folder, kind, counts, time="2024-07-26T08:00:00Z"):
    files = tuple(
        FileEntry(p.relative_to(folder).as_posix(), p.stat().st_size, "0" * 64)
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    )
    identity = fingerprint(kind, 1, {"folder": folder.name}, {})
    manifest = Manifest(kind, 1, {"folder": folder.name}, {}, identity, counts, files, {**PROVENANCE, "time": time})
    (folder / "manifest.json").write_text(json.dumps(asdict(manifest)))


def _corpus(root, source):
    license_, removed, kept, tokens = CORPORA[source]
    folder = root / "corpus" / source
    folder.mkdir(parents=True)
    for reason, (_, samples) in removed.items():
        (folder / "removed" / reason).mkdir(parents=True)
        rows = [
            {"id": f"{source}-{i}", "text": text, "reason": reason, "found": found, "allowed": allowed}
            for i, (text, found, allowed) in enumerate(samples)
        ]
        pq.write_table(pa.Table.from_pylist(rows), folder / "removed" / reason / "00000.parquet")
    counts = {reason: documents for reason, (documents, _) in removed.items()}
    publish(
        folder,
        "corpus",
        {
            "documents_in": kept + sum(counts.values()),
            "kept": kept,
            "removed": counts,
            "characters": 4 * tokens,
            "license": license_,
        },
    )
    (root / "tokens" / source).mkdir(parents=True)
    publish(root / "tokens" / source, "tokens", {"train_tokens": tokens - 7, "validation_tokens": 7})


def _ledger(path, name):
    ledger, position, number, spent = Ledger.create(path, {"recipe": "tiny", "run": name}), 0, 0, {}
    for phase, (_, rounds, asked) in enumerate(PHASES[name]):
        for _ in range(rounds):
            sequences = ROUND_STEPS * BATCH
            position += sequences
            spent = {n: spent.get(n, 0.0) + asked.get(n, 0.0) * sequences for n in {*spent, *asked}}
            given = {n: math.floor(share * sequences) for n, share in asked.items()}
            given["en-web"] += sequences - sum(given.values())
            cursors = {n: (0, int(value) * LENGTH) for n, value in spent.items()}
            begin = position - sequences
            ledger.append(
                Record(
                    round=number,
                    segment=0,
                    phase=phase,
                    position=begin,
                    step=begin // BATCH,
                    tokens=begin * LENGTH,
                    sequences=sequences,
                    batch=BATCH,
                    sequence_length=LENGTH,
                    asked=asked,
                    given=given,
                    carry={},
                    cursors=cursors,
                )
            )
            number += 1
    return position


def _lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _measures(loss):
    return {"loss": loss, "perplexity": math.exp(loss), "bits_per_byte": loss / math.log(2) / 3.7}


def _train(root, name, begin, end):
    folder = root / "runs" / name
    folder.mkdir(parents=True)
    positions = _ledger(folder / "ledger.jsonl", name)
    rng, steps = np.random.default_rng(5), positions // BATCH
    fall = 1 - np.exp(-5 * np.arange(1, steps + 1) / steps)
    loss = begin["en-web"] + (min(end.values()) - begin["en-web"]) * fall * 0.6 + rng.normal(0, 0.05, steps)
    _lines(
        folder / "metrics.jsonl",
        [
            {
                "step": i + 1,
                "position": (i + 1) * BATCH,
                "tokens": (i + 1) * BATCH * LENGTH,
                "loss": loss[i],
                "learning_rate": 3e-3 * min(1.0, i / 20) * min(1.0, (steps - i) / (steps / 5)),
                "gradient_norm": 0.6 + abs(rng.normal(0, 0.2)),
                "digest": i,
            }
            for i in range(steps)
        ],
    )
    times = range(0, positions + 1, 2 * ROUND_STEPS * BATCH)
    progress = [(1 - math.exp(-4 * at / positions)) / (1 - math.exp(-4)) for at in times]
    _lines(
        folder / "validation.jsonl",
        [
            {"position": at, "tokens": at * LENGTH, "loss": {n: begin[n] + (end[n] - begin[n]) * done for n in begin}}
            for at, done in zip(times, progress, strict=True)
        ],
    )
    _lines(
        folder / "speed.jsonl",
        [{"position": i * BATCH, "step": i, "seconds": 0.25, "tokens": BATCH * LENGTH} for i in range(1, steps + 1)],
    )
    publish(folder, "run", {"steps": steps}, "2024-07-26T08:05:00Z")


def _outcome(root, name, begin, end, compared):
    evaluation, model, stream = (root / kind / name for kind in ("evaluations", "models", "stream"))
    for folder in (evaluation, model, stream):
        folder.mkdir(parents=True)
    rows = [
        {
            "slice": n,
            "tokens": 12_000,
            "bytes": 44_000,
            "base": _measures(begin[n]) if compared else None,
            "after": _measures(end[n]),
            "change": end[n] - begin[n] if compared else None,
        }
        for n in begin
    ]
    (evaluation / "evaluation.json").write_text(json.dumps({"run": name, "slices": rows}))
    (model / "parity.json").write_text(json.dumps({"max_logit_difference": 3.1e-6}))
    (stream / "slices.json").write_text(
        json.dumps(
            [
                {"name": n, "source": source, "keys": [], "documents": documents, "tokens": tokens, "identity": "0"}
                for n, source, documents, tokens, *_ in SLICES
            ]
        )
    )
    for folder, kind in ((evaluation, "evaluation"), (model, "model"), (stream, "stream")):
        publish(folder, kind, {})


def write_artifacts(root: Path) -> Recipe:
    """Write every artifact of the tiny recipe below ``root``."""
    for source in CORPORA:
        _corpus(root, source)
    losses = {name: (fresh, base, after) for name, _, _, _, fresh, base, after in SLICES}
    ends = [{name: values[i] for name, values in losses.items()} for i in range(3)]
    for i, (name, compared) in enumerate((("base", False), ("cpt", True))):
        _train(root, name, ends[i], ends[i + 1])
        _outcome(root, name, ends[i], ends[i + 1], compared)
    return tiny_recipe()


@pytest.fixture(scope="session")
def artifacts(tmp_path_factory):
    """The root folder and the recipe; tests only read them."""
    root = tmp_path_factory.mktemp("report")
    return root, write_artifacts(root)


@pytest.fixture(scope="session")
def part_names():
    return tuple(
        [f"{kind}/{source}" for kind in ("corpus", "tokens") for source in CORPORA]
        + [f"{kind}/{run}" for run in PHASES for kind in ("stream", "runs", "models", "evaluations")]
    )
