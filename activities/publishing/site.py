"""The public record (公示公告) as static pages: a folder that any web server can serve (G-04b, G-20, G-41).

Nothing is ever deleted. A page says what its publication said, under a banner that says what came later. The same rows on
the same day make the same bytes, and a page that has not changed is not written.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
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
from activities.publishing.log_book import LogBook, in_base64
from activities.publishing.publications import (
    Publications,
    Published,
    PublishedByRound,
    histories,
    is_all_public,
    newest_first,
    shown_as,
)
from models.register import PublicNoticeRow
from regulation import offices
from regulation.naming import on_day
from regulation.publicity import PublicationKind

NAME = "产学研联盟备案公示公告"
IN_FEEDS = 100
"""How many publications a feed holds."""
DAYS = 400
"""Of how many days the page of the log tells the ends; what came on which day is told by the month, of all days."""
OF_LOG = "log/index.html"
CHECK, VERIFIER = "check.js", "verify.py"
"""The script that checks proofs in a browser, and the program that does so without one, beside the pages."""
LISTED = 50
"""How many of the latest publications a list shows beside the current notices; the others are found under their year."""
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
        "verifier_sha256": sha256(_verifier()).hexdigest(),
    }
    return pages.get_template(name)


def _verifier() -> bytes:
    """The program that checks proofs."""
    return resources.files("activities.documents").joinpath("verify.py").read_bytes()


@dataclass(frozen=True)
class Site:
    """The pages and feeds in `folder`, which stands under `address` (no slash at its end; without it, feeds name pages
    relatively). `door` is where the public finds the register and objects (no slash either); without it, nowhere. `sheet` is the
    stylesheet of all our pages (gateway/pages/design), written beside them; without it, they look as a browser sets plain HTML.

    `log` tells the log in which the publications stand; without it, nothing is told of one.

    One at a time may write: of two, the one that read first could write last.
    """

    folder: Path
    publications: Publications
    address: str = ""
    door: str = ""
    sheet: bytes = b""
    log: Callable[[], LogBook] | None = None

    def write(self, filing_ids: Collection[str], today: date) -> list[Path]:
        """Bring up to date what the publications of these filings touch; what was written, in order.

        Harmless to repeat. A filing's newest page comes after its older ones, the lists come last: no list names a page
        that is not there.
        """
        told = histories(self.publications.of_filings(filing_ids), today)
        shown = [each for history in told.values() for each in history]
        places = {each.row.jurisdiction for each in shown}
        return self._written(told.values(), places, {each.year for each in shown}, today)

    def write_all(self, today: date) -> list[Path]:
        """Bring every page up to date: once a day, for notices begin and end, and after a new release."""
        rows = [row for year in self.publications.years() for row in self.publications.of_year(year)]
        told = _told(self.publications, rows, today)
        return self._written(told.values(), offices.OFFICES, self._years(today), today)

    def _written(
        self, told: Iterable[tuple[Published, ...]], places: Collection[str], years: Collection[int], today: date
    ) -> list[Path]:
        pages = self._pages(told, places, years, today)
        return [self.folder / path for path, text in pages if self._put(self.folder / path, text)]

    def _put(self, path: Path, text: bytes) -> bool:
        """Write a file unless it says the same already; whether there was anything to write. Anybody may read it."""
        if path.exists() and path.read_bytes() == text:
            return False
        put(path, text)
        open_to_all(path, self.folder)
        return True

    def _pages(
        self, told: Iterable[tuple[Published, ...]], places: Collection[str], years: Collection[int], today: date
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
        for year in self._years(today):
            path = f"years/{year}.html"
            if year in years or not (self.folder / path).exists():
                of_year = listed(self.publications, self.publications.of_year(year), today)
                yield path, self._render("year.html", path, f"{year}年发布的公示公告", listed=of_year)
        for place in offices.OFFICES:
            if place in places or not (self.folder / f"places/{place}.html").exists():
                yield from self._lists(place, today, book)
        yield from self._lists(None, today, book)
        if book:
            yield from self._of_log(book, today, whole=set(places) == offices.OFFICES.keys())

    def _of_log(self, book: LogBook, today: date, *, whole: bool) -> Iterator[tuple[str, bytes]]:
        """The pages of the log: the ends of days, and by the month what was announced between them; all months, if `whole`.

        A day's end changes them, and nothing else before the next: until then nothing is read for them. A closed month is not
        read either, if it has its page.
        """
        yield CHECK, resources.files(__package__).joinpath("pages", CHECK).read_bytes()
        yield VERIFIER, _verifier()
        if not whole and self._tells(book):
            return
        months = book.months()
        for month, some in months.items():
            path = f"log/{month}.html"
            if whole or some.start == 0 or not (self.folder / path).exists():
                days = book.days(some)
                announced = [
                    (position, name, _as_announced(row) if row else None)
                    for position, name, row in book.announced(days)
                    if row is None or row.shown_from <= today
                ]
                title = f"登记日志：{int(month[:4])}年{int(month[5:])}月"
                yield path, self._render("log_month.html", path, title, days=days, announced=announced)
        days = book.days(slice(DAYS))
        yield OF_LOG, self._render("log.html", OF_LOG, "登记日志", days=days, months=months, signed=book.signed)

    def _tells(self, book: LogBook) -> bool:
        """Whether the page of the log, which is written last, tells the newest end of a day, with its stamp if it has one."""
        if not book.ends or not (self.folder / OF_LOG).exists():
            return False
        newest = book.ends[0]
        named = f'href="days/{newest.day}{".tsr" if newest.stamp else ""}"'
        return named.encode() in (self.folder / OF_LOG).read_bytes()

    def _lists(self, place: str | None, today: date, book: LogBook | None) -> Iterator[tuple[str, bytes]]:
        """The page and the feeds of a jurisdiction, or of the whole province."""
        current = listed(self.publications, self.publications.current(today, place), today)
        latest = listed(self.publications, self.publications.latest(today, IN_FEEDS, place), today)
        newest = newest_first({each.row.id: each for each in [*current, *latest]}.values())[:IN_FEEDS]
        standing = {each.row.id: each for each in current if each.stands}
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
                latest=others,
                places=offices.OFFICES.values(),
                years=self._years(today),
                feed=feed,
                end=next(iter(book.ends), None) if book else None,
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


def _root(path: str) -> str:
    """The way from a page back to the folder."""
    return "../" * path.count("/")
