"""What follows from an entry of a round: letters to many, acts on filings, public notices. An engine activity, tried until it is done.

Every letter, act and notice has an id made of the entry and of what it is, so however often this is tried, and wherever it was
cut off, each is there once. Up to which entry everything was done is noted in the register, which alone brings it back.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from temporalio import activity

from activities import letter_opening
from activities.beating import beating
from activities.database import AT_ONCE, in_portions, stating, unless_there
from activities.published_editions import PublishedEditions
from activities.rounds.appending import is_awaited
from activities.rounds.entering import Acting, RoundEntering, Stands, told
from activities.rounds.register import RoundRegister
from activities.rows import Row
from models.register import LetterRow, MessageRow, PublicNoticeRow
from models.rounds.round import ROUND_ACT, RoundEntry
from models.values import canonical, day_of, digest
from models.vocabulary import Role
from regulation import identity, offices
from regulation.rounds import table, wording
from regulation.rounds.consequences import ActInRound, ActOnFiling, Consequence, Letter, NewTerms, Published
from regulation.rounds.every import rules_of
from regulation.rounds.known import Known, Needs

log = structlog.get_logger()

MESSAGES, LETTERS, NOTICES = (
    unless_there(model.metadata.tables[model.__tablename__]) for model in (MessageRow, LetterRow, PublicNoticeRow)
)

ACTS_AT_ONCE = 10
"""How many filings are acted on side by side."""

Act = Callable[[str, Mapping[str, Any]], Awaitable[object]]
"""How an act reaches a filing; what a filing refuses is on record at its door."""


@dataclass(frozen=True)
class RoundFollowing:
    """Does what follows. `act` sends an act to a filing; `told` has the letters delivered; `published` knows the editions.
    So many letters are written `at_once`."""

    register: RoundRegister
    act: Act
    told: Callable[[], None] = lambda: None
    published: PublishedEditions | None = None
    at_once: int = AT_ONCE

    @activity.defn(name="round_follows")
    async def follow(self, round_id: str) -> Stands | None:
        """Do all that follows from the entries of a round, one after the other."""
        async with beating():
            return await self._all(round_id)

    async def _all(self, round_id: str) -> Stands | None:
        while entry := await asyncio.to_thread(self.register.to_follow, round_id):
            found = await asyncio.to_thread(self.consequences, entry)
            for each in found:
                if isinstance(each, NewTerms):  # in force before anybody is told
                    await asyncio.to_thread(self._publish, entry, each)
            written = [each for each in found if isinstance(each, Letter | Published)]
            for some in in_portions(written, self.at_once):
                await asyncio.to_thread(self.write, entry, some)
            self.told()
            acts: dict[str, list[ActOnFiling]] = {}
            for each in found:
                if isinstance(each, ActOnFiling):
                    acts.setdefault(each.filing_id, []).append(each)
            for few in in_portions(list(acts.values()), ACTS_AT_ONCE):
                await asyncio.gather(*(self._act_in_order(entry, of_one) for of_one in few))
            for own in found:
                if isinstance(own, ActInRound):
                    await asyncio.to_thread(self._go_on, entry, own)
            await asyncio.to_thread(self.register.followed, round_id, entry.number)
        row = await asyncio.to_thread(self.register.row, round_id)
        return told(row.model_dump()) if row else None

    async def _act_in_order(self, entry: RoundEntry, acts: Sequence[ActOnFiling]) -> None:
        """Act on one filing, one act after the other: an evaluation stands before the name that it earned."""
        for each in acts:
            await self.act(each.filing_id, act_of(entry, each))

    def consequences(self, entry: RoundEntry) -> list[Consequence]:
        """What follows from an entry, by what the register knows now."""
        rules, round_ = rules_of(entry.round.id), entry.round
        follows = table.follows(rules, entry)
        if follows is None:
            return []
        known = self.register.known(follows.asks(round_, entry), round_.area)
        return table.following(rules, entry, self.register.content(entry.event), known)

    def _go_on(self, entry: RoundEntry, wanted: ActInRound) -> None:
        """Enter what an entry leads to in its own round; what may not be any more is left."""
        by = entry.round.opened_by.but(person=identity.SERVICE)
        told_of = {"id": identity.of_round(entry.round.id, entry.number, wanted.act), "by": by.model_dump(mode="json")}
        act = ROUND_ACT.validate_python({**wanted.act, **told_of, "received_at": entry.entered_at})
        RoundEntering(self.register).acts(Acting(round_id=entry.round.id, act=act, handled_at=entry.entered_at))

    def _publish(self, entry: RoundEntry, terms: NewTerms) -> None:
        published, day = self.published or PublishedEditions(self.register.engine), day_of(entry.at)
        published.publish(entry.round.id, entry.number, entry.at, day, terms.document_no, terms.rows)

    def write(self, entry: RoundEntry, some: Sequence[Consequence]) -> None:
        """Messages with their letters, and public notices, in one transaction; what is there already stays as it is.

        Nothing is added to an entry of which everything was done: what it told is sealed.
        """
        about = tuple(each.filing_id for each in some if isinstance(each, Letter) and each.filing_id)
        known = self.register.known(Needs(filings=about), None) if about else Known()
        sent = [message(entry, each, known) for each in some if isinstance(each, Letter)]
        shown = [notice(entry, each) for each in some if isinstance(each, Published)]
        opened = letter_opening.opened_for(sent, shown)
        with stating(self.register.engine) as db:
            if not is_awaited(db, entry.round.id, entry.number):
                return
            for statement, rows in ((MESSAGES, sent), (NOTICES, shown), (LETTERS, opened)):
                if rows:
                    db.execute(statement[db.dialect.name], rows)


def name_of(entry: RoundEntry, what: object) -> str:
    """The id of what an entry leads to: of the entry, and of what it is."""
    return f"{entry.round.id}-{entry.number}-{digest(what)[:12]}"


REVIEWER = "reviewer"
"""Under which word the department of a city or a zone has its messages (`offices.ADDRESSED`)."""


def message(entry: RoundEntry, letter: Letter, known: Known) -> Row:
    """The message that a letter carries."""
    alliance = known.alliances.get(letter.filing_id or "")
    title, body = wording.render(letter, entry, alliance)
    return {
        "id": name_of(entry, [letter.text, letter.to.value, letter.office, letter.filing_id]),
        "filing_id": None,
        "round_id": entry.round.id,
        "about": letter.filing_id,
        "number": entry.number,
        "text": letter.text,
        "to": REVIEWER if letter.to in (Role.CITY_ST, Role.ZONE) else letter.to.value,
        "office": letter.office,
        "service": False,
        "title": title,
        "body": body,
        "created_at": entry.entered_at,
    }


def notice(entry: RoundEntry, published: Published) -> Row:
    """A public notice of a round; one over the province is the province's."""
    return {
        "id": name_of(entry, [published.kind, published.content]),
        "filing_id": None,
        "round_id": entry.round.id,
        "number": entry.number,
        "kind": published.kind,
        "jurisdiction": entry.round.area.jurisdiction or offices.PROVINCE,
        "shown_from": published.shown_from,
        "shown_until": published.shown_until,
        "content": canonical(published.content),
        "published_at": entry.entered_at,
    }


def act_of(entry: RoundEntry, wanted: ActOnFiling) -> dict[str, Any]:
    """An act on a filing, done in the name of whoever did the round's, or said the same, under an id that the service makes."""
    by = wanted.by or (entry.act.by if entry.act else entry.round.opened_by)
    act_id = identity.of_round(entry.round.id, entry.number, wanted.act)
    return {**wanted.act, "id": act_id, "by": by.model_dump(mode="json")}
