"""Keeps the figures of a finished run: losses per slice before and after, tokens per source, parity of the export.

Prints JSON: python tests/bench/losses.py ROOT RUN > tests/bench/results/NAME.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def figures(root: Path, run: str) -> dict[str, Any]:
    evaluation = json.loads((root / "evaluations" / run / "evaluation.json").read_text(encoding="utf-8"))
    metrics = (root / "runs" / run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    last = json.loads(metrics[-1])
    given: dict[str, int] = {}
    for line in (root / "runs" / run / "ledger.jsonl").read_text(encoding="utf-8").splitlines()[1:]:
        record = json.loads(line)
        for name, count in record["given"].items():
            given[name] = given.get(name, 0) + count * record["sequence_length"]
    manifest = json.loads((root / "evaluations" / run / "manifest.json").read_text(encoding="utf-8"))
    return {
        "run": run,
        "commit": manifest["provenance"]["commit"],
        "packages": manifest["provenance"]["packages"],
        "steps": last["step"],
        "tokens": last["tokens"],
        "tokens_by_slice": given,
        "parity": json.loads((root / "models" / run / "parity.json").read_text(encoding="utf-8")),
        "slices": evaluation["slices"],
    }


if __name__ == "__main__":
    print(json.dumps(figures(Path(sys.argv[1]), sys.argv[2]), indent=1))
