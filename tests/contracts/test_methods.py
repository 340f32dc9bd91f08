"""What every mixture method must hold. A new method adds one sample here."""

import math

import pytest
from pydantic import TypeAdapter

from mixtures.base import Situation, Slice
from mixtures.methods import AnyMethod
from mixtures.natural import Natural
from mixtures.perplexity_feedback import PerplexityFeedback
from mixtures.ramp import Ramp
from mixtures.repetition_cap import RepetitionCap
from mixtures.replay_floor import ReplayFloor
from mixtures.static import Static
from mixtures.steps import Step, Steps
from mixtures.stratified import Stratified
from mixtures.temperature import Temperature

MIXED = Static(shares={"web": 0.7, "books": 0.1, "zh": 0.2})
FEEDBACK = PerplexityFeedback(of=MIXED, sources=("web", "zh"))
SAMPLES = (
    MIXED,
    Static(shares={"books": 1.0}),
    Natural(sources=("zh", "books")),
    Natural.model_validate({"sources": "all"}),
    Stratified(sources=("web", "zh")),
    Temperature(sources=("web", "zh"), temperature=3.0),
    Temperature(sources=("web", "zh"), temperature=3.0, over="slices"),
    Ramp(start={"web": 1.0}, end={"web": 0.5, "zh": 0.5}),
    Steps(steps=(Step(at=0.0, shares={"web": 1.0}), Step(at=0.5, shares={"zh": 0.5, "books": 0.5}))),
    FEEDBACK,
    ReplayFloor(of=MIXED, sources=("books", "zh-qa"), share=0.5),
    RepetitionCap(of=MIXED, epochs=4.0),
    RepetitionCap(of=MIXED, epochs=4.0, per="source"),
    RepetitionCap(of=MIXED, epochs=4.0, freed="within_source"),
    ReplayFloor(of=RepetitionCap(of=FEEDBACK, epochs=4.0), sources=("books",), share=0.25),
)

GROUPS = {"zh": {"zh-web": 0.8, "zh-qa": 0.2}}
SLICES = (
    Slice("books", "books", (), 500),
    Slice("web|topic=law", "web", (("topic", "law"),), 1_000),
    Slice("web|topic=physics", "web", (("topic", "physics"),), 9_001),
    Slice("zh-qa", "zh-qa", (), 77),
    Slice("zh-web", "zh-web", (), 123_456_789_012),
)
NAMES = {piece.name for piece in SLICES}
SITUATIONS = (
    Situation(slices=SLICES, groups=GROUPS, progress=0.0, tokens=0),
    Situation(
        slices=SLICES,
        groups=GROUPS,
        progress=0.999,
        tokens=10**12,
        previous=dict.fromkeys(NAMES, 0.2),
        signals={"validation_loss": {name: 1.0 + i for i, name in enumerate(sorted(NAMES))}},
        earlier_signals={"validation_loss": {name: 2.0 + i % 2 for i, name in enumerate(sorted(NAMES))}},
        epochs={"books": 3.9, "web|topic=law": 4.0, "zh-web": 0.5},
        round_progress=0.001,
        round_tokens=1_000,
    ),
    Situation(slices=SLICES[::-1], groups=GROUPS, progress=0.5, tokens=5_000),
)
each_method = pytest.mark.parametrize("method", SAMPLES, ids=lambda m: m.kind)
each_situation = pytest.mark.parametrize("situation", SITUATIONS, ids=["start", "end", "reversed"])


def test_every_method_has_a_sample(members_of):
    assert {type(sample) for sample in SAMPLES} == members_of(AnyMethod)


@each_method
@each_situation
def test_shares_are_a_distribution_over_known_slices(method, situation):
    shares = method.choose(situation)
    assert set(shares) <= NAMES
    assert all(math.isfinite(share) and share >= 0 for share in shares.values())
    assert math.fsum(shares.values()) == pytest.approx(1.0, abs=1e-9)


@each_method
@each_situation
def test_same_input_same_output(method, situation):
    again = type(method).model_validate_json(method.model_dump_json())
    assert method.choose(situation) == method.choose(situation) == again.choose(situation)


@each_method
def test_the_order_of_slices_does_not_matter(method):
    forward, _, _ = SITUATIONS
    backward = Situation(slices=SLICES[::-1], groups=GROUPS, progress=0.0, tokens=0)
    assert method.choose(forward) == method.choose(backward)


@each_method
def test_names_are_the_sources_and_groups_that_get_tokens(method):
    reached = {member for name in method.names() for member in GROUPS.get(name, {name: 1.0})}
    given = {piece.source for piece in SLICES if method.choose(SITUATIONS[0])[piece.name] > 0}
    assert given <= reached or method.reads_everything


@each_method
def test_settings_survive_json_and_the_union_finds_them_again(method):
    assert TypeAdapter(AnyMethod).validate_json(method.model_dump_json()) == method
