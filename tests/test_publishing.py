"""What is made public as static pages and feeds, and the calendars of deadlines (G-04b, G-20, G-41)."""

import html
import json
import re
import stat
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, get_args
from xml.etree import ElementTree

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from activities import rows
from activities.channels.channel import Letter, Recipient
from activities.channels.pages import Website
from activities.letter_opening import PUBLICATION
from activities.publishing.calendars import Subject, calendar
from activities.publishing.feeds import BEGINNING
from activities.publishing.notices import Notices
from activities.publishing.publications import KINDS, is_all_public, month_of
from activities.publishing.site import CURRENT, IN_FEEDS, IN_PART, NAME, Site
from activities.register import Register
from models.acts import CalendarPublished
from models.filing import Entry, Filing
from models.register import PublicNoticeRow
from models.values import SHANGHAI, at_hour, canonical, day_of, digest
from models.vocabulary import Kind, Stage
from regulation import entries, intake, notice, offices, publicity
from regulation.lodging import lodge
from regulation.moment import STRICTER_SINCE
from regulation.naming import BEGINNINGS
from regulation.publicity import PublicationKind
from tests.databases import Databases, statements
from tests.law.cases import Case, load
from tests.samples import examples, one_in
from tests.simulated import lived

ADDRESS = "https://gs.example.gov.cn/lianmeng"
LATER = date(2060, 1, 1)
"""A day by which every publication of every case is shown."""

VOID = {"meta", "link", "br", "hr", "img", "input"}


# What is published


@dataclass
class Remembered:
    """Publications in memory, read as a site reads the register."""

    rows: list[PublicNoticeRow]

    def of_filings(self, filing_ids: Collection[str]) -> Sequence[PublicNoticeRow]:
        """See `Publications`."""
        return [row for row in self.rows if row.filing_id in filing_ids]

    def every(self) -> Sequence[PublicNoticeRow]:
        """See `Publications`."""
        return sorted(self.rows, key=lambda row: str(row.filing_id))

    def current(self, today: date, limit: int, jurisdiction: str | None = None) -> Sequence[PublicNoticeRow]:
        """See `Publications`."""
        shown = [
            row
            for row in self.rows
            if row.shown_until
            and row.shown_from <= today <= row.shown_until
            and jurisdiction in (None, row.jurisdiction)
        ]
        return sorted(shown, key=lambda row: (row.shown_from, row.published_at, row.id), reverse=True)[:limit]

    def latest(self, today: date, limit: int, jurisdiction: str | None = None) -> Sequence[PublicNoticeRow]:
        """See `Publications`."""
        shown = [row for row in self.rows if row.shown_from <= today and jurisdiction in (None, row.jurisdiction)]
        return sorted(shown, key=lambda row: (row.published_at, row.number, row.id), reverse=True)[:limit]

    def months(self, year: int) -> Sequence[date]:
        """See `Publications`."""
        return sorted({month_of(row) for row in self.rows if month_of(row).year == year})

    def count(self, month: date) -> int:
        """See `Publications`."""
        return len(self._of(month))

    def before(self, row: PublicNoticeRow) -> int:
        """See `Publications`."""
        place = row.published_at, row.id
        return sum((each.published_at, each.id) < place for each in self.rows if month_of(each) == month_of(row))

    def part(self, month: date, first: int, limit: int) -> Sequence[PublicNoticeRow]:
        """See `Publications`."""
        return self._of(month)[first : first + limit]

    def _of(self, month: date) -> list[PublicNoticeRow]:
        of_month = (row for row in self.rows if month_of(row) == month)
        return sorted(of_month, key=lambda row: (row.published_at, row.id))

    def years(self) -> Sequence[int]:
        """See `Publications`."""
        return sorted({day_of(row.published_at).year for row in self.rows})


@cache
def cases() -> Mapping[str, tuple[PublicNoticeRow, ...]]:
    """What every case of the law makes public, as the register would write it down."""
    return {case.id: tuple(_published(case)) for case in load()}


def _published(case: Case) -> Iterator[PublicNoticeRow]:
    application = case.application
    examined = intake.examine(application, datetime.fromisoformat(application["received_at"]))
    lodged = [lodge(application["filing_id"], act).paper for act in case.acts]
    papers = {digest(paper): paper for paper in [examined.form and intake.paper(examined.form), *lodged] if paper}
    before, shown = None, dict[str, Any]()
    for entry in case.life.docket:
        shown = rows.public(before, shown, entry, papers.__getitem__)
        yield from (PublicNoticeRow(**row) for row in rows.notice_rows(before, entry, shown, papers.__getitem__))
        before = entry.filing


def published(*names: str) -> Remembered:
    """What these cases make public; without a name, what all of them do."""
    return Remembered([row for name in names or cases() for row in cases()[name]])


def but(row: PublicNoticeRow, **changes: Any) -> PublicNoticeRow:
    """The same publication with other columns, or with other `content`."""
    content = json.loads(row.content) | changes.pop("content", {})
    return PublicNoticeRow(**(row.model_dump() | {"content": canonical(content)} | changes))


# Pages


class Read(HTMLParser):
    """A page read strictly: every tag is closed in order, every id is one, headings do not skip a level."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(path.read_text("utf-8"))
        self.close()
        assert self.open == []
        ids = [attributes["id"] for _, attributes in self.tags if "id" in attributes]
        assert len(ids) == len(set(ids))
        levels = [int(tag[1]) for tag, _ in self.tags if re.fullmatch("h[1-6]", tag)]
        assert levels.count(1) == 1
        assert levels[0] == 1
        assert all(deeper <= level + 1 for level, deeper in pairwise(levels))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag opens."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """The tag that was opened last closes."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """What is read."""
        self.text += data

    def all(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        """The attributes of every such tag."""
        return [found for name, found in self.tags if name == tag and attributes.items() <= found.items()]

    @property
    def links(self) -> list[str]:
        return [str(each.get("href")) for _, each in self.tags if "href" in each]


def pages(folder: Path) -> list[Path]:
    """Every page of a site."""
    return sorted(folder.rglob("*.html"))


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a site."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def banner(folder: Path, row: PublicNoticeRow) -> list[tuple[str, str]]:
    """What a publication's page says of later ones, and to which it leads."""
    text = (folder / f"notices/{row.id}.html").read_text("utf-8")
    said = re.findall(r'<li><strong>(.*?)</strong>.*?href="\.\./notices/(.*?)\.html"', text)
    assert bool(said) == ('class="notice warn"' in text)
    return said


def listed(folder: Path, page: str, section: str) -> list[str]:
    """The publications in a section of a list, by id."""
    text = (folder / page).read_text("utf-8")
    part = text.partition(f'<section class="card" aria-labelledby="{section}">')[2].partition("</section>")[0]
    return re.findall(r'href="(?:\.\./)*notices/(.*?)\.html"', part)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of every publication of every case."""
    folder = tmp_path_factory.mktemp("site")
    site = Site(folder, published(), ADDRESS)
    assert sorted(site.write_all(LATER)) == sorted(path for path in folder.rglob("*") if path.is_file())
    return folder


def test_every_kind_of_publication_has_its_words() -> None:
    assert KINDS.keys() == set(get_args(PublicationKind))
    assert all(wording.title.format("甲").count("甲") == 1 for wording in KINDS.values())
    assert all(bool(wording.says) == bool(wording.of) for wording in KINDS.values())
    assert {row.kind for row in published().rows} == KINDS.keys(), "the cases know them all"


def test_every_publication_has_its_page(everything: Path) -> None:
    assert {path.stem for path in (everything / "notices").iterdir()} == {row.id for row in published().rows}
    assert len(published().rows) > 500


def test_every_page_is_well_formed_chinese_and_still(everything: Path) -> None:
    for path in pages(everything):
        page = Read(path)
        assert path.read_text("utf-8").startswith("<!doctype html>\n")
        assert page.all("html") == [{"lang": "zh-CN"}], path
        assert page.all("meta", name="viewport") == [
            {"name": "viewport", "content": "width=device-width, initial-scale=1"}
        ]
        (policy,) = page.all("meta", **{"http-equiv": "Content-Security-Policy"})
        assert str(policy["content"]).startswith("default-src 'none'; style-src 'self'; ")
        assert not {"script", "style", "img", "iframe", "form", "object"} & {tag for tag, _ in page.tags}
        assert not [
            name for _, attributes in page.tags for name in attributes if name.startswith("on") or name == "src"
        ]
        assert page.all("a")[0] == {"class": "skip", "href": "#content"}
        assert page.all("main") == [{"id": "content", "tabindex": "-1"}]
        assert f"辽宁省{NAME}" in page.text, (path.name, "whose pages these are stands above each")
        for table in range(len(page.all("table"))):
            assert len(page.all("caption")) > table
        assert all(each["scope"] in ("row", "col") for each in page.all("th"))
        (canonical,) = page.all("link", rel="canonical")
        assert canonical["href"] == f"{ADDRESS}/{path.relative_to(everything)}"


def test_every_link_leads_to_a_page_that_is_there(everything: Path) -> None:
    internal = 0
    for path in pages(everything):
        page = Read(path)
        ids = {each.get("id") for _, each in page.tags}
        for link in page.links:
            if link.startswith("#"):
                assert link[1:] in ids
            elif not link.startswith("https://"):
                internal += 1
                assert PurePosixPath(link).parts[0] != "/"
                assert (path.parent / link).is_file(), (path.name, link)
    assert internal > 1000


def test_without_an_address_everything_is_found_relatively(tmp_path: Path) -> None:
    Site(tmp_path, published("notice-withdrawn")).write_all(LATER)
    for path in pages(tmp_path):
        assert not Read(path).all("link", rel="canonical")
    for name in ("feed.json", "places/210100.json"):
        path = tmp_path / name
        feed = json.loads(path.read_text("utf-8"))
        for url in [feed["home_page_url"], feed["feed_url"], *(item["url"] for item in feed["items"])]:
            assert (path.parent / url).is_file()


# What a page says


def test_a_notice_shows_what_may_be_shown_its_days_and_how_to_object(tmp_path: Path) -> None:
    publications = published("notice-withdrawn")
    shown = publications.rows[0]
    Site(tmp_path, publications).write([str(shown.filing_id)], date(2026, 1, 5))
    page = Read(tmp_path / f"notices/{shown.id}.html")
    content = json.loads(shown.content)
    for text in (
        content["联盟名称"],
        content["所在市"],
        content["盟主企业"],
        *content["成员单位"],
        content["技术领域"],
        "2026年1月5日至2026年1月12日24时",
        publicity.HOW_TO_OBJECT.format(office="沈阳市科技局"),
    ):
        assert text in page.text
    assert "发布之后的变化" not in page.text


def test_an_end_shows_its_clause(everything: Path) -> None:
    ended = next(row for row in cases()["revocation-restored"] if row.kind == "revocation")
    text = Read(everything / f"notices/{ended.id}.html").text
    assert "《工作指引》第十一条第6项" in text
    assert "如何提出异议" not in text


def test_a_restoration_says_on_what_it_rests_as_the_revocation_does(tmp_path: Path) -> None:
    """With the number of its document; what was announced before the rule was, stays as it was, to the byte."""
    decided = [row for rows in cases().values() for row in rows if row.kind in ("revocation", "restoration")]
    kinds: set[tuple[str, bool, bool]] = set()
    for row in decided:
        content, later = json.loads(row.content), day_of(row.published_at) >= STRICTER_SINCE
        kinds.add((row.kind, later, "文号" in content))
        if later:
            assert "《工作指引》第十" in content["依据"], row.filing_id
        else:
            assert "文号" not in content
            assert bool(content["依据"]) == (row.kind == "revocation")
    by_time_alone = ("revocation", True, False)
    decided_since = {("restoration", True, True), ("revocation", True, True), by_time_alone}
    assert kinds == {("restoration", False, False), ("revocation", False, False), *decided_since}
    ended = next(row for row in cases()["revocation-restored-years-later"] if row.kind == "restoration")
    Site(tmp_path, Remembered([ended])).write([str(ended.filing_id)], LATER)
    text = Read(tmp_path / f"notices/{ended.id}.html").text
    assert "原依《工作指引》第十一条第6项作出的撤销备案决定已予纠正" in text
    assert "沈科发〔测试〕1号" in text
    assert is_all_public(ended), "so that its proof may be published with it"


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("calendar-moves-later", [["公示期已更正"], []]),
        ("calendar-change-notice-moves", [[], ["公示期已更正"], []]),
        ("notice-withdrawn", [["公示已终止"], []]),
        ("objection-upheld-corrected-in-time-arrives-late", [["公示已终止", "公示已恢复"], ["公示已恢复"], []]),
        (
            "objection-upheld-notice-suspended",
            [["公示已中止，不再接受异议", "公示已恢复"], ["公示已恢复"], []],
        ),
        ("objection-upheld-leader-changed", [["已重新公示"], ["公示已终止"], []]),
        ("revocation-new-address", [[], ["此后另有拟撤销公示", "备案已撤销"], ["备案已撤销"], []]),
        ("revocation-restored", [[], ["备案已撤销", "备案已恢复"], ["备案已恢复"], ["备案已恢复"], []]),
        ("standing-deregistration-not-announced", [[], []]),
    ],
)
def test_what_came_later_is_said_on_the_page_and_nothing_goes(case: str, said: list[list[str]], tmp_path: Path) -> None:
    history = cases()[case]
    early = Site(tmp_path / "early", Remembered([]))
    for until in range(1, len(history) + 1):
        early = Site(tmp_path / "early", Remembered(list(history[:until])))
        early.write([str(history[0].filing_id)], LATER)
    assert [[words for words, _ in banner(early.folder, row)] for row in history] == said
    order = [row.id for row in history]
    for row in history:
        assert all(order.index(target) > order.index(row.id) for _, target in banner(early.folder, row))
        page = Read(early.folder / f"notices/{row.id}.html")
        other = [link.removeprefix("../notices/")[:-5] for link in page.links if "notices/" in link][-len(order) + 1 :]
        assert other == [each for each in order if each != row.id]
        assert page.all("span", **{"aria-current": "page"})
        if row.shown_until:
            assert f"至{row.shown_until.year}年{row.shown_until.month}月{row.shown_until.day}日24时" in page.text
    Site(tmp_path / "at once", early.publications).write_all(LATER)
    for name, text in contents(early.folder).items():
        assert text == contents(tmp_path / "at once")[name], name


def test_a_notice_is_current_while_it_runs_and_stands(tmp_path: Path) -> None:
    publications = published("notice-withdrawn", "notice-2026-01-05", "objection-upheld-name-changed")
    withdrawn, running = (cases()[name][0].id for name in ("notice-withdrawn", "notice-2026-01-05"))
    first, second = (row.id for row in cases()["objection-upheld-name-changed"])
    site = Site(tmp_path, publications)

    def current(day: date) -> set[str]:
        site.write_all(day)
        assert listed(tmp_path, "index.html", "current") == listed(tmp_path, "places/210100.html", "current")
        return set(listed(tmp_path, "index.html", "current"))

    assert current(date(2026, 1, 4)) == set()
    assert current(date(2026, 1, 7)) == {withdrawn, running, first}
    assert current(date(2026, 1, 12)) == {running, first}
    assert current(date(2026, 1, 13)) == set()
    assert current(date(2026, 1, 21)) == {second}
    assert set(listed(tmp_path, "index.html", "latest")) == {row.id for row in publications.rows} - {second}
    assert current(date(2026, 1, 29)) == set()
    assert set(listed(tmp_path, "index.html", "latest")) == {row.id for row in publications.rows}


def test_what_is_shown_from_a_later_day_is_nowhere_before_it(tmp_path: Path) -> None:
    today, its_day = date(2026, 3, 2), date(2026, 3, 9)
    row = but(cases()["notice-2026-01-05"][0], shown_from=its_day, shown_until=date(2026, 3, 16))
    publications = Remembered([but(row, published_at=datetime(2026, 3, 2, 1, tzinfo=UTC))])
    site = Site(tmp_path, publications, ADDRESS)
    site.write([str(row.filing_id)], today)
    site.write_all(its_day - timedelta(days=1))
    assert not [name for name, text in contents(tmp_path).items() if row.id in name or row.id.encode() in text]
    site.write_all(its_day)
    assert listed(tmp_path, "index.html", "current") == [row.id]
    assert (tmp_path / f"notices/{row.id}.html").is_file()
    assert (
        json.loads((tmp_path / "feed.json").read_bytes())["items"][0]["date_published"] == "2026-03-08T16:00:00+00:00"
    )


def test_a_new_publication_touches_only_its_own_pages(tmp_path: Path) -> None:
    elsewhere = but(cases()["notice-2026-02-09"][0], jurisdiction="210200")
    first, second = cases()["notice-withdrawn"]
    Site(tmp_path, Remembered([elsewhere, first]), ADDRESS).write_all(date(2026, 1, 7))
    site = Site(tmp_path, Remembered([elsewhere, first, second]), ADDRESS)
    assert [str(path.relative_to(tmp_path)) for path in site.write([str(first.filing_id)], date(2026, 1, 8))] == [
        f"notices/{first.id}.html",
        f"notices/{second.id}.html",
        "years/2026-01.html",
        "places/210100.atom",
        "places/210100.json",
        "places/210100.html",
        "feed.atom",
        "feed.json",
        "index.html",
    ]
    assert site.write([str(first.filing_id)], date(2026, 1, 8)) == []


@dataclass
class Counted(Remembered):
    """Publications of which is counted how many are read."""

    read: int = 0

    def __getattribute__(self, name: str) -> Any:
        """What is asked, with the count of what is answered."""
        asked = super().__getattribute__(name)
        if name not in {"of_filings", "current", "latest", "part"}:
            return asked

        def counting(*about: Any) -> Sequence[PublicNoticeRow]:
            found: Sequence[PublicNoticeRow] = asked(*about)
            self.read += len(found)
            return found

        return counting


def announced_in(month: date, how_many: int) -> list[PublicNoticeRow]:
    """So many filings, each with a notice of a month."""
    notice_ = cases()["notice-2026-01-05"][0]
    first = at_hour(month, 9)
    return [
        but(
            notice_, id=f"MANY-{n}-2-0", filing_id=f"MANY-{n}", published_at=first + timedelta(seconds=n),
            shown_from=month, shown_until=month + timedelta(days=7),
        )
        for n in range(how_many)
    ]  # fmt: skip


def test_one_more_publication_costs_what_it_changes_however_many_there_are(tmp_path: Path) -> None:
    """Neither more is read nor more is written where ten times as much was published in the same month."""
    month, costs = date(2026, 3, 1), []
    for how_many in (150, 750):
        *before, one_more = announced_in(month, how_many)
        folder = tmp_path / str(how_many)
        site = Site(folder, Counted(before), ADDRESS)
        site.write([str(before[-1].filing_id)], month)
        publications = Counted([*before, one_more])
        written = Site(folder, publications, ADDRESS).write([str(one_more.filing_id)], month)
        costs.append((publications.read, len(written)))
        assert max(path.stat().st_size for path in folder.rglob("*.html")) < 100_000
    assert costs[0] == costs[1]
    assert costs[0][1] == len(
        ["its page", "its month", *["list and feeds of its place"] * 3, *["and of the province"] * 3]
    )


@dataclass(frozen=True)
class Watched(Site):
    """A site that notes which pages it renders."""

    rendered: list[str] = field(default_factory=list)

    def _render(self, name: str, path: str, title: str, **shown: object) -> bytes:
        self.rendered.append(path)
        return super()._render(name, path, title, **shown)


def test_a_day_renders_what_it_changes_however_much_was_published(tmp_path: Path) -> None:
    """A notice that ends and one that begins, beside others of before: their pages, their month and the lists; and as if all were rendered."""
    notice_, rendered = cases()["notice-2026-01-05"][0], []
    first, second = date(2026, 3, 9), date(2026, 3, 10)
    begins = but(
        notice_,
        id="BEGINS-2-0",
        filing_id="BEGINS",
        published_at=at_hour(first, 9),
        shown_from=second,
        shown_until=date(2026, 3, 20),
    )
    ends = but(
        notice_,
        id="ENDS-2-0",
        filing_id="ENDS",
        published_at=at_hour(first, 8),
        shown_from=date(2026, 3, 2),
        shown_until=first,
    )
    for how_many in (20, 300):
        folder, kept, door = tmp_path / str(how_many), tmp_path / f"{how_many}.json", "https://ln.example"
        rows = [*announced_in(date(2026, 1, 1), how_many), begins, ends]
        site = Watched(folder, Remembered(rows), ADDRESS, door, rests=kept)
        assert site.write_day(first)
        assert f"objections/{ends.filing_id}" in (folder / f"notices/{ends.id}.html").read_text("utf-8")
        assert not (folder / f"notices/{begins.id}.html").exists()
        site.rendered.clear()
        site.write_day(second)
        rendered.append([*site.rendered])
        assert f"objections/{ends.filing_id}" not in (folder / f"notices/{ends.id}.html").read_text("utf-8")
        whole = Site(tmp_path / f"{how_many} whole", Remembered(rows), ADDRESS, door)
        whole.write_all(second)
        assert contents(folder) == contents(whole.folder)
    assert rendered[0] == rendered[1]
    lists = ["index.html", *(f"places/{place}.html" for place in offices.OFFICES)]
    assert sorted(rendered[0]) == sorted(
        [f"notices/{begins.id}.html", f"notices/{ends.id}.html", "years/2026-03.html", *lists]
    )
    page = folder / f"notices/{rows[0].id}.html"
    page.unlink()
    site.write_day(second)
    assert page.exists(), "what is not there is rendered"
    site.rendered.clear()
    Watched(folder, Remembered(rows), ADDRESS, door, b"body {}", rests=kept, rendered=site.rendered).write_day(second)
    assert len(site.rendered) > how_many, "another design: everything"
    kept.write_text("[", "utf-8")
    site.rendered.clear()
    assert site.write_day(second) == [folder / "site.css"], "what cannot be read is nothing known"
    assert len(site.rendered) > how_many


def test_a_months_list_comes_in_parts_of_which_the_last_alone_changes(tmp_path: Path) -> None:
    month = date(2026, 3, 1)
    rows = announced_in(month, 2 * IN_PART + 2)
    late = rows.pop(IN_PART + 5)
    for until in (IN_PART, IN_PART + 1, 2 * IN_PART, len(rows)):
        site = Site(tmp_path, Remembered(rows[:until]), ADDRESS)
        before = contents(tmp_path).get("years/2026-03-1.html")
        site.write([str(rows[until - 1].filing_id)], month)
        assert before in (None, contents(tmp_path).get("years/2026-03-1.html"))

    def parts() -> list[list[str]]:
        names = ("2026-03-1", "2026-03-2", "2026-03")
        texts = [(tmp_path / f"years/{name}.html").read_text("utf-8") for name in names]
        return [re.findall(r'href="\.\./notices/(.*?)\.html"', text)[::-1] for text in texts]

    def in_parts(of: list[PublicNoticeRow]) -> list[list[str]]:
        ids = [row.id for row in of]
        return [ids[:IN_PART], ids[IN_PART : 2 * IN_PART], ids[2 * IN_PART :]]

    assert parts() == in_parts(rows)
    rows.insert(IN_PART + 5, late)
    site = Site(tmp_path, Remembered(rows), ADDRESS)
    site.write([str(late.filing_id)], month)
    assert parts() == in_parts(rows), "what was entered late moves the others on"
    assert Read(tmp_path / "years/2026.html").links.count("2026-03.html") == 1
    for name in ("2026-03", "2026-03-2"):
        page = Read(tmp_path / f"years/{name}.html")
        assert all((tmp_path / "years" / link).is_file() for link in page.links if link.startswith("2026"))
    again = [name for name in contents(tmp_path) if name.startswith("years/")]
    site.write_all(month)
    assert [name for name in contents(tmp_path) if name.startswith("years/")] == again


def test_a_year_of_an_earlier_release_leads_to_all_its_months_with_the_next_publication(tmp_path: Path) -> None:
    earlier, later = [*announced_in(date(2026, 1, 5), 1), announced_in(date(2026, 3, 2), 2)[1]]
    (tmp_path / "years").mkdir()
    (tmp_path / "years/2026.html").write_text("everything of the year", "utf-8")
    Site(tmp_path, Remembered([earlier, later]), ADDRESS).write([str(later.filing_id)], date(2026, 3, 3))
    months = [link for link in Read(tmp_path / "years/2026.html").links if link.startswith("2026-")]
    assert months == ["2026-03.html", "2026-01.html"]
    assert all((tmp_path / "years" / month).is_file() for month in months)


def test_what_a_list_reads_is_found_by_an_index(sqlite: Databases) -> None:
    register, month = Register.at(sqlite.migrated()), date(2026, 1, 1)
    notices = Notices(register.engine)
    asked: list[tuple[Callable[[], object], str]] = [
        (lambda: notices.latest(LATER, 5, "210100"), "ix_public_notices_place (jurisdiction=?)"),
        (lambda: notices.latest(LATER, 5), "ix_public_notices_published_at"),
        (lambda: notices.current(LATER, 5, "210100"), "ix_public_notices_shown (shown_until>?)"),
        (lambda: notices.part(month, 0, 5), "ix_public_notices_published_at (published_at>? AND published_at<?)"),
        (lambda: notices.count(month), "ix_public_notices_published_at (published_at>? AND published_at<?)"),
    ]
    for ask, by in asked:
        with statements(register) as told:
            ask()
        with register.engine.connect() as db:
            plan = db.exec_driver_sql(f"EXPLAIN QUERY PLAN {told[0]}", (0,) * told[0].count("?")).all()
        assert by in str(plan), plan
    register.engine.dispose()


class Interrupted(set[str | None]):
    """What is asked of a website, where one round comes and goes just as another letter asks."""

    def __init__(self) -> None:
        super().__init__()
        self.round: Callable[[], object] | None = None

    def add(self, element: str | None) -> None:
        """Add it, with that round in between."""
        meanwhile, self.round = self.round, None
        if meanwhile:
            meanwhile()
        super().add(element)


def test_what_is_asked_for_while_others_are_written_is_written_too(tmp_path: Path) -> None:
    def letter(row: PublicNoticeRow) -> Letter:
        return Letter(
            id=row.id, messages=(), filing_id=row.filing_id, text=PUBLICATION, to="public", office="public",
            title="", body="", created_at=row.published_at,
        )  # fmt: skip

    both = published("notice-2026-01-05", "notice-withdrawn")
    first, second = both.rows[0], both.rows[-1]
    asked = Interrupted()
    website = Website(Site(tmp_path, both), lambda: at_hour(LATER, 9), _asked=asked)
    asked.round = lambda: website.send(letter(first), Recipient())
    assert website.send(letter(second), Recipient()).receipt.startswith("写出")
    assert {path.stem for path in tmp_path.glob("notices/*.html")} == {row.id for row in both.rows}
    assert website.send(letter(first), Recipient()).receipt == "已随其他公告写出"


def test_written_again_nothing_is_written(everything: Path) -> None:
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in everything.rglob("*") if path.is_file()}
    assert Site(everything, Remembered(published().rows[::-1]), ADDRESS).write_all(LATER) == []
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in before} == before
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o644 for path in before), "a web server reads them"
    assert not [path for path in before if path.name.startswith(".")]


def test_a_page_that_cannot_be_replaced_leaves_the_old_one_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = cases()["notice-withdrawn"]
    Site(tmp_path, Remembered([history[0]]), ADDRESS).write_all(date(2026, 1, 7))
    before = contents(tmp_path)
    site = Site(tmp_path, Remembered(list(history)), ADDRESS)

    def full(self: Path, target: Path) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        with pytest.raises(OSError, match="no space left"):
            site.write([str(history[0].filing_id)], date(2026, 1, 8))
    assert contents(tmp_path) == before, "and nothing half-written lies about"
    site.write([str(history[0].filing_id)], date(2026, 1, 8))
    assert banner(tmp_path, history[0]) == [("公示已终止", history[1].id)]


def test_an_empty_register_has_pages_for_every_place(tmp_path: Path) -> None:
    Site(tmp_path, Remembered([]), ADDRESS).write_all(date(2026, 1, 1))
    assert {path.stem for path in (tmp_path / "places").glob("*.html")} == set(offices.OFFICES)
    assert "目前没有正在公示的联盟" in Read(tmp_path / "index.html").text
    feed = feedparser.parse((tmp_path / "feed.atom").read_bytes())
    assert not feed.bozo
    assert feed.feed.updated == BEGINNING.isoformat()


# Nothing else is shown


ATOM = "{http://www.w3.org/2005/Atom}"
HOSTILE = """</title><script>alert(1)</script>"'&{{ 7*7 }}{0}<b>"""


def test_a_name_is_text_whatever_is_in_it(tmp_path: Path) -> None:
    content = {
        "联盟名称": HOSTILE,
        "盟主企业": HOSTILE,
        "成员单位": [HOSTILE],
        "技术领域": HOSTILE,
        "网址": "javascript:alert(1)",
    }
    row = but(cases()["notice-2026-01-05"][0], content=content)
    Site(tmp_path, Remembered([row]), ADDRESS).write_all(date(2026, 1, 5))
    page = Read(tmp_path / f"notices/{row.id}.html")
    assert page.text.count(HOSTILE) >= 6
    assert not page.all("script") + page.all("b")
    assert not [link for link in page.links if link.startswith("javascript")]
    assert HOSTILE in Read(tmp_path / "index.html").text
    feed = feedparser.parse((tmp_path / "feed.atom").read_bytes())
    assert not feed.bozo
    (item,) = json.loads((tmp_path / "feed.json").read_bytes())["items"]
    (entry,) = ElementTree.fromstring((tmp_path / "feed.atom").read_bytes()).iterfind(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == item["title"] == f"关于拟备案“{HOSTILE}”的公示"
    summary = entry.findtext(f"{ATOM}summary", "")
    assert "<" not in summary, "a reader takes it for HTML"
    assert html.unescape(summary) == item["content_text"]


def test_a_character_that_xml_cannot_carry_stops_no_page(tmp_path: Path) -> None:
    row = but(cases()["notice-2026-01-05"][0], content={"联盟名称": "沈阳\x0b\x00\ud800\ufffe𠮷联盟"})
    Site(tmp_path, Remembered([row]), ADDRESS).write_all(date(2026, 1, 5))
    assert "沈阳����𠮷联盟" in Read(tmp_path / "index.html").text
    assert "沈阳����𠮷联盟" in feedparser.parse((tmp_path / "feed.atom").read_bytes()).entries[0].title


MARK = "§"
HIDDEN = st.text(max_size=12).map(lambda text: f"{MARK}{text}")
AMOUNTS = st.decimals(min_value=10**6, max_value=10**12, places=2).map(lambda amount: amount + Decimal("0.01"))
FILED = st.dictionaries(
    HIDDEN,
    st.recursive(
        HIDDEN | AMOUNTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(HIDDEN, inner, max_size=3)
    ),
)
CONTACT = st.fixed_dictionaries(
    dict.fromkeys(("contact", "phone", "email", "registered_address", "operating_address", "position", "code"), HIDDEN)
    | dict.fromkeys(("sales_last_year", "rd_last_year"), AMOUNTS)
)


@cache
def publishing() -> list[tuple[Filing, Entry]]:
    """Entries that make something public, of each kind of publication one at least, with the filing before each."""
    names = [
        "calendar-change-notice-moves",
        "objection-upheld-corrected-in-time-arrives-late",
        "objection-upheld-notice-suspended",
        "revocation-restored",
        "standing-not-withdrawn-after-archiving",
        "revocation-cured-in-the-grace",
        "standing-continued",
        "paper-deregistration-before-the-case",
    ]
    found = []
    for case in (case for case in load() if case.id in names):
        docket = case.life.docket
        found += [(before.filing, entry) for before, entry in pairwise(docket)]
    form = {"alliance_name": "", "leader": {"name": ""}, "members": [], "technical_field": ""}
    return [(before, entry) for before, entry in found if publicity.published(before, entry, form)]


def amounts(value: Any) -> set[str]:
    """Every amount in a value, as written."""
    if isinstance(value, dict):
        return {amount for each in value.values() for amount in amounts(each)}
    if isinstance(value, list):
        return {amount for each in value for amount in amounts(each)}
    return {str(value)} if isinstance(value, Decimal) else set()


@settings(max_examples=examples(3, 25), deadline=None)
@given(filed=FILED, leader=CONTACT, member=CONTACT)
def test_nothing_of_an_application_is_published_but_what_may_be(
    filed: dict[str, Any], leader: dict[str, Any], member: dict[str, Any]
) -> None:
    form = {
        "alliance_name": "沈阳市公开产学研联盟",
        "technical_field": "新材料",
        "leader": {"name": "公开企业", **leader},
        "members": [{"name": "公开大学", **member}],
        **filed,
    }
    made = []
    for before, entry in publishing():
        for index, each in enumerate(publicity.published(before, entry, form, form)):
            assert MARK not in canonical(each.content)
            made.append(
                PublicNoticeRow(
                    id=f"{entry.filing.id}-{entry.number}-{index}",
                    filing_id=entry.filing.id,
                    number=entry.number,
                    kind=each.kind,
                    jurisdiction=each.jurisdiction,
                    shown_from=each.shown_from,
                    shown_until=each.shown_until,
                    content=canonical(filed | {"联系电话": leader["phone"], "异议人": member} | each.content),
                    published_at=entry.entered_at,
                )
            )
    assert {row.kind for row in made} == KINDS.keys()
    with TemporaryDirectory() as folder:
        Site(Path(folder), Remembered(made), ADDRESS).write_all(LATER)
        everything = b"".join(contents(Path(folder)).values()).decode()
    assert "公开大学" in everything
    assert MARK not in everything
    assert not [amount for amount in amounts([filed, leader, member]) if amount in everything]


# Feeds


def test_the_atom_feed_is_read_by_any_reader(everything: Path) -> None:
    for path in [everything / "feed.atom", *sorted((everything / "places").glob("*.atom"))]:
        read = feedparser.parse(path.read_bytes())
        place = None if path.stem == "feed" else path.stem
        shown = {row.id: max(row.published_at, at_hour(row.shown_from, 0)) for row in published().rows}
        of_place = published().latest(LATER, IN_FEEDS, place), published().current(LATER, CURRENT, place)
        found = {row.id: row for rows in of_place for row in rows}.values()  # published last, or shown now
        newest = sorted(found, key=lambda row: (shown[row.id], row.number, row.id), reverse=True)
        expected = newest[:IN_FEEDS]
        assert not read.bozo, path
        assert read.version == "atom10"
        assert read.feed.title == f"{offices.OFFICES[place].city if place else '辽宁省'}产学研联盟备案公示公告"
        assert read.feed.language == "zh-CN"
        assert [each.link for each in read.entries] == [f"{ADDRESS}/notices/{row.id}.html" for row in expected]
        assert len({each.id for each in read.entries}) == len(expected)
        for each, row in zip(read.entries, expected, strict=True):
            assert each.title == KINDS[row.kind].title.format(json.loads(row.content)["联盟名称"])
            assert each.updated == each.published == shown[row.id].isoformat()
            assert [tag.term for tag in each.tags] == [KINDS[row.kind].label, offices.OFFICES[row.jurisdiction].city]
        if expected:
            assert read.feed.updated == shown[expected[0].id].isoformat()
        links = {link.rel: link.href for link in read.feed.links}
        assert links["self"] == f"{ADDRESS}/{path.relative_to(everything)}"
        assert (everything / links["alternate"].removeprefix(f"{ADDRESS}/")).is_file()
    assert len(feedparser.parse((everything / "feed.atom").read_bytes()).entries) == IN_FEEDS


def test_the_json_feed_field_by_field(tmp_path: Path) -> None:
    publications = published("notice-withdrawn")
    notice_, withdrawn = publications.rows
    Site(tmp_path, publications, ADDRESS).write_all(LATER)
    feed = json.loads((tmp_path / "places/210100.json").read_bytes())
    items = feed.pop("items")
    assert feed == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "沈阳市产学研联盟备案公示公告",
        "home_page_url": f"{ADDRESS}/places/210100.html",
        "feed_url": f"{ADDRESS}/places/210100.json",
        "language": "zh-CN",
        "authors": [{"name": "辽宁省产学研联盟备案平台"}],
    }
    name, leader = (json.loads(notice_.content)[key] for key in ("联盟名称", "盟主企业"))
    assert [item.pop("id")[:9] for item in items] == ["urn:uuid:"] * 2
    assert items == [
        {
            "url": f"{ADDRESS}/notices/{withdrawn.id}.html",
            "title": f"关于终止“{name}”公示的公告",
            "content_text": f"“{name}”的备案申请已终止办理，原公示不再继续。盟主企业：{leader}。",
            "date_published": withdrawn.published_at.isoformat(),
            "tags": ["终止公示", "沈阳市"],
        },
        {
            "url": f"{ADDRESS}/notices/{notice_.id}.html",
            "title": f"关于拟备案“{name}”的公示",
            "content_text": f"经企业自主申请、材料审核，拟将“{name}”报省科技厅备案，现予公示。盟主企业：{leader}。"
            "公示期：2026年1月5日至2026年1月12日24时。",
            "date_published": notice_.published_at.isoformat(),
            "tags": ["公示", "沈阳市"],
        },
    ]
    assert json.loads((tmp_path / "places/210200.json").read_bytes())["items"] == []


def test_an_entry_keeps_its_id_when_the_site_moves(tmp_path: Path) -> None:
    ids = []
    for address in (ADDRESS, "https://elsewhere.example.gov.cn", ""):
        Site(tmp_path, published("notice-withdrawn"), address).write_all(LATER)
        atom = feedparser.parse((tmp_path / "feed.atom").read_bytes())
        read = json.loads((tmp_path / "feed.json").read_bytes())
        assert [entry.id for entry in atom.entries] == [item["id"] for item in read["items"]]
        ids.append([atom.feed.id, *(entry.id for entry in atom.entries)])
    assert ids[0] == ids[1] == ids[2]


# Calendars


def subject(filing: Filing, at: datetime, alliance: str = "沈阳市星海联盟") -> Subject:
    """What a calendar is told of a filing."""
    return Subject(filing.id, alliance, filing.number, at)


@dataclass
class Told:
    """A calendar as a reader's program has it."""

    written: bytes
    events: dict[str, Any]

    @classmethod
    def of(cls, filing: Filing, at: datetime, name: str = "日程") -> "Told":
        """The agenda of a filing, written and read back."""
        lines = [(subject(filing, at), line) for line in entries.outlook(filing)]
        written = calendar(lines, name)
        events = {str(event["uid"]): event for event in Calendar.from_ical(written).events}
        assert len(events) == len(lines)
        return cls(written, events)

    def one(self, start: str) -> Any:
        """The event whose summary starts so."""
        (found,) = [event for event in self.events.values() if str(event["summary"]).startswith(start)]
        return found


@cache
def in_force() -> Entry:
    """A filing of kind A archived in the spring of 2026."""
    return next(entry for entry in lived("LIFE").docket if entry.stage is Stage.IN_FORCE)


def test_the_annual_deadline_is_a_day_and_its_reminders_have_their_hour() -> None:
    told = Told.of(in_force().filing, in_force().at)
    deadline = told.one("年度报送截止：2026年度")
    assert deadline["dtstart"].dt == date(2026, 11, 30)
    assert deadline["dtend"].dt == date(2026, 12, 1)
    assert deadline["summary"] == "年度报送截止：2026年度 · 沈阳市星海联盟"
    assert (
        "期限：2026年11月30日24时\n依据：《工作指引》第十一条第6项\n计算：固定日期，2026年11月30日\n"
        in deadline["description"]
    )
    reminder = told.one("提醒：2026年度年度报送截止（前60日）")
    assert reminder["dtstart"].dt == datetime(2026, 10, 1, 1, tzinfo=UTC)
    assert "2026年11月30日前60日" in reminder["description"]
    assert b"DTSTART:20261001T010000Z" in told.written
    assert b"DTSTART;VALUE=DATE:20261130" in told.written


def test_kind_b_reports_until_the_end_of_the_year() -> None:
    case = next(case for case in load() if case.id == "annual-first-due-b-december")
    docket = case.life.docket
    entry = next(entry for entry in docket if entry.stage is Stage.IN_FORCE)
    assert entry.filing.kind is Kind.B
    year = entry.filing.years[0].year
    assert Told.of(entry.filing, entry.at).one(f"年度报送截止：{year}年度")["dtstart"].dt == date(year, 12, 31)


@pytest.mark.parametrize(
    ("published_on", "last", "tentative"),
    [
        ("2026-01-05", "2026-01-12", False),
        ("2026-02-09", "2026-02-14", False),
        ("2026-02-12", "2026-02-26", False),
        ("2026-04-28", "2026-05-08", False),
        ("2026-09-18", "2026-09-24", False),
        ("2026-09-28", "2026-10-10", False),
        ("2026-12-25", "2027-01-04", True),
    ],
)
def test_a_notice_ends_on_its_last_day(published_on: str, last: str, tentative: bool) -> None:
    before = next(entry for entry in lived("LIFE").docket if entry.stage is Stage.ON_NOTICE)
    filing = notice.publish(before.filing.but(periods={}, notice=None), date.fromisoformat(published_on))
    event = Told.of(filing, before.at).one("公示截止")
    assert str(event["dtstart"].dt) == last
    assert event["status"] == ("TENTATIVE" if tentative else "CONFIRMED")
    assert ("暂定" in event["description"]) is tentative
    assert f"起5个工作日，至{int(last[:4])}年{int(last[5:7])}月{int(last[8:])}日" in event["description"]
    assert "工作日历：2026；期限标准：" in event["description"]


def test_what_was_skipped_and_what_worked_is_told() -> None:
    before = next(entry for entry in lived("LIFE").docket if entry.stage is Stage.ON_NOTICE)
    filing = notice.publish(before.filing.but(periods={}, notice=None), date(2026, 9, 18))
    text = str(Told.of(filing, before.at).one("公示截止")["description"])
    assert "不计：2026-09-19 周六" in text
    assert "计入：2026-09-20 周日上班" in text


def test_a_date_that_moves_keeps_its_uid() -> None:
    case = next(case for case in load() if case.id == "calendar-moves-later")
    docket = case.life.docket
    moved = next(index for index, entry in enumerate(docket) if isinstance(entry.event, CalendarPublished))
    before, after = (Told.of(entry.filing, entry.at) for entry in docket[moved - 1 : moved + 1])
    uid = f"{case.id}/notice_ended////@beian"
    assert before.events[uid]["dtstart"].dt < after.events[uid]["dtstart"].dt
    assert before.events[uid]["sequence"] < after.events[uid]["sequence"]
    assert before.events[uid]["last-modified"].dt < after.events[uid]["last-modified"].dt


def test_a_calendar_says_what_it_is_and_is_the_same_twice() -> None:
    entry = in_force()
    told = Told.of(entry.filing, entry.at, "沈阳市科技局 · 备案日程")
    read: Any = Calendar.from_ical(told.written)
    assert read["method"] == "PUBLISH"
    assert read["version"] == "2.0"
    assert read["x-wr-calname"] == read["name"] == "沈阳市科技局 · 备案日程"
    assert read["x-wr-timezone"] == "Asia/Shanghai"
    assert read.refresh_interval == timedelta(hours=12)
    assert b"\r\nREFRESH-INTERVAL;VALUE=DURATION:PT12H\r\n" in told.written
    assert all(len(line) <= 75 for line in told.written.split(b"\r\n"))
    assert told.written == Told.of(entry.filing, entry.at, "沈阳市科技局 · 备案日程").written
    for event in told.events.values():
        assert event["dtstamp"].dt == event["last-modified"].dt == entry.at
        assert event["sequence"] == entry.number
    assert Calendar.from_ical(calendar([], "空")).events == []


def test_every_line_of_an_agenda_is_an_event_of_its_own() -> None:
    kinds = set()
    for case in one_in(6, load()[::3]):
        docket = case.life.docket
        entry = docket[len(docket) // 2]
        lines = list(entries.outlook(entry.filing))
        told = Told.of(entry.filing, entry.at)
        for line, event in zip(lines, told.events.values(), strict=True):
            local = line.at.astimezone(SHANGHAI)
            day = local.date() - timedelta(days=line.lapse.kind not in BEGINNINGS)
            assert event["dtstart"].dt == (line.at if local.hour else day), line
        kinds |= {line.lapse.kind for line in lines}
    assert len(kinds) > 15
