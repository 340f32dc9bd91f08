"""Datasets of a hub: the real client, against a small hub on this machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

from hub_server import COMMIT, serving

SCRIPT = """
import json
import sys
from pathlib import Path
from pipeline.clean.reading import identity, resolve
from pipeline.errors import UserError
from pipeline.sources import HuggingFace

read, data = HuggingFace(dataset=sys.argv[1]), Path(sys.argv[2])
try:
    found = resolve("web", read, data, 0)
except UserError as error:
    sys.exit(str(error))
rows = [(record.id, record.text, record.where) for task in range(len(found.tasks)) for record in found(task)]
print(json.dumps([len(found.tasks), found.revision, dict(identity("web", read, data, None)), rows]))
"""


def ask(dataset, folder, address):
    hub = {"HF_ENDPOINT": address, "HF_HOME": str(folder / "home"), "HF_HUB_DISABLE_XET": "1", "HF_HUB_OFFLINE": "0"}
    quiet = {"HF_HUB_DISABLE_TELEMETRY": "1", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    environment = {**os.environ, **hub, **quiet, "PYTHONPATH": str(Path(__file__).parents[3])}
    command = [sys.executable, "-c", SCRIPT, dataset, str(folder)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_a_dataset_is_streamed_file_by_file_from_the_commit_it_resolves_to(tmp_path):
    with serving() as address:
        done = ask("org/set", tmp_path, address)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [
        2,
        COMMIT,
        {"org/set": COMMIT},
        [["1", "one", "org/set/train[0]:1"], ["2", "two", "org/set/train[0]:2"], ["3", "three", "org/set/train[1]:1"]],
    ]


def test_a_hub_that_does_not_answer_or_does_not_know_it_is_one_message(tmp_path):
    with serving() as address:
        unknown = ask("org/none", tmp_path, address)
    silent = ask("org/set", tmp_path, "http://127.0.0.1:9")
    for done, name in ((unknown, "org/none"), (silent, "org/set")):
        assert done.returncode == 1
        assert f"sources.web.read.dataset: {name}: no such folder, and the hub could not be asked" in done.stderr
        assert "Traceback" not in done.stderr
