"""``headwater init``: a first recipe, from a folder of text and a checkpoint, or a copy of a shipped one."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from pipeline.errors import UserError


def add_to(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "init",
        help="write a first recipe",
        description="Write a commented recipe from a folder of text and a checkpoint, or copy a shipped recipe or "
        "experiment. Formats, fields, tokenizer and lengths are found by looking; no file is ever overwritten.",
    )
    parser.add_argument(
        "text", type=Path, nargs="?", metavar="TEXT", help="folder of text; each folder in it becomes a source"
    )
    parser.add_argument("checkpoint", type=Path, nargs="?", metavar="CHECKPOINT", help="Hugging Face folder")
    parser.add_argument("--from", dest="shipped", metavar="NAME", help="copy this recipe or experiment instead")
    parser.add_argument("--out", type=Path, metavar="FILE", help="file to write (default: mine.yaml, or NAME.yaml)")
    parser.set_defaults(call=call)


def call(options: argparse.Namespace) -> None:
    """Write the file, then say what to do next."""
    if options.shipped:
        if options.text:
            raise UserError("--from copies a file as it is; leave TEXT and CHECKPOINT out, or --from")
        _copy(options.shipped, options.out)
        return
    if options.text is None or options.checkpoint is None:
        raise UserError("init: name a folder of text and a checkpoint: headwater init TEXT CHECKPOINT; or --from NAME")
    out: Path = options.out or Path("mine.yaml")
    _refuse_existing([out])
    from pipeline.initial.found_text import find_text
    from pipeline.initial.recipe_text import name_of, write_text

    name = name_of(out)
    found = find_text(options.text)
    _publish(out, write_text(name, out, found, options.checkpoint))
    counts = ", ".join(f"{one.name} ({one.files} {one.kind} file{'s' * (one.files > 1)})" for one in found.groups)
    sys.stdout.write(f"{out}: continues {options.checkpoint} on {counts}\n")
    sys.stdout.writelines(f"  headwater {verb} {out}\n" for verb in ("check", "plan", "run"))


def _publish(out: Path, text: str) -> None:
    """Write a recipe under its name once it is known to be sound; raise UserError where it is not."""
    from pipeline.recipe import load_recipe
    from pipeline.recipe_files import faults

    draft = out.with_name(f".{out.name}.{os.getpid()}.draft")
    try:
        draft.write_text(text, encoding="utf-8")
        recipe = load_recipe(draft)
        if wrong := [f"{'.'.join(map(str, where))}: {what}" for where, what in faults(recipe, Path())]:
            raise UserError("\n".join(wrong))
        os.link(draft, out)
    except FileExistsError:
        raise UserError(f"{out}: exists; it is not overwritten, name another file by --out") from None
    except OSError as error:
        raise UserError(f"{out}: cannot be written: {error.strerror}") from None
    finally:
        draft.unlink(missing_ok=True)


def _copy(name: str, out: Path | None) -> None:
    """Copy a shipped recipe, or a shipped experiment with the recipes that it names."""
    from pipeline import shipped
    from pipeline.recipe_errors import near

    name = Path(name).name.removesuffix(".yaml")
    known = {**dict.fromkeys(shipped.names(shipped.EXPERIMENTS), shipped.EXPERIMENTS)}
    known |= dict.fromkeys(shipped.names(shipped.RECIPES), shipped.RECIPES)
    if name not in known:
        raise UserError(f"--from {name}: nothing of that name is shipped{near(name, list(known))}")
    out = out or Path(f"{name}.yaml")
    copies = {out: known[name] / f"{name}.yaml"}
    if known[name] == shipped.EXPERIMENTS:
        copies |= {out.parent / file: known[name] / file for file in _recipes_of(copies[out])}
    _refuse_existing([copy for copy, original in copies.items() if not _is_copy(copy, original)])
    for copy, original in copies.items():
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(original.read_bytes())
        sys.stdout.write(f"{copy}: a copy of the shipped {name}\n")


def _recipes_of(experiment: Path) -> list[str]:
    """Return the recipes that an experiment names, relative to it."""
    from pipeline.yaml_file import YamlFile

    named = YamlFile(experiment).data["recipe"]
    return list(named.values()) if isinstance(named, dict) else [named]


def _is_copy(copy: Path, original: Path) -> bool:
    """Return whether a base recipe is there already, as it is shipped: experiments share them."""
    return copy.parent.name == original.parent.name and copy.is_file() and copy.read_bytes() == original.read_bytes()


def _refuse_existing(files: list[Path]) -> None:
    if there := [file for file in files if os.path.lexists(file)]:
        raise UserError("\n".join(f"{file}: exists; it is not overwritten, name another by --out" for file in there))
