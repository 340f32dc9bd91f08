"""Tries every verb of the wheel alone, without extras: each does its work, or says in one line what to install.

Usage: python .ci/check_bare.py WHEEL. Makes an environment of the base dependencies, as a user's `pip install` would.
"""

import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

LIGHT = {
    "--version": [],
    "schema recipe": [],
    "schema experiment": [],
    "check demo": [],
    "check llama3-syne --strict": [],
    "plan demo": [],
    "plan llama3-syne": [],
    "run own.yaml --dry-run": [],
    "tune ratio --dry-run": [],
    "init text model": [],
    "init --from llama3-syne": [],
    "emit own.yaml --out shards": [],
    "amend work/own/runs/r own.yaml --reason why": [],
    "trace work/own/runs/r --step 1": [],
    "verify work/own": [],
    "show work/own": [],
}
"""What the base install can do, or refuses for another reason; none of it may ask for an extra."""
HEAVY = {
    "run own.yaml": ["data", "synth", "train", "report"],
    "run own.yaml --only clean": ["data", "synth"],
    "tune ratio": ["data", "train", "tune", "report"],
    "clean --explain text/a.txt": ["data"],
    "export work/own/runs/r --to model": ["train"],
    "run own.yaml --on ray": ["ray"],
    "run own.yaml --wandb": ["wandb"],
}
"""What needs extras, and which its one line must name."""
RECIPE = """
name: own
tokenizer: {kind: train, vocabulary_size: 300, sources: [a]}
sources:
  a: {read: {kind: text, paths: ["text/*.txt"]}, profile: en, license: CC0-1.0}
  made: {read: {kind: synthetic, documents: 9, synthesizer: {kind: mathematics}}, profile: qa, license: CC0-1.0}
runs:
  r:
    start: {kind: architecture, architecture: smollm2-135m}
    phases: [{name: p, tokens: 1M, mixture: {kind: static, shares: {a: 0.5, made: 0.5}}}]
    sequence_length: 128
    batch: 2
    learning_rate: {kind: cosine, peak: 1e-3}
"""


def installed(folder: Path, wheel: Path) -> Path:
    """Make the environment and return its headwater."""
    venv.create(folder, with_pip=True)
    pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-c", Path(__file__).parents[1] / "constraints.txt", wheel], check=True)
    return folder / "bin" / "headwater"


def problems(command: Path, folder: Path) -> list[str]:
    """Return every verb that ends in a traceback, or asks for other extras than it needs."""
    (folder / "text").mkdir()
    (folder / "text" / "a.txt").write_text("A few words.\n", encoding="utf-8")
    (folder / "own.yaml").write_text(RECIPE, encoding="utf-8")
    found = []
    for line, extras in {**LIGHT, **HEAVY}.items():
        done = subprocess.run([command, *line.split()], cwd=folder, capture_output=True, text=True, check=False)
        asked = re.findall(r"pip install 'headwater\[([\w,]+)\]'", done.stderr)
        if "Traceback" in done.stderr or done.returncode not in (0, 2):
            found.append(f"headwater {line}: status {done.returncode}: {done.stderr.strip().splitlines()[-1]}")
        elif extras and (done.returncode != 2 or len(done.stderr.splitlines()) != 1):
            found.append(f"headwater {line}: one line and status 2 are wanted: {done.returncode}, {done.stderr!r}")
        elif sorted(asked) != ([",".join(extras)] if extras else []):
            found.append(f"headwater {line}: asks for {asked}, not for {extras}")
    return found


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        headwater = installed(Path(name) / "bare", Path(sys.argv[1]))
        (Path(name) / "here").mkdir()
        sys.exit("\n".join(problems(headwater, Path(name) / "here")) or None)
