"""The register's side of rounds: their entries, what they know of filings, and what follows from an entry."""
