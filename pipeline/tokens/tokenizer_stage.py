"""The tokenizer of a recipe as an artifact: trained here or copied in, so that it is found in one place ever after."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.artifact import sha256_of
from pipeline.clean import corpus
from pipeline.clean.stage import CleanStage
from pipeline.errors import UserError
from pipeline.stage import Stage, Where
from pipeline.tokens import tokenizer_files, training
from pipeline.tokens.encode import SENTENCEPIECE, TOKENIZER_JSON, EncoderFacts
from pipeline.tokens.load import load_fast, load_sentencepiece
from pipeline.tokens.settings import AnyTokenizer, TokenizerFile, TrainTokenizer
from pipeline.tokens.vocabulary import ending, size_of

TRAINING_CHARACTERS = 1_000_000_000
"""A tokenizer learns from this many characters at most, taken evenly from its sources."""


@dataclass(frozen=True)
class TokenizerStage(Stage):
    """Makes ``tokenizer``: ``tokenizer.json`` or ``tokenizer.model``, its companions and ``encoder.json``."""

    kind = "tokenizer"
    verb = "tokenize"
    extras = ("data",)

    tokenizer: AnyTokenizer
    corpora: tuple[CleanStage, ...]
    """The recipe's corpora; those that training names are read, in the order it names them."""
    data: Path
    """Folder at which relative paths start; no part of the identity."""

    @property
    def name(self) -> str:
        """The artifact's folder."""
        return "tokenizer"

    @property
    def settings(self) -> Mapping[str, Any]:
        """What was asked for; a file enters by its contents instead of its path."""
        return self.tokenizer.model_dump(mode="json", exclude={"path"})

    @property
    def stages(self) -> Sequence[CleanStage]:
        """The corpora that training reads."""
        if not isinstance(self.tokenizer, TrainTokenizer):
            return ()
        by_name = {stage.source_name: stage for stage in self.corpora}
        return tuple(by_name[name] for name in self.tokenizer.sources)

    def files(self) -> Mapping[str, str]:
        """Return the hashes of an existing tokenizer's files."""
        if isinstance(self.tokenizer, TrainTokenizer):
            return {}
        return {path.name: sha256_of(path) for path in tokenizer_files.find(self.tokenizer.path, self.data)}

    def run(self, draft: Path, where: Where) -> Mapping[str, Any]:
        """Train or copy; return the vocabulary size and the end-of-document token."""
        if isinstance(self.tokenizer, TrainTokenizer):
            facts = self._train(self.tokenizer, draft, where)
        else:
            facts = _copy(self.tokenizer, self.data, draft)
        facts.write(draft)
        return {
            "vocabulary_size": facts.vocabulary_size,
            "end_of_document": facts.end_of_document,
            "end_of_document_token": facts.end_of_document_token,
        }

    def _train(self, settings: TrainTokenizer, draft: Path, where: Where) -> EncoderFacts:
        folders = [stage.folder(where.root) for stage in self.stages]
        total = sum(corpus.num_documents(folder) for folder in folders)
        with where.progress.task("training the tokenizer", total, "documents") as task:
            texts = _sample(folders, task.advance)
            trained = training.train(texts, settings.vocabulary_size, draft / TOKENIZER_JSON)
        if (size := trained.get_vocab_size()) < settings.vocabulary_size:
            raise UserError(
                f"tokenizer.vocabulary_size: the sources hold enough text for {size} entries; "
                f"{settings.vocabulary_size} were asked for"
            )
        _write_config(draft, training.END_OF_DOCUMENT)
        end = training.END_OF_DOCUMENT
        return EncoderFacts(TOKENIZER_JSON, size, trained.token_to_id(end), end)


def _sample(folders: Sequence[Path], advance: Any) -> Iterator[list[str]]:
    """Yield texts batch by batch, from each corpus until its part of the characters is reached."""
    most = TRAINING_CHARACTERS // len(folders)
    for folder in folders:
        characters = 0
        for batch in corpus.batches(folder, ["text"]):
            if characters < most:
                texts = batch["text"].to_pylist()
                characters += sum(map(len, texts))
                yield texts
            advance(len(batch))


def _copy(settings: TokenizerFile, data: Path, draft: Path) -> EncoderFacts:
    files = tokenizer_files.find(settings.path, data)
    is_sentencepiece = tokenizer_files.is_sentencepiece(files[0])
    name = SENTENCEPIECE if is_sentencepiece else TOKENIZER_JSON
    vocabulary, size, own_end = (_pieces if is_sentencepiece else _entries)(files[0])
    end = ending(settings, files, vocabulary, own_end)
    shutil.copyfile(files[0], draft / name)
    for companion in files[1:]:
        shutil.copyfile(companion, draft / companion.name)
    if not (draft / tokenizer_files.CONFIG).is_file():
        _write_config(draft, end, "LlamaTokenizer" if is_sentencepiece else "PreTrainedTokenizerFast")
    return EncoderFacts(name, size, vocabulary[end], end)


def _entries(path: Path) -> tuple[dict[str, int], int, str | None]:
    """Return token -> id, the largest id + 1, and None: a bare ``tokenizer.json`` does not say how documents end."""
    vocabulary: dict[str, int] = load_fast(path).get_vocab(with_added_tokens=True)
    return vocabulary, size_of(vocabulary), None


def _pieces(path: Path) -> tuple[dict[str, int], int, str | None]:
    """Return piece -> id, the number of pieces, and the model's end-of-sequence piece."""
    model = load_sentencepiece(path)
    size = model.vocab_size()
    vocabulary = dict(zip(model.id_to_piece(list(range(size))), range(size), strict=True))
    end = model.eos_id()
    return vocabulary, size, model.id_to_piece(end) if end >= 0 else None


def _write_config(draft: Path, end: str, tokenizer_class: str = "PreTrainedTokenizerFast") -> None:
    """Write what ``transformers`` needs to load the tokenizer."""
    config = {
        "tokenizer_class": tokenizer_class,
        "eos_token": end,
        "pad_token": end,
        "add_bos_token": False,
        "clean_up_tokenization_spaces": False,
        "model_max_length": int(1e30),
    }
    text = json.dumps(config, indent=1, ensure_ascii=False) + "\n"
    (draft / tokenizer_files.CONFIG).write_text(text, encoding="utf-8")
