"""The forms of acts: which fields each shows for this filing, and the act that comes back.

What the door itself knows is not asked: the number of the archive, the digest of a paper, the year inside an annual report.
What can only be one of a few things is picked: a year that is due, an objection that is open, a line of the checklist.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.datastructures import FormData

from gateway.asked.filled import read
from gateway.asked.forms import ByField, Field, asked_of, by_field, fields_of
from models.acts import NEW_VERSIONS, TOGETHER, By, Came, ChecklistLine, Deficiency
from models.choices import CHOICES
from models.filing import Filing
from models.findings import Finding
from models.forms import EVIDENCE, CamePaper
from models.sections import TEXTS, order_of
from models.vocabulary import ActKind, Ground, Kind, Role
from regulation import checklist, intake, local_rules, offices, review, service, standing
from regulation.agenda import letters_waiting
from regulation.intake import FORMS
from regulation.lodging import FROM_THE_PAPER, PAPERS
from regulation.moment import Moment
from regulation.offers import TYPES, Offer, offer, open_objections
from regulation.on_paper import ON_PAPER

BY_THE_DOOR = (
    "id", "kind", "by", "received_at", "seen", "paper", "facts", "archive_number", "on_behalf_of", "came", "seconds"
)  # fmt: skip
"""What the door fills in."""

SELDOM = ("basis", "document_no", "reason")
"""Fields of every act; they come last, unless the act asks for them."""


CONSEQUENCES: Mapping[ActKind, str] = {
    ActKind.PROPOSE_REVOCATION: (
        "提议一经登记，拟撤销公示即行公开发布，并告知盟主企业陈述申辩；已经公开的不能收回，终止撤销须另行办理并公告。"
    ),
    ActKind.APPROVE_REVOCATION: (
        "批准一经登记，备案即行撤销，告知盟主企业，并须公告；登记不能收回，确有错误的，须另行办理恢复备案。"
    ),
    ActKind.WITHDRAW: (
        "撤回后本次申请即告终止，不能恢复：已有的审核、公示不再有效，期限不再保留。再要备案的，须重新申请；"
        "提升类须待下一次申报期。"
    ),
    ActKind.DEREGISTER: (
        "注销后备案即告终止并予公告，不能恢复：不再列为已备案入库的联盟。再要备案的，须重新申请、重新审核和公示。"
    ),
}
"""What an act brings about at once and nobody can undo, said before it is done."""

CORRECTED_BY: Mapping[ActKind, ActKind] = {
    ActKind.PROPOSE_REVOCATION: ActKind.DROP_REVOCATION,
    ActKind.APPROVE_REVOCATION: ActKind.RESTORE,
    ActKind.DROP_REVOCATION: ActKind.PROPOSE_REVOCATION,
    ActKind.HOLD: ActKind.RELEASE,
    ActKind.RELEASE: ActKind.HOLD,
    ActKind.FORWARD: ActKind.RETURN_TO_CITY,
    ActKind.RULE_ON_EXTENSION: ActKind.MOVE_DEADLINE,
    ActKind.MOVE_DEADLINE: ActKind.MOVE_DEADLINE,
    ActKind.TRANSFER: ActKind.TRANSFER,
    ActKind.TAG: ActKind.TAG,
    ActKind.RECORD_EVALUATION: ActKind.RECORD_EVALUATION,
    ActKind.RECORD_INSPECTION: ActKind.RECORD_INSPECTION,
    ActKind.RECORD_ANNOUNCEMENT: ActKind.RECORD_ANNOUNCEMENT,
}
"""An entry is never taken back, for people were told of it: what sets it right is an act of its own, told once it is entered."""

ENTRY = "#"
"""With this begins, in `known_by`, the number of an entry of the docket that a form may name."""

CONFIRMED = (ActKind.WITHDRAW, ActKind.DEREGISTER)
"""What its sender confirms besides sending it: one click would end a filing."""


def asked(kind: ActKind, of: Kind | None = None) -> list[str]:
    """The fields of an act that people fill in: what it is about first, then what every act may carry.

    Kind B's checklist was brought with `recommend` (B-03); its `confirm` asks for none.
    """
    left_out = {*BY_THE_DOOR, *FROM_THE_PAPER.get(kind, ())}
    left_out |= {"checklist"} if kind is ActKind.CONFIRM and of and not checklist.ON_CONFIRMING[of] else set()
    names = [name for name in asked_of(TYPES[kind]) if name not in left_out]
    return sorted(names, key=lambda name: name in SELDOM)


def form_of(
    filing: Filing, offer: Offer, versions: Sequence[Finding], raw: Mapping[str, Any] | None, found: Iterable[Finding],
    *, more_rows: str = "", colleagues: Sequence[tuple[str, str]] = (), application: Mapping[str, Any] | None = None,
    known_by: Mapping[str, str] | None = None,
) -> tuple[Field, ...]:  # fmt: skip
    """The form of an act as offered; `raw` is what was filled in before, `versions` what was found on the application.

    `known_by` says what people know each open objection, letter to be compared, or entry that was told, by. Of what came on paper it asks first how it came: `colleagues` are who may have taken it in, and a correction is
    entered over the `application` as it stands.
    """
    kind, findings = offer.kind, by_field(found)
    proposed = offer.act.model_dump(mode="json") if raw is None else {}
    chosen = () if filing.transfer else TAKERS
    value = (
        {name: proposed[name] for name in PROPOSED if name in proposed and name not in chosen} if raw is None else raw
    )
    shown = [
        _of_this_filing(field, filing, versions, value, findings, known_by or {})
        for field in fields_of(TYPES[kind], value, findings, only=_asked(offer, filing), more_rows=more_rows)
    ]
    shown = [field for field in shown if field.widget != "choices" or field.options]
    if kind in PAPERS:
        content = value.get("content") or {}
        only = _of_paper(kind, on_paper=offer.on_paper)
        of_paper = fields_of(PAPERS[kind], content, findings, at="/content", only=only, more_rows=more_rows)
        shown += map(_formal, of_paper) if kind is ActKind.FORWARD else map(_of_nobody, of_paper)
    elif offer.on_paper and kind in NEW_VERSIONS:
        content, only = value.get("content") or application or {}, _of_application(filing.kind)
        shown += fields_of(FORMS[filing.kind], content, findings, at="/content", only=only, more_rows=more_rows)
    if offer.on_paper:
        shown.insert(0, _came(value.get("came") or {}, findings, colleagues))
    return tuple(shown)


OF_OFFICES = ("basis", "document_no")
"""What only an office has to say of an act: on what it rests, and the number of its document."""


def _asked(offer: Offer, filing: Filing) -> list[str]:
    """What is asked of whoever does an act: an enterprise has neither a basis nor a document's number to tell."""
    by_a_leader = offer.mine and not offer.on_paper and offer.act.by.role is Role.LEADER
    return [name for name in asked(offer.kind, filing.kind) if not (by_a_leader and name in OF_OFFICES)]


def _formal(document: Field) -> Field:
    """What is sent upward is the formal letter (B-17)."""
    formal = (("D7", CHOICES["kind"]["D7"]),)
    fields = (
        replace(each, widget="fixed", options=formal) if each.name == "kind" else each for each in document.fields
    )
    return replace(document, fields=tuple(fields))


def _of_nobody(field: Field) -> Field:
    """Evidence is no certificate of a member: whose it is, is not asked."""
    if "owner" not in {each.name for each in field.blank} or any(
        key != EVIDENCE for each in field.blank if each.name == "kind" for key, _ in each.options
    ):
        return field

    def without(row: tuple[Field, ...]) -> tuple[Field, ...]:
        return tuple(each for each in row if each.name != "owner" or each.value)

    return replace(field, blank=without(field.blank), rows=tuple(map(without, field.rows)))


def _of_application(kind: Kind) -> list[str]:
    """The fields of an application that comes on paper: what only the province says of what it imports is no part of it (A-02)."""
    return [name for name in order_of(FORMS[kind]) if name not in ("legacy", *TEXTS)]


def _of_paper(kind: ActKind, *, on_paper: bool) -> list[str]:
    """The fields of an act's paper that people fill in: the year, and how it came, are told with the act."""
    told = {"year"} if "year" in TYPES[kind].model_fields else set()
    told |= {"channel", "postmarked_on"} if on_paper else set()
    return [name for name in PAPERS[kind].model_fields if name not in told]


ASKED_OF_PAPER = ("how", "on", "postmarked_on", "received_by")

CHANNELS = {"post": "letter", "in_person": "in_person", "email": "email", "fax": "letter"}
"""How an objection was made, by how it came."""


def _came(value: Mapping[str, Any], found: ByField, colleagues: Sequence[tuple[str, str]]) -> Field:
    """How what is entered for somebody came, and its scan."""
    act, record = (
        fields_of(Came, value, found, at="/came", only=ASKED_OF_PAPER),
        fields_of(CamePaper, value, found, at="/came"),
    )
    fields = tuple(replace(field, options=tuple(colleagues)) if field.name == "received_by" else field for field in act)
    fields = (*fields, *record)
    return Field(at="/came", label="来文", widget="group", fields=fields, findings=tuple(found.get("/came", ())))


PROPOSED = ("year", "objection", "letter", "counted", "entry", "to", "to_zone")
"""What a form proposes because the filing itself says it; everything else a person decides."""

TAKERS = ("to", "to_zone")
"""Where a filing goes: only of what is on its way does the filing say it; until then whoever hands it over says it."""


def _of_this_filing(
    field: Field, filing: Filing, versions: Sequence[Finding], value: Mapping[str, Any], found: ByField,
    known_by: Mapping[str, str],
) -> Field:  # fmt: skip
    """A field with the choices that this filing leaves."""
    if field.name in SELDOM and not field.required:
        field = replace(field, seldom=field.value is None)
    match field.name:
        case "year" if filing.years:
            return _choose(
                field, [(str(each.year), f"{each.year}年度（{each.status.label}）") for each in filing.years]
            )
        case "objection":
            return _choose(field, [(each, _objection(each, known_by)) for each in open_objections(filing)])
        case "letter":
            letters = (each.partition(":") for each in letters_waiting(filing))
            return _choose(field, [(act, known_by.get(act, ActKind(kind).label)) for kind, _, act in letters])
        case "entry":
            unsettled = {str(each): f"第{each}号登记" for each in sorted(service.unsettled(filing))}
            return _choose(field, [*(known_by or unsettled).items()])
        case "done_by":
            entries = [(key.removeprefix(ENTRY), said) for key, said in known_by.items() if key.startswith(ENTRY)]
            return _choose(field, entries) if entries else field
        case "excused":
            years = [(str(year), f"{year}年度") for year in standing.years_of_decision(filing)]
            return replace(field, options=tuple(years))
        case "to":
            return _choose(field, [(each.code, each.city) for each in offices.OFFICES.values()])
        case "ground":  # what opens by itself nobody proposes (G-16)
            return replace(field, options=tuple(each for each in field.options if each[0] != Ground.TWO_YEARS_MISSED))
        case "to_zone":
            return _choose(field, [(key, zone.name) for key, zone in offices.ZONES.items() if zone.reviews])
        case "reason":
            return replace(field, widget="text")
        case "checklist":
            return _checklist(field, filing, value, found)
        case "deficiencies":
            return _deficiencies(field, filing, versions, value, found)
        case _:
            return field


def _choose(field: Field, options: Sequence[tuple[str, str]]) -> Field:
    value = str(field.value) if field.value is not None else None
    return replace(field, widget="choice", options=tuple(options), value=value)


def _objection(name: str, known_by: Mapping[str, str]) -> str:
    return "合并处理（自最早收到的一件起）" if name == TOGETHER else known_by.get(name, f"异议 {name}")


def _checklist(field: Field, filing: Filing, value: Mapping[str, Any], found: ByField) -> Field:
    """A line for every condition, none of them ticked beforehand."""
    written = {row.get("item"): row for row in value.get("checklist") or () if isinstance(row, Mapping)}
    rows = []
    for number, item in enumerate(review.conditions(filing)):
        at = f"{field.at}/{number}"
        row = fields_of(ChecklistLine, written.get(item, {}), found, at=at)
        said = "；".join(line.asks for line in review.lines(filing) if line.code == item) or item
        rows.append((replace(row[0], widget="fixed", options=((item, item),), label=said), *row[1:]))
    return replace(field, widget="checklist", rows=tuple(rows))


FREE = 2
"""Empty rows for what is on no list."""


def _requirements(filing: Filing) -> tuple[tuple[str, str], ...]:
    """What a deficiency of this application can be about, besides what was found."""
    judged: dict[str, list[str]] = {}
    for line in review.lines(filing):
        judged.setdefault(line.code, []).append(line.asks.removeprefix("核对"))
    return (*((code, "；".join(said)) for code, said in judged.items()), *_documents(filing).items())


def _documents(filing: Filing) -> dict[str, str]:
    """What its leader submits, by number, as it is called: what the kind asks for, and its city besides."""
    of_kind = {each: CHOICES["kind"][each] for each in intake.DOCUMENTS_OF[filing.kind]}
    return of_kind | local_rules.documents(local_rules.rules_of(filing))


def corrected_by(kind: ActKind, filing: Filing, when: Moment, who: By) -> str:
    """By which act what an officer has entered by mistake is set right, as it is told, and by whom if not by them; empty if
    nobody can do it as things stand."""
    by = CORRECTED_BY.get(kind)
    offered = offer(filing, by, when, who) if by else None
    if by is None or offered is None or not offered.open:
        return ""
    whose = "" if offered.mine else f"由{'、'.join(each.label for each in offered.roles)}"
    again = "再次办理" if by is kind else "办理"
    return f"；如有错误，登记不能撤回，可以{whose}{again}“{by.label}”更正"


def worded(filing: Filing, raw: Mapping[str, Any]) -> dict[str, Any]:
    """An act with words for every deficiency of which only the reason was picked, as its leader is to read it."""
    if "deficiencies" not in raw:
        return dict(raw)
    lines, documents = review.lines(filing), _documents(filing)
    told = [
        {"message": checklist.wording(each["item"], lines, documents.get(each["item"], each["item"])), **each}
        if each.get("item")
        else each
        for each in raw["deficiencies"]
    ]
    return {**raw, "deficiencies": told}


def _deficiencies(
    field: Field, filing: Filing, versions: Sequence[Finding], value: Mapping[str, Any], found: ByField,
) -> Field:  # fmt: skip
    """What was found on the application, worded as what is to be done about it, to be picked and worded anew, and empty
    rows for the rest (A-30: all at once)."""
    left = [dict(row) for row in value.get("deficiencies") or () if isinstance(row, Mapping)]
    local = review.local_lines(filing)
    wanting = [each.but(message=said) for each in versions if (said := checklist.correction_of(each, local))]
    rows = []
    for number, each in enumerate(wanting):
        written = _written(left, each)
        item, message = _deficiency(field, number, written or {"item": each.code, "message": each.message}, found)
        offered = ((each.code, each.message),)
        rows.append((replace(item, widget="pick", value=written is not None, options=offered), message))
    for number, row in enumerate([*left, *[{}] * FREE], len(rows)):
        item, message = _deficiency(field, number, row, found)
        item = replace(item, widget="choice", options=_requirements(filing))
        rows.append((item, replace(message, required=False)))
    return replace(field, widget="picks", rows=tuple(rows))


def _deficiency(field: Field, number: int, row: Mapping[str, Any], found: ByField) -> tuple[Field, Field]:
    item, message = fields_of(Deficiency, row, found, at=f"{field.at}/{number}")
    return replace(item, label="核对事项"), message


def _written(left: list[dict[str, Any]], offered: Finding) -> dict[str, Any] | None:
    """What was made of an offered line, which is then no longer left: worded as offered, or anew."""
    same = [row for row in left if row.get("item") == offered.code]
    chosen = next((row for row in same if row.get("message") == offered.message), same[0] if len(same) == 1 else None)
    if chosen is not None:
        left.remove(chosen)
    return chosen


def read_act(kind: ActKind, form: FormData, *, on_paper: bool = False, of: Kind | None = None) -> dict[str, Any]:
    """What was filled in, as an act without what the door fills in."""
    raw = read(TYPES[kind], form, only=asked(kind))
    if "deficiencies" in raw:
        numbers = [row for row in raw["deficiencies"] if row.get("item") or row.get("message") not in _offered(form)]
        raw["deficiencies"] = numbers
    if on_paper:
        raw["on_behalf_of"] = ON_PAPER[kind].sender.value
        raw["came"] = read(Came, form, at="/came", only=ASKED_OF_PAPER) | read(CamePaper, form, at="/came")
    if kind in PAPERS:
        told = {"year": raw["year"]} if "year" in raw and "year" in PAPERS[kind].model_fields else {}
        if on_paper and "channel" in PAPERS[kind].model_fields:
            how = str(raw["came"].get("how"))
            told |= {
                "channel": CHANNELS.get(how, "letter")
            }  # nobody asks for it; what came in no known way is refused for that
        raw["content"] = read(PAPERS[kind], form, at="/content", only=_of_paper(kind, on_paper=on_paper)) | told
    elif on_paper and of and kind in NEW_VERSIONS:
        raw["content"] = read(FORMS[of], form, at="/content", only=_of_application(of))
    return raw


def checked(filing: Filing, lines: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """What the lines of a checklist say, in words: each what was asked, and the answer with its note."""
    asked_ = {each.code: each.asks for each in reversed(review.lines(filing))}
    return [
        (
            asked_.get(line["item"], line["item"]),
            "，".join(filter(None, (MET.get(str(line.get("met"))), line.get("note")))),
        )
        for line in lines
        if line.get("item") and (line.get("met") is not None or line.get("note"))
    ]


MET = {"True": "符合", "False": "不符合"}


def as_sent(raw: Mapping[str, Any], fields: Iterable[Field]) -> dict[str, Any]:
    """An act as its form brings it back if nothing is changed there: its deficiencies in the order of the form."""
    picks = next((each for each in fields if each.widget == "picks"), None)
    if picks is None or "deficiencies" not in raw:
        return dict(raw)
    rows = [(item, message.value) for item, message in picks.rows]
    told = [
        {"item": _item(item), "message": message}
        for item, message in rows
        if item.value or (message and item.widget != "pick")
    ]
    return {**raw, "deficiencies": [{name: each for name, each in row.items() if each} for row in told]}


def _item(item: Field) -> Any:
    """What a deficiency is about: the one thing that is offered, or what was chosen."""
    return item.options[0][0] if item.widget == "pick" else item.value


def _offered(form: FormData) -> set[str]:
    """The words with which deficiencies were offered: left unticked, they are no deficiency."""
    return {str(each) for each in form.getlist("offered")}
