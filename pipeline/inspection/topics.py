"""Topics: names that mixtures, quotas and orders use, against the taxonomy that labels are made by."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import UserError
from pipeline.inspection.finding import Finding
from pipeline.label.signals.topic import NO_TOPIC, Topic
from pipeline.label.taxonomy import load_taxonomy, taxonomy_path
from pipeline.recipe import Recipe
from pipeline.recipe_errors import near
from pipeline.stream.weighed import weighed_by
from pipeline.synthesize.order import Order

COLUMN = "topic"


def inspect(recipe: Recipe, data: Path) -> Iterator[Finding]:
    """Yield every topic that is named and is none, where the taxonomy is here."""
    signal = next((signal for signal in recipe.labels if isinstance(signal, Topic)), None)
    if signal is None or not (known := _topics(signal, data)):
        return
    for name, source in recipe.sources.items():
        if isinstance(source.read, Order) and source.read.discipline == COLUMN:
            for topic in source.read.quotas:
                if topic not in known:
                    yield Finding(("sources", name, "read", "quotas", topic), f"no such topic{near(topic, known)}")
    for run in recipe.runs:
        for where, named in weighed_by(recipe, run):
            value = next((part.partition("=")[2] for part in named.split("/") if part.startswith(f"{COLUMN}=")), None)
            if value is not None and value not in known:
                yield Finding(where, f"no such topic: {value}{near(value, known)}")


def _topics(signal: Topic, data: Path) -> list[str]:
    """Return what the column may hold; nothing where the taxonomy cannot be read, which is said elsewhere."""
    try:
        taxonomy = load_taxonomy(taxonomy_path(signal.taxonomy, data))
    except UserError:
        return []
    return [*taxonomy.topics, taxonomy.otherwise or NO_TOPIC]
