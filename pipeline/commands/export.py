"""``headwater export``: a Hugging Face folder from a run's checkpoints, while it trains or afterwards."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from pipeline import extras
from pipeline.errors import UserError


def add_to(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser("export", help="write a Hugging Face model from a run's checkpoints")
    parser.add_argument("run", type=Path, metavar="RUN", help="a run's folder, such as work/demo/runs/cpt")
    parser.add_argument("--to", type=Path, required=True, metavar="DIR", help="a folder that does not exist yet")
    parser.add_argument(
        "--average", type=int, default=1, metavar="N", help="the mean of the last N checkpoints (default: the last one)"
    )
    parser.add_argument("--moving", action="store_true", help="the moving average of the weights, not the last ones")
    parser.set_defaults(call=call)


def call(options: argparse.Namespace) -> None:
    """Export and say what it is made of."""
    if options.average < 1:
        raise UserError("--average is 1 or more")
    extras.require("headwater export", "train")
    from pipeline.train.quiet import quiet

    quiet()
    from pipeline.train.export_run import export_run

    made_of = export_run(options.run, options.to, average=options.average, moving=options.moving)
    what = "moving average" if options.moving else "weights"
    sys.stdout.write(f"{options.to}: {what} of {', '.join(made_of)}\n")
