"""What a door does with an act for a round before it is sent: read it, and its paper, with every finding at once."""

from collections.abc import Mapping
from typing import Any

from models.findings import Finding
from models.rounds.base import RoundAct
from models.rounds.round import ROUND_ACT_TYPES, Round
from models.values import Value, digest
from models.vocabulary import Severity
from regulation.lodging import MOST_FIELDS
from regulation.reading import bounded, finding, read, twice, unfit, unseen
from regulation.rounds.rules import Rules

FILLED_IN = ("facts", "pinned")
"""Fields of acts that the service fills in: nobody brings them."""

NONE = "0" * 64
"""Stands for the digest of a paper that could not be read."""


class RoundLodged(Value):
    """An act as it may be examined, with its paper; or the findings that refuse it. `is_drawn`: the door draws its paper up."""

    findings: tuple[Finding, ...] = ()
    act: RoundAct | None = None
    paper: dict[str, Any] | None = None
    is_drawn: bool = False


def lodge(rules: Rules, round_: Round | None, raw: Mapping[str, Any]) -> RoundLodged:
    """Read an act for a round of a kind."""
    kind = str(raw.get("kind"))
    article, model = _article(rules, kind), ROUND_ACT_TYPES.get(kind)
    if model is None or kind not in rules.rows or len(raw) > MOST_FIELDS:
        return RoundLodged(findings=(finding(article, "/kind", Severity.ERROR, f"不是“{rules.kind.label}”的行为"),))
    told = {name: value for name, value in raw.items() if name not in (*FILLED_IN, "content")}
    found, paper = _paper(rules, round_, kind, raw.get("content"))
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
        findings=tuple(bounded(found)), act=None if _errors(found) else act, paper=paper, is_drawn=is_drawn
    )


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
