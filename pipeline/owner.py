"""An owner: the process for which another one works, and which it must never outlive.

A worker that outlives a killed owner would go on writing into the draft that the next run works on.
"""

from __future__ import annotations

import os
import select
import signal
import threading


def die_with(owner: int) -> None:
    """End this process, whatever it is doing, once the process ``owner`` has ended."""
    try:
        handle = os.pidfd_open(owner)
    except ProcessLookupError:
        os.kill(os.getpid(), signal.SIGKILL)
        return
    threading.Thread(target=_wait, args=(handle,), daemon=True).start()


def _wait(owner: int) -> None:
    select.select([owner], [], [])
    os.kill(os.getpid(), signal.SIGKILL)
