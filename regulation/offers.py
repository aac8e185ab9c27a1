"""What may be done to a filing now, by whom, and if not, why not: every act of the table, tried as a form would propose it.

An offer's act is filled in as far as the filing itself suggests: the year that is due, the objection that is open. Where
only a person can tell, something stands that fits the shape. So the same `check` that judges acts tells what is open.
An act that could be about one of several years, objections or messages is open if it is for one of them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import islice, product
from typing import Any, Literal, get_args, get_origin

from pydantic import ValidationError

from models.acts import TOGETHER, Act, By, UrgeReport
from models.filing import Filing
from models.findings import Finding, Refusal
from models.forms import CamePaper
from models.values import Value, day_of, required
from models.vocabulary import ActKind, Ground, Role, Severity, Stage
from regulation import annual, entries, lifecycle, offices, province, review, service
from regulation.agenda import letters_waiting
from regulation.articles import NUMBERED
from regulation.calendar import CALENDARS
from regulation.lodging import ACT_TYPES
from regulation.moment import Moment
from regulation.on_paper import ON_PAPER, moment
from regulation.terms import TERMS

TYPES: Mapping[ActKind, type[Value]] = {each.model_fields["kind"].default: each for each in ACT_TYPES}
"""The class of each act."""

SOMEBODY = "somebody"
"""Whoever holds a post, where it matters only which post."""

UNNAMED = "none"
"""What stands for the id of a thing of which there is none."""

UNTOLD = "未填写"
"""What stands where only a person can tell."""


class Offer(Value):
    """One act that the stage knows. `act` is as the form proposes it, `refusal` says why it cannot be done now.

    `mine`: the person asking holds one of the posts that do it. `roles` are those posts. `second`: of the two who must do
    it, another has, under the entry `proposed`; `done`: the person asking has, and another must. `on_paper`: the person
    asking may enter it for its sender, if it came on paper. `warnings` is what would be said of it, told before it is done. `past`: it was
    done, and nothing that comes makes it possible again at this stage.
    """

    kind: ActKind
    article: str
    roles: tuple[Role, ...]
    mine: bool
    on_paper: bool = False
    two_people: bool = False
    second: bool = False
    done: bool = False
    proposed: int | None = None
    act: Act
    refusal: Refusal | None = None
    warnings: tuple[str, ...] = ()
    past: bool = False

    @property
    def open(self) -> bool:
        """Whether it can be done now, by those who hold the post."""
        return self.refusal is None

    @property
    def nothing_left(self) -> bool:
        """Whether no form helps: it was tried for every year, and whoever sends it themselves can tell nothing else."""
        return self.refusal is not None and not self.on_paper and self.kind in BY_YEAR


BY_YEAR = (ActKind.FILE_ANNUAL_REPORT, ActKind.ANSWER_ANNUAL_RETURN, ActKind.REQUEST_EXTENSION)
"""What a leader does about a year."""


def offers(filing: Filing, when: Moment, by: By | None = None) -> tuple[Offer, ...]:
    """Every act that the stage of a filing knows, in the order of the table, as things stand at an instant.

    What is due by then counts as entered. For `by`, an act is tried as theirs; for everybody else as by whoever holds the
    post.
    """
    filing = entries.projected(filing, when)
    return tuple(_offers(filing, when, by))


def offer(filing: Filing, kind: ActKind, when: Moment, by: By, year: int | None = None) -> Offer | None:
    """One of them, about a year if one is asked for; None if the stage does not know it."""
    stands = entries.projected(filing, when)
    return next(_offers(stands, when, by, year, (kind,)), None)


MOST_TRIED = 50
"""So many ways of mending a form are tried; more are left to whoever mends it."""


def lacking(filing: Filing, raw: Mapping[str, Any], found: Sequence[Finding], when: Moment) -> tuple[Finding, ...]:
    """What an act lacks by law besides what is wrong with its form, however that is mended: told with it, and not after it.

    Its faulty fields are tried as its form would propose them. Nothing is told of an act that could then be done one way or another,
    or of which too little can be read.
    """
    faulty = {each.field.split("/")[1] for each in found if each.severity is Severity.ERROR and "/" in each.field}
    kind, came = raw.get("kind"), raw.get("came")
    if not isinstance(kind, str) or kind not in set(TYPES) or faulty & UNREAD or not isinstance(came, Mapping | None):
        return ()
    act_type, left = TYPES[ActKind(kind)], faulty | UNTRIED
    told = {name: value for name, value in raw.items() if name in act_type.model_fields and name not in left}
    refused: list[Refusal] = []
    try:
        by = By.model_validate(raw.get("by"))
        told |= {"came": _without_record(came)} if came else {}
        for proposed in islice(_proposed(filing, ActKind(kind), by, when, {}), MOST_TRIED):
            act = act_type.model_validate({**proposed.model_dump(), "received_at": when.at, **told})
            counts = moment(filing, act, when.entered_at)  # type: ignore[arg-type]
            refusal = lifecycle.check(entries.projected(filing, counts), act, counts)  # type: ignore[arg-type]
            if refusal is None:
                return ()
            refused.append(refusal)
    except ValidationError:
        return ()
    return tuple(as_finding(each) for each in refused[:1])


UNREAD = frozenset({"", "id", "kind", "by", "received_at", "until", "to", "to_zone"})
"""Where one of these cannot be read, nobody knows what is asked, by whom, when or until when, and for whom: a form proposes one of many."""

UNTRIED = frozenset({"facts", "paper", "came"})
"""What an act holds of its papers, which are judged by themselves."""


def _without_record(came: Mapping[str, Any]) -> dict[str, Any]:
    """How what came on paper came, with no record of its receipt yet."""
    return {name: value for name, value in came.items() if name not in CamePaper.model_fields} | {"record": "0" * 64}


def as_finding(refusal: Refusal) -> Finding:
    """Why an act is refused by law, among what is found on its form: on no field of it."""
    number = NUMBERED.search(refusal.article)
    return Finding(
        code=number[1] if number else "Q21",
        field="",
        severity=Severity.ERROR,
        message=refusal.message,
        article=refusal.article,
    )


def _offers(
    filing: Filing, when: Moment, by: By | None, year: int | None = None, kinds: Iterable[ActKind] = ActKind
) -> Iterator[Offer]:
    for kind in kinds:
        row = lifecycle.ROWS.get((kind.value, filing.stage, filing.kind))
        posts = [each for role in Role if row and role in row.by for each in _posts(filing, kind, role)]
        if row is None or not posts:
            continue
        mine = by is not None and (by.role, by.office) in posts
        on_paper = by is not None and kind in ON_PAPER and (by.role, by.office) in _reviewers(filing)
        actor = by if by and (mine or on_paper) else By(person=SOMEBODY, office=posts[0][1], role=posts[0][0])
        proposed = [*_proposed(filing, kind, actor, when, _came(kind, actor, when) if on_paper else {})]
        proposed = [act for act in proposed if getattr(act, "year", None) == year] or proposed
        tried = [(act, lifecycle.check(filing, act, when)) for act in proposed]
        act, refusal = next((each for each in tried if each[1] is None), tried[0])
        first = {} if on_paper else _first_halves(filing, kind, year)
        others = [key for key, person in first.items() if by is None or person != by.person]
        yield Offer(
            kind=kind,
            article=row.article(filing.kind, lifecycle.ground_of(filing)),
            roles=tuple(dict.fromkeys(role for role, _ in posts)),
            mine=mine,
            on_paper=on_paper,
            two_people=row.two_people(filing, act, when),
            second=bool(others),
            done=len(others) < len(first),
            proposed=max((filing.proposed[key].number for key in others if key in filing.proposed), default=None),
            act=act,
            refusal=refusal,
            warnings=() if refusal else lifecycle.warnings(filing, act, when),
            past=kind is ActKind.CONFIRM and filing.stage is Stage.ON_NOTICE and review.is_published(filing, when),
        )


def _first_halves(filing: Filing, kind: ActKind, year: int | None) -> dict[str, str]:
    """What one of two people did and another must, of this kind and, if one is named, of this year: with who did it."""
    names = (name.partition(":") for name in filing.proposals)
    of_kind = [
        "".join(name) for name in names if name[0] == kind.value and (year is None or name[2] in ("", str(year)))
    ]
    return {name: filing.proposals[name] for name in of_kind}


def _posts(filing: Filing, kind: ActKind, role: Role) -> list[tuple[Role, str]]:
    """The posts of a role that do an act to this filing; what is being handed over, its taker takes (Q25). What the service itself
    does where too many revocations would complete on one day, nobody is offered (G-16)."""
    if kind is ActKind.HOLD and role is Role.PLATFORM:
        return []
    if kind is ActKind.TRANSFER and filing.transfer:
        taker = offices.reviewer(filing.transfer.jurisdiction, filing.transfer.zone)
        giver = offices.reviewer(filing.jurisdiction, filing.zone)
        decides = [(role, offices.PROVINCE)] if role is Role.PROVINCE_ST else []  # it, too, may take back
        return [post for post in (taker, giver) if post[0] is role] + decides
    return offices.posts(filing, role)


def doers(filing: Filing, kind: ActKind) -> list[tuple[Role, str]]:
    """The posts that do an act to this filing, at its stage; of what the stage does not know, at the stages that do."""
    row = lifecycle.ROWS.get((kind.value, filing.stage, filing.kind))
    rows = [row] if row else [each for each in lifecycle.TABLE if each.event is kind]
    roles = [role for role in Role if any(role in each.by for each in rows)]
    return [each for role in roles for each in _posts(filing, kind, role)]


def _reviewers(filing: Filing) -> list[tuple[Role, str]]:
    return [offices.reviewer(filing.jurisdiction, filing.zone)]


def _came(kind: ActKind, by: By, when: Moment) -> dict[str, Any]:
    """As if it had come today, to whoever enters it."""
    came = {"on": when.day, "how": "in_person", "received_by": by.person, "record": "0" * 64}
    return {"on_behalf_of": ON_PAPER[kind].sender, "came": came}


def _proposed(filing: Filing, kind: ActKind, by: By, when: Moment, came: Mapping[str, Any]) -> Iterator[Act]:
    """An act as its form proposes it for somebody: one for each of the things that it could be about."""
    act_type = TYPES[kind]
    asked = [name for name in act_type.model_fields if name in required(act_type) or name in SUGGESTED]
    asked += ["reason"] if kind is ActKind.TRANSFER and by.role is Role.PROVINCE_ST else []
    choices = {name: _choices(act_type, name, filing, by, when) for name in asked if name not in ("id", "by")}
    for values in product(*choices.values()):
        act: Any = act_type.model_validate(
            {"id": "offer", "by": by, "received_at": when.at, **came, **dict(zip(choices, values, strict=True))}
        )
        yield act


def _choices(act_type: type[Value], name: str, filing: Filing, by: By, when: Moment) -> list[Any]:
    if act_type is UrgeReport and name == "year":  # what is due comes before what was missed and may be made good
        waiting, years = annual.to_report(filing, when), _years(filing, when)
        return [*reversed(waiting), *years[len(waiting) :]] or [when.day.year]
    if name in PROPOSALS:
        return PROPOSALS[name](filing, by, when)
    annotation = act_type.model_fields[name].annotation
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    return [UNTOLD]


def open_objections(filing: Filing) -> list[str]:
    """What a ruling can be on: each objection that is listed, and if there are several, the oldest of all together."""
    notices = (filing.notice, filing.change.notice if filing.change else None)
    listed = [each.id for notice in notices if notice for each in notice.objections if each.open]
    return [*listed, TOGETHER] if filing.open_objections > 1 else listed


def _counted(filing: Filing, by: By, when: Moment) -> list[int | None]:
    """One by one; or as many as wait for it."""
    notices = [notice for notice in (filing.notice, filing.change.notice if filing.change else None) if notice]
    waiting = {sum(each.undecided for each in notices), sum(each.admitted for each in notices)}
    return [None, *sorted(waiting - {0})] if filing.open_objections > 1 else [None]


def _objections(filing: Filing, by: By, when: Moment) -> list[str]:
    return open_objections(filing) or [UNNAMED]


def _until(filing: Filing, by: By, when: Moment) -> list[Any]:
    """The day after the present last day of a year, as far as it has not passed."""
    return [max(day_of(year.due), when.day) for year in filing.years if not year.closed] or [
        when.day + timedelta(days=1)
    ]


def _years(filing: Filing, when: Moment) -> list[int]:
    """The years that wait for a report, the oldest first, and then the others, the newest first."""
    waiting = annual.to_report(filing, when)
    return [*waiting, *(year.year for year in reversed(filing.years) if year.year not in waiting)]


def _taker(filing: Filing, by: By, when: Moment) -> list[Any]:
    if filing.transfer:  # taken over there, or taken back
        return list(dict.fromkeys([filing.transfer.jurisdiction, filing.jurisdiction]))
    return [next(code for code in offices.OFFICES if code != filing.jurisdiction)]


def _today(filing: Filing, by: By, when: Moment) -> list[Any]:
    return [when.day]


PROPOSALS: Mapping[str, Callable[[Filing, By, Moment], list[Any]]] = {
    "deficiencies": lambda filing, *_: [[{"item": review.conditions(filing)[0], "message": UNTOLD}]],
    "checklist": lambda filing, *_: [[{"item": item, "met": True} for item in review.conditions(filing)]],
    "paper": lambda filing, *_: [filing.paper],
    "positive": lambda *_: [True],
    "admissible": lambda *_: [True],
    "objection": _objections,
    "counted": _counted,
    "surveyed_on": _today,
    "met_on": _today,
    "happened_on": _today,
    "inspected_on": _today,
    "served_on": _today,
    "obstacle_ended_on": _today,
    "archive_number": lambda filing, _, when: [f"{province.number_prefix(filing, when.day.year)}0001"],
    "successor": lambda filing, *_: [f"{filing.id[:62]}.2"],
    "successor_number": lambda filing, _, when: [f"{province.number_prefix(filing, when.day.year)}0001"],
    "accepted_on": _today,
    "decided_on": _today,
    "letter": lambda filing, *_: [name.partition(":")[2] for name in letters_waiting(filing)] or [UNNAMED],
    "done_by": lambda filing, *_: [filing.number],
    "challenge": lambda filing, *_: [each.id for each in filing.challenges] or [UNNAMED],
    "year": lambda filing, _, when: _years(filing, when) or [when.day.year],
    "until": _until,
    "to": _taker,
    "to_zone": lambda filing, *_: (
        list(dict.fromkeys([filing.transfer.zone, filing.zone])) if filing.transfer else [None]
    ),
    "ground": lambda *_: [Ground.OTHER],
    "url": lambda *_: ["https://example.invalid"],
    "entry": lambda filing, *_: sorted(service.unsettled(filing)) or [filing.number],
    "consent": lambda filing, *_: [filing.consent],
    "address": lambda filing, *_: [filing.address],
    "calendar": lambda *_: list(CALENDARS),
    "terms": lambda *_: list(TERMS),
}
"""What the form of an act proposes for its fields, each with what it could be about."""

SUGGESTED = frozenset({"checklist", "counted", "until", "to_zone", "obstacle_ended_on", "served_on"})
"""Fields that may be left empty, and are filled in all the same because an act may need them."""
