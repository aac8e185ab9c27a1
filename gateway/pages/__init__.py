"""The pages for people: staff desk, leaders' pages, public pages. Server-rendered; they work without JavaScript."""
