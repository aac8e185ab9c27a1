"""Crash points, exhaustive: lives in which everything dies once at every step, and that come to the same all the same."""
