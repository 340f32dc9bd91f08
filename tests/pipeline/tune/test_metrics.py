"""Metrics of held-out loss: sources and groups of them, at the end and against the beginning."""

import pytest

from pipeline.errors import UserError
from pipeline.tune.metric import Outcome
from pipeline.tune.metrics import Loss, Rise
from pipeline.tune.probes.answers import Answers

GROUPS = {"zh": {"news": 0.7, "prose": 0.3}, "all": {"zh": 0.5, "web": 0.5}}
OUTCOME = Outcome(
    validations=[
        {"tokens": 0, "loss": {"news/topic=a": 4.0, "news/topic=b": 2.0, "prose": 5.0, "web": 1.0}},
        {"tokens": 8, "loss": {"news/topic=a": 2.0, "news/topic=b": 1.0, "prose": 3.0, "web": 1.5}},
    ],
    steps=[],
    measures={},
)


def test_a_group_weighs_its_sources_by_their_shares():
    metric = Loss(sources=["all"]).of_sources(GROUPS)
    assert metric.sources == pytest.approx({"news": 0.35, "prose": 0.15, "web": 0.5})
    assert metric.measure(OUTCOME) == pytest.approx(0.35 * 1.5 + 0.15 * 3.0 + 0.5 * 1.5)
    assert Rise(sources={"zh": 1.0, "web": 1.0}).of_sources(GROUPS).measure(OUTCOME) == pytest.approx(
        ((0.7 * 1.5 + 0.3 * 3.0) - (0.7 * 3.0 + 0.3 * 5.0) + 0.5) / 2
    )
    assert Answers(sources=["all"]).of_sources(GROUPS).asked == ("news", "prose", "web")


def test_a_source_without_held_out_documents_is_named():
    with pytest.raises(UserError, match="no document of code is held out"):
        Loss(sources=["web", "code"]).measure(OUTCOME)
