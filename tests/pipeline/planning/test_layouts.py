"""Layouts: what is possible, what fits, what is fastest, and how a plan says so."""

import json
from dataclasses import replace

import pytest

from pipeline.cli import main
from pipeline.planning.gpu import GPUS
from pipeline.planning.gpu_memory import Split
from pipeline.planning.layouts import USABLE, Work, _candidate, candidates, ranked
from pipeline.train.known_architectures import known

RECIPE = """
name: r
tokenizer: {kind: file, path: tokenizer.json}
sources:
  web: {read: {kind: jsonl, paths: [web.jsonl]}, profile: en, license: CC0-1.0, tokens: 1B}
runs:
  cpt:
    start: {kind: architecture, architecture: llama-3-8b}
    phases: [{name: all, tokens: 2147483648, mixture: {kind: static, shares: {web: 1}}}]
    sequence_length: 8192
    batch: 256
    micro_batch: 2
    learning_rate: {kind: warmup_constant, peak: 1.0e-5, warmup: 1M}
"""


def work(name="llama-3-8b", gpu="h100", length=8192, batch=256, precision="bf16"):
    return Work(known(name), length, batch, precision, GPUS[gpu], 0.4)


@pytest.mark.parametrize("gpus", [1, 2, 6, 8, 64])
def test_every_candidate_uses_all_gpus_and_divides_model_and_batch(gpus):
    found = list(candidates(work(), gpus))
    assert len({each.split for each in found}) == len(found)
    for each in found:
        split = each.split
        assert split.gpus == split.tensor * split.pipeline * split.context * split.data == gpus
        assert 256 % (split.data * split.micro_batch) == 0
        assert split.layout.refusals(known("llama-3-8b")) == []
        assert each.fits(GPUS["h100"]) or split.recompute == 32 // split.pipeline
        assert each.memory.total > 0


def test_a_number_of_gpus_that_divides_nothing_has_no_layout():
    assert list(candidates(work(), 7)) == []


def test_what_does_not_fit_is_left_out_and_the_simplest_of_the_fastest_comes_first():
    found = ranked(work(), 8)
    assert found
    assert all(each.memory.total <= USABLE * GPUS["h100"].memory for each in found)
    assert [each.seconds for each in found[1:]] == sorted(each.seconds for each in found[1:])
    alike = [each for each in found if each.seconds <= 1.05 * min(other.seconds for other in found)]
    assert found[0] in alike
    assert found[0].split.layout.model_size == min(each.split.layout.model_size for each in alike)
    assert len({(each.split.tensor, each.split.pipeline, each.split.context) for each in found}) == len(found)
    assert ranked(work(), 1) == []
    # 8 billion weights with 18 bytes each are more than one card holds.
    assert ranked(work(gpu="h200"), 8)[0].split == Split(data=8)


def test_a_small_model_is_copied_and_its_micro_batch_as_large_as_helps():
    best = ranked(work("tinyllama-1.1b", length=2048), 8)[0]
    assert (best.split.tensor, best.split.pipeline, best.split.data) == (1, 1, 8)
    assert best.split.micro_batch == 8


def test_time_is_flops_at_the_utilisation_the_idle_share_of_a_pipeline_and_bytes_over_bandwidth():
    own = work("llama-3.2-1b")
    found = {replace(each.split, recompute=0): each for each in candidates(own, 8) if not each.split.recompute}
    flops = own.shape.flops_per_token(8192, "full") * 256 * 8192
    assert found[Split(pipeline=8)].compute == pytest.approx(flops / (8 * 989e12 * 0.4))
    assert found[Split(pipeline=8)].idle == pytest.approx(found[Split(pipeline=8)].compute * 7 / 256)
    assert found[Split(pipeline=8)].communication == 0
    assert found[Split(data=8)].communication == pytest.approx(6 * own.shape.parameters() * 7 / 8 / 450e9)
    assert found[Split(tensor=8)].communication == pytest.approx(8 * 16 * 256 * 8192 * 2048 * 2 * 7 / 8 / 450e9)
    assert found[Split(tensor=8)].idle == 0
    keys = 4 * 16 * 256 * 8192 * 512 * 2 * 7 / 8 / 450e9
    copies = 6 * own.shape.parameters() * 7 / 8 / 450e9
    assert found[Split(context=8)].communication == pytest.approx(keys + copies)


def test_recomputing_saves_what_blocks_keep_and_costs_a_forward_pass():
    own = work(gpu="a100")
    (found,) = (each for each in candidates(own, 8) if each.split.data == 8 and each.split.micro_batch == 1)
    assert found.split.recompute > 0
    assert found.fits(own.gpu)
    less = _candidate(own, replace(found.split, recompute=found.split.recompute - 1))
    assert not less.fits(own.gpu)
    plain = _candidate(own, replace(found.split, recompute=0))
    assert found.compute == pytest.approx(plain.compute * (1 + found.split.recompute / 32 / 3))


@pytest.fixture
def plan(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "r.yaml").write_text(RECIPE)

    def run(*arguments):
        status = main(["plan", "r.yaml", *arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return run


def test_a_plan_names_layout_memory_steps_and_hours_and_that_they_are_unverified(plan):
    status, out, _ = plan("--gpus", "8", "--gpu", "h100")
    assert status == 0
    assert "on 8 H100 of 79.1 GiB each:" in out
    assert "hours are a model's, never measured on a GPU" in out
    told = json.loads(plan("--gpus", "8", "--gpu", "h100", "--json")[1])["compute"]["cpt"]
    best = told["cost"]["best"]
    memory = best["memory"]
    assert told["steps"] == 1024
    assert best["hours"] == pytest.approx(1024 * best["step_seconds"] / 3600)
    kept = sum(memory[name] for name in ("weights", "gradients", "optimizer", "activations"))
    assert memory["total"] == kept + max(memory["loss"], memory["backward"])
    assert told["cost"]["verified"] is False


def test_a_plan_says_what_is_missing_where_nothing_fits(plan):
    out = plan("--gpus", "1", "--gpu", "a100")[1]
    assert "no layout fits; the nearest is tensor 1, pipeline 1, context 1, data 1, micro-batch 1, 32 blocks" in out
    assert "take more GPUs" in out
    assert "7 GPUs can share neither" in plan("--gpus", "7")[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--gpus", "0"), "found 0, allowed is a whole number above 0"),
        (("--gpu", "b200"), "invalid choice: 'b200'"),
        (("--utilization", "40"), "found 40, allowed is a number above 0, up to 1"),
    ],
)
def test_mistakes_on_the_command_line_are_named(plan, arguments, words, capsys):
    with pytest.raises(SystemExit) as error:
        plan(*arguments)
    assert error.value.code == 2
    assert words in capsys.readouterr().err
