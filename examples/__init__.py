"""Real input: applications of both kinds, acts, annual reports; and one whole life."""
