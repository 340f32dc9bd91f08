"""Known names stand for the shapes that were published."""

import pytest
from pydantic import ValidationError

from pipeline.train.known_architectures import NAMES, known
from pipeline.train.settings import FromArchitecture

PARAMETERS = {
    "tinyllama-1.1b": 1_100_048_384,
    "llama-2-7b": 6_738_415_616,
    "llama-3-8b": 8_030_261_248,
    "llama-3.1-8b": 8_030_261_248,
    "llama-3.2-1b": 1_235_814_400,
    "llama-3.2-3b": 3_212_749_824,
    "smollm2-135m": 134_515_008,
    "smollm2-360m": 361_821_120,
    "smollm2-1.7b": 1_711_376_384,
    "mistral-7b-v0.3": 7_248_023_552,
}


def test_every_name_has_the_parameters_of_its_model_card():
    assert {name: known(name).parameters() for name in NAMES} == PARAMETERS


def test_what_sets_the_generations_of_llama_apart():
    assert known("llama-3-8b").rope_scaling is None
    assert known("llama-3.1-8b").rope_scaling.factor == 8.0
    assert known("llama-3.2-1b").rope_scaling.factor == 32.0
    assert known("llama-3.2-1b").head_size == 64
    assert {name for name in NAMES if known(name).tie_embeddings} == {
        "llama-3.2-1b", "llama-3.2-3b", "smollm2-135m", "smollm2-360m", "smollm2-1.7b"
    }  # fmt: skip


def test_a_recipe_names_one_or_gives_its_fields():
    named = FromArchitecture(architecture="smollm2-135m")
    assert named.architecture == known("smollm2-135m")
    assert FromArchitecture.model_validate(named.model_dump(mode="json")) == named
    with pytest.raises(ValidationError, match="no architecture is known as 'SmolLM-135m'; did you mean smollm2-135m"):
        FromArchitecture(architecture="SmolLM-135m")
