"""Reading what somebody filed: every shape error of every field at once, and what could be read of the rest.

A field that cannot be read becomes None and a finding, so that the rules across fields still judge the others
(一次性告知, G-05b).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from types import MappingProxyType, UnionType
from typing import Annotated, Any, Literal, TypeGuard, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from models.faults import MISSING, NO_OBJECT, TOO_FEW, TOO_LONG, in_chinese
from models.findings import Finding
from models.forms import EVIDENCE, UPLOADED, WRITTEN, Document, EvidenceDocument
from models.names import PROGRAMS, hidden
from models.values import OneFor, storable
from models.vocabulary import Severity
from regulation.articles import cite

M = TypeVar("M", bound=BaseModel)


_Held = Literal["lists", "documents", "names"]
"""What papers are looked through for: lists that have one row for each item, files, and texts of one line."""

TWICE = "重复，每项只填一次"
MOST = 300
"""So many faults are named at once; whoever made more learns how many more there are."""

UNKNOWN = 20
"""So many things that a form does not have are named, of each part of it."""


def bounded(findings: Sequence[Finding]) -> list[Finding]:
    """Findings as they are told: all, unless somebody sent thousands of faults."""
    if len(findings) <= MOST:
        return list(findings)
    worst = min(findings[MOST - 1 :], key=lambda each: list(Severity).index(each.severity))
    more = f"另有{len(findings) - MOST + 1}项问题未逐一列出，请处理以上各项后再核对"
    return [*findings[: MOST - 1], worst.but(field="", message=more)]


def finding(code: str, field: str, severity: Severity, message: str) -> Finding:
    """A finding with its article looked up."""
    return Finding.made(code=code, field=field, severity=severity, message=message, article=cite(code))


def pointer(*parts: object) -> str:
    """The JSON pointer (RFC 6901) to a place in a document."""
    return "".join("/" + storable(str(part)).replace("~", "~0").replace("/", "~1") for part in parts)


def read(
    model: type[M], raw: Mapping[str, Any], codes: Mapping[str, str], at: str = "", otherwise: str = "A-55"
) -> tuple[M, list[Finding]]:
    """A form read field by field: the model, unread fields None, and a finding for each of them.

    `codes` translates a field's number where the form at hand numbers it differently. A field without a number of its
    own has `otherwise`, that of what it is part of. Only where something is wrong is each field read by itself.
    """
    try:
        return model.model_validate(dict(raw)), []
    except ValidationError:
        form, findings = _by_field(model, raw, codes, at, otherwise)
        if not findings:
            raise
        return form, findings


def _by_field(
    model: type[M], raw: Mapping[str, Any], codes: Mapping[str, str], at: str, otherwise: str
) -> tuple[M, list[Finding]]:
    findings: list[Finding] = []
    values: dict[str, Any] = {}

    def fault(info: FieldInfo | None, field: str, message: str) -> None:
        code = _code(info, otherwise)
        label = f"{info.title}：" if info and info.title else ""
        findings.append(finding(codes.get(code, code), field, Severity.ERROR, label + message))

    unknown = sorted(map(str, raw.keys() - model.model_fields.keys()))
    for name in unknown[:UNKNOWN]:
        fault(None, at + pointer(name), "没有这一项")
    if len(unknown) > UNKNOWN:
        fault(None, at, f"另有{len(unknown) - UNKNOWN}项是本表没有的")
    for name, info in model.model_fields.items():
        field = at + pointer(name)
        if name not in raw:
            values[name] = None if info.is_required() else info.get_default(call_default_factory=True)
            if info.is_required():
                fault(info, field, MISSING)
            continue
        value = raw[name]
        inner, many = _model_in(info.annotation)
        longest = longest_of(info)
        if longest is not None and isinstance(value, list | tuple | dict) and len(value) > longest:
            values[name] = None
            fault(info, field, TOO_LONG.format(max_length=longest))
        elif inner and not many and isinstance(value, Mapping):
            values[name], below = read(inner, value, codes, field, _code(info, otherwise))
            findings += below
        elif inner and many and isinstance(value, list):
            rows = []
            for index, row in enumerate(value):
                if isinstance(row, Mapping):
                    one, below = read(inner, row, codes, field + pointer(index), _code(info, otherwise))
                    rows.append(one)
                    findings += below
                else:
                    rows.append(inner.model_construct(None, **dict.fromkeys(inner.model_fields)))
                    fault(info, field + pointer(index), NO_OBJECT)
            values[name] = tuple(rows)
            fewest = _constraint(info, "min_length") or 0
            if len(rows) < fewest:
                fault(info, field, TOO_FEW.format(min_length=fewest))
        else:
            try:
                values[name] = _adapter(model, name).validate_python(value)
            except ValidationError as error:
                values[name] = None
                for each in error.errors():
                    fault(info, field + pointer(*each["loc"]), in_chinese(each))
    return model.model_construct(None, **values), findings


@dataclass(frozen=True)
class _Part:
    """One field of a form as it is looked through: what it holds, itself or at any depth below (`holds`)."""

    name: str
    info: FieldInfo
    one_for: OneFor | None
    on_one_line: bool
    holds: frozenset[_Held]

    def rows(self, value: BaseModel) -> Sequence[tuple[tuple[object, ...], Any]]:
        """What the field holds of a value, row by row if it is a list, each with its place."""
        held = getattr(value, self.name, None)
        if isinstance(held, tuple):
            return [((self.name, index), row) for index, row in enumerate(held)]
        return [((self.name,), held)]


@cache
def _parts(model: type[BaseModel], holding: _Held | None = None) -> tuple[_Part, ...]:
    """The fields of a form, or those among them in which there may be something of a sort: the others need no look."""
    if holding:
        return tuple(part for part in _parts(model) if holding in part.holds)
    return tuple(_part(name, info) for name, info in model.model_fields.items())


def _part(name: str, info: FieldInfo) -> _Part:
    one_for, inner = next(filter(_is_one_for, info.metadata), None), _models_in(info.annotation)
    on_one_line = _constraint(info, "pattern") != WRITTEN
    holds: set[_Held] = {held for model in inner for part in _parts(model) for held in part.holds}
    holds |= {"lists"} if one_for else set()
    holds |= {"documents"} if any(issubclass(model, Document) for model in inner) else set()
    holds |= {"names"} if on_one_line and _may_be_text(info.annotation) else set()
    return _Part(name, info, one_for, on_one_line, frozenset(holds))


def _may_be_text(annotation: Any) -> bool:
    """Whether a field may hold what somebody wrote, itself or as rows of a list."""
    inner = get_args(annotation)
    if get_origin(annotation) in (Annotated, Union, UnionType, tuple):
        return any(map(_may_be_text, inner))
    return get_origin(annotation) is not Literal and annotation not in NO_TEXT


NO_TEXT = (int, bool, Decimal, date, datetime, type(None), ...)
"""What holds nothing that anybody wrote."""


def _is_one_for(told: object) -> TypeGuard[OneFor]:
    return isinstance(told, OneFor)


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """Every model that a field may hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for each in get_args(annotation) for model in _models_in(each)]


def repeated(value: BaseModel, at: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Where a list that has one row for each item (`OneFor`) has two: the pointer of the later row, and the list's field."""
    for part in _parts(type(value), "lists"):
        seen: set[Any] = set()
        for where, row in part.rows(value):
            key = part.one_for.key(row) if part.one_for and row is not None else None
            if key is not None and key in seen:
                yield at + pointer(*where), part.info
            seen.add(key)
            if isinstance(row, BaseModel):
                yield from ((at + pointer(*where) + below, info) for below, info in repeated(row))


def twice(form: BaseModel, at: str = "", codes: Mapping[str, str] = MappingProxyType({})) -> list[Finding]:
    """An error for each row of a form or paper that a list has already; `codes` as for `read`."""
    found = []
    for where, info in repeated(form, at):
        code = _code(info, "A-55")
        found.append(finding(codes.get(code, code), where, Severity.ERROR, f"{info.title}：{TWICE}"))
    return found


NO_SECRETS = "不得上传涉密材料（国防专利等另行报送）"
NO_EVIDENCE = "证据材料只在陈述申辩、异议等须举证时提交"
NO_PROGRAMS = "不得以程序、脚本或网页作为材料，须为 PDF、OFD、图片或办公文件"


def is_program(document: Document) -> bool:
    """Whether a reference names a file that runs instead of one that is read."""
    runs = any(
        word in document.media_type for word in ("msdownload", "executable", "script", "x-sh", "html", "java-archive")
    )
    return runs or document.name.rpartition(".")[2].lower() in PROGRAMS


def unfit(value: BaseModel, at: str = "") -> Iterator[Finding]:
    """An error for each document of a paper, wherever it stands in it, that is a program, is secret, or is evidence where none is asked."""
    for part in _parts(type(value), "documents"):
        for where, row in part.rows(value):
            if isinstance(row, Document):
                yield from _unfit(row, at + pointer(*where), _code(part.info, "A-28"))
            elif isinstance(row, BaseModel):
                yield from (each.but(field=at + pointer(*where) + each.field) for each in unfit(row))


def _unfit(document: Document, at: str, code: str) -> Iterator[Finding]:
    if is_program(document):
        yield finding(code, f"{at}/name", Severity.ERROR, NO_PROGRAMS)
    if document.secrecy not in UPLOADED:
        yield finding("B-25", f"{at}/secrecy", Severity.ERROR, NO_SECRETS)
    if document.kind == EVIDENCE and not isinstance(document, EvidenceDocument):
        yield finding(code, f"{at}/kind", Severity.ERROR, NO_EVIDENCE)


MOST_HIDDEN = 3
"""So many characters of one name are named."""


def unseen(value: BaseModel, at: str = "", codes: Mapping[str, str] = MappingProxyType({})) -> Iterator[Finding]:
    """An error for each one-line text, wherever it stands, with characters that show nothing; `codes` as for `read`."""
    for part in _parts(type(value), "names"):
        for where, row in part.rows(value):
            if isinstance(row, BaseModel):
                yield from (each.but(field=at + pointer(*where) + each.field) for each in unseen(row, codes=codes))
            elif isinstance(row, str) and part.on_one_line and (found := [*hidden(row)]):
                code, said = _code(part.info, "A-55"), f"{part.info.title}：{_named(found)}"
                yield finding(codes.get(code, code), at + pointer(*where), Severity.ERROR, said)


def _named(found: Sequence[tuple[int, str, str]]) -> str:
    """Characters that show nothing, each by its place and number, for whoever cannot see them."""
    told = [f"第{place}个字符为{called} U+{ord(character):04X}" for place, character, called in found[:MOST_HIDDEN]]
    more = f"等{len(found)}处" if len(found) > MOST_HIDDEN else ""
    return f"{'、'.join(told)}{more}，须删去"


def codes_in(model: type[BaseModel]) -> set[str]:
    """The numbers of a form's fields, of those inside it too."""
    found = set()
    for info in model.model_fields.values():
        inner, _ = _model_in(info.annotation)
        found |= {_code(info, "")} | (codes_in(inner) if inner else set())
    return found - {""}


def _code(info: FieldInfo | None, otherwise: str) -> str:
    extra = info.json_schema_extra if info else None
    return str(extra["code"]) if isinstance(extra, dict) and "code" in extra else otherwise


def longest_of(info: FieldInfo) -> int | None:
    """How many characters, rows or entries a field may have."""
    longest: int | None = _constraint(info, "max_length")
    return longest


def _constraint(info: FieldInfo, name: str) -> Any:
    """What a field is held to under a name of pydantic's, be it that of the text that it may also go without."""
    found = list(info.metadata)
    for each in (info.annotation, *get_args(info.annotation)):
        if get_origin(each) is Annotated:
            for extra in get_args(each)[1:]:
                found += extra.metadata if isinstance(extra, FieldInfo) else [extra]
    return next((held for each in found if (held := getattr(each, name, None)) is not None), None)


@cache
def _adapter(model: type[BaseModel], name: str) -> TypeAdapter[Any]:
    info = model.model_fields[name]
    annotation: Any = Annotated[info.annotation, info]
    return TypeAdapter(annotation)


def _model_in(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The model that a field holds, and whether it holds a list of them."""
    if get_origin(annotation) in (Union, UnionType):
        return next((found for arg in get_args(annotation) if (found := _model_in(arg))[0]), (None, False))
    if get_origin(annotation) is tuple:
        return _model_in(get_args(annotation)[0])[0], True
    return (annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None), False
