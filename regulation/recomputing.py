"""Working an outcome out anew (重算): each entry from the filing before it, each date from its period, by the rules and editions.

Whoever doubts an outcome runs this from a proof (activities/documents/verify.py), where nothing else of the service is: `main` reads
what the proof holds and says what differs.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from models.acts import Lapse, Submit, Unreadable, Withheld
from models.filing import Entry, Filing
from models.values import midnight_after
from models.vocabulary import ActKind
from regulation import agenda, calendar, entries, lifecycle, naming, on_paper
from regulation.calendar import CALENDARS
from regulation.editions import Editions
from regulation.moment import Moment
from regulation.terms import TERMS

EDITIONS: Mapping[str, Editions[Any]] = {"terms": TERMS, "calendar": CALENDARS}

PERIODS = {
    "acceptance": "受理截止", "midway": "审核期限过半", "notice": "公示期", "grace": "公示异议在途期", "check": "年度报告核对截止",
    "obstacle": "障碍消除后的延期申请期", "change_notice": "变更公示期", "change_grace": "变更公示异议在途期", "unread": "阅读告知书截止",
    "window": "陈述申辩期", "statement_grace": "陈述申辩在途期", "publicity": "拟撤销公示期", "listing_cure": "移出名录截止",
    "denied": "提供来文凭证截止", "announcement": "公告截止", "announcement_alert": "公告截止（警示）",
}  # fmt: skip
"""Periods by name, besides those whose passing is chased."""


def called(period: str) -> str:
    """What a period is called; of one thing among several, with that."""
    what, _, thing = period.partition(":")
    kind, _, year = thing.partition(":")
    thing = ActKind(kind).label + year if what == "denied" else thing
    name = PERIODS.get(what) or naming.before(Lapse(kind=agenda.CHASED[what])) if what in NAMED else what
    return f"{name}（{thing}）" if thing else name


NAMED = PERIODS.keys() | agenda.CHASED.keys()


def differences(docket: Sequence[Entry]) -> Iterator[str]:
    """What of a docket's entries, some of which may be left out, the rules do not come to."""
    if docket and docket[0].number == 1 and isinstance(event := docket[0].event, Submit):
        yield from _between(docket[0], entries.submitted(event, Moment(docket[0].at, docket[0].entered_at)))
    for before, entry in pairwise(docket):
        if entry.number == before.number + 1:
            yield from _step(_taken_over(before.filing, entry.filing), entry)
    for entry in docket:
        yield from _miscounted(entry)


def steps(docket: Sequence[Entry]) -> int:
    """How many entries are worked out anew: those before which the filing is known, and the first."""
    return sum(entry.number == before.number + 1 for before, entry in pairwise(docket)) + (docket[0].number == 1)


def dates(docket: Sequence[Entry]) -> int:
    """How many dates are counted anew."""
    return len({(name, each.from_, each.until) for entry in docket for name, each in entry.filing.periods.items()})


def _taken_over(before: Filing, after: Filing) -> Filing:
    """The filing before an entry; that whatever waits is chased until somebody acts, a run decides that takes it over."""
    return before.but(chased_since=after.chased_since)


def _step(before: Filing, entry: Entry) -> Iterator[str]:
    event = entry.event
    if isinstance(event, Withheld | Submit):
        return
    if entry.refused is not None and not isinstance(event, Lapse):
        when = Moment(entry.at, entry.entered_at)
        yield from _between(entry, entries.refused(before, event, when, entry.refused))
    elif isinstance(event, Lapse):
        due = agenda.next_lapse(before)
        if due is None or (due.at, due.lapse) != (entry.at, event):
            found = f"{naming.name_of(due.lapse)} {naming.midnight(due.at)}" if due else "没有到期的事项"
            yield f"{_name(entry)}：登记为{naming.midnight(entry.at)}，重算为{found}"
            return
        yield from _between(entry, entries.entered(before, event, Moment(due.at, entry.entered_at)))
    elif isinstance(event, Unreadable):
        yield f"{_name(entry)}：无法识别的信号不应有效"
    else:
        when = on_paper.moment(before, event, entry.entered_at)
        if refusal := lifecycle.check(before, event, when):
            yield f"{_name(entry)}：重算为不予办理（{refusal.missing}）"
            return
        yield from _between(entry, entries.entered(before, event, when))


def _between(entry: Entry, again: Entry) -> Iterator[str]:
    """How an entry differs from what the rules make of it."""
    if entry == again:
        return
    if entry.stage is not again.stage:
        yield f"{_name(entry)}：登记为“{entry.stage.label}”，重算为“{again.stage.label}”"
    told = list(_dates(entry, again))
    yield from told
    if entry.stage is again.stage and not told:
        one, other = entry.model_dump(mode="json"), again.model_dump(mode="json")
        one, other = one | one.pop("filing"), other | other.pop("filing")
        names = "、".join(sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name)))
        yield f"{_name(entry)}：与重算的结果不同（{names}）"


def _dates(entry: Entry, again: Entry) -> Iterator[str]:
    ours, theirs = entry.filing, again.filing
    for name in sorted(ours.periods.keys() & theirs.periods.keys()):
        one, other = ours.periods[name], theirs.periods[name]
        if one.until != other.until:
            yield f"{_name(entry)}：{called(name)}登记为{naming.midnight(one.until)}，重算为{naming.midnight(other.until)}"
    for year, again_ in zip(ours.years, theirs.years, strict=False):
        if year.due != again_.due:
            due = naming.midnight(again_.due)
            yield f"{_name(entry)}：{year.year}年度报送截止登记为{naming.midnight(year.due)}，重算为{due}"


def _miscounted(entry: Entry) -> Iterator[str]:
    """Periods that end before what their days come to; later ones were moved, which no rule takes back."""
    for name, period in entry.filing.periods.items():
        if period.unit == "date" or period.count is None:
            continue
        place = entry.filing.jurisdiction
        last = calendar.last_day(
            period.calendar, place, period.from_, period.count, period.unit, first_day_counts=period.first_day_counts
        )
        if midnight_after(last) > period.until:
            until = naming.midnight(midnight_after(last))
            yield f"{_name(entry)}：{called(name)}登记为{naming.midnight(period.until)}，重算为{until}"


def _name(entry: Entry) -> str:
    return f"第{entry.number}号登记（{naming.name_of_entry(entry)}）"


def worked_out(proof: Mapping[str, Any]) -> dict[str, Any]:
    """What a proof's entries come to; its `editions` are taken first, and must have the digests under which they were used."""
    for each in proof["editions"]:
        EDITIONS[each["subject"]].add(each["document"])
    docket = [Entry.model_validate(each) for each in proof["entries"]]
    differs = [
        f"版本 {each['name']} 与登记所用的不同"
        for each in proof["used"]
        if each["subject"] in EDITIONS and EDITIONS[each["subject"]].digest(each["name"]) != each["digest"]
    ]
    differs += dict.fromkeys(differences(docket))
    return {"differs": differs, "steps": steps(docket), "dates": dates(docket)}


def main() -> None:
    """Read what a proof holds, and print what the rules come to."""
    sys.stdout.write(json.dumps(worked_out(json.load(sys.stdin)), ensure_ascii=False))
