"""An alliance as the public knows it: where it stands and by which article, and its history, of what was published alone (G-04b).

Whether it reported a year is published of nobody, so it is not here; that years were missed is told by the notice of its revocation.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from activities.publishing.publications import Published
from activities.publishing.site import takes_objections
from gateway.shown.outcomes import Outcome
from gateway.shown.published import Alliance, Standing
from regulation import offices
from regulation.naming import on_day


@dataclass(frozen=True)
class Happened:
    """One line of the history: the day, what it was, where it is told, and what is to be added."""

    day: date
    what: str
    href: str = ""
    text: str = ""
    tone: str = ""

    @property
    def when(self) -> str:
        """The day as offices write it."""
        return on_day(self.day)

    @property
    def iso(self) -> str:
        """The day for programs."""
        return self.day.isoformat()


@dataclass(frozen=True)
class PublicAlliance:
    """An archived alliance on a day; `outcomes` are the lists of rounds in which it is named."""

    found: Alliance
    outcomes: Sequence[Outcome]
    today: date

    @property
    def address(self) -> str:
        """Where it stays."""
        return f"/register/{quote(self.found.line.archive_number)}"

    @property
    def ended_by(self) -> Published | None:
        """The publication by which it ended, if it did."""
        kinds = {
            Standing.REVOKED: "revocation",
            Standing.DEREGISTERED: "deregistration",
            Standing.CONTINUED: "continuation",
        }
        kind = kinds.get(self.found.line.standing)
        return next((each for each in self.found.publications if each.row.kind == kind), None)

    @property
    def says(self) -> str:
        """How it stands, in a sentence."""
        line, ended = self.found.line, self.ended_by
        if line.standing is Standing.IN_FORCE:
            return f"{on_day(line.archived_on)}由省科技厅备案入库，现在册。"
        day = f"{on_day(ended.day)}" if ended else ""
        clause = (
            f"，依据{ended.shown.clause}" if ended and ended.shown.clause and line.standing is Standing.REVOKED else ""
        )
        words = {
            Standing.REVOKED: f"备案已{'于' + day if day else ''}撤销{clause}。",
            Standing.DEREGISTERED: f"{'已于' + day if day else '已'}自愿注销备案，不属撤销。",
            Standing.CONTINUED: f"{'已于' + day if day else '已'}由新备案承接，不属撤销。",
        }
        return words[line.standing]

    @property
    def successor(self) -> str:
        """The archive number of what took its place."""
        return (self.ended_by and self.ended_by.shown.successor) or ""

    @property
    def open(self) -> Published | None:
        """The notice to which the public may object now."""
        return next((each for each in self.found.publications if takes_objections(each, self.today)), None)

    @property
    def history(self) -> list[Happened]:
        """What happened, the newest first."""
        return sorted(self._happened(), key=lambda each: each.day, reverse=True)

    def _happened(self) -> Iterator[Happened]:
        for each in self.found.publications:
            told = [f"公示期{each.period}" if each.period else "", *(later.wording.says for later in each.later)]
            if each.shown.clause and each.row.kind in ("revocation_proposal", "revocation"):
                told.append(f"依据{each.shown.clause}")
            elif each.shown.clause and each.row.kind == "restoration":
                told.append(each.shown.clause)
            told.append(each.shown.document_no or "")
            yield Happened(each.day, each.title, f"/notices/{each.path}", "；".join(filter(None, told)))
        for outcome in self.outcomes:
            day = outcome.row.shown_from
            yield Happened(day, f"列入{outcome.content['title']}", f"/outcomes/{outcome.row.id}", self._of_row(outcome))
        line = self.found.line
        yield Happened(line.archived_on, "备案入库", text=f"备案编号{line.archive_number}", tone="good")

    def _of_row(self, outcome: Outcome) -> str:
        row = row_of(outcome, self.found.line.archive_number) or {}
        told = (
            f"等级{row['grade']}" if row.get("grade") else "",
            f"金额{row['amount']}万元" if row.get("amount") else "",
        )
        stands = "" if outcome.stands and not outcome.cancelled else "该名单已经更正或者取消"
        return "；".join(filter(None, (*told, stands)))

    def told(self, own: str) -> dict[str, Any]:
        """The same for programs."""
        line = self.found.line
        return {
            "archive_number": line.archive_number,
            "alliance": line.alliance,
            "leader": line.leader,
            "members": list(self.found.members),
            "jurisdiction": offices.OFFICES[line.jurisdiction].city,
            "kind": line.kind.label,
            "technical_field": line.technical_field,
            "archived_on": line.archived_on.isoformat(),
            "standing": line.standing.label,
            "says": self.says,
            "named": line.named,
            "successor": self.successor,
            "url": f"{own}{self.address}",
            "history": [
                {"on": each.iso, "what": each.what, "text": each.text, "url": f"{own}{each.href}" if each.href else ""}
                for each in self.history
            ],
        }  # fmt: skip


def row_of(outcome: Outcome, archive_number: str) -> Mapping[str, Any] | None:
    """The line of a list that names an alliance."""
    rows: Sequence[Mapping[str, Any]] = outcome.content.get("rows") or ()
    return next((each for each in rows if each.get("archive_number") == archive_number), None)
