"""Intake (受理前核对): everything that can be said about an application, at once (G-35…G-40).

`examine` finds errors, which start nothing; warnings, shown to the reviewer; and checks, the lines of the reviewer's
checklist. From an application without errors it computes the facts that the law decides by. The same examination is
made at the door and again, from the paper, by the workflow's first step.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, assert_never, get_args

from models.acts import By, Submit
from models.faults import BELOW_ZERO
from models.filing import Filing
from models.findings import Finding
from models.forms import FIELDS, UPLOADED, Application, Document, FormA, FormB, Member
from models.legacy import ListedAlliance
from models.local_rules import MOST as MOST_CRITERIA
from models.local_rules import LocalRules
from models.sections import TEXTS
from models.values import Value, at_hour, day_of, digest, midnight_after, on_day
from models.vocabulary import ByKind, Kind, Role, Severity
from regulation import calendar, checklist, codes, listed, local_rules, offices, promises, terms
from regulation.articles import ARTICLES
from regulation.calendar import CALENDARS
from regulation.checklist import Line
from regulation.judging import C, E, Judging, Known, W
from regulation.promises import Promise
from regulation.reading import NO_PROGRAMS, NO_SECRETS, bounded, codes_in, finding, is_program, read, twice, unseen
from regulation.service import STRICTER_SINCE
from regulation.terms import TERMS, terms_on

FORM_OF: ByKind[type[FormA] | type[FormB]] = ByKind(a=FormA, b=FormB)
FORMS: dict[str, type[FormA] | type[FormB]] = {kind.value: FORM_OF[kind] for kind in Kind}
"""Which form a kind is applied for on, by what the form says of itself."""

ON_FORM_B = {
    "FA-01": "FB-01", "FA-02": "B-02", "FA-04": "B-02", "FA-12": "B-02", "FA-13": "B-02", "FA-14": "B-02",
    "FA-15": "FB-19", "FA-16": "FB-19", "FA-17": "FB-19", "FA-18": "FB-19", "FA-19": "FB-20", "FA-20": "FB-22",
    "A-06": "B-10", "A-12": "B-10", "A-13": "B-12", "A-14": "B-10", "A-17": "B-08", "A-24": "B-14", "A-27": "B-16",
    "A-28": "B-16", "A-55": "B-24",
}  # fmt: skip
"""What a requirement that both kinds share is numbered for kind B."""

NUMBERS: ByKind[Mapping[str, str]] = ByKind(a={}, b=ON_FORM_B)
"""What is numbered otherwise on the form of a kind than on form A."""

DOCUMENTS_OF: ByKind[tuple[str, ...]] = ByKind(
    a=("D1", "D2", "D3", "D8"),
    b=("D1", "D2", "D3", "D4", "D5a", "D5b", "D6", "D8"),
)
"""What the leader of a kind submits."""

REQUIREMENTS = frozenset(
    {*ARTICLES, *ON_FORM_B, *ON_FORM_B.values(), *get_args(Document.model_fields["kind"].annotation)}
    | {code for form in FORMS.values() for code in codes_in(form)}
    | {f"C{number}" for number in range(1, MOST_CRITERIA + 1)}
)
"""Everything that a deficiency can be about: a requirement, a field of a form, a document, a city's criterion (A-30, A-51)."""

OF_APPLICATIONS = tuple(dict.fromkeys(each for documents in DOCUMENTS_OF.values() for each in documents))
"""What a leader submits, of whichever kind; the formal document and the annual report's parts come later."""

ONCE = ByKind(
    a={"D1": "联盟备案申请表", "D2": "联盟协议文本复印件"},
    b={"D1": "联盟备案申请表", "D2": "联盟协议文本复印件", "D4": "上一年度纳税申报表"},
)
"""What every application of a kind has once, besides the members' certificates (A-28, B-16)."""

EITHER: ByKind[dict[str, str]] = ByKind(
    a={}, b={"D5a": "上一年度研发费用加计扣除明细表", "D5b": "上一年度研发投入专项审计报告"}
)
"""Of these it has one (B-16)."""

SUFFIX = ByKind(a="产学研联盟", b="联盟")
"""What an alliance's name ends with (FA-01, FB-01)."""

ONLY_MAIN_MEMBERS = ByKind(a=True, b=False)
MAIN_ROWS = 10
"""Of how many members a form lists the main ones only (A-56)."""

FIRST_DAY = TERMS[next(iter(TERMS))].since
"""《工作指引》 is in force from here on."""


NOTHING_CORRECTED = "补正材料与上一版完全相同，未作任何补正"


class Examination(Value):
    """An application as examined: its findings and, if none is an error, the form and its facts."""

    findings: tuple[Finding, ...]
    form: FormA | FormB | ListedAlliance | None = None
    facts: Submit | None = None

    @property
    def refused(self) -> bool:
        return any(each.severity is Severity.ERROR for each in self.findings)


def examine(
    raw: Mapping[str, Any], received_at: datetime, known: Known | None = None, *, correcting: Filing | None = None
) -> Examination:
    """Everything that can be said about an application, on form A or form B, received at an instant (A-55, B-24, G-43).

    What only a person can judge goes on the checklist (A-03, A-07, A-11…A-15, A-17…A-21, A-53; B-08, B-10…B-13), and so does
    what its city adds (A-51).

    `correcting` is the filing that this is a correction of: its kind and place stay, and the intake window of kind B was
    kept by its first submission (G-07).
    """
    if raw.get("listed") and correcting is None:
        return _examine_listed(raw, received_at, known)
    form_type = FORMS.get(str(raw.get("kind")))
    if form_type is None:
        return Examination(findings=(finding("A-55", "/kind", E, "申请表类别：只能是 A 或 B"),))
    kind = Kind(raw["kind"])
    numbers = NUMBERS[kind]
    form, findings = read(form_type, raw, numbers)
    findings = [more_than_nothing(each) for each in findings]
    judge = Judge(form, received_at, known, correcting)
    findings = _judged(findings, judge.findings(), numbers)
    findings += twice(form, codes=numbers)
    if judge.day >= STRICTER_SINCE:
        findings += unseen(form, codes=numbers)
    asked = (*checklist.CHECKS[kind], *local_rules.lines(judge.local))
    findings = [*bounded(findings), *map(_asked, asked)]
    examination = Examination(findings=tuple(findings))
    if examination.refused:
        return examination
    untold = form.but(**dict.fromkeys(TEXTS))  # that a page told the wording this time corrects nothing
    if correcting and known and known.present in (digest(paper(form)), digest(paper(untold))):
        examination = Examination(findings=(finding("G-07", "", W, NOTHING_CORRECTED), *examination.findings))
    return examination.but(form=form, facts=_facts(form, received_at))


@lru_cache(1000)
def _asked(line: Line) -> Finding:
    """What a line of the checklist asks of whoever reviews an application: of every one the same."""
    return finding(line.code, "", C, line.asks)


def _examine_listed(raw: Mapping[str, Any], received_at: datetime, known: Known | None) -> Examination:
    """A row of a list of alliances from before this system, which only the province imports (A-02)."""
    form, found = read(ListedAlliance, raw, {})
    found = [*_judged(found, listed.Judge(form, received_at, known).findings(), {}), *twice(form), *unseen(form)]
    examination = Examination(findings=tuple(bounded(found)))
    if examination.refused:
        return examination
    return examination.but(form=form, facts=_facts_of_listed(form, day_of(received_at)))


SPENT = {
    "/leader/rd_last_year": "须大于0：上一年度须有研发投入",
    "/leader/last_year/rd": "须大于0：近一年须有研发投入",
}
"""What a leader must have spent, and what is said where it is nothing, or less (A-13, B-12)."""


def more_than_nothing(read_: Finding, at: str = "") -> Finding:
    """What was found by reading a form; of a negative amount that must be more than nothing, that: one bound is said in one way."""
    told = SPENT.get(read_.field.removeprefix(at))
    return read_.but(message=told) if told and read_.message.endswith(BELOW_ZERO) else read_


def _judged(read_: Sequence[Finding], judged: Iterable[Finding], numbers: Mapping[str, str]) -> list[Finding]:
    """What was found by reading a form, and by judging what could be read of it; each with its number and article."""
    unread = {each.field for each in read_}
    new = (each.but(code=numbers.get(each.code, each.code)) for each in judged if each.field not in unread)
    return [finding(each.code, each.field, each.severity, each.message) for each in (*read_, *new)]


def _facts_of_listed(form: ListedAlliance, day: date) -> Submit:
    """In force with what the list says; what it does not say the leader fills in later, and nothing is served by inbox until then."""
    leader = codes.normalised(form.leader.uscc) if form.leader.uscc else listed.stand_in(form.filing_id)
    zone = offices.zone_named(form.zone_name) if form.kind == Kind.B and form.zone_name else None
    return Submit(
        by=form.by or By(person="platform", office=offices.PROVINCE, role=Role.PROVINCE_ST),
        filing=form.filing_id,
        alliance=Kind(form.kind),
        jurisdiction=form.jurisdiction,
        zone=zone.key if zone and offices.reviews_in(Kind.B, form.jurisdiction, zone.key, day) else None,
        leader=leader,
        paper=digest(paper(form)),
        substance=substance(form.alliance_name, leader, (), form.technical_field or ""),
        address=address_of(form.filing_id, ""),
        terms=terms_on(day),
        archived_on=form.legacy.archived_on,
        archive_number=form.legacy.archive_number,
        calendar=CALENDARS.newest(day),
        serves_all=True,
        whole_checklist=True,
        chased_until_done=True,
        incomplete=True,
    )


def future(field: str) -> Finding:
    """The finding on a receipt that is stamped ahead of the clock (Instants 3)."""
    return finding("A-27", field, E, "收到时间晚于系统时间")


def paper(form: Application | ListedAlliance) -> dict[str, Any]:
    """The application as it goes into the register: without the door's stamps, so that a repetition is the same."""
    return form.but(received_at=None, by=None).model_dump(mode="json")


def substance(name: str, leader: str, members: tuple[Member, ...], field: str) -> str:
    """Digest of the four things whose change asks for a new notice: name, leader, members, field (Q7).

    The leader is a member, whether or not it has a row (Q28).
    """
    leader = codes.normalised(leader)
    return digest([name, leader, sorted({leader, *(codes.normalised(each.code) for each in members)}), field])


def address_of(filing_id: str, address: str) -> str:
    """Digest of the designated address of service; only whether it changed matters (Q26)."""
    return digest([filing_id, address])


def _facts(form: Application, received_at: datetime) -> Submit:
    day = day_of(received_at)
    leader = codes.normalised(form.leader.uscc)
    return Submit(
        by=form.by or By(person="platform", office=leader, role=Role.LEADER),
        filing=form.filing_id,
        alliance=Kind(form.kind),
        jurisdiction=form.jurisdiction,
        zone=_zone(form, day),
        leader=leader,
        paper=digest(paper(form)),
        substance=substance(form.alliance_name, form.leader.uscc, form.members, form.technical_field),
        consent=form.service.consent,
        address=address_of(form.filing_id, form.service.address),
        terms=terms_on(day),
        archived_on=form.legacy.archived_on if form.legacy else None,
        archive_number=form.legacy.archive_number if form.legacy else None,
        calendar=CALENDARS.newest(day),
        serves_all=True,
        whole_checklist=True,
        chased_until_done=True,
        continues=form.previous_filing_id if isinstance(form, FormB) else None,
    )


def _zone(form: Application, day: date) -> str | None:
    """The zone body reviews kind B if the leader is in one that has staff for it; else the city (B-14, G-30)."""
    zone = offices.zone_named(form.zone_name) if isinstance(form, FormB) and form.zone_name else None
    return zone.key if zone and offices.reviews_in(Kind.B, form.jurisdiction, zone.key, day) else None


def characters(text: str) -> int:
    """限500字: code points without white space, composed (G-37)."""
    return len("".join(unicodedata.normalize("NFC", text).split()))


def _number(key: str, day: date, kind: Kind, jurisdiction: str) -> Any:
    return terms.find(terms_on(day), key, kind, jurisdiction, day.year)


def asked_by_city(kind: Kind, jurisdiction: object, day: date, correcting: Filing | None = None) -> LocalRules | None:
    """What the city of an application asks besides; a correction is held to what its first submission was (A-51, G-44)."""
    if correcting:
        return local_rules.rules_of(correcting)
    return local_rules.rules_on(day, terms_on(day), kind, jurisdiction) if isinstance(jurisdiction, str) else None


BY_CALL = ByKind(a=False, b=True)
"""Whether a kind is applied for upon the province's yearly call only (B-02)."""


def call_of(day: date, jurisdiction: str) -> tuple[date, date] | None:
    """The first and last day of kind B's intake in a year, if its call is known (B-02)."""
    window = _number("intake.window", day, Kind.B, jurisdiction)
    return (date.fromisoformat(window["opens"]), date.fromisoformat(window["closes"])) if window else None


class Judge(Judging[Application]):
    """The rules across the fields of an application. Of a change only the parts that it touches are judged (changes.py)."""

    def __init__(
        self, form: Application, received_at: datetime, known: Known | None, correcting: Filing | None
    ) -> None:
        super().__init__(form, received_at, known)
        self.correcting = correcting
        self.completing = correcting is not None and correcting.incomplete
        self.local = None
        if form.kind and not form.legacy and not self.completing:
            self.local = asked_by_city(Kind(form.kind), form.jurisdiction, self.day, correcting)

    def findings(self) -> Iterator[Finding]:
        """Everything across the fields of an application."""
        yield from self.identity()
        yield from self.name()
        yield from self.agreement()
        yield from self.members()
        yield from self.documents()
        yield from self.of_the_city()
        yield from self.history()
        match self.form:
            case FormA():
                yield from self.form_a(self.form)
            case FormB():
                yield from self.form_b(self.form)
            case _:
                assert_never(self.form)

    def note(self, line: Line, field: str, severity: Severity) -> Finding:
        """A finding that an officer looks at, like the lines of the checklist."""
        return self.say(line.code, field, severity, line.asks)

    def identity(self) -> Iterator[Finding]:
        """Who files, and where (A-24, A-27, B-10, G-44)."""
        form, leader = self.form, self.form.leader
        if not self.day >= FIRST_DAY or self.day.year >= calendar.LAST_YEAR:
            yield self.say(
                "G-44", "/received_at", E, f"本系统办理{on_day(FIRST_DAY)}至{calendar.LAST_YEAR - 1}年的备案申请"
            )
        if form.integrity_commitment is False:
            yield self.say("A-27", "/integrity_commitment", E, "须作出诚信承诺")
        yield from self.confirmed("integrity_text", promises.in_force("integrity", self.day))
        yield from self.confirmed("service_text", promises.in_force("service", self.day))
        if self.correcting:
            yield from self.same_case(self.correcting)
        elif self.day >= STRICTER_SINCE and form.filing_id:
            yield from self.filing_id(form.filing_id)
        if form.service and form.service.consent is False:
            yield self.say("G-18", "/service/consent", W, "未同意电子送达，须另行送达的文书由工作人员登记送达")
        if leader and leader.uscc:
            yield from self.account(codes.normalised(leader.uscc))
        yield from self.enterprise()

    def confirmed(self, name: str, text: Promise) -> Iterator[Finding]:
        """Which wording was confirmed, where that is told, is the one in force (A-27, G-18)."""
        if getattr(self.form, name) not in (None, text.digest):
            yield self.say(text.number, f"/{name}", E, f"{text.title}已有新的文本，请重新阅读后确认")

    def filing_id(self, filing_id: str) -> Iterator[Finding]:
        """As of any new filing; and those that the import of lists gives are no applicant's (A-02, A-27)."""
        yield from self.new_id(filing_id)
        if filing_id.upper().startswith(listed.ID_PREFIX):
            yield self.say("A-02", "/filing_id", E, f"以 {listed.ID_PREFIX} 开头的编号由存量名单的导入使用")

    def enterprise(self) -> Iterator[Finding]:
        """The leader is an enterprise, registered where it files (A-06, A-12, A-24, G-35)."""
        form, leader = self.form, self.form.leader
        if leader and leader.org_type not in (None, "enterprise"):
            yield self.say("A-06", "/leader/org_type", E, "盟主须为企业")
        if leader is None or leader.uscc is None:
            return
        code = codes.normalised(leader.uscc)
        if not codes.is_uscc(code):
            yield self.say("FA-04", "/leader/uscc", E, f"统一社会信用代码{codes.amiss(code)}")
            return
        if codes.is_no_enterprise(code):
            yield self.say("A-06", "/leader/uscc", E, "盟主须为企业；该代码属于机关、事业单位或社会组织")
        elif not codes.fits_type(code, "enterprise"):
            yield self.say("A-06", "/leader/uscc", W, "代码不像企业的统一社会信用代码，请核对盟主是否为企业")
        if not codes.organisation_code_fits(code):
            yield self.note(checklist.CODE_DOES_NOT_FIT, "/leader/uscc", W)
        if code[2:4] != "21":
            yield self.note(checklist.CODE_OF_ANOTHER_PROVINCE, "/leader/uscc", C)
        elif form.jurisdiction and not form.jurisdiction.startswith(("21SF", code[2:6])):
            yield self.note(checklist.CODE_OF_ANOTHER_CITY, "/jurisdiction", C)

    def same_case(self, filing: Filing) -> Iterator[Finding]:
        """A correction stays the case it corrects; what is in force already is moved by its offices, and never withdrawn."""
        form = self.form
        if form.filing_id and form.filing_id != filing.id:
            said = "补充资料须写明所补充的备案编号" if self.completing else "补正材料须写明所补正的备案申请编号"
            yield self.say("A-27", "/filing_id", E, f"{said} {filing.id}")
        if form.kind != filing.kind:
            said = "补充资料不得改变类别" if self.completing else "补正不得改变申请表类别；须撤回后另行申请"
            yield self.say("A-55", "/kind", E, said)
        if form.jurisdiction and form.jurisdiction != filing.jurisdiction:
            moved = "补充资料不得改变属地；联盟已经备案入库，属地有变或者有误的，请现属地的审核机构办理属地移交"
            said = moved if self.completing else "补正不得改变属地；须撤回后另行申请"
            yield self.say("A-24", "/jurisdiction", E, said)
        leader = form.leader.uscc if form.leader else None
        if filing.incomplete and codes.is_uscc(filing.leader) and leader and codes.normalised(leader) != filing.leader:
            yield self.say(
                "FA-04", "/leader/uscc", E, f"与导入名单所载盟主代码 {filing.leader} 不符；盟主已更换的，须报告变更"
            )

    def account(self, leader: str) -> Iterator[Finding]:
        """Only the leader's account files (A-27); only the province imports what was archived before (A-02)."""
        by, legacy = self.form.by, self.form.legacy
        if legacy is None:
            if by and (by.role is not Role.LEADER or by.office != leader):
                yield self.say("A-27", "/by", E, "须由盟主企业账号提交")
            return
        yield from self.imported(legacy.archived_on)

    def name(self) -> Iterator[Finding]:
        """联盟名称 = 所在市 + 盟主简称 + 主导产业 + 产学研联盟 (FA-01, FB-01, G-38)."""
        name = self.form.alliance_name
        if name is None:
            return
        suffix = SUFFIX[Kind(self.form.kind)]
        if not name.endswith(suffix):
            severity = W if self.completing else E  # a name of before this system stays
            yield self.say("FA-01", "/alliance_name", severity, f"联盟名称须以“{suffix}”结尾")
        if self.form.jurisdiction and not name.startswith(offices.OFFICES[self.form.jurisdiction].names):
            yield self.say("G-38", "/alliance_name", C, "联盟名称不以所在市开头，请核对")
        yield from self.new_name(name)

    def agreement(self) -> Iterator[Finding]:
        """The contract is signed by all and in force (A-17, B-08)."""
        signed = self.form.agreement_effective_on
        if signed and signed > self.day:
            yield self.say("A-17", "/agreement_effective_on", E, "联盟协议生效时间不得晚于提交之日")
        yield from self.long_ago("A-17", "/agreement_effective_on", "联盟协议生效时间", signed)
        if self.form.all_members_signed is False:
            yield self.say("A-17", "/all_members_signed", E, "全体成员须已签署协议")

    def members(self) -> Iterator[Finding]:
        """成员: numbers, rows and codes (A-14, A-15, A-16, A-56, B-10, FA-15…FA-20, G-26, G-36, Q28)."""
        counts, rows = self.form.counts, self.form.members
        if counts is not None:
            yield from self.numbers()
        if rows is None:
            return
        for index, row in enumerate(rows):
            yield from self.member(index, row)
        listed = [codes.normalised(row.code) for row in rows if row.code]
        if len(set(listed)) != len(listed):
            yield self.say("FA-20", "/members", E, "成员单位代码重复")
        leader = codes.normalised(self.form.leader.uscc) if self.form.leader and self.form.leader.uscc else None
        at = next((at for at, row in enumerate(rows) if row.code and codes.normalised(row.code) == leader), None)
        if at is not None and rows[at].type not in (None, "enterprise"):
            yield self.say("A-06", f"/members/{at}/type", E, "盟主须为企业")
        total = counts.total if counts else None
        if total is None or leader is None or len(listed) != len(rows):
            return
        if ONLY_MAIN_MEMBERS[Kind(self.form.kind)] and total > MAIN_ROWS:
            if not 1 <= len(rows) <= MAIN_ROWS:
                yield self.say("A-56", "/members", E, "成员超过10家的，填写1至10家主要成员单位")
        elif (found := len({*listed, leader})) != total:
            message = f"成员单位表连同盟主共{found}家，与成员总数{total}不符，须逐家列明"
            yield self.say("FA-20", "/members", E, message)
        else:
            yield from self.types([row.type for row in rows], at is not None)

    def types(self, types: list[str | None], leader_listed: bool) -> Iterator[Finding]:
        """Where every member is listed, the rows bear out the numbers; the leader is an enterprise (G-36)."""
        if None in types:
            return
        counts = self.form.counts
        rows = Counter(types if leader_listed else ["enterprise", *types])
        if not rows["university"] + rows["institute"] and (counts.universities or counts.institutes):
            yield self.say("A-14", "/members", E, "成员单位表中没有高校或科研机构")
        for code, name, kind in (
            ("FA-16", "enterprises", "enterprise"),
            ("FA-17", "universities", "university"),
            ("FA-18", "institutes", "institute"),
        ):
            told = getattr(counts, name)
            if told is not None and told != rows[kind]:
                yield self.say(code, f"/counts/{name}", W, f"填报{told}家，成员单位表中为{rows[kind]}家，请核对")

    def numbers(self) -> Iterator[Finding]:
        """成员数量 among themselves (A-14, A-15, FA-15, FA-16, G-36)."""
        counts = self.form.counts
        total, enterprises = counts.total, counts.enterprises
        universities, institutes = counts.universities, counts.institutes
        if total is not None and total < 2:
            yield self.say("FA-15", "/counts/total", E, "成员总数不得少于2")
        if enterprises is not None and enterprises < 1:
            yield self.say("FA-16", "/counts/enterprises", E, "盟主计入成员企业，成员企业数量不得少于1")
        if universities is not None and institutes is not None and universities + institutes < 1:
            yield self.say("A-14", "/counts", E, "须有高校或科研机构成员")
        if (
            None not in (total, enterprises, universities, institutes)
            and total < enterprises + universities + institutes
        ):
            yield self.say("FA-15", "/counts/total", E, "成员总数小于企业、高校和研究机构数量之和")
        if isinstance(self.form, FormA) and enterprises == 1:
            yield self.say("A-15", "/counts/enterprises", W, "除盟主外没有企业成员，请核对产业链上下游企业的参与")

    def member(self, index: int, row: Member) -> Iterator[Finding]:
        """One row of the members: its code (FA-20, G-35)."""
        if not row.code or (row.country or "CN") != "CN":
            return
        code, field = codes.normalised(row.code), f"/members/{index}/code"
        if not codes.is_uscc(code):
            if self.form.legacy is None or not codes.is_organisation_code(code):
                yield self.say("FA-20", field, E, f"法人代码（统一社会信用代码）{codes.amiss(code)}")
            return
        if not codes.organisation_code_fits(code):
            yield self.note(checklist.CODE_DOES_NOT_FIT, field, W)
        if row.type and not codes.fits_type(code, row.type):
            yield self.say("G-35", field, W, "代码与成员类型不相称，请核对")

    def documents(self) -> Iterator[Finding]:
        """申请材料 (A-28, B-16): each kind as often as asked, one certificate per member, nothing secret."""
        if self.form.documents is None or self.form.legacy or self.completing:
            return
        of_kind: dict[str, list[Document]] = {}
        for index, document in enumerate(self.form.documents):
            of_kind.setdefault(document.kind, []).append(document)
            if document.secrecy and document.secrecy not in UPLOADED:
                code = document.kind if document.kind in OF_APPLICATIONS else "A-28"
                yield self.say(code, f"/documents/{index}/secrecy", E, NO_SECRETS)
            if document.name and document.media_type and is_program(document):
                code = document.kind if document.kind in OF_APPLICATIONS else "A-28"
                yield self.say(code, f"/documents/{index}/name", E, NO_PROGRAMS)
            if document.kind and document.kind not in (*OF_APPLICATIONS, *local_rules.documents(self.local)):
                yield self.note(checklist.NOT_WITH_APPLICATIONS, f"/documents/{index}/kind", W)
        either = EITHER[Kind(self.form.kind)]
        wanted = ONCE[Kind(self.form.kind)] | {kind: label for kind, label in either.items() if kind in of_kind}
        for kind, label in wanted.items():
            if len(of_kind.get(kind, [])) != 1:
                yield self.say(kind, "/documents", E, f"须提交{label}一份，现有{len(of_kind.get(kind, []))}份")
        yield from self.certificates(of_kind.get("D3", []))
        if either and not of_kind.keys() & either.keys():
            yield self.say("D5a", "/documents", E, f"须提交{'或'.join(either.values())}一份")
        if isinstance(self.form, FormB):
            leader = self.form.leader
            years = [leader.last_year, leader.year_before] if leader else []
            if any(year and ((year.ip_class1 or 0) + (year.ip_class2 or 0)) for year in years) and "D6" not in of_kind:
                yield self.say("D6", "/documents", E, "填报了知识产权的，须提交证明材料")

    def of_the_city(self) -> Iterator[Finding]:
        """What the city of the application asks besides (A-51)."""
        yield from (self.say(*each) for each in local_rules.findings(self.form, self.local, self.day))

    def certificates(self, certificates: list[Document]) -> Iterator[Finding]:
        """全部联盟成员的证照 (A-28): one per distinct member, the leader included (Q28)."""
        form = self.form
        if form.members is None or form.leader is None or form.counts is None or form.counts.total is None:
            return
        owners = {codes.normalised(each.owner) for each in certificates if each.owner}
        owned = Counter(
            sha256 for sha256, _ in {(each.sha256, codes.normalised(each.owner or "")) for each in certificates}
        )
        if shared := [each.name for each in certificates if each.sha256 and owned[each.sha256] > 1]:
            said = f"同一文件作为多家成员的证照：{'、'.join(dict.fromkeys(name for name in shared if name))}，请核对"
            yield self.say("D3", "/documents", W, said)
        listed = {codes.normalised(code) for code in (form.leader.uscc, *(row.code for row in form.members)) if code}
        if absent := sorted(listed - owners):
            yield self.say("D3", "/documents", E, f"缺少成员单位证照：{'、'.join(absent)}")
        elif len(owners) < form.counts.total:
            message = f"须提交全部{form.counts.total}家成员的证照，现有{len(owners)}家"
            yield self.say("D3", "/documents", E, message)

    def history(self) -> Iterator[Finding]:
        """What the register knows of this leader; an earlier alliance goes on (B-05, G-22, G-32, G-39)."""
        known = self.known or Known()
        if known.same_field:
            names = "、".join(known.same_field)
            yield self.say("G-39", "/technical_field", W, f"同一盟主在同一领域已有联盟：{names}")
        if self.form.previous_filing_id:
            continues = known.goes_on and isinstance(self.form, FormB)
            if self.known and not (known.ended or continues):
                message = "须为本盟主已经终结的备案；提升类继续申报的，可为本盟主有效的提升类备案"
                yield self.say("G-32", "/previous_filing_id", E, f"此前的备案申请编号{message}")
            yield self.say("G-32", "/previous_filing_id", C, f"继续申报，核对与{self.form.previous_filing_id}的关系")
        if known.revoked:
            names = "、".join(known.revoked)
            yield self.say("G-22", "/leader/uscc", W, f"该盟主有被撤销备案的联盟：{names}（不影响申请，供审核参考）")

    def too_long(self, field: str, code: str, label: str) -> Iterator[Finding]:
        """限500字 (FA-19, FB-20, FB-21, G-37)."""
        text = getattr(self.form, field)
        limit = _number("text.max_chars", self.day, Kind(self.form.kind), self.form.jurisdiction or "")
        if text is not None and characters(text) > limit:
            yield self.say(code, f"/{field}", E, f"{label}限{limit}字，现有{characters(text)}字")

    def form_a(self, form: FormA) -> Iterator[Finding]:
        """What only form A asks (A-13, A-18, FA-03…FA-11, FA-19, G-34)."""
        yield from self.too_long("innovation_goal", "FA-19", "技术创新目标")
        if form.technical_field and form.technical_field not in FIELDS:
            yield self.note(checklist.ANOTHER_FIELD, "/technical_field", C)
        leader = form.leader
        if leader is None:
            return
        if leader.rd_last_year is not None:
            yield from self.spends(leader.rd_last_year, "/leader/rd_last_year")
        if _more(leader.rd_last_year, leader.sales_last_year):
            yield self.say("FA-06", "/leader/rd_last_year", W, "研发投入大于销售收入，请核对")
        if leader.in_zone and not leader.zone_name:
            yield self.say("FA-09", "/leader/zone_name", E, "在省级以上高新区内的，须填写高新区名称")
        if leader.in_zone is False and leader.zone_name:
            yield self.say("FA-09", "/leader/zone_name", E, "不在省级以上高新区内的，不填高新区名称")
        if leader.capability_alliance:
            yield self.say(
                "FA-11",
                "/leader/capability_alliance",
                W,
                "技术能力提升类联盟请在申报期内使用提升类申请表；本申请仍按普通类办理",
            )

    def spends(self, amount: Decimal | None, field: str) -> Iterator[Finding]:
        """The leader spends something on research (A-13)."""
        if amount is None or amount <= 0:
            yield self.say("A-13", field, E, SPENT["/leader/rd_last_year"])

    def form_b(self, form: FormB) -> Iterator[Finding]:
        """What only form B asks, its sums as its notes define them (B-01, B-02, B-11, B-12, B-25, FB-03…FB-21)."""
        if form.legacy is None and not self.completing and not self.corrects_after_close():
            yield from self.window(form)
        yield from self.too_long("cooperation_status", "FB-20", "联盟开展产学研合作情况")
        yield from self.too_long("development_tasks", "FB-21", "联盟发展目标任务")
        if form.cooperation == ():
            yield self.say("B-11", "/cooperation", E, "须已开展产学研合作，至少填写一项")
        if form.cooperation_forms == ():
            yield self.say("FB-16", "/cooperation_forms", E, "产学研合作形式至少选一项")
        if form.cooperation_forms and "其他" in form.cooperation_forms and not form.other_cooperation_form:
            yield self.say("FB-16", "/other_cooperation_form", E, "选“其他”的须写明合作形式")
        if form.zone_name:
            zone = offices.zone_named(form.zone_name)
            if zone is None:
                yield self.note(checklist.UNKNOWN_ZONE, "/zone_name", C)
            elif zone.city != form.jurisdiction:
                yield self.note(checklist.ZONE_OF_ANOTHER_CITY, "/zone_name", W)
        leader = form.leader
        if leader is None:
            return
        if leader.types == ():
            yield self.say("FB-04", "/leader/types", E, "盟主单位类型至少选一项")
        for name, year, sums in (
            ("last_year", leader.last_year, form.last_year),
            ("year_before", leader.year_before, form.year_before),
        ):
            if year:
                yield from self.leader_year(f"/leader/{name}", year)
            if year and sums:
                if _more(year.sales, sums.sales):
                    yield self.say("FB-17", f"/{name}/sales", E, "联盟销售收入为全部成员之和，不得小于盟主的销售收入")
                if _more(year.rd, sums.rd):
                    yield self.say("FB-18", f"/{name}/rd", E, "联盟研究开发费用为全部成员之和，不得小于盟主的费用")
        if leader.last_year and leader.last_year.rd is not None and leader.last_year.rd <= 0:
            yield self.say("B-12", "/leader/last_year/rd", E, SPENT["/leader/last_year/rd"])

    def leader_year(self, at: str, year: Any) -> Iterator[Finding]:
        """One year of form B's leader (FB-07, FB-09, FB-11)."""
        if _more(year.tech_staff, year.staff):
            yield self.say("FB-07", f"{at}/tech_staff", W, "科技人员多于员工总数（含兼职、临时聘用），请核对")
        if _more(year.cooperation, year.rd):
            yield self.say("FB-09", f"{at}/cooperation", W, "产学研合作经费大于研究开发费用，请核对")
        if _more(year.hightech_sales, year.sales):
            yield self.say("FB-11", f"{at}/hightech_sales", E, "高新技术产品（服务）收入不得大于销售收入")

    def corrects_after_close(self) -> bool:
        """A correction may come after the window that its first submission kept (G-07)."""
        filing = self.correcting
        key = "intake.allow_correction_after_close"
        return filing is not None and bool(terms.find(filing.terms, key, filing.kind, filing.jurisdiction))

    def window(self, form: FormB) -> Iterator[Finding]:
        """The yearly call: from 00:00 of its first day to 24:00 of its last (B-02)."""
        call = call_of(self.day, form.jurisdiction or "")
        if call is None:
            yield self.say("B-02", "", E, f"{self.day.year}年尚未发布申报通知，暂不受理")
        elif not at_hour(call[0], 0) <= self.received_at < midnight_after(call[1]):
            yield self.say(
                "B-02", "", E, f"{self.day.year}年申报期为{on_day(call[0])}至{on_day(call[1])}，不在申报期内"
            )


def _more(one: Decimal | int | None, other: Decimal | int | None) -> bool:
    return one is not None and other is not None and one > other
