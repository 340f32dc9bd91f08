"""Signatures: equal shares of hashes for equal shares of n-grams, and numbers as the recipe wants them."""

import numpy as np
import pytest

from pipeline.clean import unit_hashes
from pipeline.clean.deduplication import MinHash
from pipeline.clean.minhash import band_hashes, signatures
from pipeline.clean.unit_hashes import units_of


def signed(texts, profile="en", **settings):
    return signatures(len(texts), units_of(texts), MinHash(**settings), profile)


def words(rng, count):
    return [f"w{rng.integers(10**9)}x" for _ in range(count)]


def test_agreement_estimates_the_jaccard_similarity():
    rng = np.random.default_rng(1)
    for cut in (20, 100, 250):
        texts, wanted = [], []
        for _ in range(30):
            one = words(rng, 500)
            texts += [" ".join(one), " ".join(one[cut:])]
            wanted.append((500 - cut - 4) / 496)
        made = signed(texts).hashes
        agreement = (made[::2] == made[1::2]).mean(axis=1)
        assert abs(agreement.mean() - np.mean(wanted)) < 0.02
        assert np.abs(agreement - np.array(wanted)).max() < 0.2


def test_signatures_are_the_same_in_batches_and_in_pieces(monkeypatch):
    rng = np.random.default_rng(2)
    texts = [" ".join(words(rng, n)) + " 3 - 4 = 5" * (n % 7) for n in (0, 1, 3, 5, 40, 700)]
    together = signed(texts, "qa")
    alone = [signed([text], "qa") for text in texts]
    assert all(np.array_equal(together.hashes[i], one.hashes[0]) for i, one in enumerate(alone))
    assert together.figures.tolist() == [one.figures[0] for one in alone]
    monkeypatch.setattr(unit_hashes, "PIECE", 2000)
    pieces = signed(texts, "qa")
    assert np.array_equal(pieces.hashes, together.hashes)
    assert pieces.figures.tolist() == together.figures.tolist()
    assert pieces.length.tolist() == together.length.tolist()


PROSE = "The museum on the hill opens on {} of every month at {} and closes late, with {} rooms to be seen by guests"
PROBLEM = "A block of {} kg slides down a plane of {} degrees; friction is {}. How long until it has moved by {} m?"
QUANTITY = "It weighs {} kg and was seen in 1998 on a hill of 324 m by guests from the town. "


def equal_bands(a, b, profile, **settings):
    made = signed([a, b], profile, **settings)
    return bool(
        (band_hashes(made.hashes, made.figures, 20)[:, 0] == band_hashes(made.hashes, made.figures, 20)[:, 1]).all()
    )


def test_edited_numbers_make_copies_of_pages_and_not_of_problems():
    pages = PROSE.format(5, "9:30", 41), PROSE.format("17", "10:45", 1200)
    problems = PROBLEM.format(3, 30, "0.2", 5), PROBLEM.format(4, 30, "0.2", 5)
    assert equal_bands(*pages, "en")
    assert equal_bands(*pages, "zh")
    assert not equal_bands(*pages, "code")
    for profile in ("mathematics", "qa", "en", "zh"):
        made = signed(problems, profile)
        assert made.figures[0] != made.figures[1]
        assert not (
            band_hashes(made.hashes, made.figures, 20)[:, 0] == band_hashes(made.hashes, made.figures, 20)[:, 1]
        ).any()


@pytest.mark.parametrize(
    ("one", "other"),
    [("x + 3 = 5", "x - 3 = 5"), ("三个苹果", "五个苹果"), ("in three hours", "in five hours"), ("3.5 m", "35 m"),
     ("a < b", "a > b"), ("2 and 3", "3 and 2"), ("- 3 is", "3 is"), ("１２", "13")],
)  # fmt: skip
def test_figures_are_numbers_and_signs_in_their_order(one, other):
    made = signed([one, other, f" {one}. "], "mathematics")
    assert made.figures[0] != made.figures[1]
    assert made.figures[0] == made.figures[2]


def test_hyphens_in_words_are_no_figures_and_full_width_digits_are_the_same():
    made = signed(["a well-known 12", "a well known １２"], "qa")
    assert made.figures[0] == made.figures[1]


def test_only_a_page_full_of_quantities_keeps_its_numbers_in_prose():
    others = "Nobody knew who had built the old bridge or why it was never repaired in all those years. " * 4
    sparse, full = ([QUANTITY.format(weight) + others * (not dense) for weight in (3, 4)] for dense in (False, True))
    assert equal_bands(*sparse, "en")
    assert not equal_bands(*full, "en")


def test_numbers_of_tables_count_even_where_they_are_ignored():
    one, other = (
        "Points: " + " ".join(f"{name} {n * 7 % k}" for n, name in enumerate("abcdefghijkl")) for k in (50, 60)
    )
    assert not equal_bands(one, other, "en")
    assert not equal_bands(*(PROSE.format(i, 2, 3) for i in (1, 2)), "en", numbers="compare")
