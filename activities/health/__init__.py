"""Health (健康): whether a process can work, what it measures, and where it tells both. What of it is asked is asked seldom."""
