"""Labelling: one row a document, in the corpus's order; each signal is an artifact of its own."""
