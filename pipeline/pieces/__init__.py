"""Pieces of a corpus, and the work that labelling and tokenising do on each, on this machine or on a cluster."""
