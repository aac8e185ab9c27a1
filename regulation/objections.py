"""Objections to a notice (公示异议): admissibility, hold, outcome, each with a fate of its own (G-04, Q6, Q7).

The same rules serve the notice of an application and, while in force, that of a replaced leader (Q24).
"""

from models.acts import Object, RuleOnAdmissibility, RuleOnObjection
from models.filing import Filing, Notice, Objection
from models.findings import Lack
from models.vocabulary import ActKind, Stage
from regulation.agenda import begin, end, last_day
from regulation.moment import Moment
from regulation.notice import notice_of
from regulation.review import not_confirmed, returned

CLEARED = (Stage.NOTICE_CLEARED, Stage.AT_PROVINCE)
"""Where a filing stands because its notice was cleared; a later return to the city has undone that already."""


def may_object(filing: Filing, act: Object, when: Moment) -> Lack | None:
    """There must be, or have been, a notice. What comes too late is taken and recorded all the same (Instants 4)."""
    return None if filing.notice else Lack(missing="本备案申请尚未公示", supplied_by=ActKind.CONFIRM)


def receive(filing: Filing, notice: Notice, period: str, act: Object, when: Moment) -> Notice:
    """The notice with one more objection; an anonymous or late one is inadmissible by itself (Q6)."""
    term = filing.clocks[period]
    posted_in_time = act.postmarked_on is not None and act.postmarked_on <= last_day(term)
    late = when.at >= term.until and not posted_in_time
    after_clearing = notice.cleared is not None and when.at >= notice.cleared.at
    admissible = False if act.anonymous or late or after_clearing else None
    return notice.but(objections=(*notice.objections, Objection(id=act.id, admissible=admissible)))


def object_to_application(filing: Filing, act: Object, when: Moment) -> Filing:
    """An open objection holds the filing; one received before the clearing undoes it (Instants 4)."""
    notice = receive(filing, notice_of(filing), "notice", act, when)
    filing = filing.but(notice=notice)
    if not notice.objections[-1].open:
        return filing
    filing = begin(filing, f"objection:{act.id}", when.day)
    if filing.stage not in CLEARED:
        return filing
    return end(filing, "forwarding", "archiving").but(
        stage=Stage.ON_NOTICE,
        notice=notice.but(cleared=None),
        province=None,
    )


def undoes_clearing(filing: Filing, act: Object, when: Moment) -> int | None:
    """The clearing that an objection received before it undoes."""
    if filing.stage not in CLEARED or filing.notice is None or filing.notice.cleared is None:
        return None
    opened = receive(filing, filing.notice, "notice", act, when).objections[-1].open
    return filing.notice.cleared.number if opened else None


def _find(notice: Notice | None, act_id: str) -> Objection | None:
    return next((each for each in notice.objections if each.id == act_id), None) if notice else None


def may_rule_on_admissibility_of(notice: Notice | None, act: RuleOnAdmissibility) -> Lack | None:
    """Each objection is ruled on once."""
    objection = _find(notice, act.objection)
    if objection is None:
        return Lack(missing=f"没有编号为 {act.objection} 的异议", supplied_by=ActKind.OBJECT)
    if objection.admissible is not None:
        return Lack(missing="该异议是否受理已有认定")
    return None


def may_rule_on_objection_to(notice: Notice | None, act: RuleOnObjection) -> Lack | None:
    """Only an admissible, undecided objection has an outcome."""
    objection = _find(notice, act.objection)
    if objection is None:
        return Lack(missing=f"没有编号为 {act.objection} 的异议", supplied_by=ActKind.OBJECT)
    if not objection.open:
        return Lack(missing="该异议已经了结")
    if objection.admissible is None:
        return Lack(missing="该异议是否受理尚未认定", supplied_by=ActKind.RULE_ON_ADMISSIBILITY)
    return None


def ruled(notice: Notice, act: RuleOnAdmissibility | RuleOnObjection, when: Moment) -> Notice:
    """The notice with a ruling on one objection; with the last one closed it may be cleared from now on."""
    change = {"admissible": act.admissible} if isinstance(act, RuleOnAdmissibility) else {"outcome": act.outcome}
    return notice.but(
        objections=tuple(each.but(**change) if each.id == act.objection else each for each in notice.objections),
        ready_at=when.at,
    )


def may_rule_on_admissibility(filing: Filing, act: RuleOnAdmissibility, when: Moment) -> Lack | None:
    """See `may_rule_on_admissibility_of`."""
    return may_rule_on_admissibility_of(filing.notice, act)


def rule_on_admissibility(filing: Filing, act: RuleOnAdmissibility, when: Moment) -> Filing:
    """认定异议是否受理: an inadmissible one is recorded and blocks nothing (G-04)."""
    filing = filing.but(notice=ruled(notice_of(filing), act, when))
    return filing if act.admissible else end(filing, f"objection:{act.objection}")


def may_rule_on_objection(filing: Filing, act: RuleOnObjection, when: Moment) -> Lack | None:
    """See `may_rule_on_objection_to`."""
    return may_rule_on_objection_to(filing.notice, act)


def rule_on_objection(filing: Filing, act: RuleOnObjection, when: Moment) -> Filing:
    """处理异议: dismissed, or upheld by a return or by not confirming (G-04, Q7)."""
    filing = end(filing, f"objection:{act.objection}").but(notice=ruled(notice_of(filing), act, when))
    if act.outcome == "returned":
        return returned(filing, when, by_objection=True)
    if act.outcome == "not_confirmed":
        return not_confirmed(filing, when)
    return filing
