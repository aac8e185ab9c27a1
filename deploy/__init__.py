"""Where: migrations, containers, the embedded run."""
