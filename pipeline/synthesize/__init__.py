"""Synthesis: questions with worked answers, asked of a language model from snippets of a corpus, checked and traced."""
