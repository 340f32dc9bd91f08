"""How `pipeline/clean/filters/spam_en.tsv` is made: which English words tell advertising mail from writing.

Logistic regression on the set of a text's words, scaled by the square root of their number. Spam is SpamAssassin's
(CC0); the rest is its other mail, the demo's prose and technical pages. Only the half of the pages that is not held out
is seen. There is no constant: a text without any of the words has score 0. Words that fewer than 12 texts hold, that
hold digits, or that weigh little are left out.
Writes the file and prints how well it does: python tests/bench/spam_words.py
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from clean_pages import demo, is_held_out, mails

from pipeline.clean.adapter import repaired
from pipeline.clean.page import Page
from pipeline.clean.repairs import default_repairs

LIST = Path(__file__).parents[2] / "pipeline" / "clean" / "filters" / "spam_en.tsv"
FEWEST, WEIGHT, STEPS = 12, 0.1, 600


def words(text: str) -> frozenset[str]:
    mended, *_ = repaired(text, default_repairs(), "en")
    return frozenset(word for word in Page(mended, "en", "", 0.0).vocabulary)


def load() -> tuple[list[frozenset[str]], list[int], list[bool]]:
    texts, labels, held = [], [], []
    spam = list(mails("spam"))
    clean = [*mails("easy-ham"), *mails("hard-ham"), *demo("en-wikipedia"), *demo("en-speeches"), *demo("en-news")]
    clean += list(demo("science"))[::6]
    for label, pages in ((1, spam), (0, clean)):
        for name, text in pages:
            texts.append(words(text))
            labels.append(label)
            held.append(is_held_out(name))
    return texts, labels, held


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    texts, labels, held = load()
    counts = Counter(word for text, out in zip(texts, held, strict=True) if not out for word in text)
    vocabulary = sorted(w for w, n in counts.items() if n >= FEWEST and w.isalpha() and 2 <= len(w) <= 20)
    number = {word: i for i, word in enumerate(vocabulary)}
    weights = _fitted(texts, labels, held, number)
    chosen = {word: round(float(weights[i]), 2) for word, i in number.items() if abs(weights[i]) >= WEIGHT}
    lines = ["# Made by tests/bench/spam_words.py; a word and its weight, positive for spam."]
    LIST.write_text("\n".join([*lines, *(f"{word}\t{weight:.2f}" for word, weight in sorted(chosen.items()))]) + "\n")
    scores = np.array([sum(chosen.get(w, 0.0) for w in text) / max(len(text), 1) ** 0.5 for text in texts])
    judged, spam = np.array(held), np.array(labels) == 1
    rows = {
        str(limit): {
            "spam_removed": round(float((scores[judged & spam] > limit).mean()), 4),
            "others_removed": round(float((scores[judged & ~spam] > limit).mean()), 4),
        }
        for limit in (-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)
    }
    print(json.dumps({"words": len(chosen), "held_out": rows}, indent=1))


def _fitted(texts: list[frozenset[str]], labels: list[int], held: list[bool], number: dict[str, int]) -> np.ndarray:
    torch.manual_seed(0)
    chosen = [i for i, out in enumerate(held) if not out]
    rows, columns, values = [], [], []
    for row, i in enumerate(chosen):
        known = [number[word] for word in sorted(texts[i]) if word in number]
        rows += [row] * len(known)
        columns += known
        values += [max(len(texts[i]), 1) ** -0.5] * len(known)
    inputs = torch.sparse_coo_tensor(torch.tensor([rows, columns]), values, (len(chosen), len(number)))
    target = torch.tensor([float(labels[i]) for i in chosen])
    weight = torch.zeros(len(number), 1, requires_grad=True)
    optimizer = torch.optim.Adam([weight], lr=0.2)
    share = float(target.mean())
    for _ in range(STEPS):
        optimizer.zero_grad()
        logits = torch.sparse.mm(inputs, weight).squeeze(1)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            logits, target, pos_weight=torch.tensor((1 - share) / share)
        )
        (loss + 1e-5 * weight.abs().sum() + 2e-6 * (weight**2).sum()).backward()
        optimizer.step()
    return weight.detach().squeeze(1).numpy()


if __name__ == "__main__":
    main()
