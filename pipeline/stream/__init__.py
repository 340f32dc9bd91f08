"""The stream: slices, orders, rounds and the ledger; the order of training as data."""
