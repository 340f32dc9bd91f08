from hypothesis import given
from hypothesis import strategies as st

from pipeline.demo.document import Document, pieces


def test_record_has_only_what_is_known():
    assert Document("a", "b").as_record() == {"id": "a", "text": "b"}
    assert Document("a", "b", "t", "u").as_record() == {"id": "a", "text": "b", "title": "t", "url": "u"}


def test_blocks_are_joined_until_long_enough():
    assert list(pieces(["aa", "bb", "cc", "dd", "e"], least=6, most=20)) == ["aa\n\nbb", "cc\n\ndd", "e"]


def test_a_joined_piece_never_passes_the_limit():
    assert list(pieces(["aa", "bbbbbbbb"], least=6, most=10)) == ["aa", "bbbbbbbb"]


def test_a_long_block_is_split_at_line_ends():
    made = list(pieces(["aaa\nbbb\nccc\nddddddddd\ne"], least=1, most=7))
    assert made == ["aaa\nbbb", "ccc", "ddddddddd", "e"]


@given(
    st.lists(st.text(alphabet="ab \n", max_size=40), max_size=12),
    st.integers(min_value=1, max_value=30),
    st.integers(min_value=1, max_value=60),
)
def test_nothing_but_blank_space_is_lost_and_only_single_lines_are_too_long(blocks, least, most):
    made = list(pieces(blocks, least=least, most=most))
    assert "".join("".join(made).split()) == "".join("".join(blocks).split())
    assert all(len(piece) <= most or "\n" not in piece for piece in made)
    assert all(made)
