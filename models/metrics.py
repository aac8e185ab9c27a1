"""The metrics (指标): one table of their names, from which code, documents, alert rules and dashboard take them.

A label has few values, all known beforehand: codes of places and offices, stages, kinds, names of channels that a deployment
configures. No metric names a filing, a company or a person.
"""

from dataclasses import dataclass
from typing import Literal

Told = Literal["register", "worker", "gateway", "every"]
"""Who tells a metric: whoever looks at the register (each worker, and the first process of each gateway: all the same, so the
highest counts), each worker, each process of a gateway, or every process."""


@dataclass(frozen=True)
class Metric:
    """A metric: its name, what is measured in what unit, by which labels, and what it means."""

    name: str
    type: Literal["gauge", "counter", "histogram"]
    unit: str
    told: Told
    english: str
    chinese: str
    labels: tuple[str, ...] = ()


FILINGS = Metric(
    "beian_filings", "gauge", "filings", "register",
    "filings that have not ended, by where they stand and lie",
    "未办结的备案件数，按阶段、属地、类别", ("stage", "jurisdiction", "kind"),
)  # fmt: skip
ROUNDS = Metric(
    "beian_rounds", "gauge", "rounds", "register",
    "rounds that have not ended", "未结束的轮次个数，按事项、阶段", ("kind", "stage"),
)  # fmt: skip
LAPSES_LATE = Metric(
    "beian_lapses_late", "gauge", "filings", "register",
    "filings and rounds whose time has come and of which nothing is entered yet",
    "期限已届满而尚未登记的备案和轮次数",
)  # fmt: skip
LATE_SECONDS = Metric(
    "beian_lapses_late_seconds", "gauge", "seconds", "register",
    "how long the first of those has been due: no worker, too few, or one that is stuck",
    "其中最早一件已迟延的秒数：没有 worker、不够用或者卡住",
)  # fmt: skip
LATENESS = Metric(
    "beian_lapse_lateness_seconds", "histogram", "seconds", "worker",
    "how long after the instant of the law each lapse was entered",
    "每次期限届满的登记晚于法定时刻的秒数",
)  # fmt: skip
OVERDUE = Metric(
    "beian_overdue_duties", "gauge", "duties", "register",
    "duties that offices are late with", "各部门逾期未办的事项数，按部门、身份", ("office", "role"),
)  # fmt: skip
DRIFT = Metric(
    "beian_drift", "gauge", "filings", "register",
    "filings and rounds of which register and engine differ, by how, and which are for people to mend; to be none",
    "备案库与引擎不一致而待处理的备案和轮次数，按情形；应为零", ("kind",),
)  # fmt: skip
DRIFT_MENDED = Metric(
    "beian_drift_mended", "gauge", "filings", "register",
    "the same, mended at once by the last pass of the sentinel", "最近一次巡查已自行修复的备案和轮次数，按情形", ("kind",),
)  # fmt: skip
SENTINEL_AT = Metric(
    "beian_sentinel_pass_timestamp_seconds", "gauge", "seconds", "register",
    "when the last pass of the sentinel began (Unix time); that it grows old says that engine or workers stand still",
    "最近一次巡查开始的时间（Unix 时间）；久不更新即引擎或 worker 已停",
)  # fmt: skip
SENTINEL_SECONDS = Metric(
    "beian_sentinel_pass_seconds", "gauge", "seconds", "register",
    "how long the last pass of the sentinel took", "最近一次巡查的用时",
)  # fmt: skip
SENTINEL_UNSEEN = Metric(
    "beian_sentinel_unseen", "gauge", "filings", "register",
    "filings that no pass has looked at closely since they changed; to fall to none within some passes",
    "变动后尚未逐件细查的备案件数；应在数次巡查内归零",
)  # fmt: skip
LETTERS_BY_AGE = Metric(
    "beian_letters_by_age", "gauge", "letters", "register",
    "letters still to be delivered, by how long ago they were opened", "待投递的信函数，按已等待的时间", ("age",),
)  # fmt: skip
LETTERS_WAITING = Metric(
    "beian_letters_waiting", "gauge", "letters", "worker",
    "letters still to be delivered", "待投递的信函数",
)  # fmt: skip
LETTERS_LATE = Metric(
    "beian_letters_late_seconds", "gauge", "seconds", "worker",
    "how long the first letter has been due: no worker takes letters, or too few do",
    "最早一封信函到期未投的秒数：没有 worker 投递或者不够用",
)  # fmt: skip
LETTERS_OWED = Metric(
    "beian_letters_owed", "gauge", "letters", "worker",
    "letters that a channel is to be tried with again: it is down", "某渠道有待重试的信函数：渠道不通", ("channel",),
)  # fmt: skip
LETTERS_FAILED = Metric(
    "beian_letters_failed", "gauge", "letters", "worker",
    "letters that a channel gave up, until they are sent again", "渠道已放弃、尚未重发的信函数",
)  # fmt: skip
LETTER_TRIES = Metric(
    "beian_letter_tries", "counter", "tries", "worker",
    "tries of channels, by what they came to", "各渠道投递次数，按结果", ("channel", "state"),
)  # fmt: skip
REFUSALS = Metric(
    "beian_refusals_total", "counter", "acts", "every",
    "acts that were refused at a door, by what was asked", "入口未予登记的行为次数，按行为", ("act",),
)  # fmt: skip
LIMITS_UNTOLD = Metric(
    "beian_limits_untold_total", "counter", "counts", "gateway",
    "counts near a limit that were not told to other gateways, for those nearer to theirs: somebody asks from very many addresses",
    "接近限次而未能告知其他网关的计数（名额让给了更接近限次的）：有人用大量地址请求",
)  # fmt: skip
REQUESTS = Metric(
    "beian_request_seconds", "histogram", "seconds", "gateway",
    "how long requests take until their answer is whole, by the route and what was answered",
    "网页和接口请求的用时，按地址样式、方法、答复类别", ("route", "method", "status"),
)  # fmt: skip
READY = Metric(
    "beian_ready", "gauge", "0 or 1", "every",
    "whether a process finds what it needs, as /readyz says", "进程所需各项是否可用，与 /readyz 一致", ("check",),
)  # fmt: skip
AVAILABLE = Metric(
    "beian_available_ratio", "gauge", "of 1", "register",
    "how much of the last 48 hours a part was seen up, by others; under 0.99 before a deadline an extension for all is proposed",
    "最近48小时内某部分被其他进程看到可用的比例；期限届满前低于0.99的，提出统一顺延", ("part",),
)  # fmt: skip
CLOCK_AHEAD = Metric(
    "beian_clock_ahead_seconds", "gauge", "seconds", "every",
    "by how much the machine's clock is ahead of the database's; beyond a minute no door stamps anything",
    "本机时钟比备案库快的秒数；超过一分钟即停止办理",
)  # fmt: skip
CALENDAR = Metric(
    "beian_calendar_last_year", "gauge", "year", "every",
    "the last year whose working days are known; later dates are provisional", "工作日历已公布到的年份",
)  # fmt: skip
BACKUP = Metric(
    "beian_backup_timestamp_seconds", "gauge", "seconds", "register",
    "when the last backup was made (Unix time); 0: none is known here", "最近一次备份的时间（Unix 时间）；0 为未见备份",
)  # fmt: skip
DISK_FREE = Metric(
    "beian_disk_free_bytes", "gauge", "bytes", "every",
    "what is free on the disk that holds `var`", "var 所在磁盘的可用字节数",
)  # fmt: skip
DISK_SIZE = Metric(
    "beian_disk_size_bytes", "gauge", "bytes", "every",
    "how large that disk is", "该磁盘的总字节数",
)  # fmt: skip
BUILD = Metric(
    "beian_build_info", "gauge", "1", "every",
    "which release a process is of", "进程的版本", ("release", "process"),
)  # fmt: skip

TABLE = (
    FILINGS, ROUNDS, LAPSES_LATE, LATE_SECONDS, LATENESS, OVERDUE, DRIFT, DRIFT_MENDED, SENTINEL_AT, SENTINEL_SECONDS,
    SENTINEL_UNSEEN, LETTERS_BY_AGE, LETTERS_WAITING, LETTERS_LATE, LETTERS_OWED,
    LETTERS_FAILED, LETTER_TRIES, REFUSALS, LIMITS_UNTOLD, REQUESTS, READY, AVAILABLE, CLOCK_AHEAD, CALENDAR, BACKUP, DISK_FREE, DISK_SIZE, BUILD,
)  # fmt: skip
"""Every metric of ours. The engine's core tells its own beside them (`temporal_…`), on workers."""

AGES = {"hour": 3600, "day": 86_400, "week": 604_800, "older": None}
"""How old letters are told to be: under an hour, a day, a week (in seconds), or older."""
