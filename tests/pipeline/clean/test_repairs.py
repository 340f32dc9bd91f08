import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sizes import at_least

from pipeline.clean.repair import Repaired
from pipeline.clean.repairs.repeated_lines import RepeatedLines
from pipeline.clean.repairs.simplified import Simplified
from pipeline.clean.repairs.site_lines import SiteLines
from pipeline.clean.repairs.unicode import Unicode
from pipeline.clean.repairs.white_space import WhiteSpace
from pipeline.clean.repairs.width import Width
from pipeline.clean.site_phrases import PHRASES, is_boilerplate, mentions
from pipeline.errors import UserError


def test_letters_and_digits_become_narrow_and_chinese_punctuation_stays():
    text = "今天（周一）有１２个人，ＡＢＣ！共５０％，即３．１４。"
    assert Width().repair(text, "zh") == Repaired("今天（周一）有12个人，ABC！共50%，即3.14。", {"width": 10})
    assert Width(narrow="everything").repair("Ａ，\u3000Ｂ", "zh").text == "A, B"
    assert Width(narrow="nothing").repair(text, "zh") == Repaired(text, {})
    assert Width().repair('x = "Ａ"', "code").text == 'x = "Ａ"'


def test_traditional_becomes_simplified_where_a_recipe_asks():
    pytest.importorskip("opencc")
    assert Simplified().repair("漢語資料庫，乾隆皇帝很乾淨。", "zh").text == "汉语资料库，乾隆皇帝很干净。"
    assert Simplified(scheme="tw2sp").repair("軟體", "zh").text == "软件"
    assert Simplified().repair("已经是简体。", "zh") == Repaired("已经是简体。", {})


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
    assert WhiteSpace().repair("    indented", "code") == Repaired("    indented", {})


def test_site_lines_go_and_articles_that_mention_them_stay():
    essay = "The history of the cookie policy is long. " * 8
    text = f"Accept all cookies\n{essay}\nAll rights reserved."
    assert SiteLines().repair(text, "en") == Repaired(
        essay, {"site_lines": 2}, ("Accept all cookies", "All rights reserved.")
    )
    assert SiteLines().repair(text, "mathematics") == Repaired(text, {})
    assert SiteLines().repair("All rights reserved.", "en") == Repaired("All rights reserved.", {})
    assert SiteLines().repair("正文一行。\n版权所有 翻印必究", "zh").text == "正文一行。"


@pytest.mark.parametrize(
    "line",
    [
        "The bakery uses cookies to lure shoppers.",
        "Every site must show a privacy policy, he said.",
        "He said: “Every site must show a privacy policy.”",
        "Copyright 1998 law was amended.",
        "公司的隐私政策引发争议。",
        "他上一篇论文获奖。",
        "上一篇论文获奖",
        "扫一扫门前雪。",
        "他的微信公众号很火。",
        "他把照片分享到网上。",
        "她当过责任编辑。",
        "这家工厂已经关闭",
    ],
)
def test_sentences_that_mention_a_phrase_stay(line):
    assert SiteLines(longest=120).repair(f"First.\n{line}\nLast.", "zh") == Repaired(f"First.\n{line}\nLast.", {})


@pytest.mark.parametrize(
    "line",
    [
        "We use cookies to give you the best experience of all.",
        "Copyright © 2019 The Society of Friends of Old Trams Limited. All rights reserved.",
        "Privacy policy | Terms of use",
        "Log in | Register",
        "Leave a reply",
        "隐私政策 | 服务条款",
        "请阅读我们的隐私政策",
        "上一篇：没有了",
        "扫一扫关注官方微信公众号。",
        "责任编辑：王小明",
        "[打印] [关闭]",
        "网友评论仅供其表达个人看法，并不表明本网站同意其观点。",
    ],
)
def test_lines_of_a_site_go_even_as_sentences(line):
    assert SiteLines(longest=120).repair(f"First.\n{line}\nLast.", "zh") == Repaired(
        "First.\nLast.", {"site_lines": 1}, (line,)
    )


@pytest.mark.parametrize("phrase", PHRASES)
def test_every_phrase_is_mentioned(phrase):
    @given(st.from_regex(phrase))
    @at_least(100)
    def holds(line):
        if is_boilerplate(line):
            assert mentions(line.lower())

    holds()


@pytest.mark.parametrize(
    "line",
    [
        "© 2023 Foo Ltd.",
        "Leave a reply",
        "Leave a comment",
        "1 comment",
        "Trending",
        "Most read",
        "Please register",
        "You must be logged in to post.",
        "Login | Register",
        "Wishlist",
        "Shopping bag",
        "Cart",
        "E-mail this page",
        "关闭窗口",
        "京公网安备110号",
        "观点并不代表本站",
        "返回顶部",
        "未经许可不得复制",
    ],
)
def test_what_is_boilerplate_is_mentioned(line):
    assert is_boilerplate(line)
    assert mentions(line.lower())


def test_repeated_lines_go_once_they_are_long_enough():
    line = "This sentence is long enough to be a statement."
    text = f"{line}\nrefrain\n{line}\nrefrain"
    assert RepeatedLines().repair(text, "en") == Repaired(f"{line}\nrefrain\nrefrain", {"repeated_lines": 1}, (line,))
    assert RepeatedLines(kept=2).repair(text, "en") == Repaired(text, {})
    text = f"{line}\n\none\n\n{line}\n\n{line}\n\ntwo\n\n\nthree\n{line}\nfour"
    assert RepeatedLines().repair(text, "en") == Repaired(
        f"{line}\n\none\n\ntwo\n\n\nthree\nfour", {"repeated_lines": 3}, (line,) * 3
    )
    assert RepeatedLines().repair(text, "code") == Repaired(text, {})


def test_utf_16_read_byte_by_byte_is_mended():
    for encoding in ("utf-16-le", "utf-16-be"):
        assert Unicode().repair("It’s fine.".encode(encoding).decode("latin-1"), "en").text == "It’s fine."
