"""What one announcement costs the announcements' site: `python -m bench.site --announcements 50000`. Told is processor time."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sized
from datetime import date, datetime, timedelta
from pathlib import Path

import click
from sqlalchemy import Engine, insert

from activities.database import stating
from activities.log.leaves import Key, LeafKind
from activities.publishing.notices import Notices
from activities.publishing.site import Site
from activities.register import Register
from bench.full_register import copies, copy, name_of_copy, opened, store_papers, write
from bench.quiet_life import QuietLife
from bench.simulator import YEAR, lived
from models.register import PublicNoticeRow
from models.values import at_hour, canonical
from regulation import offices
from tests.logged import keeping

TODAY = date(2040, 12, 15)
DAYS = 700
"""Over how many days up to today they were announced."""
WRITES = 20


def noticed(number: int, of: int) -> Iterator[dict[str, object]]:
    """A filing's announcements: a notice, and what came of it."""
    places = tuple(offices.OFFICES)
    first = at_hour(TODAY - timedelta(days=DAYS), 9) + timedelta(days=DAYS) * number / of
    for index, kind in enumerate(("notice", "announcement")):
        at = first + timedelta(days=14 * index)
        day = at.date()
        yield {
            "id": f"{name_of_copy(number)}-{index + 2}-0",
            "filing_id": name_of_copy(number),
            "number": index + 2,
            "kind": kind,
            "jurisdiction": places[number % len(places)],
            "shown_from": day,
            "shown_until": day + timedelta(days=7) if kind == "notice" else None,
            "content": canonical(
                {
                    "联盟名称": f"辽宁省第{number}产学研联盟",
                    "盟主企业": f"第{number}公司",
                    "成员单位": [f"第{number}大学", f"第{number}研究所"],
                    "技术领域": "新材料",
                    "备案编号": name_of_copy(number),
                }
            ),
            "published_at": at,
        }


def announced(engine: Engine, numbers: range, of: int) -> None:
    """Write announcements of filings down in bulk."""
    rows = [row for number in numbers for row in noticed(number, of) if row["published_at"] < at_hour(TODAY, 12)]  # type: ignore[operator]
    with stating(engine) as db:
        db.execute(insert(PublicNoticeRow), rows)


def filled(folder: Path, announcements: int) -> Register:
    """A register with filings that were announced so often."""
    register, life = opened(f"sqlite:///{folder / 'register.db'}"), QuietLife(1, YEAR)
    store_papers(register, life)
    docket = lived(life, life.over)
    write(register, docket)
    filings = announcements // 2 + WRITES
    copy(
        register,
        docket[-1].filing.id,
        copies(docket[-1].filing, filings, lambda _: datetime(YEAR + 2, 1, 1).astimezone()),
    )
    announced(register.engine, range(announcements // 2), announcements // 2)
    return register


@click.command()
@click.option("--announcements", default=50_000, help="how many there are before")
@click.option("--days", default=0, help="how many ends of days the log has; 0: without a log")
@click.option("--whole", is_flag=True, help="measure also what writing every page costs, and a day's writing")
def main(announcements: int, days: int, whole: bool) -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        register = filled(folder, announcements)
        notices = Notices(register.engine)
        kept = keeping(register.engine, folder) if days else None
        if kept:
            for ago in range(days, 0, -1):
                with kept.log.turn() as db:
                    kept.log.add(db, [(LeafKind.LOST, Key("log", ago), f"{ago:064x}")])
                day = TODAY - timedelta(days=ago)
                kept.log.sign(at_hour(day + timedelta(days=1), 0) + timedelta(seconds=5), day)
        site = Site(folder / "site", notices, log=notices.log if kept else None, rests=folder / "rests.json")
        if whole:
            tell("every page", lambda: site.write_day(TODAY))
        else:
            site.write([name_of_copy(0)], TODAY)  # every list is written, as long as it is not there
        spent, files = 0.0, 0
        for number in range(announcements // 2, announcements // 2 + WRITES):
            with stating(register.engine) as db:
                row = next(noticed(number, announcements // 2)) | {
                    "published_at": at_hour(TODAY, 10) + timedelta(seconds=number % 3600)
                }
                db.execute(
                    insert(PublicNoticeRow), [row | {"shown_from": TODAY, "shown_until": TODAY + timedelta(days=7)}]
                )
            began = time.process_time()
            files += len(site.write([name_of_copy(number)], TODAY))
            spent += time.process_time() - began
        click.echo(
            f"{announcements:,} announcements, {days:,} ends of days; one more: {spent / WRITES * 1000:.0f} ms, {files / WRITES:.1f} files"
        )
        if whole:
            tell("what the next day changes", lambda: site.write_day(TODAY + timedelta(days=1)))


def tell(words: str, work: Callable[[], Sized]) -> None:
    """Measure something, and print it."""
    began = time.process_time()
    files = len(work())
    click.echo(f"{words}: {time.process_time() - began:.1f} s, {files:,} files")


if __name__ == "__main__":
    main()
