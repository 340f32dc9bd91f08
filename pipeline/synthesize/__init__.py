"""Synthesis as a stage: makes a corpus of checked questions and answers."""
