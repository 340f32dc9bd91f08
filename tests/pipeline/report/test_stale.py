"""Losses that were measured on other documents than bear the slice's name now are marked, and the page says why."""

import html
import json
import shutil

import pytest

from pipeline.report.page import render

MARK = "◆ stale"


@pytest.fixture
def root(artifacts, tmp_path):
    """A copy of the artifacts in which the runs say what their slices were."""
    shutil.copytree(artifacts[0], tmp_path, dirs_exist_ok=True)
    for run, start in (("base", {"kind": "architecture"}), ("cpt", {"kind": "run", "run": "base"})):
        segment = tmp_path / "runs" / run / "segments" / "0000"
        segment.mkdir(parents=True)
        shutil.copyfile(tmp_path / "stream" / run / "slices.json", segment / "slices.json")
        (segment / "settings.json").write_text(json.dumps({"run": {"start": start}}))
    return tmp_path


def recluster(folder, name):
    path = folder / "slices.json"
    listed = json.loads(path.read_text())
    for entry in listed:
        if entry["name"] == name:
            entry["identity"], entry["documents"] = "1", 123_456
    path.write_text(json.dumps(listed))


def section(text, run):
    return text.partition(f'id="run-{run}"')[2].partition("</section>")[0]


def test_nothing_is_marked_where_all_is_as_it_was(root, artifacts, part_names):
    assert MARK not in render(root, artifacts[1], part_names)


def test_a_run_whose_slice_is_another_one_now(root, artifacts, part_names):
    name = next(n for n in (e["name"] for e in json.loads((root / "stream/cpt/slices.json").read_text())) if "R&D" in n)
    recluster(root / "stream" / "cpt", name)
    text = render(root, artifacts[1], part_names)
    for run in ("cpt", "base"):
        rows = [line for line in section(text, run).splitlines() if MARK in line and "<tr>" in line]
        assert len(rows) == 2
        assert all(html.escape(name) in row for row in rows)
        told = f"what run {run} measured on it is stale: in stream/cpt it holds other documents: 123,456 documents"
        assert told in section(text, run)
        assert "they are no evidence about it" in section(text, run)
