"""Question readers: a question, a line break, and its worked answer, as one text."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.demo.document import Document

_CHAMP = "champ_dataset/dataset_files/v0.json"
_EXAMS = "lm_eval/tasks/mmlu/flan_cot_fewshot/_cot_prompts.json"


def questions(champ_dataset: Path, lm_eval: Path) -> Iterator[Document]:
    """Yield competition problems with their steps, then exam questions of 57 subjects with their reasons."""
    with zipfile.ZipFile(champ_dataset) as archive:
        for name, problem in json.loads(archive.read(_CHAMP))["problems"].items():
            yield Document(f"champ/{name}", competition_text(problem), problem["category"])
    with zipfile.ZipFile(lm_eval) as archive:
        for subject, prompt in json.loads(archive.read(_EXAMS)).items():
            for number, text in enumerate(exam_texts(prompt), start=1):
                yield Document(f"mmlu-cot/{subject}-{number}", text, subject.replace("_", " "))


def competition_text(problem: dict[str, Any]) -> str:
    """Return a problem, its solution's steps and its answer; `@@` around formulas becomes `$`."""
    steps = [step["_raw_text"] for step in problem["solution"]["steps"]]
    lines = [problem["_raw_text"], *steps, f"Answer: {problem['_raw_answer']}"]
    return "\n".join(lines).replace("@@", "$")


def exam_texts(prompt: str) -> Iterator[str]:
    """Yield question, options and answer of each `Q: ... A: ...` pair of a few-shot prompt."""
    for pair in re.split(r"^Q: ", _with_backslashes(prompt), flags=re.MULTILINE)[1:]:
        question, _, answer = pair.partition("\nA: ")
        answer = answer.removeprefix("Let's think step by step.")
        yield f"{question.strip()}\n{answer.strip()}"


def _with_backslashes(prompt: str) -> str:
    r"""Give LaTeX commands the backslash that the file's authors lost to escapes (`\frac`, `\right`)."""
    prompt = re.sub(r"[\f\n](?=rac\{|actorial|orall)", r"\\f", prompt)
    return re.sub(r"\r(?=ight)", r"\\r", prompt)
