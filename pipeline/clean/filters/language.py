"""Language: keeps documents whose identified language the profile accepts, if it was identified surely enough.

Documents pass where no language was identified: without a model there is nothing to judge by.
"""

from __future__ import annotations

from typing import Literal

from curricula.settings import Share
from pipeline.clean.filter import Filter, Page, Rejection
from pipeline.clean.profile import setting, threshold


class Language(Filter):
    """Turns away other languages (``language``) and doubtful ones (``language_score``)."""

    kind: Literal["language"] = "language"
    accept: tuple[str, ...] | None = None
    """Accepted languages, ISO 639-3 and script, such as ``cmn_Hani``."""
    minimum_score: Share | None = None
    """Least score of the identification."""
    doubt: Share | None = None
    """A language that is not accepted passes all the same when its score is below this."""

    def reject(self, page: Page) -> Rejection | None:
        """Compare the page's language and its score with what is accepted."""
        accept = setting(self, "accept", page.profile)  # formulas are no language
        if not page.language or accept is None:
            return None
        doubt = threshold(self, "doubt", page)
        if page.language not in accept:
            if doubt is not None and page.language_score < doubt:
                return None
            return Rejection("language", f"{page.language} ({page.language_score:.2f})", ", ".join(accept))
        minimum = threshold(self, "minimum_score", page)
        if minimum is not None and page.language_score < minimum:
            return Rejection("language_score", f"{page.language} {page.language_score:.2f}", f"at least {minimum}")
        return None
