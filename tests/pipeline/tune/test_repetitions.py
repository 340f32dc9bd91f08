"""Repetitions: the plan shows how often each source is read by a point and by the large run."""

import re

import pytest
from tuned_world import EXPERIMENT, write_tuned

from pipeline.tune.lab import Lab
from pipeline.tune.summary import before


def told(folder, experiment):
    """Return combination -> source -> (times in a point, times in the large run)."""
    found = {}
    for line in before(Lab(write_tuned(folder, experiment), folder, folder / "out")):
        if pairs := re.findall(r"(help|made) ([\d.]+) / ([\d.]+)", line):
            found[line.split(":")[0].strip()] = {name: (float(here), float(there)) for name, here, there in pairs}
    return found


def test_small_runs_repeat_as_the_large_one_does(tmp_path):
    found = told(tmp_path, EXPERIMENT + "target: {tokens: 400K}\n")
    # 400K tokens of 60K and 20K unique ones; a point's rounds are whole sequences.
    assert found["made=few"]["help"] == (pytest.approx(6, rel=0.05), 6.0) and found["made=few"]["made"][1] == 2.0
    assert list(found) == ["made=few", "made=many", "baseline=natural", "baseline=stratified"]
    assert all(here == pytest.approx(there, rel=0.06) for row in found.values() for here, there in row.values())


def test_without_matching_the_difference_is_seen(tmp_path):
    found = told(tmp_path, EXPERIMENT + "target: {tokens: 400K}\nmatch_repetition: false\n")
    assert found["made=many"]["made"] == (0.1, 10.0)


def test_a_combination_for_which_the_large_run_has_no_place_is_said_before_anything_is_spent(tmp_path):
    path = write_tuned(tmp_path, EXPERIMENT + "target: {recipe: large.yaml}\n")
    (tmp_path / "large.yaml").write_text(
        (tmp_path / "tiny.yaml").read_text().replace("made: 0.1", "xmade: 0.1").replace("  made:", "  xmade:")
    )
    lines = list(before(Lab(path, tmp_path, tmp_path / "out")))
    assert [
        line for line in lines if "made=few: the large run has no place for it: " in line and "no such source" in line
    ]
