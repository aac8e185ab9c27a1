"""年度报送: the rules of the round of a year of reports (Art. 10, 细则 7).

It opens the year for a kind of alliance, or both; each office urges whoever of its own still owes it, at once and one letter each; with the
window over, the figures of the closing report are put on record. Deadlines stand on the filings and are none of its: it reads them.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from models.acts import By, UrgeReport
from models.findings import Lack
from models.rounds.annual import (
    AnnualActKind,
    AnnualState,
    Became,
    Figure,
    SettleYear,
    UrgeAll,
    Urged,
    YearFigures,
)
from models.rounds.base import (
    Item,
    OpenRound,
    RoundAct,
    RoundActKind,
    RoundKind,
    RoundLapseKind,
)
from models.rounds.round import Round, RoundEntry
from models.values import day_of, midnight_after, on_day
from models.vocabulary import Kind, ReportState, Role, Severity, Stage
from regulation import offices, terms
from regulation.moment import Moment
from regulation.reading import finding
from regulation.reporting import SHOWN, Tally
from regulation.rounds import telling
from regulation.rounds.agenda import window
from regulation.rounds.common_acts import Lacks, all_at_once, closed, common, in_window, lacks_of_window, may_close
from regulation.rounds.consequences import ActOnFiling, Consequence, Follows, Letter
from regulation.rounds.known import Alliance, Known, KnownReport, Needs
from regulation.rounds.rules import PROVINCE, Examined, Row, Rules
from regulation.rounds.table import pinned_on
from regulation.rounds.telling import Told

ARTICLE = "A-34"

REMINDED = (7, 1)
"""How many days before the last one whoever opened it is told how far the year is."""

OPENS = PROVINCE | {Role.CITY_ST}
"""Who opens the year: the province for all, a city for its own."""

URGES = OPENS | {Role.ZONE}


# What is asked of the register


def _asks(round_: Round | None, act: RoundAct) -> Needs:
    year = round_.year if round_ else None
    if year is None or not isinstance(act, UrgeAll | SettleYear):
        return Needs()
    return replace(_everybody(year), tries=_letter(act, year) if isinstance(act, UrgeAll) else None)


def _letter(act: UrgeAll, year: int) -> UrgeReport:
    """催报 of one of them, in the name of whoever urges all."""
    return UrgeReport(id=act.id, by=act.by, received_at=act.received_at, year=year)


def _everybody(year: int) -> Needs:
    """Whoever ever was to report the year, those that have left since too."""
    return Needs(population=True, stages=tuple(Stage), reports=(year,))


def _of_all(round_: Round, entry: RoundEntry) -> Needs:
    return _everybody(round_.year)


def _counted(round_: Round, known: Known) -> Iterator[tuple[Alliance, KnownReport]]:
    """The alliances for which the year is or was due, each with what became of it."""
    for each in known.alliances.values():
        report = known.reports.get((each.id, round_.year))
        if report and each.lies_in(round_.area):
            yield each, report


# What the service draws up


def _urging(round_: Round, act: RoundAct, known: Known) -> Urged:
    """催报名单: of the office's own, whoever owes the year and whose filing takes a letter now (`urging.may_urge`)."""
    return Urged(
        filings=tuple(
            each.id
            for each, report in _counted(round_, known)
            if report.state in SHOWN["unreported"].states
            and each.id in known.takes
            and act.by.role in (Role.PROVINCE_ST, offices.reviewer(each.jurisdiction, each.zone)[0])
            and act.by.office in (offices.PROVINCE, offices.reviewer(each.jurisdiction, each.zone)[1])
        )
    )


def _figures(round_: Round, act: RoundAct, known: Known) -> YearFigures:
    """The figures of the closing report, and what became of each alliance's year."""
    counted = list(_counted(round_, known))
    sums = Counter((each.jurisdiction, each.kind, each.zone or "", report.state) for each, report in counted)
    return YearFigures(
        figures=tuple(
            Figure(jurisdiction=city, kind=kind, zone=zone or None, state=state, count=count)
            for (city, kind, zone, state), count in sorted(sums.items())
        ),
        became=tuple(Became(filing=each.id, state=report.state) for each, report in counted),
    )


def _examine(round_: Round | None, act: RoundAct, content: Mapping[str, Any] | None, known: Known) -> Examined:
    """What is drawn up says it: whom there is to urge, and what the year is counted as."""
    if isinstance(act, UrgeAll) and content is not None:
        filings = Urged.model_validate(content).filings
        if not filings:
            return [
                finding(
                    ARTICLE,
                    "/paper",
                    Severity.ERROR,
                    "现在没有可以催报的联盟：均已报送，或者尚未到报送期、延期申请待批、已在撤销程序中、五日之内已经催报",
                )
            ]
        return act.but(facts=len(filings))
    if isinstance(act, SettleYear) and content is not None:
        tally = Tally()
        for each in YearFigures.model_validate(content).figures:
            tally.counts[each.state] += each.count
        if waiting := tally.counts[ReportState.OPEN]:
            message = f"尚有{waiting}家的{round_.year if round_ else ''}年度未到期或者延期申请待批，了结后方可办结"
            return [finding(ARTICLE, "/paper", Severity.ERROR, message)]
        return act.but(facts={name: tally[name] for name in COUNTS})
    return act


COUNTS = ("expected", "filed", "late", "unreported", "extended", "excused")
"""What a list of rounds shows of a year that is settled."""


# What acts do


def _state(round_: Round) -> AnnualState:
    if not isinstance(round_.of, AnnualState):
        raise TypeError(f"{round_.id} is no round of reports")
    return round_.of


def _urged(round_: Round, act: UrgeAll, when: Moment) -> Round:
    urged = _state(round_).urged + (act.facts or 0)
    return round_.but(of=_state(round_).but(urged=urged), counts={**round_.counts, "urged": urged})


def _settled(round_: Round, act: SettleYear, when: Moment) -> Round:
    """办结: the round is closed with its figures."""
    return closed(round_.but(counts={**round_.counts, **(act.facts or {})}), act, when)


def last_day(round_: Round) -> date:
    """The last day that the law gives to anybody in a round's area for its year (A-34, B-19); what is moved for one is not in it."""
    edition = (round_.pinned or pinned_on(day_of(round_.opened_at))).terms
    kinds = [round_.area.kind] if round_.area.kind else list(Kind)
    places = [round_.area.jurisdiction] if round_.area.jurisdiction else list(offices.OFFICES)
    days = {terms.value(edition, "annual.deadline", kind, place, round_.year) for kind in kinds for place in places}
    return max(date.fromisoformat(f"{round_.year}-{day}") for day in days)


def _may_open(round_: Round, act: OpenRound, when: Moment) -> Lack | None:
    """Its window ends no earlier than the law's: nobody is urged, or counted, by an earlier day."""
    return all_at_once(_lacks(round_, act, when))


def _lacks(round_: Round, act: OpenRound, when: Moment) -> Lacks:
    yield from lacks_of_window(round_, act, when)
    last = last_day(round_)
    of = f"{round_.area.kind.value}类" if round_.area.kind else "两类"
    if act.closes < last:
        yield "/closes", f"截止日不得早于{of}{round_.year}年度的法定报送末日（{on_day(last)}）"


def _may_settle(round_: Round, by: By, when: Moment) -> Lack | None:
    """Not before its window is over, nor before the last day of the law."""
    last = last_day(round_)
    return may_close(round_, by, when) or (
        Lack(missing=f"{round_.year}年度的法定报送末日（{on_day(last)}）未过")
        if when.at < midnight_after(last)
        else None
    )


def _by_settling(round_: Round, act: Any, when: Moment) -> Lack | None:
    """It is closed with the figures on record, or cancelled."""
    return Lack(missing=f"年度报送以“{AnnualActKind.SETTLE_YEAR.label}”结束，报送情况随之登记")


# What follows


def _acts(round_: Round, entry: RoundEntry, content: Mapping[str, Any] | None, known: Known) -> Iterator[Consequence]:
    """催报 of each on the list, in the name of whoever urged; what a filing refuses meanwhile is on record at its door."""
    for each in Urged.model_validate(content or {"filings": ()}).filings:
        yield ActOnFiling(each, {"kind": "urge_report", "year": round_.year})


def _told(text: str) -> Follows:
    """Whoever opened the round is told how far the year is."""

    def then(
        round_: Round, entry: RoundEntry, content: Mapping[str, Any] | None, known: Known
    ) -> Iterator[Consequence]:
        tally = Tally(Counter(report.state for _, report in _counted(round_, known)))
        numbers = {name: str(tally[name]) for name in COUNTS}
        by = round_.opened_by
        yield Letter(text, by.role, by.office, None, {**numbers, "days": str((round_.closes - day_of(entry.at)).days)})

    return Follows(then, _of_all)


def _to_offices(round_: Round, known: Known) -> Iterator[Told]:
    """Whoever opened it, and in a round over the province the offices that urge in it. No leader: the day by which it reports
    stands on its filing, and would be misread as moved or gone."""
    yield Told(round_.opened_by.role, round_.opened_by.office)
    yield from telling.reviewers(alliance for alliance, _ in _counted(round_, known))


def _items(round_: Round, entry: RoundEntry, content: Mapping[str, Any] | None) -> Iterator[Item]:
    """Who was urged, and in the end what became of each alliance's year."""
    match entry.event:
        case UrgeAll():
            for each in Urged.model_validate(content).filings:
                yield Item(filing_id=each, state="urged")
        case SettleYear():
            for became in YearFigures.model_validate(content).became:
                yield Item(filing_id=became.filing, state=became.state.value)
        case _:
            return


ROWS: Mapping[str, Row] = common(ARTICLE, OPENS) | {
    RoundActKind.OPEN_ROUND: Row(ARTICLE, OPENS, may=_may_open),
    RoundActKind.CLOSE_ROUND: Row(ARTICLE, OPENS, may=_by_settling, then=closed),
    AnnualActKind.URGE_ALL: Row("G-13", URGES, each_its_own=True, ready=in_window, then=_urged),
    AnnualActKind.SETTLE_YEAR: Row(ARTICLE, OPENS, owner_only=True, ready=_may_settle, then=_settled),
}

RULES = Rules(
    kind=RoundKind.ANNUAL,
    one_open=True,
    rows=ROWS,
    papers={AnnualActKind.URGE_ALL: Urged, AnnualActKind.SETTLE_YEAR: YearFigures},
    draws={AnnualActKind.URGE_ALL: _urging, AnnualActKind.SETTLE_YEAR: _figures},
    asks=_asks,
    examine=_examine,
    items=_items,
    lapses=lambda round_: window(round_, ARTICLE, REMINDED),
    follows={
        **telling.of_changes(_to_offices, _of_all),
        AnnualActKind.URGE_ALL: Follows(_acts),
        RoundLapseKind.REMINDER: _told("annual_progress"),
        RoundLapseKind.WINDOW_CLOSED: _told("annual_ended"),
    },
    words={state.value: state.label for state in ReportState}
    | {name: SHOWN[name].title for name in COUNTS}
    | {"urged": "已催报"},
)
