"""Rounds at the desk and by the API: listed, opened, acted on by whoever may; a city sees its own."""
