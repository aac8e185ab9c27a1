"""What a door does with an act before it is sent: read it, take its paper, state the facts.

At a door an act brings its paper as `content`. The paper is checked and goes into the register under its digest; the act
that travels on holds the digest and the few facts that the law decides by.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self, get_args

from pydantic import ValidationError

from models.acts import ACT, LABELS, NEW_VERSIONS, Act, ReportChange, left_out
from models.faults import MISSING, in_chinese
from models.findings import Finding, Refusal
from models.forms import (
    AnnualReport,
    CamePaper,
    ChangePaper,
    ContactPaper,
    DefencePaper,
    EvidencePaper,
    ForwardingPaper,
    ObjectionPaper,
)
from models.legacy import ListedAlliance
from models.values import Value, day_of, digest
from models.vocabulary import ActKind, Severity
from regulation import changes, codes, identity, intake, on_paper
from regulation.articles import cite
from regulation.lifecycle import OF_ANY_CASE, TABLE
from regulation.moment import Moment
from regulation.reading import TWICE, bounded, finding, read, repeated, twice, unfit, unseen
from regulation.service import STRICTER_SINCE

PAPERS: dict[str, type[Value]] = {
    ActKind.OBJECT: ObjectionPaper,
    ActKind.FORWARD: ForwardingPaper,
    ActKind.FILE_ANNUAL_REPORT: AnnualReport,
    ActKind.ANSWER_ANNUAL_RETURN: AnnualReport,
    ActKind.STATE_DEFENCE: DefencePaper,
    ActKind.CORRECT_CONTACT: ContactPaper,
    ActKind.REPORT_CHANGE: ChangePaper,
    ActKind.PROPOSE_REVOCATION: EvidencePaper,
    ActKind.APPROVE_REVOCATION: EvidencePaper,
    ActKind.RECORD_CHALLENGE: EvidencePaper,
    ActKind.RECORD_CHALLENGE_OUTCOME: EvidencePaper,
}
"""Which paper an act brings; a resubmission brings the application itself."""

FROM_THE_PAPER: Mapping[ActKind, tuple[str, ...]] = {
    ActKind.OBJECT: ("anonymous", "postmarked_on"),
    ActKind.CORRECT_CONTACT: ("consent", "address"),
    ActKind.REPORT_CHANGE: ("substance", "leader"),
}
"""Facts of an act that the door takes from its paper (`_facts`)."""

OF_A_CASE = "A-36"
"""The requirement behind what is done in a case, whatever its ground."""

INTERFACE = "接口约定"
PAPER_MISSING = "文书未存入备案库"


MOST_FIELDS = 64
"""More than any act has; what has more is not looked at any further."""

ACT_TYPES: tuple[type[Value], ...] = get_args(get_args(Act)[0])
"""Every act there is."""


class Lodged(Value):
    """An act as it may travel on, with its papers for the register; or the findings that refuse it.

    `record` is that of the receipt of what came on paper.
    """

    findings: tuple[Finding, ...] = ()
    act: Act | None = None
    paper: dict[str, Any] | None = None
    record: dict[str, Any] | None = None

    @property
    def refused(self) -> bool:
        return self.act is None or any(each.severity is Severity.ERROR for each in self.findings)

    def salted(self, nonce: str) -> Self:
        """The same with a nonce in its papers, so that their digests tell nothing of what they say."""
        act, paper, record = self.act, self.paper, self.record
        if act and paper is not None:
            paper = identity.salted(paper, nonce)
            act = act.but(paper=digest(paper))
        if act and act.came and record is not None:
            record = identity.salted(record, nonce)
            act = act.but(came=act.came.but(record=digest(record)))
        return self.but(act=act, paper=paper, record=record)


def lodge(filing_id: str, raw: Mapping[str, Any], subject: changes.Subject | None = None) -> Lodged:
    """Read an act for a filing, with every finding at once; `subject` is the filing, where the door has asked for it."""
    raw = {name: value for name, value in raw.items() if name != "facts"}
    content = raw.pop("content", None)
    kind = raw.get("kind")
    if PAPERS.get(str(kind)) is EvidencePaper and isinstance(content, Mapping) and not any(content.values()):
        content = None  # such a paper may be left out, and an empty one is none
    findings: list[Finding] = []
    paper: dict[str, Any] | None = None
    record: dict[str, Any] | None = None
    names: list[Finding] = []
    if isinstance(raw.get("came"), Mapping):
        raw["came"], record, of_record = _received(raw["came"])
        findings += of_record
        names += unseen(CamePaper.model_validate(record), "/came") if record is not None else []
    if content is not None:
        if not isinstance(content, Mapping):
            findings.append(_fault(kind, "/content", "文书须为对象"))
        elif str(kind) in NEW_VERSIONS:
            paper = application(content)
        elif str(kind) in PAPERS:
            form, below = read(PAPERS[str(kind)], content, {}, "/content")
            below = [intake.more_than_nothing(each, "/content") for each in below]
            if below:
                findings += _told_apart(PAPERS[str(kind)], below)
            else:
                paper = form.model_dump(mode="json")
                names += unseen(form, "/content")
                findings += _judged(raw, form, subject)
                raw |= _facts(filing_id, form, raw)
        else:
            findings.append(_fault(kind, "/content", "该行为不带文书"))
        raw["paper"] = digest(paper) if paper is not None else "0" * 64
    act, faults = read_act(raw)
    if faults and content is not None:  # the paper's own faults are told above
        taken = FROM_THE_PAPER.get(ActKind(str(kind)), ()) if str(kind) in PAPERS else ()
        unread = {"/paper", *(f"/{name}" for name in taken if name not in raw)}
        faults = [each for each in faults if each.field not in unread]
    findings += faults
    strict = act is None or act.received_at is None or day_of(act.received_at) >= STRICTER_SINCE
    findings += names if strict else []
    if act is not None and strict:
        findings += [_fault(kind, f"/{name}", f"{_label(name)}：{MISSING}") for name in left_out(act)]
        findings += [_fault(kind, at, f"{LABELS[_list_of(at)]}：{TWICE}") for at, _ in repeated(act)]
    if act and act.received_at:
        when = Moment(act.received_at, act.received_at)
        findings += [
            _fault(kind, field, message)
            for field, message in on_paper.faults(act, when, subject.filing if subject else None)
        ]
    refused = _errors(findings)
    return Lodged.made(findings=tuple(bounded(findings)), act=None if refused else act, paper=paper, record=record)


def _told_apart(paper: type[Value], found: Sequence[Finding]) -> list[Finding]:
    """Findings that would read alike, each with the part of the paper that it is about: two halves of a report have the same fields."""
    said = Counter(each.message for each in found)

    def part(each: Finding) -> str:
        name, _, below = each.field.removeprefix("/content/").partition("/")
        info = paper.model_fields.get(name) if below and said[each.message] > 1 else None
        return f"{info.title}的" if info and info.title else ""

    return [each.but(message=part(each) + each.message) for each in found]


def _received(came: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any] | None, list[Finding]]:
    """How an act came, with the digest of its record of receipt; the record, and what was found on it.

    A door takes the record's fields among the others. Who stored the record before names its digest, as for any paper.
    """
    facts = {name: value for name, value in came.items() if name not in CamePaper.model_fields}
    told = {name: value for name, value in came.items() if name in CamePaper.model_fields}
    if not told and "record" in facts:
        return facts, None, []
    form, found = read(CamePaper, told, {}, "/came")
    if found:
        return facts | {"record": "0" * 64}, None, found
    record = form.model_dump(mode="json")
    return facts | {"record": digest(record)}, record, found


def _list_of(at: str) -> str:
    """The list of an act in which a pointer to a row lies."""
    return at.split("/")[-2]


def refusal(findings: Sequence[Finding]) -> Refusal:
    """What is wrong with an act that is none, or with its paper, as a refusal."""
    errors = [each for each in findings if each.severity is Severity.ERROR]
    message = "；".join(f"{each.field} {each.message}".strip() for each in errors)
    article = errors[0].article if errors else INTERFACE
    return Refusal(message=message, article=article, missing=message, findings=tuple(findings))


def read_act(raw: Any) -> tuple[Act | None, list[Finding]]:
    """An act from raw JSON, or why it is none."""
    if isinstance(raw, Mapping) and len(raw) > MOST_FIELDS:
        return None, [_fault(None, "", f"行为不得有{MOST_FIELDS}项以上")]
    try:
        act = ACT.validate_python(raw)
    except ValidationError as error:
        kind = raw.get("kind") if isinstance(raw, Mapping) else None
        faults = _innermost(error.errors(include_url=False))
        return None, bounded([_of_shape(kind, each) for each in faults])
    return (act, []) if identity.is_well_named(act) else (None, [reserved(act.kind)])


def reserved(kind: Any) -> Finding:
    """The finding on an id of the form that the service keeps for itself."""
    return _fault(
        kind, "/id", f"行为编号：以 {identity.OWN}、read-、undeliverable-、unreadable- 开头的由系统自用，须另取编号"
    )


def kept_for_itself(raw: Mapping[str, Any]) -> tuple[Finding, ...]:
    """What speaks against an act by somebody under an id, or in a name, that the service keeps for itself."""
    taken = (reserved(raw.get("kind")),) if identity.is_own(raw.get("id")) else ()
    return (*taken, *in_own_name(raw))


def in_own_name(raw: Mapping[str, Any]) -> tuple[Finding, ...]:
    """What speaks against whoever brings something through a door, if they say that they are the service itself."""
    by = raw.get("by")
    person = by.get("person") if isinstance(by, Mapping) else None
    if not identity.is_routine(person):
        return ()
    return (_fault(raw.get("kind"), "/by/person", f"人员编号：{person} 由系统自用，任何人不得以其名义办理"),)


def _innermost(errors: Sequence[Any]) -> list[Any]:
    """Faults, without those of a list that is only too short because its rows are at fault themselves."""
    around = {each["loc"][:depth] for each in errors for depth in range(len(each["loc"]))}
    return [each for each in errors if each["loc"] not in around]


def _of_shape(kind: Any, error: Any) -> Finding:
    if error["type"] in ("union_tag_invalid", "union_tag_not_found", "model_attributes_type"):
        return _fault(kind, "/kind", "不是本系统的行为")
    field = "".join(f"/{part}" for part in error["loc"][1:])
    message = in_chinese(error, {"extra_forbidden": "该行为没有这一项"})
    labels = [_label(part) for part in error["loc"][1:] if part in LABELS]
    return _fault(kind, field, f"{labels[-1]}：{message}" if labels else message)


def _label(name: str) -> str:
    """What a field is called, without what is added in brackets."""
    return LABELS[name].partition("（")[0]


def _fault(kind: Any, field: str, message: str) -> Finding:
    row = next((row for row in TABLE if row.event == kind), None)
    code = row.articles[0] if row else "Q21"
    code = OF_A_CASE if code in OF_ANY_CASE else code  # of which ground a case is, the act does not say
    article = cite(code) if row else INTERFACE
    return Finding(code=code, field=field, severity=Severity.ERROR, message=message, article=article)


def _errors(findings: list[Finding]) -> bool:
    return any(each.severity is Severity.ERROR for each in findings)


def application(content: Mapping[str, Any]) -> dict[str, Any] | None:
    """The paper of an application, if it can be read at all; `intake.examine` says what is wrong with it."""
    form_type = ListedAlliance if content.get("listed") else intake.FORMS.get(str(content.get("kind")))
    try:
        return intake.paper(form_type.model_validate(dict(content))) if form_type else None
    except ValidationError:
        return None


def _judged(raw: Mapping[str, Any], form: Value, subject: changes.Subject | None) -> list[Finding]:
    """Rules across a paper's fields, and between it and its act."""
    if isinstance(form, ChangePaper):
        change = str(raw.get("change"))
        found = changes.findings(change, form, subject) if change in changes.BRINGS else []
        return [each.but(field=f"/content{each.field}") for each in found]
    return [*_across(raw, form), *twice(form, "/content"), *unfit(form, "/content")]


def _across(raw: Mapping[str, Any], form: Value) -> list[Finding]:
    error = Severity.ERROR
    if isinstance(form, AnnualReport):
        faults = []
        if not form.integrity_commitment:
            faults.append(finding("G-11b", "/content/integrity_commitment", error, "须作出诚信承诺"))
        if form.year != raw.get("year"):
            faults.append(finding("A-34", "/content/year", error, "年度与所报送的年度不一致"))
        return faults
    if isinstance(form, ForwardingPaper) and form.document.kind != "D7":
        return [finding("B-17", "/content/document/kind", error, "所附材料的类别须为“正式文件”")]
    if isinstance(form, ObjectionPaper):
        faults = list(_of_objection(form))
        if raw.get("came") and form.postmarked_on and str(form.postmarked_on) != _postmark(raw):
            message = "与收件登记的邮戳日期不一致"
            faults.append(finding("G-03", "/content/postmarked_on", error, message))
        return faults
    return []


def of_objection(content: Mapping[str, Any]) -> list[Finding]:
    """What an objector is warned of before they send what they wrote, to whatever notice; it keeps nobody from sending."""
    return list(_of_objection(ObjectionPaper.model_validate(dict(content))))


def _of_objection(form: ObjectionPaper) -> Iterator[Finding]:
    if not form.name:
        yield finding("G-04", "/content/name", Severity.WARNING, "匿名异议只作登记，不予受理")
    if form.name and not form.contact:
        yield finding("G-04", "/content/contact", Severity.WARNING, "未留联系方式的，身份无从核实，可能不予受理")
    if form.party == "unit" and not form.stamped:
        yield finding("G-04", "/content/stamped", Severity.WARNING, "单位提出异议须加盖公章")
    if not form.evidence:
        yield finding("G-04", "/content/evidence", Severity.WARNING, "须提供必要的证明材料")


def unfounded(act: Act, paper: Mapping[str, Any], subject: changes.Subject) -> str | None:
    """Why a paper in the register does not bear out the act that names it, whatever door it came through; None if it does.

    It must be a paper of that act's, say what the act says of it, and be what a door would have taken.
    """
    model = PAPERS.get(act.kind)
    if model is None:
        return None
    try:
        form = model.model_validate(dict(paper))
    except ValidationError:
        return f"所附文书不是“{act.kind.label}”的材料"
    told = _facts(subject.filing.id, form, act.model_dump())
    if any(getattr(act, name) != value for name, value in told.items()):
        return "行为所载事项与所附文书不符"
    if isinstance(act, ReportChange) and isinstance(form, ChangePaper):
        found = changes.findings(act.change, form, subject)
        return "；".join(each.message for each in found if each.severity is Severity.ERROR) or None
    return None


def _facts(filing_id: str, form: Value, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a paper that its act carries."""
    if isinstance(form, ObjectionPaper):
        posted = _postmark(raw) if raw.get("came") else form.postmarked_on
        return {"anonymous": not form.name, "postmarked_on": posted}
    if isinstance(form, ContactPaper):
        return {
            "consent": form.service.consent,
            "address": intake.address_of(filing_id, form.service.address),
        }
    if isinstance(form, ChangePaper):
        return _facts_of_change(form, raw.get("change"))
    return {}


def _postmark(raw: Mapping[str, Any]) -> Any:
    """The day of the postmark of what came on paper, as it was registered."""
    came = raw.get("came")
    return came.get("postmarked_on") if isinstance(came, Mapping) else None


def _facts_of_change(form: ChangePaper, change: Any) -> dict[str, Any]:
    """Of a reviewed change: what the filing would show after it and, if the leader is replaced, the new one's code."""
    if change not in ("members", "leader") or not (form.alliance_name and form.leader and form.members):
        return {}
    leader = codes.normalised(form.leader.uscc)
    facts = {"substance": intake.substance(form.alliance_name, leader, form.members, "")}
    return facts | ({"leader": leader} if change == "leader" else {})
