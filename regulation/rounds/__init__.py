"""What rules the rounds: what all have in common (`table`), and a file for each kind. Pure, like everything here."""
