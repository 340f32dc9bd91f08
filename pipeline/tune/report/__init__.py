"""The experiment's report: one self-contained HTML page with what was asked, found, spent, and what is still open."""
