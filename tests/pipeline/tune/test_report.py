"""The experiment's report: exact sentences from constructed results, whole or partial, and a page safe to open."""

import re

import pytest
from parsed_page import Page
from tuned_results import fail, finish
from tuned_world import write_tuned

from pipeline.tune.finding import Curve, Finding, FitReport, Forecast, Plot
from pipeline.tune.lab import Lab
from pipeline.tune.power import seeds_needed
from pipeline.tune.report.cost import conclusions
from pipeline.tune.report.page import PAGE, render, write_report
from pipeline.tune.report.standing import read_standing
from pipeline.tune.report.trade_off import trade_offs
from pipeline.tune.report.words import verdict
from pipeline.tune.results import results

EXPERIMENT = """
name: ratio
question: Which <share> is best?
recipe: tiny.yaml
run: cpt
factors:
  ratio:
    kind: levels
    levels:
      "0.1": {runs.cpt.phases.0.mixture.shares: {help: 0.9, made: 0.1}}
      "0.2": {runs.cpt.phases.0.mixture.shares: {help: 0.8, made: 0.2}}
      "0.4": {runs.cpt.phases.0.mixture.shares: {help: 0.6, made: 0.4}}
seeds: [1, 2, 3]
metrics:
  made: {kind: loss, sources: [made]}
  help: {kind: rise, sources: [help]}
decide: {lowest: made, at_most: {help: 0.1}}
target: {tokens: 40K}
"""
NOISE = {1: (0.01, 0.0, -0.01), 2: (-0.01, 0.01, 0.0), 3: (0.0, -0.01, 0.01)}
MEANS = {"0.1": (2.3, 0.02), "0.2": (2.1, 0.06), "0.4": (2.0, 0.16), "natural": (2.101, 0.03), "stratified": (2.4, 0.0)}


def lab(folder, experiment=EXPERIMENT):
    (folder / "out").mkdir()
    return Lab(write_tuned(folder, experiment), folder, folder / "out")


def fill(here, means, seeds=(1, 2, 3)):
    """Finish the points of these levels, each with a noise of its own."""
    for point in here.points:
        (level,) = point.levels.values()
        if level in means and point.seed in seeds:
            value, forgotten = means[level]
            finish(here, point, value + NOISE[point.seed][sorted(MEANS).index(level) % 3], forgotten)
    return here


FINDING = Finding(
    kind="critical_ratio",
    title="Critical ratio",
    statements=["The critical ratio is <b>24 %</b>."],
    fits=[FitReport("power law", "made", 15, {"a": 1.25}, 0.0012, float("nan"))],
    forecasts=[
        Forecast("made", 1.9, 1.85, 1.95, ["tokens: 40 thousand"], "ratio=0.2"),
        Forecast("help", 0.1, float("nan"), 1.0),
    ],
    plots=[
        Plot("Loss over ratio", "ratio", "loss", [
            Curve("fit", [0.1, 0.4], [2.3, 2.0], [2.2, 1.9], [2.4, 2.1]),
            Curve("fit", [0.1, 0.2], [2.31, 2.1], measured=True),
        ])
    ],
)  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A finished experiment whose best does not beat a baseline."""
    return fill(lab(tmp_path_factory.mktemp("whole")), MEANS)


@pytest.fixture(scope="module")
def text(whole):
    return render(whole, results(whole), [FINDING])


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_opens_with_the_verdict(page):
    assert "Which <share> is best?" in page.text
    assert "ratio=0.2 is best: made 2.1000 ± 0.0129 over 3 seeds, the lowest of those that keep" in page.text
    assert "The next, baseline=natural, is 0.0010 ±" in page.text and "so the two are not told apart." in page.text
    assert "It beats baseline=stratified beyond noise." in page.text
    assert "It does not beat baseline=natural beyond noise: baseline=natural is 0.0010 ±" in page.text
    assert "5 combinations, each with 3 seeds: 15 points, of which 15 finished." in page.text
    assert "partial" not in page.text
    assert page.sections == [
        "verdict", "ranking", "trade-off", "curves", "cost", "repetition", "laws", "points", "experiment"
    ]  # fmt: skip


def test_ranks_with_bounds_and_baselines(page):
    assert "ratio=0.4 breaks help: 0.1600 > 0.1 3 2.0000" in page.text
    assert "baseline=natural baseline 3 2.1010 ± 0.0129 +0.0010" in page.text
    assert page.text.index("ratio=0.4 breaks") < page.text.index("ratio=0.2 3 2.1000")


def test_the_feasible_set_ends_where_the_line_between_levels_breaks_the_bound(page):
    # help rises from 0.06 at 0.2 to 0.16 at 0.4 and may be 0.1.
    assert "Green is the feasible set, 0.1 to 0.28:" in page.text


def test_costs_add_up_and_open_conclusions_say_what_they_need(page):
    # 15 points of 15 steps of 256 tokens, half a second each.
    assert "all 15 57,600 112 seconds" in page.text
    assert "ratio=0.1 decided: higher by 0.2000 23 thousand tokens, 45 seconds none" in page.text
    assert "baseline=natural open: +0.0010 is within noise 23 thousand tokens, 45 seconds" in page.text


def test_repetition_is_told_of_both_runs(page):
    # A tenth of the sources is kept in a run of a tenth; a quarter of 3,840 tokens is read of one of them.
    assert "made 1.2 thousand 960 0.80 12 thousand" in page.text
    assert "help 4 thousand 2.88 thousand 0.72 40 thousand" in page.text
    assert "as often as the large one will: 10 % of each." in page.text
    assert "the large one of 40 thousand tokens" in page.text


def test_findings_are_shown_whole(page):
    assert "The critical ratio is <b>24 %</b>." in page.text
    assert "made ratio=0.2 1.9000 1.8500 to 1.9500 tokens: 40 thousand help 0.1000 unknown nothing" in page.text
    assert "power law made 15 a = 1.25 0.12 % too few rows" in page.text
    assert "Loss over ratio. Bands are 95 % intervals. Dots were measured." in page.text


def test_the_page_is_one_safe_file_and_the_same_every_time(whole, text, page):
    assert render(whole, results(whole), [FINDING]) == text and len(text) < 1_000_000
    assert {tag for tag, _ in page.elements}.isdisjoint({"script", "share", "b", "img", "link"})
    assert all((attrs.get("href") or "#").startswith("#") for _, attrs in page.elements)
    assert len(page.ids()) == len(set(page.ids())) and "http" not in text.replace("http-equiv", "")
    references = {attrs["href"][1:] for _, attrs in page.elements if attrs.get("href")}
    assert references | set(re.findall(r"url\(#([^)]*)\)", text)) <= set(page.ids())


def test_a_page_made_before_any_point_is_finished_says_so(tmp_path):
    here = lab(tmp_path)
    path = write_report(here, results(here))
    page = Page(path.read_text())
    assert path == here.root / PAGE and page.sections == ["verdict", "points", "experiment"]
    assert "No point is finished, so nothing is decided." in page.text
    assert "15 of 15 points are not finished, and 0 of 5 combinations have all seeds." in page.text


def test_a_partial_page_tells_what_is_missing_and_why(tmp_path):
    here = fill(lab(tmp_path), {"0.1": MEANS["0.1"]}, seeds=(1, 2))
    page = Page(render(here, results(here)))
    assert "Only ratio=0.1 has finished points, so nothing can be compared yet." in page.text
    assert "trade-off" not in page.sections
    fill(here, {"0.2": MEANS["0.2"]}, seeds=(1, 2))
    fail(here, here.points[2], "MemoryError: <5 GiB>")
    page = Page(render(here, results(here)))
    assert "15 points, of which 4 finished, 1 failed and 10 waiting." in page.text
    assert "11 of 15 points are not finished, and 0 of 5 combinations have all seeds." in page.text
    assert "ratio=0.1 3 failed : MemoryError: <5 GiB>" in page.text
    assert "could not be compared with baseline=natural and baseline=stratified: no finished seed in c" in page.text


def test_one_seed_gives_numbers_without_intervals(tmp_path):
    here = fill(lab(tmp_path), {"0.1": MEANS["0.1"], "0.2": MEANS["0.2"]}, seeds=(1,))
    standing = read_standing(here, results(here))
    assert verdict(standing)[0] == (
        "ratio=0.2 is best: made 2.1000 (no interval) over 1 seed, the lowest, within its bounds. "
        "The next, ratio=0.1, is 0.2100 higher; one seed each does not say whether that is noise."
    )
    (open_one,) = conclusions(standing)
    assert not open_one.decided and open_one.more_seeds is None


def test_nothing_is_recommended_where_every_combination_breaks_a_bound(tmp_path):
    here = fill(lab(tmp_path), {name: (value, 0.5) for name, (value, _) in MEANS.items()})
    (told,) = verdict(read_standing(here, results(here)))
    assert told == (
        "No combination keeps help at most 0.1, so nothing is recommended. ratio=0.4 has the lowest made, "
        "2.0000 ±\N{NO-BREAK SPACE}0.0129 over 3 seeds, and breaks the bound: help 0.5000."
    )


def test_levels_without_numbers_are_a_scatter(tmp_path):
    named = EXPERIMENT.replace('"0.1"', "few").replace('"0.2"', "some").replace('"0.4"', "many")
    means = dict(zip(("few", "some", "many", "natural", "stratified"), MEANS.values(), strict=True))
    here = lab(tmp_path, named)
    for point in here.points:
        finish(here, point, *means[next(iter(point.levels.values()))])
    ((title, chart, caption),) = trade_offs(read_standing(here, results(here)))
    assert title == "made against help" and len(chart.keys) == 5 and "Green is the feasible set" in caption
    assert "ratio=many 0.1600 and 2.0000" in chart.label


@pytest.mark.parametrize(("effect", "pairs"), [(0.2, 199), (0.5, 34), (0.8, 15), (1.0, 10), (0.0, None), (0.01, None)])
def test_seeds_needed_are_those_of_the_paired_t_test(effect, pairs):
    # The figures of G*Power 3.1 for a two-sided paired test at 5 % with 80 % power.
    assert seeds_needed(effect * 3, 3.0) == pairs
