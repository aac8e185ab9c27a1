"""The law's data as shipped: articles, offices, texts, editions of terms and of the working-day calendar."""

import json
from importlib.resources import files
from typing import Any


def read(name: str) -> Any:
    """One shipped JSON document by its path below this package."""
    return json.loads((files(__name__) / name).read_text("utf-8"))


def names(folder: str) -> list[str]:
    """The JSON documents shipped in one folder, in order of name."""
    return sorted(
        f"{folder}/{entry.name}" for entry in (files(__name__) / folder).iterdir() if entry.name.endswith(".json")
    )
