"""Inspection: what one look at local files tells of a recipe, before any work; it needs the base install alone."""
