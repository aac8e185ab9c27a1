"""How people are reached: telephone numbers as they are written in China, and mail addresses."""

import re
import unicodedata
from typing import Any

from pydantic_core import PydanticCustomError

PHONE = r"^(?:1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8}(?:-[0-9]{1,6})?|[48]00[0-9]{7}(?:-[0-9]{1,6})?)$"
"""A mobile, a landline with its area code, or a 400/800 number, each as it is kept."""

EMAIL = (
    r"^[A-Za-z0-9_%+-]+(?:\.[A-Za-z0-9_%+-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+(?:[A-Za-z]{2,63}|xn--[A-Za-z0-9-]{1,59})$"
)
"""A mail address that a mail library takes too (RFC 5321): no empty part, no domain that begins or ends with a hyphen."""

MOST_BEFORE_THE_AT = 64

_KEPT = re.compile(PHONE)
_WRITTEN = re.compile(
    r"(?P<mobile>1[3-9]\d{9})|(?P<free>[48]00\d{7})(?:-(?P<free_extension>\d{1,6}))?"
    r"|(?P<area>0(?:10|2\d|[3-9]\d{2}))(?P<number>\d{7,8})(?:-(?P<extension>\d{1,6}))?"
)
_EXTENSION = re.compile(r"(?:转|轉|分机号?|#|ext\.?|x)[:：]?(\d{1,6})$", re.IGNORECASE)
_ABROAD = re.compile(r"^(?:\+|00)?86(?=[-(]?(?:0|1[3-9]\d|[2-9]\d|\(0))")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―－−ー~", "-"))


def phone(value: Any) -> Any:
    """A telephone number as it is kept, however it was written; what is none stays as it is, to be refused.

    Spaces, full-width characters, brackets around the area code, 转 before an extension and +86 pass.
    """
    if not isinstance(value, str) or len(value) > MOST_WRITTEN or _KEPT.match(value):
        return value
    text = "".join(unicodedata.normalize("NFKC", value).translate(_DASHES).split())
    text, from_abroad = _ABROAD.subn("", text)
    text = text.strip("-")
    text, extension = (
        (text[: found.start()].rstrip("-,，、"), found[1]) if (found := _EXTENSION.search(text)) else (text, None)
    )
    for digits in _readings(text, extension, from_abroad=bool(from_abroad)):
        if found := _WRITTEN.fullmatch(digits):
            return _kept(found)
    return value


MOST_WRITTEN = 60
"""How long a number may be as written, in characters."""


def _readings(text: str, extension: str | None, *, from_abroad: bool) -> list[str]:
    """A number without its brackets and hyphens; the last hyphen may stand before an extension.

    After +86 an area code has no 0 in front.
    """
    if not re.fullmatch(r"[0-9()-]+", text):
        return []
    bare = re.sub(r"[()-]", "", text)
    if extension is None:
        head, dash, tail = text.rpartition("-")
        found = [bare, *([f"{re.sub(r'[()-]', '', head)}-{tail}"] if dash else [])]
    else:
        found = [f"{bare}-{extension}"]
    return [*found, *(f"0{each}" for each in found if from_abroad)]


def _kept(found: re.Match[str]) -> str:
    if found["mobile"]:
        return found["mobile"]
    number, extension = found["free"], found["free_extension"]
    if number is None:
        number, extension = f"{found['area']}-{found['number']}", found["extension"]
    return f"{number}-{extension}" if extension else number


def deliverable(address: str) -> str:
    """A mail address whose part before the @ is not too long (RFC 5321, 4.5.3.1)."""
    if len(address.partition("@")[0]) > MOST_BEFORE_THE_AT:
        raise PydanticCustomError("string_pattern_mismatch", "too long before the @", {"pattern": EMAIL})
    return address


_NAMES_SOMEBODY = re.compile(
    r"(?<!\d)(?:\d{17}[\dXx]|1[3-9]\d(?:[ -]?\d{4}){2}|\(?0\d{2,3}\)?[ -]?\d{7,8})(?!\d)|[\w.%+-]@[A-Za-z0-9-]+\.[A-Za-z]"
)


def tells_of_somebody(text: str) -> bool:
    """Whether a text tells a telephone number, a mail address or the number of an identity card, however written: what is never made
    public (G-04b). A name no rule recognises: whoever writes what is published is told that it must not be there."""
    return bool(_NAMES_SOMEBODY.search(unicodedata.normalize("NFKC", text).translate(_DASHES)))


PUBLISHED = "向社会公布，不得含个人信息：电话号码、电子邮箱、身份证件号码都不写入"
"""Why a text that becomes public with an act is not taken."""
