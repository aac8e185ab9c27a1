"""When: wait for an act or for the next day on the agenda, then enter it."""
