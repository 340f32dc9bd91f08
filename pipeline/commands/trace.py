"""``headwater trace``: which documents a step read, or which steps read a document."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import UserError

if TYPE_CHECKING:
    from pipeline.stream.trace import Tracer, Use


def add_to(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser("trace", help="say which documents a step read, or which steps read a document")
    parser.add_argument("run", type=Path, metavar="RUN", help="a run's folder, such as work/demo/runs/cpt")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--step", metavar="A[:B]", help="optimizer steps, counted from 1, both ends included")
    which.add_argument("--document", metavar="ID", help="a document's id")
    parser.add_argument(
        "--text",
        nargs="?",
        const="stretch",
        choices=["stretch", "whole"],
        help="also the text: of every stretch that was read, as training saw it (default), or of the whole document, "
        "as it was cleaned; after RUN",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.set_defaults(call=call)


def call(options: argparse.Namespace) -> None:
    """Print one line a use."""
    from pipeline.stream.open_run import open_run
    from pipeline.stream.trace import Tracer

    tracer = Tracer(open_run(options.run))
    text = {None: None, "stretch": _stretch, "whole": _whole}[options.text]
    told = text(tracer) if text else None
    if options.document is not None:
        _print(tracer.document(options.document), options.json, told)
        return
    match = re.fullmatch(r"(\d+)(?::(\d+))?", options.step)
    if match is None:
        raise UserError(f"--step: found {options.step!r}, allowed is a step such as 120, or 120:130")
    _print(tracer.steps(int(match[1]), int(match[2] or match[1])), options.json, told)


def _stretch(tracer: Tracer) -> Callable[[Use], str]:
    """Return what turns a use into text: its very tokens, as training saw them, decoded."""
    from pipeline.tokens.decode import load_decoder

    decode = load_decoder(tracer.opened.root / "tokenizer")
    return lambda use: decode(tracer.tokens(use).tolist())


def _whole(tracer: Tracer) -> Callable[[Use], str]:
    """Return what turns a use into the text of its document."""
    from pipeline.stream.document_text import DocumentTexts

    texts = DocumentTexts(tracer.opened.root)
    return lambda use: texts.text(use.piece.source, use.piece.row, use.document)


def _print(uses: Iterable[Use], as_json: bool, text: Callable[[Use], str] | None) -> None:
    for use in uses:
        place, piece = use.sequence, use.piece
        fields: dict[str, Any] = {
            "step": use.step,
            "sequence": place.position,
            "slice": place.slice,
            "epoch": place.epoch,
            "document": use.document,
            "first_token": piece.begin,
            "tokens": piece.tokens,
        }
        if text is not None:
            fields["text"] = text(use)
        if as_json:
            sys.stdout.write(json.dumps(fields, ensure_ascii=False) + "\n")
            continue
        sys.stdout.write(
            f"step {use.step}  sequence {place.position}  {place.slice}  epoch {place.epoch}  {use.document}  "
            f"tokens {piece.begin}..{piece.begin + piece.tokens - 1}\n"
        )
        if text is not None:
            sys.stdout.write("".join(f"    {line}\n" for line in fields["text"].splitlines()))
