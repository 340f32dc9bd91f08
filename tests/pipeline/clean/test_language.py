import pytest

from pipeline.clean.language_model import LanguageModel, code_of
from pipeline.errors import UserError


def test_labels_become_iso_codes_with_script():
    assert [
        code_of(label) for label in ("__label__zh", "__label__en", "__label__no", "__label__cmn_Hani", "__label__q")
    ] == ["cmn_Hani", "eng_Latn", "nob_Latn", "cmn_Hani", "q"]


def test_no_model_is_one_clear_message(tmp_path):
    (tmp_path / "bad.ftz").write_bytes(b"not a model")
    with pytest.raises(UserError, match=r"clean.language_model: .*bad.ftz: not a fastText model"):
        LanguageModel(tmp_path / "bad.ftz")


def test_datatrove_splits_chinese_under_the_key_that_is_used():
    """Guards against datatrove's table of languages, which picks a tokenizer that cannot split Chinese for `zh`."""
    pytest.importorskip("jieba")
    from datatrove.utils.word_tokenizers import load_word_tokenizer
    from page_judges import DATATROVE_CHINESE

    assert len(load_word_tokenizer(DATATROVE_CHINESE).word_tokenize("我们今天去北京大学参观图书馆。")) >= 5
