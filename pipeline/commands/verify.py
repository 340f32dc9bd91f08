"""``headwater verify``: hashes of an artifact; for a run also its ledger and the tokens behind its steps."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from pipeline import artifact
from pipeline.errors import WorkError


def add_to(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser("verify", help="check an artifact's files, or a run's whole history")
    parser.add_argument("artifact", type=Path, metavar="ARTIFACT|RUN", help="a folder such as work/demo/runs/cpt")
    parser.add_argument(
        "--samples", type=int, default=100, help="steps of a run that are read again (0: all; default: 100)"
    )
    parser.set_defaults(call=call)


def call(options: argparse.Namespace) -> None:
    """Print what was checked; raise WorkError listing every difference."""
    found: list[str] = []
    checked = []
    if artifact.is_published(options.artifact):
        found += artifact.verify(options.artifact)
        checked.append(f"{len(artifact.read_manifest(options.artifact).files)} files")
    if options.artifact.resolve().parent.name == "runs":
        from pipeline.stream.checking import problems
        from pipeline.stream.open_run import open_run

        opened = open_run(options.artifact)
        found += list(problems(opened, options.samples))
        last = opened.ledger.last()
        checked.append(f"{last.round + 1 if last else 0} rounds of the ledger")
    elif not checked:
        artifact.read_manifest(options.artifact)
    if found:
        raise WorkError("\n".join(found))
    sys.stdout.write(f"{options.artifact}: sound ({', '.join(checked)})\n")
