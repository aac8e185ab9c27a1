"""Official drafts (公文草稿): which documents an entry gives rise to, in the words of `regulation/data/texts/document/`.

Whatever event has a text there has a document. Below the title a line begins with a mark or with none:

    # ## heading    < addressee, flush left    ^ document number, centred    > signature and date    + attachment

A blank line is a blank line. Words in braces are filled in line by line, so that what people wrote never makes a mark.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

from activities.documents import gongwen
from activities.documents.gongwen import Grid
from activities.documents.record import Record, Step, read, receipts
from activities.letter_deliveries import got_through
from activities.register import Register
from models.acts import Lapse, ProposeRevocation, UrgeReport
from models.filing import Entry
from models.register import EntryRow, Paper
from models.values import day_of, legible
from models.vocabulary import LapseKind
from regulation import messages, offices, texts
from regulation.naming import on_day
from regulation.offices import Contact
from regulation.texts import Text, TextRefused
from regulation.wording import Facts, Names, past_of_case

LINE = re.compile(r"(##|[#<^>+])? ?(.*)")

UNFIT_FOR_A_NAME = re.compile(r'[\\/:*?"<>|\s\x00-\x1f\x7f]+')
LONGEST_NAME = 60


@dataclass(frozen=True)
class Draft:
    """One document as a file: `0007-补正通知书.docx`."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Written:
    """A document before it is set: its title, its lines each with its mark, and its attachments by their names."""

    title: str
    lines: tuple[tuple[str, str], ...]
    attachments: tuple[tuple[str, Grid], ...]


Contacts = Mapping[str, Contact]
"""How the offices are reached, by their keys."""

UNKNOWN: Contacts = MappingProxyType({})

UNCHECKED = "草稿，须经机关审核后印发"


class NotTogether(ValueError):
    """不能合并公示: 须为同一机构、同一类别、公示期相同的联盟."""


def draft(
    register: Register, filing_id: str, number: int, contacts: Contacts = UNKNOWN, *, text: str | None = None
) -> list[Draft]:
    """Every document that an entry gives rise to; with `text`, only that of this message's text."""
    return _drafts(read(register, filing_id), contacts, number, text)


def drafts(register: Register, filing_id: str, contacts: Contacts = UNKNOWN) -> list[Draft]:
    """Every document of a filing's whole life."""
    return of_record(read(register, filing_id), contacts)


def of_record(record: Record, contacts: Contacts = UNKNOWN) -> list[Draft]:
    """The same of what was read."""
    return _drafts(record, contacts)


def foreseen(
    register: Register, entry: Entry, contacts: Contacts = UNKNOWN, brought: Sequence[Paper] = ()
) -> list[Written]:
    """The documents that an entry would give rise to if it were the filing's next, with the papers that it would bring."""
    record = read(register, entry.filing.id)
    row = EntryRow(
        filing_id=entry.filing.id, number=entry.number, kind=entry.event.kind, stage=entry.stage, at=entry.at, entered_at=entry.entered_at,
        body=entry.model_dump_json(), effects="", hash="",
    )  # fmt: skip
    to_come = replace(record, entries=(*record.entries, row), papers=(*record.papers, *brought))
    return [each.written([each.step]) for each in _Told.all_of(to_come, to_come.steps[-1], contacts)]


def notice(register: Register, filing_ids: Sequence[str], contacts: Contacts = UNKNOWN) -> Draft:
    """公示 of several alliances at once, whose notices one office shows over the same days; raises `NotTogether`."""
    told = [_Told.of_notice(read(register, filing_id), contacts) for filing_id in filing_ids]
    if len({(each.office, each.step.filing.kind, each.days) for each in told}) != 1:
        raise NotTogether(NotTogether.__doc__)
    return told[0].compiled([each.step for each in told])


def _drafts(record: Record, contacts: Contacts, number: int | None = None, text: str | None = None) -> list[Draft]:
    if number is not None and not 0 < number <= len(record.steps):
        raise LookupError(f"没有第{number}号登记")
    steps = record.steps if number is None else record.steps[number - 1 : number]
    return [each.drawn() for step in steps for each in _Told.all_of(record, step, contacts, text)]


@dataclass(frozen=True)
class _Told:
    """An event's document: its text, and everything that its words and attachments need."""

    record: Record
    step: Step
    contacts: Contacts
    text: Text

    @classmethod
    def all_of(cls, record: Record, step: Step, contacts: Contacts, only: str | None = None) -> Iterator["_Told"]:
        """The documents of an entry: its messages, or those of one text, that have one in the family `document`."""
        told = messages.told(step.before, step.entry)
        for key in dict.fromkeys(each.text for each in told if only in (None, each.text)):
            if text := texts.find("document", key, step.filing.jurisdiction):
                yield cls(record, step, contacts, text)

    @classmethod
    def of_notice(cls, record: Record, contacts: Contacts) -> "_Told":
        """The document of a filing's last 公示."""
        for step in reversed(record.steps):
            if any(each.text == "notice_published" for each in messages.told(step.before, step.entry)):
                text = texts.find("document", "notice_published", step.filing.jurisdiction)
                assert text
                return cls(record, step, contacts, text)
        raise NotTogether(f"{record.row.filing_id}：尚未公示")

    @property
    def office(self) -> str:
        return self.step.filing.zone or self.step.filing.jurisdiction

    @property
    def days(self) -> tuple[object, ...]:
        period = self.step.filing.periods["notice"]
        return period.from_, period.until

    def drawn(self) -> Draft:
        """The document of this entry alone."""
        return self.compiled([self.step])

    def compiled(self, steps: Sequence[Step]) -> Draft:
        """The document, of the alliances of these steps."""
        written = self.written(steps)
        document = gongwen.blank(written.title, offices.name_of(self.office), self.step.entry.entered_at, UNCHECKED)
        gongwen.heading(document, written.title, 0)
        gongwen.write(document, list(written.lines))
        for number, (name, grid) in enumerate(written.attachments, 1):
            gongwen.attach(document, str(number) if len(written.attachments) > 1 else "", name, grid)
        return Draft(f"{self.step.entry.number:04d}-{_fit_for_a_name(written.title)}.docx", gongwen.saved(document))

    def written(self, steps: Sequence[Step]) -> Written:
        """What it says, of the alliances of these steps."""
        facts = Facts(self.step.before, self.step.entry, self._names(steps))
        lines = tuple(_lines(self.text.body, facts))
        attached = [text for mark, text in lines if mark == "+"]
        if unknown := next((name for name in attached if name not in ATTACHMENTS), None):
            raise TextRefused(f"没有名为 {unknown} 的附件；附件为 {'、'.join(ATTACHMENTS)}")
        return Written(
            texts.once(self.text.title.format_map(facts)),
            lines,
            tuple((name, ATTACHMENTS[name](self, steps)) for name in attached),
        )

    def _names(self, steps: Sequence[Step]) -> Names:
        earlier = (step.entry for step in self.record.steps[: self.step.entry.number - 1])
        return Names(
            alliance=self.step.shown["alliance_name"],
            leader=self.step.shown["leader"]["name"],
            past=past_of_case(self.step.filing, earlier, self._arrived),
            alliances=tuple(step.shown["alliance_name"] for step in steps),
            reached=self.contacts.get(self.office),
            proposed=self._proposed(),
            opened_on=self._opened_on(),
        )

    def _arrived(self, entry: Entry) -> bool:
        """Whether what an entry told the leader got through."""
        sent = [
            each for each in self.record.sent if each.message.number == entry.number and each.message.to == "leader"
        ]
        return all(got_through(each.letters, each.deliveries) for each in sent)

    def _opened_on(self) -> date | None:
        """The day on which the case was written down, which an outage puts after the instant of the law."""
        case = self.step.filing.case
        return day_of(self.record.steps[case.opened.number - 1].entry.entered_at) if case else None

    def _of_case(self) -> Iterator[Step]:
        """What happened in the case so far; what one officer entered for somebody, and nobody confirmed, did not (G-42)."""
        case = self.step.filing.case
        first = case.opened.number - 1 if case else self.step.entry.number
        steps = self.record.steps[first : self.step.entry.number]
        return (step for step in steps if step.entry.refused is None and not step.entry.awaits_second)

    def _proposed(self) -> str:
        """Why the case was opened, if a person proposed it."""
        events = (step.entry.event for step in self._of_case())
        return next((event.reason for event in events if isinstance(event, ProposeRevocation)), "")


def _lines(body: str, facts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The lines of a text, filled in; a word of several lines makes as many paragraphs of the same kind."""
    for line in body.split("\n"):
        parsed = LINE.fullmatch(line.rstrip())
        assert parsed
        for filled in texts.once(parsed[2].format_map(facts)).split("\n"):
            yield parsed[1] or "", legible(filled)


def _fit_for_a_name(title: str) -> str:
    return UNFIT_FOR_A_NAME.sub("", legible(title))[:LONGEST_NAME]


# Attachments


def _alliances(told: _Told, steps: Sequence[Step]) -> Grid:
    """拟备案联盟名单: what a notice may show, and no more (G-04b)."""
    return Grid(
        header=("序号", "联盟名称", "所在市", "盟主企业", "成员单位", "技术领域"),
        widths=(14, 30, 16, 26, 50, 20),
        rows=[
            (
                str(number),
                step.shown["alliance_name"],
                offices.OFFICES[step.filing.jurisdiction].city,
                step.shown["leader"]["name"],
                "、".join(member["name"] for member in step.shown["members"]),
                step.shown["technical_field"],
            )
            for number, step in enumerate(steps, 1)
        ],
    )


def _reminders(told: _Told, steps: Sequence[Step]) -> Grid:
    """提醒记录: when the leader was reminded or urged of which year, and what became of it (G-19)."""
    years = told.step.filing.case.years if told.step.filing.case else ()
    rows: list[tuple[str, ...]] = []
    for sent in told.record.sent:
        event = told.record.steps[sent.message.number - 1].entry.event
        if sent.message.to != "leader" or sent.message.number >= told.step.entry.number:
            continue
        year = told.step.filing.year(event.year or 0) if isinstance(event, Lapse | UrgeReport) else None
        if isinstance(event, Lapse | UrgeReport) and year and year.year in years:
            day = day_of(sent.message.created_at)
            about = _reminding(event, (day - day_of(year.due)).days + 1)
            rows.append((str(len(rows) + 1), on_day(day), f"{event.year}年度", about, "\n".join(receipts(sent))))
    if not rows:
        rows.append(("—", "—", "—", "系统未发出过提醒", "—"))
    header = ("序号", "日期", "年度", "事项", "送达情况")
    return Grid(header=header, widths=(12, 42, 22, 34, 46), rows=rows)


def _reminding(event: Lapse | UrgeReport, days: int) -> str:
    """What a reminder was, by the days from the deadline to the day on which it was written; or that an office urged."""
    if isinstance(event, UrgeReport):
        return f"{offices.title(event.by.role, event.by.office)}催报"
    if event.kind is LapseKind.YEAR_MISSED:
        return "提醒函"
    return f"截止前{-days}日提醒" if days < 0 else f"逾期{days}日提醒"


ATTACHMENTS: Mapping[str, Callable[[_Told, Sequence[Step]], Grid]] = {
    "拟备案联盟名单": _alliances,
    "提醒记录": _reminders,
}
"""What a text may attach, by the name it gives it."""
