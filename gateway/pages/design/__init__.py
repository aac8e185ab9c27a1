"""The design of our pages, in one folder: tokens, sheets and parts; `/design` shows every part in every state (README.md)."""
