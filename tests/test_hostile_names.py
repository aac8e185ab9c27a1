"""An alliance that is called like an attack: wherever its names, its files and an office's phrases come out, they are text and nothing else."""

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import openpyxl
import pytest
from httpx import Response
from icalendar import Calendar

from activities.publishing.notices import Notices
from activities.publishing.site import Site
from activities.query_codes import code_of
from gateway.guard import CALENDAR
from models.settings import Settings
from models.values import SHANGHAI, day_of
from models.vocabulary import Kind
from tests.databases import prepare
from tests.leading import LEADER, OFFICER, leading
from tests.served import Clock
from tests.simulated import told, written
from tests.story import application, checklist
from tests.visiting import House, visiting

NOW = datetime(2030, 3, 20, 10, tzinfo=SHANGHAI)
NUMBER = "LN-CXY-A-210100-2029-0001"
HOSTILE = """=HYPERLINK("http://evil.example")</title><script>alert(1)</script><img src=x onerror=alert(2)>\"'`&{{ 7*7 }}${7*7};ATTACH:x,\\nBEGIN:VALARM"""


@pytest.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A gateway with an alliance that is in force, and one on notice, both called so."""
    settings = Settings(var=tmp_path_factory.mktemp("hostile"))
    prepare(settings.register_url)
    async with visiting(settings, Clock(NOW)) as opened:
        for filing_id, year, further in (
            ("IN-FORCE", 2029, [("province2", "archive", "2029-04-20T09:00", {"archive_number": NUMBER})]),
            ("ON-NOTICE", 2030, []),
            ("UNDER-REVIEW", 2030, None),
        ):
            form = application(
                filing_id=filing_id, alliance_name=f"{HOSTILE}{filing_id}产学研联盟", technical_field=HOSTILE
            )
            form |= {"received_at": f"{year}-03-15T09:00:00+08:00", "agreement_effective_on": f"{year}-02-20"}
            form["leader"] = form["leader"] | {"name": HOSTILE}
            form["members"] = [each | {"name": HOSTILE} for each in form["members"]]
            form["documents"] = [each | {"name": f"{HOSTILE}.pdf"} for each in form["documents"]]
            steps: list[Any] = [
                ("city", "accept", f"{year}-03-16T09:00", {}),
                ("iit", "give_iit_opinion", f"{year}-03-17T09:00", {"positive": True}),
            ]
            if further is not None:
                steps += [("city2", "confirm", f"{year}-03-18T09:00", {"checklist": checklist(Kind.A)}), *further]
            assert {each.outcome for each in written(opened.tools.register, told(form, *steps, until=NOW))} == {
                "entered"
            }
        Site(settings.site, Notices(opened.tools.register.engine), door=settings.own_address).write_all(day_of(NOW))
        yield opened


class Seen(HTMLParser):
    """What a browser would make of a page: nothing that runs, and nothing from elsewhere."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element."""
        named = dict(attrs)
        assert tag != "script" or (named.get("src") or "").startswith(("/static/", "../", "static/")), (
            "a script of its own"
        )
        assert not [name for name in named if name.startswith("on")], "a handler"
        for name in ("href", "src", "action", "formaction"):
            assert not (named.get(name) or "").strip().lower().startswith(("javascript:", "data:", "http://evil")), (
                named
            )
        if tag == "img":
            assert named.get("src") != "x"


def harmless(answer: Response) -> None:
    """That an answer carries the names as text, in its own language."""
    assert not [name for name in answer.headers if name.lower() == "x-evil"]
    assert not {"\r", "\n"} & set("".join(answer.headers.values()))
    sort = answer.headers.get("content-type", "").partition(";")[0]
    content = answer.content
    match sort:
        case "text/html":
            Seen().feed(answer.text)
            assert "49联盟" not in answer.text
            assert "default-src 'none'" in answer.headers["content-security-policy"]
        case "application/json" | "application/feed+json" | "application/schema+json":
            json.loads(content)
        case "image/svg+xml" | "application/xml" | "application/atom+xml":
            for each in ElementTree.fromstring(content).iter():
                assert not each.tag.endswith(("script", "foreignObject"))
                assert not [name for name in each.attrib if name.startswith("on")]
        case "text/csv":
            cells = [cell for line in csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))) for cell in line]
            assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r"))]
        case "text/calendar":
            calendar = Calendar.from_ical(content)
            assert not calendar.walk("VALARM")
        case sort if sort.endswith("spreadsheetml.sheet"):
            book = openpyxl.load_workbook(io.BytesIO(content))
            filled = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
            assert not [
                cell
                for cell in filled
                if cell.data_type == "f" or (cell.hyperlink and "evil" in str(cell.hyperlink.target))
            ]
        case sort if sort.endswith("wordprocessingml.document"):
            with ZipFile(io.BytesIO(content)) as packed:
                for name in packed.namelist():
                    if name.endswith((".xml", ".rels")):
                        assert b'evil.example" Target' not in packed.read(name)
                        ElementTree.fromstring(packed.read(name))
        case "text/plain" | "":
            pass
        case _:
            raise AssertionError(f"nobody looked at {sort}")


def written_in(site: Path) -> list[str]:
    """The pages that the worker made."""
    return [each.read_text("utf-8") for each in site.rglob("*.html")]


PUBLIC = (
    "/", "/register", "/register?text=script", f"/register/{NUMBER}", f"/register/{NUMBER}.json", "/register.csv", "/register.json",
    "/statistics", "/statistics/2029", "/data", "/data/catalog.json", "/revocations", "/sitemap/register-1.xml", "/sitemap/notices-1.xml",
    "/objections/ON-NOTICE", "/notices/index.html", "/notices/feed.atom", "/notices/feed.json", "/calls",
)  # fmt: skip
STAFF = (
    "/desk", "/desk/filings", "/desk/filings?text=script", "/desk/filings/deadlines.xlsx", "/desk/filings/summary.xlsx", "/desk/overview", "/desk/charts", "/desk/charts/book.docx",
    "/desk/charts/book.xlsx", "/desk/year", "/desk/calendar", "/desk/phrases", "/filings/ON-NOTICE", "/filings/IN-FORCE",
    "/filings/UNDER-REVIEW/review", "/filings/ON-NOTICE/why", "/filings/ON-NOTICE/versions/1", "/filings/ON-NOTICE/entries/1/paper", "/desk/revocations", "/desk/absences",
)  # fmt: skip
OWN = ("/my", "/filings/ON-NOTICE", "/filings/IN-FORCE", "/subscription")


async def test_what_everybody_is_told_is_text(house: House) -> None:
    row = house.tools.register.row("ON-NOTICE")
    assert row
    async with house.browser() as browser:
        pictures = [
            f"/data/{each.key}.{ending}"
            for each in house.tools.pictures.tables(NOW)
            for ending in ("svg", "csv", "json")
        ]
        for path in (*PUBLIC, *pictures, f"/query?code={code_of(row.first_paper)}"):
            answer = await browser.get(path)
            assert answer.status_code == 200, path
            harmless(answer)
        assert "script" in (await browser.get(f"/register/{NUMBER}")).text, "it is told all the same"
        for text in written_in(house.tools.settings.site):
            Seen().feed(text)


async def test_what_is_asked_comes_back_as_text(house: House) -> None:
    async with house.browser() as browser:
        for path in (
            "/register",
            "/query",
            "/revocations",
            "/sign-in",
            "/notices/x",
            "/nothing",
            "/register/none",
            "/objections/none",
        ):
            for name in ("text", "code", "after", "next", "said", "city", "field"):
                harmless(await browser.get(path, params={name: HOSTILE}))


@pytest.mark.parametrize(("who", "paths"), [(OFFICER, STAFF), (LEADER, OWN)], ids=["staff", "leader"])
async def test_what_those_who_are_signed_in_are_told_is_text(house: House, who: Any, paths: tuple[str, ...]) -> None:
    async with leading(house.tools, house.browser(), who) as browser:
        if who is OFFICER:
            await browser.sends(
                "/desk/phrases", [("purpose", "return"), ("title", HOSTILE[:60]), ("text", HOSTILE[:400])]
            )
        house.tools.people.remember(who, NOW)
        secret = house.tools.subscriptions.begin(who, NOW)
        for path in (*paths, f"{CALENDAR}?key={secret}"):
            answer = await browser.client.get(path)
            assert answer.status_code == 200, path
            harmless(answer)
