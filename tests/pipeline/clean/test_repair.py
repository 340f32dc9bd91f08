from hypothesis import given
from hypothesis import strategies as st
from sizes import at_least

from pipeline.clean.repairs.unicode import Unicode, _configuration


def mended(text, profile="en"):
    return Unicode().repair(text, profile).text


def test_chinese_punctuation_stays_full_width():
    text = "“你好！”他说：今天（周一）有１２个人，真的？"
    assert mended(text, "zh") == text


def test_mojibake_is_mended():
    assert mended("The cafÃ© isnâ€™t open") == "The café isn’t open"
    assert mended("中文".encode().decode("latin-1"), "zh") == "中文"
    assert Unicode().repair("The cafÃ© isnâ€™t open", "en").counts == {"unicode": 1}


def test_entities_stay_in_code():
    assert mended('x = "&amp;"', "code") == 'x = "&amp;"'
    assert mended("salt &amp; pepper") == "salt & pepper"


@given(st.text(alphabet=st.characters(max_codepoint=127)))
@at_least(50)
def test_the_short_cut_for_ascii_changes_nothing(text):
    import ftfy

    assert mended(text) == ftfy.fix_text(text, config=_configuration(True))
