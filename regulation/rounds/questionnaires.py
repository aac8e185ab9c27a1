"""The editions of the questionnaire (调查表): which there are, and whether one can be used.

They are dated data (`regulation/data/rounds/surveys/`; a deployment adds its own, and the province may bring one when it opens
a survey). A survey keeps the whole questionnaire by which it was opened as its paper, so that no later edition touches it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from pydantic import ValidationError, model_validator

from models.faults import in_chinese
from models.findings import Finding
from models.forms import FormA, FormB
from models.rounds.questionnaires import Check, Indicator, Questionnaire, Source
from models.rounds.surveys import SurveyOpening
from models.values import Value
from models.vocabulary import ByKind, Severity
from regulation import data
from regulation.editions import Editions, read
from regulation.reading import bounded, finding, pointer

ARTICLE = ByKind(a="A-35", b="B-19")
"""Who asks for the survey: 《工作指引》第十条, 《实施细则》第七条."""

IDENTITY = ("name", "code", "type")
"""Which member a row is about; no indicator has one of these names."""


def faults(questionnaire: Questionnaire) -> list[Finding]:
    """What is wrong with a questionnaire beyond its shape: names twice, checks of what is not asked, sources that no form has."""
    return [*_repeated(questionnaire), *_of_indicators(questionnaire), *_of_checks(questionnaire)]


def _fault(message: str, *at: object) -> Finding:
    return finding("A-35", pointer(*at), Severity.ERROR, message)


def _repeated(questionnaire: Questionnaire) -> Iterator[Finding]:
    tables = Counter(table.key for table in questionnaire.tables)
    codes = Counter(each.code for table in questionnaire.tables for each in table.indicators)
    for number, table in enumerate(questionnaire.tables):
        keys = Counter(each.key for each in table.indicators)
        if tables[table.key] > 1 or hasattr(Value, table.key):
            yield _fault(f"分表名称{table.key}重复或者不可用", "tables", number, "key")
        for line, each in enumerate(table.indicators):
            at = ("tables", number, "indicators", line)
            if keys[each.key] > 1 or hasattr(Value, each.key) or (table.rows == "members" and each.key in IDENTITY):
                yield _fault(f"指标名称{each.key}重复或者不可用", *at, "key")
            if codes[each.code] > 1:
                yield _fault(f"指标代码{each.code}重复", *at, "code")


def _of_indicators(questionnaire: Questionnaire) -> Iterator[Finding]:
    for number, table in enumerate(questionnaire.tables):
        for line, each in enumerate(table.indicators):
            at = ("tables", number, "indicators", line)
            if (each.type == "choice") != bool(each.options):
                yield _fault("选项只用于类型为 choice 的指标，且不得没有", *at, "options")
            if len(set(each.options)) < len(each.options):
                yield _fault("选项重复", *at, "options")
            if each.year_on_year is not None and not each.is_figure:
                yield _fault("只有数值指标可与上年比较", *at, "year_on_year")
            if each.public and not each.is_figure:
                yield _fault("只有数值指标可以汇总公开", *at, "public")
            known = {other.key for other in table.indicators} | set(IDENTITY if table.rows == "members" else ())
            if each.when and (each.when.indicator not in known or each.when.indicator == each.key):
                yield _fault(f"同一分表没有另一指标{each.when.indicator}", *at, "when", "indicator")
            if each.carried and table.rows != "once":
                yield _fault("只有每个联盟填写一次的指标可取自申请表", *at, "carried")
            if each.carried:
                for form, source in ((FormA, each.carried.a), (FormB, each.carried.b)):
                    yield from (_fault(f"申请表没有{place}", *at, "carried") for place in _nowhere(form, source))


def _nowhere(form: type[Value], source: Source | None) -> Iterator[str]:
    """The places of a source that a form does not have."""
    for place in (source.standing, source.last_year, source.year_before) if source else ():
        model: Any = form
        for name in (place or "").split("/")[1:]:
            fields = getattr(model, "model_fields", {})
            if name not in fields:
                yield str(place)
                break
            model = fields[name].annotation


def _of_checks(questionnaire: Questionnaire) -> Iterator[Finding]:
    for number, check in enumerate(questionnaire.checks):
        for side in ("left", "right"):
            for line, term in enumerate(getattr(check, side)):
                found = questionnaire.find(term)
                if found is None or (found[1] is None and found[0].rows == "once"):
                    yield _fault(f"没有{term}", "checks", number, side, line)
                elif found[1] is not None and not found[1].is_figure:
                    yield _fault(f"{term}不是数值指标", "checks", number, side, line)
        if check.by_row and not _of_one_table_with_rows(questionnaire, check):
            yield _fault("逐行审核的各项须在同一个有行的分表内", "checks", number, "by_row")


def _of_one_table_with_rows(questionnaire: Questionnaire, check: Check) -> bool:
    named = {term.partition(".")[0] for term in (*check.left, *check.right)}
    table = questionnaire.table(next(iter(named)))
    return len(named) == 1 and table is not None and table.rows != "once" and all("." in each for each in check.left)


# The editions


def made(document: Mapping[str, Any], _: Questionnaire | None) -> Questionnaire:
    """An edition of its document. Raises `ValueError` for one that could not be answered."""
    questionnaire = read(Questionnaire, document)
    if found := faults(questionnaire):
        raise ValueError("；".join(f"{each.field} {each.message}" for each in found))
    return questionnaire


def examined(document: Any) -> tuple[Questionnaire | None, list[Finding]]:
    """A questionnaire that the province brings as a document, and everything that is wrong with it: also that it builds on no edition,
    or has the name of one that says something else.
    """
    try:
        asked = Questionnaire.model_validate(document)
    except ValidationError as error:
        return None, bounded([_fault(in_chinese(each), *each["loc"]) for each in error.errors()])
    found = faults(asked)
    if asked.base is None or asked.base not in QUESTIONNAIRES:
        found.append(_fault(f"须写明所接续的版本，现有：{'、'.join(QUESTIONNAIRES)}", "base"))
    return asked, [*found, *of_another(asked)]


def of_another(asked: Questionnaire) -> list[Finding]:
    """That there is another questionnaire of the same name."""
    if asked.edition in QUESTIONNAIRES and QUESTIONNAIRES[asked.edition] != asked:
        held = "（所属调查已取消，名称仍予保留）" if asked.edition in CALLED_OFF else ""
        return [_fault(f"已有版本{asked.edition}{held}而内容不同，须另起版本名称", "edition")]
    return []


def compared(before: Questionnaire, after: Questionnaire) -> Iterator[tuple[str, Indicator]]:
    """What one questionnaire asks otherwise than another, by the codes of its indicators, in words."""
    old, new = (
        {each.code: (table.title, each) for table in edition.tables for each in table.indicators}
        for edition in (before, after)
    )
    yield from (("新增", each) for code, (_, each) in new.items() if code not in old)
    yield from (("取消", each) for code, (_, each) in old.items() if code not in new)
    yield from (("改动", each) for code, (title, each) in new.items() if code in old and old[code] != (title, each))


FOLDER = "rounds/surveys"


def shipped() -> Editions[Questionnaire]:
    """The editions that come with this release, to which a deployment adds its own."""
    return Editions("统计调查表", made, map(data.read, data.names(FOLDER)))


QUESTIONNAIRES = shipped()


CALLED_OFF: set[str] = set()
"""Editions that were brought for surveys all of which were cancelled; only who names one has it."""


def newest(day: date, year: int) -> str:
    """The edition by which a survey of a year's figures is taken if nobody chooses another one."""
    return QUESTIONNAIRES.newest(day, lambda each: each.first_year <= year and each.edition not in CALLED_OFF)


def choices() -> tuple[tuple[str, str], ...]:
    """The editions that a survey may be opened with, the last added first, each with what it is called; those of cancelled surveys last."""
    known = [
        (name, f"{name}（适用于{QUESTIONNAIRES[name].first_year}年起的统计年度{_called_off(name)}）")
        for name in reversed(tuple(QUESTIONNAIRES))
    ]
    return tuple(sorted(known, key=lambda each: each[0] in CALLED_OFF))


def _called_off(name: str) -> str:
    return "；所属调查已取消，不选则不采用" if name in CALLED_OFF else ""


class Opening(SurveyOpening):
    """What a survey is opened with, as a door takes it: the edition that is named, or suits, is laid down whole."""

    @model_validator(mode="before")
    @classmethod
    def _laid_down(cls, said: Any) -> Any:
        if not isinstance(said, Mapping) or said.get("questionnaire") is not None:
            return said
        edition, year = said.get("edition"), said.get("year")
        if edition is None and isinstance(year, int) and 1 <= year <= 9999:
            edition = newest(date(year, 12, 31), year)
        if not isinstance(edition, str) or edition not in QUESTIONNAIRES:
            return said
        return {**said, "questionnaire": QUESTIONNAIRES[edition].model_dump(mode="json")}
