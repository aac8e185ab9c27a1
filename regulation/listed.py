"""Alliances imported from a list (存量联盟名单): what a row must say, and what is left for the leader to fill in (A-02).

A list of 2021 names an alliance, its leader, a day and a number, and seldom more. That is enough to be in force: nothing
automatic and adverse rests on what nobody knows. Years before the import are never judged here.
"""

import hashlib
from collections.abc import Iterator
from datetime import date

from models.findings import Finding
from models.legacy import ListedAlliance
from models.vocabulary import Severity
from regulation import codes, offices

E, W = Severity.ERROR, Severity.WARNING

TO_BE_COMPLETED = "名单未载明的事项，导入后由盟主企业对照申请表补充"


def findings(form: ListedAlliance, day: date, *, name_is_taken: bool) -> Iterator[Finding]:
    """What is wrong or doubtful about a row (A-02, G-35, G-38); what could not be read is None and judged by nobody."""
    leader = form.leader.uscc if form.leader else None
    if leader is None:
        yield say("FA-04", "/leader/uscc", W, "盟主代码不详：代码补充以前，盟主企业不能登录办理，文书须另行送达")
    elif not (codes.is_uscc(leader) or codes.is_organisation_code(leader)):
        yield say("FA-04", "/leader/uscc", E, "既不是校验相符的统一社会信用代码，也不是9位组织机构代码；不详的请留空")
    elif codes.is_no_enterprise(leader):
        yield say("A-06", "/leader/uscc", E, "盟主须为企业；该代码属于机关、事业单位或社会组织")
    if form.alliance_name and form.jurisdiction and not form.alliance_name.startswith(_cities(form)):
        yield say("G-38", "/alliance_name", W, "联盟名称不以所在市开头，请核对属地")
    if name_is_taken:
        yield say("FA-01", "/alliance_name", E, "已有同名联盟备案或正在申请")
    for index, member in enumerate(form.members or ()):
        if member.code and not (codes.is_uscc(member.code) or codes.is_organisation_code(member.code)):
            yield say("FA-20", f"/members/{index}/code", W, "代码校验不符，由盟主补充时核对")
    if form.legacy is None:
        return
    if form.legacy.archived_on and form.legacy.archived_on > day:
        yield say("A-02", "/legacy/archived_on", E, "原备案日期晚于导入之日")
    for index, past in enumerate(form.legacy.years or ()):
        if past.year and not _was(form, day, past.year):
            yield say("A-02", f"/legacy/years/{index}/year", E, "以往年度须在备案之后、导入之前")
        if past.standing == "proven" and past.basis is None:
            yield say("A-02", f"/legacy/years/{index}/basis", E, "有据可查的，须写明依据")


def say(code: str, field: str, severity: Severity, message: str) -> Finding:
    """A finding; its article comes later."""
    return Finding(code=code, field=field, severity=severity, message=message, article="")


def _cities(form: ListedAlliance) -> tuple[str, ...]:
    return tuple(offices.OFFICES[form.jurisdiction].names)


def _was(form: ListedAlliance, day: date, year: int) -> bool:
    begins = form.legacy.archived_on.year if form.legacy.archived_on else 0
    return begins <= year <= day.year


ID_PREFIX = "LN-LIST-"
"""How the ids begin that rows get which bring none; nobody applies under one, or rows could be kept from being imported."""

UNKNOWN = "X"
"""How the stand-in of a code begins: no authority that registers anybody has this letter (GB 32100)."""


def stand_in(filing_id: str) -> str:
    """What stands for the code of a leader that nobody knows: of its shape, of this filing alone, and nobody's account."""
    number = int(hashlib.sha256(filing_id.encode()).hexdigest(), 16)
    letters = "".join(codes.ALPHABET[number // 31**place % 31] for place in range(17))
    return UNKNOWN + letters


def is_stand_in(code: str) -> bool:
    """Whether a leader's code is not known yet."""
    return code.startswith(UNKNOWN)
