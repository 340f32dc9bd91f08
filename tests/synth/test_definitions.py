"""Questions over small glossaries: a table, a dictionary of dictd's, and files that are neither."""

import gzip
import re
import string

import pytest

from synth.definitions import Definitions
from synth.glossary import Entry, GlossaryError, read_glossary

TERMS = {
    "stack": ("last-in first-out collection of items with one end", "data"),
    "queue": ("first-in first-out collection of items with two ends", "data"),
    "heap": ("tree whose every parent is at least as large as its children", "data"),
    "trie": ("tree that shares the common beginnings of its keys", "data"),
    "enzyme": ("protein that speeds up one chemical reaction in a cell", "biology"),
    "ring buffer": ("a buffer of fixed size whose end is joined to its beginning", "data"),
}


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "terms.tsv"
    path.write_text("".join(f"{t}\t{d}\t{topic}\n" for t, (d, topic) in TERMS.items()), encoding="utf-8")
    return path


def test_each_entry_is_asked_about_once_in_its_own_words(table):
    forms = set()
    for seed in range(30):
        documents = list(Definitions(file=str(table)).documents(seed))
        assert len(documents) == len(TERMS)
        for document in documents:
            form = document.made_by.split("/")[1]
            forms.add(form)
            (term,) = [t for t, (d, _) in TERMS.items() if d in document.text]
            assert term in document.answer
            if form != "explain":
                asked = document.question.split("\n")[0]
                assert not re.search(rf"\b{term}\b", asked)
                assert term != "ring buffer", "its definition gives it away"
            if form == "choose":
                options = dict(line.split(". ") for line in document.question.split("\n")[1:])
                assert len(set(options.values())) == 4
                letter = re.search(r"The answer is ([A-D]),", document.answer)[1]
                assert options[letter] == term != "enzyme", "its topic has no other terms"
    assert forms == {"explain", "name", "choose"}


def test_a_definition_of_two_terms_does_not_ask_for_its_term(tmp_path):
    path = tmp_path / "same.tsv"
    path.write_text("alpha\tthe very same words for both\nomega\tthe very same words for both\n", encoding="utf-8")
    made = {d.made_by for seed in range(20) for d in Definitions(file=str(path)).documents(seed)}
    assert made == {"definitions/explain/en"}


def test_short_definitions_are_left_out_and_chinese_is_asked_in_chinese(tmp_path):
    path = tmp_path / "zh.tsv"
    path.write_text("栈\t后进先出的线性表结构\n队列\t短\n", encoding="utf-8")
    (document,) = Definitions(file=str(path), language="zh", least_characters=8).documents(0)
    assert "后进先出" in document.text
    assert re.search("什么|请|哪个", document.question)


def base64(number):
    digits = string.ascii_uppercase + string.ascii_lowercase + "0123456789+/"
    return (base64(number // 64) if number >= 64 else "") + digits[number % 64]


def test_a_dictionary_is_read_by_its_index(tmp_path):
    articles = [b"about\n\n   not an entry\n"] + [
        f"{term}\n\n   <{topic}> The {{{d[:9]}}}{d[9:]}.\n\n   More.\n".encode() for term, (d, topic) in TERMS.items()
    ]
    starts = [sum(map(len, articles[:i])) for i in range(len(articles))]
    names = ["00-database-info", *TERMS]
    lines = [f"{n}\t{base64(s)}\t{base64(len(a))}\n" for n, s, a in zip(names, starts, articles, strict=True)]
    (tmp_path / "d.index").write_text("".join(lines), encoding="utf-8")
    with pytest.raises(GlossaryError, match=r"neither d\.dict\.dz nor d\.dict stands beside it"):
        read_glossary(tmp_path / "d.index")
    with gzip.open(tmp_path / "d.dict.dz", "wb") as file:
        file.write(b"".join(articles))
    assert read_glossary(tmp_path / "d.index") == [Entry(t, f"The {d}.", topic) for t, (d, topic) in TERMS.items()]
    (tmp_path / "d.index").write_text("stack\tA\t//////\n", encoding="utf-8")
    with pytest.raises(GlossaryError, match=r"d\.index:1: ends at byte \d+ of a text of \d+"):
        read_glossary(tmp_path / "d.index")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"term\tdefinition\nlonely\n", r"t\.tsv:2: found 1 column\(s\); a line is term, tab, definition"),
        (b"caf\xe9\tdrink\n", r"t\.tsv: not UTF-8 at byte 3"),
        (b"\n", r"t\.tsv: no entries; a table has term, tab, definition"),
    ],
)
def test_a_file_that_is_no_glossary_is_named(tmp_path, text, message):
    (tmp_path / "t.tsv").write_bytes(text)
    with pytest.raises(GlossaryError, match=message):
        read_glossary(tmp_path / "t.tsv")
    with pytest.raises(GlossaryError, match="no such file"):
        read_glossary(tmp_path / "missing.tsv")


def test_the_glossary_is_part_of_what_identifies_the_documents(table):
    assert Definitions(file=str(table)).files == (str(table),)
