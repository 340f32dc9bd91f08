"""Text of benchmarks inside documents: found word for word, shown with its place, and nothing else taken for it."""

import gzip
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean import contamination, unit_hashes
from pipeline.clean.benchmark_index import Index, build
from pipeline.clean.benchmarks import Passage, passages
from pipeline.clean.contamination import Contamination
from pipeline.clean.decontamination import Decontaminate
from pipeline.clean.inputs import InputFile
from pipeline.clean.unit_hashes import spelled, units_of
from pipeline.errors import UserError

QUESTION = (
    "A merchant bought 12 crates of oranges for 3.50 dollars each, threw away a ninth of them, and sold the rest at 5 "
    "dollars a crate; what was the profit?"
)
CHINESE = "某工厂去年生产了一千二百台机器，今年比去年增加了百分之二十，问今年一共生产了多少台机器？"
SHORT = "Which gas makes up the largest part of the air we breathe?"


def found(texts, items, *, folder=None, **more):
    wanted = Decontaminate(files=("x",), **more)
    index = build([Passage(f"b.jsonl:{i}: question", item) for i, item in enumerate(items, start=1)], wanted)
    if folder:
        index.save(folder)
        look = Contamination.load(folder, wanted)
    else:
        look = Contamination.of(index, wanted)
    for _ in look.watch(units_of(texts)):
        pass
    return dict(look.hits())


def page(rng, inside, words=400):
    around = [" ".join("".join(rng.choice(list("abcdefgh"), 5)) for _ in range(words)) for _ in range(2)]
    return f"{around[0]}.\n{inside}\n{around[1]}"


def test_questions_inside_pages_are_found_and_shown(tmp_path):
    rng = np.random.default_rng(0)
    texts = [
        page(rng, ""),
        page(rng, QUESTION),
        page(rng, QUESTION.upper().replace(", ", " - ").replace("12", "１２")),
        page(rng, CHINESE),
        page(rng, QUESTION.replace("12", "13").replace("ninth", "tenth").replace("5 dollars", "6 dollars")),
        SHORT,
        page(rng, f"Q: {SHORT} A: nitrogen"),
        page(rng, SHORT.replace("largest", "smallest")),
        "",
    ]
    for folder in (None, tmp_path):
        hits = found(texts, [QUESTION, CHINESE, SHORT, "Which gas?"], folder=folder)
        assert sorted(hits) == [1, 2, 3, 5, 6]
        assert hits[1].found == f'"{QUESTION[:-1]}" as in b.jsonl:1: question'
        assert hits[3].found == f'"{CHINESE[:-1]}" as in b.jsonl:2: question'
        assert hits[6].found == f'"{SHORT[:-1]}" as in b.jsonl:3: question'
        assert hits[1].allowed == "no 20 words in a row of a benchmark"


def test_a_share_may_be_allowed():
    rng = np.random.default_rng(0)
    texts = [page(rng, QUESTION, 20), page(rng, QUESTION, 400), page(rng, SHORT)]
    hits = found(texts, [QUESTION, SHORT], largest_share=0.1)
    words, grams = len(spelled(texts[0])), len(spelled(QUESTION)) - 19
    assert sorted(hits) == [0]
    assert hits[0].found.startswith(f'{grams / (words - 19):.2f}, such as "A merchant')
    assert hits[0].allowed == "at most 0.1 of all 20 words in a row from benchmarks"


def test_templates_are_not_looked_for_but_passages_above_several_questions_are():
    template = (
        "Read the passage and answer with one word only, do not explain, and do not add a full stop or anything else"
    )
    items = [f"{template} {i} {'abcdefghij'[i] * 3}" for i in range(5)]
    assert not found([f"x {template} y"], items)
    assert found([f"x {template} y"], items[:4])
    assert found([f"x {QUESTION} y"], [QUESTION] * 9)
    assert not found([f"x {SHORT} y"], [SHORT] * 5)
    assert found([f"x {SHORT} y"], [SHORT] * 4)


def test_short_texts_are_left_out_and_counted():
    index = build([Passage("a", "one two three"), Passage("b", "中华人民共和国全国人民代表大会"), Passage("c", SHORT)],
                  Decontaminate(files=("x",)))  # fmt: skip
    assert (index.too_short, len(index.short.hashes), len(index.long.hashes)) == (2, 1, 0)


def test_equal_hashes_are_no_hits_without_equal_words(monkeypatch):
    rng = np.random.default_rng(0)
    monkeypatch.setattr(contamination, "spelled", lambda text: [word + "x" for word in spelled(text)])
    assert not found([page(rng, QUESTION)], [QUESTION])


def by_hand(texts, items, ngram):
    """Compare all n-grams as tuples of words."""
    grams = {tuple(words[i : i + ngram]) for words in map(spelled, items) for i in range(len(words) - ngram + 1)}
    return [
        number
        for number, words in enumerate(map(spelled, texts))
        if any(tuple(words[i : i + ngram]) in grams for i in range(len(words) - ngram + 1))
    ]


WORDS = st.lists(st.sampled_from(["a", "b", "中", "3", "\n", "-"]), max_size=60).map(" ".join)


@given(st.lists(WORDS, max_size=5), st.lists(WORDS, max_size=4), st.sampled_from([64, 1 << 20]))
@settings(max_examples=100, deadline=None)
def test_hits_are_those_of_a_plain_search(texts, items, piece):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unit_hashes, "PIECE", piece)
        patch.setattr(unit_hashes, "OVERLAP", 12)
        assert sorted(found(texts, items, ngram=8, shortest=60, most_common=10**6)) == by_hand(texts, items, 8)


def write(path, data):
    path.write_bytes(data)
    return InputFile(path.name, path, len(data))


def test_benchmarks_of_every_format(tmp_path):
    item = {"question": QUESTION, "choices": ["yes", "no"], "n": 3}
    line = json.dumps(item).encode()
    pq.write_table(pa.table({"question": [QUESTION], "choices": [["yes", "no"]]}), tmp_path / "p.parquet")
    files = [
        write(tmp_path / "a.jsonl", line + b"\n\n" + line),
        write(tmp_path / "b.jsonl.gz", gzip.compress(line)),
        write(tmp_path / "c.json", b'{"examples": [' + line + b"]}"),
        write(tmp_path / "d.csv", b'id,question\n1,"' + QUESTION.encode() + b'"\n'),
        write(tmp_path / "e.txt", f"first\n{QUESTION}\n".encode()),
        InputFile("p.parquet", tmp_path / "p.parquet", 1),
    ]
    assert [p.where for p in passages(files, ()) if p.text == QUESTION] == [
        "a.jsonl:1: question", "a.jsonl:3: question", "b.jsonl.gz:1: question", "c.json: examples.1.question",
        "d.csv:2: question", "e.txt:2", "p.parquet:1: question",
    ]  # fmt: skip
    assert [p.where for p in passages(files[:1], ("choices",))][:2] == ["a.jsonl:1: choices.1", "a.jsonl:1: choices.2"]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.jsonl", b'{"q": "x"}\n{oops', "a.jsonl:2: not JSON"),
        ("a.txt", b"abc\ncaf\xe9", "a.txt:2: not UTF-8: byte 0xe9"),
        ("a.jsonl.gz", b"no gzip", "a.jsonl.gz: cannot be read"),
        ("a.parquet", b"none", "a.parquet: not readable as parquet"),
        ("a.pdf", b"x", "a.pdf: not a kind of file that can be read (allowed: .jsonl, .json"),
        ("a.json", b'{"answer": "x"}', "no text in question"),
    ],
)
def test_benchmarks_that_cannot_be_read_stop_the_work(tmp_path, name, data, words):
    fields = ("question",) if "answer" in data.decode(errors="ignore") else ()
    with pytest.raises(UserError) as error:
        list(passages([write(tmp_path / name, data)], fields))
    assert words in str(error.value)


def test_an_index_without_anything(tmp_path):
    assert not found(["some text"], [], folder=tmp_path)
    assert Index.load(tmp_path).passages == []
