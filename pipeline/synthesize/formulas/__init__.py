"""Formulas in prose: what of a model's mathematics can be read, as sympy's expressions, to be computed again."""
