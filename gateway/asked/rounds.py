"""The forms of acts in rounds: which fields each shows, and the act that comes back. All of it is made of the models."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.datastructures import FormData

from gateway.asked.acts import SELDOM
from gateway.asked.filled import read
from gateway.asked.forms import Field, by_field, fields_of
from models.findings import Finding
from models.rounds.base import RoundActKind, RoundKind
from models.rounds.round import ROUND_ACT_TYPES, Round
from models.values import required
from regulation import offices
from regulation.rounds import questionnaires
from regulation.rounds.lodging import FILLED_IN
from regulation.rounds.offers import Opening
from regulation.rounds.rules import Rules

BY_THE_DOOR = ("id", "kind", "by", "received_at", "seen", "paper", *FILLED_IN)
"""What the door fills in."""


CHOSEN: Mapping[tuple[RoundKind, str], Callable[[], tuple[tuple[str, str], ...]]] = {
    (RoundKind.SURVEY, "/content/edition"): questionnaires.choices,
}
"""Fields of papers that name one of what there is now, and what that is."""


def _chosen(rules: Rules, field: Field) -> Field:
    choices = CHOSEN.get((rules.kind, field.at))
    return replace(field, widget="choice", options=choices()) if choices else field


GIVEN = frozenset({(RoundKind.INSPECTION, "/content/lines", "item")})
"""Fields of the rows of papers whose words are the rule's own: they are read, and not typed again."""


def _given(rules: Rules, field: Field) -> Field:
    def shown(one: Field) -> Field:
        taken = (rules.kind, field.at, one.name) in GIVEN and one.value and not one.faulty
        return replace(one, widget="given") if taken else one

    return replace(field, rows=tuple(tuple(shown(one) for one in row) for row in field.rows))


def asked(kind: str) -> list[str]:
    """The fields of an act that people fill in: what it is about first, then what every act may carry."""
    model = ROUND_ACT_TYPES[kind]
    return sorted((name for name in model.model_fields if name not in BY_THE_DOOR), key=lambda name: name in SELDOM)


def _seldom(kind: str, field: Field) -> bool:
    """Whether a field is rarely filled in. A round is opened by a document, which has a number."""
    numbered = kind == RoundActKind.OPEN_ROUND and field.name == "document_no"
    rare = field.name in SELDOM and not field.row
    return rare and not (numbered or field.required or field.value is not None)


def _of_opening(field: Field, opening: Opening) -> Field | None:
    """A field of an opening, with what may be chosen there; None if there is nothing to choose. What was written stays, to be told wrong."""
    field = replace(field, required=field.required or field.at in opening.must)
    if field.at == "/zone":
        zones = [key for key in offices.ZONES if key in (*opening.zones, field.value)]
        options = tuple((key, offices.ZONES[key].name) for key in zones)
        return replace(field, widget="choice", options=options) if options else None
    kinds = [each for each in opening.kinds if each]
    if field.at == "/alliances" and len(kinds) == 1:
        options = tuple(each for each in field.options if each[0] in (*kinds, field.value))
        label = field.label.partition("（")[0]
        return replace(field, label=label, required=True, options=options, value=field.value or kinds[0].value)
    return field


def form_of(
    rules: Rules, round_: Round | None, kind: str, raw: Mapping[str, Any] | None, found: Iterable[Finding],
    *, opening: Opening | None = None, more_rows: str = "",
) -> tuple[Field, ...]:  # fmt: skip
    """The form of an act with its paper; `raw` is what was filled in before, `opening` what an opening may be over."""
    value, findings = raw or {}, by_field(found)
    shown = list(fields_of(ROUND_ACT_TYPES[kind], value, findings, only=asked(kind), more_rows=more_rows))
    paper = rules.paper(round_, kind)
    if paper is not None and kind not in rules.draws:
        content = value.get("content") or {}
        of_paper = fields_of(paper, content, findings, at="/content", more_rows=more_rows)
        shown += (_given(rules, _chosen(rules, field)) for field in of_paper)
    if opening:
        shown = [made for field in shown if (made := _of_opening(field, opening))]
    return tuple(replace(field, seldom=_seldom(kind, field)) for field in shown)


def without(fields: Iterable[Field], unasked: Collection[str]) -> tuple[Field, ...]:
    """The same form without these fields, by their pointers, wherever they stand."""
    left = (field for field in fields if field.at not in unasked)
    return tuple(replace(field, fields=without(field.fields, unasked)) for field in left)


ALLIANCE = frozenset({"filing", "filing_id"})
"""What fields are called that name an alliance."""


COLLEAGUES = ("/came/received_by", "/content/inspectors/")
"""Where the fields stand that name a colleague: who took in what came on paper, who inspects."""


def _names_one(field: Field) -> bool:
    return field.at.startswith(COLLEAGUES) and field.name in ("received_by", "person")


def offering(fields: Iterable[Field], colleagues: Sequence[tuple[str, str]]) -> tuple[Field, ...]:
    """The same form, where a colleague who is asked for is offered by name."""
    return tuple(
        replace(
            field,
            options=tuple(colleagues) if _names_one(field) else field.options,
            fields=offering(field.fields, colleagues),
            rows=tuple(offering(row, colleagues) for row in field.rows),
            blank=offering(field.blank, colleagues),
        )
        for field in fields
    )


def choosing(
    fields: Iterable[Field], options: Sequence[tuple[str, str]], names: Collection[str] = ALLIANCE
) -> tuple[Field, ...]:
    """The same form, where every field that names an alliance, or is called so, lets one choose among these; what was written there stays."""
    return tuple(_choosing(field, options, names) for field in fields)


def _choosing(field: Field, options: Sequence[tuple[str, str]], names: Collection[str]) -> Field:
    if field.name in names:
        written = [(field.value, field.value)] if field.value and field.value not in dict(options) else []
        return replace(field, widget="choice", options=(*written, *options))
    rows = tuple(choosing(row, options, names) for row in field.rows)
    return replace(field, fields=choosing(field.fields, options, names), rows=rows)


def read_act(rules: Rules, round_: Round | None, kind: str, form: FormData) -> dict[str, Any]:
    """What was filled in, as an act without what the door fills in."""
    raw = read(ROUND_ACT_TYPES[kind], form, only=asked(kind))
    paper = rules.paper(round_, kind)
    if paper is not None and kind not in rules.draws:
        content = read(paper, form, at="/content")
        if content or "paper" in required(ROUND_ACT_TYPES[kind]):
            raw["content"] = content
    return raw
