"""Metrics of held-out loss, and the union of all metrics that an experiment may name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator

from mixtures.base import Groups, expand
from pipeline.errors import UserError
from pipeline.tune.metric import Metric, Outcome
from pipeline.tune.probes.answers import Answers
from pipeline.tune.probes.harness import Harness
from pipeline.tune.probes.induction import Induction


class _OverSources(Metric):
    """Something about the held-out loss of some sources."""

    sources: dict[str, float]
    """Source or group -> weight in the mean; weights need not sum to 1, a list weighs what it names alike. A group's
    weight goes to its members by their shares."""

    @field_validator("sources", mode="before")
    @classmethod
    def _alike(cls, written: object) -> object:
        return dict.fromkeys(written, 1.0) if isinstance(written, list) else written

    @field_validator("sources")
    @classmethod
    def _some(cls, sources: dict[str, float]) -> dict[str, float]:
        if not sources or min(sources.values()) <= 0:
            raise ValueError("at least one source is needed, with weights above 0")
        return sources

    @property
    def asked(self) -> tuple[str, ...]:
        """The sources."""
        return tuple(self.sources)

    def of_sources(self, groups: Groups) -> Self:
        """Return the same mean over sources alone."""
        return self.model_copy(update={"sources": expand(self.sources, groups)})

    def curve(self, outcome: Outcome) -> list[tuple[int, float]]:
        """Return (tokens, mean loss) of every validation."""
        return [(int(row["tokens"]), self._mean(row["loss"])) for row in outcome.validations]

    def _mean(self, losses: Mapping[str, float]) -> float:
        by_source: dict[str, list[float]] = {}
        for name, loss in losses.items():
            by_source.setdefault(name.split("/")[0], []).append(loss)
        if missing := [name for name in self.sources if name not in by_source]:
            raise UserError(f"metrics: no document of {', '.join(missing)} is held out; raise validation.share")
        means = {name: math.fsum(by_source[name]) / len(by_source[name]) for name in self.sources}
        return math.fsum(w * means[name] for name, w in self.sources.items()) / math.fsum(self.sources.values())


class Loss(_OverSources):
    """Held-out loss after the last step, in nats per token."""

    kind: Literal["loss"] = "loss"

    def measure(self, outcome: Outcome) -> float:
        """Return the last value of the curve."""
        return self.curve(outcome)[-1][1]


class Rise(_OverSources):
    """How much the held-out loss rose from before the run to after it: forgetting, in nats per token."""

    kind: Literal["rise"] = "rise"

    def measure(self, outcome: Outcome) -> float:
        """Return last minus first."""
        curve = self.curve(outcome)
        return curve[-1][1] - curve[0][1]


AnyMetric = Annotated[Loss | Rise | Answers | Induction | Harness, Field(discriminator="kind")]
"""What an experiment may write under ``metrics``."""
