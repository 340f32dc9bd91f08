"""Shared fixtures; every one builds its small corpus itself, nothing is stored."""
