"""Optional packages: the table is what pyproject says, and what is missing is said in one line before any work."""

import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from pipeline import extras
from pipeline.cli import main
from pipeline.errors import UserError

OPTIONAL = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"][
    "optional-dependencies"
]


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_table_has_every_extra_and_every_package_of_it():
    assert set(extras.MODULES) == set(OPTIONAL) - {"dev"}
    brings = metadata.packages_distributions()
    for extra, modules in extras.MODULES.items():
        wanted = {canonical(re.match(r"[\w.-]+", line)[0]) for line in OPTIONAL[extra]}
        known = {canonical(name) for module in modules for name in brings.get(module, [])}
        here = {name for name in wanted if any(canonical(d.name) == name for d in metadata.distributions())}
        assert here <= known
        assert len(modules) == len(wanted)


def test_what_is_missing_is_named_with_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(UserError) as caught:
        extras.require("making it", "train", "report", "synth")
    assert str(caught.value) == (
        "making it needs torch, jinja2, not installed here: pip install 'headwater[train,report]'"
    )
    extras.require("making it", "synth")


@pytest.mark.parametrize(
    ("arguments", "module", "said"),
    [
        (["export", "work/r/runs/a", "--to", "x"], "torch", "headwater export needs torch, not installed here: "),
        (["clean", "--explain", "a.txt"], "datatrove", "headwater clean --explain needs datatrove, not installed"),
    ],
)
def test_a_verb_that_needs_an_extra_says_so_and_exits_2(tmp_path, monkeypatch, capsys, arguments, module, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("words")
    monkeypatch.setitem(sys.modules, module, None)
    assert main(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(said) and "pip install 'headwater[" in line


def test_a_module_that_no_extra_brings_is_a_mistake_of_ours():
    assert extras.explain(ModuleNotFoundError("x", name="no_such_module")) is None
    assert extras.explain(ModuleNotFoundError("x", name="torch.nn")) == (
        "needs torch.nn, not installed here: pip install 'headwater[train]'"
    )
