"""How much is sent: a little in the default suite, the full amounts under `make storm`."""

import os

STORM = os.environ.get("STORM") == "1"

ACTS = 5000 if STORM else 25
"""Acts on one filing in a row."""

OBJECTIONS = 1000 if STORM else 40
"""Objections to one notice."""
