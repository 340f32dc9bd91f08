"""A recipe: one YAML file, read into one frozen object that decides every byte Headwater makes.

Where and with how much machine is the command line's business. Everything here enters fingerprints, so a recipe
says the same thing on a laptop and on a cluster.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationError

from curricula.orders import AnyOrder
from curricula.random_order import Random
from curricula.schedules import AnySchedule
from curricula.settings import Settings, Share, Tokens
from mixtures.base import expand
from mixtures.forgetting_alarm import ForgettingAlarm
from mixtures.methods import AnyMethod
from pipeline.clean.settings import Clean
from pipeline.errors import UserError
from pipeline.label.signals import AnySignal
from pipeline.recipe_checks import problems_between_sections
from pipeline.recipe_errors import describe
from pipeline.sources import Source
from pipeline.stream.buckets import AnyCut
from pipeline.tokens.settings import AnyTokenizer
from pipeline.train.settings import AdamW, AnyStart, Kernels, MovingAverage, SpikeGuard
from pipeline.yaml_file import YamlFile

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$")]
"""Lower-case letters, digits and hyphens: it becomes a folder."""


class Validation(Settings):
    """The held-out split, chosen by a hash of the document id and never trained on."""

    share: Share = 0.01
    """Share of documents that are held out."""
    tokens: Tokens = 100_000
    """Most tokens of each slice that one validation reads."""


class Phase(Settings):
    """A stretch of training with one mixture method."""

    name: str
    """Shown in plans and reports."""
    tokens: Tokens = Field(gt=0)
    """Length of the phase."""
    mixture: AnyMethod
    """How the shares are chosen."""


Packing = Literal["end_to_end", "best_fit"]


class Run(Settings):
    """One training run: where it starts, what it reads in which order, and how it learns."""

    start: AnyStart
    """A fresh architecture, a Hugging Face checkpoint, or an earlier run of this recipe."""
    phases: tuple[Phase, ...] = Field(min_length=1)
    """Read one after the other."""
    watch: tuple[str, ...] = ()
    """Sources that are validated although no phase reads them."""
    seed: int | None = None
    """Root of this run's random numbers (order of the documents, fresh weights); the recipe's where it is not set."""
    keep: dict[str, Annotated[float, Field(gt=0.0, le=1.0)]] = {}
    """Share of a source's training documents that the run may read, chosen by their ids alone: a short run that keeps
    as much less as it is shorter repeats documents as often as the long run that it stands for."""
    orders: dict[str, AnyOrder] = {}
    """Order of the documents inside each source; sources not named are read in random order."""
    packing: dict[str, Packing] = {}
    """How the documents of a source fill sequences: ``end_to_end``, as of all sources not named, cuts them wherever a
    sequence ends; ``best_fit`` keeps those that fit one whole, question with answer, and pads what stays free. Shares
    are of sequences: padding counts as read."""
    attention: Literal["sequence", "document"] = "sequence"
    """What a token may look at in training: everything before it in its sequence, or in its document only. Held-out
    documents are always read end to end, so that the losses of all runs can be compared."""
    sequence_length: int = Field(gt=0)
    """Tokens a sequence."""
    batch: int = Field(gt=0)
    """Sequences an optimizer step, over all ranks."""
    micro_batch: int = Field(default=1, gt=0)
    """Sequences that one rank handles at a time."""
    round_steps: int = Field(default=32, gt=0)
    """Optimizer steps a round: the mixture can change only between rounds."""
    validate_every: int = Field(default=1, gt=0)
    """Rounds between validations."""
    checkpoint_every: int = Field(default=1, gt=0)
    """Rounds between checkpoints."""
    learning_rate: AnySchedule
    """Schedule of the learning rate over the run's tokens."""
    optimizer: AdamW = AdamW()
    """AdamW's settings."""
    precision: Literal["fp32", "bf16"] = "bf16"
    """Number format of weights and activations."""
    kernels: Kernels = Kernels()
    """Which implementation computes what."""
    forgetting_alarm: ForgettingAlarm | None = None
    """What is done once old sources are forgotten; its sources are validated even if no phase reads them."""
    spike_guard: SpikeGuard | None = None
    """Which updates are kept back; without it a loss that is no number ends the run."""
    moving_average: MovingAverage | None = None
    """An average of the weights, to be exported beside the last ones."""
    stability_every: int | None = Field(default=None, gt=0)
    """Steps between two looks at hidden states and attention logits of every layer; left out: never."""
    keep_checkpoints: int = Field(default=2, gt=0)
    """Newest checkpoints that stay on disk, such as those to be averaged."""

    @property
    def tokens(self) -> int:
        """Tokens of all phases."""
        return sum(phase.tokens for phase in self.phases)

    def order_of(self, source: str) -> AnyOrder:
        """Return the order of a source's documents."""
        return self.orders.get(source, Random())

    def keep_of(self, source: str) -> float:
        """Return the share of a source's training documents that the run may read."""
        return self.keep.get(source, 1.0)

    def packing_of(self, source: str) -> Packing:
        """Return how a source's documents fill sequences."""
        return self.packing.get(source, "end_to_end")

    @property
    def has_uncounted(self) -> bool:
        """Whether some predictions do not count: of padding, or of a document that the attention does not see."""
        return self.attention == "document" or "best_fit" in self.packing.values()


class Recipe(Settings):
    """Everything that decides bytes."""

    name: Name
    """Names the recipe's folder."""
    description: str = ""
    """What the recipe is for; opens its report."""
    seed: int = 0
    """Root of every random number."""
    tokenizer: AnyTokenizer
    """A file, a Hugging Face folder, or a training order."""
    sources: dict[Name, Source] = Field(min_length=1)
    """Where text comes from, by name."""
    groups: dict[Name, dict[Name, Share]] = {}
    """Named combinations of sources (or groups) that shares can refer to; members' shares sum to 1."""
    clean: Clean = Clean()
    """Rules that hold for every source."""
    labels: tuple[AnySignal, ...] = ()
    """Signals computed for every document."""
    slices: tuple[AnyCut, ...] = ()
    """Label columns that cut sources into slices: by words (``topic``), or numbers by buckets of them
    (``{column: perplexity, quantiles: 4}``)."""
    validation: Validation = Validation()
    """The held-out split."""
    runs: dict[Name, Run] = Field(min_length=1)
    """Training runs, in order; a run may start from one above it."""

    def read_by(self, run: str) -> tuple[str, ...]:
        """Return the sources that a run reads or watches, in the recipe's order."""
        settings = self.runs[run]
        if any(phase.mixture.reads_everything for phase in settings.phases):
            return tuple(self.sources)
        named = dict.fromkeys(name for phase in settings.phases for name in phase.mixture.names())
        read = expand(dict.fromkeys(named, 1.0), self.groups)
        alarm = settings.forgetting_alarm.sources if settings.forgetting_alarm else ()
        watched = {*settings.watch, *expand(dict.fromkeys(alarm, 1.0), self.groups)}
        return tuple(source for source in self.sources if source in read or source in watched)

    def seed_of(self, run: str) -> int:
        """Return the root of a run's random numbers."""
        own = self.runs[run].seed
        return self.seed if own is None else own

    def signal_of(self, column: str) -> AnySignal:
        """Return the signal that makes a column of labels."""
        return next(signal for signal in self.labels if column in signal.columns)

    def earlier_than(self, source: str) -> tuple[str, ...]:
        """Return the sources of which a source must repeat nothing: those named before it, of those compared."""
        across = self.clean.deduplicate.across
        names = list(self.sources)
        return tuple(name for name in names[: names.index(source)] if {name, source} <= {*across})


def load_recipe(path: Path) -> Recipe:
    """Read and check a recipe; raise UserError with every problem, one a line."""
    recipe, problems = read_recipe(path)
    if problems or recipe is None:
        raise UserError("\n".join(problems))
    return recipe


def read_recipe(path: Path) -> tuple[Recipe | None, list[str]]:
    """Return a recipe, None where it is not written as one, and every problem, one a line; raise as a YAML file does.

    One with problems is good for nothing but looking at the files that it names.
    """
    file = YamlFile(path)
    problems = list(file.problems)
    if isinstance(file.data, dict) and "factors" in file.data and "sources" not in file.data:
        raise UserError(f"{path}:1: an experiment, and a recipe is needed here; `headwater tune` takes experiments")
    try:
        recipe = Recipe.model_validate(file.data)
    except ValidationError as error:
        problems += [line for detail in error.errors() if (line := describe(detail, file, Recipe))]
        recipe = None
    if recipe is not None:
        problems += [
            f"{path}:{file.line(where)}: {'.'.join(map(str, where))}: {what}"
            for where, what in problems_between_sections(recipe)
        ]
    return recipe, problems
