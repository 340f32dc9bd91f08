"""Readers: one a format, each turning a task of files into records."""
