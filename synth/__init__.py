"""Synthesis: how documents become questions and answers that are worth training on."""
