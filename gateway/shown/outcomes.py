"""What the public may know of rounds over alliances of kind B: the grades that were accepted, the lists of the subsidy (G-04b)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select

from activities.database import reading
from gateway.problem import NoFile, NoRound
from gateway.tools import Tools
from models.register import PublicNoticeRow, RoundEntryRow
from models.rounds.base import RoundStage
from models.rounds.round import Round
from models.rounds.subsidies import SubsidyActKind, SubsidyState
from models.values import at_hour, day_of
from regulation.naming import on_day
from regulation.rounds.after_performance import PUBLISHED
from regulation.rounds.after_subsidies import CANCELLED, FINAL, NOTICE, UNPAID_LIST, WITHDRAWN

KINDS: Mapping[str, str] = {
    PUBLISHED: "年度绩效评价结果", NOTICE: "后补助拟支持名单公示", FINAL: "后补助支持名单", WITHDRAWN: "后补助名单更正",
    CANCELLED: "后补助轮次取消", UNPAID_LIST: "后补助未予下达名单",
}  # fmt: skip
"""What is published, and what it is called."""

MOST = 100
"""So many are listed; there are a few a year."""


@dataclass(frozen=True)
class Outcome:
    """One thing that was published of a round, as it stands on a day; `round` is where the round stands now."""

    row: PublicNoticeRow
    content: Mapping[str, Any]
    round: Round
    today: date

    @property
    def called(self) -> str:
        """What it is."""
        return KINDS[self.row.kind]

    @property
    def stands(self) -> bool:
        """Whether a list is still the one: it was not withdrawn for another."""
        state = self.round.of
        return not isinstance(state, SubsidyState) or state.drawn == self.content.get("list", state.drawn)

    @property
    def cancelled(self) -> bool:
        """Whether it is a list of a round that was cancelled, so that nothing comes of it."""
        return self.round.stage is RoundStage.CANCELLED and self.row.kind != CANCELLED

    @property
    def on_notice(self) -> bool:
        """Whether it may be objected to."""
        until = self.row.shown_until
        shown = self.row.shown_from <= self.today and until is not None and self.today <= until
        return self.row.kind == NOTICE and self.stands and shown and self.round.stage is RoundStage.ON_NOTICE

    @property
    def period(self) -> str:
        """The days of a notice."""
        until = f"至{on_day(self.row.shown_until)}（24时）" if self.row.shown_until else ""
        return f"{on_day(self.row.shown_from)}{until}"


@dataclass(frozen=True)
class Outcomes:
    """What was published of rounds, behind the doors of a gateway."""

    tools: Tools

    def listed(self, today: date) -> list[Outcome]:
        """Everything that was published, the newest first."""
        return self._listed(today, col(PublicNoticeRow.kind).in_(KINDS))

    def current(self, today: date) -> list[Outcome]:
        """What is on notice."""
        return [each for each in self.listed(today) if each.on_notice]

    def one(self, outcome_id: str, today: date) -> Outcome:
        """One of them; `NotFound` for anything else."""
        with reading(self.tools.register.engine) as session:
            row = session.get(PublicNoticeRow, outcome_id)
        shown = row is not None and row.kind in KINDS and row.shown_from <= today
        if row is None or not shown or not (found := self._outcomes([row], today)):
            raise NoFile(outcome_id)
        return found[0]

    def on_notice(self, round_id: str, today: date) -> Outcome:
        """The list of a round that may be objected to today; `NotFound` if there is none."""
        found = self.last_notice(round_id, today)
        if found is None or not found.on_notice:
            raise NoRound(round_id)
        return found

    def last_notice(self, round_id: str, today: date) -> Outcome | None:
        """The last list of a round that was on notice."""
        of_round = col(PublicNoticeRow.round_id) == round_id
        return next(iter(self._listed(today, of_round, col(PublicNoticeRow.kind) == NOTICE, most=1)), None)

    def objected_today(self, round_id: str) -> int:
        """How many objections to its list came in today."""
        since = at_hour(day_of(self.tools.clock()), 0)
        query = select(func.count()).where(
            col(RoundEntryRow.round_id) == round_id, col(RoundEntryRow.kind) == SubsidyActKind.OBJECT_TO_LIST.value,
            col(RoundEntryRow.at) >= since,
        )  # fmt: skip
        with reading(self.tools.register.engine) as session:
            return session.exec(query).one()

    def _listed(self, today: date, *of: Any, most: int = MOST) -> list[Outcome]:
        query = select(PublicNoticeRow).where(*of, col(PublicNoticeRow.shown_from) <= today)
        query = query.order_by(col(PublicNoticeRow.published_at).desc(), col(PublicNoticeRow.id)).limit(most)
        with reading(self.tools.register.engine) as session:
            rows = session.exec(query).all()
        return self._outcomes(rows, today)

    def _outcomes(self, rows: Sequence[PublicNoticeRow], today: date) -> list[Outcome]:
        """Each with its round, which is read once."""
        rounds = {key: self.tools.rounds.register.round(key) for key in {row.round_id or "" for row in rows}}
        return [
            Outcome(row, json.loads(row.content), round_, today)
            for row in rows
            if (round_ := rounds[row.round_id or ""]) is not None
        ]
