"""The forgetting alarm: exact shares, worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtures.base import Slice
from mixtures.forgetting_alarm import ForgettingAlarm, RaiseReplay, Stop

SLICES = (
    Slice("en/topic=a", "en", (("topic", "a"),), 300),
    Slice("en/topic=b", "en", (("topic", "b"),), 100),
    Slice("code", "code", (), 100),
    Slice("zh", "zh", (), 500),
)
SHARES = {"en/topic=a": 0.1, "en/topic=b": 0.1, "code": 0.2, "zh": 0.6}
BASE = {"en/topic=a": 2.0, "en/topic=b": 2.0, "code": 1.0, "zh": 5.0}
GROUPS = {"old": {"en": 0.5, "code": 0.5}}
ALARM = ForgettingAlarm(sources=("old",), rise=0.1, action=RaiseReplay(by=0.05, most=0.6))


def signals(**rises):
    rises = {name.replace("_", "/topic="): rise for name, rise in rises.items()}
    return {"validation_loss": {n: loss + rises.get(n, 0.0) for n, loss in BASE.items()}, "base_loss": BASE}


def test_slices_of_a_source_count_by_their_tokens():
    found = ALARM.forgotten(SLICES, GROUPS, signals(en_a=0.2, en_b=-0.2, zh=9.0))
    assert found == {"code": 0.0, "en": pytest.approx((300 * 0.2 - 100 * 0.2) / 400)}


def test_it_rings_from_the_stated_rise_on():
    assert ALARM.levels(SLICES, GROUPS, signals(code=0.099)) == {}
    assert ALARM.levels(SLICES, GROUPS, signals(code=0.101)) == {"code": 1}
    assert ALARM.levels(SLICES, GROUPS, signals(code=0.35, en_a=0.3, en_b=0.3)) == {"code": 3, "en": 3}


def test_a_forgotten_source_gets_more_and_the_others_less_in_proportion():
    shares = ALARM.corrected(SHARES, SLICES, GROUPS, signals(code=0.25))
    assert shares == pytest.approx({"en/topic=a": 0.0875, "en/topic=b": 0.0875, "code": 0.3, "zh": 0.525})


def test_what_is_raised_stays_below_the_most():
    shares = ALARM.corrected(SHARES, SLICES, GROUPS, signals(code=0.9, en_a=0.5, en_b=0.5))
    # 9 + 5 levels would add 0.7 to 0.4; 0.2 is allowed, of which code gets 9 parts of 14.
    assert shares["code"] == pytest.approx(0.2 + 0.2 * 9 / 14)
    assert shares["en/topic=a"] == shares["en/topic=b"] == pytest.approx((0.2 + 0.2 * 5 / 14) / 2)
    assert shares["zh"] == pytest.approx(0.4)


def test_a_source_that_had_nothing_is_read_by_the_sizes_of_its_slices():
    shares = ALARM.corrected({"zh": 1.0}, SLICES, GROUPS, signals(en_a=0.1001, en_b=0.1001))
    assert shares == pytest.approx({"en/topic=a": 0.0375, "en/topic=b": 0.0125, "code": 0.0, "zh": 0.95})


@pytest.mark.parametrize(
    "measured", [{}, {"validation_loss": {"code": 9.0}}, signals()], ids=["none", "no base", "as it was"]
)
def test_without_forgetting_shares_stay(measured):
    assert ALARM.corrected(SHARES, SLICES, GROUPS, measured) == SHARES


def test_an_alarm_that_stops_leaves_shares_alone():
    alarm = ForgettingAlarm(sources=("code",), rise=0.1, action=Stop())
    assert alarm.levels(SLICES, GROUPS, signals(code=0.2)) == {"code": 2}
    assert alarm.corrected(SHARES, SLICES, GROUPS, signals(code=0.2)) == SHARES


@given(st.lists(st.floats(-1, 5), min_size=4, max_size=4), st.lists(st.integers(0, 9), min_size=4, max_size=4))
def test_shares_stay_shares(rises, parts):
    if not sum(parts):
        return
    shares = {p.name: part / sum(parts) for p, part in zip(SLICES, parts, strict=True)}
    losses = {p.name: BASE[p.name] + rise for p, rise in zip(SLICES, rises, strict=True)}
    made = ALARM.corrected(shares, SLICES, GROUPS, {"validation_loss": losses, "base_loss": BASE})
    assert sum(made.values()) == pytest.approx(1.0)
    assert min(made.values()) >= 0.0
