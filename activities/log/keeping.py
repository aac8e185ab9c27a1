"""Keeping the log: at least every hour, and as each day of Shanghai ends, what was entered is put into it, signed and published.

Every worker does so. Whoever has no key signs nothing, and publishes what the others signed.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import Connection, Engine

from activities import rules_wheel
from activities.database import stating
from activities.log import public_keys, stamps
from activities.log.cosigning import Cosigner, Cosigning, cosigners_of
from activities.log.files import LogFiles
from activities.log.leaves import LOOKS_BACK
from activities.log.sequencing import Log, LogRefused, newest
from activities.log.tree import Tree
from activities.logs import named
from models.log import LogCheckpoint
from models.settings import Settings
from models.values import day_of, midnight_after

log = structlog.get_logger()

MOMENT = timedelta(seconds=5)
"""So long after midnight the day's end is signed: what was entered just before is written by then."""

UNNAMED = "localhost/beian"
"""How a log is called whose deployment has no address, and no name for it."""


@dataclass(frozen=True)
class LogKeeping:
    """Keeps a log, with its files."""

    log: Log
    files: LogFiles
    every: timedelta
    authority: str = ""
    roots: stamps.Roots = ()
    cosigners: Sequence[Cosigner] = ()
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def passes(self, now: datetime) -> LogCheckpoint | None:
        """One pass: what it signed, or None if nothing is new. Raises `LogRefused`; what others signed is published nevertheless."""
        with self.log.engine.connect() as db:
            self.refuse_fork(db)
            last = newest(db)
        with stating(self.log.engine) as db:
            rules_wheel.note(db, now)
        self.log.sequence(last.made_at - LOOKS_BACK if last else None)
        try:
            ended = day_of(now) - timedelta(days=1)
            return self.log.sign(now, ended) or self.log.sign(now)
        finally:
            self.publish()
            self.stamp()
            self.cosigned()

    def stamp(self) -> None:
        """Have the ends of days stamped, if there is an authority for it, and publish the stamps. Who does not answer is asked again next time."""
        if not self.authority:
            return
        try:
            if stamps.stamp_days(self.log.engine, self.authority, self.roots):
                self.publish()
        except stamps.NotStamped as why:
            log.warning("log.not_stamped", why=str(why))

    def cosigned(self) -> None:
        """Have the witnesses sign who have an address, and publish what they signed. Who does not answer is asked again next time."""
        if Cosigning(self.log.engine, self.cosigners).ask():
            self.publish()

    def publish(self) -> None:
        """Bring the files up to what was signed last."""
        with self.log.engine.connect() as db:
            last = newest(db)
            if last:
                tree = Tree(db, self.log.hashing(last))
                witnesses = [each.key for each in self.cosigners]
                self.files.write(tree, last, public_keys.known(db, last_origin(last)), witnesses)

    def refuse_fork(self, db: Connection) -> None:
        """Raise `LogRefused` if what was published is no beginning of what is in the register: an older one was put in its place."""
        published = self.files.checkpoint()
        if published is None:
            return
        last = newest(db)
        tree = Tree(db, self.log.hashing(last))
        if published.size > tree.size or (published.size and tree.root(published.size) != published.root):
            raise LogRefused(
                f"{self.files.folder} 已发布{published.size}条，与备案库中的日志（{tree.size}条）不相衔接；"
                "由备份恢复的，先执行 log adopt（docs/proof.md）"
            )

    async def keep(self) -> None:
        """Pass after pass, until cancelled. Whatever fails is tried again."""
        while True:
            try:
                signed = await asyncio.to_thread(self.passes, self.clock())
                if signed:
                    log.info("log.signed", size=signed.size, root=signed.root)
            except LogRefused as refused:
                log.error("log.not_signed", why=str(refused))
            except Exception as error:
                log.warning("log.not_kept", error=named(error))
            await asyncio.sleep(self.pause(self.clock()).total_seconds())

    def pause(self, now: datetime) -> timedelta:
        """How long until the next pass: the interval, or until the day has ended."""
        return min(self.every, midnight_after(day_of(now)) + MOMENT - now)


def last_origin(last: LogCheckpoint) -> str:
    """What a log is called by what it signed."""
    return last.note.partition("\n")[0]


def name_of(settings: Settings) -> str:
    """What a log that is begun here is called: as set, or by the address at which it is published."""
    if settings.log_name:
        return settings.log_name
    address = settings.site_address.partition("://")[2].strip("/")
    return f"{address or UNNAMED}/log"


def kept_log(settings: Settings, engine: Engine) -> LogKeeping:
    """The log of a deployment, with its files."""
    kept = Log(engine, settings.log_key_file, name_of(settings), settings.log_digest)
    files = LogFiles(settings.site / "log", settings.site)
    every = timedelta(seconds=settings.log_interval)
    return LogKeeping(kept, files, every, settings.log_stamps, stamps.roots_of(settings), cosigners_of(settings))
