"""Randomness depends on the seed and on names, and on nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.seeds import generator, key

names = st.lists(st.one_of(st.integers(), st.text(alphabet="abc|=-/", max_size=8)), max_size=4)


@given(st.integers(), names)
def test_keys_have_64_bits_and_are_the_same_again(seed, parts):
    assert 0 <= key(seed, *parts) < 2**64
    assert key(seed, *parts) == key(seed, *parts)


def test_every_part_of_a_name_matters():
    names = [(1,), (2,), (1, "a"), (1, "a", "b"), (1, "b", "a"), (1, "ab"), (1, "", "ab"), (1, "a", 0)]
    assert len({key(*name) for name in names}) == len(names)


def test_keys_are_pinned():
    # Recipes' bytes depend on these numbers.
    assert key(20240726, "web", 0) == 15171211745202748248
    assert generator(7, "x").integers(0, 10**9, 3).tolist() == [909169925, 176304950, 448823945]


def test_a_generator_is_independent_of_the_one_before():
    alone = generator(1, "b").random(4).tolist()
    generator(1, "a").random(1_000)
    assert generator(1, "b").random(4).tolist() == alone
    assert generator(2, "b").random(4).tolist() != alone
