"""Lines: turns away menus and lists of links, which have lines but no sentences (FineWeb, FineWeb-2).

Chinese sentence ends count as ends, which the rules of C4 forget.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from curricula.settings import Share
from pipeline.clean.filter import Filter, Page, Rejection
from pipeline.clean.profile import threshold

_ENDS = tuple(".!?\"':;)$`…。！？”’：；）」』》")


class Lines(Filter):
    """Turns away documents most of whose lines are short and no sentences (``no_sentences``)."""

    kind: Literal["lines"] = "lines"
    short: int | None = Field(default=None, ge=1)
    """A line of fewer characters is short."""
    maximum_short: Share | None = None
    """Greatest share of short lines without an end of sentence."""

    def reject(self, page: Page) -> Rejection | None:
        """Count short lines that end in no punctuation."""
        short, most = threshold(self, "short", page), threshold(self, "maximum_short", page)
        if short is None or most is None:
            return None
        lines = [stripped for line in page.text.splitlines() if (stripped := line.strip())]
        count = sum(len(line) < short and not line.endswith(_ENDS) for line in lines)
        if lines and count / len(lines) > most:
            return Rejection("no_sentences", f"{count / len(lines):.3f} of lines", f"at most {most}")
        return None
