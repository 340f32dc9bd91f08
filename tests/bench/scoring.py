"""A measurement: perplexity scoring against the plain forward pass of the same checkpoint, tokens a second.

Plain is transformers' model giving logits for full batches of one length, nothing tokenized, padded or summed. Scoring
is everything the signal does with real documents: tokenize, cut, batch by length, pad, run, take losses. Both see the
same number of tokens and turns alternate in one process; the ratio is the median of the turns'. Also: which share of
the tokens given to the model is padding, with batches by length and with batches in the corpus's order.
Prints JSON and keeps it: python tests/bench/scoring.py CHECKPOINT DOCUMENTS.jsonl
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

import torch
from synthetic import keep
from transformers import AutoModelForCausalLM

from pipeline.label.length_batches import padding_share, windows_of
from pipeline.label.model_scoring import Scorer, Scoring

CLOCK = time.perf_counter if torch.cuda.is_available() else time.process_time
"""On a processor that others use too, the time that this process had; threads add up."""


def read(path: Path, most: int) -> list[str]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line, _ in zip(lines, range(most), strict=False)]


def padding_in_order(lengths: list[int], most_tokens: int) -> float:
    """Return the share of padding where windows make batches as they come."""
    given, batch = 0, [lengths[0]]
    for length in lengths[1:]:
        if (len(batch) + 1) * max(*batch, length) > most_tokens:
            given, batch = given + len(batch) * max(batch), []
        batch.append(length)
    return 1 - sum(lengths) / (given + len(batch) * max(batch))


class Plain:
    def __init__(self, folder: Path, scoring: Scoring, threads: int) -> None:
        dtype = torch.float32 if scoring.precision == "fp32" else torch.bfloat16
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation="sdpa")
        self.model = model.to(self.device).eval()
        torch.set_num_threads(threads)

    def seconds(self, length: int, batches: int, rows: int) -> float:
        ids = torch.randint(0, 1000, (rows, length), device=self.device)
        begin = CLOCK()
        with torch.inference_mode():
            for _ in range(batches):
                self.model(input_ids=ids, use_cache=False)
        if self.device == "cuda":
            torch.cuda.synchronize()
        return CLOCK() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("documents", type=Path)
    parser.add_argument("--texts", type=int, default=64)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=512, help="most tokens of a document")
    parser.add_argument("--batch-tokens", type=int, default=4096)
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    asked = parser.parse_args()
    scoring = Scoring(
        window=asked.tokens, most_tokens=asked.tokens, precision=asked.precision, batch_tokens=asked.batch_tokens
    )
    texts = read(asked.documents, asked.texts)
    scorer, plain = Scorer(asked.checkpoint, scoring, asked.threads), Plain(asked.checkpoint, scoring, asked.threads)
    encoded = scorer._tokenizer.encode(texts, asked.tokens)
    windows = [window for i, d in enumerate(encoded) for window in windows_of(i, d.ids, 0, asked.tokens, 0)]
    lengths = [len(window.ids) for window in windows]
    tokens = sum(lengths)
    # Attention costs more the longer the rows are: rows as long as the row that the average token stands in.
    length = round(sum(n * n for n in lengths) / tokens)
    rows = max(1, asked.batch_tokens // length)
    batches = max(1, round(tokens / (rows * length)))
    plain.seconds(length, 1, rows)
    scorer.score(texts[:4])
    turns = []
    for _ in range(asked.turns):
        seconds = plain.seconds(length, batches, rows)
        begin = CLOCK()
        scorer.score(texts)
        scored = CLOCK() - begin
        turns.append((rows * length * batches / seconds, tokens / scored))
        print(turns[-1], flush=True)
    keep(
        "scoring",
        {
            "target": "scoring at 0.8 of the plain forward pass or faster",
            "device": torch.cuda.get_device_name() if torch.cuda.is_available() else f"cpu, {asked.threads} threads",
            "precision": asked.precision,
            "documents": len(texts),
            "tokens": tokens,
            "batch_tokens": asked.batch_tokens,
            "plain_row": length,
            "plain_tokens_a_second": [round(plain_rate, 1) for plain_rate, _ in turns],
            "scored_tokens_a_second": [round(rate, 1) for _, rate in turns],
            "scored_over_plain": round(statistics.median(rate / plain_rate for plain_rate, rate in turns), 3),
            "padding_by_length": round(padding_share(windows, asked.batch_tokens), 4),
            "padding_in_corpus_order": round(padding_in_order(lengths, asked.batch_tokens), 4),
        },
    )


if __name__ == "__main__":
    main()
