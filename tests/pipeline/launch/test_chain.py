"""Which stages are one job, and what each job waits for."""

from pathlib import Path

from small_run import RECIPE

from pipeline.launch.chain import chain_of
from pipeline.plan import make_plan
from pipeline.recipe import load_recipe


def plan_of(folder: Path):
    (folder / "recipe.yaml").write_text(RECIPE)
    for name in ("help", "chinese"):
        (folder / "raw").mkdir(exist_ok=True)
        (folder / "raw" / f"{name}.jsonl").write_text("")
    return make_plan(load_recipe(folder / "recipe.yaml"), folder, folder / "root")


def test_stages_of_one_verb_are_one_job_and_wait_for_what_they_read(tmp_path):
    parts = chain_of(plan_of(tmp_path).stages)
    assert [(part.name, part.kind, part.after) for part in parts] == [
        ("clean", "data", []),
        ("label", "data", ["clean"]),
        ("tokenize", "data", ["clean"]),
        ("stream", "data", ["label", "tokenize"]),
        ("train-base", "train", ["tokenize", "stream"]),
        ("model-base", "model", ["tokenize", "stream", "train-base"]),
        ("train-cpt", "train", ["tokenize", "stream", "model-base"]),
        ("model-cpt", "model", ["tokenize", "stream", "train-cpt"]),
        ("report", "data", [part.name for part in parts[:-1]]),
    ]
    assert [stage.name for stage in parts[5].stages] == ["models/base", "evaluations/base"]


def test_a_verb_that_reads_a_later_job_is_a_job_of_its_own(tmp_path):
    stages = {stage.name: stage for stage in plan_of(tmp_path).stages}
    order = ["corpus/help", "tokenizer", "tokens/help", "corpus/made", "labels/made/length", "corpus/chinese"]
    # As a source that a model writes from a labelled corpus is cleaned after it.
    stages["corpus/chinese"].__dict__["written"] = stages["labels/made/length"]
    parts = chain_of([stages[name] for name in order])
    named = [(part.name, [stage.name for stage in part.stages], part.after) for part in parts]
    assert named == [
        ("clean", ["corpus/help", "corpus/made"], []),
        ("tokenize", ["tokenizer", "tokens/help"], ["clean"]),
        ("label", ["labels/made/length"], ["clean"]),
        ("clean.2", ["corpus/chinese"], ["label"]),
    ]


def test_what_is_not_in_the_chain_is_waited_for_by_nobody(tmp_path):
    chosen = [stage for stage in plan_of(tmp_path).stages if stage.verb == "train"]
    assert [(part.name, part.after) for part in chain_of(chosen)] == [("train-base", []), ("train-cpt", [])]
