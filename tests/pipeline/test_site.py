import pytest

from pipeline import site
from pipeline.errors import UserError
from pipeline.site import Ray, Slurm, cluster


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(site.VARIABLE, raising=False)
    monkeypatch.delenv("SLURM_ARRAY_TASK_ID", raising=False)
    monkeypatch.setattr("shutil.which", lambda command: f"/usr/bin/{command}")
    return tmp_path


def test_this_machine_needs_no_site(folder):
    (folder / "site.yaml").write_text("nonsense: 1")
    assert cluster("local", None) is None


def test_the_file_is_the_named_one_or_the_variables_or_the_folders(folder, monkeypatch):
    for name in ("site", "other", "third"):
        (folder / f"{name}.yaml").write_text(f"slurm: {{partition: {name}}}")
    assert cluster("slurm", None) == Slurm(partition="site")
    monkeypatch.setenv(site.VARIABLE, str(folder / "other.yaml"))
    assert cluster("slurm", None) == Slurm(partition="other")
    assert cluster("slurm", folder / "third.yaml") == Slurm(partition="third")


def test_slurm_needs_a_partition_its_commands_and_a_login_node(folder, monkeypatch):
    with pytest.raises(UserError, match=r"--on slurm: site\.yaml must name a partition"):
        cluster("slurm", None)
    (folder / "site.yaml").write_text("slurm: {partition: cpu}")
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "3")
    with pytest.raises(UserError, match="a task of a job array already"):
        cluster("slurm", None)
    monkeypatch.setattr("shutil.which", lambda command: None)
    with pytest.raises(UserError, match="no sbatch, squeue, scancel on this machine"):
        cluster("slurm", None)


def test_ray_has_defaults_and_must_be_installed(folder, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'headwater\[ray\]'"):
        cluster("ray", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    assert cluster("ray", None) == Ray()


def test_every_problem_of_a_site_file_has_a_line(folder):
    (folder / "site.yaml").write_text("slurm:\n  partitoin: cpu\n  time: soon\nray: {cpus: 0}\n")
    with pytest.raises(UserError) as error:
        cluster("slurm", None)
    lines = str(error.value).splitlines()
    assert {line.split(": ")[1] for line in lines} == {"slurm.partitoin", "slurm.partition", "slurm.time", "ray.cpus"}
    assert any(line.startswith("site.yaml:2: ") for line in lines)


def test_a_site_file_that_is_not_there_is_named(folder):
    with pytest.raises(UserError, match=r"none\.yaml: cannot be read"):
        cluster("slurm", folder / "none.yaml")
