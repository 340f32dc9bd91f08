"""Text of benchmarks inside documents: found word for word, shown with its place, and nothing else taken for it."""

import csv
import gzip
import json
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean import contamination, unit_hashes
from pipeline.clean.benchmark_index import build
from pipeline.clean.benchmarks import Passage, passages
from pipeline.clean.contamination import Contamination
from pipeline.clean.decontamination import Decontaminate
from pipeline.clean.inputs import InputFile, find
from pipeline.clean.unit_hashes import spelled, units_of
from pipeline.errors import UserError

QUESTION = (
    "A merchant bought 12 crates of oranges for 3.50 dollars each, threw away a ninth of them, and sold the rest at 5 "
    "dollars a crate; what was the profit?"
)
CHINESE = "某工厂去年生产了一千二百台机器，今年比去年增加了百分之二十，问今年一共生产了多少台机器？"
SHORT = "Which gas makes up the largest part of the air we breathe?"


def found(texts, items, *, folder=None, profile="en", **more):
    wanted = Decontaminate(files=("x",), **more)
    index = build([Passage(f"b.jsonl:{i}: question", item) for i, item in enumerate(items, start=1)], wanted)
    if folder:
        index.save(folder)
        look = Contamination.load(folder, wanted, profile)
    else:
        look = Contamination.of(index, wanted, profile)
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
    assert not found([f"x {SHORT} y"], [SHORT] * 5 + [QUESTION])
    assert found([f"x {SHORT} y"], [SHORT] * 4)


def test_short_texts_are_questions_or_left_out_and_counted():
    items = ["one two three", "中华人民共和国全国", SHORT, "0 " * 12, "yes", "yes no"]
    index = build([Passage(str(i), item) for i, item in enumerate(items)], Decontaminate(files=("x",)))
    grams = (index.long, index.short, index.questions)
    assert (index.too_short, *(len(some.hashes) for some in grams)) == (3, 0, 1, 2)


EQUATION = "Solve the equation $26y - 44 = 3y - 44$."
BEGINNINGS = [
    EQUATION,
    f"{EQUATION}\nThe solution is 0.",
    f"\n**Question: {EQUATION.upper()}**\n\nThe solution is 0.",
    "问：中国的首都在哪里？\n答：北京。",
    "Compute\n3 + 4 · 5\nThat is 23.",
]
OTHERS = [
    f"{EQUATION} The solution is 0.",
    f"First: {EQUATION} And then?\n0",
    f"An answer.\n{EQUATION}\n",
    f"{EQUATION.replace('- 44 =', '+ 44 =')}\nThe solution is other.",
    f"{EQUATION.replace('26', '27')}\n0",
    f"Of all equations here is one: {EQUATION}\n0",
    "中国的首都在哪里？北京。",
    "Compute\n3 · 4 + 5\nThat is 17.",
    "Solve the equation",
    "Compute\n3",
    "",
]


def test_questions_too_short_to_be_looked_for_in_pages_are_found_where_a_document_asks_them(tmp_path):
    items = [EQUATION, "中国的首都在哪里？", "Compute 3 + 4 · 5", EQUATION.replace("- 44 =", "- 45 ="), "yes"]
    assert {len(spelled(item)) for item in items} == {9, 8, 4, 1}
    for folder, share in ((None, 0.0), (tmp_path, 0.1)):
        texts = [*OTHERS, *BEGINNINGS]
        hits = found(texts, items, folder=folder, profile="qa", largest_share=share)
        assert sorted(hits) == list(range(len(OTHERS), len(texts)))
        assert {hit.allowed for hit in hits.values()} == {"no question of a benchmark, however short"}
        shown = [hits[number].found for number in range(len(OTHERS), len(texts))]
        assert shown[1] == f'"{EQUATION}" as in b.jsonl:1: question'
        assert shown[3] == '"中国的首都在哪里？" as in b.jsonl:2: question'
        assert shown[4] == '"Compute\n3 + 4 · 5" as in b.jsonl:3: question'
        assert not found(BEGINNINGS, items, folder=folder, profile="mathematics", largest_share=share)


def test_a_later_piece_of_a_long_document_is_no_beginning(monkeypatch):
    monkeypatch.setattr(unit_hashes, "PIECE", 256)
    monkeypatch.setattr(unit_hashes, "OVERLAP", 20)
    lines = [f"{100 + number} is a number" for number in range(200)]
    assert not found(["\n".join(lines)], lines[1:], profile="qa")
    assert sorted(found(["\n".join(lines), lines[7]], lines[:1] + lines[7:8], profile="qa")) == [0, 1]


def test_a_short_chinese_question_is_found():
    question = "中国的首都是哪一座城市？"
    assert len(spelled(question)) == 11
    hits = found([f"问：{question}答：北京。", "中国的首都是北京，是一座古老的城市。"], [question])
    assert {number: hit.found for number, hit in hits.items()} == {0: f'"{question[:-1]}" as in b.jsonl:1: question'}


def test_rows_of_one_or_two_words_are_not_looked_for():
    rows = ["0 " * 40, "1 0 " * 20, "0 " * 30 + "1 2 " + "0 " * 30]
    assert not found(rows[:2], [*rows[:2], QUESTION])
    hits = found(["0 " * 100, "1 0 " * 50, "0 " * 25 + "1 2 " + "0 " * 25], [*rows, QUESTION])
    assert sorted(hits) == [2]


def test_two_benchmarks_may_hold_the_same_words_with_other_punctuation():
    both = [Passage("a.txt:1", SHORT, "a.txt"), Passage("b.txt:1", SHORT.rstrip("?"), "b.txt")]
    assert len(build(both, Decontaminate(files=("x",))).short.hashes) == 1


@pytest.mark.parametrize("useless", ["0 " * 100, "yes", "中华"])
def test_a_benchmark_of_which_nothing_is_looked_for_is_the_users_to_mend(useless):
    with pytest.raises(UserError, match=r"files: b\.txt: nothing in it is looked for: no text has 3 different words"):
        build(
            [Passage("a.txt:1", QUESTION, "a.txt"), Passage("b.txt:1", useless, "b.txt")], Decontaminate(files=("x",))
        )
    with pytest.raises(UserError, match="every text is in the files more than 4 times"):
        build([Passage("a.txt:1", SHORT, "a.txt")] * 5, Decontaminate(files=("x",)))


def test_equal_hashes_are_no_hits_without_equal_words(monkeypatch):
    rng = np.random.default_rng(0)
    monkeypatch.setattr(contamination, "spelled", lambda text: [word + "x" for word in spelled(text)])
    assert not found([page(rng, QUESTION)], [QUESTION])


def by_hand(texts, items, ngram):
    """Compare all n-grams as tuples of words."""
    grams = {tuple(words[i : i + ngram]) for words in map(spelled, items) for i in range(len(words) - ngram + 1)}
    grams = {gram for gram in grams if len(set(gram)) >= 3}
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
        try:
            hits = sorted(found(texts, items, ngram=8, shortest=60, most_common=10**6))
        except UserError:  # no item holds an n-gram
            hits = []
        assert hits == by_hand(texts, items, 8)


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
        ("a.txt.gz", gzip.compress(b"x" * 999, mtime=0)[:-9], "a.txt.gz: cannot be read"),
        ("a.txt.zst", b"no zstandard", "a.txt.zst: cannot be read"),
        ("a.txt.zst", zstandard.compress(bytes(range(128)) * 9)[:-5], "a.txt.zst: cannot be read: the file ends"),
        ("a.json", b"[" * 10**5, "a.json: lists or objects inside one another"),
        ("a.jsonl", b'"x"\n' + b"[" * 10**5, "a.jsonl:2: lists or objects inside one another"),
        ("a.parquet", b"none", "a.parquet: not a Parquet file"),
        ("a.pdf", b"x", "a.pdf: not a kind of file that can be read (allowed: .jsonl, .json"),
        ("a.json", b'{"answer": "x"}', "no text in question"),
    ],
)
def test_benchmarks_that_cannot_be_read_stop_the_work(tmp_path, name, data, words):
    fields = ("question",) if "answer" in data.decode(errors="ignore") else ()
    with pytest.raises(UserError) as error:
        list(passages([write(tmp_path / name, data)], fields))
    assert words in str(error.value)


def test_deep_json_is_read_as_deep_as_it_can_be_parsed(tmp_path):
    for depth in range(100, sys.getrecursionlimit() + 100, 50):
        try:
            (only,) = passages([write(tmp_path / "a.json", b'{"a":' * depth + b'"x"' + b"}" * depth)], ())
        except UserError as error:
            refused = str(error)
        else:
            refused = None
        if refused is not None:
            assert "inside one another" in refused
            return
        assert only.where == f"a.json: {'.'.join('a' * depth)}"


def test_a_table_may_hold_long_cells_and_is_named_with_its_line_where_it_is_broken(tmp_path, monkeypatch):
    long = "word " * 40_000
    file = write(tmp_path / "a.csv", f'q,n\n"two\nlines",1\n"{long}",2\n'.encode())
    assert [p.where for p in passages([file], ("q",))] == ["a.csv:1: q", "a.csv:2: q", "a.csv:4: q"]
    monkeypatch.setattr(csv, "field_size_limit", lambda size, set_limit=csv.field_size_limit: set_limit(131_072))
    with pytest.raises(UserError, match=r"a\.csv:4: not a table: field larger than field limit"):
        list(passages([file], ()))


def test_a_parquet_benchmark_in_an_object_store_is_read(tmp_path):
    import fsspec

    pq.write_table(pa.table({"question": [QUESTION]}), tmp_path / "p.parquet")
    fsspec.filesystem("memory").pipe("/benchmarks/p.parquet", (tmp_path / "p.parquet").read_bytes())
    (files,) = find("clean.decontaminate.files", ["memory://benchmarks/*"], tmp_path).values()
    assert [p.where for p in passages(files, ())] == ["memory:///benchmarks/p.parquet:1: question"]
