"""A stage makes one artifact; making a plan makes every stale artifact once, in order.

A stage is settings, inputs and one verb. Freshness is decided by fingerprints alone: never by times of files.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import artifact, extras
from pipeline.cluster import jobs
from pipeline.errors import WorkError
from pipeline.lock import alone, beside
from pipeline.progress import Progress

if TYPE_CHECKING:
    from pipeline.site import Cluster


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
    cluster: Cluster | None = None
    """Where the tasks of data stages run, and how it is asked for machines; None: this machine."""
    launcher: str = ""
    """Command that starts the processes that train, in place of torchrun on this machine."""
    beside_others: bool = False
    """Whether other commands make other parts of the same recipe in this root at the same time."""
    wandb: bool = False
    """Whether training tells Weights & Biases too."""


class Stage(ABC):
    """One step of a plan."""

    kind: str
    verb: str
    """What a user calls it, as in ``headwater run --only VERB``."""
    extras: tuple[str, ...] = ()
    """Optional parts of the installation that making it needs."""
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

    def check(self, root: Path) -> None:
        """Raise UserError where making the stage would destroy what cannot be made again; called before any work."""
        return

    def begin(self, root: Path) -> Path:
        """Return the draft folder to work in: the one that a killed run of this very stage left, or an empty one."""
        return artifact.begin(self.folder(root), self.fingerprint())

    def made_as(self, draft: Path, root: Path) -> Stage:
        """Return the stage whose artifact the finished draft is: another one where a run was amended meanwhile."""
        return self

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
    changes = [*input_changes(manifest.inputs, stage.inputs()), *changes_of(manifest.settings, stage.settings)]
    if manifest.format != stage.format:
        changes.append(f"format {manifest.format} -> {stage.format}")
    return "; ".join(changes) or "made by another stage"


def input_changes(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    """Yield a phrase for every input that differs."""
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            yield f"input {name} {'added' if name not in old else 'removed' if name not in new else 'changed'}"


def changes_of(old: Any, new: Any, prefix: str = "") -> Iterator[str]:
    """Yield ``path old -> new`` for every leaf that differs."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            yield from changes_of(old.get(key), new.get(key), f"{prefix}{key}.")
    elif isinstance(old, list) and isinstance(new, list | tuple) and len(old) == len(new):
        for i, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from changes_of(before, after, f"{prefix}{i}.")
    elif old != (list(new) if isinstance(new, tuple) else new):
        yield f"{prefix.rstrip('.')} {old!r} -> {new!r}"


class Superseded(Exception):  # noqa: N818 - news, not an error
    """A stage turned into another one while it was made; what follows from it has to be planned again."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage.name)
        self.stage = stage


def make(stages: Sequence[Stage], where: Where) -> list[tuple[str, str]]:
    """Make every stale artifact in order; return (name, reason) of those that were made.

    Raises Superseded, with the artifact published, where a run was amended while it was made.
    """
    # So that two recipes never plan for the same root at once.
    refusal = f"{where.root}: another headwater is working here; wait for it, or use another --root"
    with (beside if where.beside_others else alone)(where.root / ".lock", refusal):
        for stage in stages:
            stage.check(where.root)
        return make_stale(stages, where)


def make_stale(stages: Sequence[Stage], where: Where) -> list[tuple[str, str]]:
    """Do the work of `make` under locks of the artifacts alone: other processes may work in the same root."""
    _require_extras(stages, where.root)
    made: list[tuple[str, str]] = []
    for stage in stages:
        if why_stale(stage, where.root) is None:
            continue
        refusal = f"{stage.folder(where.root)}: another headwater is making this; wait for it"
        with alone(lock_of(stage.name, where.root), refusal):
            if (reason := why_stale(stage, where.root)) is None:
                continue
            where.progress.say(f"{stage.name}: {reason}")
            complete = _make_one(stage, where)
            made.append((stage.name, reason))
        if complete.fingerprint() != stage.fingerprint():
            raise Superseded(complete)
    return made


def _require_extras(stages: Sequence[Stage], root: Path) -> None:
    """Raise UserError before any work where what is stale needs packages that are not installed."""
    lacking = extras.missing({extra for stage in stages for extra in stage.extras}).keys()
    if stale := [stage for stage in stages if lacking & set(stage.extras) and why_stale(stage, root)]:
        names = stale[0].name + (f" and {len(stale) - 1} more" if len(stale) > 1 else "")
        extras.require(f"making {names}", *(extra for stage in stale for extra in stage.extras))


def lock_of(name: str, root: Path) -> Path:
    """Return the lock that is held while the artifact of this name is made."""
    return root / ".locks" / name.replace("/", ".")


def _make_one(stage: Stage, where: Where) -> Stage:
    """Make and publish one artifact; return the stage that it is an artifact of."""
    target = stage.folder(where.root)
    if artifact.finish_interrupted(target, stage.fingerprint()):
        return stage
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        jobs.end_left_over(jobs.note_of(stage.name, where.root))
        draft = stage.begin(where.root)
        counts = stage.run(draft, where)
        made = stage.made_as(draft, where.root)
        artifact.publish(draft, target, _manifest(made, counts))
    except OSError as error:
        raise WorkError(
            f"{stage.name}: {error.filename or target}: {error.strerror or error}; "
            "nothing was published, and the next run goes on from here"
        ) from error
    return made


def _manifest(stage: Stage, counts: Mapping[str, Any]) -> artifact.Manifest:
    identity = stage.fingerprint()
    return artifact.Manifest(stage.kind, stage.format, dict(stage.settings), stage.inputs(), identity, counts)
