"""Service (送达): from when a notice counts as told to the leader, and what runs from then on (G-18, Q26, Instants 6).

Two notices start a period against a leader: 补正通知书 the days to correct, 撤销备案事先告知书 the window to be heard. With
consent on file the inbox row of the entry is the service; without it nothing runs until staff record service. A notice
that stays unread while no other channel gets through is not served after all: its period stops, and starts anew on real
service. Any other message that does not reach its leader is a task for staff, and changes no legal fact.
"""

from datetime import date, datetime, timedelta

from models.acts import AcknowledgeService, CorrectContact, Lapse, RecordService, ReportUndeliverable, SettleDelivery
from models.filing import Case, Denial, Filing, Notification
from models.findings import Lack
from models.values import day_of, midnight_after, on_day
from models.vocabulary import ActKind, LapseKind, Stage
from regulation import moment
from regulation.agenda import (
    ENDED_FROM,
    begin,
    begin_until,
    end,
    heard_in,
    last_day,
    number,
    over_for_sure,
    told_until,
    untold_denials,
)
from regulation.moment import Moment

FROM_SERVICE = {
    Stage.RETURNED: ("correction",),
    Stage.REVOCATION_PENDING: ("window", "statement_grace", "publicity", "decision", "listing_cure", "calendar"),
}
"""The periods that run from the service of each stage's notice, or follow from those."""

PUBLIC_NOTICE_DAYS = 30
"""How long after its publication a public notice counts as served (民事诉讼法95)."""

STRICTER_SINCE = moment.STRICTER_SINCE
"""From when on acts are held to what is newly refused (moment.py)."""

PUBLIC_NOTICE_SINCE = STRICTER_SINCE
"""From when on acts are held to it."""

UNSETTLED = 5
"""How many messages that did not arrive a filing keeps as tasks; the docket keeps all."""

DENIALS = UNSETTLED - 1
"""How many denials a filing knows on whose service something rests: a place is left for what else does not arrive."""


def case_of(filing: Filing) -> Case:
    """The revocation case; there is one while revocation is pending, and it stays on file after the decision."""
    if filing.case is None:
        raise LookupError(f"{filing.id}: 没有撤销程序")
    return filing.case


def notify(filing: Filing, when: Moment) -> Filing:
    """This entry's notice is served by the inbox if the leader agreed to that; else staff must serve it (G-18)."""
    filing = filing.but(notification=Notification(number=filing.number, by_inbox=filing.consent))
    by_staff = _must_be_served(filing) and not filing.consent
    return await_service(filing, when) if by_staff else served(filing, when.service_day)


def _must_be_served(filing: Filing) -> bool:
    """Whether what is told has its effect with its service only; of filings of 0.1.0 only what is told in a case."""
    return filing.serves_all or filing.stage is Stage.REVOCATION_PENDING


def await_service(filing: Filing, when: Moment) -> Filing:
    """Nothing runs against the leader until service is recorded; staff are chased for it (G-18)."""
    filing = end(filing, "unread", *FROM_SERVICE[filing.stage])
    if filing.stage is Stage.REVOCATION_PENDING:
        filing = filing.but(case=case_of(filing).but(served_on=None, ended=None))
    return begin(filing, "service", when.day)


def served(filing: Filing, day: date) -> Filing:
    """From the day of service run the days to correct (G-07), or the window for statement, defence and cure (G-17)."""
    filing = end(filing, "service", "unread", "decision", "calendar")
    if filing.stage is Stage.RETURNED:
        return _heard_anew(begin(filing, "correction", day), "correction")
    case = case_of(filing).but(served_on=day, ended=None)
    if case.defence == "rejected":  # whoever is heard anew may state a defence anew
        case = case.but(defence=None)
    filing = _heard_anew(begin(filing.but(case=case), "window", day), "window")
    filing = begin(filing, "statement_grace", last_day(filing.periods["window"]), follows="window")
    if number(filing, "revocation.publish_proposal"):
        filing = begin(filing, "publicity", day)
    if case.listing == "abnormal":
        filing = begin(filing, "listing_cure", day)
    return filing


def is_awaited(filing: Filing) -> bool:
    """Whether staff must still serve the notice of this stage."""
    return "service" in filing.periods


def served_on(filing: Filing) -> date | None:
    """The day on which the notice of this stage was served, from which its period runs; None while it must still be served."""
    if is_awaited(filing):
        return None
    if filing.stage is Stage.REVOCATION_PENDING:
        return case_of(filing).served_on
    correction = filing.periods.get("correction")
    return correction.from_ if correction else None


def is_unopened(filing: Filing, period: str | None) -> bool:
    """Whether a period runs from a notice, or a denial, that went to the inbox and that nobody is known to have opened yet: if it turns
    out that it did not arrive, it is served anew, and the period runs from then (G-18)."""
    if any(each.days == period and each.begins and not each.told for each in filing.denials.values()):
        return True
    notification = filing.notification
    return (
        period in FROM_SERVICE.get(filing.stage, ())
        and notification is not None
        and notification.by_inbox
        and not notification.read
    )


def is_doubted(filing: Filing) -> bool:
    """Whether the notice of this stage lies unread in the inbox, and is known to have arrived nowhere else."""
    return "unread" in filing.periods


def unsettled(filing: Filing) -> frozenset[int]:
    """The entries whose message to the leader did not arrive, and that staff have not told it in another way."""
    return frozenset(int(name.partition(":")[2]) for name in filing.periods if name.startswith("delivery:"))


def concluded(filing: Filing) -> Filing:
    """The notice has had its effect, or has none any more: nothing is left of its service, nor of what was proven meanwhile."""
    return end(_settled(filing), "service", "unread", *_proving(filing)).but(notification=None, denials={})


def _proving(filing: Filing) -> list[str]:
    """The days in which what was found not genuine can be proven."""
    return [name for name in filing.periods if name.startswith("denied:")]


def _heard_anew(filing: Filing, heard_in: str) -> Filing:
    """Who is heard anew has longer to prove what was found not genuine, and then days of its own; but days that were told and end later
    stay, however long ago the notice turns out to have been served (G-18, G-42)."""
    heard_until = filing.periods[heard_in].until
    over = [name for name in _proving(filing) if filing.periods[name].until <= heard_until]
    filing = end(filing, *over)
    kept = {task: each for task, each in filing.denials.items() if filing.periods.keys() & {task, each.days}}
    return filing.but(denials=kept)


def _settled(filing: Filing) -> Filing:
    """Nothing is left to settle about the arrival of the notice."""
    return end(filing, f"delivery:{filing.notification.number}") if filing.notification else filing


def _known(filing: Filing, *, read: bool) -> Filing:
    """The notice is known to have reached its leader, read in the inbox or served by staff: no doubt can arise any more."""
    notification = filing.notification
    if notification:
        notification = notification.but(read=read, by_inbox=notification.by_inbox and read, doubted_at=None)
    return end(_settled(filing), "unread").but(notification=notification)


# Recording service


def may_record_service(filing: Filing, act: RecordService, when: Moment) -> Lack | None:
    """Service cannot precede what it is to make good nor lie ahead, and is recorded once; it is never by the inbox."""
    if not is_awaited(filing) and not is_doubted(filing):
        served_on = filing.case.served_on if filing.case else None
        how = "送达"
        if is_unopened(filing, FROM_SERVICE.get(filing.stage, ("",))[0]):
            how = "送入收件箱（尚未签收），不另行登记送达"
        return Lack(missing=f"告知书已于{on_day(served_on)}{how}" if served_on else f"补正通知书已经{how}")
    if act.method == "inbox" and filing.serves_all:
        return Lack(missing="未同意电子送达或收件箱逾期未读的，须以邮寄、直接或公告方式送达")
    return _not_on_that_day(act, act.served_on, _to_be_served_from(filing), when)


def _not_on_that_day(act: RecordService | SettleDelivery, day: date, since: date, when: Moment) -> Lack | None:
    """A service lies between the day from which staff had to serve and that on which it is recorded; one by public notice, thirty
    days later at the earliest (民事诉讼法95)."""
    why = ""
    if act.method == "public_notice" and when.day >= PUBLIC_NOTICE_SINCE:
        since += timedelta(days=PUBLIC_NOTICE_DAYS)
        why = f"公告送达，自公告发出之日起满{PUBLIC_NOTICE_DAYS}日为送达之日；"
    if since <= day <= when.day:
        return None
    if since > when.day:
        return Lack(missing=f"{why}自{on_day(since)}起方可登记")
    return Lack(missing=f"{why}送达日期须在{on_day(since)}与登记之日之间")


def _to_be_served_from(filing: Filing) -> date:
    """The day from which staff had to serve: that of the notice, or that on which its arrival came to be doubted."""
    doubted_at = filing.notification.doubted_at if filing.notification else None
    if doubted_at:
        return day_of(doubted_at)
    return filing.periods["service"].from_ if filing.serves_all else day_of(case_of(filing).opened.at)


def record_service(filing: Filing, act: RecordService, when: Moment) -> Filing:
    """登记送达: however late it is recorded, nothing completes before the day after (G-18)."""
    tomorrow = midnight_after(when.day)
    filing = served(_known(filing, read=False), act.served_on)
    if filing.stage is Stage.REVOCATION_PENDING:
        return filing.but(case=case_of(filing).but(not_before=tomorrow))
    over = filing.periods["correction"].until < tomorrow
    return begin_until(filing, "correction", act.served_on, tomorrow) if over else filing


def may_acknowledge(filing: Filing, act: AcknowledgeService, when: Moment) -> Lack | None:
    """签收 in the inbox is for notices that were served there, or may be; once each (G-18)."""
    notification = filing.notification
    if notification is None:
        return Lack(missing="没有待签收的文书")
    if notification.read:
        return Lack(missing="已经签收")
    if not filing.consent and not notification.by_inbox:
        return Lack(missing="未同意电子送达，由机构送达并登记")
    return None


def acknowledge(filing: Filing, act: AcknowledgeService, when: Moment) -> Filing:
    """签收: the notice was read, so it was served whatever became of the other channels; if it was not, it is now (G-18)."""
    filing = _known(filing, read=True)
    return served(filing, when.service_day) if is_awaited(filing) else filing


def answered(filing: Filing) -> Filing:
    """A defence answers the notice, so it was read (G-18). One that must still be served starts no period by that."""
    return filing if is_awaited(filing) else _known(filing, read=True)


# What does not arrive


def may_report_undeliverable(filing: Filing, act: ReportUndeliverable, when: Moment) -> Lack | None:
    """Only what was sent can fail to arrive."""
    return None if act.entry <= filing.number else Lack(missing=f"没有第{act.entry}号登记")


def report_undeliverable(filing: Filing, act: ReportUndeliverable, when: Moment) -> Filing:
    """A message to the leader got through by no channel: a task for staff, and doubt about a notice unread (G-18)."""
    notification = filing.notification
    if notification is None or notification.number != act.entry or filing.stage not in FROM_SERVICE:
        return _to_settle(filing, act.entry, when)
    if notification.read or not notification.by_inbox:  # it was read, or staff have served it or must do so
        return filing
    filing = _to_settle(filing, act.entry, when)
    if is_doubted(filing):
        return filing
    runs_from = filing.periods[FROM_SERVICE[filing.stage][0]].from_
    return begin(filing.but(notification=notification.but(doubted_at=when.at)), "unread", runs_from)


def _to_settle(filing: Filing, entry: int, when: Moment) -> Filing:
    """One message more to be told in another way; what staff have told is told."""
    task = f"delivery:{entry}"
    denial = filing.denials.get(task)
    if entry in unsettled(filing) or (denial and denial.told):
        return filing
    return _to_be_told(_came_back(filing, task, when) if denial else filing, entry, when)


def _to_be_told(filing: Filing, entry: int, when: Moment) -> Filing:
    """A message becomes a task; of too many tasks the oldest give way, so that a filing stays small, but none for which something waits."""
    kept = sorted(each for each in unsettled(filing) if f"delivery:{each}" not in filing.denials)
    over = (f"delivery:{each}" for each in kept[: max(0, len(unsettled(filing)) + 1 - UNSETTLED)])
    return begin(end(filing, *over), f"delivery:{entry}", when.day)


# A denial, from whose service its leader has days to prove the letter (G-42)


def deny(filing: Filing, denial: Denial, when: Moment) -> Filing:
    """认定来文不符 is told by the inbox, unless that is known to reach nobody; else staff must tell it, and what the letter speaks
    against waits for that (G-18). Its service `begins` the days to prove the letter, or does not where those of an earlier one run."""
    filing = _remembered(filing, f"delivery:{filing.number}", denial)
    if not _is_told_by_inbox(filing):
        return _to_be_told(filing, filing.number, when)
    return begin(filing, denial.days, when.service_day) if denial.begins else filing


def still_to_prove(filing: Filing, ends: LapseKind, at: datetime, meanwhile: str) -> Lack | None:
    """What keeps people from what would end a filing against its leader: a leader who is not told that a letter was found not genuine,
    or has days left to prove it; `meanwhile` says what is not done before (G-42)."""
    if untold_denials(filing, ends):
        return Lack(missing="认定来文不符尚未送达盟主企业，送达后有期限提供凭证", supplied_by=ActKind.SETTLE_DELIVERY)
    heard = heard_in(filing, ends)
    if heard is None or at >= over_for_sure(heard):
        return None
    return Lack(missing=f"来文经认定不符，盟主企业可在{told_until(heard)}提供凭证，{meanwhile}")


def tell(filing: Filing, when: Moment) -> Filing:
    """认定来文不符 of a letter that held nothing up: nothing waits for its service, which is a task all the same."""
    return filing if _is_told_by_inbox(filing) else _to_be_told(filing, filing.number, when)


def _is_told_by_inbox(filing: Filing) -> bool:
    """Whether the inbox tells a denial: nothing need be served, or its leader agreed to it, and neither the notice nor an earlier denial
    is known not to have arrived by it."""
    notification = filing.notification
    in_doubt = is_awaited(filing) or is_doubted(filing) or bool(untold_denials(filing))
    serves = filing.consent and not in_doubt and (notification is None or notification.by_inbox)
    return serves or not _must_be_served(filing)


def _remembered(filing: Filing, task: str, denial: Denial) -> Filing:
    """One denial more on whose service something rests; of too many those that were told give way."""
    told = [each for each in filing.denials if each not in filing.periods]
    over = told[: max(0, len(filing.denials) + 1 - DENIALS)]
    kept = {each: known for each, known in filing.denials.items() if each not in over}
    return filing.but(denials={**kept, task: denial})


def _proven_from(filing: Filing, task: str, day: date, when: Moment) -> Filing:
    """A denial was told on a day: the days to prove the letter begin. None that run end sooner by that, and none before the day after it
    was recorded, however late that is."""
    denial, tomorrow = filing.denials[task], midnight_after(when.service_day)
    begun = begin(filing, denial.days, day) if denial.begins else filing
    not_sooner = begin_until(filing, denial.days, day, tomorrow)

    def until(each: Filing) -> datetime:
        return each.periods[denial.days].until if denial.days in each.periods else denial.at

    return max((filing, begun, not_sooner), key=until)


def _came_back(filing: Filing, task: str, when: Moment) -> Filing:
    """A denial that the inbox was to tell did not arrive: it is to be told, and the days that began with it begin anew then, though
    they seemed over. Not once what they put off has come."""
    denial = filing.denials[task]
    if filing.stage not in ENDED_FROM:
        return filing.but(denials={each: known for each, known in filing.denials.items() if each != task})
    return end(filing, denial.days) if denial.begins else filing


def forget_denials(filing: Filing, days: str) -> Filing:
    """What was found not genuine was received after all, or the same in another way: nothing waits for its proof any more (G-42)."""
    kept = {task: denial for task, denial in filing.denials.items() if denial.days != days}
    return end(filing, days).but(denials=kept) if days in filing.periods or len(kept) < len(filing.denials) else filing


def service_failed(filing: Filing, lapse: Lapse, when: Moment) -> Filing:
    """Five working days unread, and undeliverable otherwise: not served; staff serve it by post or notice (G-18)."""
    filing = _settled(filing).but(notification=filing.notification and filing.notification.but(by_inbox=False))
    return await_service(filing, when)


def may_settle(filing: Filing, act: SettleDelivery, when: Moment) -> Lack | None:
    """There must be a message that did not arrive; a decision on paper is not read out on the telephone."""
    if act.entry not in unsettled(filing):
        return Lack(missing=f"第{act.entry}号登记没有待补送的消息")
    if act.method == "phone" and filing.stage in (Stage.REVOKED, Stage.NOT_CONFIRMED) and not filing.consent:
        return Lack(missing="决定书须以邮寄、直接或公告方式送达")
    task = f"delivery:{act.entry}"
    if act.method == "phone" and task in filing.denials:
        return Lack(missing="认定来文不符的告知，须以邮寄、直接或公告方式送达")
    if act.served_on is None and act.method != "public_notice":
        return None  # the day of the record is never too early
    return _not_on_that_day(act, act.served_on or when.day, filing.periods[task].from_, when)


def decided(filing: Filing, when: Moment) -> Filing:
    """A decision against a leader without consent is on paper: it takes effect, and its service is a task (G-18, G-19)."""
    return begin(filing, f"delivery:{filing.number}", when.day) if filing.serves_all and not filing.consent else filing


def settle_delivery(filing: Filing, act: SettleDelivery, when: Moment) -> Filing:
    """登记补送: staff told the leader in another way. It serves no notice: that is for `record_service` (G-18). The days to prove a
    letter that was found not genuine begin with it (G-42)."""
    task = f"delivery:{act.entry}"
    filing = end(filing, task)
    if task not in filing.denials:
        return filing
    told = {**filing.denials, task: filing.denials[task].but(told=True)}
    return _proven_from(filing.but(denials=told), task, act.served_on or when.service_day, when)


# A new address


def correct_contact(filing: Filing, act: CorrectContact, when: Moment) -> Filing:
    """A new designated address of service inside the window serves anew and restarts it, once a case (Q26).

    A notice that is not served goes to the new address whenever there is one; one that is in doubt, or failed to arrive, once a case and
    once a return, or whoever names one dead address after the other would be heard for ever: after that staff serve it.

    An office that enters it for the leader serves nothing by that: what is pending is served by the leader's own consent, or
    by staff, wherever the leader says it is to be sent.
    """
    moved = (act.consent, act.address) != (filing.consent, filing.address)
    filing = filing.but(consent=act.consent, address=act.address)
    if filing.stage not in FROM_SERVICE or not moved or act.on_behalf_of or (is_awaited(filing) and not act.consent):
        return filing
    if (is_doubted(filing) or _failed(filing)) and day_of(when.stamped_at) >= STRICTER_SINCE:
        if _readdressed(filing):
            return filing
        filing = _now_readdressed(filing)
    case = filing.case
    if is_awaited(filing) or is_doubted(filing):
        return notify(_settled(filing), when)
    if case is None or case.reserved or case.ended:
        return filing
    return notify(filing.but(case=case.but(reserved=True)), when)


def _failed(filing: Filing) -> bool:
    """Whether staff must serve the notice of this stage because the inbox did not."""
    return is_awaited(filing) and filing.notification is not None and filing.notification.doubted_at is not None


def _readdressed(filing: Filing) -> bool:
    """Whether this notice went to a new address before, since the first was in doubt."""
    if filing.stage is Stage.REVOCATION_PENDING:
        return case_of(filing).readdressed
    return filing.review is not None and filing.review.readdressed


def _now_readdressed(filing: Filing) -> Filing:
    if filing.stage is Stage.REVOCATION_PENDING:
        return filing.but(case=case_of(filing).but(readdressed=True))
    return filing.but(review=filing.review and filing.review.but(readdressed=True))
