"""A tiny recipe of two runs with every artifact the report reads, written by hand with realistic numbers."""

import json
import math
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.artifact import FileEntry, Manifest, fingerprint
from pipeline.recipe import Recipe
from pipeline.stream.ledger import Ledger, Record

HOSTILE = '<script>alert("seen")</script> & <img src=x onerror=alert(1)>\x1b[31m'
HOSTILE_SLICE = "zh-web/topic=R&D <i>"
PROVENANCE = {
    "commit": "0123456789ab",
    "command": ["headwater", "run", "tiny.yaml"],
    "host": "node1",
    "system": "Linux-6.1-x86_64",
    "python": "3.11.9",
    "time": "2024-07-26T08:00:00Z",
    "packages": {"headwater": "0.1.0", "torch": "2.13.0", "pyarrow": "26.0.1"},
}
SLICES = [
    # name, source, documents, tokens, loss of the fresh model, base, after
    ("en-web", "en-web", 2_310, 1_204_331, 8.31, 4.1021, 4.1533),
    ("code", "code", 402, 310_040, 8.30, 5.2210, 4.4102),
    (HOSTILE_SLICE, "zh-web", 900, 410_220, 8.33, 7.9914, 5.6120),
    ("zh-web/topic=文学", "zh-web", 610, 205_110, 8.33, 8.1033, 5.9027),
    ("qa", "qa", 3_900, 95_400, 8.29, 6.0402, 2.1180),
]
PHASES = {
    "base": [("English", 24, {"en-web": 1.0})],
    "cpt": [
        ("bilingual adaptation", 18, {"en-web": 0.6, "code": 0.2, HOSTILE_SLICE: 0.13, "zh-web/topic=文学": 0.07}),
        (
            "synthetic enhancement",
            8,
            {"en-web": 0.5, "code": 0.2, HOSTILE_SLICE: 0.07, "zh-web/topic=文学": 0.03, "qa": 0.2},
        ),
    ],
}
ROUND_STEPS, BATCH, LENGTH = 12, 16, 256
CORPORA = {
    # source: licence, {reason: (documents, [(text, found, allowed)])}, kept, tokens
    "en-web": (
        "CC-BY-SA-3.0",
        {
            "too_short": (212, [("Stub.", "1 word", "20 words or more"), ("See also", "2 words", "20 words or more")]),
            "wrong_language": (
                31,
                [("Ceci n'est pas une page en anglais. " * 20, "fra_Latn 0.97", "eng_Latn, 0.65 or more")],
            ),
            "not_json": (2, [('{"text": "cut off', "Unterminated string", "one JSON object a line")]),
        },
        2_360,
        1_228_004,
    ),
    "zh-web": (
        "public domain",
        {
            "boilerplate": (
                57,
                [
                    (HOSTILE, "0.61 of the lines", "0.30 or less"),
                    ("版权所有 转载请注明出处。\n首页 上一页 下一页\n" * 12, "0.83 of the lines", "0.30 or less"),
                ],
            ),
            "duplicate": (44, [("天下大势，分久必合，合久必分。" * 30, "first seen in zh.jsonl:12", "each text once")]),
        },
        1_541,
        627_510,
    ),
    "code": ("PSF-2.0", {}, 410, 316_090),
    "qa": (
        "Apache-2.0",
        {"duplicate": (100, [("Q: 2 + 2 = ?\nA: 4", "first seen in qa:3", "each text once")])},
        3_980,
        97_350,
    ),
}


def _run(start, phases):
    listed = [
        {
            "name": name,
            "tokens": rounds * ROUND_STEPS * BATCH * LENGTH,
            "mixture": {"kind": "static", "shares": {"en-web": 1.0}},
        }
        for name, rounds, _ in phases
    ]
    return {
        "start": start,
        "phases": listed,
        "sequence_length": LENGTH,
        "batch": BATCH,
        "round_steps": ROUND_STEPS,
        "learning_rate": {"kind": "wsd", "warmup": "80K", "peak": 3e-3},
        "precision": "fp32",
    }


def tiny_recipe():
    fresh = {
        "kind": "architecture",
        "architecture": {
            "num_layers": 4,
            "hidden_size": 128,
            "feed_forward_size": 352,
            "num_heads": 4,
            "num_key_value_heads": 2,
            "vocabulary_size": 4096,
            "max_sequence_length": 512,
            "rope_theta": 10000,
            "norm_epsilon": 1e-5,
            "tie_embeddings": True,
        },
    }
    profiles = {"en-web": "en", "zh-web": "zh", "code": "code", "qa": "qa"}
    return Recipe.model_validate(
        {
            "name": "tiny",
            "description": "A tiny Llama learns English, then Chinese & science.",
            "seed": 7,
            "tokenizer": {"kind": "train", "vocabulary_size": 4096, "sources": ["en-web", "zh-web"]},
            "sources": {
                name: {
                    "read": {"kind": "jsonl", "paths": [f"{name}.jsonl"]},
                    "profile": profiles[name],
                    "license": CORPORA[name][0],
                }
                for name in CORPORA
            },
            "runs": {"base": _run(fresh, PHASES["base"]), "cpt": _run({"kind": "run", "run": "base"}, PHASES["cpt"])},
        }
    )


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
