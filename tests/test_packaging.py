"""What is installed, what is pinned, and what is shipped."""

import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter

from pipeline.recipe import load_recipe
from pipeline.tune.experiment import load_experiment
from pipeline.tune.inquiries import AnyInquiry
from pipeline.tune.points import points_of

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RECIPES = sorted((ROOT / "mixtures" / "recipes").glob("*.yaml"))


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def name_of(requirement):
    return canonical(re.match(r"[A-Za-z0-9._-]+", requirement)[0])


def pinned():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_four_packages_and_one_command():
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel == {"packages": ["pipeline", "mixtures", "synth", "curricula"]}
    assert PROJECT["project"]["scripts"] == {"headwater": "pipeline.cli:main"}
    assert "Private :: Do Not Upload" in PROJECT["project"]["classifiers"]
    assert PROJECT["project"]["requires-python"] == ">=3.11,<3.13"


def test_the_installed_distribution_is_this_one():
    (entry,) = metadata.distribution("headwater").entry_points
    assert (entry.name, entry.value) == ("headwater", "pipeline.cli:main")
    assert metadata.version("headwater") == PROJECT["project"]["version"]


def test_the_base_install_is_light():
    base = {name_of(requirement) for requirement in PROJECT["project"]["dependencies"]}
    assert not base & {"torch", "megatron-core", "datatrove", "transformers", "datasets", "fasttext-numpy2-wheel"}
    assert set(PROJECT["project"]["optional-dependencies"]) == {
        "data",
        "chinese",
        "synth",
        "ray",
        "gpu",
        "tune",
        "stores",
        "wandb",
        "train",
        "report",
        "demo",
        "dev",
    }


def test_every_requirement_is_pinned_to_one_tested_version():
    wanted = {name_of(requirement) for requirement in PROJECT["project"]["dependencies"]}
    for extra in PROJECT["project"]["optional-dependencies"].values():
        wanted |= {name_of(requirement) for requirement in extra}
    assert wanted - {name_of(line) for line in pinned()} == set()
    assert [line for line in pinned() if "==" not in line or "+" in line] == []


def test_each_python_has_its_megatron():
    assert [line for line in pinned() if line.startswith("megatron-core")] == [
        'megatron-core==0.16.1; python_version < "3.12"',
        'megatron-core==0.19.2; python_version >= "3.12"',
    ]
    installed = metadata.version("megatron-core")
    assert installed == ("0.16.1" if sys.version_info < (3, 12) else "0.19.2")


def test_make_env_and_the_constraints_name_the_same_torch():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert set(re.findall(r"torch==[\w.]+", makefile)) == {line for line in pinned() if line.startswith("torch==")}


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_every_shipped_recipe_loads_and_is_named_like_its_file(path):
    assert load_recipe(path).name == path.stem


def test_the_recipes_that_the_readme_names_are_there():
    assert {"demo.yaml", "smollm2.yaml", "llama3-syne.yaml"} <= {path.name for path in RECIPES}


def test_the_recipes_in_the_readme_load(tmp_path):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    whole, corpora, written, quotas, watched, experiment, laws = re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)
    # The second takes the place of the first one's labels.
    labelled = re.sub(r"^labels: .*\n", lambda _: corpora, whole, flags=re.MULTILINE)
    asked = labelled.replace("sources:\n", written, 1)
    close = re.sub(r"^ +quotas: .*\n", lambda _: quotas, asked, flags=re.MULTILINE)
    for text in (whole, labelled, asked, close, whole + watched):
        (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
        assert load_recipe(tmp_path / "mine.yaml").name == "mine"
    (tmp_path / "share.yaml").write_text(experiment, encoding="utf-8")
    points = points_of(load_experiment(tmp_path / "share.yaml"), tmp_path / "share.yaml")
    assert len(points) == 12 and points[0].recipe.runs["cpt"].keep == {"general": 0.05, "domain": 0.05}
    named = TypeAdapter(dict[str, list[AnyInquiry]]).validate_python(yaml.safe_load(laws))["laws"]
    assert [law.kind for law in named] == ["critical_mixture_ratio", "learning_dynamics", "mixing", "regmix"]


def test_every_path_that_the_documents_name_exists():
    for document in ("README.md", "CONTRIBUTING.md", "slurm/README.md"):
        text = (ROOT / document).read_text(encoding="utf-8")
        named = re.findall(r"`((?:pipeline|mixtures|curricula|synth|tests|slurm|\.ci)/[\w./-]*)`", text)
        assert [path for path in named if not (ROOT / path).exists()] == [], document
