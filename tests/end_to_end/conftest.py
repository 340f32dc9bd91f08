"""One finished run for all tests of this folder."""

from pathlib import Path

import pytest
from small_run import headwater, write_small


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Path:
    """A folder in which the small recipe has been run to its end."""
    folder = tmp_path_factory.mktemp("finished")
    write_small(folder)
    done = headwater(folder, "run", "small.yaml")
    assert done.returncode == 0, done.stderr
    (folder / "printed.txt").write_text(done.stdout)
    return folder
