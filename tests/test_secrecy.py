"""What the engine's database holds: no person, no enterprise, no member, no phone, no statement."""

import base64
import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from deploy.skipping import skipping_server
from examples.demo import application, first_year, life, live
from models.vocabulary import Kind
from tests.world import World

SECRET_FIELDS = {
    "name", "contact", "phone", "fax", "email", "registered_address", "operating_address", "position", "text", "innovation_goal",
    "cooperation_status", "development_tasks", "content", "partner", "address", "location", "projects",
}  # fmt: skip
"""Fields of forms and papers whose texts must not reach the engine."""


PIECE = 8
"""Characters that are enough to know a text by."""


def secrets(document: Any, field: str = "") -> set[str]:
    """Every text that must stay in the register."""
    if isinstance(document, dict):
        return {text for name, value in document.items() for text in secrets(value, name)}
    if isinstance(document, list):
        return {text for value in document for text in secrets(value, field)}
    return {document} if isinstance(document, str) and field in SECRET_FIELDS else set()


def pieces(text: str) -> list[str]:
    """A text, or a long one in pieces: a database may break it over two of its pages."""
    if text.isascii() or len(text) < 2 * PIECE:
        return [text]
    return [text[at : at + PIECE] for at in range(0, len(text) - PIECE + 1, PIECE)]


def written(text: str) -> list[bytes]:
    """The ways in which a text could be written down: plain, escaped as JSON does, and as base64 at any offset."""
    plain = text.encode()
    ways = [plain, json.dumps(text)[1:-1].encode()]
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + plain)
        ways.append(encoded[4 if offset else 0 : len(encoded) // 4 * 4 - 4])
    return [way for way in ways if len(way) >= 6]


def held(place: Path, name: str) -> bytes:
    """Every byte of a database, its log included; a journal may be gone again meanwhile."""
    found = b""
    for path in sorted(place.glob(f"{name}*")):
        with suppress(FileNotFoundError):
            found += path.read_bytes()
    assert found
    return found


@pytest.mark.parametrize("kind", list(Kind))
async def test_the_engine_s_database_of_a_whole_life_holds_nothing_to_leak(tmp_path: Path, kind: Kind) -> None:
    year = first_year(datetime.now(UTC))
    form = application(kind, year)
    papers = [act["content"] for act in life(kind, form, year) if "content" in act]
    kept = {text for text in secrets([form, *papers]) if text not in form["alliance_name"]}
    assert len(kept) > 20
    async with (
        skipping_server(dev_server_database_filename=str(tmp_path / "temporal.db")) as server,
        World.opened(server, tmp_path) as world,
    ):
        await live(world, kind, year)
        await world.delivered(form["filing_id"])
        database = held(tmp_path, "temporal.db")
    assert form["alliance_name"].encode() in database, (
        "the alliance's public name is allowed, and shows that the search finds"
    )
    found = {text for text in kept for piece in pieces(text) for way in written(piece) if way in database}
    assert found == set()
    register = held(tmp_path, "register.db")
    assert all(any(piece.encode() in register for piece in pieces(text)) for text in kept), (
        "the register is where they are"
    )
