"""Probes on a real small model: each number is what arithmetic on the model's own probabilities gives."""

import math

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from pipeline.errors import UserError
from pipeline.stage import Where
from pipeline.tune.probes.answers import Answers
from pipeline.tune.probes.induction import Induction
from pipeline.tune.probes.probe import Examined


@pytest.fixture
def probed(swarm):
    """A lab with a finished point."""
    lab, points = swarm
    return lab, points[0]


@pytest.fixture
def examined(probed, tmp_path):
    lab, point = probed
    root = lab.folder(point)
    return Examined(root / "models" / "cpt", root, "cpt", 256, tmp_path)


def bits(model, tokenizer, text, answer):
    """Return minus the binary logarithm of the answer's probability behind its question, token by token."""
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    asked = len(ids) - len(tokenizer(text[: -len(answer)], add_special_tokens=False)["input_ids"])
    ids = ids[-256:]
    with torch.no_grad():
        logs = model(torch.tensor([ids])).logits[0].double().log_softmax(-1)
    return -sum(logs[i - 1, ids[i]].item() for i in range(len(ids) - asked, len(ids))) / math.log(2)


def test_answers_are_bits_of_the_answers_over_their_bytes(probed, examined):
    lab, point = probed
    folder = examined.model_folder
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    texts = list(Answers(sources=("made",))._texts(examined))
    answers = [text.partition("\n")[2] for text in texts]
    assert len(texts) > 5
    assert max(len(tokenizer(text)["input_ids"]) for text in texts) > 256 > max(map(len, answers))
    total = sum(bits(model, tokenizer, text, answer) for text, answer in zip(texts, answers, strict=True))
    expected = total / sum(len(answer.encode()) for answer in answers)
    assert lab.experiment.metrics["answers"].measure(lab.outcome(point)) == pytest.approx(expected, rel=1e-4)


def test_a_model_that_copies_has_no_loss_on_a_pattern(examined, monkeypatch):
    class Copying(torch.nn.Module):
        """Foresees what stood `length` tokens before the next one."""

        device = torch.device("cpu")
        config = examined.model.config

        def forward(self, rows):
            before = torch.nn.functional.pad(rows, (7, 0))[:, : rows.shape[1]]
            logits = 50.0 * torch.nn.functional.one_hot(before, self.config.vocab_size)
            return type("Output", (), {"logits": logits})

    probe = Induction(length=8, rows=16)
    untrained = probe.examine(examined)
    assert untrained == pytest.approx(math.log(320), abs=1.5)
    monkeypatch.setitem(examined.__dict__, "model", Copying())
    assert probe.examine(examined) < 1e-6


def test_probes_that_are_gone_or_damaged_are_asked_again_and_the_run_stays(probed):
    lab, point = probed
    outcome, measures = lab.outcome(point), lab.measures_folder(point) / "measures.json"
    trained = (lab.run_folder(point) / "metrics.jsonl").stat().st_mtime_ns
    measures.write_text("{}")
    assert lab.state(point) == ("begun", "") and lab.outcome(point) is None
    lab.make(point, Where(lab.root))
    assert lab.outcome(point).measures == outcome.measures
    assert (lab.run_folder(point) / "metrics.jsonl").stat().st_mtime_ns == trained


def test_what_cannot_be_asked_is_said(examined):
    with pytest.raises(UserError, match="length: found 129, allowed is at most half of the run's sequence_length, 128"):
        Induction(length=129).examine(examined)
    with pytest.raises(UserError, match="no held-out document of made has a question, then '@@', then an answer"):
        Answers(sources=("made",), after="@@").examine(examined)
