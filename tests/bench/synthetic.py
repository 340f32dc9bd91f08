"""Synthetic streams for measurements: tables of lengths, and tokens where they are wanted, written chunk by chunk."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import artifact
from pipeline.recipe import Run
from pipeline.stream.slice_table import DOCUMENT, folder_of
from pipeline.tokens.format import index_bytes

CHUNK = 1 << 20
RESULTS = Path(__file__).parent / "results"


def lengths(rng: np.random.Generator, documents: int, mean: int) -> npt.NDArray[np.int32]:
    """Return lengths of documents: log-normal, as web text has them."""
    drawn = rng.lognormal(np.log(mean) - 0.32, 0.8, documents)
    return np.clip(drawn, 8, 50 * mean).astype(np.int32)


def write_slices(root: Path, documents: Sequence[int], *, mean: int, with_tokens: bool = False) -> None:
    """Write ``stream/bench`` with one slice a source, ``s0000`` ...; with tokens also ``tokens/<source>``."""
    listed = []
    for number, count in enumerate(documents):
        name, rng = f"s{number:04d}", np.random.default_rng(number)
        folder = folder_of(root / "stream" / "bench", number)
        folder.mkdir(parents=True)
        table = np.lib.format.open_memmap(folder / "documents.npy", mode="w+", dtype=DOCUMENT, shape=(count,))
        total = 0
        for start in range(0, count, CHUNK):
            rows = slice(start, min(count, start + CHUNK))
            sizes = lengths(rng, rows.stop - rows.start, mean)
            ends = total + np.cumsum(sizes, dtype=np.int64)
            table["row"][rows], table["tokens"][rows], table["start"][rows] = (
                np.arange(rows.start, rows.stop),
                sizes,
                ends - sizes,
            )
            total = int(ends[-1])
        table.flush()
        np.save(folder / "validation.npy", np.zeros(0, DOCUMENT))
        entry = {"name": name, "source": name, "keys": [], "documents": count, "tokens": total}
        listed.append({**entry, "identity": f"{name}-{count}-{mean}", "signal": None})
        if with_tokens:
            _write_tokens(root / "tokens" / name, np.asarray(table["tokens"]), rng)
    (root / "stream" / "bench" / "slices.json").write_text(json.dumps(listed))


def _write_tokens(folder: Path, sizes: npt.NDArray[np.int32], rng: np.random.Generator) -> None:
    draft = artifact.begin(folder, folder.name)
    with (draft / "train-00000.bin").open("wb") as file:
        left = int(sizes.sum(dtype=np.int64))
        while left:
            part = rng.integers(0, 60_000, min(left, CHUNK * 8), dtype=np.uint16)
            file.write(part.data)
            left -= len(part)
    (draft / "train-00000.idx").write_bytes(index_bytes(sizes, np.dtype("<u2")))
    ids = [f"<urn:uuid:{number:032x}>" for number in range(len(sizes))]
    pq.write_table(pa.table({"id": ids}), draft / "documents.parquet")
    identity = artifact.fingerprint("tokens", 1, {"of": folder.name}, {})
    artifact.publish(draft, folder, artifact.Manifest("tokens", 1, {"of": folder.name}, {}, identity))


def make_run(shares: Sequence[float], *, tokens: int, sequence_length: int, batch: int, round_steps: int) -> Run:
    """Return a run over the slices with fixed shares."""
    named = {f"s{number:04d}": float(share) for number, share in enumerate(shares)}
    return Run.model_validate(
        {
            "start": {"kind": "run", "run": "base"},
            "phases": [{"name": "only", "tokens": tokens, "mixture": {"kind": "static", "shares": named}}],
            "sequence_length": sequence_length,
            "batch": batch,
            "round_steps": round_steps,
            "learning_rate": {"kind": "warmup_constant", "peak": 1e-3},
        }
    )


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return (CPU seconds of this process, what the work returned): waiting for other processes does not count."""
    start = time.process_time()
    value = work()
    return time.process_time() - start, value


def keep(name: str, result: dict[str, Any]) -> None:
    """Print a result and keep it beside the others."""
    text = json.dumps({"command": " ".join(["python", f"tests/bench/{name}.py", *sys.argv[1:]]), **result}, indent=1)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    print(text)
