"""A stage is made once, and again only when something that decides its bytes changed."""

import errno
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipeline import artifact
from pipeline.errors import UserError, WorkError
from pipeline.progress import Progress
from pipeline.stage import Stage, Where, make, why_stale

CHECKOUT = Path(artifact.__file__).parents[1]


@dataclass(frozen=True)
class Words(Stage):
    """Writes its text; counts how often it was run."""

    folder_name: str = "corpus/web"
    text: str = "hello"
    limits: Mapping[str, Any] = field(default_factory=dict)
    reads: tuple[Stage, ...] = ()
    raw: Mapping[str, str] = field(default_factory=dict)
    runs: list[str] = field(default_factory=list)
    kind = "words"

    @property
    def verb(self) -> str:
        return "write"

    @property
    def name(self) -> str:
        return self.folder_name

    @property
    def settings(self) -> Mapping[str, Any]:
        return {"text": self.text, "limits": dict(self.limits)}

    @property
    def stages(self) -> Sequence[Stage]:
        return self.reads

    def files(self) -> Mapping[str, str]:
        return self.raw

    def run(self, draft: Path, where: Where) -> Mapping[str, Any]:
        self.runs.append(self.name)
        (draft / "words.txt").write_text(self.text)
        return {"characters": len(self.text)}


@pytest.fixture
def where(tmp_path: Path) -> Where:
    return Where(root=tmp_path, progress=Progress(quiet=True))


def test_a_stage_is_made_once(where):
    stage = Words()
    assert why_stale(stage, where.root) == "not made yet"
    assert make([stage], where) == [("corpus/web", "not made yet")]
    assert why_stale(stage, where.root) is None
    assert make([stage], where) == []
    assert stage.runs == ["corpus/web"]
    assert artifact.read_manifest(where.root / "corpus/web").counts == {"characters": 5}
    assert artifact.verify(where.root / "corpus/web") == []


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (Words(text="a"), Words(text="b"), "text 'a' -> 'b'"),
        (Words(limits={"en": {"low": 1}}), Words(limits={"en": {"low": 2}}), "limits.en.low 1 -> 2"),
        (Words(limits={"en": [1, 2]}), Words(limits={"en": (1, 3)}), "limits.en.1 2 -> 3"),
        (Words(limits={"en": [1]}), Words(limits={"en": [1, 2]}), "limits.en [1] -> [1, 2]"),
        (Words(limits={"input": 1}), Words(limits={"inputs": 1}), "limits.input 1 -> None; limits.inputs None -> 1"),
        (Words(raw={"a.txt": "1"}), Words(raw={"a.txt": "2"}), "input a.txt changed"),
        (Words(raw={"a.txt": "1"}), Words(raw={"b.txt": "1"}), "input a.txt removed; input b.txt added"),
        (
            Words(text="a", raw={"x": "1"}),
            Words(text="b", raw={"x": "2"}),
            "input x changed; text 'a' -> 'b'",
        ),
    ],
)
def test_the_reason_names_the_setting_or_input(where, before, after, reason):
    make([before], where)
    assert why_stale(after, where.root) == reason
    assert make([after], where) == [("corpus/web", reason)]
    assert why_stale(after, where.root) is None


def test_a_list_and_a_tuple_of_equal_values_are_the_same_setting(where):
    make([Words(limits={"en": [1, 2]})], where)
    assert why_stale(Words(limits={"en": (1, 2)}), where.root) is None


def test_a_new_format_makes_everything_stale(where):
    class Newer(Words):
        format = 2

    make([Words()], where)
    assert why_stale(Newer(), where.root) == "format 1 -> 2"


def test_another_kind_in_the_same_folder_is_stale(where):
    class Other(Words):
        kind = "other"

    make([Words()], where)
    assert why_stale(Other(), where.root) == "made by another stage"


def test_what_changed_upstream_reaches_what_is_downstream(where):
    def plan(text):
        first = Words("corpus/web", text=text)
        return first, Words("tokens/web", reads=(first,)), Words("tokens/other")

    make(plan("a"), where)
    made = make(plan("b"), where)
    assert made == [("corpus/web", "text 'a' -> 'b'"), ("tokens/web", "input corpus/web changed")]
    assert make(plan("a"), where) != []


def test_how_much_machine_changes_nothing(where):
    make([Words()], where)
    assert make([Words()], Where(root=where.root, workers=7, progress=where.progress)) == []


@dataclass(frozen=True)
class Breaks(Words):
    """Writes half, then fails once."""

    error: BaseException = field(default_factory=KeyboardInterrupt)
    tries: list[list[str]] = field(default_factory=list)

    def run(self, draft: Path, where: Where) -> Mapping[str, Any]:
        self.tries.append(sorted(path.name for path in draft.iterdir()))
        (draft / "half").write_text("x")
        if len(self.tries) == 1:
            raise self.error
        return {}


def test_stopped_by_ctrl_c_nothing_is_published_and_the_next_run_goes_on(where):
    stage = Breaks()
    with pytest.raises(KeyboardInterrupt):
        make([stage], where)
    assert not (where.root / "corpus/web").exists()
    assert why_stale(stage, where.root) == "unfinished"
    make([stage], where)
    assert stage.tries == [["scratch"], ["half", "scratch"]]
    assert why_stale(stage, where.root) is None


def test_a_failure_keeps_the_artifact_before(where):
    make([Words()], where)
    with pytest.raises(KeyboardInterrupt):
        make([Breaks(text="new")], where)
    assert artifact.verify(where.root / "corpus/web") == []
    assert why_stale(Words(), where.root) is None


def test_a_full_disk_is_one_message(where):
    full = OSError(errno.ENOSPC, "No space left on device", "shard.bin")
    with pytest.raises(WorkError) as caught:
        make([Breaks(error=full)], where)
    assert str(caught.value) == (
        "corpus/web: shard.bin: No space left on device; nothing was published, and the next run goes on from here"
    )


def test_an_earlier_stage_stays_when_a_later_one_fails(where):
    first = Words("corpus/web")
    with pytest.raises(KeyboardInterrupt):
        make([first, Breaks("tokens/web", reads=(first,))], where)
    assert why_stale(first, where.root) is None


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from pipeline import artifact
    from pipeline.progress import Progress
    from pipeline.stage import Stage, Where, make

    class Die(Stage):
        kind, name, verb, settings = "words", "corpus/web", "write", {}
        def run(self, draft, where):
            (draft / "words.txt").write_text("hello")
            if sys.argv[2] == "working":
                os.kill(os.getpid(), signal.SIGKILL)
            return {}

    if sys.argv[2] == "publishing":
        artifact._replace_folder = lambda draft, target: os.kill(os.getpid(), signal.SIGKILL)
    make([Die()], Where(root=Path(sys.argv[1]), progress=Progress(quiet=True)))
"""


@pytest.mark.parametrize("moment", ["working", "publishing"])
def test_kill_9_leaves_nothing_that_looks_finished_and_no_lock(tmp_path, moment):
    def run(when):
        command = [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path), when]
        return subprocess.run(command, check=False, env={**os.environ, "PYTHONPATH": str(CHECKOUT)}).returncode

    assert run(moment) == -signal.SIGKILL
    assert not (tmp_path / "corpus/web").exists()
    assert run("never") == 0
    assert artifact.verify(tmp_path / "corpus/web") == []
    assert sorted(path.name for path in (tmp_path / "corpus").iterdir()) == ["web"]


def test_two_runs_never_work_in_the_same_root(where):
    @dataclass(frozen=True)
    class Inner(Words):
        def run(self, draft: Path, where: Where) -> Mapping[str, Any]:
            with pytest.raises(UserError, match="another headwater is working here; wait for it, or use another"):
                make([Words("corpus/other")], where)
            return super().run(draft, where)

    make([Inner()], where)
    assert not (where.root / "corpus/other").exists()
    make([Words("corpus/other")], where)
