"""The command `python -m pipeline.demo.with_model`: the demo's recipe with one more source, written by your model.

The model is the first that the server at ``HEADWATER_LLM_URL`` offers; its name stands in the recipe that is written,
its address and key (``HEADWATER_LLM_KEY``, where one is wanted) do not.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import UserError
from pipeline.label.endpoint import Endpoint
from pipeline.recipe import load_recipe

URL, KEY = "HEADWATER_LLM_URL", "HEADWATER_LLM_KEY"
SOURCE, SLOT = "qa-model", "synthetic"
SHARE = 0.2
"""Of the synthetic slot; the other sources keep their proportions."""
_SECONDS = 30


def place() -> dict[str, str]:
    """Return how a recipe says where the model is asked."""
    return {"url_env": URL, **({"api_key_env": KEY} if os.environ.get(KEY) else {})}


def offered_model() -> str:
    """Return the first model that the server offers; raise UserError where it does not say."""
    endpoint = Endpoint.model_validate({**place(), "model": "any"})
    url = endpoint.address.rstrip("/") + "/models"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=endpoint.headers()), timeout=_SECONDS) as reply:
            return str(json.load(reply)["data"][0]["id"])
    except (urllib.error.URLError, OSError) as error:
        raise UserError(f"{url}: cannot be asked for its models: {error}; is {URL} right up to and with /v1?") from None
    except (ValueError, LookupError, TypeError):
        raise UserError(f"{url}: is no list of models; is {URL} right up to and with /v1?") from None


def with_model(recipe: Mapping[str, Any], model: str) -> dict[str, Any]:
    """Return the demo's recipe with what the model writes about its science pages in the synthetic slot.

    Groups stay as they are, so that the run it starts from is the same one and not trained again.
    """
    read = {
        "kind": "model_written",
        "corpus": "science",
        "quotas": {"mathematics": "20K"},
        "generator": {**place(), "model": model, "answer_tokens": 512, "concurrency": 16},
        "budget": {"requests": 200},
    }
    source = {"read": read, "profile": "qa", "license": "BSD-3-Clause (the pages); the terms of the model"}
    run = recipe["runs"]["cpt"]
    changed = {
        **run,
        "phases": [_with_source(phase) for phase in run["phases"]],
        "packing": {**run["packing"], SOURCE: "best_fit"},
    }
    return {
        **recipe,
        "sources": {**recipe["sources"], SOURCE: source},
        "runs": {**recipe["runs"], "cpt": changed},
    }


def _with_source(phase: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the new source its part of the synthetic slot, in a phase that has one."""
    shares = phase["mixture"]["shares"]
    if SLOT not in shares:
        return phase
    parts = {SLOT: round(shares[SLOT] * (1 - SHARE), 6), SOURCE: round(shares[SLOT] * SHARE, 6)}
    return {**phase, "mixture": {**phase["mixture"], "shares": {**shares, **parts}}}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status: 0 done, 2 the request was wrong."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.demo.with_model", description=__doc__.partition("\n")[0])
    parser.add_argument("recipe", type=Path, help="the demo's recipe")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where the new recipe goes")
    options = parser.parse_args(arguments)
    try:
        model = offered_model()
        written = with_model(yaml.safe_load(options.recipe.read_text(encoding="utf-8")), model)
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(yaml.safe_dump(written, sort_keys=False, allow_unicode=True), encoding="utf-8")
        load_recipe(options.out)
    except UserError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    sys.stdout.write(f"{options.out}: the demo with questions by {model}, asked at ${URL}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
