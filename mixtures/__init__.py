"""Mixture methods: what share of each slice the next round should hold."""

# Wrappers hold methods of any kind: whoever imports one of them needs the whole family.
import mixtures.methods  # noqa: F401
