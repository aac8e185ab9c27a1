"""Ten thousand recorded lives of a decade: what the law made of each, kept, and made again on every change (README.md)."""
