"""Planning: what a recipe or a run will read, repeat, cost and hold, before and while it happens."""
