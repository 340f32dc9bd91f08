import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.synthesize.seeds.index import K1, B, Index
from pipeline.synthesize.seeds.queries import Query, keyword_queries, page_queries
from pipeline.synthesize.seeds.words import words

TEXTS = ["red apple pie", "green apple", "apple apple tree", "blue sky", "", "重力使苹果落下", "the sky is red"]


def index_of(texts, folder, shard_words=10**6):
    index = Index(folder, shard_words)
    index.build(texts)
    return index


def test_words_are_lower_case_words_and_pairs_of_chinese_characters():
    assert words("Don't x_1 2019 H2O: Äpfel") == ["don", "h2o", "äpfel"]
    assert words("重力使mass下落，力") == ["重力", "力使", "mass", "下落", "力"]
    assert words("a" * 31) == []


def plain_bm25(texts, query):
    """Return document -> score by Lucene's formula: log(1 + (N - n + 1/2) / (n + 1/2)) * tf / (tf + k1 * length)."""
    counts = [Counter(words(text)) for text in texts]
    average = sum(sum(each.values()) for each in counts) / len(texts)
    scores = Counter()
    for word in query:
        n = sum(word in each for each in counts)
        for row, each in enumerate(counts):
            if tf := each[word]:
                length = 1 - B + B * sum(each.values()) / average
                scores[row] += math.log(1 + (len(texts) - n + 0.5) / (n + 0.5)) * tf / (tf + K1 * length)
    return scores


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from(["ab", "cd", "ef", "gh", "重力"]), max_size=6).map(" ".join), min_size=1, max_size=9
    ),
    st.lists(st.sampled_from(["ab", "cd", "重力", "zz"]), min_size=1, max_size=3, unique=True),
)
def test_answers_are_those_of_the_formula(tmp_path_factory, texts, query):
    index = index_of(texts, tmp_path_factory.mktemp("index"))
    scores = plain_bm25(texts, query)
    (found,) = index.search([query], 5)
    assert len(found) == min(len(scores), 5)
    for row, best in zip(found, sorted(scores.values(), reverse=True), strict=False):
        assert scores[row] == pytest.approx(best, rel=1e-4)


def test_shards_find_and_count_the_same_documents(tmp_path):
    one, many = index_of(TEXTS, tmp_path / "one"), index_of(TEXTS, tmp_path / "many", shard_words=3)
    assert one.documents == many.documents == len(TEXTS)
    wanted = {"apple", "red", "重力", "none"}
    assert one.frequencies(wanted) == many.frequencies(wanted) == {"apple": 3, "red": 2, "重力": 1, "none": 0}
    assert sorted(one.search([["apple"]], 9)[0]) == sorted(many.search([["apple"]], 9)[0]) == [0, 1, 2]
    assert one.search([["none"], [], ["重力"]], 9) == [[], [], [5]]


def test_documents_without_words_can_be_indexed(tmp_path):
    assert index_of(["", "12"], tmp_path).search([["apple"]], 3) == [[]]


def test_queries_hold_the_words_that_tell_a_discipline_from_the_corpus(tmp_path):
    pages = ["mass force motion today", "force mass energy today", "force motion energy"]
    others = ["today market news"] * 12 + ["mass church news"] + ["news"] * 12
    index = index_of([*pages, *others], tmp_path)
    (first, _, third) = page_queries(dict(enumerate(pages)), index, 3)
    assert first == Query(("force", "motion", "mass"), 0)
    assert third.words == ("force", "energy", "motion")
    assert page_queries({0: "unique words"}, index_of(["unique words", *others], tmp_path / "b"), 2)[0].page == 0
    assert keyword_queries(["Newton's laws laws", "牛顿"]) == [Query(("newton", "laws"), None), Query(("牛顿",), None)]
