"""A return in the survey (统计调查表) as a form: the questionnaire's tables, what is found in each, and what came back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from starlette.datastructures import FormData

from activities.documents.survey_sheet import Brought
from gateway.asked.applications import Found, found_in
from gateway.asked.filled import Places, read
from gateway.asked.forms import Field, by_field, fields_of
from models.findings import Finding
from models.forms import CamePaper
from models.rounds.questionnaires import Questionnaire, Table
from models.rounds.surveys import EnterSurvey, Point, SurveyOnPaper, SurveyReturn
from models.sections import Section
from models.vocabulary import Severity
from regulation import promises
from regulation.rounds.figures import form_of

PROMISE = Section("promise", "承诺", ("integrity_commitment",))

OWN = ("/content/figures", "/content")
"""Where what is found on a return stands as it is sent; on the form it stands below nothing."""


@dataclass(frozen=True)
class Part:
    """A table with its fields: one of each indicator, or rows of them; and what was told of each a year ago."""

    table: Table
    field: Field
    before: Mapping[str, Decimal]

    @property
    def fields(self) -> tuple[Field, ...]:
        """The indicators of a table that is filled in once."""
        return self.field.fields

    @property
    def units(self) -> Mapping[str, str]:
        """The unit of each indicator."""
        return {each.key: each.unit or "" for each in self.table.indicators}

    @property
    def called(self) -> Mapping[str, str]:
        """What each indicator is called, without its unit."""
        return {each.key: each.label for each in self.table.indicators}

    @property
    def is_noted(self) -> bool:
        """Whether something was found at one of its fields."""
        of = [*self.fields, *(cell for row in self.field.rows for cell in row)]
        return bool(self.field.findings) or any(each.findings for each in of)

    @property
    def filled(self) -> str:
        """How much of it is filled in, as its heading says while it is folded."""
        if self.table.rows == "once":
            some = sum(each.says_something for each in self.fields)
            return f"已填{some}栏，共{len(self.fields)}栏"
        rows = sum(any(cell.says_something for cell in row) for row in self.field.rows)
        return f"已列{rows}项" if rows else "没有列"

    def told(self, field: Field) -> Decimal | None:
        """The figure of the year before."""
        return self.before.get(f"{self.table.key}.{field.name}")


def sections(questionnaire: Questionnaire, *, on_paper: bool = False) -> tuple[Section, ...]:
    """The contents of a return: how it came on paper, the questionnaire's tables, and what is promised."""
    came_ = (Section("came", "来文", ("came", *RECORD)),) if on_paper else ()
    return (*came_, *(Section(each.key, each.title, (each.key,), each.notes) for each in questionnaire.tables), PROMISE)


def parts(
    questionnaire: Questionnaire,
    raw: Mapping[str, Any],
    findings: Iterable[Finding],
    before: Mapping[str, Decimal],
    *,
    more_rows: str = "",
) -> list[Part]:
    """The tables filled in."""
    figures = raw.get("figures") or {}
    shown = fields_of(form_of(questionnaire), figures, by_field(findings), more_rows=more_rows)
    return [Part(table, field, before) for table, field in zip(questionnaire.tables, shown, strict=True)]


def promise(raw: Mapping[str, Any], findings: Iterable[Finding], day: date, *, on_paper: bool) -> Field:
    """What is promised with a return, with the text that is in force on a day; on paper as it stands there."""
    (field,) = fields_of(SurveyReturn, raw, findings, only=PROMISE.names)
    if on_paper:
        return field
    return replace(field, widget="confirm", reads=promises.in_force("survey", day))


def new_row(questionnaire: Questionnaire, raw: Mapping[str, Any], pointer: str) -> str:
    """Where the empty row stands that a table got."""
    shown = [each.field for each in parts(questionnaire, raw, (), {}, more_rows=pointer)]
    return next((each.rows[-1][0].row for each in shown if each.at == pointer and each.rows), "")


def came(raw: Mapping[str, Any], findings: Iterable[Finding], colleagues: Sequence[tuple[str, str]]) -> list[Field]:
    """How a return on paper came, and its scan."""
    (group,) = fields_of(EnterSurvey, raw, findings, only=("came",))
    told = (replace(each, options=tuple(colleagues)) if each.name == "received_by" else each for each in group.fields)
    return [replace(group, fields=tuple(told)), *fields_of(SurveyOnPaper, raw, findings, only=RECORD)]


RECORD = tuple(CamePaper.model_fields)
"""What is told with a return on paper beside the return."""


def filled_in(questionnaire: Questionnaire, form: FormData, *, on_paper: bool = False) -> dict[str, Any]:
    """What came back, as it is sent; on paper with how it came."""
    figures = read(form_of(questionnaire), form)
    told = {"figures": figures, **read(SurveyOnPaper, form, only=(*PROMISE.names, *(RECORD if on_paper else ())))}
    return told | (read(EnterSurvey, form, only=("came",)) if on_paper else {})


@dataclass(frozen=True)
class Uploaded:
    """A workbook that was filled in, read as if it had been typed: `raw` is what it says."""

    questionnaire: Questionnaire
    brought: Brought

    @property
    def form(self) -> FormData:
        """What a browser would have sent."""
        return FormData(list(self.brought.written.items()))

    @property
    def raw(self) -> dict[str, Any]:
        """What is written in it. What is promised with a return is promised on the page alone."""
        return filled_in(self.questionnaire, self.form)

    def placed(self, findings: Iterable[Finding]) -> list[Finding]:
        """Findings on a return, each told by the cell that it is about."""
        of_cells = on_the_form(self.questionnaire, self.form, findings)
        return [self.brought.placed(each) for each in of_cells]


def with_zeros(questionnaire: Questionnaire, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The same with 0 for each figure of the alliance as a whole that was left empty: nothing of it occurred."""
    figures = dict(raw.get("figures") or {})
    for table in questionnaire.tables:
        if table.rows == "once":
            nothing = {each.key: 0 if each.type == "whole" else "0.00" for each in table.indicators if each.is_figure}
            figures[table.key] = nothing | (figures.get(table.key) or {})
    return {**raw, "figures": figures}


# What is found


def on_the_return(findings: Iterable[Finding]) -> list[Finding]:
    """Findings on an act that brings a return, as they point into what was filled in."""
    told = []
    for each in findings:
        own = next((prefix for prefix in OWN if each.field.startswith(f"{prefix}/")), "")
        told.append(each.but(field=each.field.removeprefix(own)))
    return told


def on_the_form(questionnaire: Questionnaire, form: FormData, findings: Iterable[Finding]) -> list[Finding]:
    """The same as they point to the fields of the form it was filled in on, which has empty rows too."""
    places = Places(form_of(questionnaire), form)
    return [each.but(field=places.of(each.field)) if each.field else each for each in findings]


def unfolded(parts: Sequence[Part], contents: Found, *, more: str, everything: bool) -> frozenset[str]:
    """The tables that stand open on a page that folds them: the first in which something is left to do, those in which something was
    found at a field, and the one that more rows were asked of."""
    left = [
        section.key for section, found in contents.sections if any(each.severity is Severity.ERROR for each in found)
    ]
    keys = [each.table.key for each in parts]
    first = [each for each in keys if each in left][:1]
    noted = [each.table.key for each in parts if each.is_noted or each.field.at == more]
    return frozenset(keys if everything else [*first, *noted])


def found(questionnaire: Questionnaire, findings: Iterable[Finding], *, on_paper: bool = False) -> Found:
    """Findings by table, errors first."""
    return found_in(sections(questionnaire, on_paper=on_paper), list(findings))


def sent_back(questionnaire: Questionnaire, points: Iterable[Point]) -> list[Finding]:
    """What a return was sent back for, at the indicators of which it speaks."""
    fields = {
        each.code: f"/{table.key}/{each.key}" if table.rows == "once" else f"/{table.key}"
        for table in questionnaire.tables
        for each in table.indicators
    }
    return [
        Finding(
            code="A-35",
            field=fields.get(each.code, ""),
            severity=Severity.WARNING,
            message=f"退回：{each.message}",
            article=each.code,
        )
        for each in points
    ]
