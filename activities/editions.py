"""A deployment's own editions of terms and calendars: next year's call for kind B, a city's longer notice (Art. 17)."""

import json
from pathlib import Path
from typing import Any

from regulation.calendar import CALENDARS
from regulation.editions import EditionRefused, Editions
from regulation.terms import TERMS

FOLDERS: dict[str, Editions[Any]] = {"calendars": CALENDARS, "terms": TERMS}


def load(folder: Path | None) -> None:
    """Add every edition below a folder, each after the one it builds on. Raises `EditionRefused` for one that cannot be."""
    if folder is None:
        return
    if not folder.is_dir():
        raise EditionRefused(f"没有版本目录 {folder}")
    for name, editions in FOLDERS.items():
        waiting = [json.loads(path.read_text("utf-8")) for path in sorted((folder / name).glob("*.json"))]
        while waiting:
            ready = [each for each in waiting if each.get("base") in editions] or waiting
            for document in ready:
                editions.add(document)
            waiting = [each for each in waiting if each not in ready]
