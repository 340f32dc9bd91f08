"""The verbs of the command line: one a file, each adding its own arguments and doing one thing."""
