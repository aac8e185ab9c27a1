"""What a door does with an act for a round before it is sent: read it, and its paper, with every finding at once."""

from collections.abc import Mapping
from typing import Any

from models.faults import MISSING
from models.findings import Finding
from models.rounds.base import OpenRound, RoundAct, RoundActKind, parts
from models.rounds.round import ROUND_ACT_TYPES, Round
from models.values import Value, digest
from models.vocabulary import Severity
from regulation.lodging import MOST_FIELDS
from regulation.moment import Moment
from regulation.reading import bounded, finding, read, twice, unfit, unseen
from regulation.rounds import table
from regulation.rounds.rules import Rules

FILLED_IN = ("facts", "pinned")
"""Fields of acts that the service fills in: nobody brings them."""

IN_PAPER = "/content/"
"""How the pointer of a field begins that is one of an act's paper."""

NONE = "0" * 64
"""Stands for the digest of a paper that could not be read."""


class RoundLodged(Value):
    """An act as it may be examined, with its paper; or the findings that refuse it, and what could be read of it all the same.
    `is_drawn`: the door draws its paper up."""

    findings: tuple[Finding, ...] = ()
    act: RoundAct | None = None
    as_read: RoundAct | None = None
    paper: dict[str, Any] | None = None
    is_drawn: bool = False


def lodge(rules: Rules, round_: Round | None, raw: Mapping[str, Any]) -> RoundLodged:
    """Read an act for a round of a kind."""
    kind = str(raw.get("kind"))
    article, model = _article(rules, kind), ROUND_ACT_TYPES.get(kind)
    if model is None or kind not in rules.rows or len(raw) > MOST_FIELDS:
        return RoundLodged(findings=(finding(article, "/kind", Severity.ERROR, f"不是“{rules.kind.label}”的行为"),))
    told = {name: value for name, value in raw.items() if name not in (*FILLED_IN, "content")}
    found, paper = _paper(rules, round_, kind, _content(rules, kind, raw))
    is_drawn = kind in rules.draws
    found += [
        finding(article, f"/{name}", Severity.ERROR, "该文书由系统按当时的记录生成，不得另附")
        for name in ("content", "paper")
        if is_drawn and raw.get(name) is not None
    ]
    if is_drawn or raw.get("content") is not None:
        told["paper"] = digest(paper) if paper is not None else NONE
    act, faults = read(model, told, {}, otherwise=article)
    found += faults
    if not faults:
        found += [*unseen(act), *twice(act), *unfit(act)]
    return RoundLodged(
        findings=tuple(bounded(found)), act=None if _errors(found) else act, as_read=act, paper=paper, is_drawn=is_drawn
    )


def _content(rules: Rules, kind: str, raw: Mapping[str, Any]) -> Any:
    """The paper that is brought; one that an opening must bring and does not is read as empty, so that all it lacks is told with the rest."""
    brings = kind == RoundActKind.OPEN_ROUND and raw.get("paper") is None
    return {} if brings and raw.get("content") is None and kind in rules.papers else raw.get("content")


def lacks_of_opening(
    rules: Rules, round_id: str, raw: Mapping[str, Any], lodged: RoundLodged, when: Moment
) -> list[Finding]:
    """Everything that an opening lacks: what could not be read of it, what its kind asks for besides, and, where its days could be read,
    what keeps it from being opened."""
    act, of, found = lodged.as_read, parts(round_id), list(lodged.findings)
    if not isinstance(act, OpenRound) or not act.by or of is None:
        return found
    article = rules.rows[RoundActKind.OPEN_ROUND].article_for(act.by.role)
    empty = [at for at in rules.opens_with(of.jurisdiction) if not _brought(raw, at)]
    found += [finding(article, at, Severity.ERROR, f"{_title(rules, at)}：{MISSING}") for at in empty]
    if act.opens and act.closes:
        refused = table.check(rules, round_id, None, act.but(title=act.title or rules.kind.label), when)
        told = {each.field for each in found}
        found += [each for each in (refused.findings if refused else ()) if each.field not in told]
    return bounded(found)


def _brought(raw: Mapping[str, Any], at: str) -> Any:
    """What an opening brings at a pointer, be it in its paper."""
    inside, name = at.startswith(IN_PAPER), at.rpartition("/")[2]
    held = raw.get("content") if inside else raw
    return held.get(name) if isinstance(held, Mapping) else None


def _title(rules: Rules, at: str) -> str | None:
    """What the field at a pointer is called."""
    kind = RoundActKind.OPEN_ROUND
    model = rules.papers[kind] if at.startswith(IN_PAPER) else ROUND_ACT_TYPES[kind]
    return model.model_fields[at.rpartition("/")[2]].title


def _paper(rules: Rules, round_: Round | None, kind: str, content: Any) -> tuple[list[Finding], dict[str, Any] | None]:
    """What was found on the paper that an act brings, and the paper, if it can be read."""
    if content is None:
        return [], None
    article, model = _article(rules, kind), rules.paper(round_, kind)
    if model is None or not isinstance(content, Mapping):
        message = "该行为不带文书" if model is None else "文书须为对象"
        return [finding(article, "/content", Severity.ERROR, message)], None
    form, found = read(model, content, {}, "/content", article)
    if found:
        return found, None
    found = [*unseen(form, "/content"), *twice(form, "/content"), *unfit(form, "/content")]
    return found, form.model_dump(mode="json")


def _article(rules: Rules, kind: str) -> str:
    row = rules.rows.get(kind)
    return row.article if row else next(iter(rules.rows.values())).article


def _errors(found: list[Finding]) -> bool:
    return any(each.severity is Severity.ERROR for each in found)
