"""What pydantic finds wrong with the shape of something, said in Chinese: of forms and acts, editions, settings, channels, requests."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, get_args

from pydantic.fields import FieldInfo

from models import contacts
from models.acts import Archive, ChecklistLine, Deficiency, OfficeKey, RecordAnnouncement
from models.forms import NUMBER, ON_ONE_LINE, WRITTEN, Document, Member
from models.values import OUT_OF_BOUNDS, Digest, FilingId, Jurisdiction, OpaqueId


def _pattern(of: Any) -> str:
    """The pattern of a field, or of a type of text."""
    told = of.metadata if isinstance(of, FieldInfo) else [each for at in get_args(of)[1:] for each in at.metadata]
    return next(str(each.pattern) for each in told if getattr(each, "pattern", None))


MISSING = "须填写"
TOO_SHORT = "至少{min_length}字"
TOO_LONG = "不得超过{max_length}项"
TOO_FEW = "至少{min_length}项"
NO_OBJECT = "须为对象"

BELOW_ZERO = "不得小于0"

MESSAGES = {
    "missing": MISSING,
    "extra_forbidden": "没有这一项",
    "union_tag_invalid": "type 只能是：{expected_tags}",
    "union_tag_not_found": "须写明 type",
    "value_error": "{error}",
    "path_not_file": "没有这个文件",
    "string_too_short": "不得为空",
    "string_too_long": "限{max_length}字",
    "string_pattern_mismatch": "格式不正确",
    "literal_error": "只能是：{expected}",
    "enum": "只能是：{expected}",
    "greater_than_equal": "不得小于{ge}",
    "greater_than": "须大于{gt}",
    "less_than_equal": "不得大于{le}",
    "decimal_max_places": "小数不得超过{decimal_places}位",
    "decimal_max_digits": "数字不得超过{max_digits}位",
    "decimal_whole_digits": "整数部分不得超过{whole_digits}位",
    "too_short": TOO_FEW,
    "too_long": TOO_LONG,
    "timezone_aware": "时间须带时区",
    "finite_number": "须为有限的数字",
    OUT_OF_BOUNDS: "须在{first}年至{last}年之间",
}
PATTERNS = {
    WRITTEN: "不得为空",
    ON_ONE_LINE: "不得为空，也不得换行",
    contacts.PHONE: "格式不正确，如 13812345678、024-23456789-8008、4001234567",
    contacts.EMAIL: "格式不正确，如 office@example.cn",
    NUMBER: "只能是字母、数字、汉字和〔〕（）-，如 辽联盟〔2021〕12号",
    _pattern(OpaqueId): "格式不正确，如 c-101",
    _pattern(FilingId): "格式不正确，如 LN-2026-0001",
    _pattern(Digest): "须为64位小写十六进制的 SHA-256 摘要，如 e3b0…b855",
    _pattern(Jurisdiction): "不是本省属地代码，如 210100；沈抚示范区为 21SF00",
    _pattern(OfficeKey): "不是机构代码，如 210100、210100-shengaoqu",
    _pattern(Archive.model_fields["archive_number"]): "格式不正确，如 LN-CXY-A-210100-2026-0001",
    _pattern(ChecklistLine.model_fields["item"]): "格式不正确，如 A-12",
    _pattern(Deficiency.model_fields["item"]): "格式不正确，如 A-17、FA-19、D3",
    _pattern(RecordAnnouncement.model_fields["url"]): "须为网址，如 https://kjj.example.gov.cn/gg/1.html",
    r"^[0-9A-Z]{18}$": "须为18位统一社会信用代码，如 91210102MA10ABCD6H",
    _pattern(Document.model_fields["media_type"]): "格式不正确，如 application/pdf",
    _pattern(Member.model_fields["country"]): "须为两位国别代码，如 CN、DE",
}
"""What a text that does not match one of these lacks."""

KINDS = {
    "decimal": "只填数字，如12600.50",
    "int": "只填整数，如120",
    "date": "须为日期（如2026-03-15）",
    "datetime": "须为带时区的时间（如2026-03-15T09:00:00+08:00）",
    "float": "须为数字",
    "mapping": NO_OBJECT,
    "bool": "须为是或否（true/false）",
    "string": "须为文字",
    "tuple": "须为列表",
    "list": "须为列表",
    "dict": NO_OBJECT,
    "model": NO_OBJECT,
}
"""What something is not, by the first word of the kind of fault."""


def in_chinese(error: Mapping[str, Any], own: Mapping[str, str] = MappingProxyType({})) -> str:
    """One fault in words that do not repeat the value. `own` says some kinds of fault otherwise, where a reader needs it."""
    kind, context = error["type"], dict(error.get("ctx", {}))
    for name in ("expected", "expected_tags"):
        context[name] = str(context.get(name, "")).replace(" or ", "、").replace(", ", "、").replace("'", "")
    sort = kind.partition("_")[0]
    if kind in own or sort in own:
        return (own.get(kind) or own[sort]).format(**context)
    if context.get("pattern") in PATTERNS:
        return PATTERNS[context["pattern"]]
    if kind == "string_too_short" and error.get("input") and context.get("min_length", 1) > 1:
        return TOO_SHORT.format(**context) + f"，现有{len(error['input'])}字"
    if kind in MESSAGES:
        many = f"，现有{len(error['input'])}字" if kind == "string_too_long" and "input" in error else ""
        return MESSAGES[kind].format(**context) + many
    return KINDS.get(sort, "格式不正确")
