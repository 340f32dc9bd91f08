"""Checks of what a model wrote, one a file."""
