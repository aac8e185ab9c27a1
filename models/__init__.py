"""The nouns: what is filed, done and written down. Frozen values and the register's tables; no rule lives here."""
