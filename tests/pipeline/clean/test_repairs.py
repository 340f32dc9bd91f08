import sys
from pathlib import Path

import pytest

from pipeline.clean.repairs.repeated_lines import RepeatedLines
from pipeline.clean.repairs.simplified import Simplified
from pipeline.clean.repairs.site_lines import SiteLines
from pipeline.clean.repairs.unicode import Unicode
from pipeline.clean.repairs.white_space import WhiteSpace
from pipeline.clean.repairs.width import Width
from pipeline.errors import UserError


def test_letters_and_digits_become_narrow_and_chinese_punctuation_stays():
    text = "今天（周一）有１２个人，ＡＢＣ！共５０％，即３．１４。"
    assert Width().repair(text, "zh") == ("今天（周一）有12个人，ABC！共50%，即3.14。", {"width": 10})
    assert Width(narrow="everything").repair("Ａ，\u3000Ｂ", "zh").text == "A, B"
    assert Width(narrow="nothing").repair(text, "zh") == (text, {})
    assert Width().repair('x = "Ａ"', "code").text == 'x = "Ａ"'


def test_traditional_becomes_simplified_where_a_recipe_asks():
    pytest.importorskip("opencc")
    assert Simplified().repair("漢語資料庫，乾隆皇帝很乾淨。", "zh").text == "汉语资料库，乾隆皇帝很干净。"
    assert Simplified(scheme="tw2sp").repair("軟體", "zh").text == "软件"
    assert Simplified().repair("已经是简体。", "zh") == ("已经是简体。", {})


def test_a_missing_library_is_one_clear_message(monkeypatch):
    monkeypatch.setitem(sys.modules, "opencc", None)
    monkeypatch.setattr("pipeline.clean.repairs.simplified.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"opencc is missing; install the extra `chinese`"):
        Simplified().at(Path())


def test_white_space():
    text = "a  b \r\n\tc\u200b\n\n\n\n\nd   \n"
    assert WhiteSpace().repair(text, "en").text == "a b\n\tc\n\n\nd"
    assert WhiteSpace().repair(text, "mathematics").text == "a  b\n\tc\n\n\nd"
    assert WhiteSpace(blank_lines=0).repair("a\n\n\nb", "en").text == "a\nb"
    assert WhiteSpace().repair("    indented", "code") == ("    indented", {})


def test_site_lines_go_and_articles_that_mention_them_stay():
    essay = "The history of the cookie policy is long. " * 8
    text = f"Accept all cookies\n{essay}\nAll rights reserved."
    assert SiteLines().repair(text, "en") == (essay, {"site_lines": 2})
    assert SiteLines().repair(text, "mathematics") == (text, {})
    assert SiteLines().repair("All rights reserved.", "en") == ("All rights reserved.", {})
    assert SiteLines().repair("正文一行。\n版权所有 翻印必究", "zh").text == "正文一行。"


def test_repeated_lines_go_once_they_are_long_enough():
    line = "This sentence is long enough to be a statement."
    text = f"{line}\nrefrain\n{line}\nrefrain"
    assert RepeatedLines().repair(text, "en") == (f"{line}\nrefrain\nrefrain", {"repeated_lines": 1})
    assert RepeatedLines(kept=2).repair(text, "en") == (text, {})
    assert RepeatedLines().repair(text, "code") == (text, {})


def test_utf_16_read_byte_by_byte_is_mended():
    for encoding in ("utf-16-le", "utf-16-be"):
        assert Unicode().repair("It’s fine.".encode(encoding).decode("latin-1"), "en").text == "It’s fine."
