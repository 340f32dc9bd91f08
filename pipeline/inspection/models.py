"""Models: the tokenizer, and the checkpoints that runs start from, with what must hold between them and the runs."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from pipeline.errors import UserError
from pipeline.inspection.finding import Finding
from pipeline.planning.compute import architecture_of
from pipeline.recipe import Recipe
from pipeline.tokens import tokenizer_files
from pipeline.tokens.load import load_sentencepiece
from pipeline.tokens.settings import TokenizerFile
from pipeline.tokens.vocabulary import ending, read_vocabulary, size_of
from pipeline.train.checkpoint_folder import problems_of
from pipeline.train.start_checks import misfits, shape_in


def inspect(recipe: Recipe, data: Path) -> Iterator[Finding]:
    """Yield what is wrong with the tokenizer, each start, and the two together."""
    yield from inspect_alone(recipe, data)
    tokens, _ = _tokenizer(recipe, data)
    for name, run in recipe.runs.items():
        if shape_in(recipe, name) is not None and recipe.tokenizer.kind == "train":
            continue  # the recipe says it all, and has been checked
        if (shape := architecture_of(recipe, name, data)) is not None:
            own = shape_in(recipe, name) is not None
            for field, what in misfits(run, shape, tokens):
                if field == ("start",) or not own:
                    yield Finding(("runs", name, *field), what)


def inspect_alone(recipe: Recipe, data: Path) -> Iterator[Finding]:
    """Yield what is wrong with the tokenizer and each start, whatever else the recipe says."""
    yield from _tokenizer(recipe, data)[1]
    for name, run in recipe.runs.items():
        if run.start.kind == "checkpoint" and (data / run.start.path / "config.json").exists():
            where = ("runs", name, "start", "path")
            yield from (Finding(where, line) for line in problems_of(data / run.start.path))


def _tokenizer(recipe: Recipe, data: Path) -> tuple[int | None, list[Finding]]:
    """Return the number of tokens, if it can be known yet, and what is wrong."""
    settings = recipe.tokenizer
    if not isinstance(settings, TokenizerFile):
        return settings.vocabulary_size, []
    if not (data / settings.path).exists():
        return None, []
    try:
        return _size(settings, data), []
    except UserError as error:
        return None, [_finding(line) for line in str(error).splitlines()]


def _finding(line: str) -> Finding:
    """Return a line that begins with its field as a finding at that field."""
    field, _, what = line.partition(": ")
    parts = tuple(field.split("."))
    return Finding(parts, what) if parts[0] == "tokenizer" else Finding(("tokenizer", "path"), line)


def _size(settings: TokenizerFile, data: Path) -> int | None:
    """Return the number of tokens; raise UserError for what is no tokenizer, or does not say how documents end."""
    files = tokenizer_files.find(settings.path, data)
    if tokenizer_files.is_sentencepiece(files[0]):
        return int(load_sentencepiece(files[0]).vocab_size()) if find_spec("sentencepiece") else None
    vocabulary = read_vocabulary(files[0])
    ending(settings, files, vocabulary, None)
    return size_of(vocabulary)
