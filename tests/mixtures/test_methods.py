"""The family as a whole: it holds itself, in Python, in JSON and in its schema."""

import subprocess
import sys

import jsonschema
import pytest
from pydantic import TypeAdapter, ValidationError

from mixtures.methods import AnyMethod

FAMILY = TypeAdapter(AnyMethod)
SCHEMA = FAMILY.json_schema()
NESTED = {
    "kind": "replay_floor",
    "sources": ["books"],
    "share": 0.25,
    "of": {
        "kind": "repetition_cap",
        "epochs": 4,
        "of": {
            "kind": "perplexity_feedback",
            "sources": ["web"],
            "of": {"kind": "static", "shares": {"web": 0.5, "zh": 0.5}},
        },
    },
}


def test_mentions_name_every_field_through_all_wrappers():
    method = FAMILY.validate_python(NESTED)
    assert method.mentions() == {
        ("of", "of", "of", "shares", "web"): "web",
        ("of", "of", "of", "shares", "zh"): "zh",
        ("of", "of", "sources", 0): "web",
        ("sources", 0): "books",
    }
    assert method.names() == ("web", "zh", "books")


def test_slices_are_named_through_all_wrappers():
    inner = {**NESTED["of"]["of"], "weights": {"web/topic=law": 2.0}}
    method = FAMILY.validate_python({**NESTED, "of": {**NESTED["of"], "of": inner}})
    assert method.named_slices() == {("of", "of", "weights", "web/topic=law"): "web/topic=law"}


def test_a_wrapper_reads_everything_if_what_is_inside_does():
    everything = {"kind": "repetition_cap", "epochs": 4, "of": {"kind": "natural", "sources": "all"}}
    jsonschema.validate(everything, SCHEMA)
    method = FAMILY.validate_python({**NESTED, "of": everything})
    assert method.reads_everything
    assert method.names() == ("books",)
    assert not FAMILY.validate_python(NESTED).reads_everything


def test_the_schema_follows_the_nesting():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(NESTED, SCHEMA)


@pytest.mark.parametrize(
    "change", [{"epoch": 4}, {"of": {"kind": "static", "shares": {"web": 2}}}, {"of": {"kind": "x"}}]
)
def test_a_mistake_inside_is_refused_by_the_schema_and_by_the_family(change):
    wrong = {**NESTED, "of": {**NESTED["of"], **change}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, SCHEMA)
    with pytest.raises(ValidationError):
        FAMILY.validate_python(wrong)


def test_fields_under_wrappers_have_their_texts():
    assert all(
        "description" in field
        for name, field in SCHEMA["$defs"]["RepetitionCap"]["properties"].items()
        if name != "kind"
    )


@pytest.mark.parametrize("module", ["wrapper", "replay_floor", "repetition_cap", "perplexity_feedback", "static"])
def test_any_file_of_the_family_can_be_imported_first(module):
    method = "ReplayFloor(of={'kind': 'static', 'shares': {'a': 1}}, sources=('a',), share=0)"
    code = f"import mixtures.{module}; from mixtures.replay_floor import ReplayFloor; {method}"
    subprocess.run([sys.executable, "-c", code], check=True)
