"""A deployment's own editions: next year's call for kind B, a city's longer notice (Art. 17), an office's new name."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from activities.published_editions import PublishedEditions
from regulation import offices
from regulation.calendar import CALENDARS
from regulation.editions import EditionRefused, Editions
from regulation.promises import PROMISES
from regulation.rounds.bands import SUBSIDIES
from regulation.rounds.checks import CHECKS
from regulation.rounds.evaluation_items import ITEMS
from regulation.rounds.questionnaires import QUESTIONNAIRES
from regulation.rounds.scoring import PERFORMANCE
from regulation.terms import TERMS

FOLDERS: dict[str, Editions[Any]] = {
    "calendars": CALENDARS,
    "terms": TERMS,
    "offices": offices.DIRECTORIES,
    "promises": PROMISES,
    "evaluation": ITEMS,
    "surveys": QUESTIONNAIRES,
    "performance": PERFORMANCE,
    "subsidies": SUBSIDIES,
    "inspections": CHECKS,
}


def load(folder: Path | None, into: Mapping[str, Editions[Any]] | None = None, *, patient: bool = False) -> None:
    """Add every edition below a folder, each after the one it builds on, otherwise by file name.

    `patient`: what builds on an edition that is not here is left; it may have been published in the register, which is not open
    yet. Raises `EditionRefused`, which names the file, for one that cannot be.
    """
    if folder is None:
        return
    if not folder.is_dir():
        raise EditionRefused(f"没有版本目录 {folder}")
    for name, editions in (into or FOLDERS).items():
        waiting = {path: _document(path) for path in sorted((folder / name).glob("*.json"))}
        while waiting:
            ready = next((path for path, each in waiting.items() if each.get("base") in editions), None)
            if ready is None and patient and editions:
                break
            path = ready or next(iter(waiting))
            try:
                editions.add(waiting.pop(path))
            except EditionRefused as refused:
                raise EditionRefused(f"{path}: {refused}") from refused
    offices.take_effect()


def load_all(folder: Path | None, published: PublishedEditions) -> None:
    """Every edition that a process has: a folder's, those that were published in the register, and the folder's that build on them."""
    load(folder, patient=True)
    load(folder, patient=not published.follow())


def _document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise EditionRefused(f"{path}: 不是可读的 JSON 文件（{error}）") from error
    if not isinstance(document, dict):
        raise EditionRefused(f"{path}: 须为一个 JSON 对象")
    return document
