"""The script of an experiment's points: what the site says of them is asked for, and no array is too long."""

import subprocess
from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.launch.container import Apptainer, Pyxis
from pipeline.launch.points import points_script, shared_out
from pipeline.launch.script import Submission
from pipeline.launch.settings import Training
from pipeline.site import Slurm, load
from pipeline.train.layout import Layout

EXAMPLES = Path(__file__).parents[3] / "slurm"
ROOT = Path("/shared/work/tune/my share")


def script(**site):
    slurm = Slurm(partition="cpu", account="us", **site)
    slurm = slurm.model_copy(update={"training": slurm.of_points})
    submission = Submission("share", ROOT / "slurm" / "0001", ROOT, Path("/shared/raw"), slurm, 1, Layout())
    text = points_script(submission, "cpt", 7)
    assert "{{" not in text
    subprocess.run(["bash", "-n"], input=text, text=True, check=True)
    return text


@pytest.mark.parametrize("points", [1, 4, 5, 11])
def test_no_array_is_too_long_and_every_point_is_in_it_once(points):
    elements = shared_out(range(points), 4)
    assert len(elements) == min(points, 4)
    assert sorted(point for element in elements for point in element) == list(range(points))
    assert max(map(len, elements)) - min(map(len, elements)) <= 1


def test_the_example_is_what_is_submitted():
    slurm = load(EXAMPLES / "site.example.yaml").slurm
    slurm = slurm.model_copy(update={"training": slurm.of_points})
    root = Path("/shared/work/tune/share")
    submission = Submission("share", root / "slurm" / "0001", root, Path("/shared/work/raw"), slurm, 1, Layout())
    assert points_script(submission, "cpt", 24) == (EXAMPLES / "points.example.sbatch").read_text()


def test_the_array_and_its_limit():
    assert "#SBATCH --array=0-6\n" in script()
    assert "#SBATCH --array=0-6%3\n" in script(jobs=3)
    assert "#SBATCH --output='/shared/work/tune/my share/slurm/0001/points.%a.log'\n" in script()


def test_without_a_word_on_points_they_are_as_training_with_one_process():
    text = script(training=Training(gpus=8, partition="gpu", time="12:00:00", options={"constraint": "h200"}))
    assert "#SBATCH --gpus-per-node=1\n" in text and "--processes 1 " in text
    assert "#SBATCH --partition=gpu\n" in text and "#SBATCH --constraint=h200\n" in text
    assert "#SBATCH --signal=B:USR1@600\n" in text


def test_what_the_site_says_of_points():
    points = Training(gpus=2, cpus=16, memory_gb=64, environment="module load python")
    text = script(points=points, training=Training(gpus=8))
    assert "#SBATCH --gpus-per-node=2\n" in text and "--exclusive" not in text
    assert "#SBATCH --cpus-per-task=16\n#SBATCH --mem=64G\n" in text
    assert "--processes 2 " in text and "\nmodule load python\n" in text


def test_containers():
    pyxis = script(training=Training(container=Pyxis(image="a.sqsh")))
    assert "--container-image=a.sqsh --container-mounts='/shared/work/tune/my share:" in pyxis
    assert "apptainer exec --nv --bind" in script(training=Training(container=Apptainer(image="a.sif")))


def test_a_warning_longer_than_the_limit_is_named():
    with pytest.raises(UserError, match=r"points\.warning: found 600 seconds; less than the limit, 5, is allowed"):
        script(points=Training(time="5"))
