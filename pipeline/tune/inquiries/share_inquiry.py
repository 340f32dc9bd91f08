"""An inquiry about one share: losses of new and of old text over the share of new text that a factor's labels say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pipeline.tune.inquiries.inquiry import Inquiry, metric_problem, share_problem

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.tune.experiment import Experiment
    from pipeline.yaml_file import Location


class ShareInquiry(Inquiry):
    """The base of inquiries for the largest share of new text that old text bears."""

    general_kinds: ClassVar[tuple[str, ...]]
    """Kinds of metric that ``general`` may name."""
    factor: str
    """Whose labels are shares of new text, such as ``"0.2"``; at least 4 of them."""
    new: str
    """The metric of kind ``loss`` over the new text: what is learned."""
    general: str
    """The metric of kind ``rise`` over the old text, or ``loss`` where the law takes one: what is forgotten."""

    def problems(self, experiment: Experiment, folder: Path) -> Iterator[tuple[Location, str]]:
        """Yield names that are not there or not of the kind that is needed."""
        if problem := share_problem(experiment, self.factor):
            yield ("factor",), problem
        for key, name, kinds in (("new", self.new, ("loss",)), ("general", self.general, self.general_kinds)):
            if problem := metric_problem(experiment, name, kinds):
                yield (key,), problem
