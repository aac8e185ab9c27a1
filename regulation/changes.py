"""Reported changes (变更): what each kind may bring, and what intake would say of the alliance after it (G-24, Art. 5).

A contact or a name is recorded without a review, members and leader after one. So the paper of a change brings what its
kind is about and nothing else; what a name has to be, and what an alliance has to be, is judged as at intake.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from models.choices import CHANGES
from models.filing import Filing
from models.findings import Finding
from models.forms import Application, ChangePaper, LeaderA, LeaderB
from models.values import Value, at_hour
from models.vocabulary import ByKind, Kind, Severity
from regulation import checklist, codes, intake, judging
from regulation.reading import finding, twice, unfit


class Brings(NamedTuple):
    """Which parts of the state after a change its paper must, and which it may bring."""

    must: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


STATE = ("alliance_name", "leader", "members", "counts")

BRINGS: Mapping[str, Brings] = {
    "contact": Brings(may=("leader",)),
    "rename": Brings(must=("alliance_name",)),
    "members": Brings(must=STATE),
    "leader": Brings(must=STATE),
    "ended": Brings(),
}
"""By kind of change. A contact brings the leader's own particulars, members the leader and the name as they stand."""

PUBLIC: Mapping[str, tuple[str, ...]] = {
    "rename": ("alliance_name",),
    "members": ("leader", "members"),
    "leader": ("alliance_name", "leader", "members"),
}
"""What of a change's paper becomes public once it has effect (G-04b)."""


class Subject(Value):
    """The filing whose change is reported: where it stands, what is shown of it, and what the register knows of the rest."""

    filing: Filing
    alliance_name: str | None = None
    leader_name: str | None = None
    known: judging.Known | None = None


def findings(change: str, paper: ChangePaper, subject: Subject | None = None) -> list[Finding]:
    """Everything on the paper of a change; without its filing, what can be said of any.

    Errors refuse it; warnings and checks are for whoever reviews it. Pointers are those of the paper.
    """
    found = [*_brought(change, paper), *twice(paper), *unfit(paper)]
    if subject:
        found += _as_it_stands(change, paper, subject)
    return [*found, *_result(change, paper, subject)]


def _say(code: str, field: str, message: str, severity: Severity = Severity.ERROR) -> Finding:
    return finding(code, field, severity, message)


def _brought(change: str, paper: ChangePaper) -> Iterator[Finding]:
    brings = BRINGS[change]
    for part in STATE:
        if getattr(paper, part) is None:
            if part in brings.must:
                yield _say("G-24", f"/{part}", f"变更{CHANGES[change]}的，须填报变更后的情况")
        elif part not in (*brings.must, *brings.may):
            yield _say("G-24", f"/{part}", f"报告变更（{CHANGES[change]}）的材料不得带这一项，须另行报告")


def _as_it_stands(change: str, paper: ChangePaper, subject: Subject) -> Iterator[Finding]:
    """Beside what changes, a paper tells what stays; a leader is replaced by another one."""
    leader = codes.normalised(paper.leader.uscc) if paper.leader else None
    same = leader == subject.filing.leader
    if change in ("contact", "members") and leader and not same:
        yield _say("G-24", "/leader/uscc", "盟主企业变更的，须以“盟主”类别报告")
    shown = subject.leader_name
    if change == "contact" and paper.leader and shown and paper.leader.name != shown:
        yield _say("G-24", "/leader/name", f"盟主企业名称应为{shown}；企业更名的，以“成员”类别报告")
    name = subject.alliance_name
    if change == "members" and name and paper.alliance_name and paper.alliance_name != name:
        yield _say("G-24", "/alliance_name", f"联盟名称应为{name}；联盟更名的，须以“更名”类别报告")
    if change == "rename" and name and paper.alliance_name == name:
        yield _say("G-24", "/alliance_name", "新名称与现名称相同")


def _result(change: str, paper: ChangePaper, subject: Subject | None) -> Iterator[Finding]:
    """What intake would say of the alliance after the change (Art. 5, 细则 Art. 4)."""
    filing = subject.filing if subject else None
    kind = filing.kind if filing else Kind.A
    form: Any = intake.FORMS[kind]
    parts: dict[str, Any] = dict.fromkeys(form.model_fields) | {part: getattr(paper, part) for part in STATE}
    place = filing.jurisdiction if filing else None
    after: Application = form.model_construct(None, **parts | {"kind": kind.value, "jurisdiction": place})
    judge = intake.Judge(after, at_hour(intake.FIRST_DAY, 0), subject.known if subject else None, None)
    told: list[Finding] = []
    if paper.alliance_name and filing and change in ("rename", "leader"):
        told += judge.name()
    if change in ("members", "leader"):
        told += [*judge.enterprise(), *judge.members()]
    if change == "leader" and paper.leader:
        told += judge.spends(paper.leader.rd_last_year, "/leader/rd_last_year")
    numbers = intake.NUMBERS[kind]
    yield from (_say(numbers.get(each.code, each.code), each.field, each.message, each.severity) for each in told)
    if change in ("members", "leader"):
        of_members = checklist.OF_MEMBERS[kind]
        asked = [line for line in checklist.CHECKS[kind] if change == "leader" or line.code in of_members]
        yield from (_say(line.code, "", line.asks, Severity.CHECK) for line in asked)


def applied(form: Mapping[str, Any], name: str, change: Mapping[str, Any] | None) -> dict[str, Any]:
    """An application with the name that its alliance has now, and the state after the last change of members or leader, if there was
    one (G-24). Of a leader that took over only what it told is known.
    """
    told = {part: change[part] for part in STATE if change and change.get(part) is not None}
    if "leader" in told:
        leader, before = told["leader"], form["leader"]
        same = codes.normalised(str(leader["uscc"])) == codes.normalised(str(before.get("uscc")))
        known = (before if same else {}) | leader
        told["leader"] = {part: value for part, value in known.items() if part in LEADER[Kind(form["kind"])]}
    return {**form, **told, "alliance_name": name}


LEADER: ByKind[frozenset[str]] = ByKind(a=frozenset(LeaderA.model_fields), b=frozenset(LeaderB.model_fields))
"""What the form of a kind asks of its leader."""
