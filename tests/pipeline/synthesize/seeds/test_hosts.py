import pytest
import yaml

from pipeline.errors import UserError
from pipeline.synthesize.seeds.hosts import Census, host_of, read_list
from pipeline.synthesize.seeds.settings import Hosts

BOTH = ("biology", "physics")
PAGES = [
    *[("good.org", "physics")] * 7,
    *[("good.org", "sport")] * 3,
    *[("mixed.org", "physics")] * 5,
    *[("mixed.org", "biology")] * 5,
    *[("mixed.org", None)] * 5,
    *[("small.org", "biology")] * 4,
    *[("", "biology")] * 50,
]


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://www.Arxiv.org:443/abs/1", "arxiv.org"),
        ("http://a.b.edu/x?y=http://z", "a.b.edu"),
        ("no address", ""),
        ("http://[broken", ""),
        ("", ""),
    ],
)
def test_hosts_of_addresses(url, host):
    assert host_of(url) == host


def test_hosts_are_listed_by_rate_and_support_and_pages_without_a_host_list_none():
    census = Census(PAGES, BOTH)
    assert census.listed(Hosts(rate=0.7, pages=10)) == {"good.org": "physics"}
    assert census.listed(Hosts(rate=0.71, pages=10)) == {}
    assert census.listed(Hosts(rate=0.7, pages=11)) == {}
    assert census.listed(Hosts(rate=0.3, pages=4)) == {
        "good.org": "physics",
        "mixed.org": "biology",
        "small.org": "biology",
    }


def test_the_list_is_written_for_people_and_read_back_after_editing(tmp_path):
    census, rule = Census(PAGES, BOTH), Hosts(rate=0.3, pages=4)
    text = census.written(census.listed(rule), rule)
    assert yaml.safe_load(text)["physics"] == {"good.org": {"pages": 10, "share": 0.7}}
    path = tmp_path / "hosts.yaml"
    path.write_text(text)
    assert read_list(path, BOTH) == census.listed(rule)
    path.write_text("physics: [www.new.org, good.org]\nchemistry: [c.org]\n")
    assert read_list(path, BOTH) == {"new.org": "physics", "good.org": "physics"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("phisics: [a.org]", "names none of biology, physics; did you mean physics"),
        ("- a.org", "found list"),
        ("physics: a.org", "hosts.yaml:1: physics: found 'a.org'; a list of hosts is needed"),
        ("physics: [https://a.org/x]", "found 'https://a.org/x'; a host such as"),
        ("physics: [a.org]\nbiology: [a.org]", "hosts.yaml:2: biology: a.org is also listed for physics"),
    ],
)
def test_mistakes_in_a_list_are_said_with_their_line(tmp_path, text, words):
    path = tmp_path / "hosts.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=words):
        read_list(path, BOTH)
