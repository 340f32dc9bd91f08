"""Amounts of tokens as people write them."""

import pytest
from pydantic import ValidationError

from curricula.settings import Settings, Tokens, parse_tokens


@pytest.mark.parametrize(
    ("written", "tokens"),
    [
        ("7.5B", 7_500_000_000),
        ("300M", 300_000_000),
        ("12 K", 12_000),
        ("1T", 10**12),
        ("1e9", 10**9),
        ("2.5e3K", 2_500_000),
        (1e9, 10**9),
        (42, 42),
        ("0", 0),
        ("0.1B", 100_000_000),
    ],
)
def test_amounts(written, tokens):
    assert parse_tokens(written) == tokens


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("7.5", "not a whole number"),
        ("0.0001K", "not a whole number"),
        ("-1M", "negative"),
        ("seven", "not an amount"),
        ("7G", "not an amount"),
        ("1e", "not an amount"),
        ("", "not an amount"),
        ("nan", "not an amount"),
        (float("nan"), "not an amount"),
        (float("inf"), "not an amount"),
        ("1e999999999", "not an amount"),
        ("1e9T", "more tokens than can be counted"),
        (True, "not an amount"),
        (None, "not an amount"),
        ([1], "not an amount"),
    ],
)
def test_what_is_no_amount(written, message):
    with pytest.raises(ValueError, match=message):
        parse_tokens(written)


def test_settings_are_frozen_and_refuse_unknown_keys():
    class Sample(Settings):
        tokens: Tokens

    sample = Sample(tokens="1K")
    assert sample.tokens == 1_000
    with pytest.raises(ValidationError, match="frozen"):
        sample.tokens = 2
    with pytest.raises(ValidationError, match="extra"):
        Sample(tokens=1, token=2)
