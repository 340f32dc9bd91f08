"""What is printed reaches a pipe that closes and a locale without Chinese, with no traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from written_corpus import WrittenCorpus

from pipeline.progress import Progress
from pipeline.stage import Where, make

ROOT = Path(__file__).parents[2]
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.fixture
def folder(tmp_path):
    """A corpus with a Chinese name."""
    corpus = WrittenCorpus(("第一篇", "second 🦊"), tmp_path)
    make([corpus], Where(tmp_path / "语料", progress=Progress(quiet=True)))
    return tmp_path / "语料" / corpus.name


def headwater(*arguments, stdout=subprocess.PIPE):
    environment = {**os.environ, **ASCII, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONIOENCODING", None)
    command = [sys.executable, "-m", "pipeline.cli", *map(str, arguments)]
    return subprocess.run(command, env=environment, stdout=stdout, stderr=subprocess.PIPE, timeout=300)


def test_chinese_is_printed_where_the_locale_is_ascii(folder):
    shown = headwater("show", folder)
    assert (shown.returncode, shown.stderr) == (0, b"")
    assert "语料" in shown.stdout.decode()
    assert json.loads(headwater("show", folder, "--json").stdout)["kind"]
    refused = headwater("show", folder.with_name("没有"))
    assert refused.returncode == 2
    assert "没有" in refused.stderr.decode()


def test_a_reader_that_has_gone_is_no_error(folder):
    reader, writer = os.pipe()
    os.close(reader)
    shown = headwater("show", folder, stdout=writer)
    os.close(writer)
    assert (shown.returncode, shown.stderr) == (0, b"")
