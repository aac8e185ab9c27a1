"""Where: migrations, the embedded server, skipped time."""
