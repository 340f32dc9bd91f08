"""Seeds: which pages of a corpus belong to a discipline, by labels, hosts, a recalling classifier and BM25 queries."""
