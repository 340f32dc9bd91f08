import pytest

from pipeline.clean.explain import NO_VALUE, explain
from pipeline.clean.filter import Page
from pipeline.clean.filters import default_filters
from pipeline.clean.filters.length import Length
from pipeline.clean.filters.lines import Lines
from pipeline.clean.filters.words import Words
from pipeline.clean.record import Record, unreadable
from pipeline.clean.settings import Clean

PROSE = "The river carries more water in spring, and the people of the old town have to build walls with stones.\n" * 4
PROFILES = ("en", "zh", "mathematics", "code", "qa")
TEXTS = {
    "prose": PROSE,
    "short": "Buy now!",
    "chinese": "春天的河水比冬天更多，因为山上的雪融化了。人们用石头筑起高墙，保护老城。" * 8,
    "repeated": "again and again " * 200,
    "signs": "### *** ||| ~~~ <<< >>> " * 40,
    "nothing": "\x00",
}


def told(text, clean=None, profile="en", tmp_path=None):
    return explain(Record("a:1", 0, text), clean or Clean(), profile, tmp_path)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_is_said_is_what_the_filters_do(text, profile, tmp_path):
    found = told(text, profile=profile, tmp_path=tmp_path)
    page = Page(found.text, profile, "", 0.0)
    rejections = {rule.kind: rejection for rule in default_filters() if (rejection := rule.reject(page))}
    assert found.removed == next(iter(rejections.values()), None)
    fired = [finding for finding in found.findings if finding.reason]
    assert {finding.filter for finding in fired} == set(rejections)
    for kind, rejection in rejections.items():
        first = next(finding for finding in fired if finding.filter == kind)
        assert (first.reason, first.found, first.allowed) == tuple(rejection)
    names = [(finding.filter, finding.limit) for finding in found.findings]
    assert len(names) == len(set(names))
    for finding in found.findings:
        assert "inf" not in finding.allowed
        assert "e+15" not in finding.allowed
        assert "000000000000" not in finding.allowed


def test_every_limit_of_a_good_text_has_its_value_beside_what_is_allowed():
    clean = Clean(repairs=(), filters=(Length(minimum=20, maximum=1000), Words(longest_mean=10.0)))
    rows = {(f.filter, f.limit): (f.found, f.allowed, f.reason) for f in told(PROSE, clean).findings}
    assert rows["length", "minimum"] == ("80 units", "at least 20", None)
    assert rows["length", "maximum"] == ("80 units", "at most 1000", None)
    assert rows["words", "longest_mean"][1] == "at most 10"
    assert float(rows["words", "shortest_mean"][0].split()[0]) == pytest.approx(4.1, abs=0.3)


def test_a_rule_that_fires_hides_none_of_the_others():
    clean = Clean(repairs=(), filters=(Lines(short=200, maximum_short=0.1, any_short=0.2, ended=0.5, newlines=9.0),))
    rows = {f.limit: f for f in told("no end here\n" * 9 + "It ends.\n", clean).findings}
    assert rows["any_short"].reason == "short_lines"
    assert rows["maximum_short"].reason == "no_sentences"
    assert (rows["ended"].reason, rows["ended"].found) == ("unended_lines", "0.100 of lines end a sentence")
    assert rows["newlines"].reason is None
    assert "short" not in rows


def test_repairs_are_counted_and_what_is_judged_is_mended():
    found = told("Write to ｊane@example.org today. " + PROSE)
    assert found.repaired
    assert "Write to jane@" in found.text


def test_a_record_that_cannot_be_read_says_so():
    record = unreadable("not_json", "oops", "JSON", "a:1", 0, "{")
    found = explain(record, Clean(), "en", None)
    assert (found.problem, found.removed, found.findings) == (record.problem, record.problem, ())


def test_a_limit_that_is_not_come_to_is_said_to_be_so():
    rows = {(f.filter, f.limit): f.found for f in told(PROSE).findings}
    assert rows["boilerplate", "maximum"] in (NO_VALUE, "0.000 of characters")
