"""Imports point one way, the command line stays light, and no file outgrows a reader."""

import ast
import importlib
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("pipeline", "mixtures", "synth", "curricula")
MAY_IMPORT = {
    "curricula": ("curricula",),
    "mixtures": ("mixtures", "curricula"),
    "synth": ("synth", "curricula.settings"),
    "pipeline": PACKAGES,
}
HEAVY = ("torch", "megatron", "datatrove", "transformers", "datasets", "fasttext")
FILES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
NAMES = [path.relative_to(ROOT).as_posix() for path in FILES]
each_file = pytest.mark.parametrize("path", FILES, ids=NAMES)


def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imported(path):
    """Return the modules that a file imports anywhere in it, each with the names taken from it."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import; write the full name"
            yield node.module


def inside(module, allowed):
    return any(module == name or module.startswith(name + ".") for name in allowed)


@each_file
def test_imports_point_one_way(path):
    package = path.relative_to(ROOT).parts[0]
    ours = [module for module in imported(path) if inside(module, PACKAGES)]
    assert [module for module in ours if not inside(module, MAY_IMPORT[package])] == []


@each_file
def test_only_training_imports_megatron(path):
    if not path.is_relative_to(ROOT / "pipeline" / "train"):
        assert [module for module in imported(path) if inside(module, ["megatron"])] == []


@each_file
def test_files_and_functions_can_be_read(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 500
    functions = (n for n in ast.walk(tree_of(path)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    assert [f"{f.name}, line {f.lineno}" for f in functions if f.end_lineno - f.lineno + 1 > 60] == []


@each_file
def test_every_file_says_what_it_is_and_leaves_nothing_for_later(path):
    assert ast.get_docstring(tree_of(path))
    assert re.findall(r"\b(?:TODO|FIXME|XXX)\b", path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_come_from_this_checkout(package):
    assert Path(importlib.import_module(package).__file__) == ROOT / package / "__init__.py"


def test_the_command_line_loads_nothing_heavy():
    code = f"import sys, pipeline.cli; print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    child = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert child.stdout.strip() == "[]"


def cpu_seconds(command, environment):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize("arguments", [["--help"], ["check", "mixtures/recipes/llama3-syne.yaml"]])
def test_the_command_answers_at_once(arguments, tmp_path):
    # CPU time, the best of several, beside that of the two libraries it cannot do without: a machine that shares its
    # caches with other work is slow at both. Compiled once, as installed: libraries and ours alike.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(tmp_path)
    ours, floor = (
        [Path(sys.executable).with_name("headwater"), *arguments],
        [sys.executable, "-c", "import numpy, pydantic"],
    )
    best, least = (min(cpu_seconds(command, environment) for _ in range(5)) for command in (ours, floor))
    assert best < max(0.5, 8 * least)
