"""The service without its engine: lives by the simulator, rounds by the steps of their workflow, all of it in a real register.

What the engine does between two entries is to wait; here nobody waits. That both come to the same entries is proven
elsewhere (tests/test_lives.py, tests/test_round.py), and of this very story by on_a_server.py (`make lives`).
"""

from asyncio import AbstractEventLoop, new_event_loop
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import and_, bindparam, select
from temporalio.testing import ActivityEnvironment

from activities import papers
from activities.appending import ENTRIES
from activities.gathering import FILINGS
from activities.register import Register
from activities.rounds.entering import Acting, Passing, RoundEntering
from activities.rounds.following import RoundFollowing
from activities.rounds.register import RoundRegister
from activities.rows import Row
from models.filing import Entry
from models.rounds.round import Round, RoundReceipt
from models.values import INSTANT, digest
from models.vocabulary import ActKind, Severity
from regulation import intake, province
from regulation.rounds import agenda
from regulation.rounds.every import rules_of
from regulation.rounds.lodging import lodge
from regulation.simulation import Life

Raw = Mapping[str, Any]


LAST = (
    select(ENTRIES.c.filing_id, ENTRIES.c.body)
    .join(FILINGS, and_(FILINGS.c.filing_id == ENTRIES.c.filing_id, FILINGS.c.number == ENTRIES.c.number))
    .where(FILINGS.c.filing_id.in_(bindparam("some", expanding=True)))
)
"""The last entry of each of some filings."""


class NotDone(Exception):
    """What the story of the year wants done, and the regulation refuses: a fault of the story."""


@dataclass
class Service:
    """What a door, the engine and its worker do together, for one register. `refused` is what followed from rounds and was refused."""

    register: Register
    refused: list[Entry] = field(default_factory=list)

    @cached_property
    def _loop(self) -> AbstractEventLoop:
        """The loop in which what follows from rounds is done."""
        return new_event_loop()

    def close(self) -> None:
        """Nothing more is done here."""
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()
        self.register.engine.dispose()

    @cached_property
    def rounds(self) -> RoundRegister:
        """The rounds of the register."""
        return RoundRegister(self.register.engine)

    # Filings

    def takes_in(self, form: Raw, acts: Iterable[Raw], until: datetime) -> list[Entry]:
        """A whole life: an application with the acts that come after it, up to an instant; what was entered."""
        at, filing_id = INSTANT.validate_python(form["received_at"]), str(form["filing_id"])
        examined = intake.examine(form, at, self.register.known(filing_id, form))
        if examined.facts is None or examined.form is None:
            raise NotDone(filing_id, *(each for each in examined.findings if each.severity is Severity.ERROR))
        life = Life(examined.facts, at)
        life.papers = (("application", intake.paper(examined.form)),)
        return self._lives(life, acts, until, life.docket)

    def goes_on(self, filing_id: str, acts: Iterable[Raw], until: datetime | None = None) -> list[Entry]:
        """What is done to a filing that is there, and what time brings up to an instant; what was entered."""
        return self._lives(self.lives([filing_id])[filing_id], acts, until, [])

    def lives(self, filings: Collection[str]) -> dict[str, Life]:
        """Filings that are there, as they go on."""
        with self.register.engine.connect() as db:
            lives = {
                of: Life.after(Entry.model_validate_json(body)) for of, body in db.execute(LAST, {"some": filings})
            }
        if missing := set(filings) - lives.keys():
            raise NotDone("没有", *missing)
        return lives

    def live_on(self, doings: Iterable[tuple[Life, Iterable[Raw]]], until: datetime) -> None:
        """What is done to several lives that go on, and what time brings up to an instant: written together."""
        entered, brought = list[Entry](), list[Row]()
        for life, acts in doings:
            entered += self._lived(life, acts, until, [])
            brought += _papers(life)
        self.register.append_all(entered, brought)

    def _lives(self, life: Life, acts: Iterable[Raw], until: datetime | None, docket: list[Entry]) -> list[Entry]:
        entered = self._lived(life, acts, until, docket)
        if entered:
            self.register.append_all(entered, _papers(life))
        return entered

    def _lived(self, life: Life, acts: Iterable[Raw], until: datetime | None, docket: list[Entry]) -> list[Entry]:
        begun = len(life.docket) - len(docket)
        for act in acts:
            life.act(self._numbered(life, act))
        if until:
            life.until(until)
        return life.docket[begun:]

    def _numbered(self, life: Life, act: Raw) -> Raw:
        """An archive act brings the next number, which the register gives (G-40)."""
        if act["kind"] != ActKind.ARCHIVE or "archive_number" in act:
            return act
        prefix = province.number_prefix(life.filing, datetime.fromisoformat(act["received_at"]).year)
        return {**act, "archive_number": self.register.reserve_archive_number(life.filing.id, prefix)}

    # Rounds

    def acts(self, round_id: str, at: datetime, by: Raw, kind: str, content: Raw | None = None, **said: Any) -> None:
        """Do an act in a round as its door and its workflow do, with all that follows."""
        round_ = self.rounds.round(round_id)
        if round_ and agenda.due_by(rules_of(round_id), round_, at):  # what time brings is followed before anybody acts
            self.until(round_id, at)
            round_ = self.rounds.round(round_id)
        raw = {
            "id": f"{round_id}-{round_.number + 1 if round_ else 1}",
            "kind": kind,
            "by": by,
            "received_at": at.isoformat(),
            **said,
        }
        lodged = lodge(rules_of(round_id), round_, raw | ({"content": content} if content is not None else {}))
        if lodged.act is None:
            raise NotDone(round_id, kind, *lodged.findings)
        act, paper = lodged.act, lodged.paper
        if lodged.is_drawn and round_:
            paper = self.rounds.drawn(round_, act)
        if paper is not None:
            self.register.lodge(round_id, kind, paper, at)
            act = act.but(paper=digest(paper))
        acted = RoundEntering(self.rounds).acts(Acting(round_id=round_id, act=act, handled_at=at))
        if not isinstance(acted.receipt, RoundReceipt):
            raise NotDone(round_id, kind, acted.refusal)
        if acted.stands and acted.stands.behind:
            self._follow(round_id, at)

    def until(self, round_id: str, at: datetime) -> None:
        """Let time pass for a round."""
        stands = RoundEntering(self.rounds).passes(Passing(round_id=round_id, until=at))
        if stands and stands.behind:
            self._follow(round_id, at)

    def round(self, round_id: str) -> Round:
        """A round that is there, as it stands."""
        round_ = self.rounds.round(round_id)
        if round_ is None:
            raise NotDone(f"没有 {round_id}")
        return round_

    def _follow(self, round_id: str, at: datetime) -> None:
        """What follows from a round's entries: letters, notices, editions, and acts on filings, at that instant."""

        async def act(filing_id: str, raw: Raw) -> None:
            entered = self.goes_on(filing_id, [{**raw, "received_at": at.isoformat()}])
            self.refused += [entry for entry in entered if entry.refused]

        following = RoundFollowing(self.rounds, act, published=self.register.published)
        self._loop.run_until_complete(ActivityEnvironment().run(following.follow, round_id))


def _papers(life: Life) -> list[Row]:
    at = life.docket[-1].entered_at
    return [papers.row_of(life.filing.id, kind, paper, at) for kind, paper in life.papers]
