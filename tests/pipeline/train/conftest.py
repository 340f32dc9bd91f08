import gc
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch
from megatron.core.distributed import DistributedDataParallel

from pipeline.train.layout import Layout
from pipeline.train.parallel import initialize, shutdown

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def one_process():
    yield initialize(Layout(), seed=1)
    let_go_of_models()
    shutdown()
    gc.collect()


def let_go_of_models():
    """Break the cycles through C++ in which models of megatron-core with an optimizer hold each other and their groups.

    One process trains one model, but a session of tests builds hundreds, and every group keeps its threads awake.
    """
    for model in [held for held in gc.get_objects() if issubclass(type(held), DistributedDataParallel)]:
        model.grad_accs.clear()
        model.config.grad_scale_func = None


def start(script: Path, folder: Path, *, processes: int, environment: dict[str, str]) -> None:
    """Run a script in fresh processes whose working folder is `folder`."""
    several = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    command = [sys.executable, *(several if processes > 1 else []), str(script)]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **environment}
    with (folder / "stderr.log").open("w+") as log:
        process = subprocess.Popen(command, env=variables, cwd=folder, stderr=log)
        try:
            assert process.wait(timeout=900) == 0, (folder / "stderr.log").read_text()[-4000:]
        finally:
            process.terminate()  # torchrun ends what it started, which being killed it would leave behind
            process.wait()


@pytest.fixture(scope="session")
def launch():
    """Run a Python file, of tests for instance, as the main program of fresh processes."""

    def run(script: Path, folder: Path, *, processes: int) -> None:
        start(script, folder, processes=processes, environment={})

    return run


@pytest.fixture
def run_script(tmp_path):
    """Run Python text in fresh processes; return the JSON that rank 0 wrote to RESULT."""

    def run(text: str, *, processes: int = 1, environment: dict[str, str] | None = None):
        script, result = tmp_path / "script.py", tmp_path / "result.json"
        result.unlink(missing_ok=True)
        script.write_text(textwrap.dedent(text))
        places = {"RESULT": str(result), "FOLDER": str(tmp_path)}
        start(script, tmp_path, processes=processes, environment={**places, **(environment or {})})
        return json.loads(result.read_text())

    return run
