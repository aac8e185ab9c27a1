"""The questionnaires that the province brought when it opened a survey: editions from then on, like those of a folder.

A survey keeps the questionnaire by which it was opened as its paper; so the register has every one that was ever brought, sealed by
the entry, and whoever opens the next survey may choose it. One that builds on none, or has the name of another, was meant for
its survey alone. What was brought for a survey that was cancelled keeps its name, for entries and papers rest on it, but nobody is
given it who chooses none.
"""

import json
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Connection, select

from models.register import Paper, RoundEntryRow, RoundRow
from models.rounds.base import RoundKind, RoundStage
from regulation.editions import EditionRefused
from regulation.rounds.questionnaires import CALLED_OFF, QUESTIONNAIRES

log = structlog.get_logger()

ENTRIES, PAPERS, ROUNDS = (
    model.metadata.tables[str(model.__tablename__)].c for model in (RoundEntryRow, Paper, RoundRow)
)

OPENINGS = (
    select(ENTRIES.round_id, ENTRIES.paper, ROUNDS.stage)
    .join_from(ENTRIES.round_id.table, ROUNDS.round_id.table, ENTRIES.round_id == ROUNDS.round_id)
    .where(ROUNDS.kind == RoundKind.SURVEY.value, ENTRIES.number == 1)
    .order_by(ENTRIES.entered_at, ENTRIES.round_id)
)
"""The first entry of every survey, which opened it: asked often, and found by its key, however much was entered in rounds."""

BROUGHT: set[str] = set()
"""The editions of this process that surveys brought; all others were there without them."""


@dataclass(frozen=True)
class BroughtQuestionnaires:
    """Those of one register; which surveys were looked at is remembered, with the edition of each."""

    _seen: dict[str, str] = field(default_factory=dict)

    def catch_up(self, db: Connection) -> None:
        """Take in what was brought since, and what was called off."""
        openings = db.execute(OPENINGS).all()
        for survey, paper, _ in openings:
            if survey not in self._seen:
                self._seen[survey] = _taken(db, survey, paper)
        held = {self._seen[survey] for survey, _, stage in openings if stage != RoundStage.CANCELLED}
        gone = {self._seen[survey] for survey, _, _ in openings} & BROUGHT - held
        CALLED_OFF.update(gone)
        CALLED_OFF.intersection_update(gone)


def _taken(db: Connection, survey: str, paper: str | None) -> str:
    """The edition by which a survey was opened, taken in if it is not there yet."""
    document = json.loads(db.scalar(select(PAPERS.body).where(PAPERS.digest == paper)) or "{}")
    asked = document.get("questionnaire") or {}
    name = str(asked.get("edition"))
    if name not in tuple(QUESTIONNAIRES):
        try:
            QUESTIONNAIRES.add(asked)
        except EditionRefused as refused:
            log.info("questionnaire.of_its_survey_alone", survey=survey, why=str(refused))
        else:
            BROUGHT.add(name)
    return name
