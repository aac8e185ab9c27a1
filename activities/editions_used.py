"""The editions by which filings and rounds count: remembered by their digest, so that none is altered unseen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from activities.database import unless_there
from models.filing import Filing
from models.register import UsedEdition
from models.rounds.evaluations import EvaluationState
from models.rounds.inspections import InspectionState
from models.rounds.performance import PerformanceState
from models.rounds.round import Round
from models.rounds.subsidies import SubsidyState
from models.rounds.surveys import SurveyState
from regulation.calendar import CALENDARS
from regulation.editions import EditionRefused, Editions
from regulation.rounds.bands import SUBSIDIES
from regulation.rounds.checks import CHECKS
from regulation.rounds.evaluation_items import ITEMS
from regulation.rounds.questionnaires import QUESTIONNAIRES
from regulation.rounds.scoring import PERFORMANCE
from regulation.terms import TERMS

USED = UsedEdition.metadata.tables["used_editions"]
NOTES = unless_there(USED)
NOTED = select(USED.c.digest).where(USED.c.subject == bindparam("subject"), USED.c.name == bindparam("name"))

EDITIONS: Mapping[str, Editions[Any]] = {
    "calendar": CALENDARS,
    "terms": TERMS,
    "evaluation": ITEMS,
    "performance": PERFORMANCE,
    "subsidies": SUBSIDIES,
    "surveys": QUESTIONNAIRES,
    "inspections": CHECKS,
}


def note_round(db: Connection, round_: Round, now: datetime) -> None:
    """Remember the digest of the edition by which a round counts, if it is known here; a questionnaire that was brought for one survey
    alone is none.
    """
    match round_.of:
        case EvaluationState(items=str(name)):
            _note(db, "evaluation", name, now)
        case PerformanceState(edition=str(name)):
            _note(db, "performance", name, now)
        case SubsidyState(edition=str(name)):
            _note(db, "subsidies", name, now)
        case SurveyState(edition=name) if name in tuple(QUESTIONNAIRES):
            _note(db, "surveys", name, now)
        case InspectionState(rule=name) if name in CHECKS:
            _note(db, "inspections", name, now)


def _note(db: Connection, subject: str, name: str, now: datetime) -> bool:
    """Remember the digest of an edition; whether it was remembered before."""
    if db.execute(NOTED, {"subject": subject, "name": name}).first():
        return True
    row = {"subject": subject, "name": name, "digest": EDITIONS[subject].digest(name)}
    db.execute(NOTES[db.dialect.name], row | {"first_used_at": now})
    return False


@dataclass(frozen=True)
class EditionsUsed:
    """Those of one register; which ones it remembers is looked up once each."""

    _noted: set[tuple[str, str]] = field(default_factory=set)

    def note(self, db: Connection, filing: Filing, now: datetime) -> None:
        """Remember the digest of each edition when a filing first counts by it."""
        for edition in (("calendar", filing.calendar), ("terms", filing.terms)):
            if edition in self._noted:
                continue
            if _note(db, *edition, now):
                self._noted.add(edition)


def refuse_changed(db: Connection) -> None:
    """Raise if an edition by which filings or rounds count was altered or lost since."""
    for subject, editions in EDITIONS.items():
        used = {row.name: row.digest for row in db.execute(select(USED).where(USED.c.subject == subject))}
        if changed := editions.changed(used):
            raise EditionRefused(
                f"{editions.subject} {'、'.join(changed)}: 已有备案或者轮次据以计算，内容不得更改或删除"
            )
