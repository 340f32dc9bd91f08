"""An exported run in EleutherAI's harness: it loads, runs a local task, and scores what plain arithmetic gives."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from small_run import headwater
from transformers import AutoModelForCausalLM, AutoTokenizer

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("lm_eval") is None, reason="lm_eval is not installed (pip install 'headwater[dev]')"
)
QUESTION = re.compile(r"Q: (.+?)\n\(A\) (.+?) \(B\) (.+?) \(C\) (.+?) \(D\) (.+?)\nA: [^\n]*The answer is \(([ABCD])\)")
TASK = {
    "task": "short_questions",
    "dataset_path": "json",
    "test_split": "test",
    "output_type": "multiple_choice",
    "doc_to_text": "{{question}}",
    "doc_to_choice": "{{choices}}",
    "doc_to_target": "{{answer}}",
    "metric_list": [{"metric": "acc"}],
}


def short_questions() -> list[dict]:
    """Real questions of MMLU that come with the harness, those that fit the small model's 128 tokens."""
    (package,) = importlib.util.find_spec("lm_eval").submodule_search_locations
    prompts = json.loads((Path(package) / "tasks/mmlu/flan_cot_fewshot/_cot_prompts.json").read_text())
    found = [match.groups() for text in prompts.values() for match in QUESTION.finditer(text)]
    questions = [
        {"question": question, "choices": choices, "answer": "ABCD".index(answer)}
        for question, *choices, answer in found
        if len(question) + max(map(len, choices)) < 100
    ]
    return questions[:24]


def log_likelihood(model, tokenizer, question: str, choice: str) -> float:
    """Return the log-probability of a choice behind its question, a space between them, as the harness defines it."""
    context = tokenizer(question)["input_ids"]
    whole = torch.tensor([tokenizer(f"{question} {choice}")["input_ids"]])
    with torch.no_grad():
        log_probabilities = model(whole).logits[0].float().log_softmax(-1)
    begin = len(context)
    return log_probabilities[begin - 1 : -1].gather(1, whole[0, begin:, None]).sum().item()


def test_an_exported_run_scores_as_its_own_likelihoods_say(finished, tmp_path):
    done = headwater(finished, "export", "work/small/runs/cpt", "--to", str(tmp_path / "model"))
    assert done.returncode == 0, done.stderr
    questions = short_questions()
    assert len(questions) == 24
    data = tmp_path / "questions.jsonl"
    data.write_text("".join(json.dumps(question) + "\n" for question in questions))
    task = {**TASK, "dataset_kwargs": {"data_files": {"test": str(data)}}}
    (tmp_path / "short_questions.yaml").write_text(yaml.safe_dump(task))
    results, samples = harness(tmp_path)
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "model", dtype="auto").eval()
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
    right = 0
    for sample in samples:
        question = sample["doc"]
        expected = [log_likelihood(model, tokenizer, question["question"], text) for text in question["choices"]]
        found = [float(response[0]) for response in sample["filtered_resps"]]
        assert found == pytest.approx(expected, abs=1e-3)
        right += max(range(4), key=expected.__getitem__) == question["answer"]
    assert results["short_questions"]["acc,none"] == pytest.approx(right / 24)


def harness(folder: Path) -> tuple[dict, list[dict]]:
    """Run the harness as a user does, without a network; return its results and what it kept of every question."""
    arguments = ["--model", "hf", "--model_args", f"pretrained={folder / 'model'},dtype=float32", "--device", "cpu"]
    arguments += ["--tasks", "short_questions", "--include_path", str(folder), "--batch_size", "8"]
    arguments += ["--output_path", str(folder / "results"), "--log_samples"]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(folder / "cache")}
    command = [sys.executable, "-m", "lm_eval", "run", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    (results,) = (folder / "results").rglob("results_*.json")
    (samples,) = (folder / "results").rglob("samples_short_questions_*.jsonl")
    return json.loads(results.read_text())["results"], [json.loads(line) for line in samples.read_text().splitlines()]
