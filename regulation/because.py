"""Because (理由): why an entry came, until when a period runs, how a year and a case stand, each as a sentence for whoever asks.

Nothing is decided here. What is so is read off the entries, days and numbers are those of `agenda`, `terms` and `calendar`, articles
those of the lifecycle's rows; what a lapse means stands in data/why.toml. `why` answers questions with these sentences.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files

from models.acts import Came, Lapse, Submit, Unreadable, Withheld
from models.filing import Counted, Entry, Filing, Period, ReportingYear
from models.reasons import Fact, Reason
from models.values import day_of
from models.vocabulary import LapseKind, Role, Stage, YearStatus
from regulation import agenda, data, lifecycle, naming, offices, service, term_names, terms
from regulation.articles import ANALOG, cite, quoted
from regulation.naming import CLAUSES, midnight, on_day
from regulation.revocation import GROUNDS

_DATA = tomllib.loads((files(data) / "why.toml").read_text("utf-8"))
LAPSES: Mapping[str, Mapping[str, str]] = _DATA["lapse"]
"""What each lapse rests on (`so`), what follows from it (`then`), and what the enterprise may do (`way`)."""

PERIODS: Mapping[str, str] = _DATA["period"]
"""What each period is called."""


@dataclass(frozen=True)
class Docket:
    """The entries that reasons rest on, the last one as of when something is asked; those after the number `known` time has not
    brought yet."""

    entries: Sequence[Entry]
    known: int

    @property
    def last(self) -> Entry:
        """The last entry."""
        return self.entries[-1]

    @property
    def filing(self) -> Filing:
        """The filing as it stands after it."""
        return self.last.filing

    def find(self, number: int) -> Entry | None:
        """The entry of a number."""
        place = number - self.entries[0].number
        return self.entries[place] if 0 <= place < len(self.entries) else None

    def up_to(self, number: int) -> "Docket":
        """The docket as it stood after an entry."""
        return Docket(self.entries[: number - self.entries[0].number + 1], self.known)

    def before(self, entry: Entry) -> Filing:
        """The filing before an entry."""
        earlier = self.find(entry.number - 1)
        return earlier.filing if earlier else entry.filing

    def since(self, holds: Callable[[Filing], bool]) -> Entry:
        """The entry since which something is so without a break; the last one if it is not."""
        first = self.last
        for entry in reversed(self.entries):
            if not holds(entry.filing):
                break
            first = entry
        return first

    def fact(self, entry: Entry, field: str) -> Fact:
        """An entry as what a sentence rests on, and where in it."""
        return Fact(entry=entry.number, day=day_of(entry.at), field=field, expected=entry.number > self.known)

    def called(self, entry: Entry) -> str:
        """An entry as sentences name it."""
        return "预计" if entry.number > self.known else f"第{entry.number}号登记"


def you(text: str) -> str:
    """What is said of the leader, said to it."""
    return text.replace("盟主企业", "您")


def by(law: str) -> str:
    """By which article, as a sentence begins: what was filled in by analogy says so itself."""
    return law if law.startswith(ANALOG) else f"依照{law}"


# Entries

FIELD = re.compile(r"/[\w/]+ (?=\S)", re.ASCII)
"""Where in an act something was wrong, as programs are told it."""


def of_entry(docket: Docket, entry: Entry) -> Reason:
    """Why an entry came: what somebody did, by which article and for which reason, or what time brought and how its day was counted."""
    event = entry.event
    if isinstance(event, Lapse):
        return _lapsed(docket, entry, event)
    called, article = docket.called(entry), quoted(entry.article, entry.filing.kind) or "系统的登记规则"
    day, what, then = naming.received(entry.at), naming.name_of_entry(entry), _followed(docket, entry)
    if entry.refused is not None or isinstance(event, Unreadable | Withheld):
        why = FIELD.sub("", entry.refused or "").rstrip("。")
        return Reason(
            enterprise=f"{day}收到的“{what}”没有登记为生效：{you(why)}。",
            office=f"“{what}”未予登记（{called}）：{why}。依据：{article}。",
            court=f"{day}收到“{what}”，{by(article)}未予办理（{called}），理由：{why}。",
            article=entry.article or cite("A-27"),
            facts=(docket.fact(entry, "/refused"),),
        )
    who, came = doer(entry), getattr(event, "came", None)
    reason = (
        f"，理由：{event_reason}" if (event_reason := str(getattr(event, "reason", None) or "").rstrip("。；")) else ""
    )
    undone = f"；第{entry.undoes}号登记因此不再有效" if entry.undoes else ""
    if came:
        what, told = naming.name_of(event), f"{_on_paper(entry, came)}{reason}{then}{undone}"
        return Reason(
            enterprise=f"“{what}”：{you(told)}。",
            office=f"“{what}”（{called}）：由{who}办理，{told}。依据：{article}。",
            court=f"{by(article)}，{who}办理“{what}”：{told}（{called}）。",
            article=entry.article,
            facts=(docket.fact(entry, "/event/came"),),
            because=tuple(_begun(docket.up_to(entry.number), entry)),
        )
    return Reason(
        enterprise=f"{day}，{you(who)}办理了“{what}”{reason}{then}{undone}。",
        office=f"“{what}”（{called}）：{day}，由{who}办理{reason}{then}{undone}。依据：{article}。",
        court=f"{day}，{who}{by(article)}办理“{what}”{reason}{then}{undone}（{called}）。",
        article=entry.article,
        facts=(docket.fact(entry, "/event/kind"),),
        because=tuple(_begun(docket.up_to(entry.number), entry)),
    )


def doer(entry: Entry) -> str:
    """Who did an act, by office; nobody by name."""
    event = entry.event
    if isinstance(event, Submit | Lapse | Unreadable):
        return Role.LEADER.label
    behalf = f"代{event.on_behalf_of.label}" if event.on_behalf_of else ""
    return offices.post(event.by.role, event.by.office) + behalf


def _on_paper(entry: Entry, came: Came) -> str:
    """How what came on paper came, when it was entered and compared, and as of which day it counts."""
    posted = f"{on_day(came.postmarked_on)}寄出（邮戳），" if came.postmarked_on else ""
    half = "登记，尚待另一人核对" if lifecycle.is_proposed(entry) else "登记并核对"
    entered = on_day(day_of(entry.entered_at))
    return f"{posted}{on_day(came.on)}收到，{entered}{half}，以{on_day(day_of(entry.at))}计"


def _followed(docket: Docket, entry: Entry) -> str:
    """Which stage an entry led to."""
    before = docket.before(entry).stage
    return "" if before is entry.stage else f"，备案由“{before.label}”转为“{entry.stage.label}”"


def _begun(docket: Docket, entry: Entry) -> Iterator[Reason]:
    """The periods that an entry began or moved."""
    before = docket.before(entry).periods if entry.number > docket.entries[0].number else {}
    for name, period in entry.filing.periods.items():
        was = before.get(name)
        changed = was is None or (was.from_, was.until) != (period.from_, period.until)
        if changed and period.count and name != "midway":  # which is no period of anybody's
            yield of_period(docket, name)


def undone_by(docket: Docket, entry: Entry) -> Entry | None:
    """The later entry by which what time had brought has lost its ground: it undoes that itself, or what that rested on."""
    before = docket.before(entry)
    case = before.case if isinstance(entry.event, Lapse) and entry.event.kind in OF_A_CASE else None
    years = [before.year(each) for each in case.years] if case else []
    if entry.event.kind == LapseKind.REVOCATION_OPENED:
        years = [*before.missed_in_a_row]
    rests_on = {entry.number, *([case.opened.number] if case else [])}
    rests_on |= {year.missed.number for year in years if year and year.missed}
    later = (each for each in docket.entries if each.number > entry.number and each.undoes in rests_on)
    return next((each for each in later if each.refused is None), None)


OF_A_CASE = (LapseKind.STATEMENT_ENDED, LapseKind.REVOKED)
"""What time brings in a case of revocation."""


def _fallen(docket: Docket, entry: Entry, undoer: Entry) -> Reason:
    """What time had brought and a later entry has undone: what was held then is told as such, and what follows now."""
    kind, undone = LapseKind(entry.event.kind), undoer.undoes
    words, at, what = LAPSES[kind], naming.due_at(entry.at, kind), naming.name_of(entry.event)
    name = naming.name_of(undoer.event)
    through = "" if undone == entry.number else f"，{docket.called(entry)}随之失去依据"
    filing, number = docket.filing, undoer.undoes
    due = filing.stage is Stage.REVOKED and "restoration" in filing.periods
    then = f"；应予恢复备案，由{offices.reviewer_of(filing)}办理" if due else ""
    then = "；备案已经恢复" if kind is LapseKind.REVOKED and filing.stage is Stage.IN_FORCE else then
    said = f"{at}曾登记“{what}”，当时认定{words['so']}；后因第{undoer.number}号登记“{name}”，第{number}号登记不再有效{through}{then}"
    article = cite("G-23") if due else undoer.article
    law = quoted(article, filing.kind)
    return Reason(
        enterprise=f"{you(said)}。{'您不必申请。' if due else ''}",
        office=f"{said}（{docket.called(entry)}）。依据：{law}。",
        court=f"{said}（{docket.called(entry)}；{law}）。",
        article=article,
        facts=(docket.fact(undoer, "/undoes"), docket.fact(entry, "/event/kind")),
        because=(of_entry(docket, undoer),),
    )


def _lapsed(docket: Docket, entry: Entry, lapse: Lapse) -> Reason:
    """What time has brought."""
    if undoer := undone_by(docket, entry):
        return _fallen(docket, entry, undoer)
    before = docket.before(entry)
    due = next((each for each in agenda.dues(before) if _is(each.lapse, lapse)), agenda.Due(entry.at, lapse))
    stood = docket.up_to(entry.number - 1) if docket.find(entry.number - 1) else docket
    at, words, article = (
        naming.due_at(entry.at, lapse.kind),
        LAPSES[lapse.kind],
        quoted(entry.article, entry.filing.kind),
    )
    so, then, called = words["so"], words["then"] + _followed(docket, entry), docket.called(entry)
    way = f"{words['way']}。" if _still(docket, entry, lapse) else ""
    return Reason(
        enterprise=f"{at}，{you(so)}，{you(then)}。{way}",
        office=f"“{naming.name_of(lapse)}”（{called}）：{at}，{so}；{then}。依据：{article}。",
        court=f"{at}，{so}，{by(article)}，{then}（{called}）。",
        article=entry.article,
        facts=(docket.fact(entry, "/event/kind"), *_beneath(stood, due)),
        because=tuple(_behind(stood, due)),
    )


def _still(docket: Docket, entry: Entry, lapse: Lapse) -> bool:
    """Whether what a lapse brought still stands, so that its advice is still good."""
    year = docket.filing.year(lapse.year) if lapse.year else None
    if lapse.kind is LapseKind.YEAR_MISSED and (year is None or year.year < docket.filing.years[-1].year - 1):
        return False
    return docket.filing.stage is entry.stage and (year is None or year == entry.filing.year(year.year))


def _is(one: Lapse, other: Lapse) -> bool:
    return (one.kind, one.of, one.year, one.days) == (other.kind, other.of, other.year, other.days)


def to_come(docket: Docket, due: agenda.Due, *, shortly: bool = False, again: bool = False) -> Reason:
    """What time will bring if nobody acts, `again` if it has before; `shortly` only with how its own day was counted."""
    lapse, filing = due.lapse, docket.filing
    words, at = LAPSES[lapse.kind], naming.due_at(due.at, lapse.kind)
    article, period = lifecycle.article_of(lapse, filing), agenda.period_of(filing, due)
    moves = "（日期为暂定，工作日历公布后可能后延）" if agenda.is_provisional(filing, due) else ""
    moves += naming.reserved(unopened=_unopened(docket, due.period))
    so, then, law = words["so"], words["then"], quoted(article, filing.kind)
    return Reason(
        enterprise=f"到{at}{moves}，{you(so)}的，{you(then)}。{words['way']}。",
        office=f"{naming.coming(lapse)}：{at}{moves}；{so}的，{then}。依据：{law}。",
        court=f"尚未{'再次' if again else ''}发生“{naming.name_of(lapse)}”：{by(law)}，到{at}{moves}，{so}的，{then}。",
        article=article,
        facts=tuple(_beneath(docket, due)) or (docket.fact(docket.last, "/filing/stage"),),
        counted=agenda.counted(filing, due),
        terms=period.terms if period else filing.terms,
        calendar=period.calendar if period else filing.calendar,
        because=tuple(_behind(docket, due, shortly=shortly)),
    )


def _beneath(docket: Docket, due: agenda.Due) -> Iterator[Fact]:
    """Where a filing holds what a lapse comes of."""
    if due.period:
        yield docket.fact(
            docket.since(lambda each: due.period in each.periods), f"/filing/clocks/{pointed(due.period)}"
        )
    elif due.lapse.year and (at := _place(docket.filing, due.lapse.year)) is not None:
        yield docket.fact(docket.last, f"/filing/years/{at}/due")


def pointed(name: str) -> str:
    """A name as a part of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def _place(filing: Filing, year: int) -> int | None:
    return next((at for at, each in enumerate(filing.years) if each.year == year), None)


def _behind(docket: Docket, due: agenda.Due, *, shortly: bool = False) -> Iterator[Reason]:
    """The reasons behind a lapse: the years of a case, its steps, and how the period was counted."""
    kind, filing = due.lapse.kind, docket.filing
    if shortly and due.period:
        yield of_period(docket, due.period)
    elif kind is LapseKind.REVOCATION_OPENED:
        yield from (of_year(docket, year) for year in filing.missed_in_a_row)
    elif kind in (LapseKind.REVOKED, LapseKind.STATEMENT_ENDED):
        yield from of_case(docket)
    elif due.lapse.year and not due.period and (year := filing.year(due.lapse.year)):
        yield of_deadline(docket, year)
    elif due.period:
        yield of_period(docket, due.period)


# Periods


OF_ANOTHER = {"restoration": "G-23"}
"""Periods as long as one of another requirement, with the requirement behind them."""


def _unopened(docket: Docket, period: str | None) -> bool:
    """Whether a period runs from a notice that has gone out and that nobody has opened up to now (G-18)."""
    notification = docket.filing.notification
    sent = notification is not None and notification.number <= docket.known <= docket.last.number
    return sent and service.is_unopened(docket.filing, period)


def of_period(docket: Docket, name: str) -> Reason:
    """Until when a running period runs: from which entry, how many days of what, which were left out."""
    filing = docket.filing
    period, what, (key, _, _) = filing.periods[name], name_of_period(name), name.partition(":")
    begun = docket.since(lambda each: _same(each.periods.get(name), period))
    moved = docket.since(lambda each: name in each.periods and each.periods[name].until == period.until)
    facts = [docket.fact(begun, f"/filing/clocks/{pointed(name)}/from")]
    if moved.number != begun.number:
        facts.append(docket.fact(moved, f"/filing/clocks/{pointed(name)}/until"))
    number = OF_ANOTHER.get(key) or terms.article(
        period.terms, agenda.LENGTHS.get(key, key), filing.kind, filing.jurisdiction
    )
    article = cite(of_ground(filing, number)) if number else _chased_by(filing, key) or begun.article
    counted, last = agenda.explained(filing, period), on_day(agenda.last_day(period))
    law, later = (
        quoted(article, docket.filing.kind),
        f"，后由{docket.called(moved)}延长" if moved.number != begun.number else "",
    )
    if period.count is None or period.unit == "date":
        short = exact = f"{what}至{naming.midnight(period.until)}届满"
    else:
        short = f"{what}：{_from(period)}起算{_length(period)}，到{last}24时为止{_left_out_shortly(counted)}"
        exact = f"{what}为{_length(period)}，{_from(period)}起算（{docket.called(begun)}）{_left_out(counted)}，至{last}24时届满{later}"
    moves = "；工作日历公布以前为暂定日期" if period.provisional else ""
    moves += "；通知尚未签收，暂计，以送达为准" if _unopened(docket, name) else ""
    by_calendar = "" if short == exact else f"；按工作日历{period.calendar}计算"
    return Reason(
        enterprise=f"{short}{moves}。",
        office=f"{exact}{moves}。依据：{law}。",
        court=f"{by(law)}{_standard(filing, period.terms, agenda.LENGTHS.get(key, key))}，{exact}{by_calendar}{moves}。",
        article=article,
        facts=tuple(facts),
        counted=counted,
        terms=period.terms,
        calendar=period.calendar,
    )


def of_ground(filing: Filing, number: str) -> str:
    """The requirement of a case's own ground where one is that of any case."""
    ground = lifecycle.ground_of(filing)
    return GROUNDS[ground] if number in lifecycle.OF_ANY_CASE and ground in GROUNDS else number


def _standard(filing: Filing, edition: str, key: str) -> str:
    """Which edition of the terms sets a number, and under which name. A document is named only for the numbers that it sets itself;
    the first edition's fill the gaps of the law, and its own document does not hold them."""
    found = terms.source(edition, key, filing.kind, filing.jurisdiction)
    number = terms.article(edition, key, filing.kind, filing.jurisdiction)
    if found is None or number is None:
        return ""
    name = term_names.NAMES[key].partition("（")[0]
    if found.base:
        return f"（期限标准{found.name}，{found.document_no}，“{name}”）"
    if number.startswith("G"):
        return f"（法无明文，按本机关公布的期限标准{found.name}“{name}”）"
    return f"（期限标准{found.name}“{name}”）"


def _chased_by(filing: Filing, key: str) -> str | None:
    """The article by which whoever lets a period pass is chased: that of a period that no number of the terms measures."""
    row = next((each for each in lifecycle.TABLE if each.event is agenda.CHASED.get(key)), None)
    return row.article(filing.kind, lifecycle.ground_of(filing)) if row else None


def name_of_period(name: str) -> str:
    """What a period is called, with its year if it is of one."""
    key, _, about = name.partition(":")
    return (f"{about}年度的" if about.isdecimal() and len(about) == 4 else "") + PERIODS[key]


def _same(one: Period | None, other: Period) -> bool:
    return one is not None and one.from_ == other.from_


def _from(period: Period) -> str:
    return f"自{on_day(period.from_)}{'（当日计入）' if period.first_day_counts else '的次日'}"


def _length(period: Period) -> str:
    return f"{period.count}{'个工作日' if period.unit == 'working_day' else '日'}"


def _left_out_shortly(counted: Counted) -> str:
    return f"，其间{len(counted.skipped)}个休息日不计" if counted.skipped else ""


def _left_out(counted: Counted) -> str:
    """Every day that was left out, and every weekend day that was not."""
    skipped = f"，不计{_days(counted.skipped)}" if counted.skipped else ""
    return skipped + (f"，计入{_days(counted.worked)}" if counted.worked else "")


def _days(named: Sequence[str]) -> str:
    """Days with their names, as offices write them: 2026年2月17日春节."""
    each = (name.partition(" ") for name in named)
    return "、".join(f"{on_day(date.fromisoformat(day))}{called}" for day, _, called in each)


# Reporting years

STANDS = {
    YearStatus.OPEN: ("还没有收到", "A-34"),
    YearStatus.FILED: ("于{at}收到，在截止以前，为按期报送", "G-11"),
    YearStatus.LATE: ("于{at}收到，在截止以后，记为补报，不计入连续未报送", "G-11"),
    YearStatus.MISSED: ("在截止以前没有收到，于{at}记为未报送", "A-42"),
    YearStatus.EXCUSED: ("已经免予报送，不计入连续未报送", "G-12"),
}
"""How a year stands, and the requirement behind it."""


def of_year(docket: Docket, year: ReportingYear) -> Reason:
    """How a reporting year stands, and why: when its report came, or that none did, and until when it was due."""
    entry = docket.since(lambda each: _stands(each.year(year.year)) == _stands(year))
    says, number = STANDS[year.status]
    at: datetime | None = year.missed.at if year.missed else year.filed_at
    told = naming.midnight(at) if year.missed and at else naming.received(at) if at else ""
    what, says = f"{year.year}年度总结和计划", says.format(at=told)
    says = f"如果一直无人办理，{says}" if entry.number > docket.known else says
    called, due = docket.called(entry), midnight(year.due)
    article = deadline_article(docket.filing) if year.status in ON_TIME else cite(number)
    place = _place(entry.filing, year.year)
    return Reason(
        enterprise=f"{what}应在{due}以前报送，{says}。",
        office=f"{what}应在{due}以前报送，{says}（{called}）。依据：{quoted(article, docket.filing.kind)}。",
        court=f"{what}应在{due}以前报送，{says}（{called}）；{by(quoted(article, docket.filing.kind))}认定。",
        article=article,
        facts=(docket.fact(entry, f"/filing/years/{place}"),),
        because=(of_deadline(docket, year),),
    )


ON_TIME = (YearStatus.OPEN, YearStatus.FILED)
"""Years to which only the deadline itself applies."""


def deadline_article(filing: Filing) -> str:
    """The article that sets a filing's yearly deadline."""
    edition = agenda.governing(filing, "annual.deadline")
    return cite(terms.article(edition, "annual.deadline", filing.kind, filing.jurisdiction) or "A-34")


def _stands(year: ReportingYear | None) -> object:
    return year and (year.status, year.filed_at, year.missed)


def of_deadline(docket: Docket, year: ReportingYear) -> Reason:
    """Until when a year is due: by the terms, or as it was moved or extended."""
    filing = docket.filing
    statutory = agenda.annual_deadline(filing, year.year)
    set_by = docket.since(lambda each: (told := each.year(year.year)) is not None and told.due == year.due)
    edition = agenda.governing(filing, "annual.deadline")
    article, due = deadline_article(filing), midnight(year.due)
    moved = (
        f"原为{midnight(statutory)}，后改为{due}（{docket.called(set_by)}）" if year.due != statutory else f"为{due}"
    )
    return Reason(
        enterprise=f"{year.year}年度的报送截止{moved}；截止之日为固定日期，遇休息日不顺延。"
        if not agenda.number(filing, "annual.roll_forward")
        else f"{year.year}年度的报送截止{moved}；遇休息日顺延。",
        office=f"{year.year}年度报送截止{moved}。依据：{quoted(article, docket.filing.kind)}。",
        court=f"{by(quoted(article, docket.filing.kind))}{_standard(filing, edition, 'annual.deadline')}，{year.year}年度报送截止{moved}。",
        article=article,
        facts=(docket.fact(set_by, f"/filing/years/{_place(set_by.filing, year.year) or 0}/due"),),
        terms=edition,
        calendar=filing.calendar,
    )


# A case of revocation


def of_case(docket: Docket) -> Iterator[Reason]:
    """What a revocation rests on and how far it has come: its ground or years, its service, what was stated, what keeps it."""
    filing, case = docket.filing, docket.filing.case
    if case is None:
        return
    for year in (filing.year(each) for each in case.years):
        if year:
            yield of_year(docket, year)
    ground = cite(GROUNDS.get(case.ground, "A-42"))
    if opened := docket.find(case.opened.number):
        said = f"撤销程序于{on_day(day_of(case.opened.at))}启动，情形为{CLAUSES[case.ground]}：{case.ground.label}"
        yield alike(docket, opened, "/filing/case/opened", said, ground)
    if case.served_on is None:
        yield alike(docket, docket.since(_awaits_service), "/filing/case", NOT_SERVED, cite("G-18"))
    else:
        unopened = _unopened(docket, "window")
        how = "送入收件箱，尚未签收，陈述申辩期限暂自此起计，以送达为准" if unopened else "送达，陈述申辩期限自此起算"
        said = f"告知书于{on_day(case.served_on)}{how}"
        yield alike(docket, docket.since(_served), "/filing/case/served_on", said, cite("G-18"))
    proving = (name for name in filing.periods if name.startswith("denied:"))
    for name in ("window", "statement_grace", "listing_cure", *proving):
        if name in filing.periods:
            yield of_period(docket, name)
    yield from keeping(docket)


NOT_SERVED = "告知书还没有送达，陈述申辩期限没有起算"


def _awaits_service(filing: Filing) -> bool:
    return filing.case is not None and filing.case.served_on is None


def _served(filing: Filing) -> bool:
    return filing.case is not None and filing.case.served_on is not None


KEEPS: tuple[tuple[Callable[[Filing], bool], str, str, str], ...] = (
    (lambda filing: filing.on_hold, "撤销程序处于暂停，解除以前不作出决定", "/filing/case/held", "G-16"),
    (
        lambda filing: filing.case is not None and filing.case.defence == "open",
        "有陈述申辩等待复核，复核以前不作出决定",
        "/filing/case/defence",
        "G-17",
    ),
    (
        lambda filing: filing.case is not None and filing.case.defence == "rejected",
        "陈述申辩经复核，没有采纳",
        "/filing/case/defence",
        "G-17",
    ),
    (agenda.awaits_extension, "有延期申请等待批复，批复以前不自动撤销", "/filing/years", "G-14"),
    (
        agenda.awaits_calendar,
        "期限落在尚未公布放假安排的年份，工作日历公布以前不自动撤销",
        "/filing/clocks/calendar",
        "G-09",
    ),
    (
        lambda filing: agenda.awaits_letter(filing, LapseKind.REVOKED),
        "有代为登记的来文等待核对，属实与否由两人认定以前不作出决定",
        "/filing/proposals",
        "G-42",
    ),
    (
        lambda filing: bool(agenda.protecting(filing)) and not agenda.awaits_letter(filing, LapseKind.REVOKED),
        "有代为登记的来文等待核对，核对以前不自动办结",
        "/filing/proposals",
        "G-42",
    ),
    (
        lambda filing: bool(agenda.untold_denials(filing, LapseKind.REVOKED)),
        "认定来文不符还没有送达盟主企业，送达以后提供凭证的期限方才起算",
        "/filing/clocks",
        "G-42",
    ),
    (service.is_doubted, "告知书没有签收，其他方式也没有送到", "/filing/clocks/unread", "G-18"),
)
"""What keeps a case from its end, or has ceased to: whether it is so, in words, where a filing holds it, and the requirement behind it."""


def keeping(docket: Docket) -> Iterator[Reason]:
    """What keeps a case from its end."""
    for holds, said, field, number in KEEPS:
        if holds(docket.filing):
            yield alike(docket, docket.since(holds), field, said, cite(of_ground(docket.filing, number)))


def alike(docket: Docket, entry: Entry, field: str, said: str, article: str, behind: Iterable[Reason] = ()) -> Reason:
    """What is said alike to everybody, with its entry and its article as the filing's kind is told it."""
    called, law = docket.called(entry), quoted(article, docket.filing.kind)
    day = "" if entry.number > docket.known else f"，{on_day(day_of(entry.at))}"
    return Reason(
        enterprise=f"{you(said)}。",
        office=f"{said}（{called}）。依据：{law}。",
        court=f"{said}（{called}{day}；{law}）。",
        article=article,
        facts=(docket.fact(entry, field),),
        because=tuple(behind),
    )


def missing_in_a_row(docket: Docket) -> Reason:
    """How many years in a row were missed, of how many that open a revocation."""
    filing = docket.filing
    needed, missed = agenda.number(filing, "revocation.missed_years"), filing.missed_years
    entry = docket.since(lambda each: each.missed_years == missed)
    reason = alike(
        docket,
        entry,
        "/filing/years" if entry.filing.years else "/filing/stage",
        f"连续未报送{missed}年，满{needed}年的才启动撤销程序",
        cite("A-42"),
    )
    return reason.but(because=tuple(of_year(docket, year) for year in filing.missed_in_a_row))


def here(docket: Docket) -> Entry:
    """The entry that brought a filing to its stage."""
    stage: Stage = docket.filing.stage
    return docket.since(lambda each: each.stage is stage)
