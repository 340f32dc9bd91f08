import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sizes import at_least

from pipeline.clean.filter import Page
from pipeline.clean.filters import default_filters
from pipeline.clean.filters.boilerplate import Boilerplate
from pipeline.clean.filters.garbled import Garbled
from pipeline.clean.filters.language import Language
from pipeline.clean.filters.length import Length
from pipeline.clean.filters.lines import Lines
from pipeline.clean.filters.repetition import (
    Repetition,
    duplicate_share,
    numbered,
    repeated_characters,
    top_characters,
)
from pipeline.clean.filters.symbols import Symbols, letter_share
from pipeline.clean.filters.words import Words
from pipeline.clean.profile import applied, profile
from pipeline.clean.units import units


def page(text, profile="en", language="eng_Latn", score=0.9):
    return Page(text, profile, language, score)


MENU = "Home\nAbout us\nContact\nProducts\nNews\nCareers\nLog in\nRegister\nHelp\nDeutsch\nFrançais\nShop now\n"
COOKIES = (
    "We use cookies to improve your experience.\nAccept all cookies\nRead our privacy policy.\n"
    "Please enable JavaScript to view this page.\nAll rights reserved.\n"
) * 2
SPAM = "Buy cheap watches now at our store. " * 40
CHINESE_SPAM = "点击此处领取大奖，机会难得，马上行动。" * 30
CHINESE_FOOTER = (
    "版权所有 未经授权不得转载\n点击查看更多精彩内容\n京ICP备案号 12345678\n请启用 JavaScript 以浏览本页的全部内容\n"
    * 2
)
TABLE = "\n".join(f"{i} {i * 37 % 91}.{i % 7} {i * i} | {i + 3} -- {i * 12}" for i in range(60))
MOJIBAKE = "ä¸­å\x9b½äºº\x99ï¿½ï¿½ ã\x80\x82 Ã©Ã¨ \ufffd\ufffd " * 20


@pytest.mark.parametrize(
    ("text", "profile", "language", "reason"),
    [
        (MENU, "en", "eng_Latn", "no_sentences"),
        (COOKIES, "en", "eng_Latn", "duplicate_lines"),
        (SPAM, "en", "eng_Latn", "top_ngram"),
        (CHINESE_SPAM, "zh", "cmn_Hani", "top_ngram"),
        (CHINESE_FOOTER, "zh", "cmn_Hani", "duplicate_lines"),
        (TABLE, "en", "eng_Latn", "few_letters"),
        (MOJIBAKE, "zh", "cmn_Hani", "broken_characters"),
        ("Too short.", "en", "eng_Latn", "too_short"),
        ("太短了。", "zh", "cmn_Hani", "too_short"),
    ],
)
def test_junk_is_turned_away(text, profile, language, reason):
    found = [
        rejection.reason for rule in default_filters() if (rejection := rule.reject(page(text, profile, language)))
    ]
    assert found
    assert reason in found


def test_language_passes_in_doubt_only_where_the_profile_says_so():
    rule = Language()
    assert rule.reject(page("x", "en", "deu_Latn")).reason == "language"
    assert rule.reject(page("x", "en", "eng_Latn", 0.3)).reason == "language_score"
    assert rule.reject(page("x", "en", "", 0.0)) is None
    assert rule.reject(page("x", "mathematics", "lat_Latn", 0.2)) is None
    assert rule.reject(page("x", "mathematics", "lat_Latn", 0.8)).reason == "language"
    assert rule.reject(page("x", "code", "lat_Latn", 0.9)) is None
    assert Language(accept=("deu_Latn",)).reject(page("x", "en", "deu_Latn")) is None


def test_units_are_words_or_characters():
    assert units("It's 2 words, 三个字 and π.") == ("It", "s", "2", "words", "三", "个", "字", "and", "π")
    assert Length(minimum=3).reject(page("一二三")) is None
    assert Length(minimum=4).reject(page("一二三")) == ("too_short", "3 units", "at least 4")
    assert Length(minimum=1, maximum=2).reject(page("a b c")).reason == "too_long"


def test_shares_of_repetition_are_exact():
    pieces = ["ab", "cd", "ab"]
    assert duplicate_share(pieces, set(pieces)) == pytest.approx(1 / 3)
    numbers, lengths = numbered(units("a b a b a b c"))
    assert top_characters(numbers, lengths, 2) == 6
    assert repeated_characters(numbers, lengths, 2) == 4
    numbers, lengths = numbered(units("a b c d e f"))
    assert top_characters(numbers, lengths, 2) == repeated_characters(numbers, lengths, 2) == 0
    assert Repetition(duplicate_lines=0.3).reject(page("ab\ncd\nab\n")).reason == "duplicate_lines"
    assert Repetition(duplicate_lines=1.0, number_of_lines=0.3).reject(page("ab\ncd\nab\n")).found == (
        "0.333 of their number"
    )


@given(st.lists(st.sampled_from("abc"), max_size=40), st.integers(1, 6))
@at_least(50)
def test_repetition_agrees_with_counting_by_hand(words, n):
    numbers, lengths = numbered(words)
    ngrams = [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
    counts = {ngram: ngrams.count(ngram) for ngram in ngrams}
    best = max(counts.values(), default=1)
    assert top_characters(numbers, lengths, n) == (best * n if best > 1 else 0)
    covered = {i + k for i, ngram in enumerate(ngrams) if ngram in ngrams[:i] for k in range(n)}
    assert repeated_characters(numbers, lengths, n) == len(covered)


def test_letters_of_every_script_count():
    assert letter_share("中文 abc") == 1.0
    assert letter_share("a1 b2") == 0.5
    assert letter_share(" \n") == 0.0
    assert Symbols(letters=0.6).reject(page("1234 ab")).reason == "few_letters"


def test_lines_know_chinese_ends():
    assert Lines(short=30, maximum_short=0.5).reject(page("你好。\n再见！\n真的？", "zh")) is None
    assert Lines(short=30, maximum_short=0.5).reject(page("首页\n新闻\n联系我们", "zh")).reason == "no_sentences"


def test_garbled_and_boilerplate():
    assert Garbled().reject(page("plain text \ufffd" * 10)).reason == "broken_characters"
    assert Garbled().reject(page("锟斤拷锟斤拷" * 5 + "好")).reason == "mojibake"
    assert Garbled().reject(page("He said “naïve café” — 中文，也可以。")) is None
    about = (
        "An essay on cookies: " + "the history of the cookie policy is long and full of turns that few foresaw. " * 5
    )
    assert Boilerplate().reject(page(about)) is None
    assert Boilerplate().reject(page("Lorem ipsum dolor sit amet, consectetur.")).reason == "boilerplate"
    assert Boilerplate().reject(page(COOKIES)).reason == "boilerplate"
    assert Boilerplate().reject(page(CHINESE_FOOTER, "zh")).reason == "boilerplate"


def test_a_word_with_a_letter_is_one_and_chinese_numerals_are_letters():
    assert Words(alphabetic=1.0).reject(page("一二三四五六七八九十百千万亿 3rd 有", "zh")) is None
    assert Words(alphabetic=0.6, shortest_mean=1).reject(page("one 12 ___ x2")) == (
        "few_alphabetic_words",
        "0.500 of words",
        "at least 0.6",
    )


def test_where_units_hold_too_few_letters_words_are_counted_as_gopher_does():
    words = Words(alphabetic=1.0, shortest_mean=1, different_stop_words=1)
    assert words.reject(page("Quizzes[1] and > Crosswords[2] on 30T03:04 --")) is None
    assert words.reject(page("Quizzes[1] at 5:30 and 12")).found == "0.600 of words"
    assert words.reject(page("第1页共2页", "zh")).found == "0.667 of words"


MAIL = """On Sun, Harri wrote:

> So it says in the book which nobody here has ever read to its very end. Or is
> there anyone who did?
>
> It froze

I did it once, in a winter that was longer than any other one I can recall in
my life. It was worth it, though only just, as they say :-)

regards,
jan
--
Jan L. Peterson
jlp at home
Mountain View
"""


def test_of_mail_paragraphs_are_counted_without_its_signature_and_marks_of_quotation():
    lines = Lines(ended=0.4, wrapped=50)  # of six paragraphs two say something that ends
    assert lines.reject(page(MAIL)) == ("unended_lines", "0.333 of lines end a sentence", "at least 0.4")
    assert Lines(ended=0.3, wrapped=50).reject(page(MAIL)) is None
    alone = MAIL.replace("\n--\n", "\n")
    assert Lines(ended=0.3, wrapped=50).reject(page(alone)).found == "0.222 of lines end a sentence"
    assert Lines(ended=0.3, wrapped=50).reject(page("--\n" + alone)).found == "0.200 of lines end a sentence"


def test_a_menu_is_no_paragraph():
    menu = "\n".join(["Home. News. Sports. Weather. Contact us", "All about cars. The best of them"] * 5)
    assert Lines(ended=0.12, wrapped=50).reject(page(menu)).found == "0.000 of lines end a sentence"
    long = (
        "Home. News. Sports. Weather. Contact us and learn more about all that we do for you, from now on, day by day"
    )
    assert Lines(ended=0.12, wrapped=200).reject(page(f"{menu}\n{long}")).found == "0.091 of lines end a sentence"


def test_numbers_of_addresses_are_no_words_of_the_text():
    text = "See http://a.org/2002/10/06/0755208 and https://b.org/1,2,3,4.html now"
    words = Words(alphabetic=1.0, shortest_mean=1, different_stop_words=1)
    assert words.reject(page(text)) is None
    assert words.reject(page(f"{text} 5")).found == "0.750 of words"


@pytest.mark.parametrize(
    "text",
    [
        "> quoted\n> > twice",
        "one\n========\ntwo\n______",
        "see http://a.org/b/c/d/e/f?x=1&y=2",
        ">>> f(x) == {1: [2]}\n1",
    ],
)
def test_signs_of_a_letters_layout_are_none(text):
    assert Symbols(letters=0.0, signs=0.0).reject(page(text)) is None


def test_other_signs_count_among_those_of_the_layout():
    assert Symbols(letters=0.0, signs=0.1).reject(page("> a = b == c\n=====")).found == "0.500 of visible characters"


@pytest.mark.parametrize("name", ["top_ngram", "duplicate_ngrams"])
@pytest.mark.parametrize("n", [0, -1])
def test_ngrams_have_one_unit_at_least(name, n):
    with pytest.raises(ValidationError, match=f"{name}.{n}.*\n.*greater than or equal to 1"):
        Repetition.model_validate({name: {n: 0.1}})


def test_prose_with_a_hundredth_of_formulas_is_judged_as_mathematics():
    least = profile("en")["formulas"]["share"]
    formula, filling = "$\\alpha_1$", "word "
    full = formula + filling * ((round(len(formula) / least) - len(formula)) // len(filling))
    assert page(full).formulas >= least > page(full + filling * 5).formulas
    assert [page(full + filling * more).thresholds for more in (0, 5)] == ["mathematics", "en"]
    assert page(full, "zh").thresholds == "mathematics"
    assert page(full, "code").thresholds == "code"


@pytest.mark.parametrize(
    "text",
    [
        "echo $PATH$HOME and $user$",
        "costs $5 and $6",
        "```\n$\\alpha$\n```",
        ">>> r'$\\sum$'",
        "`x_1` and \\alpha^2 or `y`",
        r"open `C:\Users` or ``\alpha^2``",
    ],
)
def test_variables_prices_and_code_are_no_formulas(text):
    assert page(text).formulas == 0


def test_formulas_of_restructured_text_may_stand_in_backquotes_alone():
    assert page(r"in `\mathbb{Z}[x, y]`").formulas == pytest.approx(18 / 21)
    assert page("in `w = \\alpha^2\n+ 1` and `n`").formulas == pytest.approx(18 / 29)


def test_formulas_change_no_language():
    text = "Für $\\alpha > 0$ gilt der Satz von $\\beta$ auch hier, wie man leicht sieht."
    assert page(text).thresholds == "mathematics"
    assert Language().reject(page(text, "zh", "eng_Latn", 0.9)).reason == "language"
    assert Language().reject(page(text, "en", "eng_Latn", 0.3)) is None


def test_what_a_corpus_is_made_with_names_every_threshold_that_may_apply():
    assert list(applied("zh")) == ["zh", "mathematics"]
    assert list(applied("qa")) == ["qa"]
