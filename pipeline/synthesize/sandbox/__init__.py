"""A sandbox: where code that a model wrote is run, with no network, no files but its own, and an end."""
