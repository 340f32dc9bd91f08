"""Code that means harm: what it may not do, tried for real. Where nothing can be isolated, nothing may run."""

import socket
import time
from pathlib import Path

import pytest

from pipeline.synthesize.sandbox import running
from pipeline.synthesize.sandbox.running import IsolationError, Limits, run, unavailable

needs_isolation = pytest.mark.skipif(unavailable() is not None, reason=str(unavailable()))
QUICK = Limits(seconds=1)


def output_of(program, limits=QUICK):
    outcome = run(program, limits)
    assert outcome.succeeded, outcome.errors
    return outcome.output


@needs_isolation
def test_a_program_runs_with_the_standard_library_alone():
    assert output_of("import math, json, statistics, re\nprint(math.comb(5, 2))") == "10\n"
    assert "ModuleNotFoundError" in run("import pydantic", QUICK).errors
    assert output_of("import os\nprint(sorted(os.environ))") == "['HOME', 'LANG', 'PYTHONHASHSEED', 'TMPDIR']\n"


@needs_isolation
def test_it_sees_no_network():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        errors = run(f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 2)", QUICK).errors
    assert "unreachable" in errors or "refused" in errors


@needs_isolation
def test_it_sees_no_file_of_ours_and_writes_only_into_its_own_folder(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("treasure")
    assert "FileNotFoundError" in run(f"open({str(secret)!r})", QUICK).errors
    assert "FileNotFoundError" in run("open('/etc/passwd')", QUICK).errors
    assert "Read-only" in run("import os\nopen(os.path.dirname(os.__file__) + '/evil', 'w')", QUICK).errors
    assert "Permission" in run("open('/evil', 'w')", QUICK).errors
    assert output_of("open('own', 'w').write('x')\nimport os\nprint(os.listdir())") == "['own']\n"


@needs_isolation
def test_it_sees_no_other_process_and_starts_none():
    program = "import os\nfor other in range(2, 50000):\n  try: os.kill(other, 0); print(other)\n  except OSError: pass"
    assert output_of(program) == "2\n"
    assert "Resource temporarily unavailable" in run("import os\nos.fork()", QUICK).errors
    assert "start new thread" in run("import threading\nthreading.Thread(target=print).start()", QUICK).errors


@needs_isolation
@pytest.mark.parametrize(
    ("program", "wrong"),
    [
        ("x = 'a' * 10**9", "MemoryError"),
        ("open('big', 'w').write('a' * 3_000_000)", "File too large"),
        ("for n in range(40): open(f'f{n}', 'w').write('a' * 900_000)", "No space left"),
        ("while True: print('x' * 1000)", "too large"),
        ("import os\nos.setuid(0)", "not permitted"),
        ("import ctypes\nc = ctypes.CDLL(None, use_errno=True)\nassert c.unshare(0x10000000) == 0", "AssertionError"),
    ],
)
def test_limits(program, wrong):
    outcome = run(program, QUICK)
    assert not outcome.succeeded
    assert wrong in outcome.errors
    assert len(outcome.output) <= QUICK.output


@needs_isolation
def test_what_does_not_end_is_ended_with_all_that_belongs_to_it():
    begin = time.monotonic()
    assert not run("while True: pass", QUICK).in_time
    assert time.monotonic() - begin < 8


@needs_isolation
def test_what_sleeps_is_ended_too(monkeypatch):
    monkeypatch.setattr(running, "_CLOCK", (0, 1))
    begin = time.monotonic()
    assert not run("import os, time\nos.setsid()\ntime.sleep(60)", QUICK).in_time
    assert time.monotonic() - begin < 8


@needs_isolation
def test_nothing_of_ours_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    open_before = len(list(Path("/proc/self/fd").iterdir()))
    run("open('own', 'w').write('x')", QUICK)
    assert list(tmp_path.iterdir()) == []
    assert len(list(Path("/proc/self/fd").iterdir())) == open_before


def test_where_nothing_can_be_isolated_nothing_runs(tmp_path, monkeypatch):
    broken = tmp_path / "jail.py"
    broken.write_text("import os\nos.write(3, b'OSError: unshare: Operation not permitted')\nraise SystemExit(1)\n")
    monkeypatch.setattr(running, "_JAIL", broken)
    with pytest.raises(
        IsolationError, match=r"cannot be isolated \(OSError: unshare: Operation not permitted\).*namespaces"
    ):
        run("print(1)", QUICK)
