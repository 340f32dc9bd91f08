"""A labelled corpus of physics and biology pages, an order for it, and a model that writes about what it is shown."""

import re
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from labelled_world import quiet
from written_corpus import WrittenCorpus

from pipeline.stage import Stage, make
from pipeline.synthesize.order import Order
from pipeline.synthesize.stage import SynthesizeStage

ENGLISH = {
    "physics": "Pendulum {n} swings slowly. Its period depends on the length of the string. Gravity pulls the bob of "
    "pendulum {n} towards the ground. The mass of the bob does not matter.",
    "biology": "Cell {n} divides quickly. Its membrane lets water pass. The nucleus of cell {n} holds the genome. "
    "Proteins are made by ribosomes outside the nucleus.",
}
CHINESE = {
    "physics": "第{n}号单摆摆动得很慢。单摆的周期取决于摆长。重力把第{n}号摆锤拉向地面。摆锤的质量对周期没有影响。",
    "biology": "第{n}号细胞分裂得很快。细胞膜让水通过。第{n}号细胞的细胞核里有基因组。蛋白质由核糖体合成。",
}
TOPICS = tuple(ENGLISH)


def page(number):
    """Return page ``number``: its topic is ``TOPICS[number % 2]``, and every third is Chinese."""
    return (CHINESE if number % 3 == 0 else ENGLISH)[TOPICS[number % 2]].format(n=number + 100)


@dataclass(frozen=True)
class WrittenLabels(Stage):
    kind = "labels"
    verb = "label"
    name = "labels/science/topic"

    documents: int

    @property
    def settings(self):
        return {"documents": self.documents}

    def run(self, draft, where):
        rows = [{"id": f"s/{i}", "topic": TOPICS[i % 2]} for i in range(self.documents)]
        pq.write_table(pa.Table.from_pylist(rows), draft / "labels.parquet")
        return {"documents": self.documents}


def science(root: Path, documents=40):
    """Return the stages of the corpus ``science`` and of its labels."""
    return WrittenCorpus(tuple(map(page, range(documents))), root, source_name="science"), WrittenLabels(documents)


def write_science(root: Path, documents=40):
    """Publish the corpus and its labels."""
    make(science(root, documents), quiet(root))


def order_for(url, **changes):
    """Return an order that the small model can fill."""
    fields = {
        "corpus": "science",
        "discipline": "topic",
        "quotas": {"physics": 300, "biology": 300},
        "snippets": {"shortest": 20, "longest": 80},
        "prompts": ["problem"],
        "generator": {"url": url, "model": "m", "first_pause": 0.01, "concurrency": 4, "answer_tokens": 200},
        "budget": {"requests": 100},
        **changes,
    }
    return Order.model_validate(fields)


def stage_for(root, url, documents=40, **changes):
    """Return the stage that makes ``synthetic/qa``."""
    pages, labels = science(root, documents)
    return SynthesizeStage("qa", order_for(url, **changes), pages, {"topic": labels})


def shown(request):
    """Return the snippet inside a request."""
    return request["messages"][0]["content"].partition("<<<\n")[2].rpartition("\n>>>\n")[0]


def written(snippet):
    """Return a sound question and solution about a snippet, under marks."""
    n = int(re.search(r"\d+", snippet)[0])
    if "单摆" in snippet or "细胞" in snippet:
        what = "单摆的周期取决于摆长" if "单摆" in snippet else "细胞核里有基因组，细胞分裂得很快"
        return (
            f"【题目】\n已知{what}。若第{n}号对象每分钟重复{n}次，问两分钟一共重复多少次？\n"
            f"【解答】\n由于{what}，每分钟的次数不变，都是{n}次，所以两分钟的次数是每分钟次数的两倍。\n"
            f"计算：${n} \\times 2 = {2 * n}$。\n答案：{2 * n}次"
        )
    what = "pendulum" if "endulum" in snippet else "cell"
    why = "its period depends on the length" if what == "pendulum" else "the nucleus holds the genome and it divides"
    return (
        f"[PROBLEM]\nThe {what} with the number {n} repeats its motion {n} times a minute. How often is that in two "
        f"minutes?\n[SOLUTION]\nFor a {what}, {why} in the same way all the time, so that the rate stays the same.\n"
        f"In two minutes it is twice the number of one minute: ${n} \\times 2 = {2 * n}$.\nAnswer: {2 * n}"
    )
