import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from pipeline.tokens import token_ids
from pipeline.tokens.token_ids import TokenIds

TEXT = [
    "It's 12345 cats, don't you know? I'LL pay.\n\n\tx = f(a_1)  # naïve café",
    "汉字，全角。繁體 the words of the cats",
] * 4
LLAMA_3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def byte_level(pre, *, alphabet=True, added=(), normalizer=None):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer, tokenizer.decoder = pre, decoders.ByteLevel()
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    letters = pre_tokenizers.ByteLevel.alphabet() if alphabet else []
    tokenizer.train_from_iterator(
        TEXT, trainers.BpeTrainer(vocab_size=400, initial_alphabet=letters, special_tokens=list(added))
    )
    return tokenizer


def word_level():
    tokenizer = Tokenizer(models.WordLevel({"the": 0, "cats": 1, "?": 2}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer


GPT_2, PREFIXED = pre_tokenizers.ByteLevel(add_prefix_space=False), pre_tokenizers.ByteLevel(add_prefix_space=True)
SPLIT = pre_tokenizers.Split(Regex(LLAMA_3), "isolated")
KINDS = {
    "GPT-2": lambda: byte_level(GPT_2, added=["<|end|>"]),
    "Llama 3": lambda: byte_level(pre_tokenizers.Sequence([SPLIT, pre_tokenizers.ByteLevel(False, use_regex=False)])),
    "without some bytes": lambda: byte_level(GPT_2, alphabet=False, added=["<|end|>"]),
    "single digits": lambda: byte_level(pre_tokenizers.Sequence([pre_tokenizers.Digits(True), GPT_2])),
    "a space before": lambda: byte_level(PREFIXED),
    "greedy added token": lambda: byte_level(GPT_2, added=[AddedToken("<x>", lstrip=True, rstrip=True)]),
    "small letters": lambda: byte_level(
        GPT_2, normalizer=normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    ),
    "whole words": word_level,
}


@pytest.fixture(scope="module", params=KINDS)
def both(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    KINDS[request.param]().save(str(path))
    return request.param, Tokenizer.from_file(str(path)), TokenIds(path)


def test_the_usual_kinds_are_encoded_the_quick_way(both):
    kind, _, ids = both
    if kind in ("GPT-2", "Llama 3", "without some bytes"):
        assert ids._quick is not None
    if kind == "whole words":
        assert ids._quick is None


@settings(max_examples=60)
@given(
    st.lists(
        st.one_of(st.text(max_size=30), st.sampled_from(["<|end|>", "a <x> b", "It's", " 汉字  \n", "\x04\x13"])),
        max_size=4,
    )
)
@example([])
@example(["", "It's 1234\n\n 汉字\x04 e\u0301 <|end|><x>  "])
def test_ids_are_those_of_the_library(both, texts):
    _, library, ids = both
    joined = [*texts, "".join(texts)]
    expected = [library.encode(text, add_special_tokens=False).ids for text in joined]
    assert [found.tolist() for found in ids.of(joined)] == expected


def test_ids_stay_the_same_where_it_is_loaded_anew(both, monkeypatch):
    _, library, ids = both
    monkeypatch.setattr(token_ids, "RENEWED", 10)
    expected = [library.encode(text, add_special_tokens=False).ids for text in TEXT]
    assert [found.tolist() for found in ids.of(TEXT)] == expected
