"""Laws: formulas from papers that are fitted to small runs and say what a larger one will come to, one a file."""
