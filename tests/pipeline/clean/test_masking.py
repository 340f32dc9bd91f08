"""Personal data goes, and numbers and signs that are nobody's stay."""

import random

import planted_faults as planted
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sizes import at_least

from pipeline.clean.personal.id_number import check_digit
from pipeline.clean.repair import Repaired
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
    assert masked(text, "zh") == Repaired(result, counts)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("'john@gmail.com'", "'<EMAIL>'"),
        ("`john@gmail.com`", "`<EMAIL>`"),
        ("author='john@gmail.com'", "author='<EMAIL>'"),
        ("email=john.smith@gmail.com&x=1", "email=<EMAIL>&x=1"),
        ("|john@gmail.com|", "|<EMAIL>|"),
        ("{john@gmail.com}", "{<EMAIL>}"),
        ("José@gmail.com", "<EMAIL>"),
        ("write to josé.garcía@gmail.com", "write to <EMAIL>"),
        ("jose\u0301@gmail.com", "<EMAIL>"),
        ("12345678@qq.com", "<EMAIL>"),
        ("http://93.184.216.34/x", "http://<IP_ADDRESS>/x"),
        ("src=93.184.216.34", "src=<IP_ADDRESS>"),
        ("server_ip = '93.184.216.34'", "server_ip = '<IP_ADDRESS>'"),
        ("In version 2 the host 93.184.216.34", "In version 2 the host <IP_ADDRESS>"),
        ("电话：010-62781234", "电话：<PHONE>"),
        ("传真：（010）62781234转12", "传真：<PHONE>"),
        ("电话 0755-88886666、0755-88886667。", "电话 <PHONE>、<PHONE>。"),
        ("tel: 400-820-8820", "tel: <PHONE>"),
        ("phone 13812345678", "phone <PHONE>"),
    ],
)
@pytest.mark.parametrize("profile", ["en", "zh", "mathematics", "code", "qa"])
def test_what_is_masked_everywhere(text, result, profile):
    assert masked(text, profile).text == result


def test_an_address_in_angle_brackets():
    assert masked("<93.184.216.34>").text == "<<IP_ADDRESS>>"
    assert masked("a <93.184.216.34").counts == {}


@pytest.mark.parametrize("text", planted.INNOCENT)
@pytest.mark.parametrize("profile", ["en", "zh", "mathematics", "code"])
def test_what_stays(text, profile):
    assert masked(text, profile) == Repaired(text, {})


@pytest.mark.parametrize(
    ("text", "profile"),
    [
        ("y = W@x.to(device)", "code"),
        ("y = W@x.in_features", "code"),
        ("loss = X@W.to", "code"),
        ("A@B.is a matrix", "mathematics"),
        ("x@y.me", "mathematics"),
        ("loss = weight@hidden.to", "code"),
        ("13800000000 years", "en"),
        ("18000000000 dollars", "en"),
        ("13912345678 tons", "en"),
        ("010-62781234 and 400-820-8820", "en"),
        ("型号 0755-88886666", "zh"),
        ("OID 2.5.29.15", "en"),
        ("libfoo 5.4.0.42", "en"),
        ("from libfoo-5.4.0.42", "en"),
        ("Chrome 49.0.26.23", "en"),
        ("pi 3.14.15.92", "en"),
        ('HTML5 specs sections "8.2.4.44 Bogus comment state"', "en"),
        ('x = "5.4.0.42"', "code"),
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
    assert masked(text, profile) == Repaired(text, {})


def test_kinds_and_placeholder_are_settings():
    text = "a@firm.com or 81.2.69.142"
    assert Masking(kinds=("email",), placeholder="[{kind}]").repair(text, "en").text == "[EMAIL] or 81.2.69.142"
    for placeholder in ("{name}", "{", "a@b", "x1", "{kind.x}", "{kind[x]}"):
        with pytest.raises(ValueError, match="holds a"):
            Masking(placeholder=placeholder)


def test_bare_digits_are_no_telephone_number_outside_chinese():
    assert masked("The record gives 13812345678 as the only entry.").counts == {}
    assert masked("据记录，号码是13812345678。", "zh").counts == {"phone": 1}


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
