"""The one stylesheet of all pages, joined from the sheets of this folder: tokens first, print last."""

import re
from functools import cache
from importlib import resources

FIRST, LAST = ("tokens", "sheet", "fields", "parts"), ("print",)
"""In this order; the sheets of single pages stand between them, by name."""

NAME = "design.css"
"""What it is called under `/static/`."""


@cache
def sheet() -> bytes:
    """What a browser is given: without comments, and without the indents and line ends that only people need."""
    folder = resources.files(__package__)
    sheets = {each.name.removesuffix(".css"): each for each in folder.iterdir() if each.name.endswith(".css")}
    own = sorted(sheets.keys() - {*FIRST, *LAST})
    text = "\n".join(sheets[name].read_text("utf-8") for name in (*FIRST, *own, *LAST))
    return re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)).strip().encode()
