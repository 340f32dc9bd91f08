"""``python -m pipeline.synthesize``: the command by itself, with the exit status of ``headwater``."""

from __future__ import annotations

import argparse
import sys

from pipeline.errors import UserError, WorkError
from pipeline.synthesize import command


def main() -> int:
    """Run the command; 1 where the work failed, 2 where the request was wrong."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.synthesize")
    command.add_arguments(parser)
    options = parser.parse_args()
    try:
        options.call(options)
    except (UserError, WorkError) as error:
        sys.stderr.write(f"{error}\n")
        return 2 if isinstance(error, UserError) else 1
    except KeyboardInterrupt:
        sys.stderr.write("stopped; run the same command again to go on from here\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
