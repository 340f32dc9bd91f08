"""Tokens: Megatron-readable shards, and a table that says which document lies where."""
