"""The command line (`starter.py`): a file a family of commands, and what they share."""
