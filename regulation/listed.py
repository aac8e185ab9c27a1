"""Alliances imported from a list (存量联盟名单): what a row must say, and what is left for the leader to fill in (A-02).

A list of 2021 names an alliance, its leader, a day and a number, and seldom more. That is enough to be in force: nothing
automatic and adverse rests on what nobody knows. Years before the import are never judged here.
"""

import hashlib
from collections.abc import Iterator

from models.findings import Finding
from models.legacy import FromList, ListedAlliance
from regulation import codes, offices
from regulation.judging import E, Judging, W


class Judge(Judging[ListedAlliance]):
    """The rules across the fields of a row."""

    def findings(self) -> Iterator[Finding]:
        """What is wrong or doubtful about a row (A-02, G-35, G-38)."""
        form = self.form
        yield from self.leader(form.leader.uscc if form.leader else None)
        if form.filing_id:
            yield from self.new_id(form.filing_id)
        if form.alliance_name:
            yield from self.new_name(form.alliance_name)
        if form.alliance_name and form.jurisdiction and not form.alliance_name.startswith(self.cities):
            yield self.say("G-38", "/alliance_name", W, "联盟名称不以所在市开头，请核对属地")
        for index, member in enumerate(form.members or ()):
            if member.code and not (codes.is_uscc(member.code) or codes.is_organisation_code(member.code)):
                yield self.say("FA-20", f"/members/{index}/code", W, "代码校验不符，由盟主补充时核对")
        yield from self.imported(form.legacy.archived_on if form.legacy else None)
        if form.legacy:
            yield from self.years(form.legacy)

    def leader(self, code: str | None) -> Iterator[Finding]:
        """A code may be unknown; one that is told is an enterprise's."""
        if code is None:
            message = "盟主代码不详：代码补充以前，盟主企业不能登录办理，文书须另行送达"
            yield self.say("FA-04", "/leader/uscc", W, message)
        elif not (codes.is_uscc(code) or codes.is_organisation_code(code)):
            message = "既不是校验相符的统一社会信用代码，也不是9位组织机构代码；不详的请留空"
            yield self.say("FA-04", "/leader/uscc", E, message)
        elif codes.is_no_enterprise(code):
            yield self.say("A-06", "/leader/uscc", E, "盟主须为企业；该代码属于机关、事业单位或社会组织")

    def years(self, legacy: FromList) -> Iterator[Finding]:
        """What is told of years before: between the archiving and the import, and what is proven says by what."""
        begins = legacy.archived_on.year if legacy.archived_on else 0
        for index, past in enumerate(legacy.years or ()):
            if past.year and not begins <= past.year <= self.day.year:
                yield self.say("A-02", f"/legacy/years/{index}/year", E, "以往年度须在备案之后、导入之前")
            if past.standing == "proven" and past.basis is None:
                yield self.say("A-02", f"/legacy/years/{index}/basis", E, "有据可查的，须写明依据")

    @property
    def cities(self) -> tuple[str, ...]:
        """The names of its city."""
        return tuple(offices.OFFICES[self.form.jurisdiction].names)


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
