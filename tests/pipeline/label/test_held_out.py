from hypothesis import given
from hypothesis import strategies as st

from pipeline.label.held_out import held_out


def letters(number):
    """Return a word of letters that no other number has."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def test_every_class_is_held_out_alike_but_never_whole():
    classes = ["a"] * 20 + ["b"] * 2 + ["c"]
    ids = [str(i) for i in range(23)]
    texts = [letters(i) for i in range(23)]
    out = held_out(ids, texts, classes, 0.1, seed=0)
    assert [sum(out[:20]), sum(out[20:22]), sum(out[22:])] == [2, 1, 0]
    turned = held_out(ids[::-1], texts[::-1], classes[::-1], 0.1, seed=0)
    assert (turned[::-1] == out).all()
    assert sum(held_out(ids[:2], texts[:2], ["a", "a"], 0.99, seed=0)) == 1


def test_near_copies_stand_on_one_side():
    texts = [f"{word} {number}{mark}" for word in ("one", "two", "six") for number, mark in ((1, "."), (22, "!"))]
    texts += ["ONE\n 3", "物理 第1题", "物理第22题。"]
    for seed in range(20):
        out = held_out([str(i) for i in range(9)], texts, ["x"] * 9, 0.4, seed)
        assert len({out[0], out[1], out[6]}) == len(set(out[2:4])) == len(set(out[4:6])) == len(set(out[7:9])) == 1
        assert 0 < sum(out) <= 4


def test_a_copy_under_another_class_goes_along():
    out = held_out(["0", "1", "2", "3"], ["same", "Same 2", "other", "third"], ["x", "y", "x", "y"], 0.5, seed=0)
    assert out[0] == out[1]


@given(st.lists(st.tuples(st.text("ab1 ", max_size=3), st.sampled_from("xyz"))), st.floats(0.01, 0.99))
def test_no_class_is_held_out_whole_and_none_too_much(documents, share):
    texts, classes = [text for text, _ in documents], [name for _, name in documents]
    out = held_out([str(i) for i in range(len(texts))], texts, classes, share, seed=1)
    for name in set(classes):
        assert not all(held for held, own in zip(out, classes, strict=True) if own == name)
