"""A plan as people read it: one token table a run, then phases, storage, compute, warnings and stages.

It says what the fields of a plan say and looks nothing up itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.planning import cost, learning_rate, synthesis

SCALES = ((10_000_000_000, 1e9, "B"), (10_000_000, 1e6, "M"), (0, 1e3, "K"))
"""(tokens of a run from which on, unit, its letter)."""
SHOWN = 4
"""Stages that a line names before it counts the rest."""
Fields = dict[str, Any]


def as_text(fields: Fields) -> str:
    """Return the whole plan, ending in a newline."""
    lines = [f"{fields['recipe']}: {fields['description']}".rstrip(": "), ""]
    for name, run in fields["runs"].items():
        rows = [row for row in fields["rows"] if row["run"] == name]
        groups = [group for group in fields["groups"] if group["run"] == name]
        lines += [*_Table(name, run, rows, groups).lines(), *_run(run), *_cost(fields["compute"][name]), ""]
    lines += synthesis.as_lines(fields["synthesis"])
    lines += [f"warning: {text}" for text in fields["warnings"]]
    lines += _stages(fields["stages"])
    return "\n".join(lines) + "\n"


class _Table:
    """The token table of one run."""

    def __init__(self, name: str, run: Fields, rows: list[Fields], groups: list[Fields]) -> None:
        self.name, self.run, self.rows, self.groups = name, run, rows, groups
        self.unit, self.letter = unit_of(run["tokens"])
        self.width = max(20, *(len(row["slice"]) + 2 for row in rows)) if rows else 20

    def lines(self) -> Iterator[str]:
        marks = {"exact": "", "estimate": " (~)", "unknown": " (?)"}
        sizes = ", ".join(f"{count} {basis}{marks[basis]}" for basis, count in self.run["sizes"].items())
        later = ", not cut into slices yet" if self.run["cut_later"] else ""
        yield f"run {self.name}: tokens in {self.letter}; sizes of {self.run['read_from']}{later}: {sizes}"
        phases = [f"phase {phase['phase']}" for phase in self.run["phases"]]
        last = ["at target", "keep"] if self.run["target"] else []
        yield self._line("slice", [*phases, "total", "%", "unique", "epochs", "used up at", *last], "")
        for row in self.rows:
            mark = {"exact": " ", "estimate": "~", "unknown": " "}[row["size"]]
            yield self._line(row["slice"], self._cells(row) + self._supply(row), mark)
        for group in self.groups:
            unique = self._amount(group["unique_tokens"])
            yield self._line(f"= {group['group']}", [*self._cells(group), unique], " ")

    def _cells(self, row: Fields) -> list[str]:
        share = "?" if row["tokens"] is None else f"{100 * row['tokens'] / self.run['tokens']:.2f}"
        return [*(self._amount(x) if x != 0 else "-" for x in row["phases"]), self._amount(row["tokens"]), share]

    def _supply(self, row: Fields) -> list[str]:
        first = self._amount(row["epoch_ends"][0]["tokens"]) if row["epoch_ends"] else "-"
        known = row["epochs"] is not None
        cells = [self._amount(row["unique_tokens"]), _times(row["epochs"]), first if known else "?"]
        if self.run["target"]:
            cells += [_times(row["epochs_at_target"]), self._amount(row["keep_tokens"])]
        return cells

    def _amount(self, tokens: float | None) -> str:
        return "?" if tokens is None else f"{tokens / self.unit:,.3f}"

    def _line(self, name: str, cells: list[str], mark: str) -> str:
        # The mark of an estimate stands before the unique tokens.
        at = len(self.run["phases"]) + 2
        marked = [f"{mark.strip()}{cell}" if i == at and mark else cell for i, cell in enumerate(cells)]
        return f"  {name:<{self.width}}" + "".join(f"{cell:>11}" for cell in marked)


def unit_of(tokens: int) -> tuple[float, str]:
    """Return the unit in which amounts of a run are shown, and its letter."""
    return next((unit, letter) for least, unit, letter in SCALES if tokens >= least)


def _times(epochs: float | None) -> str:
    return "?" if epochs is None else f"{epochs:.2f}"


def _run(run: Fields) -> Iterator[str]:
    for phase in run["phases"]:
        yield f"  phase {phase['phase']}: {phase['name']}, {phase['method']}: {_phase(phase)}"
    yield learning_rate.as_line(run["learning_rate"], *unit_of(run["tokens"]))
    if run["replay"]:
        yield f"  replay of {run['replay']['start']}: {_replay(run['replay'])}"
    if target := run["target"]:
        yield (
            f"  at target: epochs in a run of {target['tokens']:,} tokens; to repeat as it would, keep "
            f"{target['keep']:.3%} of every source's documents"
        )
    if run["padded"]:
        yield (
            f"  epochs leave out what packing pads ({', '.join(run['padded'])}), so they end later: by much where few "
            "documents fit a sequence together; `plan --run` counts it once the run has begun"
        )
    amounts = {name: _bytes(amount) for name, amount in run["storage"].items()}
    yield "  disk: " + ", ".join(f"{name} {amounts[name]}" for name in ("tokens", "slices", "orders", "ledger"))
    yield f"  memory: {amounts['own memory']} of its own, {amounts['mapped memory']} of mapped tables, which is cache"


def _phase(phase: Fields) -> str:
    parts = [f"{phase['steps']:,} steps"]
    if phase["read_tokens"] is not None:
        parts[0] += f", {phase['read_tokens']:,} tokens"
    if phase["first_read_tokens"] is not None:
        parts.append(f"{phase['unique_tokens']:,} unique ({_times(phase['epochs'])} epochs)")
        parts.append(f"{phase['first_read_tokens']:,} for the first time")
    if phase["exhausted"]:
        parts.append(f"uses up {', '.join(phase['exhausted'])}")
    return ", ".join(parts)


def _replay(replay: Fields) -> str:
    if not replay["sources"]:
        return "unknown: what a checkpoint read is not in the recipe, and no replay_floor names it"
    shares = ", ".join("?" if share is None else f"{share:.1%}" for share in replay["shares"])
    return f"{shares} by phase ({', '.join(replay['sources'])})"


def _bytes(amount: Fields) -> str:
    if amount["bytes"] is None:
        return "unknown"
    size, unit = float(amount["bytes"]), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{'~' if amount['basis'] == 'estimate' else ''}{size:.3g} {unit}" if size < 1000 else f"{size:,.0f} {unit}"


def _cost(told: Fields) -> Iterator[str]:
    yield f"  {told['steps']:,} steps of {told['tokens_per_step']:,} tokens"
    if "flops" in told:
        yield (
            f"  {told['parameters']:,} parameters, {told['flops']:.3g} FLOP, "
            f"{told['state_bytes'] / 2**30:.2f} GiB for weights, "
            f"gradients and optimizer, {told['gpu_hours']:.2f} {told['gpu'].upper()}-hours"
        )
        if "cost" in told:
            yield from cost.as_lines(told["cost"])
    else:
        yield "  no FLOPs or memory: the checkpoint is not here, so its shape is unknown"


def _stages(stages: list[dict[str, str]]) -> Iterator[str]:
    fresh = sum(stage["state"] == "fresh" for stage in stages)
    yield f"stages: {fresh} of {len(stages)} fresh"
    states: dict[tuple[str, str], list[str]] = {}
    for stage in stages:
        if stage["state"] != "fresh":
            states.setdefault((stage["verb"], stage["state"]), []).append(stage["stage"])
    for (verb, state), names in states.items():
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        yield f"  {verb}: {state}: {', '.join(names[:SHOWN])}{more}"
