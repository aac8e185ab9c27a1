"""Announcements as public records (公示公告), and calendars of deadlines (日程): static files and nothing that runs."""
