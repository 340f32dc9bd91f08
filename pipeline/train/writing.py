"""Writing a sharded state: its files in threads of this process, at once or while training goes on.

megatron-core plans the files and describes them at the end. Its own ways of writing them in between are not safe:
0.16 forks this process for every file, which has threads whose locks a fork may copy shut; a process that it starts
to pass results on sleeps for ever where this one is killed; and tensors that lie on the CPU are handed on as they
are, so that whoever trains meanwhile saves weights of several steps at once.
"""

from __future__ import annotations

import inspect
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from megatron.core import dist_checkpointing
from megatron.core.dist_checkpointing.strategies import filesystem_async
from torch.distributed.checkpoint.api import CheckpointException

from pipeline.errors import WorkError
from pipeline.train import parallel

_PLANNING = "async_strategy"
_OWN_PLANNING = (
    # 0.19 would look for a package of Nvidia's instead.
    {_PLANNING: "mcore"} if _PLANNING in inspect.signature(dist_checkpointing.save).parameters else {}
)


class Writing:
    """A sharded state on its way into a folder; every process takes part."""

    def __init__(self, state: dict[str, Any], folder: Path, *, trains_meanwhile: bool) -> None:
        """Begin; ``trains_meanwhile`` copies what the optimizer would change in place."""
        self._folder = folder
        results: queue.SimpleQueue[Any] = queue.SimpleQueue()
        filesystem_async._results_queue = results
        self._request = dist_checkpointing.save(state, str(folder), async_sharded_save=True, **_OWN_PLANNING)
        self._thread: threading.Thread | None = None
        if self._request.async_fn is None:
            return
        files = self._request.preload_fn()
        if trains_meanwhile and parallel.device().type == "cpu":
            files = [_copied(file) for file in files]
        (transforms, *_) = self._request.async_fn.args
        self._thread = threading.Thread(target=_write, args=(transforms, files, results), daemon=True)
        self._thread.start()

    @property
    def is_written(self) -> bool:
        """Whether this process's files are there."""
        return self._thread is None or not self._thread.is_alive()

    def finish(self) -> None:
        """Wait for the files of all processes and describe them; raise WorkError where one could not be written."""
        if self._thread is not None:
            self._thread.join()
        try:
            for part in self._request.finalize_fns:
                part()
        except CheckpointException as error:
            causes = "; ".join(f"process {rank}: {cause[0]}" for rank, cause in error.failures.items())
            raise WorkError(f"{self._folder}: could not be written: {causes or 'process 0 says why'}") from error


def _copied(file: Any) -> Any:
    path, name, (values, tensors) = file
    return path, name, (values, [(item, tensor.clone()) for item, tensor in tensors])


def _write(transforms: Sequence[Any], files: Sequence[Any], results: queue.SimpleQueue[Any]) -> None:
    """Write files side by side; leave what was written, or what went wrong, where megatron-core looks for it."""
    with ThreadPoolExecutor(len(files)) as pool:
        outcomes = list(pool.map(lambda number: _write_one(transforms, number, files[number]), range(len(files))))
    errors = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    results.put(errors[0] if errors else dict(enumerate(outcomes)))


def _write_one(transforms: Sequence[Any], number: int, file: Any) -> Any:
    written: queue.SimpleQueue[Any] = queue.SimpleQueue()
    under_way: queue.Queue[int] = queue.Queue()
    under_way.put(number)
    filesystem_async.FileSystemWriterAsync.write_preloaded_data(transforms, number, file, written, under_way, True)
    return written.get()[1]
