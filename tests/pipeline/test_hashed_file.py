"""A hashed file holds its blocks in order, knows its hash, and tells of a disk that fails."""

import errno
import hashlib
from pathlib import Path

import pytest

from pipeline import hashed_file
from pipeline.hashed_file import HashedFile


@pytest.mark.parametrize("flushed", [1, 100_000, 1 << 30])
def test_blocks_come_one_after_the_other_and_are_hashed(tmp_path, monkeypatch, flushed):
    monkeypatch.setattr(hashed_file, "FLUSHED", flushed)
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


def test_no_more_than_a_few_blocks_are_under_way(tmp_path):
    with HashedFile(tmp_path / "file") as file:
        for _ in range(50):
            file.write(memoryview(bytes(1_000)))
            assert len(file._under_way) <= hashed_file.UNDER_WAY


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_full_disk_is_told(tmp_path):
    (tmp_path / "file").symlink_to("/dev/full")
    with pytest.raises(OSError, match="space") as caught, HashedFile(tmp_path / "file") as file:
        for _ in range(10):
            file.write(memoryview(b"x" * 10_000))
    assert caught.value.errno == errno.ENOSPC
    assert file.sha256 == ""


def test_a_flush_that_failed_is_told(tmp_path, monkeypatch):
    def fail(descriptor):
        raise OSError(errno.EIO, "lost")

    monkeypatch.setattr(hashed_file, "FLUSHED", 1)
    monkeypatch.setattr(hashed_file.os, "fdatasync", fail)
    with pytest.raises(OSError, match="lost"), HashedFile(tmp_path / "file") as file:
        file.write(memoryview(b"abc"))


def test_an_error_of_the_writer_leaves_no_hash(tmp_path):
    with pytest.raises(KeyError), HashedFile(tmp_path / "file") as file:
        file.write(memoryview(b"abc"))
        raise KeyError
    assert file.sha256 == ""
