"""``headwater trace``: which documents a step read, or which steps read a document."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import UserError

if TYPE_CHECKING:
    from pipeline.stream.trace import Use


def add_to(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser("trace", help="say which documents a step read, or which steps read a document")
    parser.add_argument("run", type=Path, metavar="RUN", help="a run's folder, such as work/demo/runs/cpt")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--step", metavar="A[:B]", help="optimizer steps, counted from 1, both ends included")
    which.add_argument("--document", metavar="ID", help="a document's id")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.set_defaults(call=call)


def call(options: argparse.Namespace) -> None:
    """Print one line a use."""
    from pipeline.stream.open_run import open_run
    from pipeline.stream.trace import Tracer

    tracer = Tracer(open_run(options.run))
    if options.document is not None:
        _print(tracer.document(options.document), options.json)
        return
    match = re.fullmatch(r"(\d+)(?::(\d+))?", options.step)
    if match is None:
        raise UserError(f"--step: found {options.step!r}, allowed is a step such as 120, or 120:130")
    _print(tracer.steps(int(match[1]), int(match[2] or match[1])), options.json)


def _print(uses: Iterable[Use], as_json: bool) -> None:
    for use in uses:
        place, piece = use.sequence, use.piece
        fields = {
            "step": use.step,
            "sequence": place.position,
            "slice": place.slice,
            "epoch": place.epoch,
            "document": use.document,
            "first_token": piece.begin,
            "tokens": piece.tokens,
        }
        if as_json:
            sys.stdout.write(json.dumps(fields, ensure_ascii=False) + "\n")
        else:
            sys.stdout.write(
                f"step {use.step}  sequence {place.position}  {place.slice}  epoch {place.epoch}  {use.document}  "
                f"tokens {piece.begin}..{piece.begin + piece.tokens - 1}\n"
            )
