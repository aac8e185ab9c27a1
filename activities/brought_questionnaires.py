"""The questionnaires that the province brought when it opened a survey: editions from then on, like those of a folder.

A survey keeps the questionnaire by which it was opened as its paper; so the register has every one that was ever brought, sealed by
the entry, and whoever opens the next survey may choose it. One that builds on none, or has the name of another, was meant for
its survey alone.
"""

import json
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Connection, select

from models.register import Paper, RoundEntryRow
from models.rounds.base import RoundActKind, RoundKind
from regulation.editions import EditionRefused
from regulation.rounds.questionnaires import QUESTIONNAIRES

log = structlog.get_logger()

ENTRIES, PAPERS = (model.metadata.tables[str(model.__tablename__)].c for model in (RoundEntryRow, Paper))

OPENINGS = (
    select(ENTRIES.round_id, ENTRIES.paper)
    .where(ENTRIES.kind == RoundActKind.OPEN_ROUND.value, ENTRIES.round_id.startswith(f"{RoundKind.SURVEY.value}-"))
    .order_by(ENTRIES.entered_at, ENTRIES.round_id)
)


@dataclass(frozen=True)
class BroughtQuestionnaires:
    """Those of one register; which surveys were looked at is remembered."""

    _seen: set[str] = field(default_factory=set)

    def catch_up(self, db: Connection) -> None:
        """Take in what was brought since."""
        for survey, paper in db.execute(OPENINGS).all():
            if survey in self._seen:
                continue
            document = json.loads(db.scalar(select(PAPERS.body).where(PAPERS.digest == paper)) or "{}")
            asked = document.get("questionnaire") or {}
            if asked.get("edition") not in tuple(QUESTIONNAIRES):
                try:
                    QUESTIONNAIRES.add(asked)
                except EditionRefused as refused:
                    log.info("questionnaire.of_its_survey_alone", survey=survey, why=str(refused))
            self._seen.add(survey)
