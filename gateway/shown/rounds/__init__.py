"""What is shown of rounds: which ones somebody sees, what stands in them, and what each kind adds to its page."""
