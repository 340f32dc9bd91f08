"""The text of a first recipe, with a comment on everything that its user will want to change."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UserError
from pipeline.hub_name import download, is_hub_name
from pipeline.initial.found_text import Found, Group
from pipeline.machine import SLOWER_ON_CPU, has_gpu
from pipeline.tokens import tokenizer_files
from pipeline.tokens.settings import TokenizerFile
from pipeline.tokens.vocabulary import ending, read_vocabulary
from pipeline.train.architecture import Architecture
from pipeline.train.checkpoint_folder import problems_of

_LONGEST = 4096
"""Tokens of a sequence, where the model and the amount of text allow it."""
_STEPS = 200
"""Steps that a short run shall have, by smaller batches and sequences."""
_WORDS = ("null", "true", "false", "yes", "no", "on", "off")
"""Plain words that YAML takes for something else."""
_USUAL_ENDS = ("</s>", "<|end_of_text|>", "<|endoftext|>", "<|eot_id|>", "<|im_end|>", "<s>")


@dataclass(frozen=True)
class Sizes:
    """How the text is cut up."""

    tokens: int
    sequence_length: int
    batch: int


def name_of(out: Path) -> str:
    """Return the recipe's name: the file's, of letters that a folder's name may have."""
    return re.sub(r"[^a-z0-9]+", "-", out.stem.lower()).strip("-") or "mine"


def write_text(name: str, out: Path, found: Found, checkpoint: Path) -> str:
    """Return the recipe; raise UserError with everything that is wrong with the checkpoint."""
    if not (checkpoint / "config.json").is_file():
        name = str(checkpoint)
        hint = f"; download it first: {download(name)}" if "/" in name and is_hub_name(name, Path()) else ""
        raise UserError(f"{checkpoint}: no config.json there; a checkpoint is a local Hugging Face folder{hint}")
    if problems := problems_of(checkpoint):
        raise UserError("\n".join(problems))
    sizes = _sizes(sum(group.tokens for group in found.groups), Architecture.from_hugging_face(checkpoint))
    return "\n".join([*_head(name, out, checkpoint), *_sources(found), *_run(found.groups, checkpoint, sizes), ""])


def _sizes(tokens: int, architecture: Architecture) -> Sizes:
    """Choose so that a short run still has some steps, and a long one sequences and batches as they are usual."""
    length = min(_LONGEST, architecture.max_sequence_length)
    while length > 64 and tokens < _STEPS * length:
        length //= 2
    batch = 256
    while batch > 1 and tokens < _STEPS * length * batch:
        batch //= 2
    return Sizes(max(tokens, length * batch), length, batch)


def _head(name: str, out: Path, checkpoint: Path) -> Iterator[str]:
    yield f"# Continues {checkpoint}. Written by `headwater init`; every line is yours to change. Try, in this order:"
    yield f"#   headwater check {out}    headwater plan {out}    headwater run {out}"
    yield "# Relative paths start at the folder in which headwater is run. Amounts are tokens: 300K, 50M, 2B."
    yield f"name: {name}"
    yield "seed: 1"
    yield f"tokenizer: {{kind: file, path: {_quoted(checkpoint)}{_end(checkpoint)}}}"


def _end(checkpoint: Path) -> str:
    """Return what the tokenizer's section says of the token that ends a document, where the checkpoint names none."""
    settings = TokenizerFile(path=str(checkpoint.resolve()))
    files = tokenizer_files.find(settings.path, Path())
    if tokenizer_files.is_sentencepiece(files[0]):
        return ""
    vocabulary = read_vocabulary(files[0])
    try:
        ending(settings, files, vocabulary, None)
    except UserError:
        named = json.loads((checkpoint / "config.json").read_bytes()).get("eos_token_id")
        ids = named if isinstance(named, list) else [named]
        tokens = [token for token, number in vocabulary.items() if number in ids]
        tokens += [token for token in _USUAL_ENDS if token in vocabulary]
        if not tokens:
            raise
        return f", end_of_document: {_quoted(tokens[0])}"
    return ""


def _sources(found: Found) -> Iterator[str]:
    yield ""
    yield "sources:"
    for group in found.groups:
        keys = "".join(f", {key}: {_quoted(value)}" for key, value in group.keys.items())
        paths = ", ".join(map(_quoted, group.patterns))
        yield f"  {group.name}:"
        yield f"    read: {{kind: {group.kind}, paths: [{paths}]{keys}}}"
        profile = "zh" if group.is_chinese else "en"
        yield f"    profile: {profile}    # thresholds of cleaning: en, zh, mail, mathematics, code or qa"
        yield "    license: unknown    # write which, such as CC-BY-4.0; it travels to the report"
        yield f"    tokens: {_rounded(group.tokens)}    # guessed from the sizes of files; measured once tokenized"
    if found.left_out:
        counts = ", ".join(f"{count} {ending}" for ending, count in sorted(found.left_out.items()))
        yield f"  # Left out, for no reader reads them: {counts}."


def _run(groups: tuple[Group, ...], checkpoint: Path, sizes: Sizes) -> Iterator[str]:
    names = ", ".join(group.name for group in groups)
    each = round(1 / len(groups), 2)
    alike = [round(1 - each * (len(groups) - 1), 2), *[each] * (len(groups) - 1)]
    shares = ", ".join(f"{group.name}: {share}" for group, share in zip(groups, alike, strict=True))
    precision = "bf16" if has_gpu() else "fp32"
    slow = f"for a CPU, where bf16 takes up to about {SLOWER_ON_CPU} times as long; on a GPU write bf16"
    why = "this machine has a GPU" if has_gpu() else slow
    yield ""
    if sizes.tokens < 50_000_000:
        yield "validation: {share: 0.05}    # of the documents: never trained on, and measured before, during and after"
    yield "runs:"
    yield "  cpt:"
    yield f"    start: {{kind: checkpoint, path: {_quoted(checkpoint)}}}"
    yield "    phases:"
    yield "      - name: adaptation"
    yield "        # About one epoch; `headwater plan` says how often each source is read."
    yield f"        tokens: {_rounded(sizes.tokens, up=True)}"
    yield "        # By size. By shares of your own: {kind: static, shares: {" + shares + "}}"
    yield "        # A share (10 to 30 %) of text such as the model has read before keeps it from forgetting."
    yield f"        mixture: {{kind: natural, sources: [{names}]}}"
    yield f"    sequence_length: {sizes.sequence_length}"
    yield f"    batch: {sizes.batch}    # sequences a step"
    yield "    micro_batch: 1    # sequences a GPU takes at a time; more is faster while memory lasts"
    warmup = _rounded(sizes.tokens // 50)
    yield f"    learning_rate: {{kind: wsd, peak: 2.0e-5, warmup: {warmup}, decay_share: 0.2}}"
    yield f"    precision: {precision}    # {why}"


def _quoted(value: object) -> str:
    """Return text as YAML reads it back: a JSON string where it is more than a plain word."""
    text = str(value)
    is_plain = re.fullmatch(r"[A-Za-z/][\w/.-]*\w", text, re.ASCII) and text.lower() not in _WORDS
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def _rounded(tokens: int, *, up: bool = False) -> str:
    """Return an amount with two digits and a letter."""
    for size, letter in ((10**9, "B"), (10**6, "M"), (10**3, "K")):
        if tokens >= size:
            scaled = tokens / size
            step = 1 if scaled >= 10 else 0.1
            return f"{(scaled // step + (1 if up else 0)) * step:g}{letter}"
    return str(max(1, tokens))
