"""How things are called before people: days and instants, events, who is awaited.

Texts and documents write a day as offices do (2026年11月30日24时), lists in short (2026-11-30 24:00). What is over at an
instant is over at 24:00 of its last day; what begins then begins at 0:00 of the next.
"""

from datetime import datetime, time, timedelta

from models.acts import Arrived, Lapse
from models.choices import HOW_IT_CAME
from models.filing import Entry
from models.values import SHANGHAI, day_of, last_day_until
from models.values import on_day as on_day  # noqa: PLC0414 - stands here with the other names of days
from models.vocabulary import ActKind, Ground, LapseKind, Role
from regulation import lifecycle, offices

# Days and instants


def midnight(instant: datetime) -> str:
    """An exclusive instant as offices write it: 2026年11月30日24时."""
    return f"{on_day(last_day_until(instant))}24时" if _is_midnight(instant) else moment(instant)


def reserved(*, provisional: bool = False, unopened: bool = False) -> str:
    """What is told beside a day that may still move: its notice is not opened yet (G-18), or its year's working days are not arranged
    (Instants 10); nothing beside one that stands."""
    told = ("暂定" if provisional else "", "暂计，以送达为准" if unopened else "")
    return f"（{'；'.join(filter(None, told))}）" if any(told) else ""


BEGINNINGS = frozenset({LapseKind.REVOCATION_OPENED, LapseKind.REVOKED})
"""What begins by itself at 00:00 of a day, as its text says (自某日起); whatever else time brings is the end of a period."""


def due_at(instant: datetime, kind: LapseKind) -> str:
    """When time brings a lapse, as offices write it: 2026年11月30日24时, or, what begins then, 2026年12月1日0时."""
    return f"{on_day(day_of(instant))}0时" if kind in BEGINNINGS else midnight(instant)


def moment(instant: datetime) -> str:
    """An instant as offices write it: 2026年11月30日9时05分."""
    local = instant.astimezone(SHANGHAI)
    return f"{on_day(local.date())}{local.hour}时{local.minute:02d}分"


def received(instant: datetime) -> str:
    """When something was received: to the minute, or, what counts as of a day (on_paper.py), that day."""
    return on_day(day_of(instant)) if _counts_as_of_its_day(instant) else moment(instant)


def _counts_as_of_its_day(instant: datetime) -> bool:
    local = instant.astimezone(SHANGHAI)
    return (local.hour, local.minute) == (0, 0)


def short(instant: datetime) -> str:
    """When something happened, or was received, as lists have it: 2026-11-30 09:05."""
    return f"{instant.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def short_received(instant: datetime) -> str:
    """When something was received or entered, as lists have it; what counts as of a day (on_paper.py), that day."""
    return str(day_of(instant)) if _counts_as_of_its_day(instant) else short(instant)


def short_until(instant: datetime) -> str:
    """When a period is over, as lists have it: 2026-11-30 24:00."""
    return f"{last_day_until(instant)} 24:00" if _is_midnight(instant) else short(instant)


def short_due_at(instant: datetime, kind: LapseKind | str | None) -> str:
    """When time brings a lapse, as lists have it: most are the end of a period, some a beginning."""
    return short(instant) if kind in BEGINNINGS else short_until(instant)


def lasting(time_: timedelta) -> str:
    """How long something took, to the minute: 1日2小时5分."""
    minutes = max(1, round(time_ / timedelta(minutes=1)))
    told = ((minutes // 1440, "日"), (minutes // 60 % 24, "小时"), (minutes % 60, "分"))
    return "".join(f"{number}{unit}" for number, unit in told if number)


def _is_midnight(instant: datetime) -> bool:
    return instant.astimezone(SHANGHAI).time() == time.min


# Events


def name_of_entry(entry: Entry) -> str:
    """What an entry holds, in words: what only one of two officers has done yet is called what it is."""
    name = name_of(entry.event)
    return lifecycle.PROPOSED.format(name) if lifecycle.is_proposed(entry) else name


def name_of(event: object) -> str:
    """An event in words, with its year and days if it has any."""
    kind = getattr(event, "kind", "")
    if kind == "withheld":
        kind = getattr(event, "act", None) or "unreadable"
    label = getattr(kind, "label", None) or {"submit": "提交备案申请", "unreadable": "无法识别"}.get(
        str(kind), str(kind)
    )
    return label + _of_what(event)


def name_of_kind(kind: str) -> str:
    """An act, as it came, in words; something else than an act by that."""
    return ActKind(kind).label if kind in set(ActKind) else {"submit": "提交备案申请"}.get(kind, "无法识别的事项")


def _of_what(event: object) -> str:
    year, days = getattr(event, "year", None), getattr(event, "days", None)
    return (f" {year}年度" if year else "") + (f"（{'前' if days < 0 else '后'}{abs(days)}日）" if days else "")


BEFORE = {
    LapseKind.SERVICE_FAILED: "电子送达签收截止",
    LapseKind.DEEMED_ACCEPTED: "受理截止",
    LapseKind.CORRECTION_LAPSED: "补正截止",
    LapseKind.CORRECTION_OVERDUE: "补正截止",
    LapseKind.IIT_OVERDUE: "工信部门意见截止",
    LapseKind.REVIEW_OVERDUE: "审核截止",
    LapseKind.RECOMMENDATION_OVERDUE: "初审推荐截止",
    LapseKind.NOTICE_ENDED: "公示截止",
    LapseKind.OBJECTION_OVERDUE: "异议处理截止",
    LapseKind.NOTICE_CLEARED: "等候书面异议截止",
    LapseKind.FORWARDING_OVERDUE: "正式文件报送截止",
    LapseKind.ARCHIVING_OVERDUE: "入库截止",
    LapseKind.EXTENSION_OVERDUE: "延期批复截止",
    LapseKind.ANNUAL_ANSWER_OVERDUE: "年度报告退回答复截止",
    LapseKind.CHANGE_OVERDUE: "变更审核截止",
    LapseKind.CHANGE_NOTICE_ENDED: "变更公示截止",
    LapseKind.CHANGE_NOTICE_CLEARED: "变更等候书面异议截止",
    LapseKind.YEAR_CLOSED: "年度报送截止",
    LapseKind.YEAR_MISSED: "年度报送截止",
    LapseKind.SERVICE_OVERDUE: "送达截止",
    LapseKind.DEFENCE_OVERDUE: "申辩复核截止",
    LapseKind.STATEMENT_ENDED: "陈述申辩截止",
    LapseKind.DECISION_OVERDUE: "撤销决定截止",
    LapseKind.CALENDAR_OVERDUE: "工作日历公布催办",
    LapseKind.REVOKED: "将撤销备案",
    LapseKind.REVOCATION_OPENED: "将启动撤销程序",
    LapseKind.RESTORATION_DUE: "恢复备案截止",
    LapseKind.DELIVERY_OVERDUE: "补送截止",
    LapseKind.ANNOUNCEMENT_OVERDUE: "公告截止",
    LapseKind.HOLD_OVERDUE: "暂停解除催办",
    LapseKind.HANDING_OVERDUE: "移交接收截止",
    LapseKind.SECOND_OVERDUE: "第二人决定截止",
    LapseKind.ENDING_OVERDUE: "联盟终止处理截止",
    LapseKind.CHALLENGE_OVERDUE: "复议诉讼结果催办",
    LapseKind.REMINDER: "提醒",
}
"""What a lapse is called while its day is still to come: a duty ends, nothing has happened yet."""


def before(lapse: Lapse) -> str:
    """A lapse that is still to come, in words; from the second chase on it is one for whatever happens."""
    return lapse.kind.label if (lapse.level or 1) > 1 else BEFORE[lapse.kind]


def coming(lapse: Lapse) -> str:
    """The same with its year and days, if it has any: as an agenda tells it, and a timer."""
    return before(lapse) + _of_what(lapse)


def how_it_came(came: Arrived) -> str:
    """How what came on paper reached an office: 2026年12月3日邮寄收到，邮戳2026年11月30日."""
    posted = f"，邮戳{on_day(came.postmarked_on)}" if came.postmarked_on else ""
    return f"{on_day(came.on)}{HOW_IT_CAME[came.how]}收到{posted}"


def place(written: str, on_platform: str = "平台收件箱") -> str:
    """Where something is sent, or lies, as it was written; an address of the platform's own by what it is, for nobody reads it."""
    return on_platform if written.startswith("platform:") else written


CLAUSES = {
    Ground.NO_COOPERATION: "《工作指引》第十四条",
    **{ground: f"《工作指引》第十一条第{ground.value}项" for ground in Ground if ground.value != "14"},
}
"""The clause of each ground of revocation."""

# Who is awaited


def leader_or_office(key: str, leader: str, leader_name: str | None = None) -> str:
    """Who a key stands for: an office by its name, the leader as such, or by its own name where that is asked for."""
    return (leader_name or Role.LEADER.label) if key == leader else offices.name_of(key)


def awaited(key: str | None, leader: str, iit: bool, leader_name: str | None = None) -> str:
    """Whom everybody waits for, the 工信 department beside it if `iit`; nothing while only time is awaited."""
    named = [leader_or_office(key, leader, leader_name)] if key else []
    return "、".join([*named, *([offices.industry_beside(key)] if iit else [])])
