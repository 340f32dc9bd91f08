"""Markup of pages: what of an HTML tree is a formula, what is code, and the main text around them."""
