"""The provincial step: formal document, survey, opinion, party group, archive (A-32, B-17, B-18, G-06, G-40)."""

from datetime import date

from models.acts import (
    Archive,
    Forward,
    GiveOfficeOpinion,
    RecordPartyGroup,
    RecordSurvey,
    ReturnToCity,
    Submit,
)
from models.filing import Filing, Province
from models.findings import Lack
from models.values import day_of, on_day
from models.vocabulary import ActKind, ByKind, Stage
from regulation import annual, objections, review
from regulation.agenda import begin, end, end_all
from regulation.moment import Moment
from regulation.service import STRICTER_SINCE


def may_forward(filing: Filing, act: Forward, when: Moment) -> Lack | None:
    """Not while a letter posted in time waits for a ruling (G-03)."""
    return objections.to_be_ruled_on(filing)


def forward(filing: Filing, act: Forward, when: Moment) -> Filing:
    """以正式文件报省厅, kind B (B-17)."""
    filing = end(filing, "forwarding").but(stage=Stage.AT_PROVINCE)
    return begin(filing, "archiving", when.day)


def _step(filing: Filing) -> Province:
    return filing.province or Province()


def may_record_survey(filing: Filing, act: RecordSurvey, when: Moment) -> Lack | None:
    """A survey is recorded after it was made, and made of what was applied for."""
    if act.surveyed_on > when.day:
        return Lack(missing="调研考察日期晚于登记之日")
    return _before_the_application(filing, act.surveyed_on, when, "调研考察日期")


def _before_the_application(filing: Filing, day: date, when: Moment, what: str) -> Lack | None:
    submitted_on = day_of(filing.submitted_at)
    early = when.day >= STRICTER_SINCE and day < submitted_on
    return Lack(missing=f"{what}早于备案申请的提交之日（{on_day(submitted_on)}）") if early else None


def record_survey(filing: Filing, act: RecordSurvey, when: Moment) -> Filing:
    """随机调研考察: optional, recorded (B-18, Q9)."""
    return filing


def give_office_opinion(filing: Filing, act: GiveOfficeOpinion, when: Moment) -> Filing:
    """业务处室提出意见 (B-18)."""
    return filing.but(province=_step(filing).but(opinion=act.positive))


def may_record_party_group(filing: Filing, act: RecordPartyGroup, when: Moment) -> Lack | None:
    """The opinion comes before the decision (B-18: “由主管业务处室提出意见报厅党组审定”); a rejection has a reason (Q9)."""
    if _step(filing).opinion is None:
        return Lack(missing="尚无业务处室意见", supplied_by=ActKind.GIVE_OFFICE_OPINION)
    if act.met_on > when.day:
        return Lack(missing="厅党组会议日期晚于登记之日")
    if early := _before_the_application(filing, act.met_on, when, "厅党组会议日期"):
        return early
    if act.decision == "rejected" and not act.reason:
        return Lack(missing="厅党组不同意的，须说明理由")
    return None


def record_party_group(filing: Filing, act: RecordPartyGroup, when: Moment) -> Filing:
    """厅党组审定 decides kind B; a rejection ends the application (Q9)."""
    if act.decision == "rejected":
        return review.not_confirmed(filing, when)
    return filing.but(province=_step(filing).but(approved=True))


def return_to_city(filing: Filing, act: ReturnToCity, when: Moment) -> Filing:
    """省厅退回: under review again; the notice stands unless what it showed changes (G-06, Q8)."""
    return review.reviewed_again(filing, when)


BY_PARTY_GROUP = ByKind(a=False, b=True)
"""Whether a kind is archived only after the department's party group decided on it (B-18)."""


def may_archive(filing: Filing, act: Archive, when: Moment) -> Lack | None:
    """Kind B only after the party group (B-18); the number must be this filing's (G-40)."""
    if lack := objections.to_be_ruled_on(filing):
        return lack
    if BY_PARTY_GROUP[filing.kind] and not _step(filing).approved:
        opinion = _step(filing).opinion
        act_kind = ActKind.GIVE_OFFICE_OPINION if opinion is None else ActKind.RECORD_PARTY_GROUP
        return Lack(missing="厅党组尚未审定" if opinion is not None else "尚无业务处室意见", supplied_by=act_kind)
    expected = number_prefix(filing, when.day.year)
    if not act.archive_number.startswith(expected):
        return Lack(missing=f"备案编号须以 {expected} 开头")
    return None


def number_prefix(filing: Filing, year: int) -> str:
    """备案编号 without its running number (G-40)."""
    return f"LN-CXY-{filing.kind.value}-{filing.jurisdiction}-{year}-"


def imported(filing: Filing, event: Submit, when: Moment) -> Filing:
    """存量联盟: in force under its old number and date; its duty begins with the import, for older years are unproven (A-02)."""
    filing = end_all(filing).but(
        stage=Stage.IN_FORCE,
        archive_number=event.archive_number,
        archived_on=event.archived_on,
        review=None,
    )
    return annual.begin_duty(filing, when)


def archive(filing: Filing, act: Archive, when: Moment) -> Filing:
    """备案入库: in force from this day; the annual duty begins (A-32, A-34, G-08)."""
    filing = end_all(filing).but(
        stage=Stage.IN_FORCE,
        archive_number=act.archive_number,
        archived_on=when.day,
        review=None,
        notice=None,
        province=None,
        signed={},
    )
    return annual.begin_duty(filing, when)
