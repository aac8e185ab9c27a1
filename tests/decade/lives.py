"""How a recorded life came about: what people did, chosen by chance among what the law lets them do at each moment.

Only recording needs this. A recorded life is kept as it was written, so nothing here changes what is recorded already.
"""

import re
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

from models.values import SHANGHAI
from models.vocabulary import ActKind, Kind, Stage
from regulation import offices
from regulation.lodging import lodge
from regulation.province import number_prefix
from regulation.simulation import Simulation, simulate
from tests.decade.outcomes import Life
from tests.law.cases import Case
from tests.law.matrix import CIRCUMSTANCES, Circumstance
from tests.law.notation import Writer
from tests.law.test_properties import ABOUT_SERVICE, Step, Walk

YEARS = (1, 1, 2, 2, 3, 3, 4, 5, 7, 10)
"""How long a life is told."""

BEGINNINGS = (Stage.SUBMITTED, Stage.SUBMITTED, Stage.ON_NOTICE, Stage.AT_PROVINCE, Stage.IN_FORCE)

FIRST = {Kind.A: date(2021, 12, 20), Kind.B: date(2024, 4, 12)}
LAST = {Kind.A: date(2027, 6, 30), Kind.B: date(2027, 5, 20)}
"""Between which days a life begins: the editions that are recorded by hold from and until then."""

USUAL = (
    ActKind.ACCEPT,
    ActKind.GIVE_IIT_OPINION,
    ActKind.CONFIRM,
    ActKind.RECOMMEND,
    ActKind.RESUBMIT,
    ActKind.FORWARD,
    ActKind.RECORD_PARTY_GROUP,
    ActKind.ARCHIVE,
    ActKind.FILE_ANNUAL_REPORT,
    ActKind.SETTLE_DELIVERY,
    ActKind.ACKNOWLEDGE_SERVICE,
    ActKind.APPROVE_REVOCATION,
    ActKind.RULE_ON_ADMISSIBILITY,
    ActKind.RULE_ON_OBJECTION,
    ActKind.RULE_ON_EXTENSION,
    ActKind.RULE_ON_CHANGE,
    ActKind.ANSWER_ANNUAL_RETURN,
    ActKind.RECORD_CHALLENGE_OUTCOME,
    ActKind.RELEASE,
)
"""What mostly happens."""

MOODS: tuple[tuple[ActKind, ...], ...] = (*(USUAL,) * 14, ABOUT_SERVICE, ())
"""What is looked at first when somebody acts; nothing means whatever is possible, the seldom first."""

PAUSES = (0, 1, 1, 2, 3, 5, 8, 13, 30, 60)
LONGER = (*PAUSES, 60, 120, 200)
"""Days between two acts, before and after the archive."""

LATE = (0, 0, 0, 0, 1, 6, 25)
"""Days between the receipt of an act and its arrival here."""

DEAD = (Stage.WITHDRAWN, Stage.LAPSED, Stage.NOT_CONFIRMED, Stage.DEREGISTERED, Stage.CONTINUED)
"""Where a life is told no further; a revoked one may still be restored."""

MOST = 150
"""Acts of a life."""

PLACES = tuple(sorted(key for key, office in offices.OFFICES.items() if office.city and key != offices.PROVINCE))


class Decade(Walk):
    """A random life from a given beginning; `told` are its acts as written."""

    def __init__(self, given: Case, circumstance: Circumstance, filing: Simulation) -> None:
        self.docket = list(filing.docket)
        self.circumstance, self.writer = circumstance, Writer(given.form, filing.filing.zone if filing.filing else None)
        self.acts, self.now, self.day = (), given.since.astimezone(SHANGHAI), given.since.astimezone(SHANGHAI).date()
        self.told: list[str] = []
        self._line = ""

    def written(self, line: str) -> dict[str, Any]:
        """A line as an act; the line is remembered, for the last one written is the one that is done."""
        first, *rest = re.split(r"(?= \{| reaches )", self._filled_in(line), maxsplit=1)
        name = f"act-{len(self.told)}"
        self._line = " ".join((first, "as", name, *(each.strip() for each in rest)))
        return self.writer.act(self._line, name)

    def steps(self, step: Step) -> None:
        """Some days pass, and somebody does something."""
        self.now += timedelta(days=step.days, minutes=step.act)
        self.until(self.now)
        self.day = self.now.date()
        last = self.filing.years[-1] if self.filing.years else None
        self.year = last.year - 1 if last else self.day.year
        act = self._chosen(step, last)
        if self._may_be(act) or step.act % 8 == 0:
            self.act(act)
            self.told.append(self._line)

    def _may_be(self, act: dict[str, Any]) -> bool:
        if act["kind"] == ActKind.ARCHIVE:
            act = act | {
                "archive_number": f"{number_prefix(self.filing, self.day.year)}0001"
            }  # as the simulator gives it
        told = {name: value for name, value in act.items() if name != "reaches"}
        return lodge(self.filing.id, told).act is not None and super()._may_be(act)


def born(number: int) -> Life | None:
    """The life of a number, the same every time; None if what its number asks for cannot begin."""
    chance = Random(number)
    circumstance = chance.choice(CIRCUMSTANCES)
    kind = circumstance.kind
    day = FIRST[kind] + timedelta(days=chance.randrange((LAST[kind] - FIRST[kind]).days))
    changes: dict[str, Any] = {"consent": chance.random() < 0.7}
    if circumstance.zone:
        changes["zone"] = circumstance.zone
    elif chance.random() < 0.7:
        changes["jurisdiction"] = chance.choice(PLACES)
    end = day.replace(year=day.year + chance.choice(YEARS), day=min(day.day, 28))
    begun = Life(f"D-{number:05d}", f"{kind} {chance.choice(BEGINNINGS)} {day}", str(end), (), changes)
    case = begun.case()
    given = simulate(case.application, case.acts, case.since)
    if given.filing is None or any(entry.refused for entry in given.docket):
        return None
    walk = Decade(case, circumstance, given)
    while walk.now.date() < end and walk.filing.stage not in DEAD and len(walk.told) < MOST:
        walk.acts = chance.choice(MOODS)
        pauses = LONGER if walk.filing.years else PAUSES
        walk.steps(
            Step(
                chance.choice(pauses),
                chance.randrange(60),
                chance.randrange(12),
                chance.randrange(12),
                chance.choice(LATE),
            )
        )
    return replace(begun, acts=tuple(walk.told))
