"""``synthesize``: make what an order asks for, show beforehand what it would ask, or find what was made from a page."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.artifact import read_manifest


def add_to(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser("synthesize", help="questions and answers from a corpus, by a language model")
    add_arguments(parser)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("order", nargs="?", type=Path, metavar="ORDER", help="order file (YAML)")
    which.add_argument("--from", dest="document", metavar="ID", help="list what was made from this document instead")
    parser.add_argument(
        "--root", type=Path, required=True, help="folder of the artifacts, such as work/demo, with the cleaned corpus"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="print the prompts, the number of requests and their tokens; ask nothing"
    )
    parser.set_defaults(call=call)


def call(options: argparse.Namespace) -> None:
    """Make, preview or list."""
    root = options.root.resolve()
    if options.document is not None:
        from pipeline.synthesize.descendants import descendants

        for found in descendants(root, options.document):
            sys.stdout.write(json.dumps(asdict(found), ensure_ascii=False) + "\n")
        return
    from pipeline.label.answers import Answers
    from pipeline.stage import Where, make
    from pipeline.synthesize.order import load_order
    from pipeline.synthesize.preview import preview
    from pipeline.synthesize.stage import SynthesizeStage

    stage = SynthesizeStage(load_order(options.order), root)
    if options.dry_run:
        stage.files()  # so that a corpus that is not there is said at once
        sys.stdout.write(preview(stage.order, stage.choose(), Answers(root)))
        return
    made = make([stage], Where(root))
    counts = read_manifest(stage.folder(root)).counts
    sys.stdout.write(f"{stage.folder(root)}: {'made' if made else 'fresh; nothing to do'}\n")
    sys.stdout.write(_funnel(counts))


def _funnel(counts: Any) -> str:
    lines = [
        f"  {counts['pairs']} pairs in the answers to {counts['requests']} requests; ended by {counts['ended_by']}"
    ]
    lines += [f"  {number:>8} removed: {reason}" for reason, number in counts["removed"].items()]
    lines.append(f"  {counts['kept']:>8} kept, about {counts['tokens']} tokens")
    lines += [f"    {name}: {d['tokens']} of {d['quota']} tokens" for name, d in counts["disciplines"].items()]
    return "\n".join(lines) + "\n"
