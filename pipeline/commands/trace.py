"""``headwater trace``: which documents a step read, or which steps read a document and all that was made from it."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import UserError

if TYPE_CHECKING:
    from pipeline.stream.descendants import Descendant
    from pipeline.stream.family import Family
    from pipeline.stream.trace import Tracer, Use


def add_to(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser("trace", help="say which documents a step read, or which steps read a document")
    parser.add_argument(
        "run",
        type=Path,
        metavar="RUN",
        help="a run's folder, such as work/demo/runs/cpt; with --document also the folder of all artifacts, such as "
        "work/demo: what it was made from and by, and what was made from it, before anything is trained",
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--step", metavar="A[:B]", help="optimizer steps, counted from 1, both ends included")
    which.add_argument("--document", metavar="ID", help="a document's id; what was made from it is followed too")
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
    if options.document is not None and (options.run / "corpus").is_dir():
        from pipeline.stream.descendants import as_made, descendants

        own, made = as_made(options.run, options.document), descendants(options.run, options.document)
        _Printer(options.json).print([*([own] if own else []), *made])
        if not made:
            sys.stderr.write(f"nothing was made from {options.document}\n")
        return
    from pipeline.stream.family import Family
    from pipeline.stream.open_run import open_run
    from pipeline.stream.trace import Tracer

    tracer = Tracer(open_run(options.run))
    family = Family(tracer)
    text = {None: None, "stretch": _stretch, "whole": _whole}[options.text]
    printer = _Printer(options.json, family, text(tracer) if text else None)
    if options.document is not None:
        printer.print(_noting(family.uses(options.document), options.document))
    else:
        match = re.fullmatch(r"(\d+)(?::(\d+))?", options.step)
        if match is None:
            raise UserError(f"--step: found {options.step!r}, allowed is a step such as 120, or 120:130")
        printer.print(tracer.steps(int(match[1]), int(match[2] or match[1])))
    for source in sorted(family.lost):
        sys.stderr.write(
            f"what documents of {source} were made from cannot be told: corpus/{source} is not here, or is "
            "not the one that was read\n"
        )


def _noting(found: Iterable[Use | Descendant], document: str) -> Iterator[Use | Descendant]:
    """Pass on what is found, and say at the end where no step has read the document itself."""
    from pipeline.stream.trace import Use

    is_read = False
    for each in found:
        is_read = is_read or (isinstance(each, Use) and each.document == document)
        yield each
    if not is_read:
        sys.stderr.write(f"no step of this run has read {document} itself\n")


def _stretch(tracer: Tracer) -> Callable[[Use], str]:
    """Return what turns a use into text: its very tokens, as training saw them, decoded."""
    from pipeline.tokens.decode import load_decoder

    decode = load_decoder(tracer.opened.root / "tokenizer")
    return lambda use: decode(tracer.tokens(use).tolist())


def _whole(tracer: Tracer) -> Callable[[Use], str]:
    """Return what turns a use into the text of its document."""
    from pipeline.stream.corpus_rows import CorpusRows

    rows = CorpusRows(tracer.opened.root, ("text",))
    return lambda use: str(rows.find(use.piece.source, use.piece.row, use.document)["text"])


@dataclass(frozen=True)
class _Printer:
    """Prints uses, and documents that no step read; for people or for programs."""

    as_json: bool
    family: Family | None = None
    text: Callable[[Use], str] | None = None

    def print(self, found: Iterable[Use | Descendant]) -> None:
        from pipeline.stream.descendants import Descendant

        for each in found:
            fields = self._unread(each) if isinstance(each, Descendant) else self._use(each)
            sys.stdout.write(json.dumps(fields, ensure_ascii=False) + "\n" if self.as_json else _line(fields))

    def _unread(self, made: Descendant) -> dict[str, Any]:
        """Return what was made and is in no step, or of which no run was asked."""
        fields = {
            "artifact": made.artifact,
            "document": made.id,
            "parents": list(made.parents),
            "made_by": made.made_by,
        }
        return {"step": None, **fields} if self.family else fields

    def _use(self, use: Use) -> dict[str, Any]:
        place, piece = use.sequence, use.piece
        origin = self.family.origin(use) if self.family else None
        return {
            "step": use.step,
            "sequence": place.position,
            "slice": place.slice,
            "epoch": place.epoch,
            "document": use.document,
            "first_token": piece.begin,
            "tokens": piece.tokens,
            "skipped": use.skipped,
            "parents": None if origin is None else list(origin.parents),
            "made_by": None if origin is None else origin.made_by,
            **({"text": self.text(use)} if self.text else {}),
        }


def _line(fields: dict[str, Any]) -> str:
    if "artifact" in fields:
        line = f"{'read by no step  ' if 'step' in fields else ''}{fields['artifact']}  {fields['document']}"
    else:
        end = fields["first_token"] + fields["tokens"] - 1
        line = (
            f"step {fields['step']}  sequence {fields['sequence']}  {fields['slice']}  epoch {fields['epoch']}  "
            f"{fields['document']}  tokens {fields['first_token']}..{end}"
        )
        line += "  update skipped" if fields["skipped"] else ""
    origin = f"  from {', '.join(fields['parents'])}" if fields["parents"] else ""
    origin += f"  by {fields['made_by']}" if fields["made_by"] else ""
    text = "".join(f"    {line}\n" for line in fields.get("text", "").splitlines())
    return f"{line}{origin}\n{text}"
