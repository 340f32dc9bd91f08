"""One world for the tests of this folder."""

import pytest
from stream_world import World


@pytest.fixture
def world(tmp_path):
    return World(tmp_path, {"en": [5, 9, 2, 30, 7, 7], "zh": [11, 3, 8], "qa": [4, 4, 4, 4]})
