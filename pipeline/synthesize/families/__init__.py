"""Families of prompts: what a model can be asked to make of a snippet, one a file."""
