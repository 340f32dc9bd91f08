"""Data stages on a Ray that is started here: the same bytes as without it."""

import pytest
from cluster_world import files_of, make_small, stages_of, where, write_raw

from pipeline.site import Ray
from pipeline.stage import make


def test_every_data_stage_gives_the_same_bytes(tmp_path, monkeypatch):
    ray = pytest.importorskip("ray", reason="Ray is not installed (pip install ray)")
    write_raw(tmp_path)
    make_small(monkeypatch)
    monkeypatch.setattr("pipeline.clean.inputs.TASK_BYTES", 8000)  # two tasks: each is a process of its own to Ray
    stages = stages_of(tmp_path)
    make(stages, where(tmp_path / "here"))
    try:
        make(stages, where(tmp_path / "there", Ray(memory_gb=0.25, tasks=2)))
    finally:
        ray.shutdown()
    assert files_of(tmp_path / "here", stages) == files_of(tmp_path / "there", stages)
