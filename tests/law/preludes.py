"""How a filing came to where a case begins: the acts before it, written as cases write theirs.

A stage is reached on the given day. What comes before lies as close to it as the law lets it, and nothing goes wrong.
"""

from datetime import date, timedelta

from models.vocabulary import Kind
from regulation import calendar

CALENDAR = "2026"


def submission(kind: Kind, stage: str, day: date) -> date:
    """The day of the application. Kind B that has come further applied by 10 April, inside its window."""
    if stage in ("submitted", "listed"):
        return day
    if kind is Kind.B:
        year = day.year - (2 if stage in ("revocation_pending", "revoked") else 0)
        return min(day, date(year, 4, 10))
    if stage in ("revocation_pending", "revoked"):
        return confirmation(date(day.year - 1, 3, 15))
    return confirmation(day) if stage in ("at_province", "in_force", "deregistered") else day


def confirmation(day: date) -> date:
    """The latest day of a confirmation whose notice of five working days is over on a day."""
    start = day - timedelta(days=1)
    while calendar.last_day(CALENDAR, "210100", start, 5, "working_day") >= day:
        start -= timedelta(days=1)
    return start


def acts(kind: Kind, stage: str, day: date, reviewer: str, *, iit: bool, consent: bool) -> list[str]:
    """The acts that bring a filing to a stage on a day, after its submission."""
    first, second = reviewer, f"{reviewer}2"
    start = submission(kind, stage, day)
    if stage in ("submitted", "listed"):
        return []
    accepted = f"{start} 10:00 {first} accept"
    if stage == "under_review":
        return [accepted]
    if stage == "returned":
        return [accepted, f"{day} 11:00 {first} return_for_correction"]
    if stage == "withdrawn":
        return [f"{day} 10:00 leader withdraw"]
    if stage in ("revocation_pending", "revoked"):
        years = 1 if kind is Kind.A else 2
        in_force = acts(
            kind, "in_force", date(day.year - years, 3 if kind is Kind.A else 5, 15), reviewer, iit=iit, consent=consent
        )
        opened = date(day.year, 12, 1) if kind is Kind.A else date(day.year, 1, 1)
        served = [] if consent or stage == "revocation_pending" else [f"{opened} 10:00 {first} record_service"]
        return [*in_force, *served]
    shown = {"on_notice": day, "review_passed": day}.get(stage) or confirmation(day)
    if kind is Kind.B:
        reviewed = [f"{min(shown, date(day.year, 4, 20))} 11:00 {first} recommend"]
    else:
        reviewed = [f"{shown} 11:00 iit give_iit_opinion"] if iit else []
    if stage == "review_passed":
        return [accepted, *reviewed]
    on_notice = [accepted, *reviewed, f"{shown} 14:00 {second} confirm"]
    if stage == "on_notice":
        return on_notice
    cleared = [*on_notice, f"{day} 09:00 {first} confirm_notice_clear"]
    if stage == "notice_cleared":
        return cleared
    sent = [f"{day} 10:00 {first} forward"] if kind is Kind.B else []
    if stage == "at_province":
        return [*cleared, *sent]
    decided = (
        [f"{day} 11:00 prov give_office_opinion", f"{day} 14:00 prov record_party_group"] if kind is Kind.B else []
    )
    archived = [*cleared, *sent, *decided, f"{day} 16:00 prov2 archive"]
    return [*archived, f"{day} 17:00 leader deregister"] if stage == "deregistered" else archived
