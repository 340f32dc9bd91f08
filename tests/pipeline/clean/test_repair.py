from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean.adapter import FTFYFormatter, Repair


def test_chinese_punctuation_stays_full_width():
    text = "“你好！”他说：今天（周一）有１２个人，真的？"
    assert Repair("zh").format(text) == text


def test_mojibake_is_mended():
    assert Repair("en").format("The cafÃ© isnâ€™t open") == "The café isn’t open"
    assert Repair("zh").format("中文".encode().decode("latin-1")) == "中文"


def test_entities_stay_in_code():
    assert Repair("code").format('x = "&amp;"') == 'x = "&amp;"'
    assert Repair("en").format("salt &amp; pepper") == "salt & pepper"


@given(st.text(alphabet=st.characters(max_codepoint=127)))
@settings(deadline=None)
def test_the_short_cut_for_ascii_changes_nothing(text):
    assert Repair("en").format(text) == FTFYFormatter.format(Repair("en"), text)
