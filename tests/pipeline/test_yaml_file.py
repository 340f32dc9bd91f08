"""YAML with lines, and without YAML's traps."""

from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.yaml_file import YamlFile


@pytest.fixture
def read(tmp_path: Path):
    def write_and_read(text):
        path = tmp_path / "recipe.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return YamlFile(path)

    return write_and_read


def message(read, text):
    with pytest.raises(UserError) as caught:
        read(text)
    return str(caught.value).replace(str(caught.value).split("recipe.yaml")[0], "")


def test_values_know_their_lines(read):
    file = read("a: 1\nb:\n  - x\n  - c: {d: 2}\n")
    assert file.data == {"a": 1, "b": ["x", {"c": {"d": 2}}]}
    assert [file.line(place) for place in [("a",), ("b",), ("b", 0), ("b", 1, "c", "d")]] == [1, 2, 3, 4]


def test_a_place_that_is_not_written_has_the_line_of_what_is_around_it(read):
    file = read("a:\n  b:\n    c: 1\n")
    assert file.line(("a", "b", "missing", 3)) == 2
    assert file.line(("nothing",)) == 1


def test_a_key_written_twice_is_a_problem_with_both_lines(read):
    file = read("a:\n  b: 1\n  c: 2\n  b: 3\n")
    assert [problem.split("recipe.yaml")[1] for problem in file.problems] == [":4: a.b: written twice; first on line 2"]


def test_every_problem_is_reported(read):
    assert len(read("a: 1\na: 2\nb: !!python/name:os.system x\na: 3\n").problems) == 3


def test_tags_construct_nothing(read):
    (problem,) = read("a: !!python/object/apply:os.getcwd []\nb: !mine x\n").problems[-1:]
    assert "tag !mine is not allowed" in problem


def test_aliases_are_allowed_and_merge_keys_are_not_special(read):
    assert read("a: &x [1]\nb: *x\n").data == {"a": [1], "b": [1]}
    assert "<<" in read("a: &x {c: 1}\nb:\n  <<: *x\n").data["b"]


def test_keys_are_texts_even_where_yaml_sees_something_else(read):
    assert read("no: 1\n12: 2\n1e3: 3\n").data == {"no": 1, "12": 2, "1e3": 3}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "recipe.yaml:1: the file is empty"),
        ("# only a comment\n", "recipe.yaml:1: the file is empty"),
        ("a: 1\nb: [1\n", "recipe.yaml:3: not valid YAML: "),
        ("a: 1\n\tb: 2\n", "recipe.yaml:2: not valid YAML: "),
        ("a: 1\nb: \x00\n", "recipe.yaml:2: not valid YAML: control character (code 0)"),
        (b"a: \xff\n", "recipe.yaml: byte 3 is not UTF-8"),
        ("a: &x [*x]\n", "recipe.yaml: an alias contains itself, or values are nested too deeply"),
        ("a: *missing\n", "recipe.yaml:1: not valid YAML: found undefined alias 'missing'"),
    ],
)
def test_what_cannot_be_read_is_one_message(read, text, told):
    assert message(read, text).startswith(told)


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(UserError, match=r"none.yaml: cannot be read: No such file"):
        YamlFile(tmp_path / "none.yaml")
    with pytest.raises(UserError, match=r"cannot be read: Is a directory"):
        YamlFile(tmp_path)
