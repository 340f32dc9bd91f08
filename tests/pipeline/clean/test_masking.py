"""Personal data goes, and numbers and signs that are nobody's stay."""

import random

import planted_faults as planted
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sizes import at_least

from pipeline.clean.personal.id_number import check_digit
from pipeline.clean.repairs.masking import Masking


def masked(text, profile="en"):
    return Masking().repair(text, profile)


@pytest.mark.parametrize(
    ("text", "result", "counts"),
    [
        ("Write to li.wei@163.com today.", "Write to <EMAIL> today.", {"email": 1}),
        ("联系abc_1@qq.com或a.b@cs.ucl.ac.uk。", "联系<EMAIL>或<EMAIL>。", {"email": 2}),
        ("手机：13812345678，座机无。", "手机：<PHONE>，座机无。", {"phone": 1}),
        ("他的号码是+86 138 1234 5678。", "他的号码是<PHONE>。", {"phone": 1}),
        ("From 81.2.69.142 at noon", "From <IP_ADDRESS> at noon", {"ip_address": 1}),
        ("from 2408:8207::1 again", "from <IP_ADDRESS> again", {"ip_address": 1}),
        ("身份证11010519491231002X号", "身份证<ID_NUMBER>号", {"id_number": 1}),
        ("身份证号：110105491231002", "身份证号：<ID_NUMBER>", {"id_number": 1}),
    ],
)
def test_what_is_masked(text, result, counts):
    assert masked(text, "zh") == (result, counts)


@pytest.mark.parametrize("text", planted.INNOCENT)
@pytest.mark.parametrize("profile", ["en", "zh", "mathematics", "code"])
def test_what_stays(text, profile):
    assert masked(text, profile) == (text, {})


@pytest.mark.parametrize(
    ("text", "profile"),
    [
        ("y = W@x.to(device)", "code"),
        ("110105194912310021 has the wrong check digit", "en"),
        ("11010519491331002X was born in a 13th month", "en"),
        ("x = 13812345678", "mathematics"),
        ("The answer is 13812345678.", "qa"),
        ("git clone git@github.com:a/b.git", "code"),
        ("Version 10.0.19041.1 and 1.2.3.4", "en"),
        ("8.8.8.8 has small parts", "en"),
        ("2001:db8::1 is reserved", "en"),
    ],
)
def test_what_stays_where(text, profile):
    assert masked(text, profile) == (text, {})


def test_kinds_and_placeholder_are_settings():
    text = "a@firm.com or 81.2.69.142"
    assert Masking(kinds=("email",), placeholder="[{kind}]").repair(text, "en").text == "[EMAIL] or 81.2.69.142"
    for placeholder in ("{name}", "{", "a@b", "x1"):
        with pytest.raises(ValueError, match="holds a"):
            Masking(placeholder=placeholder)


def test_check_digit_of_the_standard():
    assert check_digit("11010519491231002") == "X"
    assert check_digit("44052418800101001") == "4"


@given(st.sampled_from(("email", "ip_address", "phone", "id_number")), st.integers(0, 10**6), st.booleans())
@at_least(60)
def test_planted_data_never_stays(kind, number, chinese):
    sentence, data = planted.personal(kind, random.Random(number), chinese=chinese)
    result = masked(f"一行文字。\n{sentence}\nAnd more.", "zh" if chinese else "en")
    assert data not in result.text
    assert result.counts == {kind: 1}
