"""What the doors remember beside the register (所存): audit, drafts, hand-overs, people, quotas, saved filters, sessions, uploads."""
