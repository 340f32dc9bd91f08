"""The ``headwater`` command: parse, call one verb, turn what went wrong into a message and an exit status.

0 done, 1 the work failed, 2 the request was wrong, 130 stopped on request. Verbs import what they need when they
run, so that ``--help`` and ``check`` answer at once.
"""

from __future__ import annotations

import argparse
import codecs
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Any

from pipeline import extras
from pipeline.commands import (
    amend,
    check,
    clean,
    emit,
    export,
    init,
    plan,
    report,
    run,
    schema,
    show,
    trace,
    tune,
    verify,
)
from pipeline.errors import UserError, WorkError

VERBS = (init, check, plan, run, tune, clean, emit, export, amend, trace, verify, show, report, schema)


def parser() -> argparse.ArgumentParser:
    """Return the parser of all verbs."""
    top = argparse.ArgumentParser(
        prog="headwater", description="Continual pre-training with every token accounted for."
    )
    top.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb in VERBS:
        verb.add_to(verbs)
    return top


class _Version(argparse.Action):
    """Looks the version up only where it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib import metadata

        sys.stdout.write(f"headwater {metadata.version('headwater')}\n")
        parser.exit()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit status."""
    _speak_unicode()
    options = parser().parse_args(arguments)
    try:
        options.call(options)
        sys.stdout.flush()
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except WorkError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except ModuleNotFoundError as error:
        if (text := extras.explain(error)) is None:
            raise
        sys.stderr.write(f"headwater {options.verb} {text}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("stopped; run the same command again to go on from here\n")
        return 130
    except BrokenPipeError:
        # The reader of our output has gone, and nothing is wrong; what is left in the buffer goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _speak_unicode() -> None:
    """Let any text be printed: as UTF-8 where the locale knows ASCII alone, escaped where the encoding lacks it."""
    codecs.register_error("printable", _printable)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            is_ascii = codecs.lookup(stream.encoding).name == "ascii"
            stream.reconfigure(encoding="utf-8" if is_ascii else None, errors="printable")


def _printable(error: UnicodeError) -> tuple[str | bytes, int]:
    """Give back the bytes of an argument that the locale could not read; escape everything else."""
    try:
        return codecs.lookup_error("surrogateescape")(error)
    except UnicodeError:
        return codecs.lookup_error("backslashreplace")(error)


if __name__ == "__main__":
    sys.exit(main())
