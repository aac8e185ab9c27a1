"""The design of our pages: colours that everybody can tell apart, one sheet, and the page that shows every part, for this machine alone."""

import re
from pathlib import Path

import pytest

from gateway.guard import FORWARDED
from gateway.pages.design.sheet import sheet
from gateway.pages.design.tokens import EDGES, FILLED, GROUNDS, HEAT, SCHEMES, TEXTS, colours, contrast
from tests.test_guard import PROVIDER, opened

DESIGN = Path(__file__).parent.parent / "gateway" / "pages" / "design"
STATIC = DESIGN.parent / "static"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_text_stands_out_from_every_ground(scheme: str) -> None:
    """WCAG AA, by arithmetic: whatever text comes to lie on whatever ground; edges and the focus are seen as shapes."""
    has = colours()[scheme]
    pairs = [(text, ground, 4.5) for text in TEXTS for ground in GROUNDS]
    pairs += [("on-accent", filled, 4.5) for filled in FILLED]
    pairs += [(f"on-heat-{each}", f"heat-{each}", 4.5) for each in HEAT]
    pairs += [(edge, ground, 3.0) for edge in EDGES for ground in ("paper", "ground", "sunk")]
    assert [(one, other) for one, other, least in pairs if contrast(has[one], has[other]) < least] == []


def test_parts_name_only_tokens_that_there_are() -> None:
    text = sheet().decode()
    own = {"tone", "tone-soft"}
    assert set(re.findall(r"var\(--([a-z0-9-]+)\)", text)) - own <= set(re.findall(r"--([a-z0-9-]+):", text)) - own
    assert text.startswith(":root {")
    assert "/*" not in text
    assert len(text) < 50_000


def test_pages_lead_back_by_one_part() -> None:
    """What leads back is not printed, and is no smaller than a finger on any page."""
    pages = {each.name: each.read_text("utf-8") for each in (DESIGN.parent / "templates").glob("*.html")}
    leading = [
        name for name, page in pages.items() for line in page.splitlines() if "← " in line and "back" not in line
    ]
    assert leading == ["queue.html"], "in a navigation, which is not printed either"


OF_VALUES = {
    "deadline",
    "awaited",
    "finding",
    "linked",
    "findings",
    "not_entered",
    "not_open",
    "current",
    "csrf_field",
    "offers",
    "track",
}
"""Parts that are made of our own values, or by other parts; the page shows what they are made of."""


def test_no_sheet_names_a_colour_but_the_tokens() -> None:
    """What stands out in the tokens stands out on every page, in every scheme."""
    sheets = [each for each in DESIGN.glob("*.css") if each.name != "tokens.css"]
    assert [
        each.name for each in sheets if re.search(r"#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(", each.read_text("utf-8"))
    ] == []


def test_every_part_is_shown() -> None:
    macros = set(re.findall(r"{% macro (\w+)", (DESIGN / "parts.html").read_text("utf-8")))
    assert macros >= OF_VALUES
    assert macros - OF_VALUES <= set(re.findall(r"parts\.(\w+)\(", (DESIGN / "design.html").read_text("utf-8")))


async def test_the_parts_are_shown_on_this_machine_alone(tmp_path: Path) -> None:
    async with opened(tmp_path, **PROVIDER) as house:
        shown = await house.browser().get("/design")
        assert (shown.status_code, len(shown.content) + len(sheet()) < 100_000) == (200, True)
        assert (await house.browser("203.0.113.7").get("/design")).status_code == 404
        for name in FORWARDED:
            assert (await house.browser().get("/design", headers={name: "127.0.0.1"})).status_code == 404


async def test_sheet_and_scripts_are_sent_packed_and_weigh_little(tmp_path: Path) -> None:
    async with opened(tmp_path) as house:
        packed = await house.browser().get("/static/design.css", headers={"Accept-Encoding": "gzip"})
        plain = await house.browser().get("/static/design.css", headers={"Accept-Encoding": "identity"})
        assert packed.content == plain.content == sheet()
        assert (packed.headers["content-encoding"], "content-encoding" in plain.headers) == ("gzip", False)
        assert int(packed.headers["content-length"]) < len(sheet()) / 3
        assert packed.headers["etag"] != plain.headers["etag"]
        shipped = [f"/static/{each.relative_to(STATIC)}" for each in STATIC.rglob("*.js")]
        scripts = [await house.browser().get(each, headers={"Accept-Encoding": "gzip"}) for each in shipped]
        assert sum(int(each.headers["content-length"]) for each in [packed, *scripts]) < 30_000
        for answer in (packed, plain):
            again = await house.browser().get("/static/design.css", headers={"If-None-Match": answer.headers["etag"]})
            assert (again.status_code, again.content, again.headers["vary"]) == (304, b"", "Accept-Encoding")
