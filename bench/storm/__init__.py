"""A storm over the whole service: every process is killed in random order while people work, and nothing may be lost."""
