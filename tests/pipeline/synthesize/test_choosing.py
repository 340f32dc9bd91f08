import math
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from pipeline.clean import corpus
from pipeline.errors import UserError
from pipeline.synthesize import choosing
from pipeline.synthesize.choosing import Around
from pipeline.synthesize.order import Order
from pipeline.synthesize.seeds.columns import Labelled

BODY = "Force moves mass {n} along. Energy is kept by it {n}. The lever turns {n} times."
MARKET = "The market fell by {n} points. Prices of bread rose {n} times. People bought {n} loaves."


@pytest.fixture
def around(tmp_path):
    """Forty pages: physics and sport in turns, the last ten unlabelled physics; hosts by tens; losses rising."""
    texts = [(BODY if n % 2 == 0 or n >= 30 else MARKET).format(n=n) for n in range(40)]
    documents = {
        "id": [f"d{n}" for n in range(40)],
        "text": texts,
        "url": [f"https://www.h{n // 10}.org/{n}" for n in range(40)],
        **{name: [""] * 40 for name in ("language", "license")},
    }
    folder = tmp_path / "corpus" / corpus.DOCUMENTS
    folder.mkdir(parents=True)
    for part in range(2):
        pq.write_table(pa.table(documents).slice(20 * part, 20), folder / f"{part:05d}.parquet", row_group_size=7)
    labels = {
        "topic": ["other" if n >= 30 else "physics" if n % 2 == 0 else "sport" for n in range(40)],
        "loss": [n / 10 if n else None for n in range(40)],
    }
    for name, values in labels.items():
        pq.write_table(pa.table({"id": documents["id"], name: values}), tmp_path / f"{name}.parquet")
    tables = {name: tmp_path / f"{name}.parquet" for name in labels}
    return Around(Labelled(tmp_path / "corpus", tables), tmp_path / "draft", tmp_path / "scratch", tmp_path)


def order(**changes):
    fields = {
        "corpus": "web",
        "discipline": "topic",
        "quotas": {"physics": 1000},
        "snippets": {"shortest": 5, "longest": 80},
        "generator": {"url": "http://x/v1", "model": "m"},
        "budget": {"requests": 100},
        **changes,
    }
    return Order.model_validate(fields)


def choose(asked, around):
    """Choose, and read the seeds before another order writes its own in the same place."""
    chosen = choosing.choose(asked, around)
    return replace(chosen, seeds={cell: list(seeds) for cell, seeds in chosen.seeds.items()})


def rows(chosen, cell="physics"):
    return [int(seed.document[1:]) for seed in chosen.seeds[cell]]


def test_labels_choose_pages_in_an_order_of_their_own(around):
    chosen = choose(order(), around)
    assert sorted(rows(chosen)) == list(range(0, 30, 2)) != rows(chosen)
    assert rows(choose(order(budget={"requests": 5}), around)) == rows(chosen)[:5]
    assert chosen.told == {"pages": {"physics": {"label": 15, "host": 0, "recall": 0, "query": 0}}}
    assert not around.draft.exists()


def test_hosts_that_are_learned_give_their_other_pages_and_a_list_gives_whole_hosts(around, tmp_path):
    learned = choose(order(seeds={"hosts": {"rate": 0.5, "pages": 10}}), around)
    assert sorted(rows(learned)) == sorted({*range(30)})
    assert learned.told["hosts"] == {"physics": 3}
    listed = yaml.safe_load((around.draft / "hosts.yaml").read_text())
    assert listed == {"physics": {f"h{i}.org": {"pages": 10, "share": 0.5} for i in range(3)}}
    (tmp_path / "mine.yaml").write_text("physics: [h3.org, h0.org]\n")
    of_list = choose(order(seeds={"hosts": {"file": "mine.yaml"}}), around)
    assert sorted(rows(of_list)) == sorted({*range(10), *range(0, 30, 2), *range(30, 40)})
    only = choose(order(seeds={"hosts": {"file": "mine.yaml", "only": True}}), around)
    assert sorted(rows(only)) == sorted({*range(10), *range(30, 40)})
    unlabelled = choose(order(discipline=None, seeds={"hosts": {"file": "mine.yaml"}}), around)
    assert rows(unlabelled) == rows(only)
    assert {seed.found_by for seed in only.seeds["physics"]} == {"host", "label"}


def test_queries_find_what_labels_missed(around):
    table = pq.read_table(around.labelled.tables["topic"]).to_pydict()
    table["topic"] = [topic if n < 14 else "other" for n, topic in enumerate(table["topic"])]
    pq.write_table(pa.table(table), around.labelled.tables["topic"])
    seeds = {"widen": {"rounds": 1, "agreeing": 2, "words": 4}}
    chosen = choose(order(quotas={"sport": 9}, seeds=seeds), around)
    assert sorted(rows(chosen, "sport")) == list(range(1, 30, 2))
    assert "bread" in (around.draft / "queries.jsonl").read_text()
    keywords = {"widen": {"rounds": 1, "agreeing": 1, "keywords": {"physics": ["force lever"], "food": ["bread"]}}}
    chosen = choose(order(discipline=None, quotas={"physics": 9, "food": 9}, seeds=keywords), around)
    assert sorted(rows(chosen, "food")) == list(range(1, 30, 2))
    assert sorted(rows(chosen)) == [*range(0, 30, 2), *range(30, 40)]


def test_levels_cut_a_discipline_evenly_or_at_edges(around):
    quotas = {"physics": {"easy": 9, "hard": 9}}
    difficulty = {"kind": "column", "column": "loss", "levels": ["easy", "hard"]}
    even = choose(order(quotas=quotas, difficulty=difficulty), around)
    assert sorted(rows(even, "physics/easy")) == list(range(2, 16, 2))
    assert sorted(rows(even, "physics/hard")) == list(range(16, 30, 2))
    assert even.faults["no_difficulty"] == 1
    cut = choose(order(quotas=quotas, difficulty={**difficulty, "edges": [2.65]}), around)
    assert sorted(rows(cut, "physics/hard")) == [28]
    names = ["middle_school", "college"]
    asked = {"difficulty": {"kind": "asked"}, "prompts": names}
    by_hash = choose(order(quotas={"physics": dict.fromkeys(names, 9)}, **asked), around)
    school, college = (rows(by_hash, f"physics/{name}") for name in names)
    assert sorted(school + college) == list(range(0, 30, 2))
    assert school
    assert college


def test_practice_draws_the_unsure_first_and_leaves_out_the_hardest(around):
    practice = {"kind": "documents", "column": "loss", "strength": 1000, "hardest": 0.15}
    chosen = choose(order(seeds={"practice": practice}), around)
    assert rows(chosen) == list(range(24, 0, -2))
    assert (chosen.faults["too_hard"], chosen.faults["no_loss"]) == (2, 1)
    even = choose(order(seeds={"practice": {**practice, "strength": 0, "hardest": 0}}), around)
    assert rows(even) == [row for row in rows(choose(order(), around)) if row]


def test_practice_by_slices_shares_quotas_anew(around, tmp_path):
    (tmp_path / "validation.jsonl").write_text(f'{{"loss": {{"a": {math.log(3)}, "b": 0}}}}\n')
    practice = {"kind": "slices", "run": "cpt", "slices": {"physics": ["a"], "sport": ["b"]}}
    asked = order(quotas={"physics": 400, "sport": 400}, seeds={"practice": practice})
    chosen = choose(asked, Around(around.labelled, around.draft, around.scratch, around.data, tmp_path))
    assert chosen.quotas == {"physics": 600, "sport": 200}


def test_a_discipline_without_pages_and_labels_of_another_corpus_are_refused(around, tmp_path):
    with pytest.raises(UserError, match=r"quotas\.phisics: no document .*did you mean physics"):
        choose(order(quotas={"phisics": 5}), around)
    pq.write_table(pa.table({"id": ["x"] * 40, "topic": ["physics"] * 40}), tmp_path / "topic.parquet")
    with pytest.raises(UserError, match=r"of another corpus: x stands where .* has d0"):
        choose(order(), around)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"discipline": None, "quotas": {"a": 1, "b": 1}}, "quotas names several"),
        ({"quotas": {"a": {"easy": 5}}}, r"quotas\.a has levels; difficulty must say"),
        ({"difficulty": {"kind": "asked"}}, r"quotas\.physics: with a difficulty .* \{problem: 10K\}"),
        (
            {"quotas": {"a": {"esay": 5}}, "difficulty": {"kind": "asked"}, "prompts": ["college"]},
            r"quotas\.a: esay: no such level \(allowed: college\)",
        ),
        ({"quotas": {"a": 0}}, "a: 0 tokens"),
        ({"quotas": {"a": {}}}, "a: 0 tokens"),
        ({"quotas": {"a": "many"}}, "many"),
        ({"quotas": {"a/b": 1}}, "has no slash"),
        ({"seeds": {"widen": {"keywords": {"x": ["y"]}}}}, r"seeds\.widen\.keywords: x: quotas has no such"),
        (
            {"difficulty": {"kind": "column", "column": "c", "edges": [2, 1]}},
            r"edges: 2, 1: must rise",
        ),
    ],
)
def test_orders_that_contradict_themselves_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        order(**changes)
