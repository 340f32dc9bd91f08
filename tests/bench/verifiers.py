"""How many planted wrong answers the checks catch, and how many right ones they keep; prints and keeps JSON.

Right answers are problems made by program (`synth/`), questions of packages (competition and examination problems with
worked answers, which hold a few real mistakes of their own) and entries of a glossary as restated facts. Each is spoilt
in every way that applies: all numbers replaced, the solution of another question, the last number off by one, the last
unit of another kind, an operator or bound of the code off by one, a fact negated. Code that was changed so that it
still does the same counts as missed.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from pipeline import seeds
from pipeline.synthesize.amounts import chinese_share
from pipeline.synthesize.candidate import Candidate, Family, Pair
from pipeline.synthesize.checks.arithmetic import Arithmetic
from pipeline.synthesize.checks.check import Check
from pipeline.synthesize.checks.execution import Execution
from pipeline.synthesize.checks.final_answer import FinalAnswer
from pipeline.synthesize.checks.givens import Givens
from pipeline.synthesize.checks.numbers import Numbers
from pipeline.synthesize.checks.steps import Steps
from pipeline.synthesize.checks.supported import Supported
from pipeline.synthesize.checks.units import Units
from pipeline.synthesize.corruption import Corruptible, corrupt
from pipeline.synthesize.measured_values import measured_values
from synth.arithmetic import Arithmetic as ArithmeticProblems
from synth.code_induction import CodeInduction
from synth.glossary import read_glossary
from synth.mathematics import Mathematics
from synth.science import Science
from synth.synthesizer import Synthesizer

RESULT = Path(__file__).parent / "results" / "verifiers.json"
CHECKS: tuple[Check, ...] = (
    Arithmetic(),
    FinalAnswer(),
    Steps(),
    Units(),
    Supported(),
    Execution(),
    Givens(),
    Numbers(),
)
_CODE = re.compile(r"(```python\n)(.*?)(\n```)", re.DOTALL)
_OTHER_UNITS = ("kg", "m", "s", "J", "N", "W", "A", "V")
_FAMILIES: dict[str, Family] = {"code_induction": "case_to_code"}
Item = tuple[Pair, str, Family]
"""A pair, its snippet and its family."""


def main() -> None:
    """Measure every set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=Path, default=Path("data/demo/qa-packages/documents.jsonl"))
    parser.add_argument(
        "--glossary", type=Path, help="lines of term, tab, definition, or the .index of a dictd dictionary"
    )
    parser.add_argument("--pairs", type=int, default=300)
    parser.add_argument("--programs", type=int, default=60)
    options = parser.parse_args()
    made: dict[str, tuple[Synthesizer, int]] = {
        "mathematics": (Mathematics(), options.pairs),
        "science": (Science(), options.pairs),
        "arithmetic": (ArithmeticProblems(), options.pairs),
        "code_induction": (CodeInduction(), options.programs),
    }
    sets: dict[str, list[Item]] = {
        name: [
            (Pair(d.question, d.answer), "", _FAMILIES.get(name, "problem"))
            for d in islice(synthesizer.documents(11), count)
        ]
        for name, (synthesizer, count) in made.items()
    }
    sets["qa_packages"] = list(islice(_packages(options.packages), 2 * options.pairs))
    if options.glossary:
        sets["glossary"] = list(islice(_restated(options.glossary), options.pairs))
    found = {name: measured(items) for name, items in sets.items()}
    command = "python tests/bench/verifiers.py" + "".join(
        f" --{name} {value}" for name, value in (("pairs", options.pairs), ("programs", options.programs))
    )
    if options.glossary:
        command += f" --glossary {options.glossary.name}"
    text = json.dumps({"command": command, "sets": found}, indent=1, ensure_ascii=False) + "\n"
    RESULT.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


def measured(items: Sequence[Item]) -> dict[str, Any]:
    """Return what is kept of the right pairs, and what is caught of each kind of wrong one, with the check that did."""
    rejected = Counter(filter(None, (_rejected(*item) for item in items)))
    kept = len(items) - rejected.total()
    planted: dict[str, list[str]] = defaultdict(list)
    for way, item in _spoilt(items):
        planted[way].append(_rejected(*item))
    caught = {
        way: {
            "planted": len(found),
            "caught": sum(map(bool, found)),
            "rate": round(sum(map(bool, found)) / len(found), 3),
            "by": dict(Counter(filter(None, found)).most_common()),
        }
        for way, found in planted.items()
    }
    return {
        "right": len(items),
        "kept": kept,
        "kept_rate": round(kept / len(items), 3),
        "wrongly": dict(rejected),
        "wrong": caught,
    }


def _rejected(pair: Pair, snippet: str, family: Family) -> str:
    candidate = Candidate(pair, snippet, "zh" if chinese_share(pair.question) > 0.2 else "en", family)
    return next((check.kind for check in CHECKS if check.reject(candidate)), "")


def _packages(path: Path) -> Iterator[Item]:
    for line in path.read_text(encoding="utf-8").splitlines():
        question, _, solution = json.loads(line)["text"].partition("\n")
        yield Pair(question, solution), "", "problem"


def _restated(path: Path) -> Iterator[Item]:
    """Yield entries of two to six sentences; the answer says them in another order."""
    for entry in read_glossary(path):
        sentences = re.findall(r"[A-Z][^.!?]{30,}[.!?]", entry.definition)
        if 2 <= len(sentences) <= 6:
            answer = " ".join(reversed(sentences))
            yield Pair(f"What is {entry.term}?", answer), entry.definition, "facts"


def _spoilt(items: Sequence[Item]) -> Iterator[tuple[str, Item]]:
    documents = [Corruptible(str(i), "one", pair) for i, (pair, _, _) in enumerate(items)]
    for corruption in ("numbers_replaced", "answers_swapped"):
        for (pair, way), (_, snippet, family) in zip(corrupt(documents, 1.0, 0, [corruption]), items, strict=True):
            if way == corruption:
                yield way, (pair, snippet, family)
    single: dict[str, Callable[[str, np.random.Generator], str | None]] = {
        "last_number_off_by_one": _last_number,
        "unit_changed": _other_unit,
        "code_off_by_one": _other_code,
        "fact_negated": _negated,
    }
    for number, (pair, snippet, family) in enumerate(items):
        for name, change in single.items():
            if (name == "fact_negated") != (family == "facts") and name in ("fact_negated", "unit_changed"):
                continue
            solution = change(pair.solution, seeds.generator(0, name, str(number)))
            if solution is not None and solution != pair.solution:
                yield name, (Pair(pair.question, solution), snippet, family)


def _last_number(solution: str, draw: np.random.Generator) -> str | None:
    found = None if _CODE.search(solution) else list(re.finditer(r"(?<![\w.])\d+(?:\.\d+)?(?![\w^])", solution))
    if not found:
        return None
    whole, point, decimals = found[-1][0].partition(".")
    other = str(int(whole + decimals) + 1).zfill(len(whole + decimals))
    written = other[: len(other) - len(decimals)] + point + (other[len(other) - len(decimals) :] if decimals else "")
    return solution[: found[-1].start()] + written + solution[found[-1].end() :]


def _other_unit(solution: str, draw: np.random.Generator) -> str | None:
    """Give the result another unit, in its last place."""
    values = list(measured_values(solution))
    if not values:
        return None
    last = values[-1]
    unit = next(re.finditer(r"[A-Za-zΩ²³/·(){}^\d\u4e00-\u9fff]*\}?\Z", last.written))
    others = [u for u in _OTHER_UNITS if next(measured_values(f"1 {u}")).dimensions != last.dimensions]
    other = others[int(draw.integers(len(others)))] + ("}" if unit[0].endswith("}") else "")
    return solution[: last.begin + unit.start()] + other + solution[last.end :]


class _OffByOne(ast.NodeTransformer):
    """Changes the n-th whole number, comparison or sign of a program."""

    def __init__(self, place: int) -> None:
        self.place, self.seen = place, 0

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.Compare | ast.BinOp) or (isinstance(node, ast.Constant) and type(node.value) is int):
            self.seen += 1
            if self.seen - 1 == self.place:
                return self._changed(node)
        return self.generic_visit(node)

    def _changed(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.Constant):
            return ast.Constant(node.value + 1)
        if isinstance(node, ast.BinOp):
            return ast.BinOp(node, ast.Add(), ast.Constant(1))
        assert isinstance(node, ast.Compare)
        other: dict[type, ast.cmpop] = {ast.Lt: ast.LtE(), ast.LtE: ast.Lt(), ast.Gt: ast.GtE(), ast.GtE: ast.Gt()}
        first = other.get(type(node.ops[0]), ast.NotEq() if isinstance(node.ops[0], ast.Eq) else ast.Eq())
        return ast.Compare(node.left, [first, *node.ops[1:]], node.comparators)


def _other_code(solution: str, draw: np.random.Generator) -> str | None:
    block = _CODE.search(solution)
    if block is None:
        return None
    counted = _OffByOne(-1)
    counted.visit(ast.parse(block[2]))
    if not counted.seen:
        return None
    changed = _OffByOne(int(draw.integers(counted.seen))).visit(ast.parse(block[2]))
    code = ast.unparse(ast.fix_missing_locations(changed))
    return (
        solution[: block.start(2)] + code + solution[block.end(2) :]
        if code != ast.unparse(ast.parse(block[2]))
        else None
    )


def _negated(answer: str, draw: np.random.Generator) -> str | None:
    verbs = list(re.finditer(r"\b(?:is|are|was|were|can|has been|will)\b(?! not)", answer))
    if not verbs:
        return None
    verb = verbs[int(draw.integers(len(verbs)))]
    return f"{answer[: verb.end()]} not{answer[verb.end() :]}"


if __name__ == "__main__":
    main()
