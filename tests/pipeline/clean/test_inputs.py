import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean import inputs
from pipeline.clean.readers.jsonl import read_jsonl
from pipeline.errors import UserError
from pipeline.sources import Jsonl


def test_every_problem_at_once(tmp_path):
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(UserError) as error:
        inputs.find("sources.a.read.paths", ("no.jsonl", "x/*.gz", "empty.jsonl", "folder"), tmp_path)
    text = str(error.value)
    assert [line.split(": ")[0] for line in text.splitlines()] == ["sources.a.read.paths"] * 4
    for words in (
        "no.jsonl: no such file",
        "x/*.gz: no file fits",
        "empty.jsonl: the file is empty",
        "folder is a folder",
    ):
        assert words in text


def test_a_file_belongs_to_the_first_pattern(tmp_path):
    for name in ("b.jsonl", "a.jsonl"):
        (tmp_path / name).write_text("{}\n")
    found = inputs.find("f", ("b.jsonl", "*.jsonl"), tmp_path)
    assert {pattern: [file.name for file in files] for pattern, files in found.items()} == {
        "b.jsonl": ["b.jsonl"],
        "*.jsonl": ["a.jsonl"],
    }


def test_hashes_follow_contents_and_are_remembered(tmp_path):
    path, cache = tmp_path / "a", tmp_path / "cache"
    path.write_text("one")
    first = inputs.content_hash(path, cache)
    path.write_text("four")
    assert inputs.content_hash(path, cache) != first
    assert len(list((cache / "hashes").iterdir())) == 1


@given(st.lists(st.text(alphabet="ab\n", max_size=40), min_size=1, max_size=30), st.integers(1, 60), st.booleans())
@settings(max_examples=60, deadline=None)
def test_pieces_hold_every_line_once_with_its_number(tmp_path_factory, lines, limit, ends_open):
    folder = tmp_path_factory.mktemp("pieces")
    (folder / "f.jsonl").write_text("\n".join(lines) + ("" if ends_open else "\n"))
    size = (folder / "f.jsonl").stat().st_size
    if not size:
        return
    file = inputs.InputFile("f.jsonl", folder / "f.jsonl", size)
    pieces = list(inputs._pieces(file, limit))
    assert sum(piece.bytes for piece in pieces) == size
    read = Jsonl(paths=("f.jsonl",))
    whole = [record.where for record in read_jsonl(read, [file])]
    assert [record.where for piece in pieces for record in read_jsonl(read, [piece])] == whole
