import re

import numpy as np
import pytest
from parsed_page import Page

from pipeline.artifact import read_manifest, verify
from pipeline.recipe import load_recipe
from pipeline.report.page import as_yaml, render
from pipeline.report.stage import ReportStage
from pipeline.stage import Stage, Where, make, why_stale


@pytest.fixture(scope="module")
def text(artifacts, part_names):
    return render(*artifacts, part_names)


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_has_every_section_in_the_order_a_stranger_needs(page):
    sections = [attrs["id"] for tag, attrs in page.elements if tag == "section"]
    assert sections == ["done", "run-cpt", "run-base", "cleaning", "licences", "environment", "reproduce"]
    for heading in ("Held-out loss per slice", "Mixture over time", "Training", "Tokens and epochs"):
        assert page.text.count(heading) == 2
    assert page.text.count("Learning and forgetting over training") == 1


def test_says_what_was_done_from_the_data(page):
    assert "4 sources with 8,737 documents went in; cleaning kept 8,291 and removed 5.1 %." in page.text
    assert (
        "held-out loss fell on 4 of 5 slices (most on qa, −3.922 nats per token) and rose on 1 (en-web, +0.051"
        in page.text
    )


def test_headline_marks_better_and_worse_in_words(page):
    assert "en-web 4.1021 4.1533 +0.0512 ▲ worse code 5.2210" in page.text
    rows = re.findall(r"([+−][\d.]+) (▲ worse|▼ better)", page.text)
    assert rows == [
        ("+0.0512", "▲ worse"),
        ("−0.8108", "▼ better"),
        ("−2.3794", "▼ better"),
        ("−2.2006", "▼ better"),
        ("−3.9222", "▼ better"),
    ]


def test_names_every_slice_source_licence_and_reason(page, artifacts):
    for name in ("en-web", "code", "qa", "zh-web/topic=R&D <i>", "zh-web/topic=文学"):
        assert page.text.count(name) >= 6
    for word in (
        "CC-BY-SA-3.0",
        "PSF-2.0",
        "public domain",
        "Apache-2.0",
        "too short",
        "wrong language",
        "not json",
        "found: fra_Latn 0.97",
        "allowed: eng_Latn, 0.65 or more",
        "版权所有",
    ):
        assert word in page.text


def test_epochs_are_tokens_read_over_unique_tokens(page):
    # qa was read in 8 rounds of 192 sequences of 256 tokens, with a share of 0.2 cut to 38 whole sequences.
    assert f"qa 3,900 95,400 {8 * 38 * 256:,} 0.82" in page.text
    assert "1,277,952" in page.text


def test_hostile_text_is_text(text, page):
    assert '<script>alert("seen")</script> & <img src=x onerror=alert(1)>' in page.text
    assert "\x1b" not in text
    assert {tag for tag, _ in page.elements}.isdisjoint({"script", "i", "img", "iframe", "object", "link", "base"})


def test_loads_nothing_from_anywhere(text, page):
    for tag, attributes in page.elements:
        assert attributes.keys().isdisjoint({"src", "srcset", "data", "action", "formaction", "poster"}), tag
        assert (attributes.get("href") or "#").startswith("#")
        assert not any(name.startswith("on") for name in attributes)
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", text))
    assert "@import" not in text
    assert "http://" not in text
    assert "https://" not in text
    policy = next(attributes["content"] for _, attributes in page.elements if "http-equiv" in attributes)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_ids_are_unique_and_every_reference_has_one(text, page):
    ids = page.ids()
    assert len(ids) == len(set(ids))
    references = {attributes["href"][1:] for _, attributes in page.elements if attributes.get("href")}
    assert (references | set(re.findall(r"url\(#([^)]*)\)", text))) <= set(ids)


def test_figures_follow_light_and_dark_and_can_be_read_aloud(text, page):
    drawn = "".join(re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL))
    assert set(re.findall(r"#[0-9a-f]{6}\b", drawn)) == set()
    labels = [attributes["aria-label"] for _, attributes in page.elements if attributes.get("role") == "img"]
    assert len(labels) == 12
    assert sum("qa −3.922" in label for label in labels) == 2


def test_same_artifacts_same_bytes(text, artifacts, part_names, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    np.random.default_rng().random()
    assert render(*artifacts, part_names) == text


def test_times_are_told_in_the_environment_section_only(text):
    before, environment = text.split('<section id="environment">')
    environment, after = environment.split('<section id="reproduce">')
    assert "2024-07-26T08:05:00Z" in environment
    assert not re.search(r"20\d\d-\d\d-\d\dT", before + after)
    assert "node1" not in before + after


def test_printed_recipe_is_read_back_the_same(artifacts, tmp_path):
    path = tmp_path / "again.yaml"
    path.write_text(as_yaml(artifacts[1]), encoding="utf-8")
    assert load_recipe(path) == artifacts[1]


class Given(Stage):
    """Stands for a stage whose artifact is there."""

    kind, verb = "given", "give"
    settings = {}

    def __init__(self, name):
        self._name = name

    @property
    def name(self):
        return self._name

    def run(self, draft, where):
        raise AssertionError("it is there")


def test_stage_publishes_the_page(artifacts, part_names, text):
    root, recipe = artifacts
    stage = ReportStage(recipe, tuple(map(Given, part_names)))
    assert [name for name, _ in make([stage], Where(root))] == ["report"]
    assert (root / "report" / "report.html").read_text(encoding="utf-8") == text
    assert read_manifest(root / "report").counts["runs"] == 2
    assert verify(root / "report") == []
    assert why_stale(stage, root) is None
    other = recipe.model_copy(update={"description": "another"})
    assert "description" in why_stale(ReportStage(other, stage.parts), root)
