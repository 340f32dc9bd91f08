"""A hashed file holds its blocks in order, knows its hash, and tells of a disk that fails."""

import errno
import hashlib
from pathlib import Path

import pytest

from pipeline.hashed_file import HashedFile


def test_blocks_come_one_after_the_other_and_are_hashed(tmp_path):
    blocks = [bytes([n]) * (n * 997 % 5_000) for n in range(200)]
    with HashedFile(tmp_path / "file") as file:
        for block in blocks:
            file.write(memoryview(block))
    assert (tmp_path / "file").read_bytes() == b"".join(blocks)
    assert file.sha256 == hashlib.sha256(b"".join(blocks)).hexdigest()


def test_a_file_without_blocks_is_empty(tmp_path):
    with HashedFile(tmp_path / "file") as file:
        pass
    assert (tmp_path / "file").read_bytes() == b""
    assert file.sha256 == hashlib.sha256().hexdigest()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_full_disk_is_told(tmp_path):
    (tmp_path / "file").symlink_to("/dev/full")
    with pytest.raises(OSError, match="space") as caught, HashedFile(tmp_path / "file") as file:
        for _ in range(10):
            file.write(memoryview(b"x" * 10_000))
    assert caught.value.errno == errno.ENOSPC
