"""Rounds (轮次): what happens once, or every year, over many filings; a file for each kind."""
