"""What a filing costs: `python -m bench` measures, prints tables, and on the last line every figure as JSON."""
