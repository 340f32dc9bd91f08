import json
import math
from functools import partialmethod

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from tiny_llama import write_tiny_llama
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM
from written_corpus import WrittenCorpus

from pipeline import artifact
from pipeline.errors import UserError
from pipeline.label.measuring import Measuring
from pipeline.label.model_scoring import Scorer, Scoring
from pipeline.label.signals import Perplexity, PerplexityDifference
from pipeline.label.stage import LabelStage
from pipeline.progress import Progress
from pipeline.stage import Where, make

TEXTS = [
    "The quick brown fox.",
    "",
    "数学是一门研究数量的学科。",
    "lazy dog " * 100,
    "x",
    "\x00 \ud800 \u202e emoji 🦊",
    *(f"Document number {i} says that {i} times {i} is {i * i}. " * (1 + i % 5) for i in range(30)),
]
EXACT = Scoring(window=63, most_tokens=None, precision="fp32", batch_tokens=256)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_llama(tmp_path_factory.mktemp("models") / "tiny")


def plain(folder, text, start=True, most=None, window=63, overlap=0):
    """Return the nats of every token, one document and one token at a time as far as that is possible."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    ids = tokenizer.encode(text).ids[:most]
    head = [tokenizer.token_to_id("<s>")] if start else []
    nats, place = [], 0 if start else 1
    while place < len(ids):
        back = min(place, overlap if start else max(overlap, 1))
        seen = head + ids[place - back : place - back + window]
        with torch.no_grad():
            logits = torch.log_softmax(model(torch.tensor([seen])).logits[0].double(), -1)
        scored = range(len(head) + back, len(seen))
        nats += [-float(logits[i - 1, seen[i]]) for i in scored]
        place += len(scored)
    return nats, len(tokenizer.decode(ids, skip_special_tokens=False).encode())


@pytest.mark.parametrize("overlap", [0, 16])
@pytest.mark.parametrize("most", [None, 40])
def test_scores_are_those_of_the_plain_model(folder, overlap, most):
    found = Scorer(folder, EXACT.model_copy(update={"overlap": overlap, "most_tokens": most}), 1).score(TEXTS)
    for i, text in enumerate(TEXTS):
        nats, size = plain(folder, text, most=most, overlap=overlap)
        assert found.tokens[i] == len(nats)
        if nats:
            assert found.nats_per_token[i] == pytest.approx(np.mean(nats), abs=2e-4)
            assert found.nats_per_byte[i] == pytest.approx(sum(nats) / size, abs=2e-4)
        else:
            assert math.isnan(found.nats_per_token[i]) and math.isnan(found.nats_per_byte[i])


@pytest.mark.parametrize("overlap", [0, 5])
def test_without_a_start_token_the_first_token_is_given(tmp_path, overlap):
    folder = write_tiny_llama(tmp_path / "bare", start=False)
    found = Scorer(folder, EXACT.model_copy(update={"overlap": overlap}), 1).score(TEXTS)
    for i in (0, 2, 3, 4):
        nats, _ = plain(folder, TEXTS[i], start=False, overlap=overlap)
        assert found.tokens[i] == len(nats)
        assert found.nats_per_token[i] == pytest.approx(np.mean(nats) if nats else math.nan, abs=2e-4, nan_ok=True)


def test_scores_do_not_depend_on_what_is_scored_beside_or_on_the_size_of_batches(folder):
    whole = Scorer(folder, EXACT, 1).score(TEXTS)
    alone = [Scorer(folder, EXACT, 1).score([text]).nats_per_token[0] for text in TEXTS[:8]]
    large = Scorer(folder, EXACT.model_copy(update={"batch_tokens": 100_000}), 2).score(TEXTS)
    np.testing.assert_allclose(whole.nats_per_token[:8], alone, atol=1.01e-4)
    np.testing.assert_allclose(whole.nats_per_token, large.nats_per_token, atol=1.01e-4)
    assert (whole.tokens == large.tokens).all()


@pytest.fixture
def corpus(tmp_path):
    return WrittenCorpus(tuple(text for text in TEXTS if "\ud800" not in text), tmp_path, rows=4)


def perplexity(path):
    return Perplexity.model_validate(
        {"checkpoint": {"kind": "checkpoint", "path": str(path)}, "scoring": EXACT.model_dump()}
    )


def test_a_killed_run_goes_on_and_gives_the_same_bytes(tmp_path, corpus, folder, monkeypatch):
    monkeypatch.setattr("pipeline.pieces.piece.PIECE_BYTES", 1)
    stage = LabelStage(corpus, perplexity(folder))
    whole, killed = (Where(tmp_path / name, 1, Progress(quiet=True)) for name in ("whole", "killed"))
    make([corpus, stage], whole)
    make([corpus], killed)
    before, after = [], []

    def watched(self, cores, opened=Measuring.open, *, seen, most):
        label = opened(self, cores)

        def count(piece):
            if len(seen) == most:
                raise KeyboardInterrupt
            seen.append(piece.number)
            label(piece)

        return count

    monkeypatch.setattr(Measuring, "open", partialmethod(watched, seen=before, most=3))
    with pytest.raises(KeyboardInterrupt):
        make([stage], killed)
    monkeypatch.setattr(Measuring, "open", partialmethod(watched, seen=after, most=None))
    make([stage], killed)
    assert len(before) == 3
    assert sorted(before + after) == list(range(9))
    first, second = ((where.root / stage.name / "labels.parquet").read_bytes() for where in (whole, killed))
    assert first == second


def test_two_pieces_at_a_time_give_the_same_bytes_as_one(tmp_path, corpus, folder, monkeypatch):
    monkeypatch.setattr("pipeline.pieces.piece.PIECE_BYTES", 1)
    stage = LabelStage(corpus, perplexity(folder))
    tables = []
    for workers in (1, 2):
        where = Where(tmp_path / f"root{workers}", workers, Progress(quiet=True))
        make([corpus, stage], where)
        tables.append((where.root / stage.name / "labels.parquet").read_bytes())
    assert tables[0] == tables[1]


def test_the_difference_reads_scores_that_are_there(tmp_path, corpus, folder, monkeypatch):
    strong = write_tiny_llama(tmp_path / "strong", seed=1, hidden=64)
    difference = PerplexityDifference.model_validate(
        {
            "weak": {"kind": "checkpoint", "path": str(folder)},
            "strong": {"kind": "checkpoint", "path": str(strong)},
            "scoring": EXACT.model_dump(),
        }
    )
    loaded = []
    real = Scorer.__init__

    def noting(self, path, *rest):
        loaded.append(path)
        real(self, path, *rest)

    monkeypatch.setattr(Scorer, "__init__", noting)
    fresh, reused = LabelStage(corpus, difference), LabelStage(corpus, difference)
    tables = []
    for root, before in (("fresh", []), ("reused", [LabelStage(corpus, perplexity(folder))])):
        where = Where(tmp_path / root, 1, Progress(quiet=True))
        make([corpus, *before], where)
        loaded.clear()
        make([fresh if root == "fresh" else reused], where)
        assert loaded == ([folder, strong] if root == "fresh" else [strong])
        tables.append(where.root / fresh.name / "labels.parquet")
    assert tables[0].read_bytes() == tables[1].read_bytes()
    texts = pq.read_table(next((tmp_path / "fresh/corpus/s/documents").glob("*.parquet")))["text"].to_pylist()
    labels = pq.read_table(tables[0])
    weak, high = (Scorer(path, EXACT, 1).score(texts) for path in (folder, strong))
    np.testing.assert_allclose(
        labels["perplexity_difference"].to_numpy(), (weak.perplexity - high.perplexity) / weak.perplexity, rtol=1e-3
    )
    np.testing.assert_allclose(
        labels["nats_per_byte_difference"].to_numpy(), weak.nats_per_byte - high.nats_per_byte, atol=1e-4
    )


def test_the_path_of_a_checkpoint_does_not_enter_but_its_contents_do(tmp_path, corpus, folder):
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in folder.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    here, there = LabelStage(corpus, perplexity(folder)), LabelStage(corpus, perplexity(copy))
    assert here.fingerprint() == there.fingerprint()
    other = write_tiny_llama(tmp_path / "other", seed=5)
    assert LabelStage(corpus, perplexity(other)).fingerprint() != here.fingerprint()


def test_a_folder_that_is_no_checkpoint_is_refused(tmp_path, corpus):
    with pytest.raises(UserError, match=r"labels\.perplexity\.checkpoint\.path: .*no config\.json"):
        LabelStage(corpus, perplexity(tmp_path)).fingerprint()


def test_a_checkpoint_of_another_kind_is_refused_by_field(tmp_path, folder):
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in folder.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, "model_type": "gpt2"}))
    with pytest.raises(UserError, match="model_type"):
        Scorer(copy, EXACT, 1)


def test_settings_that_could_not_work_are_refused():
    with pytest.raises(ValueError, match="less than half of window"):
        Scoring(window=64, overlap=32)
    assert artifact.canonical(Scoring(most_tokens="2K").model_dump()) == artifact.canonical(
        Scoring(most_tokens=2000).model_dump()
    )
