"""The report: one self-contained HTML page that tells what a recipe's runs did."""
