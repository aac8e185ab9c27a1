"""统一社会信用代码 (GB 32100-2015 with its first amendment) and the organisation code inside it (GB 11714)."""

from functools import lru_cache

from models.values import code_as_registered

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
AUTHORITIES = "123456789ANY"
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

PREFIXES = {
    "enterprise": ("9",),
    "university": ("12", "52"),
    "institute": ("12", "52", "91"),
    "finance": ("9",),
    "intermediary": ("9", "5", "1"),
}
"""How codes of each type of member usually begin; another beginning is worth a look, no more."""


def normalised(code: str) -> str:
    """The code as written down: full-width digits, lower case and spaces pass."""
    return str(code_as_registered(code))


@lru_cache(10_000)
def is_uscc(code: str) -> bool:
    """Whether a normalised code is an 18-character 统一社会信用代码 with a right check character."""
    if len(code) != 18 or code[0] not in AUTHORITIES or not code[2:8].isdecimal() or set(code) - set(ALPHABET):
        return False
    total = sum(ALPHABET.index(char) * weight for char, weight in zip(code, WEIGHTS, strict=False))
    return ALPHABET[-total % 31] == code[17]


def amiss(code: str) -> str:
    """What is wrong with a normalised code that is none, so that whoever copied it knows where to look."""
    if len(code) != 18:
        return f"应为18位，现为{len(code)}位"
    if set(code) & set("IOSVZ"):
        return "中不会有字母I、O、S、V、Z，请核对是否为数字1、0、5或者字母U、数字2"
    if set(code) - set(ALPHABET):
        return "只有数字和大写字母，请对照营业执照等证照核对"
    return "有误：18位中有写错或者颠倒的，请对照营业执照等证照逐位核对"


def organisation_code_fits(code: str) -> bool:
    """Whether characters 9–17 are an organisation code with a right check character of their own."""
    return is_organisation_code(code[8:17])


def is_organisation_code(code: str) -> bool:
    """Whether nine characters are an organisation code (GB 11714), as written before 2015 (G-35); a hyphen passes."""
    code = code.replace("-", "")
    if len(code) != 9 or not (code[:8].isascii() and code[:8].isalnum()):
        return False
    body, check = code[:8], code[8]
    total = sum(int(char, 36) * weight for char, weight in zip(body, ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11] == check


def is_no_enterprise(code: str) -> bool:
    """Whether a code belongs to a public body or a social organisation: 机构编制 (1) and 民政 (5) register no enterprises."""
    return code.startswith(("1", "5"))


def fits_type(code: str, member_type: str) -> bool:
    """Whether a code begins as codes of that type of member usually do."""
    return member_type not in PREFIXES or code.startswith(PREFIXES[member_type])
