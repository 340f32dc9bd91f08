"""Curricula: in what order a slice is read, and how numbers change with progress."""
