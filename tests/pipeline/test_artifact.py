"""An artifact is published whole or not at all, and tells when a byte of it changed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import artifact
from pipeline.errors import UserError, WorkError

SETTINGS = {"threshold": 0.5, "names": ["a", "b"], "nested": {"深": None}}
IDENTITY = artifact.fingerprint("corpus", 1, SETTINGS, {"raw": "abc"})


def manifest():
    return artifact.Manifest("corpus", 1, SETTINGS, {"raw": "abc"}, IDENTITY, {"documents": 2})


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "corpus" / "web"


@pytest.fixture
def published(target: Path) -> Path:
    draft = artifact.begin(target, IDENTITY)
    (draft / "part").mkdir()
    (draft / "part" / "0.txt").write_text("first\n")
    (draft / "1.txt").write_text("second\n")
    (draft / artifact.SCRATCH / "half-done").write_text("not for keeping")
    artifact.publish(draft, target, manifest())
    return target


def test_a_published_artifact_is_whole(published):
    read = artifact.read_manifest(published)
    assert artifact.is_published(published)
    assert [entry.path for entry in read.files] == ["1.txt", "part/0.txt"]
    assert [entry.bytes for entry in read.files] == [7, 6]
    assert (read.kind, read.settings, read.inputs) == ("corpus", SETTINGS, {"raw": "abc"})
    assert read.counts == {"documents": 2}
    assert read.provenance["python"]
    assert artifact.verify(published) == []


def test_nothing_of_the_making_is_left(published):
    assert sorted(path.name for path in published.iterdir()) == ["1.txt", "manifest.json", "part"]
    assert [path.name for path in published.parent.iterdir()] == ["web"]


def test_the_fingerprint_covers_what_decides_bytes_and_only_that():
    same = artifact.fingerprint("corpus", 1, dict(reversed(SETTINGS.items())), {"raw": "abc"})
    others = [
        artifact.fingerprint("tokens", 1, SETTINGS, {"raw": "abc"}),
        artifact.fingerprint("corpus", 2, SETTINGS, {"raw": "abc"}),
        artifact.fingerprint("corpus", 1, {**SETTINGS, "threshold": 0.6}, {"raw": "abc"}),
        artifact.fingerprint("corpus", 1, SETTINGS, {"raw": "abd"}),
        artifact.fingerprint("corpus", 1, SETTINGS, {}),
    ]
    assert same == IDENTITY
    assert len({IDENTITY, *others}) == 6


@pytest.mark.parametrize("name", ["1.txt", "part/0.txt"])
@pytest.mark.parametrize("place", [0, -1])
def test_a_flipped_bit_is_named(published, name, place):
    data = bytearray((published / name).read_bytes())
    data[place] ^= 1
    (published / name).write_bytes(data)
    assert artifact.verify(published) == [f"{published / name}: contents differ from the manifest (sha256)"]


def test_every_difference_is_named(published):
    (published / "1.txt").write_text("longer than before\n")
    (published / "part" / "0.txt").unlink()
    (published / "part" / "new.txt").write_text("")
    (published / "part" / "manifest.json").write_text("{}")
    assert artifact.verify(published) == [
        f"{published}/1.txt: 19 bytes, the manifest says 7",
        f"{published}/part/0.txt: missing",
        f"{published}/part/manifest.json: not in the manifest",
        f"{published}/part/new.txt: not in the manifest",
    ]


def test_a_manifest_inside_the_artifact_is_a_file_like_any_other(target):
    draft = artifact.begin(target, IDENTITY)
    (draft / "model").mkdir()
    (draft / "model" / "manifest.json").write_text("{}")
    artifact.publish(draft, target, manifest())
    (target / "model" / "manifest.json").write_text("[]")
    assert artifact.verify(target) == [f"{target}/model/manifest.json: contents differ from the manifest (sha256)"]


def test_edited_settings_are_noticed(published):
    path = published / artifact.MANIFEST
    path.write_text(path.read_text().replace("0.5", "0.4"))
    (problem,) = artifact.verify(published)
    assert "settings or inputs were edited" in problem


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"files": 3}', '{"files": [], "kind": "x"}', "\udcff"])
def test_a_damaged_manifest_is_named(published, text):
    path = published / artifact.MANIFEST
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UserError, match=r"manifest.json: damaged manifest"):
        artifact.read_manifest(published)


def test_a_folder_without_a_manifest_is_no_artifact(tmp_path):
    with pytest.raises(UserError, match=r"no artifact here \(manifest.json is missing\)"):
        artifact.read_manifest(tmp_path)


def test_a_draft_of_the_same_identity_is_gone_on_with(target):
    draft = artifact.begin(target, IDENTITY)
    (draft / "half").write_text("x")
    assert artifact.begin(target, IDENTITY) == draft
    assert (draft / "half").exists()


@pytest.mark.parametrize("left", ["another identity", "no identity"])
def test_any_other_draft_is_discarded(target, left):
    draft = artifact.begin(target, "another")
    (draft / "half").write_text("x")
    if left == "no identity":
        (draft / artifact.SCRATCH / "identity").unlink()
    artifact.begin(target, IDENTITY)
    assert not (draft / "half").exists()


def test_a_draft_is_not_an_artifact(target):
    artifact.begin(target, IDENTITY)
    assert not artifact.is_published(target)
    assert not target.exists()


def test_publishing_replaces_the_artifact_before(published):
    draft = artifact.begin(published, "new")
    (draft / "other.txt").write_text("new")
    artifact.publish(draft, published, manifest())
    assert sorted(path.name for path in published.iterdir()) == ["manifest.json", "other.txt"]
    assert [path.name for path in published.parent.iterdir()] == ["web"]


DIE = """
import os, sys
from pathlib import Path
from pipeline import artifact

target, identity = Path(sys.argv[1]), sys.argv[2]
artifact._replace_folder = lambda draft, target: os.kill(os.getpid(), 9)
draft = artifact.begin(target, identity)
(draft / "1.txt").write_text("second\\n")
artifact.publish(draft, target, artifact.Manifest("corpus", 1, {}, {}, identity))
"""


def test_killed_between_manifest_and_rename_the_next_run_publishes(target):
    environment = {**os.environ, "PYTHONPATH": str(Path(artifact.__file__).parents[1])}
    child = subprocess.run([sys.executable, "-c", DIE, str(target), "id"], check=False, env=environment)
    assert child.returncode == -9
    assert not target.exists()
    assert not artifact.finish_interrupted(target, "another")
    assert not target.exists()
    assert artifact.finish_interrupted(target, "id")
    assert (target / "1.txt").read_text() == "second\n"
    assert not artifact.draft_of(target).exists()
    assert not artifact.finish_interrupted(target, "id")


def test_killed_between_the_two_renames_the_next_run_publishes(published):
    draft = artifact.begin(published, IDENTITY)
    (draft / "1.txt").write_text("newer")
    artifact.publish(draft, published, manifest())
    published.rename(artifact.draft_of(published))
    assert artifact.finish_interrupted(published, IDENTITY)
    assert artifact.verify(published) == []


def test_a_target_that_cannot_be_replaced_is_a_message(target, monkeypatch):
    draft = artifact.begin(target, IDENTITY)

    def refuse(self, other):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(WorkError, match="could not be published: Permission denied"):
        artifact.publish(draft, target, manifest())


def test_small_files_are_written_whole(tmp_path):
    path = tmp_path / "note"
    artifact.write_durably(path, b"one")
    artifact.write_durably(path, b"two")
    assert path.read_bytes() == b"two"
    assert [entry.name for entry in tmp_path.iterdir()] == ["note"]


def test_canonical_text_is_the_same_for_equal_values():
    text = '{"a":"数","b":[1,2]}'
    assert artifact.canonical({"b": (1, 2), "a": "数"}) == artifact.canonical({"a": "数", "b": [1, 2]}) == text
    assert json.loads(artifact.canonical({"a": 0.1})) == {"a": 0.1}


def test_a_remembered_hash_is_taken_for_as_long_as_the_file_was_not_written_to(target):
    draft = artifact.begin(target, IDENTITY)
    for name in ("kept.txt", "longer.txt", "touched.txt"):
        (draft / name).write_text("text\n")
        artifact.remember_hash(draft, draft / name, f"hash of {name}")
    (draft / "longer.txt").write_text("text and more\n")
    state = (draft / "touched.txt").stat()
    (draft / "touched.txt").write_text("tixt\n")
    os.utime(draft / "touched.txt", ns=(state.st_atime_ns, state.st_mtime_ns + 1))
    artifact.begin(target, IDENTITY)  # a killed run's notes stay
    published = artifact.publish(draft, target, manifest())
    found = {entry.path: entry.sha256 for entry in published.files}
    assert found["kept.txt"] == "hash of kept.txt"
    assert found["longer.txt"] == artifact.sha256_of(target / "longer.txt")
    assert found["touched.txt"] == artifact.sha256_of(target / "touched.txt")
    assert sorted(path.name for path in target.iterdir()) == ["kept.txt", "longer.txt", "manifest.json", "touched.txt"]
