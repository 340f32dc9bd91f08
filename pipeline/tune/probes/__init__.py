"""Probes: metrics that ask the final model something that its run did not measure."""
