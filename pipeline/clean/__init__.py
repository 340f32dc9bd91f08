"""Cleaning: raw text in, a corpus out, every dropped document counted with its reason."""
