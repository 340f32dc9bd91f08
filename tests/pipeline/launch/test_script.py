"""Scripts: the two examples that an administrator reads are what is submitted; everything else differs from them."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from small_run import RECIPE

from pipeline.errors import UserError
from pipeline.launch.chain import chain_of
from pipeline.launch.command import parts_of
from pipeline.launch.container import Apptainer
from pipeline.launch.script import Submission, script_of
from pipeline.launch.settings import seconds_of
from pipeline.plan import make_plan
from pipeline.recipe import load_recipe
from pipeline.site import load
from pipeline.train.layout import Layout

ROOT = Path(__file__).parents[3]
SITE = ROOT / "slurm" / "site.example.yaml"
SHARED = Path("/shared/work")


@pytest.fixture(scope="module")
def stages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    larger = RECIPE.replace("name: small", "name: demo").replace(" batch: 8", " batch: 64").replace("K, m", "00K, m")
    (folder / "recipe.yaml").write_text(larger)
    (folder / "raw").mkdir()
    for name in ("help", "chinese"):
        (folder / "raw" / f"{name}.jsonl").write_text("")
    return make_plan(load_recipe(folder / "recipe.yaml"), folder, folder).stages


@pytest.fixture(scope="module")
def parts(stages):
    return {part.name: part for part in chain_of(stages)}


def submission(slurm=None, nodes=2, layout=None):
    root = SHARED / "demo"
    slurm = slurm or load(SITE).slurm
    return Submission("demo", root / "slurm" / "0001", root, SHARED / "raw", slurm, nodes, Layout(**(layout or {})))


def training(parts, **changes):
    slurm = load(SITE).slurm
    changed = slurm.model_copy(update={"training": slurm.training.model_copy(update=changes)})
    return script_of(parts["train-cpt"], submission(changed, 1))


@pytest.mark.parametrize(
    ("name", "example"), [("train-cpt", "train.example.sbatch"), ("label", "stage.example.sbatch")]
)
def test_the_example_is_what_is_submitted(parts, name, example):
    assert script_of(parts[name], submission(layout={"tensor": 2})) == (ROOT / "slurm" / example).read_text()


def test_bash_can_read_every_script(parts):
    for part in parts.values():
        script = script_of(part, submission())
        assert "{{" not in script
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_there_is_one_launcher_a_node_and_it_alone_starts_processes(parts):
    script = script_of(parts["train-cpt"], submission())
    assert "#SBATCH --nodes=2\n#SBATCH --ntasks-per-node=1\n" in script
    assert "--nodes=2 --ntasks=2 --ntasks-per-node=1" in script
    assert "--nnodes=2 --nproc-per-node=8" in script


def test_only_training_is_asked_to_tell_weights_and_biases(parts):
    asked = replace(submission(), wandb=True)
    assert "--wandb" in script_of(parts["train-cpt"], asked)
    assert "--wandb" not in script_of(parts["label"], asked)
    assert "--wandb" not in script_of(parts["train-cpt"], submission())


def test_a_container_stands_between_srun_and_python(parts):
    pyxis = training(parts)
    mounts = "/shared/work/demo:/shared/work/demo,/shared/work/raw:/shared/work/raw,/scratch:/scratch"
    wanted = f"--container-image=/shared/images/headwater.sqsh --container-mounts={mounts}\n    python -m torch"
    assert wanted in pyxis
    apptainer = training(parts, container=Apptainer(image="hw.sif", mounts=("/a:/b",)))
    assert (
        "\n    apptainer exec --nv --bind /shared/work/demo,/shared/work/raw,/a:/b hw.sif python -m torch" in apptainer
    )
    model = script_of(parts["model-cpt"], submission())
    wanted = (
        f"srun --ntasks=1 --container-image=/shared/images/headwater.sqsh --container-mounts={mounts} headwater run"
    )
    assert wanted in model


def test_a_job_is_asked_for_cores_and_memory_or_for_whole_nodes(parts):
    assert "#SBATCH --exclusive\n#SBATCH --mem=0\n" in training(parts)
    assert "#SBATCH --cpus-per-task=16\n#SBATCH --mem=64G\n" in training(parts, cpus=16, memory_gb=64)


def test_what_cannot_be_divided_is_refused_before_it_waits_in_a_queue(stages):
    with pytest.raises(UserError, match=r"--layout: 8 processes \(1 nodes\) cannot be shared out by"):
        parts_of(stages, submission(nodes=1, layout={"tensor": 3}))
    with pytest.raises(
        UserError, match=r"runs\.cpt\.batch: 64 sequences cannot be divided over 24 copies of the model"
    ):
        parts_of(stages, submission(nodes=3))
    assert parts_of([stage for stage in stages if stage.verb != "train"], submission(nodes=3))


@pytest.mark.parametrize(
    ("time", "seconds"),
    [("5", 300), ("5:30", 330), ("1:00:30", 3630), ("2-3", 183600), ("1-0:1", 86460), ("1-01:01:01", 90061)],
)
def test_time_limits_are_read_as_sbatch_reads_them(time, seconds):
    assert seconds_of(time) == seconds


def test_a_warning_comes_after_the_start(parts):
    assert "#SBATCH --time=11\n" in training(parts, time="11")
    with pytest.raises(UserError, match=r"training\.warning: found 600 seconds; less than the limit, 10, is allowed"):
        training(parts, time="10")
