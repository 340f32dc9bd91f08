"""What a recipe may say about copies between sources, and which sources are then compared with which."""

from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.plan import make_plan
from pipeline.recipe import load_recipe

DEMO = Path(__file__).parents[3] / "mixtures" / "recipes" / "demo.yaml"


def recipe(folder, copies):
    text = DEMO.read_text(encoding="utf-8").replace("deduplicate: {kind: minhash}", f"deduplicate: {copies}")
    (folder / "r.yaml").write_text(text, encoding="utf-8")
    return load_recipe(folder / "r.yaml")


def test_later_sources_are_compared_with_earlier_ones(tmp_path):
    made = recipe(tmp_path, "{kind: minhash, across: [code, en-wikipedia, science]}")
    clean = {stage.source_name: stage for stage in make_plan(made, tmp_path, tmp_path).stages if stage.verb == "clean"}
    named = {name: [other.source_name for other in stage.earlier] for name, stage in clean.items()}
    assert {name: others for name, others in named.items() if others} == {
        "science": ["en-wikipedia"],
        "code": ["en-wikipedia", "science"],
    }
    assert "across" not in clean["code"].settings["clean"]["deduplicate"]


@pytest.mark.parametrize(
    ("copies", "words"),
    [
        (
            "{kind: minhash, across: [science, cod]}",
            "clean.deduplicate.across.1: no such source: cod; did you mean code?",
        ),
        ("{kind: exact, across: [code]}", "clean.deduplicate.across: one source has no others to be compared with"),
        ("{kind: minhahs}", "minhash"),
        ("{kind: exact, bands: 3}", "bands"),
        ("{kind: none, across: [code, science]}", "across"),
    ],
)
def test_mistakes_are_named_with_their_place(tmp_path, copies, words):
    with pytest.raises(UserError) as error:
        recipe(tmp_path, copies)
    assert words in str(error.value)
