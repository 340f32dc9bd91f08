"""``headwater show``: what an artifact is, what it was made from and what it counts."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline import artifact


def add_to(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser("show", help="print an artifact's manifest and counts")
    parser.add_argument(
        "artifact", type=Path, metavar="ARTIFACT", help="an artifact's folder, such as work/demo/corpus/zh-news"
    )
    parser.add_argument("--json", action="store_true", help="the whole manifest as JSON")
    parser.set_defaults(call=call)


def call(options: argparse.Namespace) -> None:
    """Print the manifest."""
    manifest = artifact.read_manifest(options.artifact)
    if options.json:
        sys.stdout.write(json.dumps(asdict(manifest), indent=1, ensure_ascii=False) + "\n")
        return
    total = sum(entry.bytes for entry in manifest.files)
    lines = [
        f"{options.artifact}: {manifest.kind}, fingerprint {manifest.fingerprint}",
        f"made {manifest.provenance.get('time')} at commit {manifest.provenance.get('commit')}",
        f"{len(manifest.files)} files, {total:,} bytes",
        *_counts(options.artifact, manifest),
        "inputs:",
        *(f"  {name} {identity}" for name, identity in manifest.inputs.items()),
        *_stale(options.artifact),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def _counts(path: Path, manifest: artifact.Manifest) -> Iterator[str]:
    """Yield the counts; of a corpus and of what a model wrote as a funnel, with samples of what was removed."""
    if manifest.kind == "corpus" and "removed" in manifest.counts:
        from pipeline.report import funnel
        from pipeline.report.corpora import read_funnel

        if maker := manifest.settings.get("read", {}).get("synthesizer"):
            settings = manifest.settings
            yield f"made by program: {maker['kind']}@{settings['synthesizer_format']}, seed {settings['seed']}"
        yield f"cleaning ({manifest.counts['characters']:,} characters kept):"
        yield from funnel.lines(read_funnel(path))
    elif manifest.kind == "synthetic":
        from pipeline.report import funnel
        from pipeline.report.made import read_answers

        yield from funnel.answer_lines(read_answers(path))
    else:
        yield "counts:"
        yield from _tree(manifest.counts, 1)


def _stale(path: Path) -> Iterator[str]:
    """Yield what a run measured on slices that are others now."""
    if path.resolve().parent.name == "runs":
        from pipeline.stream.evidence import followers_in, stale_evidence

        root, run = path.resolve().parents[1], path.resolve().name
        yield from (f"warning: {stale}" for stale in stale_evidence(root, run, followers_in(root, run)))


def _tree(values: Mapping[str, Any], depth: int) -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield f"{'  ' * depth}{name}:"
            yield from _tree(value, depth + 1)
        else:
            yield f"{'  ' * depth}{name}: {value:,}" if isinstance(value, int) else f"{'  ' * depth}{name}: {value}"
