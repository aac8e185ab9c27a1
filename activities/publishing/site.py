"""The public record (公示公告) as static pages: a folder that any web server can serve (G-04b, G-20, G-41).

Nothing is ever deleted. A page says what its publication said, under a banner that says what came later. The same rows on
the same day make the same bytes, and a page that has not changed is not written.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from hashlib import sha256
from importlib import resources
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2 import Template as Page

from activities.files import put
from activities.privacy import open_to_all
from activities.publishing import feeds
from activities.publishing.feeds import Feed
from activities.publishing.log_book import Day, LogBook, in_base64, witnessed
from activities.publishing.publications import (
    KINDS,
    OF_ROUNDS,
    Publications,
    Published,
    PublishedByRound,
    histories,
    is_all_public,
    month_of,
    newest_first,
    shown_as,
)
from activities.publishing.resting import PROGRAMS, Parts, Rests, by_filing, design, last_part, of_row
from models.register import PublicNoticeRow
from regulation import offices
from regulation.naming import on_day, short
from regulation.publicity import PublicationKind

EMPTY, NAMELESS = "const WORDINGS = {};", "const OF_ROUNDS = {};"
NAME = "产学研联盟备案公示公告"
IN_FEEDS = 100
"""How many publications a feed holds."""
DAYS = 200
"""Of how many days the page of the log tells the ends; what came on which day is told by the month, of all days."""
OF_LOG = "log/index.html"
CHECK = "check.js"
"""The script that checks proofs in a browser, beside the pages."""
CURRENT = 150
"""How many of the current notices a list shows, those that began last; the others are on the pages of their places and months."""
LISTED = 50
"""How many of the latest publications a list shows beside the current notices; the others are found under their month."""
IN_PART = 100
"""How many publications a part of a month's list has."""
OfLog = Mapping[date, Collection[int]] | None
"""Which parts of which months of the log are written anew; without it, those that a day's end has changed."""
EVERY_PART = range(1_000_000)
"""All parts of a month."""
OBJECTED_TO: frozenset[PublicationKind] = frozenset({"notice", "corrected_notice", "change_notice"})
"""Notices to which the public may object; to a proposal to revoke, the leader answers by statement and defence (G-17)."""


@cache
def _page(name: str) -> Page:
    pages = Environment(
        loader=PackageLoader("activities.publishing", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.globals |= {
        "name": NAME,
        "on_day": on_day,
        "in_base64": in_base64,
        "witnessed": witnessed,
        "at_time": short,
        "program_sha256": {name: sha256(_program(name)).hexdigest() for name in PROGRAMS},
    }
    return pages.get_template(name)


def _check() -> bytes:
    """The script, with the words of each kind of announcement: what a page shows is compared with them."""
    words = {kind: {name: getattr(each, name) for name in ("label", "title", "lead")} for kind, each in KINDS.items()}
    script = resources.files(__package__).joinpath("pages", CHECK).read_text("utf-8")
    for empty, told in ((EMPTY, words), (NAMELESS, OF_ROUNDS)):
        script = script.replace(empty, f"{empty[:-3]}{json.dumps(told, ensure_ascii=False)};")
    return script.encode()


def _program(name: str) -> bytes:
    """A program that checks proofs."""
    return resources.files("activities.documents").joinpath(name).read_bytes()


@dataclass(frozen=True)
class Site:
    """The pages and feeds in `folder`, which stands under `address` (no slash at its end; without it, feeds name pages
    relatively). `door` is where the public finds the register and objects (no slash either); without it, nowhere. `sheet` is the
    stylesheet of all our pages (gateway/pages/design), written beside them; without it, they look as a browser sets plain HTML.

    `log` tells the log in which the publications stand; without it, nothing is told of one. `rests` is the file that tells what pages
    rest on (resting.py); without it, each day's writing renders all of them.

    One at a time may write: of two, the one that read first could write last.
    """

    folder: Path
    publications: Publications
    address: str = ""
    door: str = ""
    sheet: bytes = b""
    log: Callable[[], LogBook] | None = None
    rests: Path | None = None

    def write(self, filing_ids: Collection[str], today: date) -> list[Path]:
        """Bring up to date what the publications of these filings touch; what was written, in order.

        Harmless to repeat. A filing's newest page comes after its older ones, the lists come last: no list names a page
        that is not there.
        """
        told = histories(self.publications.of_filings(filing_ids), today)
        shown = [each for history in told.values() for each in history]
        return self._written(told.values(), {each.row.jurisdiction for each in shown}, self._parts(shown), today)

    def write_day(self, today: date) -> list[Path]:
        """Bring up to date what a day changes, for notices begin and end, and ends of days prove them: what rests on what it rested on
        is not rendered again, if it is there. After a new release, and where nothing is known of what was written, everything is."""
        if self.rests is None:
            return self.write_all(today)
        rests = Rests(self.rests, design(self.sheet, self.address, self.door, str(self.log is not None)))
        book = self.log() if self.log else None
        leaves = list(book.standing()) if book else []
        proven = {each.of: each for each in leaves}
        there = {each.name for each in (self.folder / "notices").glob("*")}
        changed, months = set[str](), Parts(IN_PART)
        for filing_id, rows in by_filing(self.publications.every()):
            shown = [row for row in rows if row.shown_from <= today]
            on = [(*of_row(row, today), proven.get(row.id)) for row in shown]
            if rests.differs(filing_id, on) or not {f"{row.id}.html" for row in shown} <= there:
                changed.add(filing_id)
            for row in rows:
                months.add(month_of(row), (row.published_at, row.id), rests.now[filing_id])
        logged = Parts(IN_PART)
        for leaf in leaves:
            logged.add(leaf.month, leaf.position, (leaf.of, leaf.is_shown(today)))
        parts, of_log = (self._differing(rests, of, folder) for of, folder in ((months, "years"), (logged, "log")))
        if book:
            for month, ends in book.ends().items():
                if rests.differs(f"log of {month}", ends):
                    of_log.setdefault(month, set()).add(logged.last(month))
        if not rests.before:
            written = self.write_all(today)
        else:
            told = histories(self.publications.of_filings(changed), today)
            written = self._written(told.values(), offices.OFFICES, parts, today, of_log)
        rests.keep()
        return written

    def _differing(self, rests: Rests, months: Parts, folder: str) -> dict[date, set[int]]:
        """The parts of months' lists that rest on something else than when they were written, or are not there."""
        found: dict[date, set[int]] = {}
        for month, part, last, on in months.every():
            path = _of_part(month, part, last, folder)
            if rests.differs(path, on, last) or not (self.folder / path).exists():
                found.setdefault(month, set()).add(part)
        return found

    def write_all(self, today: date) -> list[Path]:
        """Bring every page up to date, whatever it rests on."""
        months = [month for year in self._years(today) for month in self.publications.months(year)]
        counts = {month: self.publications.count(month) for month in months}
        rows = [row for month, count in counts.items() for row in self.publications.part(month, 0, count)]
        parts = {month: range(_last_part(count) + 1) for month, count in counts.items()}
        told = _told(self.publications, rows, today)
        of_log = dict.fromkeys(self.log().months(), EVERY_PART) if self.log else {}
        return self._written(told.values(), offices.OFFICES, parts, today, of_log)

    def _parts(self, shown: Iterable[Published]) -> dict[date, set[int]]:
        """The parts of months' lists in which publications stand. Of the last two of a month each comes with the other: one more may
        have ended the last but one, and one that was entered late moves others on."""
        found: dict[date, set[int]] = {}
        for each in shown:
            found.setdefault(each.month, set()).add(self.publications.before(each.row) // IN_PART)
        for month, parts in found.items():
            last = _last_part(self.publications.count(month))
            ends = {last, max(last - 1, 0)}
            parts.update(ends if ends & parts else ())
        for year in {month.year for month in found}:
            if not self._names(year, [month for month in found if month.year == year]):
                for month in self.publications.months(year):
                    if not (self.folder / _of(month)).exists():
                        found[month] = set(range(_last_part(self.publications.count(month)) + 1))
        return found

    def _names(self, year: int, months: Iterable[date]) -> bool:
        """Whether the page of a year leads to these months; one of before 0.10.0 leads to none."""
        path = self.folder / f"years/{year}.html"
        there = path.read_bytes() if path.exists() else b""
        return bool(there) and all(f'href="{month:%Y-%m}.html"'.encode() in there for month in months)

    def _written(
        self,
        told: Iterable[tuple[Published, ...]],
        places: Collection[str],
        parts: Mapping[date, Collection[int]],
        today: date,
        of_log: OfLog = None,
    ) -> list[Path]:
        pages = self._pages(told, places, parts, today, of_log)
        return [self.folder / path for path, text in pages if self._put(self.folder / path, text)]

    def _put(self, path: Path, text: bytes) -> bool:
        """Write a file unless it says the same already; whether there was anything to write. Anybody may read it."""
        if path.exists() and path.read_bytes() == text:
            return False
        put(path, text)
        open_to_all(path, self.folder)
        return True

    def _pages(
        self,
        told: Iterable[tuple[Published, ...]],
        places: Collection[str],
        parts: Mapping[date, Collection[int]],
        today: date,
        of_log: OfLog,
    ) -> Iterator[tuple[str, bytes]]:
        """Every page by its path. Lists that were never written are written too: each page links to all of them."""
        yield "site.css", self.sheet
        told, book = tuple(told), self.log() if self.log else None
        every = [each.row for history in told for each in history]
        proofs = book.proofs([row for row in every if is_all_public(row)]) if book else {}
        for history in told:
            for each in history:
                objecting = f"{self.door}/objections/{each.row.filing_id}" if takes_objections(each, today) else ""
                shown = {"each": each, "history": history, "objecting": objecting if self.door else ""}
                proof = proofs.get(each.row.id)
                if proof:
                    yield f"notices/{each.row.id}.json", proof.document
                shown |= {"proof": proof, "logged": book is not None}
                yield each.path, self._render("notice.html", each.path, each.title, **shown)
        for month in sorted(parts):
            yield from self._of_month(month, sorted(parts[month]), today)
        years = self._years(today)
        for year in years:
            yield from self._of_year(year, {month for month in parts if month.year == year})
        for place in offices.OFFICES:
            if place in places or not (self.folder / f"places/{place}.html").exists():
                yield from self._lists(place, years, today, book)
        yield from self._lists(None, years, today, book)
        if book:
            yield from self._of_log(book, today, of_log)

    def _of_month(self, month: date, parts: Iterable[int], today: date) -> Iterator[tuple[str, bytes]]:
        """Parts of a month's list, of a bounded size each. The last one has the month's address; those before it do not change any more,
        but for what later publications say of theirs."""
        last = _last_part(self.publications.count(month))
        for part in parts:
            path = _of_part(month, part, last)
            rows = self.publications.part(month, part * IN_PART, IN_PART)
            title = f"{month.year}年{month.month}月发布的公示公告"
            shown = {"listed": listed(self.publications, rows, today), "month": month, "part": part, "last": last}
            yield path, self._render("month.html", path, title, **shown)

    def _of_year(self, year: int, touched: Collection[date]) -> Iterator[tuple[str, bytes]]:
        """The months of a year: anew only if one of them is not among those that are there."""
        if self._names(year, touched):
            return
        name = f"years/{year}.html"
        every = (date(year, number, 1) for number in range(12, 0, -1))
        months = [each for each in every if each in touched or (self.folder / _of(each)).exists()]
        yield name, self._render("year.html", name, f"{year}年发布的公示公告", months=months)

    def _of_log(self, book: LogBook, today: date, wanted: OfLog) -> Iterator[tuple[str, bytes]]:
        """The pages of the log: the ends of days, and by the month what was announced between them, in parts of a bounded size.

        `wanted` are the parts that are written anew; without it a day's end changes them, and nothing else before the next: until then
        nothing is read for them, and a closed month is not read either, if it has its page.
        """
        yield CHECK, _check()
        yield from ((name, _program(name)) for name in PROGRAMS)
        if wanted is None and self._tells(book):
            return
        months = book.months()
        for month in months:
            there = (self.folder / _of_part(month, 0, 0, "log")).exists()
            if (wanted and month in wanted) or month == months[0] or not there:
                yield from self._log_of_month(book, month, today, (wanted or {}).get(month, ()))
        days = book.latest_days(DAYS)
        yield OF_LOG, self._render("log.html", OF_LOG, "登记日志", days=days, months=months, signed=book.signed)

    def _log_of_month(
        self, book: LogBook, month: date, today: date, wanted: Collection[int]
    ) -> Iterator[tuple[str, bytes]]:
        """The parts of a month that are wanted, or not there, and the last one. That tells all its days; the others those of which they
        list announcements."""
        days = book.days_of(month)
        last = _last_part(sum(each.announced for each in days))
        of_days = dict(_in_parts(days))
        for part in range(last + 1):
            path = _of_part(month, part, last, "log")
            if part not in wanted and part != last and (self.folder / path).exists():
                continue
            announced = [
                (position, name, _as_announced(row) if row else None)
                for position, name, row in book.announced(days, part * IN_PART, IN_PART)
                if row is None or row.shown_from <= today
            ]
            title = f"登记日志：{month.year}年{month.month}月"
            told = [each for each in days if part == last or part in of_days[each.end.day]]
            shown = {
                "days": told,
                "announced": announced,
                "month": month,
                "part": part,
                "last": last,
                "of_days": of_days,
            }
            yield path, self._render("log_month.html", path, title, **shown)

    def _tells(self, book: LogBook) -> bool:
        """Whether the page of the log, which is written last, tells the newest end of a day, with its stamp and its witnesses."""
        if not book.end or not (self.folder / OF_LOG).exists():
            return False
        named = f'href="days/{book.end.day}{".tsr" if book.end.stamp else ""}"'
        page = (self.folder / OF_LOG).read_bytes()
        seen = (f"{name} 于{short(at)}" for name, at in witnessed(book.end.note))
        return all(each.encode() in page for each in (named, *seen))

    def _lists(
        self, place: str | None, years: Sequence[int], today: date, book: LogBook | None
    ) -> Iterator[tuple[str, bytes]]:
        """The page and the feeds of a jurisdiction, or of the whole province."""
        running = self.publications.current(today, CURRENT, place)
        rows = {row.id: row for row in [*running, *self.publications.latest(today, IN_FEEDS, place)]}
        newest = listed(self.publications, rows.values(), today)
        current = {row.id for row in running}
        standing = {each.row.id: each for each in newest if each.row.id in current and each.stands}
        newest = newest[:IN_FEEDS]
        others = [each for each in newest if each.row.id not in standing][:LISTED]
        title = f"{offices.OFFICES[place].city if place else '辽宁省'}{NAME}"
        path, feed_path = (f"places/{place}.html", f"places/{place}") if place else ("index.html", "feed")
        feed = Feed(title, f"{self.address}/" if self.address else _root(path), path, feed_path)
        yield f"{feed_path}.atom", feeds.atom(feed, newest)
        yield f"{feed_path}.json", feeds.json_feed(feed, newest)
        yield (
            path,
            self._render(
                "list.html",
                path,
                title,
                place=place,
                current=list(standing.values()),
                more=len(running) == CURRENT,
                latest=others,
                places=offices.OFFICES.values(),
                years=years,
                feed=feed,
                end=book.end if book else None,
            ),
        )

    def _years(self, today: date) -> list[int]:
        return sorted((year for year in self.publications.years() if year <= today.year), reverse=True)

    def _render(self, name: str, path: str, title: str, **shown: object) -> bytes:
        canonical = f"{self.address}/{path}" if self.address else None
        text = _page(name).render(root=_root(path), title=title, canonical=canonical, door=self.door, **shown)
        return text.encode()


def article(row: PublicNoticeRow) -> str:
    """What a publication says, as its page will say it, before there is any."""
    (told,) = histories([row], row.shown_from)[row.filing_id or ""]
    return _page("article.html").render(each=told, objecting="")


def listed(publications: Publications, rows: Collection[PublicNoticeRow], today: date) -> list[Published]:
    """These publications, each with what its filing's later ones make of it, newest first."""
    ids = {row.id for row in rows}
    told = _told(publications, rows, today).values()
    return newest_first(each for history in told for each in history if each.row.id in ids)


def _as_announced(row: PublicNoticeRow) -> Published | PublishedByRound:
    return PublishedByRound(row) if row.round_id else shown_as(row)


def _told(publications: Publications, rows: Iterable[PublicNoticeRow], today: date) -> dict[str, tuple[Published, ...]]:
    return histories(publications.of_filings({row.filing_id for row in rows if row.filing_id}), today)


def takes_objections(each: Published, today: date) -> bool:
    """Whether a publication is a notice that stands and whose period has begun and is not over (G-03, G-04)."""
    until = each.row.shown_until
    running = until is not None and each.row.shown_from <= today <= until
    return running and each.row.kind in OBJECTED_TO and each.stands


def _of(month: date) -> str:
    """Where the list of a month begins, with what was published last."""
    return f"years/{month:%Y-%m}.html"


def _of_part(month: date, part: int, last: int, folder: str = "years") -> str:
    """Where a part of the list of a month is, of what was published in it or came into the log."""
    return f"{folder}/{month:%Y-%m}{'' if part == last else f'-{part + 1}'}.html"


def _in_parts(days: Sequence[Day]) -> Iterator[tuple[date | None, range]]:
    """On which parts of a month's list the announcements of its days are, which come the newest first."""
    before = 0
    for each in reversed(days):
        yield (
            each.end.day,
            range(before // IN_PART, _last_part(before + each.announced) + 1) if each.announced else range(0),
        )
        before += each.announced


def _last_part(count: int) -> int:
    return last_part(count, IN_PART)


def _root(path: str) -> str:
    """The way from a page back to the folder."""
    return "../" * path.count("/")
