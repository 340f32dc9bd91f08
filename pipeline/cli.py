"""The ``headwater`` command: parse, call one verb, turn what went wrong into a message and an exit status.

0 done, 1 the work failed, 2 the request was wrong, 130 stopped by Ctrl-C. Verbs import what they need when they
run, so that ``--help`` and ``check`` answer at once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pipeline.commands import amend, check, clean, emit, plan, report, run, schema, show, trace, verify
from pipeline.errors import UserError, WorkError

VERBS = (check, plan, run, clean, emit, amend, trace, verify, show, report, schema)


def parser() -> argparse.ArgumentParser:
    """Return the parser of all verbs."""
    top = argparse.ArgumentParser(
        prog="headwater", description="Continual pre-training with every token accounted for."
    )
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb in VERBS:
        verb.add_to(verbs)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit status."""
    options = parser().parse_args(arguments)
    try:
        options.call(options)
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except WorkError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("stopped; run the same command again to go on from here\n")
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone; nothing is wrong
    return 0


if __name__ == "__main__":
    sys.exit(main())
