"""The jail: becomes a process that sees nothing of the machine, then turns into a Python that runs what stdin holds.

Runs as a program of its own (``python -I -S jail.py FOLDER``) and imports the standard library alone. Linux namespaces
take away the network, other processes and all files: the new root is an empty memory file system with Python's own
folders mounted read-only. Nothing is run where any of this fails; the reason is written to descriptor 3.

Four processes: the first stays outside and, for root, names the user that the code runs as; the second enters the
namespaces; the third is process 1 in there, whose end ends all others; the fourth gives up every right and runs code.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import platform
import resource
import signal
import sys
from pathlib import Path
from typing import NoReturn

_NEW_USER, _NEW_NET, _NEW_PID, _NEW_MOUNTS, _NEW_IPC, _NEW_NAMES = (
    0x10000000,
    0x40000000,
    0x20000000,
    0x00020000,
    0x08000000,
    0x04000000,
)
_READ_ONLY, _NO_SETUID, _NO_DEVICES, _BIND, _RECURSIVE, _PRIVATE, _REMOUNT = 1, 2, 4, 4096, 16384, 1 << 18, 32
_DETACH = 2
_NO_NEW_RIGHTS, _DIE_WITH_PARENT = 38, 1
_CALLS = {"x86_64": (155, 442), "aarch64": (41, 442)}
"""Machine -> numbers of the system calls pivot_root and mount_setattr."""
_NOBODY = 65534
_REPORT = 3
FOLDERS = ("/lib", "/lib64", "/usr/lib", "/usr/lib64")
"""Shared libraries that Python itself needs."""


def main() -> int:
    """Run the program on stdin inside; return its exit status, or 128 and the signal that ended it."""
    settings = json.loads(sys.argv[1])
    try:
        return _outside(settings)
    except OSError as error:
        os.write(_REPORT, f"{type(error).__name__}: {error}".encode())
        return 1


def _outside(settings: dict[str, int | str]) -> int:
    """Stay outside; name the users where only root may."""
    wanted, named = os.pipe(), os.pipe()
    child = os.fork()
    if child:
        os.close(wanted[1])
        if os.read(wanted[0], 1) and os.geteuid() == 0:
            _write(f"/proc/{child}/uid_map", f"0 0 1\n{_NOBODY} {_NOBODY} 1")
            _write(f"/proc/{child}/gid_map", f"0 0 1\n{_NOBODY} {_NOBODY} 1")
        os.write(named[1], b".")
        return _status(os.waitpid(child, 0)[1])
    return _inside(settings, wanted[1], named[0])


def _inside(settings: dict[str, int | str], wanted: int, named: int) -> NoReturn:
    try:
        user, group = os.geteuid(), os.getegid()
        _call(_libc().unshare(_NEW_USER | _NEW_NET | _NEW_PID | _NEW_MOUNTS | _NEW_IPC | _NEW_NAMES), "unshare")
        os.write(wanted, b".")
        os.read(named, 1)
        if user:
            _write("/proc/self/setgroups", "deny")
            _write("/proc/self/uid_map", f"1000 {user} 1")
            _write("/proc/self/gid_map", f"1000 {group} 1")
        child = os.fork()
        if child:
            os._exit(_status(os.waitpid(child, 0)[1]))
        _first(settings, is_root=user == 0)
    except BaseException as error:  # whatever it is, no code may run, and someone must hear of it
        os.write(_REPORT, f"{type(error).__name__}: {error}".encode())
        os._exit(1)


def _first(settings: dict[str, int | str], *, is_root: bool) -> NoReturn:
    """Be process 1: build the root, start the code, and end with it."""
    libc = _libc()
    _call(libc.prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0), "prctl")
    _build_root(str(settings["folder"]), int(settings["disk"]))
    child = os.fork()
    if child:
        while True:
            ended, status = os.wait()
            if ended == child:
                os._exit(_status(status))
    if is_root:
        os.setgroups([])
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)
    _call(libc.prctl(_NO_NEW_RIGHTS, 1, 0, 0, 0), "prctl")
    _limit(settings)
    os.set_inheritable(_REPORT, False)
    os.closerange(_REPORT + 1, 1024)
    environment = {"PYTHONHASHSEED": "0", "LANG": "C.UTF-8", "HOME": "/work", "TMPDIR": "/work"}
    os.execve(sys.executable, [sys.executable, "-I", "-S", "-B", "-"], environment)


def _build_root(folder: str, disk: int) -> None:
    pivot, set_attributes = _CALLS[platform.machine()]
    libc = _libc()
    # In a nested namespace rights would come back; where this file is read-only, they stay harmless.
    with contextlib.suppress(OSError):
        _write("/proc/sys/user/max_user_namespaces", "0")
    _mount(None, "/", None, _RECURSIVE | _PRIVATE, None)
    _mount(b"tmpfs", folder, b"tmpfs", _NO_SETUID | _NO_DEVICES, f"size={disk},nr_inodes=2048,mode=755".encode())
    python = str(Path(sys.executable).parent.parent)
    for source in (python, *FOLDERS):  # the folder of one may hold another
        target = Path(folder + source)
        if Path(source).is_dir() and not target.exists():
            target.mkdir(parents=True)
            _mount(source.encode(), str(target), None, _BIND | _RECURSIVE, None)
            _make_read_only(str(target), set_attributes)
    own = Path(folder, "work")
    own.mkdir()
    own.chmod(0o1777)
    os.chdir(folder)
    _call(libc.syscall(pivot, b".", b"."), "pivot_root")
    _call(libc.umount2(b".", _DETACH), "umount")
    os.chdir("/work")


def _make_read_only(target: str, number: int) -> None:
    """Set the whole tree read-only; on kernels before 5.12, its top, which must then be all."""
    attributes = (ctypes.c_uint64 * 4)(1 | 2 | 4, 0, 0, 0)  # read-only, no setuid, no devices
    if _libc().syscall(number, -100, target.encode(), 0x8000, ctypes.byref(attributes), 32) == 0:
        return
    _mount(None, target, None, _BIND | _REMOUNT | _READ_ONLY | _NO_SETUID | _NO_DEVICES, None)
    if any(line.split()[4].startswith(f"{target}/") for line in Path("/proc/self/mountinfo").read_text().splitlines()):
        raise OSError(f"{target}: holds further mounts, which this kernel cannot make read-only")


def _limit(settings: dict[str, int | str]) -> None:
    seconds, memory, output = (int(settings[name]) for name in ("seconds", "memory", "output"))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (output, output))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # No further process or thread: so the memory of one is the memory of all.
    resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _mount(source: bytes | None, target: str, kind: bytes | None, flags: int, data: bytes | None) -> None:
    _call(_libc().mount(source, target.encode(), kind, ctypes.c_ulong(flags), data), f"mount {target}")


def _call(result: int, name: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _write(path: str, text: str) -> None:
    Path(path).write_text(text)


def _status(status: int) -> int:
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


if __name__ == "__main__":
    sys.exit(main())
