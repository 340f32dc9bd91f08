"""A stage makes one artifact; making a plan makes every stale artifact once, in order.

A stage is settings, inputs and one verb. Freshness is decided by fingerprints alone: never by times of files.
"""

from __future__ import annotations

import fcntl
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline import artifact
from pipeline.errors import UserError, WorkError
from pipeline.progress import Progress


@dataclass(frozen=True)
class Where:
    """Where work happens and with how much machine; nothing here may change an artifact's bytes."""

    root: Path
    workers: int = 1
    """Processes that clean, label and tokenize side by side."""
    processes: int = 1
    """Processes that train together on this machine."""
    layout: Mapping[str, Any] = field(default_factory=dict)
    """How the model is split over them: fields of `pipeline.train.parallel.Layout`."""
    progress: Progress = field(default_factory=Progress)


class Stage(ABC):
    """One step of a plan."""

    kind: str
    verb: str
    """What a user calls it, as in ``headwater run --only VERB``."""
    format = 1
    """Raised whenever the same settings would give other bytes than before."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The artifact's folder below the root, such as ``corpus/web-zh``."""

    @property
    @abstractmethod
    def settings(self) -> Mapping[str, Any]:
        """Everything the stage's bytes depend on besides its inputs, as JSON values."""

    @property
    def stages(self) -> Sequence[Stage]:
        """The stages whose artifacts this one reads."""
        return ()

    def files(self) -> Mapping[str, str]:
        """Return name -> fingerprint of inputs that no stage makes, such as raw files."""
        return {}

    @abstractmethod
    def run(self, draft: Path, where: Where) -> Mapping[str, Any]:
        """Fill the draft folder (it may hold a killed run's work) and return the counts for the manifest."""

    def inputs(self) -> dict[str, str]:
        """Return the fingerprints of all inputs."""
        return {**self.files(), **{stage.name: stage.fingerprint() for stage in self.stages}}

    def fingerprint(self) -> str:
        """Return the identity of the artifact this stage would make; worked out once a process."""
        return self._identity

    @cached_property
    def _identity(self) -> str:
        return artifact.fingerprint(self.kind, self.format, self.settings, self.inputs())

    def folder(self, root: Path) -> Path:
        """Return the artifact's folder."""
        return root / self.name


def why_stale(stage: Stage, root: Path) -> str | None:
    """Return None if the artifact is fresh, else the reason, down to the setting or input that changed."""
    folder = stage.folder(root)
    if not artifact.is_published(folder):
        draft = artifact.draft_of(folder)
        return "unfinished" if draft.exists() else "not made yet"
    manifest = artifact.read_manifest(folder)
    if manifest.fingerprint == stage.fingerprint():
        return None
    changes = [*_input_changes(manifest.inputs, stage.inputs()), *_changes("", manifest.settings, stage.settings)]
    if manifest.format != stage.format:
        changes.append(f"format {manifest.format} -> {stage.format}")
    return "; ".join(changes) or "made by another stage"


def _input_changes(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            yield f"input {name} {'added' if name not in old else 'removed' if name not in new else 'changed'}"


def _changes(prefix: str, old: Any, new: Any) -> Iterator[str]:
    """Yield ``path old -> new`` for every leaf that differs."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            yield from _changes(f"{prefix}{key}.", old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list | tuple) and len(old) == len(new):
        for i, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _changes(f"{prefix}{i}.", before, after)
    elif old != (list(new) if isinstance(new, tuple) else new):
        yield f"{prefix.rstrip('.')} {old!r} -> {new!r}"


def make(stages: Sequence[Stage], where: Where) -> list[tuple[str, str]]:
    """Make every stale artifact in order; return (name, reason) of those that were made."""
    made = []
    with _only_one(where.root):
        for stage in stages:
            reason = why_stale(stage, where.root)
            if reason is None:
                continue
            where.progress.say(f"{stage.name}: {reason}")
            _make_one(stage, where)
            made.append((stage.name, reason))
    return made


def _make_one(stage: Stage, where: Where) -> None:
    target = stage.folder(where.root)
    identity = stage.fingerprint()
    if artifact.finish_interrupted(target, identity):
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = artifact.begin(target, identity)
        counts = stage.run(draft, where)
        manifest = artifact.Manifest(stage.kind, stage.format, dict(stage.settings), stage.inputs(), identity, counts)
        artifact.publish(draft, target, manifest)
    except OSError as error:
        raise WorkError(
            f"{stage.name}: {error.filename or target}: {error.strerror or error}; "
            "nothing was published, and the next run goes on from here"
        ) from error


@contextmanager
def _only_one(root: Path) -> Iterator[None]:
    """Hold the root's lock, so that two runs never make the same artifact at once."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"{root}: another headwater is working here; wait for it, or use another --root") from None
        yield
