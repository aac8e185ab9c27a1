"""What every value of this project is built from: frozen models, instants, days, amounts, opaque ids."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from functools import cache, lru_cache, wraps
from typing import Annotated, Any, LiteralString, Self, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    TypeAdapter,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_serializer,
)
from pydantic_core import PydanticCustomError

NOT_FOR_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ILLEGIBLE = re.compile(NOT_FOR_XML.pattern + "|[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Characters that turn the text around them, or end a line, without being seen."""

HALF_A_PAIR = re.compile("[\ud800-\udfff]")

D = TypeVar("D", date, datetime)

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""The law's zone. China has had one offset and no daylight saving time since 1991."""


V = TypeVar("V", bound="Value")

_hold, _tell, _beside, _within = (vars(BaseModel)[slot].__set__ for slot in BaseModel.__slots__)
"""A frozen value is made whole before anybody has it: fields, which of them were told, and twice nothing. A slot at a time, at a third
of what `object.__setattr__` takes, which looks each up."""


class Value(BaseModel):
    """A frozen value: replaced with `but`, never edited. Empty fields stay out of its JSON, so histories stay small."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        serialize_by_alias=True,
        validate_by_name=True,
        validate_by_alias=True,
    )

    @classmethod
    def made(cls, **fields: Any) -> Self:
        """A value of fields that the regulation has worked out itself: not validated, as what comes from outside is.

        Every field that has no default must be there.
        """
        empty, needed = _unfilled(cls)
        held = empty | fields
        if len(held) > len(empty) or not needed <= fields.keys():
            raise TypeError(f"{cls.__name__} is not made of {', '.join(sorted(fields))}")
        return _holding(cls, held, set(fields))

    def but(self, **changes: Any) -> Self:
        """The same value with some fields replaced. They must be fields of it; what they hold is not validated: callers
        are ours."""
        held = self.__dict__
        fields = held | changes
        if len(fields) > len(held):
            raise TypeError(f"{type(self).__name__} has no {', '.join(sorted(changes.keys() - held.keys()))}")
        fields.pop(ASKED, None)
        return _holding(type(self), fields, self.__pydantic_fields_set__)

    @model_serializer(mode="wrap")
    def _without_empty_fields(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = write(self)
        nothing, empty = _empty(type(self))
        for name in nothing:
            if fields.get(name, self) is None:
                del fields[name]
        for name in empty:
            value = fields.get(name)
            if not value and value is not None:
                del fields[name]
        return fields


def _holding(of: type[V], fields: dict[str, Any], told: set[str]) -> V:
    """A value that holds these fields as they are, all that it has and in their order; `told` are those that it was made from."""
    value = object.__new__(of)
    _hold(value, fields)
    _tell(value, told)
    _beside(value, None)
    _within(value, None)
    return value


ASKED = "_asked"
"""Beside its fields a value holds what it was asked (`once`)."""

R = TypeVar("R")


def once(question: Callable[[V], R]) -> Callable[[V], R]:
    """A question about a frozen value, worked out once for each: its answer cannot change, and goes when the value goes.

    `but` makes another value, which is asked anew.
    """

    @wraps(question)
    def answer(value: V) -> R:
        known: dict[Callable[[V], R], R] = value.__dict__.setdefault(ASKED, {})
        if question not in known:
            known[question] = question(value)
        return known[question]

    return answer


@cache
def _empty(model: type[BaseModel]) -> tuple[Sequence[str], Sequence[str]]:
    """The fields that may be left out, as they are written, because reading them back gives the same: those that are nothing
    by default, and those that are empty, or no."""
    written = {
        info.serialization_alias or info.alias or name: info.get_default(call_default_factory=True)
        for name, info in model.model_fields.items()
        if not info.is_required()
    }
    nothing = [name for name, default in written.items() if default is None]
    return nothing, [name for name, default in written.items() if default is not None and not default]


@cache
def _unfilled(model: type[Value]) -> tuple[dict[str, Any], frozenset[str]]:
    """Every field of a value, in order, with its default, and those that have none. A default that could be changed would be
    everybody's."""
    fields = {name: None if info.is_required() else info.get_default() for name, info in model.model_fields.items()}
    if any(info.default_factory or isinstance(info.default, dict | list | set) for info in model.model_fields.values()):
        raise TypeError(f"{model.__name__} has a default that could be changed")
    return fields, frozenset(name for name, info in model.model_fields.items() if info.is_required())


@cache
def required(model: type[BaseModel]) -> frozenset[str]:
    """The fields that a model, or any of its bases, requires: an optional one of another base does not loosen them."""
    bases = (base for base in model.__mro__ if issubclass(base, BaseModel))
    return frozenset(name for base in bases for name, info in base.model_fields.items() if info.is_required())


@dataclass(frozen=True)
class OneFor:
    """Marks a list that has at most one row for each item: two rows are the same if they agree in these fields.

    Without fields the rows themselves are compared. Found by `regulation.reading.repeated`.
    """

    fields: tuple[str, ...] = ()

    def key(self, row: Any) -> Any:
        """What a row is about; None where that could not be read."""
        if not self.fields:
            return row
        told = tuple(getattr(row, field) for field in self.fields)
        return None if told[0] is None else told


class Named(StrEnum):
    """A word of the contract with its Chinese name, which is what people are shown."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        word = str.__new__(cls, value)
        word._value_ = value
        word.label = label
        return word


@lru_cache(10_000)
def day_of(instant: datetime) -> date:
    """The Shanghai day in which an instant falls; the days of a few instants are asked for again and again."""
    return instant.astimezone(SHANGHAI).date()


def midnight_after(day: date) -> datetime:
    """24:00 of a day, the instant at which it is over (民法典 203): 00:00+08:00 of the next, in UTC."""
    return at_hour(day + timedelta(days=1), 0)


def last_day_until(instant: datetime) -> date:
    """The last day of what is over at an instant: at its 24:00, or in its course."""
    return day_of(instant - datetime.resolution)


def due_by(when: date | datetime) -> datetime:
    """The last instant of what is due by a day or an instant: a day means the whole of it, so what ends with it is due by it."""
    return when if isinstance(when, datetime) else midnight_after(when)


def due_before(when: date | datetime) -> datetime:
    """The last instant of what is due before a day or an instant: before a day is by the day before, its 24:00 included."""
    return when - datetime.resolution if isinstance(when, datetime) else at_hour(when, 0)


@lru_cache(10_000)
def at_hour(day: date, hour: int) -> datetime:
    """A full hour of a Shanghai day, in UTC."""
    return datetime.combine(day, time(hour), SHANGHAI).astimezone(UTC)


@lru_cache(10_000)
def in_shanghai(instant: datetime) -> str:
    """An instant as the contract prints it: ISO 8601 with +08:00."""
    return instant.astimezone(SHANGHAI).isoformat()


AS_TEXT = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def canonical(value: Any) -> str:
    """The one JSON text of a JSON value: keys sorted, nothing spaced, nothing escaped that has a character of its own.

    Half a surrogate pair has none; it stays escaped, so that the text can be hashed and stored whatever came in.
    """
    return _canonical_bytes(value).decode()


def _canonical_bytes(value: Any) -> bytes:
    text = AS_TEXT.encode(value)
    try:
        return text.encode()
    except UnicodeEncodeError:
        return HALF_A_PAIR.sub(lambda half: f"\\u{ord(half[0]):04x}", text).encode()


def storable(text: str) -> str:
    """A text as every database can hold it: without NUL and without half a surrogate pair."""
    return HALF_A_PAIR.sub("\ufffd", text).replace("\x00", "\ufffd")


def legible(text: str) -> str:
    """A text without the few characters that neither HTML nor XML, and so no document, can carry, or that mislead whoever reads it."""
    return ILLEGIBLE.sub("\ufffd", text)


def on_one_line(text: str) -> str:
    """A legible text whose lines and spaces are single ones: what becomes a title."""
    return " ".join(legible(" ".join(text.split())).split())


USCC = re.compile("[0-9A-Z]{18}")
"""How a 统一社会信用代码 looks; whether it is one is told by its check characters (regulation/codes.py)."""


def code_as_registered(code: Any) -> Any:
    """A registration code as it is written down, however it was typed: half-width, upper case, without spaces around it,
    and, if it is a 统一社会信用代码 (18 characters), without any.
    """
    if not isinstance(code, str) or USCC.fullmatch(code):
        return code
    code = unicodedata.normalize("NFKC", code).strip().upper()
    joined = "".join(code.split())
    return joined if USCC.fullmatch(joined) else code


def digest(value: Any) -> str:
    """SHA-256 of a JSON value's canonical text."""
    return hashlib.sha256(_canonical_bytes(value)).hexdigest()


def _written(pattern: str, fault: LiteralString) -> BeforeValidator:
    """A date or an instant is written as ISO 8601. A number is none: it would be taken for seconds since 1970."""

    fits = re.compile(pattern).fullmatch

    def check(value: Any) -> Any:
        if isinstance(value, date) or (isinstance(value, str) and fits(value)):
            return value
        raise PydanticCustomError(fault, "not ISO 8601")

    return BeforeValidator(check)


def _instant(when: datetime) -> datetime:
    """An instant is as it was written and as it will be printed within bounds, or what is kept could not be read again."""
    return _within_bounds(_within_bounds(when).astimezone(SHANGHAI)).astimezone(UTC)


def _within_bounds(when: D) -> D:
    if FIRST_YEAR <= when.year <= LAST_YEAR:
        return when
    raise PydanticCustomError(OUT_OF_BOUNDS, "out of bounds", {"first": FIRST_YEAR, "last": LAST_YEAR})


FIRST_YEAR, LAST_YEAR = 1900, 2100
"""Days and instants of other years are none. So every sum that is reckoned from one, in any zone, is a day or an instant again."""

OUT_OF_BOUNDS: LiteralString = "date_out_of_bounds"

Day = Annotated[date, _written(r"\d{4}-\d{2}-\d{2}", "date_parsing"), AfterValidator(_within_bounds)]
"""A day, as a form has it: 2026-03-15."""

_Read = Annotated[AwareDatetime, _written(r"\d{4}-\d{2}-\d{2}[T ].*", "datetime_parsing"), AfterValidator(_instant)]
_READ: TypeAdapter[datetime] = TypeAdapter(_Read)


@lru_cache(10_000)
def _read(written: str) -> datetime:
    return _READ.validate_python(written)


def _read_once(value: Any, read: ValidatorFunctionWrapHandler) -> datetime:
    """The same few instants stand in a filing, its acts and its entries, and are read again and again."""
    try:
        instant: datetime = _read(value) if isinstance(value, str) else read(value)
    except ValueError:
        instant = read(value)  # says what is wrong with it, and where it stands
    return instant


Instant = Annotated[_Read, WrapValidator(_read_once), PlainSerializer(in_shanghai, when_used="json")]
"""A moment, held in UTC, printed with +08:00."""


def on_day(day: date) -> str:
    """A day as offices write it: 2026年11月30日."""
    return f"{day.year}年{day.month}月{day.day}日"


DAY: TypeAdapter[date] = TypeAdapter(Day)
INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
"""Reading one of them alone, wherever it comes from: a `ValueError` if it is none."""


def as_day(written: object) -> str:
    """A day as a paper holds it, as offices write it; whatever is none stays as it was written."""
    try:
        return on_day(DAY.validate_python(written))
    except ValueError:
        return str(written)


Ordinal = Annotated[int, Field(ge=0, le=2_147_483_647)]
"""A number by which something is counted off, as every database can hold it."""

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of a paper's canonical JSON, in lower-case hexadecimal."""

Amount = Annotated[Decimal, Field(max_digits=18, decimal_places=2)]
"""An amount in 万元 (ten thousand yuan), as entered; never a float."""

FilingId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""The platform's number for one filing."""

OpaqueId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@-]{0,63}$")]
"""An id that tells nothing about a person: of an act, or of whoever acted."""

Jurisdiction = Annotated[str, Field(pattern=r"^21(?:0[1-9]00|1[0-4]00|SF00)$")]
"""One of the 15 jurisdictions: a division code of GB/T 2260, or `21SF00` for 沈抚示范区, which has none."""


DEEPEST = 16
"""How deep a document may be nested; the forms are half as deep."""


def unbearable(document: object) -> str | None:
    """What no database, or no program, could bear: NUL, half a surrogate pair, nesting without end."""
    layer = [document]
    for _ in range(DEEPEST):
        if any(isinstance(each, str) and storable(each) != each for each in layer):
            return "文字中不得有空字符（NUL）或半个代理对"
        layer = [inner for each in layer for inner in _inside(each)]
        if not layer:
            return None
    return f"嵌套不得超过{DEEPEST}层"


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return (*value, *value.values())
    return value if isinstance(value, list) else ()
