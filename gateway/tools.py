"""What the doors work with, made once when the gateway starts and handed to every request."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from activities import evaluators
from activities.documents.drafting import Contacts
from activities.letters import Letters
from activities.register import Register
from activities.whatifs import WhatIfs
from gateway.client import Filings
from gateway.identity import Identity
from gateway.oidc import Oidc
from gateway.problem import Elsewhere, NotFound
from gateway.remembered.absences import Absences
from gateway.remembered.audit import Audit
from gateway.remembered.drafts import Drafts
from gateway.remembered.handling import Handling
from gateway.remembered.imports import Importing
from gateway.remembered.kept import KeptPages
from gateway.remembered.people import People
from gateway.remembered.pictures import Pictures
from gateway.remembered.reviews import Reviews
from gateway.remembered.sessions import Sessions
from gateway.remembered.subscriptions import Subscriptions
from gateway.remembered.uploads import Uploads
from gateway.rounds import Rounds
from models.channels import ChannelsFile
from models.filing import Filing
from models.register import FilingRow, LetterRow, MessageRow
from models.settings import Settings
from models.values import day_of
from models.vocabulary import Role
from regulation import offices
from regulation.moment import Moment


@dataclass(frozen=True)
class Tools:
    """The client of filings, the register, and what the doors remember."""

    settings: Settings
    filings: Filings
    letters: Letters
    channels: ChannelsFile
    contacts: Contacts
    sessions: Sessions
    subscriptions: Subscriptions
    people: People
    audit: Audit
    handling: Handling
    oidc: Oidc | None
    drafts: Drafts
    reviews: Reviews
    uploads: Uploads
    kept: KeptPages
    pictures: Pictures
    importing: Importing
    whatifs: WhatIfs

    @property
    def register(self) -> Register:
        """The register (备案库)."""
        return self.filings.register

    @property
    def absences(self) -> Absences:
        """Who stands in for whom (委托代办)."""
        return Absences(self.register.engine)

    @property
    def rounds(self) -> Rounds:
        """The client of rounds."""
        return Rounds(self.filings)

    @property
    def clock(self) -> Callable[[], datetime]:
        """The door's clock, by which receipts are stamped."""
        return self.filings.clock

    @property
    def now(self) -> Moment:
        """This moment, as an act received now is judged."""
        now = self.clock()
        return Moment(now, now)

    def at_work(self, who: Identity) -> Identity:
        """Somebody with what is assigned to them today: what an evaluator sees is nothing else (细则 8). It reads the register."""
        if who.role is not Role.EVALUATOR:
            return who
        return who.but(assigned=evaluators.assigned(self.register.engine, who.person, day_of(self.clock())))

    def seen(self, filing_id: str, who: Identity) -> FilingRow:
        """A filing that somebody may see. Of another's it is not even said that it exists: `NotFound` for both;
        an office that it was taken from, and that was told of it, is told whose it is."""
        row = self.register.row(filing_id)
        if row is None or not who.sees(row):
            if row and who.staff and self.letters.told_of(filing_id, who.office, who.inbox):
                raise Elsewhere(offices.name_of(row.zone or row.jurisdiction))
            raise NotFound(filing_id)
        return row

    def inbox(
        self, who: Identity, *, after: datetime | None = None, unread: bool = False, limit: int = 200
    ) -> list[tuple[MessageRow, LetterRow]]:
        """收件箱 of somebody's department, the newest last: the one that every door shows (`Letters.inbox`)."""
        return self.letters.inbox(who.office, to=who.inbox, after=after, unread=unread, limit=limit)


def value_of(row: FilingRow) -> Filing:
    """The filing as its row holds it."""
    return Filing.model_validate_json(row.value)


def _tools(request: Request) -> Tools:
    tools: Tools = request.app.state.tools
    return tools


Doors = Annotated[Tools, Depends(_tools)]
"""The tools, as a route asks for them."""
