"""A measurement: honest mail kept and spam removed by the profiles `en` and `mail`, by the whole stage (SpamAssassin).

Only mails held out from choosing thresholds are judged (`clean_pages`). Target: 95 of 100 of either.
Prints and keeps: PYTHONPATH=tests/support python tests/bench/mail.py
"""

from __future__ import annotations

import argparse
from collections import Counter
from typing import Any

import clean_pages as real
from clean_quality import MODEL, held_out
from synthetic import keep
from whole_stage import cleaned


def judged(texts: list[str], profile: str) -> dict[str, Any]:
    verdicts = cleaned(texts, profile, language_model=MODEL)
    reasons = Counter(verdict.reason for verdict in verdicts if not verdict.kept)
    return {
        "mails": len(texts),
        "kept": round(sum(verdict.kept for verdict in verdicts) / len(texts), 4),
        "reasons": dict(reasons.most_common()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=3000, help="most mails of a kind")
    most = parser.parse_args().mails
    kinds = {
        "honest": held_out([*real.mails("easy-ham"), *real.mails("hard-ham")], most),
        "spam": held_out(real.mails("spam"), most),
    }
    keep(
        "mail",
        {
            "target": "95 of 100 honest mails kept, 95 of 100 of spam removed",
            "measured": {
                profile: {kind: judged(texts, profile) for kind, texts in kinds.items()} for profile in ("en", "mail")
            },
        },
    )


if __name__ == "__main__":
    main()
