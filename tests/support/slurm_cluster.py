"""A Slurm cluster of this one machine: its real daemons with several node names, in a folder, on free ports.

It has its own munge key and socket and reads nothing under ``/etc``, so it stands beside any other. Daemons die with
the process that started them. It wants root, and the packages slurm-wlm and munge of Debian or their like.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

DAEMONS = ("munged", "slurmctld", "slurmd")
COMMANDS = ("sbatch", "squeue", "scancel", "scontrol", "sinfo", "setpriv")
PARTITION = "cpu"
_READY_SECONDS = 20.0
_PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"

CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
MpiDefault=none
ReturnToService=2
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=64
SlurmdParameters=config_overrides
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0
KillWait=5
JobRequeue=1
MinJobAge=3600
SlurmdTimeout=20
StateSaveLocation={folder}/state
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdSpoolDir={folder}/spool.%n
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmdLogFile={folder}/log/slurmd.%n.log
JobAcctGatherType=jobacct_gather/linux
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/log/jobs.log
"""


@dataclass(frozen=True)
class SlurmCluster:
    """A running cluster; its commands need ``environment`` besides their own."""

    folder: Path
    """Short-lived; ``log/`` in it holds the daemons' logs and one line for every job that has ended."""
    nodes: tuple[str, ...]
    daemons: Mapping[str, subprocess.Popen[bytes]]
    """``munged``, ``slurmctld`` and one for each node, by its name; to kill a node's is to lose the node."""

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables by which commands find this cluster."""
        return {"SLURM_CONF": str(self.folder / "slurm.conf")}

    def run(self, *command: str) -> str:
        """Run one of Slurm's commands, and return what it prints."""
        environment = {**os.environ, **self.environment}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60).stdout


def why_not() -> str:
    """Return why no cluster can be started here; empty where one can."""
    missing = [name for name in (*DAEMONS, *COMMANDS) if shutil.which(name, path=_PATH) is None]
    if missing:
        return f"Slurm is not installed (apt-get install slurm-wlm munge): no {', '.join(missing)}"
    return "" if os.geteuid() == 0 else "Slurm's daemons are started by root alone"


@contextmanager
def slurm_cluster(nodes: int = 2, cpus: int = 2) -> Iterator[SlurmCluster]:
    """Yield a cluster of so many nodes, each of so many processors, real or not, in the partition `PARTITION`."""
    names = tuple(f"n{i}" for i in range(1, nodes + 1))
    with ExitStack() as stack:
        # A path of pytest's would be too long for a socket.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="slurm-", ignore_cleanup_errors=True)))
        _configure(folder, names, cpus)
        daemons: dict[str, subprocess.Popen[bytes]] = {}
        stack.callback(_stop, daemons)
        environment = {**os.environ, "PATH": _PATH, "SLURM_CONF": str(folder / "slurm.conf")}
        for name, command in _commands(folder, names).items():
            daemons[name] = _start(name, command, folder, environment)
        cluster = SlurmCluster(folder, names, daemons)
        _wait_until_idle(cluster)
        stack.callback(_end_jobs, cluster)
        yield cluster


def _configure(folder: Path, names: tuple[str, ...], cpus: int) -> None:
    for name in ("state", "log", *(f"spool.{node}" for node in names)):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.touch(mode=0o600)
    key.write_bytes(os.urandom(128))
    host = socket.gethostname().partition(".")[0]
    ports = _free_ports(len(names) + 1)
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20
    lines = [
        f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs={cpus} "
        f"RealMemory={memory // len(names)} State=UNKNOWN"
        for node, port in zip(names, ports[1:], strict=True)
    ]
    lines.append(f"PartitionName={PARTITION} Nodes={','.join(names)} Default=YES MaxTime=INFINITE State=UP")
    text = CONFIGURATION.format(host=host, port=ports[0], folder=folder) + "\n".join(lines) + "\n"
    (folder / "slurm.conf").write_text(text)
    (folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\nConstrainCores=no\n")


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _commands(folder: Path, names: tuple[str, ...]) -> dict[str, list[str]]:
    files = [f"--{what}-file={folder}/munge.{what}" for what in ("key", "pid", "seed", "log")]
    return {
        "munged": ["munged", "--foreground", "--force", f"--socket={folder}/munge.socket", *files],
        "slurmctld": ["slurmctld", "-D", "-i"],
        **{node: ["slurmd", "-D", "-N", node] for node in names},
    }


def _start(name: str, command: list[str], folder: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    with (folder / "log" / f"{name}.out").open("wb") as out:
        whole = ["setpriv", "--pdeathsig", "KILL", *command]
        daemon = subprocess.Popen(whole, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    if name == "munged":
        _wait_for((folder / "munge.socket").exists, "munged opens its socket", folder)
    return daemon


def _wait_until_idle(cluster: SlurmCluster) -> None:
    def idle() -> bool:
        asked = subprocess.run(
            ["sinfo", "-h", "-o", "%D %t"], env={**os.environ, **cluster.environment}, capture_output=True, text=True
        )
        return asked.stdout.split() == [str(len(cluster.nodes)), "idle"]

    _wait_for(idle, "its nodes are idle", cluster.folder)


def _wait_for(condition, what: str, folder: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            logs = "\n".join(f"{path.name}: {path.read_text()[-500:]}" for path in sorted((folder / "log").iterdir()))
            raise RuntimeError(f"Slurm: waited {_READY_SECONDS:g} s until {what}\n{logs}")
        time.sleep(0.05)


def _end_jobs(cluster: SlurmCluster) -> None:
    if cluster.daemons["slurmctld"].poll() is None:
        cluster.run("scancel", "--user=root", "--signal=KILL")
        cluster.run("scancel", "--user=root")
        _wait_for(lambda: not cluster.run("squeue", "-h"), "its jobs have ended", cluster.folder)


def _stop(daemons: Mapping[str, subprocess.Popen[bytes]]) -> None:
    for daemon in reversed(list(daemons.values())):
        daemon.terminate()
        try:
            daemon.wait(10)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()
