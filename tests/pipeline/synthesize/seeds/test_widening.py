import pytest

from pipeline.synthesize.seeds.index import Index
from pipeline.synthesize.seeds.pages import Pages
from pipeline.synthesize.seeds.settings import Widening
from pipeline.synthesize.seeds.widening import widen

TEXTS = [
    *[f"mass force motion p{i} lever" for i in range(4)],
    *[f"lever pulley torque q{i} mass" for i in range(4)],
    *[f"torque flywheel inertia r{i}" for i in range(4)],
    *[f"cell gene enzyme s{i}" for i in range(4)],
    *[f"market price news t{i}" for i in range(40)],
]
SETTINGS = {"agreeing": 1, "words": 4}


def run(folder, found, hosts=lambda row: "", **settings):
    pages = Pages(["biology", "physics"], len(TEXTS))
    for row, name in found.items():
        pages.find(row, name, "label")
    index = Index(folder)
    index.build(TEXTS)
    asked = list(
        widen(
            pages,
            index,
            Widening.model_validate({**SETTINGS, **settings}),
            0,
            lambda rows: {row: TEXTS[row] for row in rows},
            hosts,
        )
    )
    return asked, {name: [int(row) for row in pages.rows(name)] for name in pages.disciplines}


def test_each_round_asks_about_what_the_round_before_found(tmp_path):
    found = dict.fromkeys(range(4), "physics")
    asked, pages = run(tmp_path / "1", found, rounds=1)
    assert pages == {"biology": [], "physics": list(range(8))}
    assert {each.round for each in asked} == {1}
    asked, pages = run(tmp_path / "2", found, rounds=2)
    assert pages == {"biology": [], "physics": list(range(12))}
    assert {each.query.page for each in asked if each.round == 2} == {4, 5, 6, 7}


def test_keywords_of_the_users_need_no_page_and_are_asked_once(tmp_path):
    asked, pages = run(tmp_path, {}, rounds=2, keywords={"biology": ["gene enzyme"]})
    assert pages == {"biology": [12, 13, 14, 15], "physics": []}
    assert [each.round for each in asked if each.query.page is None] == [1]
    assert (
        asked[0].line == '{"round": 1, "discipline": "biology", "words": "gene enzyme", "page": null, "answers": 4}\n'
    )


@pytest.mark.parametrize(("limit", "most"), [({"keep": 2}, 2), ({"per_host": 3}, 3)])
def test_limits_of_a_round(tmp_path, limit, most):
    _, pages = run(tmp_path, dict.fromkeys(range(4), "physics"), lambda row: "one.org", rounds=1, **limit)
    assert len(pages["physics"]) == 4 + most


def test_a_page_that_two_disciplines_find_is_the_ones_that_finds_it_higher(tmp_path):
    keywords = {"biology": ["gene mass"], "physics": ["mass force motion"]}
    _, pages = run(tmp_path, {}, rounds=1, keywords=keywords)
    assert set(range(4)) <= set(pages["physics"])
    assert set(range(12, 16)) <= set(pages["biology"])
    assert not set(pages["physics"]) & set(pages["biology"])


def test_enough_queries_must_find_a_page(tmp_path):
    _, pages = run(tmp_path, {}, rounds=1, agreeing=2, keywords={"biology": ["gene", "cell", "price"]})
    assert pages["biology"] == [12, 13, 14, 15]
