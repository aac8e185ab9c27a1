"""The public pages: what anybody may read, without signing in, and the form by which anybody may object (G-04, G-04b)."""

import csv
import hashlib
import io
import json
import re
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urljoin
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from temporalio.client import Client

from activities.pictures.counting import OTHER, Counting
from activities.pictures.datasets import total
from activities.publishing.notices import Notices
from activities.publishing.site import Site
from activities.query_codes import code_of, read
from activities.register import Register
from gateway.app import create, tools_of
from gateway.client import Filings
from gateway.pages import public
from gateway.pages.design.sheet import sheet
from gateway.shown import queried
from gateway.shown.published import PublicRegister, Standing, Wanted
from gateway.tools import Tools
from models.acts import Object
from models.channels import ChannelsFile
from models.settings import Settings
from models.values import SHANGHAI, day_of
from models.vocabulary import Kind, Role
from tests.databases import on_both, prepare
from tests.patience import Patient
from tests.served import served, serving
from tests.simulated import Papered, lived, told, written
from tests.story import Story, application, checklist, instant, report
from tests.world import World

EXAMPLES = Path(__file__).parent.parent / "examples"
OWN = "https://gs.example.gov.cn"
NOW = datetime(2030, 3, 20, 10, tzinfo=SHANGHAI)
"""LIFE is over since two months, ON-NOTICE is being shown until the 25th, the others live."""

NUMBER = "LN-CXY-A-210100-{}-000{}"


def filed(filing_id: str, year: int, **changes: Any) -> dict[str, Any]:
    """An application of 15 March of a year."""
    form = application(filing_id=filing_id, alliance_name=f"沈阳市{filing_id}产学研联盟", **changes)
    return form | {"received_at": f"{year}-03-15T09:00:00+08:00", "agreement_effective_on": f"{year}-02-20"}


def shown(filing_id: str, year: int, *steps: Any, until: datetime = NOW, **changes: Any) -> Papered:
    """An application that was published on the 18th, and what came after."""
    return told(
        filed(filing_id, year, **changes),
        ("city", "accept", f"{year}-03-16T09:00", {}),
        ("iit", "give_iit_opinion", f"{year}-03-17T09:00", {"positive": True}),
        ("city2", "confirm", f"{year}-03-18T09:00", {"checklist": checklist(Kind.A)}),
        *steps,
        until=until,
    )


def in_force(filing_id: str, number: int, year: int, *steps: Any, **changes: Any) -> Papered:
    """An alliance that was archived on 20 April of a year, and what came after."""
    archived = ("province2", "archive", f"{year}-04-20T09:00", {"archive_number": NUMBER.format(year, number)})
    return shown(filing_id, year, archived, *steps, **changes)


def reported(year: int) -> Any:
    """A report in time."""
    return ("leader", "file_annual_report", f"{year}-11-12T10:00", {"year": year, "content": report(year)})


def letters() -> Iterator[Any]:
    """Two objections that came over the counter: one that two people found not genuine, and one that nobody has compared yet."""
    scan = {
        "name": "信.pdf",
        "media_type": "application/pdf",
        "size": 9,
        "sha256": "0" * 64,
        "location": "platform://1",
    }
    came = {"on": "2030-03-18", "how": "in_person", "received_by": "c-105", "scan": scan}
    for hour, text in ((10, "所列成员情况与事实不符。"), (11, "另一件。")):
        content = {"party": "individual", "name": "郑示例", "channel": "letter", "text": text}
        letter = {"on_behalf_of": "public", "came": came, "content": content}
        yield "city", "object", f"2030-03-18T{hour}:00", letter
    for who, hour in (("city", 12), ("city2", 13)):
        yield who, "deny_letter", f"2030-03-18T{hour}:00", {"letter": "ON-NOTICE-4", "reason": "查无此件"}


def lives() -> Iterator[Papered]:
    """Alliances in every state that the public is told of, and some of which it is told nothing."""
    yield lived("LIFE")
    yield in_force("IN-FORCE", 1, 2029, reported(2029), technical_field="新材料")
    yield in_force("OTHER-FIELD", 2, 2029, reported(2029), technical_field="海洋装备，100%_自研")
    yield in_force(
        "PENDING",
        3,
        2029,
        ("city", "propose_revocation", "2029-05-11T09:00", {"ground": "2", "reason": "郑示例：材料不实"}),
        ("province", "hold", "2029-05-12T09:00", {"reason": "待核实"}),
    )
    yield in_force("LEFT", 4, 2029, ("leader", "deregister", "2029-06-01T09:00", {}))
    yield shown("ON-NOTICE", 2030, *letters())
    yield shown("TAKEN-BACK", 2029, ("leader", "withdraw", "2029-03-19T09:00", {}))
    yield told(filed("UNDER-REVIEW", 2030), until=NOW)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the service keeps what it writes: a register with these lives, and the pages that the worker made of it."""
    var = tmp_path_factory.mktemp("public")
    settings = settings_in(var)
    prepare(settings.register_url)
    register = Register.at(settings.register_url)
    for life in lives():
        assert {each.outcome for each in written(register, life)} == {"entered"}
    notices = Notices(register.engine)
    Site(settings.site, notices, door=OWN, sheet=sheet(), log=notices.log).write_all(day_of(NOW))
    register.engine.dispose()
    return var


def settings_in(var: Path) -> Settings:
    """Settings for a gateway whose data is in a folder, and which does not count how often it is asked."""
    often = 10_000
    return Settings(var=var, gateway_address=OWN, objections_an_hour=often, acts_a_minute=often, reads_a_minute=often)


def gateway(settings: Settings, now: datetime = NOW) -> FastAPI:
    """A gateway that reads a register; no engine runs behind it."""

    @asynccontextmanager
    async def tools(settings: Settings) -> AsyncIterator[Tools]:
        register = Register.at(settings.register_url)
        nobody = await Client.connect("127.0.0.1:1", lazy=True)
        yield tools_of(settings, Filings(nobody, register, clock=lambda: now), ChannelsFile())
        register.engine.dispose()

    return create(settings, tools)


@pytest.fixture(scope="module")
async def site(folder: Path) -> AsyncIterator[AsyncClient]:
    """The public pages, as a browser reaches them."""
    async with serving(gateway(settings_in(folder))) as base, Patient(base_url=base) as client:
        yield client


class Read(HTMLParser):
    """A page: its links, its forms' fields, its text."""

    VOID = {"meta", "link", "br", "hr", "img", "input"}

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fields: dict[str, str] = {}
        self.told = ""
        self.open: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.feed(answer.text)
        self.close()
        assert self.open == [], answer.url

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag opens."""
        attributes = dict(attrs)
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")
        if attributes.get("href"):
            self.links.append(str(attributes["href"]))
        if tag in ("input", "textarea", "select") and attributes.get("type") != "radio":
            self.fields[str(attributes.get("name"))] = attributes.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        """The tag that was opened last closes."""
        assert self.open.pop() == tag, self.getpos()

    def handle_data(self, data: str) -> None:
        """What is read."""
        self.told += data
        if {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data.strip()

    def has(self, *texts: str) -> bool:
        """Whether all of this can be read."""
        return all(text in self.told for text in texts)


Crawled = dict[str, Response]
"""Answers by address."""


async def crawled(site: AsyncClient, start: str = "/") -> Crawled:
    """Every page that is reached from one by following every link of this site."""
    found: Crawled = {}
    ahead = deque([start])
    while ahead:
        address = ahead.popleft()
        if address in found:
            continue
        answer = found[address] = await site.get(address, follow_redirects=False)
        if answer.status_code == 200 and answer.headers["content-type"].startswith("text/html"):
            links = [urljoin(f"{OWN}{address}", link) for link in Read(answer).links]
            ahead += [link.removeprefix(OWN).partition("#")[0] for link in links if link.startswith(f"{OWN}/")]
        assert len(found) < 300, "a crawler would not come to an end"
    return found


@pytest.fixture(scope="module")
async def everything(site: AsyncClient) -> Crawled:
    """Everything that a crawler finds."""
    return await crawled(site)


# What a crawler finds


async def test_every_link_leads_somewhere_and_a_crawler_comes_to_an_end(everything: Crawled) -> None:
    found = everything
    assert {address: answer.status_code for address, answer in found.items() if answer.status_code != 200} == {
        "/my": 303
    }
    assert found["/my"].headers["location"].startswith("/sign-in"), "who applies signs in first"
    assert {"/", "/register", "/revocations", "/statistics", "/notices/index.html", "/sign-in"} <= found.keys()
    assert sum(address.startswith("/register/") and not address.endswith(".json") for address in found) == 5
    assert sum(address.startswith("/notices/notices/") for address in found) > 10
    assert "/objections/ON-NOTICE" in found


async def test_nothing_is_shown_but_what_may_be(everything: Crawled) -> None:
    """G-04b: no contacts, phones, amounts; nobody who objected; no reason, no case; no application that was not archived."""
    form, objector = application(), json.loads((EXAMPLES / "objection.json").read_text("utf-8"))["content"]
    leader = form["leader"]
    secret = [leader[name] for name in ("contact", "phone", "email", "uscc", "registered_address", "sales_last_year")]
    secret += [objector["name"], objector["contact"], objector["text"], "材料不实", "待核实", "UNDER-REVIEW", "c-101"]
    secret += [each["position"] for each in form["members"]] + [each["code"] for each in form["members"]]
    for address, answer in everything.items():
        if not address.startswith(("/static/", "/sign-in", "/my", "/api/")):
            assert [each for each in secret if each in answer.text] == [], address


async def test_public_pages_are_kept_by_any_cache_and_set_no_cookie(site: AsyncClient, everything: Crawled) -> None:
    for address, answer in everything.items():
        if address.startswith(("/static/", "/sign-in", "/my", "/api/")):
            continue
        assert "set-cookie" not in answer.headers, address
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert not re.search(r"<[^>]+ (style|on\w+)=|<style", answer.text), address
        if address.startswith("/objections"):
            assert answer.headers["cache-control"] == "no-store"
            continue
        kept = re.fullmatch(r"public, max-age=(\d+), stale-while-revalidate=(\d+)", answer.headers["cache-control"])
        assert kept, address
        assert 60 <= int(kept[1]) == int(kept[2]) <= 300
        if not address.startswith(("/register.csv", "/register.json")):
            again = await site.get(address, headers={"If-None-Match": answer.headers["etag"]})
            assert (again.status_code, again.content) == (304, b""), address
            assert again.headers["cache-control"] == answer.headers["cache-control"]
        assert (await site.head(address)).status_code == 200


async def test_whoever_is_signed_in_gets_the_same_public_page(site: AsyncClient) -> None:
    assert (await site.get("/", headers={"Cookie": "beian=whatever"})).content == (await site.get("/")).content


async def test_robots_read_what_is_public(site: AsyncClient) -> None:
    robots = RobotFileParser()
    robots.parse((await site.get("/robots.txt")).text.splitlines())
    for open_ in ("/", "/register", f"/register/{NUMBER.format(2029, 1)}", "/notices/index.html", "/statistics"):
        assert robots.can_fetch("any", f"{OWN}{open_}"), open_
    for closed in (
        "/desk",
        "/my/inbox",
        "/subscription",
        "/calendar/deadlines.ics",
        "/api/v1/filings",
        "/objections/ON-NOTICE",
        "/filings/LIFE",
        "/sign-in",
    ):
        assert not robots.can_fetch("any", f"{OWN}{closed}"), closed
    assert robots.site_maps() == [f"{OWN}/sitemap.xml"]


async def test_the_sitemaps_name_every_alliance_and_every_notice(
    site: AsyncClient, everything: Crawled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public, "IN_A_MAP", 4)
    places: list[str] = []
    for part in await located(site, "/sitemap.xml"):
        inside = await located(site, part.removeprefix(OWN))
        assert len(inside) <= 4 + 10
        places += inside
    assert len(places) == len(set(places))
    for kind in ("/register/", "/notices/notices/"):
        pages = {OWN + each for each in everything if kind in each and not each.endswith(".json")}
        assert {place for place in places if kind in place} == pages
    for place in places:
        assert (await site.get(place.removeprefix(OWN))).status_code == 200


async def located(site: AsyncClient, address: str) -> list[str]:
    """The addresses in a sitemap."""
    answer = await site.get(address)
    assert answer.headers["content-type"] == "application/xml"
    return [str(each.text) for each in ElementTree.fromstring(answer.content).iter() if each.tag.endswith("}loc")]


async def test_search_engines_list_each_page_once(site: AsyncClient) -> None:
    for address in ("/", "/register", "/revocations", "/statistics", f"/register/{NUMBER.format(2029, 1)}"):
        answer = await site.get(address)
        assert answer.headers["link"] == f'<{OWN}{address}>; rel="canonical"'
        assert "x-robots-tag" not in answer.headers
    for address in ("/register?text=x", "/register?after=A", "/revocations?after=x", "/objections/ON-NOTICE"):
        assert (await site.get(address)).headers["x-robots-tag"] == "noindex", address


# The home page and the notices


async def test_the_home_page_shows_what_runs_and_what_was_announced(site: AsyncClient) -> None:
    page = Read(await site.get("/"))
    assert page.has("关于拟备案“沈阳市ON-NOTICE产学研联盟”的公示", "2030年3月25日", "提出异议")
    assert page.has("撤销“", "关于“沈阳市LEFT产学研联盟”自愿注销备案的公告")
    assert not page.has("UNDER-REVIEW")
    assert {"/notices/feed.atom", "/notices/feed.json", "/sign-in", "/objections/ON-NOTICE"} <= set(page.links)


async def test_notices_are_served_as_they_were_written(site: AsyncClient, folder: Path) -> None:
    written_ = (folder / "site" / "index.html").read_bytes()
    answer = await site.get("/notices/index.html")
    assert answer.content == written_ == (await site.get("/notices/")).content
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert (await site.get("/notices")).headers["location"] == "/notices/index.html"
    assert (await site.get("/notices/log")).headers["location"] == "/notices/log/index.html"
    assert "日志尚未开始" in (await site.get("/notices/log/index.html")).text
    assert (await site.get("/notices/feed.atom")).headers["content-type"] == "application/atom+xml"
    assert (await site.get("/notices/feed.json")).headers["content-type"] == "application/feed+json"
    assert (await site.get("/notices/site.css")).headers["content-type"].startswith("text/css")


@pytest.mark.parametrize(
    "path", ["../register.db", "%2e%2e/register.db", "..%2fregister.db", "notices", "nothing.html", "%00", "a" * 300]
)
async def test_nothing_else_is_served(path: str, site: AsyncClient) -> None:
    answer = await site.get(f"/notices/{path}")
    assert answer.status_code == 404
    assert "没有这一页" in answer.text


async def test_before_anything_was_written_the_notices_are_a_page_all_the_same(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    prepare(settings.register_url)
    async with serving(gateway(settings)) as base, Patient(base_url=base) as site:
        answer = await site.get("/notices/index.html")
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        assert "尚未生成" in answer.text
        assert (await site.get("/notices/feed.atom")).status_code == 404
        for address in ("/", "/register", "/revocations", "/statistics", "/sitemap.xml", "/sitemap/register-1.xml"):
            assert (await site.get(address)).status_code == 200, address
        assert (await site.get("/register.json")).json() == []
        assert len((await site.get("/register.csv")).text.splitlines()) == 1


# Query codes


async def test_whoever_holds_a_code_sees_where_it_stands_and_nothing_else(folder: Path, site: AsyncClient) -> None:
    register = Register.at(settings_in(folder).register_url)
    row = register.row("UNDER-REVIEW")
    (objected,) = (entry.event for entry in register.docket("LIFE") if isinstance(entry.event, Object))
    entered = [entry.event.paper for entry in register.docket("ON-NOTICE") if isinstance(entry.event, Object)]
    over = register.row("IN-FORCE")
    register.engine.dispose()
    assert row
    assert over
    page = Read(await site.get("/query", params={"code": code_of(row.first_paper)}))
    assert page.has("已提交", "实质性产学研联盟", "沈阳市", "审核", "公示", "入库")
    assert not page.has(row.alliance_name)
    assert not page.has(row.leader_name)
    assert Read(await site.get("/query", params={"code": code_of(over.first_paper)})).has(
        "已备案入库", NUMBER.format(2029, 1)
    )
    ruled = Read(await site.get("/query", params={"code": code_of(objected.paper)}))
    assert ruled.has("已处理完毕", "书面告知", "作出决定的日期")
    assert not ruled.has("不成立")
    denied, waiting = [Read(await site.get("/query", params={"code": code_of(each)})) for each in entered]
    assert waiting.has("已收到", "正在核对登记")
    assert denied.has("登记未生效", "仍以来信之日计")
    assert not denied.has("正在核对登记")
    answers = [await site.get("/query", params={"code": each}) for each in ("0" * 16, "no code", "Ｕ" * 16, "7" * 999)]
    assert {each.status_code for each in answers} == {404}
    assert (
        len(
            {
                each.text.replace("0" * 16, "").replace("no code", "").replace("Ｕ" * 16, "").replace("7" * 99, "")
                for each in answers
            }
        )
        == 1
    )
    assert (await site.get("/query")).status_code == 200
    assert (await site.get("/query.svg?code=x")).status_code == 404


def test_a_letter_whose_objection_was_entered_in_another_way_is_told_so() -> None:
    """Nothing was wrong with it: whoever brought it twice is not told that it was not genuine (G-42)."""
    first, other, *_ = letters()
    again = (*other[:3], first[3])  # the same, which came twice
    same = [("city2", "object", "2030-03-18T12:00", first[3] | {"seconds": "CLOSED-4"})]
    closing = {"letter": "CLOSED-5", "done_by": 7, "reason": "同一封信"}
    same += [(who, "close_letter", f"2030-03-18T{hour}:00", closing) for who, hour in (("city", 13), ("city2", 14))]
    docket = [each.model_dump(mode="json") for each in shown("CLOSED", 2030, first, again, *same).docket]
    halves = [each for each in docket if each["event"]["kind"] == "object"]
    assert halves[-1]["number"] == 7
    assert [queried._answered(docket, each["event"]["id"]) for each in halves[:2]] == [
        None,
        queried.ANSWERED["close_letter"],
    ]
    assert queried._answered(docket[:-1], "CLOSED-5") is None, "one alone says nothing"


def test_a_code_is_read_however_it_is_typed() -> None:
    digest = hashlib.sha256(b"paper").hexdigest()
    code = code_of(digest)
    assert re.fullmatch(r"([0-9A-Z]{4}-){3}[0-9A-Z]{4}", code)
    for typed in (
        code,
        code.lower(),
        code.replace("-", ""),
        f" {code.replace('0', 'O').replace('1', 'l')} ",
        code.replace("-", "－"),
    ):
        assert read(typed) == digest[:20]
    assert [read(each) for each in ("", "U" * 16, code[:-1], f"{code}0")] == [None] * 4


# The register


async def listed(site: AsyncClient, **wanted: str) -> list[str]:
    """The alliances that are found, by the middle of their names."""
    answer = await site.get("/register", params=wanted)
    assert answer.status_code == 200
    return re.findall(r'<a href="/register/[^"]*">沈阳市(.*?)产学研联盟</a>', answer.text)


async def test_the_register_lists_what_was_archived_and_nothing_else(site: AsyncClient) -> None:
    everything = await listed(site)
    assert set(everything) == {"IN-FORCE", "OTHER-FIELD", "PENDING", "LEFT", "星海智造数控机床"}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"text": "OTHER"}, {"OTHER-FIELD"}),
        ({"text": "星海智造装备"}, {"IN-FORCE", "OTHER-FIELD", "PENDING", "LEFT", "星海智造数控机床"}),
        ({"text": NUMBER.format(2029, 3)}, {"PENDING"}),
        ({"text": "2029"}, {"IN-FORCE", "OTHER-FIELD", "PENDING", "LEFT"}),
        ({"text": "ＯＴＨＥＲ－ｆｉｅｌｄ"}, {"OTHER-FIELD"}),
        ({"text": "星海　新材料"}, {"IN-FORCE"}),
        ({"text": "other 新材料"}, set()),
        ({"text": "syspending"}, {"PENDING"}),
        ({"text": "0%_自"}, {"OTHER-FIELD"}),
        ({"text": "星%装"}, set()),
        ({"text": "ON-NOTICE"}, set()),
        ({"text": "郑示例"}, set()),
        ({"text": "91210102"}, set()),
        ({"text": "a\x00b"}, set()),
        ({"text": "长" * 5000}, set()),
        ({"city": "210200"}, set()),
        ({"city": "210100", "kind": "A", "field": "新材料"}, {"IN-FORCE"}),
        ({"kind": "B"}, set()),
        ({"field": "其他"}, {"OTHER-FIELD"}),
        ({"state": "revoked"}, {"星海智造数控机床"}),
        ({"state": "deregistered"}, {"LEFT"}),
        ({"state": "in_force"}, {"IN-FORCE", "OTHER-FIELD", "PENDING"}),
        ({"state": "revocation_pending", "text": "PENDING"}, {"PENDING"}),
    ],
)
async def test_the_register_is_searched(wanted: dict[str, str], found: set[str], site: AsyncClient) -> None:
    assert set(await listed(site, **wanted)) == found
    told = (await site.get("/register.json", params=wanted)).json()
    assert len(told) == len(found)


async def test_a_search_that_found_nothing_keeps_what_was_asked(site: AsyncClient) -> None:
    page = Read(await site.get("/register", params={"text": '"><b>', "state": "revoked"}))
    assert page.fields["text"] == '"><b>'
    assert page.has("没有找到")


async def test_the_list_goes_on_from_page_to_page(site: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public, "PAGE", 2)
    for start, lines in (("/register?state=in_force", 3), ("/register", 5), ("/revocations", 1)):
        found: list[str] = []
        address = start
        while address:
            text = (await site.get(address)).text
            found += re.findall(r'href="(/register/[^"]+)"', text)
            following = re.search(r'href="([^"]+)" rel="next"', text)
            address = following[1].replace("&amp;", "&") if following else ""
        assert len(found) == len(set(found)) == lines, start
    assert (await site.get("/revocations", params={"after": "no-such-notice"})).status_code == 200


async def test_the_page_of_an_alliance_tells_how_it_stands_and_by_which_article(site: AsyncClient) -> None:
    (number,) = [link for link in Read(await site.get("/revocations")).links if link.startswith("/register/")]
    answer = await site.get(number)
    page = Read(answer)
    assert page.has("已撤销", "依据《工作指引》第十一条第6项", "备案入库", number.rpartition("/")[2], "经过")
    assert f'<meta property="og:url" content="{OWN}{number}">' in answer.text
    told = (await site.get(f"{number}.json")).json()
    assert told["url"] == f"{OWN}{number}"
    assert told["says"].endswith("依据《工作指引》第十一条第6项。")
    assert sorted((each["on"] for each in told["history"]), reverse=True) == [each["on"] for each in told["history"]]
    assert (await site.get("/register/none.json")).status_code == 404


async def test_a_proposed_revocation_is_told_by_its_notice_alone(site: AsyncClient) -> None:
    page = Read(await site.get(f"/register/{NUMBER.format(2029, 3)}"))
    assert page.has("已备案入库", "关于拟撤销“沈阳市PENDING产学研联盟”备案的公示")
    revoked = Read(await site.get("/revocations"))
    assert not revoked.has("PENDING")
    (number,) = [link for link in revoked.links if link.startswith("/register/")]
    assert revoked.has("《工作指引》第十一条第6项")
    assert Read(await site.get(number)).has("已撤销", "备案已撤销")


async def test_an_alliance_is_shown_with_its_members_and_publications(site: AsyncClient) -> None:
    page = Read(await site.get(f"/register/{NUMBER.format(2029, 1)}"))
    members = [each["name"] for each in application()["members"]]
    assert page.has("沈阳市IN-FORCE产学研联盟", "2029年4月20日", "沈阳市", "新材料", *members)
    assert page.has("关于拟备案“沈阳市IN-FORCE产学研联盟”的公示")


@pytest.mark.parametrize("number", ["", "nothing", "ON-NOTICE", "LN-CXY-A-210100-2029-000", "%00", "a/b/c", "x" * 500])
async def test_no_such_alliance(number: str, site: AsyncClient) -> None:
    answer = await site.get(f"/register/{number}")
    assert answer.status_code == 404
    assert "没有这一页" in answer.text


async def test_a_number_that_an_office_gave_in_its_own_way_is_found(tmp_path: Path) -> None:
    odd = "辽联盟（备）〔2020〕7号"
    legacy = {"archived_on": "2020-12-18", "archive_number": odd, "document_no": "辽科函1号"}
    form = filed("IMPORTED", 2029, legacy=legacy, by={"person": "p-401", "office": "210000", "role": "province_st"})
    settings = settings_in(tmp_path)
    prepare(settings.register_url)
    register = Register.at(settings.register_url)
    written(register, told(form, until=NOW))
    register.engine.dispose()
    async with serving(gateway(settings)) as base, Patient(base_url=base) as site:
        (link,) = [link for link in Read(await site.get("/register")).links if link.startswith("/register/")]
        page = Read(await site.get(link))
        assert page.has(odd, "本系统没有关于该联盟的公示公告")
        places = await located(site, "/sitemap/register-1.xml")
        assert unquote(places[-1]) == f"{OWN}/register/{odd}"
        assert (await site.get(places[-1].removeprefix(OWN))).status_code == 200


async def test_the_whole_list_is_taken_away_as_a_table(site: AsyncClient) -> None:
    answer = await site.get("/register.csv")
    assert answer.content.startswith("\ufeff".encode())
    assert "filename*=UTF-8''" + quote("备案名录") in answer.headers["content-disposition"]
    table = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert len(table) == 5
    line = next(each for each in table if each["联盟名称"] == "沈阳市PENDING产学研联盟")
    assert (line["备案编号"], line["备案日期"], line["状态"]) == (NUMBER.format(2029, 3), "2029-04-20", "已备案入库")
    assert (await site.get("/register.json")).json() == [
        {name: each[title] for name, title in public.TITLES.items()} for each in table
    ]


async def test_the_register_in_numbers_and_pictures(site: AsyncClient) -> None:
    page = Read(await site.get("/statistics"))
    assert page.has("现有已备案入库的联盟 3 个")
    told = {heads[0][0]: {row[0]: row[1:] for row in heads[1:]} for heads in page.tables if "年份" not in heads[0]}
    assert told["技术领域"]["新材料"] == ["1", "0"]
    assert told["成员类型"]["企业"] == ["6"], "three alliances of two enterprises each"
    wide = {tuple(table[0][:2]): {row[0]: row[1:] for row in table[1:]} for table in page.tables}
    assert (wide["所在市", "在册联盟（个）"]["沈阳市"], len(wide["所在市", "在册联盟（个）"])) == (["3", "3", "0"], 15)
    assert wide["年份", "申请（件）"]["2029"][1:4] == ["4", "1", "1"]
    assert wide["年份", "申请（件）"]["2029"][-1] == "3"
    reports = wide["年份", "应报（个）"]
    assert reports["2029"] == ["4", "2", "0", "2", "2", "0", "0", "50.0", "50.0"], "LEFT had not to report any more"
    assert reports["2027"] == ["1", "0", "1", "0", "0", "0", "0", "0.0", "100.0"]


async def test_every_figure_is_open_data_with_its_schema_and_dictionary(site: AsyncClient) -> None:
    catalogue = (await site.get("/data/catalog.json")).json()["datasets"]
    page = Read(await site.get("/data"))
    for each in catalogue:
        told = (await site.get(each["json"].removeprefix(OWN))).json()
        schema = (await site.get(each["schema"].removeprefix(OWN))).json()
        names = [field["name"] for field in each["fields"]]
        row = schema["properties"]["rows"]["items"]
        assert list(row["properties"]) == row["required"] == sorted(names) or set(row["required"]) == set(names)
        assert all(set(line) == set(names) for line in told["rows"])
        lines = (await site.get(each["csv"].removeprefix(OWN))).text.removeprefix("\ufeff").splitlines()
        assert len(lines) == 1 + len(told["rows"])
        drawn = await site.get(f"/data/{each['name']}.svg")
        assert ElementTree.fromstring(drawn.content).tag.endswith("svg")
        assert "style=" not in drawn.text, "nothing that a page may not load"
        assert page.has(each["title"], *names)
    assert (await site.get("/data/no-such-table.csv")).status_code == 404


@on_both
def test_the_public_register_on_either_database(full: Register) -> None:
    public_register, today = PublicRegister(full.engine), day_of(NOW)
    (line,) = public_register.all(Wanted())
    assert line.standing is Standing.REVOKED
    assert line.kind is Kind.A
    found = public_register.alliance(line.archive_number, today)
    assert found
    for wanted in (
        Wanted(text="星海", city="210100", kind="A", field="先进制造与自动化", state="revoked"),
        Wanted(text=f"{found.members[-1][2:]}　SYS"),
        Wanted(text="xhzzskjc 沈阳"),
        Wanted(text=line.archive_number),
    ):
        assert public_register.search(wanted) == [line]
    for wanted in (Wanted(field=OTHER), Wanted(state="in_force"), Wanted(text="100%"), Wanted(city="210200")):
        assert public_register.search(wanted) == []
    assert public_register.search(Wanted(), after=line.archive_number) == []
    alliance = public_register.alliance(line.archive_number, today)
    assert alliance
    assert len(alliance.members) == 4
    assert {each.row.id for each in alliance.publications} == set(public_register.publications(today, 0, 99))
    assert public_register.sizes(today) == (1, len(alliance.publications))
    assert public_register.numbers(0, 9) == [line.archive_number]
    assert [each.row.kind for each in public_register.revocations(today)] == ["revocation"]
    assert public_register.announced(today, 9)[0].row.kind == "announcement"
    (first, *_) = sorted(alliance.publications, key=lambda each: each.row.number)
    assert [each.row.id for each in public_register.current(first.row.shown_from, 9)] == [first.row.id]
    assert public_register.objected_to("LIFE", first.row.shown_from)
    counting = Counting(full.engine, today)
    assert [total(table.rows, 2) for table in (counting.by_city(), counting.by_field())] == [0, 0]
    told = [
        (each["applied"], each["archived"], each["revoked"], each["on_file"]) for each in counting.by_year().records
    ]
    assert told == [(1, 1, 0, 1), (0, 0, 0, 1), (0, 0, 0, 1), (0, 0, 1, 0)]
    rates = [(each["year"], each["reported_rate"]) for each in counting.reports().records]
    assert rates == [(2026, 100), (2027, 100), (2028, 0), (2029, 0)]


# Objecting

PDF = ("证明\u202e材料.pdf", b"%PDF-1.7 evidence", "application/pdf")
SAID = {
    "/content/party": "individual",
    "/content/name": "何示例",
    "/content/contact": "13900000002",
    "/content/text": "公示的成员单位之一\n并未参与该领域合作。",
}
"""What somebody fills in."""


def filled(page: Read, **changes: str) -> dict[str, str]:
    """A form that was shown, filled in."""
    return {name: value for name, value in page.fields.items() if not name.endswith("/file")} | SAID | changes


@pytest.mark.parametrize(
    "filing_id",
    [
        "UNDER-REVIEW",
        "no-such-filing",
        "%00",
        "%E2%80%AE",
        "a" * 300,
    ],
)
async def test_where_nothing_is_shown_nobody_learns_whether_there_is_a_filing(
    filing_id: str, site: AsyncClient
) -> None:
    nobody = await site.get("/objections/nobody")
    for answer in (
        await site.get(f"/objections/{filing_id}"),
        await site.post(f"/objections/{filing_id}", data=SAID),
        await site.get(f"/objections/{filing_id}/{filing_id}-1"),
    ):
        assert (answer.status_code, answer.text) == (404, nobody.text)


@pytest.mark.parametrize("filing_id", ["LIFE", "IN-FORCE", "PENDING", "LEFT", "TAKEN-BACK"])
async def test_whoever_comes_after_a_notice_is_told_that_it_is_over(filing_id: str, site: AsyncClient) -> None:
    said = "公示已提前终止或者中止" if filing_id == "TAKEN-BACK" else "公示期已满"
    for answer in (await site.get(f"/objections/{filing_id}"), await site.post(f"/objections/{filing_id}", data=SAID)):
        assert answer.status_code == 404
        assert Read(answer).has(said, "不再接受网上异议", "以邮戳日期为准")


async def test_a_notice_takes_objections_until_its_last_midnight(folder: Path) -> None:
    last = datetime(2030, 3, 25, 23, 59, 59, tzinfo=SHANGHAI)
    for now, status in ((last, 200), (last + timedelta(seconds=1), 404)):
        async with serving(gateway(settings_in(folder), now)) as base, Patient(base_url=base) as site:
            assert (await site.get("/objections/ON-NOTICE")).status_code == status
            objecting = "/objections/ON-NOTICE" in Read(await site.get("/")).links
            assert objecting is (status == 200)


async def test_the_notice_leads_to_the_form_while_it_runs(tmp_path: Path, folder: Path) -> None:
    register = Register.at(settings_in(folder).register_url)
    (row,) = register.public_notices("ON-NOTICE")
    for day, runs in ((date(2030, 3, 18), True), (date(2030, 3, 25), True), (date(2030, 3, 26), False)):
        for door in (OWN, ""):
            Site(tmp_path, Notices(register.engine), door=door).write_all(day)
            text = (tmp_path / f"notices/{row.id}.html").read_text("utf-8")
            assert (f'href="{OWN}/objections/ON-NOTICE"' in text) is (runs and bool(door)), (day, door)
            assert (f'href="{OWN}/register"' in text) is bool(door)
            assert ("objections/" in text) is (runs and bool(door))
    register.engine.dispose()


async def test_a_form_that_is_not_complete_comes_back_with_everything_on_it(site: AsyncClient) -> None:
    page = Read(await site.get("/objections/ON-NOTICE"))
    changed = {"/content/party": "", "/content/name": "<b>何示例", "/content/contact": "x" * 201, "/content/text": ""}
    answer = await site.post("/objections/ON-NOTICE", data=filled(page, **changed))
    assert (answer.status_code, answer.headers["cache-control"]) == (422, "no-store")
    again = Read(answer)
    assert again.fields["key"] == page.fields["key"]
    assert again.fields["/content/name"] == "<b>何示例"
    assert again.fields["/content/contact"] == "x" * 201
    assert again.has("尚未提交", "异议内容：须填写", "异议人类别：须填写", "联系方式：限200字，现有")
    assert not again.has("按现状提交")


async def test_a_warning_is_read_before_anything_is_sent(site: AsyncClient) -> None:
    page = Read(await site.get("/objections/ON-NOTICE"))
    again = Read(await site.post("/objections/ON-NOTICE", data=filled(page, **{"/content/name": ""})))
    assert again.has("匿名异议只作登记，不予受理", "须提供必要的证明材料", "按现状提交")
    unit = Read(await site.post("/objections/ON-NOTICE", data=filled(page, **{"/content/party": "unit"})))
    assert unit.has("单位提出异议须加盖公章")


async def test_what_programs_fill_in_is_turned_away_and_people_lose_nothing(site: AsyncClient) -> None:
    page = Read(await site.get("/objections/ON-NOTICE"))
    answer = await site.post("/objections/ON-NOTICE", data=filled(page, website="https://x", anyway="yes"))
    assert answer.status_code == 422
    assert Read(answer).has("“请勿填写”一栏须留空", SAID["/content/text"])


async def test_evidence_stays_with_the_form_until_it_is_taken_off(site: AsyncClient, folder: Path) -> None:
    page = Read(await site.get("/objections/ON-NOTICE"))
    files = {
        "/content/evidence/0/file": PDF,
        "/content/evidence/1/file": ("a.exe", b"MZ", "application/pdf"),
        "/content/evidence/2/file": ("b.png", b"%PDF", "image/png"),
    }
    answer = await site.post("/objections/ON-NOTICE", data=filled(page), files=files)
    kept = Read(answer)
    sha256 = hashlib.sha256(PDF[1]).hexdigest()
    assert answer.status_code == 422
    assert kept.has("“a.exe”未收下", "“b.png”未收下：内容不是png文件", "证明材料.pdf（已收下")
    assert kept.fields["/content/evidence/0/sha256"] == sha256
    assert "/content/evidence/0/file" not in kept.fields
    assert "/content/evidence/4/file" in kept.fields
    foreign = {"/content/evidence/1/sha256": "0" * 64, "/content/evidence/1/name": "他人.pdf"}
    again = Read(await site.post("/objections/ON-NOTICE", data=filled(kept, **foreign, **{"/content/text": ""})))
    assert again.has("证明材料.pdf（已收下")
    assert not again.has("他人.pdf")
    del again.fields["/content/evidence/0/sha256"]
    gone = Read(await site.post("/objections/ON-NOTICE", data=filled(again, **{"/content/text": ""})))
    assert not gone.has("已收下")
    too_many = {f"/content/evidence/{number}/file": PDF for number in range(6)}
    assert (await site.post("/objections/ON-NOTICE", data=filled(page), files=too_many)).status_code == 400
    assert (folder / "uploads" / sha256[:2] / sha256).read_bytes() == PDF[1]


async def test_an_objection_is_one_however_often_it_is_sent(world: World) -> None:
    story = Story(world, "PUBLIC-1")
    await story.on_notice(2027)
    async with served(world, "2027-03-19") as door, Patient(base_url=door.base) as site:
        page = Read(await site.get(f"/objections/{story.id}"))
        assert page.has("沈阳市PUBLIC-1产学研联盟", "2027年3月25日24时")
        sent: dict[str, Any] = {"data": filled(page), "files": {"/content/evidence/0/file": PDF}}
        answers = [await site.post(f"/objections/{story.id}", **sent) for _ in range(3)]
        assert {answer.status_code for answer in answers} == {303}
        (place,) = {answer.headers["location"] for answer in answers}
        told = await site.get(place)
        number = story.docket[-1].number
        assert Read(told).has("异议已收到", f"第{number}号", "20个工作日", "只有处理机构的承办人知道", "沈阳市科技局")
        assert told.headers["cache-control"] == "no-store"
        assert SAID["/content/name"] not in told.text
        code = next(link for link in Read(told).links if "code=" in link).rpartition("=")[2]
        assert (await site.get(f"/query.svg?code={code}")).content.startswith(b"<?xml")
        asked = await site.get("/query", params={"code": code.lower().replace("-", " ")})
        assert Read(asked).has("正在核实", f"第{number}号", "2027年4月", "沈阳市科技局")
        assert asked.headers["cache-control"] == "no-store"
        assert not any(each in asked.text for each in (SAID["/content/name"], SAID["/content/text"], story.id))
        other = filled(page, anyway="yes", **{"/content/text": "另一件事"})
        assert (await site.post(f"/objections/{story.id}", data=other)).headers["location"] != place
        assert (await site.get(f"{place}0")).status_code == 404
        assert (await site.get(f"/objections/{story.id}/{story.id}-1")).status_code == 404
        await story.leader("withdraw", "2027-03-19")
        assert (await site.get(f"/objections/{story.id}")).status_code == 404, "nothing can be objected to any longer"
        again = await site.post(f"/objections/{story.id}", **sent)
        assert (again.status_code, again.headers["location"]) == (303, place), (
            "what was said before is answered as before"
        )
        assert Read(await site.get("/query", params={"code": code})).has("不再办理")
        other["/content/text"] = "又一件事"
        assert (await site.post(f"/objections/{story.id}", data=other)).status_code == 404
    first, second = (entry for entry in story.docket if entry.event.kind == "object")
    assert isinstance(first.event, Object)
    assert isinstance(second.event, Object)
    assert (first.event.by.office, first.event.by.role, first.event.anonymous) == ("public", Role.PUBLIC, False)
    assert re.fullmatch(r"public-[0-9a-f]{16}", first.event.by.person)
    assert first.event.by != second.event.by
    assert first.at == instant("2027-03-19")
    assert story.filing.open_objections == 2
    assert SAID["/content/name"] not in first.model_dump_json()
    paper = world.register.paper(first.event.paper)
    sha256 = hashlib.sha256(PDF[1]).hexdigest()
    assert paper == {
        "name": "何示例",
        "party": "individual",
        "contact": "13900000002",
        "channel": "platform",
        "text": SAID["/content/text"],
        "evidence": [
            {
                "kind": "E1",
                "name": "证明材料.pdf",
                "media_type": "application/pdf",
                "size": len(PDF[1]),
                "sha256": sha256,
                "location": f"upload:{sha256}",
                "secrecy": "内部",
            }
        ],
    }
