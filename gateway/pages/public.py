"""The public pages (公众): notices, the register, revocations, statistics. Nobody signs in; any cache may keep them.

They are the same for everybody, whoever is signed in. Lists are finite, and filters are forms: who follows every link
comes to an end.
"""

import csv
import io
import json
import stat
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from starlette.staticfiles import StaticFiles

from activities.columns import COLUMNS, names_of
from activities.documents.sheets import harmless
from activities.pictures.counting import OTHER
from activities.pictures.datasets import total
from activities.publishing.site import takes_objections
from activities.year_board import YearBoard
from gateway.pages import objections
from gateway.pages.web import render
from gateway.remembered.kept import Page, for_caches
from gateway.shown.calls import PublicCalls
from gateway.shown.outcomes import Outcomes
from gateway.shown.paging import page_of
from gateway.shown.published import PUBLIC_NAMES, Listed, PublicRegister, Standing, Wanted
from gateway.tools import Doors, Tools
from models.acts import Year
from models.forms import FIELDS
from models.values import Ordinal, day_of, storable
from models.vocabulary import Kind
from regulation import offices

EVERYBODY = offices.Scope()
"""The whole register, of which the public is told numbers."""

router = APIRouter()
router.include_router(objections.router)

GET = ["GET", "HEAD"]
PAGE = 50
"""Lines on a page of a list."""
HOME = 10
"""Lines of each list of the home page."""
LONGEST = 100
"""Characters of a search; no name that is looked for is longer."""
SOON, LATER = 60, 300
"""Seconds for which a cache may keep a page that begins and ends notices, and any other."""

KEPT_BY_NONE = {"Cache-Control": "no-store"}

FEEDS = {".atom": "application/atom+xml", ".json": "application/feed+json"}


def for_all(
    request: Request,
    tools: Tools,
    key: Hashable,
    name: str,
    shown: Callable[[], Mapping[str, Any]],
    seconds: int = LATER,
    *,
    listed: bool = True,
) -> Response:
    """A page that any cache may keep and anybody may have, made of what is `shown` unless it is kept here under its address
    and `key`; search engines list it, unless it is one view of many.
    """
    now = tools.clock()

    def made() -> str:
        return render(request, tools, name, None, **shown())

    if "said" in request.query_params:  # what one visitor is told nobody else is
        return Response(made(), headers=KEPT_BY_NONE, media_type="text/html")
    page = tools.kept.page((request.url.path, key), seconds, now, made)
    if listed:
        headers = {"Link": f'<{tools.settings.own_address}{quote(request.url.path)}>; rel="canonical"'}
    else:
        headers = {"X-Robots-Tag": "noindex"}
    return told(request, tools, page, seconds, "text/html", headers)


def told(
    request: Request,
    tools: Tools,
    page: Page,
    seconds: int,
    media_type: str,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    """A page that is kept, for whoever does not have it as it is."""
    headers = {"ETag": page.tag, **for_caches(seconds, tools.clock()), **headers}
    known = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    if page.tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(page.content, headers=headers, media_type=media_type)


def public_register(tools: Doors) -> PublicRegister:
    """What the public may know of the register."""
    return PublicRegister(tools.register.engine)


Open = Annotated[PublicRegister, Depends(public_register)]


def wanted(text: str = "", city: str = "", kind: str = "", field: str = "", state: str = "", named: str = "") -> Wanted:
    """What somebody looks for, as the search form asks."""
    return Wanted(
        text=storable(text)[:LONGEST].strip(),
        city=storable(city)[:LONGEST],
        kind=storable(kind)[:LONGEST],
        field=storable(field)[:LONGEST],
        state=storable(state)[:LONGEST],
        named=storable(named)[:LONGEST],
    )


Search = Annotated[Wanted, Depends(wanted)]


@router.api_route("/", methods=GET)
def home(request: Request, tools: Doors, register: Open) -> Response:
    """What this is, what is being shown, and what was published last."""

    def shown() -> Mapping[str, Any]:
        today = day_of(tools.clock())
        current = register.current(today, HOME + 1)
        standing = {each.row.id for each in current}
        latest = [each for each in register.announced(today, 2 * HOME) if each.row.id not in standing]
        return {
            "current": current[:HOME],
            "more": len(current) > HOME,
            "latest": latest[:HOME],
            "objecting": {each.row.id for each in current if takes_objections(each, today)},
            "calls": PublicCalls(tools).current(today),
            "lists": Outcomes(tools).current(today),
        }

    return for_all(request, tools, None, "public_home.html", shown, SOON)


# Notices


@router.api_route("/notices", methods=GET)
def to_notices() -> Response:
    """The notices begin with their list."""
    return RedirectResponse("/notices/index.html", 301)


@router.api_route("/notices/{path:path}", methods=GET)
def notices(path: str, request: Request, tools: Doors) -> Response:
    """The notices as the worker wrote them, which any web server can serve as well."""
    files = StaticFiles(directory=tools.settings.site, check_dir=False)
    path = path or "index.html"
    try:
        place, found = files.lookup_path(path)
    except (OSError, ValueError):  # nothing has such a name
        place, found = "", None
    if found is not None and stat.S_ISDIR(found.st_mode) and files.lookup_path(f"{path}/index.html")[1]:
        return RedirectResponse(f"/notices/{path.strip('/')}/index.html", 301)
    if found is None or not stat.S_ISREG(found.st_mode):
        if path not in ("index.html", "log/index.html"):
            raise HTTPException(404)
        text = render(request, tools, "public_unwritten.html", None)
        return Response(text, headers={**KEPT_BY_NONE, "X-Robots-Tag": "noindex"}, media_type="text/html")
    answer = files.file_response(place, found, request.scope)
    answer.headers.update(for_caches(LATER, tools.clock()))
    plain = path in ("log/checkpoint", "log/keys") or (path.startswith("log/days/") and not path.endswith(".tsr"))
    if answer.status_code == 200 and plain:
        answer.headers["Content-Type"] = "text/plain; charset=utf-8"
    for ending, media_type in ({} if plain or path.startswith("notices/") else FEEDS).items():
        if path.endswith(ending) and answer.status_code == 200:
            answer.headers["Content-Type"] = media_type
    return answer


@router.api_route("/revocations", methods=GET)
def revocations(request: Request, tools: Doors, register: Open, after: str = "") -> Response:
    """撤销备案公告, newest first."""

    def shown() -> Mapping[str, Any]:
        read = register.revocations(day_of(tools.clock()), storable(after), PAGE + 1)
        found = page_of(read, PAGE, lambda each: each.row.id)
        following = f"/revocations?{urlencode({'after': found.more})}" if found.more else ""
        return {"found": found.shown, "following": following, "later": bool(after)}

    return for_all(request, tools, after, "public_revocations.html", shown, listed=not after)


# The register

KINDS = {kind.value: kind.label for kind in Kind}
CHOICES = (
    ("city", "所在市", offices.CITIES),
    ("kind", "类别", KINDS),
    ("field", "技术领域", {each: each for each in (*FIELDS, OTHER)}),
    ("state", "状态", {standing.value: standing.label for standing in Standing}),
    ("named", COLUMNS["named"].title, {name: names_of(name) for name in PUBLIC_NAMES}),
)
"""What the search form lets one choose: the name in the address, the label, and the choices."""


@router.api_route("/register", methods=GET)
def search(request: Request, tools: Doors, register: Open, wanted: Search, after: str = "") -> Response:
    """备案名录: the archived alliances, as they are looked for."""
    asked = wanted.model_dump(exclude_defaults=True)

    def shown() -> Mapping[str, Any]:
        found = page_of(register.search(wanted, storable(after), PAGE + 1), PAGE, lambda each: each.archive_number)
        following = asked | {"after": found.more} if found.more else {}
        return {
            "wanted": wanted,
            "found": found.shown,
            "query": f"?{urlencode(asked)}" if asked else "",
            "following": f"/register?{urlencode(following)}" if following else "",
            "later": bool(after),
            "choices": CHOICES,
        }

    return for_all(request, tools, (wanted, after), "public_register.html", shown, listed=not (asked or after))


@router.api_route("/register.csv", methods=GET)
def as_csv(tools: Doors, register: Open, wanted: Search) -> Response:
    """备案名录 as a table for spreadsheets; nothing that somebody wrote becomes a formula."""
    return _file(tools, "csv", "text/csv; charset=utf-8", _csv(register.all(wanted)))


@router.api_route("/register.json", methods=GET)
def as_json(tools: Doors, register: Open, wanted: Search) -> Response:
    """备案名录 for programs."""
    return _file(tools, "json", "application/json", _json(register.all(wanted)))


def _file(tools: Tools, ending: str, media_type: str, parts: Iterator[str]) -> Response:
    name = f"attachment; filename=register.{ending}; filename*=UTF-8''{quote('备案名录')}.{ending}"
    headers = {"Content-Disposition": name, "X-Robots-Tag": "noindex", **for_caches(LATER, tools.clock())}
    return StreamingResponse(parts, headers=headers, media_type=media_type)


def _csv(lines: Iterable[Listed]) -> Iterator[str]:
    written = io.StringIO()
    table = csv.writer(written)
    yield "\ufeff"
    table.writerow(TITLES.values())
    for line in lines:
        table.writerow(map(harmless, _told(line).values()))
        yield written.getvalue()
        written.seek(0)
        written.truncate()


def _json(lines: Iterable[Listed]) -> Iterator[str]:
    before = "["
    for line in lines:
        yield before + json.dumps(_told(line), ensure_ascii=False)
        before = ",\n"
    yield "]" if before != "[" else "[]"


KEYS = {"leader": "leader_name", "jurisdiction": "city"}
TITLES = {
    each.name: COLUMNS[KEYS.get(each.name, each.name)].title if each.name != "standing" else "状态"
    for each in fields(Listed)
}
"""What the columns of the register are called, as in every table; how an alliance stands is a word for the public alone."""


def _told(line: Listed) -> dict[str, str]:
    return {
        "archive_number": line.archive_number,
        "alliance": line.alliance,
        "leader": line.leader,
        "jurisdiction": offices.OFFICES[line.jurisdiction].city,
        "kind": line.kind.label,
        "technical_field": line.technical_field,
        "archived_on": line.archived_on.isoformat(),
        "standing": line.standing.label,
        "named": line.named,
    }


@router.api_route("/statistics", methods=GET)
def statistics(request: Request, tools: Doors) -> Response:
    """The register in numbers and pictures."""

    def shown() -> Mapping[str, Any]:
        tables = tools.pictures.tables(tools.clock())
        in_force = total(next(each for each in tables if each.key == "alliances-by-city").rows, 2)
        years = YearBoard(tools.register.engine).years()
        return {"tables": tables, "in_force": in_force, "as_of": day_of(tools.clock()), "years": years}

    return for_all(request, tools, None, "public_statistics.html", shown)


@router.api_route("/statistics/{year}", methods=GET)
def year(year: Year, request: Request, tools: Doors) -> Response:
    """The board of a year, in numbers alone."""

    def shown() -> Mapping[str, Any]:
        board = YearBoard(tools.register.engine).of(year, EVERYBODY)
        if not board.total["expected"]:
            raise HTTPException(404)
        return {"board": board}

    return for_all(request, tools, year, "public_year.html", shown)


# For those who read everything


@router.api_route("/robots.txt", methods=GET)
def robots(tools: Doors) -> Response:
    """What programs may read: what is public, once."""
    closed = (
        "/desk",
        "/filings",
        "/my",
        "/subscription",
        "/calendar",
        "/api",
        "/sign-in",
        "/objections",
        "/query?",
        "/query.svg",
        "/register.csv",
        "/register.json",
    )
    lines = ["User-agent: *", *(f"Disallow: {each}" for each in closed)]
    return _text(tools, [*lines, "", f"Sitemap: {tools.settings.own_address}/sitemap.xml", ""], "text/plain")


IN_A_MAP = 50_000
"""Addresses in one sitemap, by its protocol."""

XML = '<?xml version="1.0" encoding="UTF-8"?>'
SITEMAPS = "http://www.sitemaps.org/schemas/sitemap/0.9"


@router.api_route("/sitemap.xml", methods=GET)
def sitemap(tools: Doors, register: Open) -> Response:
    """The sitemaps of the register and of the notices, as many as it takes."""
    sizes = dict(zip(("register", "notices"), register.sizes(day_of(tools.clock())), strict=True))
    parts = [f"{kind}-{number + 1}" for kind, size in sizes.items() for number in range(1 + size // IN_A_MAP)]
    places = (f"<sitemap><loc>{tools.settings.own_address}/sitemap/{each}.xml</loc></sitemap>" for each in parts)
    return _text(tools, [XML, f'<sitemapindex xmlns="{SITEMAPS}">', *places, "</sitemapindex>"], "application/xml")


@router.api_route("/sitemap/{kind}-{number:int}.xml", methods=GET)
def part_of_sitemap(kind: str, number: Ordinal, tools: Doors, register: Open) -> Response:
    """Some of the addresses."""
    skip, own = (number - 1) * IN_A_MAP, tools.settings.own_address
    if kind == "register" and number > 0:
        pages = [f"{own}/register/{quote(each)}" for each in register.numbers(skip, IN_A_MAP)]
        pages = [
            f"{own}{each}"
            for each in (
                "/",
                "/guide",
                "/guide/a",
                "/guide/b",
                "/calls",
                "/register",
                "/revocations",
                "/statistics",
                "/data",
                "/about",
            )
            if number == 1
        ] + pages
    elif kind == "notices" and number > 0:
        site = tools.settings.site_address or f"{own}/notices"
        pages = [f"{site}/notices/{each}.html" for each in register.publications(day_of(tools.clock()), skip, IN_A_MAP)]
    else:
        raise HTTPException(404)
    places = (f"<url><loc>{escape(each)}</loc></url>" for each in pages)
    return _text(tools, [XML, f'<urlset xmlns="{SITEMAPS}">', *places, "</urlset>"], "application/xml")


def _text(tools: Tools, lines: Iterable[str], media_type: str) -> Response:
    return Response("\n".join(lines), headers=for_caches(LATER, tools.clock()), media_type=media_type)
