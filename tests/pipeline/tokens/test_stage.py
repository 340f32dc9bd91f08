import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import artifact
from pipeline.clean.settings import Clean
from pipeline.clean.stage import CleanStage
from pipeline.errors import UserError
from pipeline.progress import Progress
from pipeline.sources import Source
from pipeline.stage import Where, make
from pipeline.tokens.encode import load_encoder
from pipeline.tokens.read import TokenFile
from pipeline.tokens.settings import TokenizerFile, TrainTokenizer
from pipeline.tokens.split import split_of
from pipeline.tokens.stage import TokenizeStage, shard_name
from pipeline.tokens.tokenizer_stage import TokenizerStage

READ = {"kind": "synthetic", "synthesizer": {"kind": "arithmetic"}, "documents": 400}
SETTINGS = TrainTokenizer(vocabulary_size=500, sources=("qa",))


@pytest.fixture(scope="module")
def corpus():
    source = Source.model_validate({"read": READ, "profile": "qa", "license": "CC0-1.0"})
    return CleanStage("qa", source, Clean(), 3, Path("/"))


@pytest.fixture(scope="module")
def made(corpus, tmp_path_factory):
    root = tmp_path_factory.mktemp("made")
    tokenizer = TokenizerStage(SETTINGS, (corpus,), Path("/"))
    tokens = TokenizeStage(corpus, tokenizer, 0.1, shard_tokens=5000)
    make([corpus, tokenizer, tokens], Where(root, 1, Progress(quiet=True)))
    return root, tokenizer, tokens


def texts(root):
    tables = [pq.read_table(part) for part in sorted((root / "corpus/qa/documents").glob("*.parquet"))]
    return {row["id"]: row["text"] for table in tables for row in table.to_pylist()}


def test_every_document_lies_where_the_table_says(made):
    root, _, stage = made
    encoder, source = load_encoder(root / "tokenizer"), texts(root)
    table = pq.read_table(root / stage.name / "documents.parquet").to_pylist()
    assert [row["id"] for row in table] == list(source)
    files = {path.stem: TokenFile(path.with_suffix("")) for path in (root / stage.name).glob("*.idx")}
    assert sorted(files) == [*[f"train-{i:05d}" for i in range(len(files) - 1)], "validation"]
    assert len(files) > 3
    for row in table:
        assert row["split"] == split_of(row["id"], 0.1)
        found = files[shard_name(row["split"], row["shard"])].tokens(row["offset"], row["tokens"])
        assert found.tolist() == encoder.encode_batch([source[row["id"]]])[0].tolist()
        assert found[-1] == 0
        assert (found[:-1] != 0).all()
    assert sum(file.num_tokens for file in files.values()) == sum(row["tokens"] for row in table)
    assert all(file.num_tokens <= 5000 for name, file in files.items() if name != "validation")
    counts = artifact.read_manifest(root / stage.name).counts
    split = Counter(row["split"] for row in table)
    assert (counts["train_documents"], counts["validation_documents"]) == (split["train"], split["validation"])
    assert counts["train_shards"] == len(files) - 1


def test_text_survives_the_tokenizer_and_transformers_loads_it(made):
    root, _, _ = made
    transformers = pytest.importorskip("transformers")
    tokenizer = transformers.AutoTokenizer.from_pretrained(root / "tokenizer")
    encoder = load_encoder(root / "tokenizer")
    text = "Ünïcode — 中文，全角。 $x^2$\n\n\ttabs 😀 1234567"
    ids = encoder.encode_batch([text])[0].tolist()
    assert tokenizer(text)["input_ids"] == ids[:-1]
    assert tokenizer.decode(ids[:-1]) == text
    assert tokenizer.eos_token == "<|endoftext|>"
    assert tokenizer.eos_token_id == ids[-1] == encoder.end_of_document
    assert len(tokenizer) == encoder.vocabulary_size == 500


SCRIPT = """
import sys
from pathlib import Path
from pipeline.stage import Where, make
from pipeline.progress import Progress
sys.path.insert(0, {folder!r})
import test_stage as t
source = t.Source.model_validate({{"read": t.READ, "profile": "qa", "license": "CC0-1.0"}})
corpus = t.CleanStage("qa", source, t.Clean(), 3, Path("/"))
tokenizer = t.TokenizerStage(t.SETTINGS, (corpus,), Path("/"))
tokens = t.TokenizeStage(corpus, tokenizer, 0.1, shard_tokens=5000)
if __name__ == "__main__":
    make([corpus, tokenizer, tokens], Where(Path({root!r}), 2, Progress(quiet=True)))
"""


def test_same_bytes_with_two_workers(made, tmp_path):
    root, *_ = made
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(folder=str(Path(__file__).parent), root=str(tmp_path / "again")))
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3]), "RAYON_NUM_THREADS": "2"}
    subprocess.run([sys.executable, str(script)], env=environment, check=True)
    for name in ("corpus/qa", "tokenizer", "tokens/qa"):
        one, two = (artifact.read_manifest(folder / name) for folder in (root, tmp_path / "again"))
        assert one.files == two.files
        assert one.fingerprint == two.fingerprint


def test_an_empty_split_makes_no_file(corpus, made, tmp_path):
    root, tokenizer, _ = made
    stage = TokenizeStage(corpus, tokenizer, 0.0)
    (tmp_path / "draft").mkdir()
    stage.run(tmp_path / "draft", Where(root, 1, Progress(quiet=True)))
    assert sorted(path.name for path in (tmp_path / "draft").iterdir() if path.is_file()) == [
        "documents.parquet",
        "train-00000.bin",
        "train-00000.idx",
    ]


@given(st.text(min_size=1), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_holds_out_more_and_never_lets_go(id, one, other):
    low, high = sorted((one, other))
    assert split_of(id, 0.0) == "train"
    assert split_of(id, 1.0) == "validation"
    if split_of(id, low) == "validation":
        assert split_of(id, high) == "validation"


def copy_of(path, data, **more):
    return TokenizerStage(TokenizerFile(path=path, **more), (), data)


def test_an_existing_tokenizer_gives_the_same_ids(made, tmp_path):
    root, *_ = made
    for path, settings in (("tokenizer", {}), ("tokenizer/tokenizer.json", {})):
        stage = copy_of(path, root, **settings)
        make([stage], Where(tmp_path / path.replace("/", "-"), 1, Progress(quiet=True)))
        encoder = load_encoder(tmp_path / path.replace("/", "-") / "tokenizer")
        assert (
            encoder.encode_batch(["a b c"])[0].tolist()
            == load_encoder(root / "tokenizer").encode_batch(["a b c"])[0].tolist()
        )


def test_a_sentencepiece_model(tmp_path):
    sentencepiece = pytest.importorskip("sentencepiece")
    sentences = iter([f"sentence {i} of many about {i * 7} things" for i in range(300)])
    with (tmp_path / "m.model").open("wb") as file:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=sentences, model_writer=file, vocab_size=90, minloglevel=2
        )
    make([copy_of("m.model", tmp_path)], Where(tmp_path / "root", 1, Progress(quiet=True)))
    encoder = load_encoder(tmp_path / "root/tokenizer", 2)
    model = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "m.model"))
    assert encoder.encode_batch(["sentence 3"])[0].tolist() == [*model.encode("sentence 3"), model.eos_id()]
    assert encoder.vocabulary_size == 90
    assert (tmp_path / "root/tokenizer/tokenizer.model").read_bytes() == (tmp_path / "m.model").read_bytes()


def test_tokenizers_that_cannot_be_used_give_one_message(made, tmp_path):
    root, *_ = made
    (tmp_path / "bad.json").write_text('{"model": 3}')
    (tmp_path / "bad.model").write_bytes(b"nonsense")
    (tmp_path / "empty").mkdir()
    bare = tmp_path / "bare.json"
    bare.write_bytes((root / "tokenizer/tokenizer.json").read_bytes())
    for path, more, words in (
        ("bad.json", {}, "not a tokenizer.json"),
        ("bad.model", {}, "not a sentencepiece model"),
        ("empty", {}, "no tokenizer.json and no tokenizer.model"),
        ("none.json", {}, "no such file or folder"),
        ("bare.json", {}, "names no end-of-sequence token; say which token ends a document, such as <|endoftext|>"),
        ("bare.json", {"end_of_document": "<|endoftxt|>"}, "has no token '<|endoftxt|>'; close ones: <|endoftext|>"),
    ):
        with pytest.raises(UserError) as error:
            make([copy_of(path, tmp_path, **more)], Where(tmp_path / "root", 1, Progress(quiet=True)))
        assert words in str(error.value)
        assert str(error.value).startswith("tokenizer.")


def test_too_little_text_for_the_vocabulary(corpus, made, tmp_path):
    root, *_ = made
    stage = TokenizerStage(TrainTokenizer(vocabulary_size=60_000, sources=("qa",)), (corpus,), Path("/"))
    with pytest.raises(UserError, match=r"tokenizer.vocabulary_size: .* 60000 were asked for"):
        stage.run(tmp_path, Where(root, 1, Progress(quiet=True)))


def test_the_end_token_comes_from_the_folder(made, tmp_path):
    root, *_ = made
    folder = tmp_path / "t"
    folder.mkdir()
    (folder / "tokenizer.json").write_bytes((root / "tokenizer/tokenizer.json").read_bytes())
    (folder / "special_tokens_map.json").write_text(json.dumps({"eos_token": {"content": "A"}}))
    make([copy_of("t", tmp_path)], Where(tmp_path / "root", 1, Progress(quiet=True)))
    encoder = load_encoder(tmp_path / "root/tokenizer")
    assert encoder.end_of_document == encoder.encode_batch(["A"])[0][0]
