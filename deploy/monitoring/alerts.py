"""The alert rules (告警规则): when somebody is called, and what they read then."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from models import metrics
from regulation.expiring import MISSED_FROM

WORKERS, OURS = 'job="beian-worker"', 'job=~"beian-.*"'
"""The jobs under which Prometheus scrapes workers, and all processes (docs/operations.md)."""

SHANGHAI = 8 * 3600
LEAD = (date(2001, 1, 1) - date(2000, *MISSED_FROM)).days * 86_400
"""Seconds before a year from which on its working days ought to be known."""


@dataclass(frozen=True)
class Alert:
    """An alert: its condition, for how long it holds before somebody is told, how bad it is, and what it says."""

    name: str
    expr: str
    lasts: str
    severity: str
    chinese: str
    english: str
    see: str = "whether-it-is-well"


CRITICAL, WARNING = "critical", "warning"
"""Somebody is woken; somebody looks on the next working day."""


def _unready(check: str) -> str:
    return f'min by (job, instance) ({metrics.READY.name}{{check="{check}"}}) == 0'


def _free(part: float) -> str:
    return f"{metrics.DISK_FREE.name} / {metrics.DISK_SIZE.name} < {part}"


ALERTS = (
    Alert(
        "BeianProcessSilent", f"up{{{OURS}}} == 0", "2m", CRITICAL,
        "{{ $labels.job }} {{ $labels.instance }} 没有应答：已退出或者挂起", "A process does not answer: it died, or hangs. Kill it and start it again.",
    ),
    Alert(
        "BeianNoWorker", f"absent(up{{{WORKERS}}} == 1)", "2m", CRITICAL,
        "没有任何 worker 应答：期限届满无人登记", "No worker answers: what comes due is not entered until one is started.", "the-worker-was-down-over-a-deadline",
    ),
    Alert(
        "BeianRegisterUnreachable", _unready("register"), "1m", CRITICAL,
        "{{ $labels.instance }} 连不上备案库", "A process cannot reach the register.", "the-register-is-down",
    ),
    Alert(
        "BeianEngineUnreachable", _unready("engine"), "2m", CRITICAL,
        "{{ $labels.instance }} 连不上引擎", "A process cannot reach Temporal.", "the-temporal-server-is-down",
    ),
    Alert(
        "BeianNotReady", _unready("migrations|editions").replace('check="', 'check=~"'), "10m", CRITICAL,
        "{{ $labels.instance }} 的表结构或者版本有误，详见 /readyz", "Tables or editions are not those of the release; /readyz says which.", "an-edition-was-refused-at-start-up",
    ),
    Alert(
        "BeianClockWrong", f"abs({metrics.CLOCK_AHEAD.name}) > 60", "2m", CRITICAL,
        "{{ $labels.instance }} 的时钟与备案库相差超过一分钟，已停止办理", "A clock is off by more than a minute: nothing is stamped there until it is set.",
    ),
    Alert(
        "BeianLapseLate", f"max({metrics.LATE_SECONDS.name}) > 300", "5m", CRITICAL,
        "期限已届满而未登记，最早一件迟延 {{ $value | humanizeDuration }}", "A lapse is not entered: no worker, too few, or a filing that is stuck.", "a-deadline-falls-for-thousands-at-one-instant",
    ),
    Alert(
        "BeianDrift", f"max by (kind) ({metrics.DRIFT.name}) > 0", "15m", CRITICAL,
        "备案库与引擎不一致（{{ $labels.kind }}）{{ $value }} 件", "Register and engine differ, and it was not mended by itself.",
        "is-the-engine-as-the-register-says",
    ),
    Alert(
        "BeianNoPass", f"time() - max({metrics.SENTINEL_AT.name}) > 2 * 3600", "10m", CRITICAL,
        "已两小时没有巡查：引擎或者所有 worker 停着", "The sentinel has made no pass for two hours: the engine, or every worker, stands still.",
        "is-the-engine-as-the-register-says",
    ),
    Alert(
        "BeianTaskFails", f'sum(temporal_workflow_task_execution_failed) > 0 or max({metrics.DRIFT.name}{{kind="stuck"}}) > 0', "5m", CRITICAL,
        "有备案的工作流任务失败：程序缺陷，或者引擎拒收", "A workflow task fails: a bug stops filings; or the server refuses what a worker made of it, which only the sentinel sees.",
    ),
    Alert(
        "BeianUnavailable", f"max by (part) ({metrics.AVAILABLE.name}) < 0.99", "5m", WARNING,
        "{{ $labels.part }} 最近48小时的可用率为 {{ $value | humanizePercentage }}；期限届满前低于99%的，提出统一顺延", "A part was down for more than half an hour in two days. Near a deadline an extension for all is proposed.",
        "an-outage-near-a-deadline",
    ),
    Alert(
        "BeianLettersWait", f'sum(max by (age) ({metrics.LETTERS_BY_AGE.name}{{age!="hour"}})) > 0', "30m", WARNING,
        "{{ $value }} 封信函等待投递超过一小时", "Letters have waited for more than an hour: a channel is down, or no worker takes them.", "messages-are-not-delivered",
    ),
    Alert(
        "BeianLettersFailed", f"max({metrics.LETTERS_FAILED.name}) > 0", "1h", WARNING,
        "渠道放弃了 {{ $value }} 封信函", "A channel gave up letters; they are sent again by starter.py redeliver.", "messages-are-not-delivered",
    ),
    Alert(
        "BeianCalendarMissing",
        f"min({metrics.CALENDAR.name}) < scalar(year(vector(time() + {SHANGHAI} + {LEAD})))", "1h", CRITICAL,
        "工作日历只到 {{ $value }} 年：次年的期限只能暂定", "Next year's working days are not known, and it is 15 December or later.", "next-years-working-days-are-published",
    ),
    Alert(
        "BeianBackupOld", f"time() - max({metrics.BACKUP.name}) > 2 * 86400", "1h", CRITICAL,
        "最近一次完整备份已超过两天", "The last whole backup is more than two days old, or there is none.",
    ),
    Alert(
        "BeianDiskFilling", _free(0.2), "15m", WARNING,
        "{{ $labels.instance }} 的磁盘可用不足20%", "A disk is filling.", "a-disk-is-full",
    ),
    Alert(
        "BeianDiskFull", _free(0.1), "5m", CRITICAL,
        "{{ $labels.instance }} 的磁盘可用不足10%", "A disk is nearly full.", "a-disk-is-full",
    ),
    Alert(
        "BeianRequestsSlow",
        f"histogram_quantile(0.95, sum by (le) (rate({metrics.REQUESTS.name}_bucket[5m]))) > 2.5", "15m", WARNING,
        "二十次请求中有一次超过 {{ $value | humanizeDuration }}", "One request in twenty takes longer than 2.5 seconds.",
    ),
    Alert(
        "BeianRequestsFail",
        f'sum(rate({metrics.REQUESTS.name}_count{{status="5xx"}}[5m])) / sum(rate({metrics.REQUESTS.name}_count[5m])) > 0.05',
        "5m", CRITICAL,
        "请求失败的占 {{ $value | humanizePercentage }}", "More than one request in twenty is answered with 5xx.",
    ),
)  # fmt: skip


def rules() -> str:
    """The rules as a file for Prometheus."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield from (
        "# Made by `make docs` from deploy/monitoring/alerts.py; tried by `make alerts`.",
        "groups:",
        "  - name: beian",
        "    rules:",
    )
    for each in ALERTS:
        yield f"      - alert: {each.name}"
        yield f"        expr: {_quoted(each.expr)}"
        yield f"        for: {each.lasts}"
        yield f"        labels: {{severity: {each.severity}}}"
        yield "        annotations:"
        yield f"          summary: {_quoted(each.chinese)}"
        yield f"          description: {_quoted(each.english)}"
        yield f"          runbook: {_quoted(f'docs/operations.md#{each.see}')}"


def _quoted(text: str) -> str:
    """A text as YAML reads it: a JSON string is one."""
    return json.dumps(text, ensure_ascii=False)
