"""What rounds (轮次) are called: the value, its acts, and one file for each kind of round."""
