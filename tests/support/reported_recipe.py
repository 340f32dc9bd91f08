"""A tiny recipe of two runs, with the numbers that its artifacts hold: what the report is to show of it."""

from pipeline.recipe import Recipe

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
