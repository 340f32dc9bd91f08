"""Filters that go by a list of the user's: addresses and phrases."""

import pytest
from pydantic import ValidationError

from pipeline.clean.filter import Page
from pipeline.clean.filters.phrases import Phrases
from pipeline.clean.filters.url import Url
from pipeline.errors import UserError


def page(url="", text="One sentence about a river bank."):
    return Page(text, "en", "eng_Latn", 0.9, url)


@pytest.mark.parametrize(
    ("url", "blocked"),
    [
        ("https://spam.example/a", True),
        ("http://user@www.Spam.example:8080/", True),
        ("https://notspam.example/", False),
        ("https://spam.example.org/", False),
        ("https://fine.org/casino/1", True),
        ("https://fine.org/", False),
        ("", False),
        ("no address", False),
    ],
)
def test_hosts_take_what_lies_under_them(url, blocked):
    rejection = Url(block=("spam.example", "/casino/")).reject(page(url))
    assert (rejection is not None) == blocked
    assert rejection is None or (rejection.reason, rejection.found) == ("url_blocked", url)


@pytest.mark.parametrize(
    ("entry", "url", "blocked"),
    [
        ("http://www.spam.example/", "https://a.spam.example/b", True),
        ("spam.example:8080", "https://spam.example/", True),
        ("fine.org/ads", "https://www.Fine.org/ads", True),
        ("fine.org/ads/", "https://fine.org:8443/ads/1?x=2#top", True),
        ("fine.org/ads", "https://fine.org/adsorption", False),
        ("fine.org/ads", "https://fine.org/", False),
        ("fine.org/page?id=3", "http://fine.org/page?id=3", True),
        ("fine.org/page?id=3", "http://fine.org/page?id=4", False),
        ("fine.org/page", "http://fine.org/page?id=4", True),
        ("fine.org/ads", "https://other.org/fine.org/ads", False),
    ],
)
def test_addresses_take_what_lies_below_them(entry, url, blocked):
    assert (Url(block=(entry,)).reject(page(url)) is not None) == blocked


def test_lists_come_from_a_file_too(tmp_path):
    (tmp_path / "hosts.txt").write_text("# ours\n\nbad.org\n/[.]xyz$/\n")
    rule = Url(file="hosts.txt").at(tmp_path)
    assert rule.reject(page("http://a.bad.org/")) and rule.reject(page("http://a.xyz"))
    assert Url(file="hosts.txt").files == ("hosts.txt",)
    (tmp_path / "words.txt").write_text("river bank\n赌场\n")
    rule = Phrases(file="words.txt").at(tmp_path)
    assert rule.reject(page()).reason == "blocked_phrases"
    assert rule.reject(page(text="Driver banking is another thing.")) is None
    assert rule.reject(page(text="网上赌场开业")).found.startswith("166.67 mentions")
    assert Phrases(block=("river",), per_thousand=200).reject(page()) is None


def test_wrong_lists_are_one_clear_message(tmp_path):
    (tmp_path / "bad.txt").write_text("good.org\n/(/\n")
    with pytest.raises(UserError, match=r"bad.txt:2: /\(/ is no regular expression"):
        Url(file="bad.txt").at(tmp_path)
    (tmp_path / "bad.txt").write_text("good.org\n?x\n")
    with pytest.raises(UserError, match=r"bad.txt:2: \?x is no host, address or /regular expression/"):
        Url(file="bad.txt").at(tmp_path)
    with pytest.raises(UserError, match=r"clean.filters.url.file: .*none.txt: no such file"):
        Url(file="none.txt").at(tmp_path)
    with pytest.raises(ValidationError, match="is no regular expression"):
        Url(block=("/(/",))
