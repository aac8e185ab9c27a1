"""What the doctor looks at (体检): every part of a deployment in turn, each told in a line or a few; nothing is changed by it.

What a process needs is judged as /readyz judges it (activities/health/checks.py). An examination that cannot be made says why.
"""

import asyncio
import os
import platform
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from sqlalchemy import make_url, select
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, GetClusterInfoRequest
from temporalio.client import Client

from activities import editions, replacements
from activities.attachments import Attachments
from activities.availability import Availability
from activities.backup import release
from activities.channels import configured
from activities.database import AHEAD_AT_MOST, ahead_of, astray
from activities.drift import DriftLog
from activities.health import checks
from activities.health.counts import DUE
from activities.keyring import Ring, ring_of
from activities.letters import Letters
from activities.log.cosigning import cosigners_of, silent
from activities.log.sequencing import newest
from activities.register import Register
from gateway.client import Filings
from gateway.identity import LOOPBACK
from gateway.remembered import keys
from gateway.remembered.audit import Audit
from gateway.shown import operations
from gateway.watching.builds import Build, Builds, lacking
from gateway.watching.workers import Worker, workers
from models.channels import read_channels
from models.gateway import UploadRow
from models.settings import Settings
from models.values import Named, day_of
from regulation import naming, offices
from workflows import searching, sentinel, visibility
from workflows.connection import connect

UPLOADS = UploadRow.metadata.tables["uploads"]


class State(Named):
    """What an examination came to."""

    WELL = "well", "正常"
    NOTE = "note", "注意"
    FAULT = "fault", "有问题"


@dataclass(frozen=True)
class Line:
    """What is told of one thing."""

    name: str
    state: State
    says: str


def judged(name: str, fault: str, well: str) -> Line:
    """A line that is a fault if something is wrong."""
    return Line(name, State.FAULT if fault else State.WELL, fault or well)


SHORTEST_RETENTION = timedelta(days=3)
"""For so long closed runs ought to be kept, to look into a problem."""

LATE = timedelta(minutes=5)
"""So late a lapse may be entered before something is wrong; on 1 December thousands take half a minute."""

SIGNED_WITHIN = timedelta(hours=25)
"""So long ago the log may have been signed: as every day ends it is, whatever was entered."""

LETTER_LATE = timedelta(hours=1)
"""So long a letter may be due before something is wrong."""

SCARCE, TIGHT = 0.1, 0.2
"""How much of a disk is free where something is wrong, and where somebody ought to look."""

ANSWERS = 5.0
"""Seconds within which a process, or a provider of identities, answers."""

ASK_AGAIN = timedelta(minutes=1)
"""A worker's request for work is held so long; then it asks again, and the engine notes by its own clock when."""


@dataclass
class Deployment:
    """A deployment that is looked at, now."""

    settings: Settings
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @cached_property
    def register(self) -> Register:
        """The register."""
        return Register.at(self.settings.register_url)

    @property
    def has_register(self) -> bool:
        """Whether there is a database; looking makes none."""
        url = make_url(self.settings.register_url)
        return url.get_backend_name() != "sqlite" or Path(url.database or "").exists()


# The register


def of_register(of: Deployment) -> Iterator[Line]:
    """Whether it answers, and what it is."""
    where = make_url(of.settings.register_url).render_as_string(hide_password=True)
    if not of.has_register:
        yield Line("备案库", State.FAULT, f"{where} 不存在；启动 worker 即建立")
        return
    with of.register.engine.connect() as db:
        name, version = db.dialect.name, ".".join(map(str, db.dialect.server_version_info or ()))
    yield Line("备案库", State.WELL, f"{name} {version}，{where}")


def of_tables(of: Deployment) -> Iterator[Line]:
    """Whether the tables are those of this release."""
    tables = operations.tables(of.register.engine)
    ahead = "，由较新的版本建立" if tables.at != tables.newest else ""
    with of.register.engine.connect() as db:
        if lost := astray(db):
            yield Line("备案库内容", State.FAULT, f"{len(lost)}行指向不存在的内容，如{lost[0]}；逐一列出：verify --all")
    yield judged("表结构", checks.migrations_fault(of.register.engine), f"{tables.at}{ahead}")


def of_editions(of: Deployment) -> Iterator[Line]:
    """Whether the editions can be read, are those by which filings count, and reach far enough."""
    editions.load_all(of.settings.editions, of.register.published)
    fault = checks.editions_fault(of.register)
    yield judged("版本", fault, f"{of.settings.editions or '随本系统发布的'}，与已用过的一致")
    known = f"已公布到{checks.last_year_known()}年"
    yield judged("工作日历", checks.calendar_fault(day_of(of.now)), known)


def of_clocks(of: Deployment) -> Iterator[Line]:
    """Whether this machine's clock can stamp anything, compared as every door compares it."""
    ahead = ahead_of(of.register.clock)
    seconds = ahead.total_seconds()
    yield judged("时钟", checks.clock_fault(ahead), f"与备案库相差{abs(seconds):.1f}秒")


def of_lapses(of: Deployment) -> Iterator[Line]:
    """Whether what has come due was entered."""
    with of.register.engine.connect() as db:
        count, first = db.execute(DUE, {"now": of.now}).one()
    late = of.now - first if first else timedelta(0)
    fault = f"{count}件的期限已届满而未登记，最早一件应于{naming.short(first)}" if late > LATE else ""
    yield judged("期限登记", fault, "没有迟延" if not count else f"{count}件正在登记")


def of_availability(of: Deployment) -> Iterator[Line]:
    """Whether every part is measured: of one that nobody ever saw up no outage is known."""
    if checks.migrations_fault(of.register.engine):
        return  # the tables say so themselves, and may not hold it yet
    unseen = Availability(of.register.engine).never_seen(of.now)
    told = "、".join(each.label for each in unseen)
    fault = (
        f"{told}从未被看到可用，未予计量；查 worker 能否访问（网上入口为 {of.settings.own_address}）" if unseen else ""
    )
    yield judged("可用情况", fault, "各部分均予计量，或者计量未满一日；见 outages")


def of_log(of: Deployment) -> Iterator[Line]:
    """When the log was signed last: at least as every day ends."""
    if checks.migrations_fault(of.register.engine):
        return  # the tables say so themselves, and may not hold it yet
    with of.register.engine.connect() as db:
        last = newest(db)
    if last is None:
        yield Line("登记日志", State.NOTE, "尚未签署；worker 启动即签署")
        return
    told = f"{last.size}条，最近一次签署 {naming.short(last.made_at)}"
    late = of.now - last.made_at > SIGNED_WITHIN
    yield judged("登记日志", f"{told}；查 worker 日志 log.not_signed" if late else "", told)


def of_witnesses(of: Deployment) -> Iterator[Line]:
    """Which witnesses of the log have been silent, and since when."""
    named = cosigners_of(of.settings)
    if not named or checks.migrations_fault(of.register.engine):
        return
    silences = silent(of.register.engine, named, of.now)
    if not silences:
        yield Line("见证人", State.WELL, f"{len(named)}个，未见迟延")
    for each in silences:
        state = State.FAULT if each.witness.address else State.NOTE
        yield Line(f"见证人 {each.witness.key.name}", state, each.says)


def of_drift(of: Deployment) -> Iterator[Line]:
    """When engine and register were compared last, and whether they are alike."""
    if checks.migrations_fault(of.register.engine):
        return  # the tables say so themselves, and may not hold it yet
    last = DriftLog(of.register.engine, of.settings.task_queue).last()
    if last is None:
        yield Line("巡查", State.NOTE, "尚未巡查；worker 启动即巡查")
        return
    told = f"最近一次 {naming.short(last.at)}，比对{last.compared}件"
    old = last.is_old(of.now, of.settings.following_interval)
    if last.failed:
        told += f"，此后{last.failed.times}次未能完成（{naming.short(last.failed.at)}：{last.failed.why}）"
        yield Line("巡查", State.FAULT, f"{told}；详见 worker 日志")
        return
    fault = "此后没有再巡查" if old else f"不一致{last.left}件；列出：drift" if last.left else ""
    yield judged("巡查", f"{told}，{fault}" if fault else "", f"{told}，均一致")


def of_backups(of: Deployment) -> Iterator[Line]:
    """Whether there is a backup, and how old it is."""
    made = operations.backups(Audit(of.register.engine))
    last = next((each for each in made if each.success), None)
    told = f"最近一次 {naming.short(last.at)}，{last.object}" if last else "没有完整备份的记录"
    if not operations.is_old(made, of.now):
        yield Line("备份", State.WELL, told)
    elif of.register.filing_ids():
        yield Line("备份", State.FAULT, f"{told}；须每日备份（backup）")
    else:
        yield Line("备份", State.NOTE, told)


def of_files(of: Deployment) -> Iterator[Line]:
    """Whether each upload that the register knows is there; `verify --all` also reads them."""
    store = Attachments(of.settings.upload_folder)
    with of.register.engine.connect() as db:
        known = set(db.execute(select(UPLOADS.c.sha256)).scalars())
    gone = sum(not store.path(each).is_file() for each in known)
    shared = "；各网页服务须共用 BEIAN_VAR 之下的 uploads" if of.settings.limits == "database" else ""
    fault = f"{len(known)}个中缺{gone}个；逐一列出：verify --all{shared}" if gone else ""
    yield judged("附件", fault, f"{len(known)}个，均在")


def of_letters(of: Deployment) -> Iterator[Line]:
    """Whether letters leave, and by which channels they do not."""
    backlog = Letters(of.register.engine).backlog(of.now)
    late = f"最早一封已到期{backlog.late.total_seconds() / 3600:.1f}小时未投：没有 worker 投递，或者不够用"
    yield judged("信函", late if backlog.late > LETTER_LATE else "", f"待投递{backlog.waiting}封")
    for channel, down in backlog.down.items():
        says = f"自{naming.short(down.since)}起有{down.letters}封待重试：{down.why}"
        yield Line(f"渠道 {channel}", State.FAULT, says)
    if backlog.failed:
        yield Line("信函", State.NOTE, f"渠道已放弃{backlog.failed}封；列出：undelivered，重发：redeliver")


# What the deployment brings


def of_texts(of: Deployment) -> Iterator[Line]:
    """Whether its texts can be used."""
    count = replacements.load(of.settings.texts)
    yield Line("文字", State.WELL, f"{of.settings.texts}，{count}个" if of.settings.texts else "随本系统发布的")


def of_channels(of: Deployment) -> Iterator[Line]:
    """Whether its channels are set up, and whom the address book does not name."""
    file = read_channels(of.settings.channels, os.environ)
    names = "、".join(each.name for each in configured.build(file))
    if not of.settings.channels:
        yield Line("渠道", State.NOTE, f"未设 BEIAN_CHANNELS：信函只写入 {of.settings.outbox}")
        return
    yield Line("渠道", State.WELL, names or "没有")
    if absent := [key for key in offices.KEYS if key not in file.offices]:
        yield Line("通讯录", State.NOTE, f"未列，邮件和短信到不了：{'、'.join(map(offices.name_of, absent))}")


def of_keys(of: Deployment) -> Iterator[Line]:
    """Whether what signs and what lets in is there, and readable for its owner alone."""
    settings = of.settings
    if settings.secret.get_secret_value():
        yield Line("密钥", State.WELL, "由 BEIAN_SECRET 给出；请另行保管")
    elif settings.secret_file.exists():
        yield Line("密钥", State.WELL, f"{settings.secret_file}")
    elif settings.identity == "embedded":
        yield Line("密钥", State.NOTE, "演示身份登录不用密钥；改用 BEIAN_IDENTITY=oidc 后，首次有人登录时生成")
    else:
        yield Line("密钥", State.NOTE, "尚未生成；首次有人登录时生成")
    secret = (settings.secret_file, settings.token_file, *settings.var.glob("*.db*"))
    seen = [path.name for path in secret if path.exists() and path.stat().st_mode & 0o077]
    yield judged("文件权限", f"他人可读：{'、'.join(seen)}；重新启动即收紧" if seen else "", "仅属主可读")


def of_encryption(of: Deployment) -> Iterator[Line]:
    """By which key the engine's payloads are encrypted, and whether one is missing that runs may need."""
    ring, name = ring_of(of.settings), "加密"
    if ring.newest:
        yield Line(name, State.WELL, f"{ring.newest.cipher}，密钥 {ring.newest.id}；密钥环中{len(ring.keys)}个")
    else:
        others = f"；密钥环中{len(ring.keys)}个只用于解密" if ring.keys else ""
        yield Line(name, State.NOTE, f"引擎中的载荷未加密（BEIAN_ENCRYPTION）{others}")
    used = keys.used(Audit(of.register.engine))
    former = [each for each in used if each.until or not each.is_in(ring)]
    if former:
        yield from asyncio.run(_of_former_keys(of, ring, former))


async def _of_former_keys(of: Deployment, ring: Ring, former: Sequence[keys.Used]) -> list[Line]:
    """Which of the keys that encrypted before runs may need, and whether they have them."""
    client, lines = await connect(of.settings, lazy=True), list[Line]()
    for each in former:
        runs = await keys.needing(client, of.settings.task_queue, each)
        needed = f"尚有{runs}个运行可能需要" if runs else "已没有运行需要"
        state = State.FAULT if runs and not each.is_in(ring) else State.WELL
        other = "与密钥环中同一编号的不同" if each.id in ring.keys else "不在密钥环中"
        where = "在密钥环中" if each.is_in(ring) else other
        lines.append(Line(f"密钥 {each.id}", state, f"自{naming.short(each.since)}起曾用于加密，{where}，{needed}"))
    return lines


def of_identity(of: Deployment) -> Iterator[Line]:
    """Whether people can sign in."""
    if of.settings.identity == "embedded":
        yield Line("身份", State.NOTE, "演示身份，只能用于本机试用；正式使用须设 BEIAN_IDENTITY=oidc")
        return
    try:
        answer = httpx.get(f"{of.settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration", timeout=ANSWERS)
        fault = "" if answer.is_success else f"身份提供方答复 {answer.status_code}"
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        fault = f"身份提供方无法连接（{type(error).__name__}）"
    yield judged("身份", fault, of.settings.oidc_issuer)
    own = of.settings.own_address
    here = urlsplit(own).hostname in LOOPBACK
    fault = f"{own} 只有本机能访问；gateway、worker 和命令行均须设 BEIAN_GATEWAY_ADDRESS" if here else ""
    yield judged("对外地址", fault, own)


def of_disk(of: Deployment) -> Iterator[Line]:
    """Whether there is room."""
    var = of.settings.var
    disk = shutil.disk_usage(var if var.exists() else Path())
    left = disk.free / disk.total
    state = State.FAULT if left < SCARCE else State.NOTE if left < TIGHT else State.WELL
    yield Line("磁盘", state, f"{var} 所在磁盘可用{disk.free / 1e9:.1f} GB（{left:.0%}）")


def of_processes(of: Deployment) -> Iterator[Line]:
    """Whether the processes of this machine answer, and find what they need; another machine's are asked there."""
    settings = of.settings
    gateways = range(settings.gateway_metrics_port, settings.gateway_metrics_port + settings.gateway_processes)
    ports: Mapping[str, list[int]] = {
        "worker": [settings.metrics_port] if settings.metrics_port else [],
        "网页服务": [*gateways] if settings.gateway_metrics_port else [],
    }
    for name, port in ((name, port) for name, some in ports.items() for port in some):
        try:
            answer = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=2 * ANSWERS, trust_env=False)
            wrong = [each for each in answer.json()["checks"].values() if each != "ok"]
            yield judged(f"进程 {port}", "；".join(wrong), f"{name}，就绪")
        except httpx.ConnectError:
            yield Line(f"进程 {port}", State.NOTE, f"本机的{name}未在此端口应答")
        except (httpx.HTTPError, ValueError, LookupError, TypeError):
            yield Line(f"进程 {port}", State.FAULT, f"{name}没有应答：挂起，或者端口为其他程序所用")


# The engine


async def _of_engine(of: Deployment, client: Client) -> list[Line]:
    where = f"{client.service_client.config.target_host}，命名空间 {client.namespace}"
    if fault := await checks.engine_fault(client):
        return [Line("引擎", State.FAULT, f"{fault}；{where}")]
    service = client.workflow_service
    cluster = await service.get_cluster_info(GetClusterInfoRequest(), timeout=checks.ENGINE_ANSWERS)
    namespace = await service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
    kept = timedelta(seconds=namespace.config.workflow_execution_retention_ttl.seconds)
    says = f"Temporal {cluster.server_version}，{where}，已结束的保留{kept.days}天"
    lines = [Line("引擎", State.NOTE if kept < SHORTEST_RETENTION else State.WELL, says)]
    fault = await searching.told(client)
    lines.append(judged("检索属性", fault, f"{len(visibility.REGISTRATION)}个，均已登记"))
    fault = await sentinel.pausing(client, of.settings.task_queue)
    lines.append(judged("巡查日程", fault, f"已在引擎中，每{of.settings.following_interval / 60:g}分钟一次"))
    at_work = await workers(client, of.settings.task_queue) or []
    lines.append(_of_workers(at_work))
    stand = await Builds(Filings(client, of.register, of.settings.task_queue)).side_by_side()
    lines += builds_told(stand or [])
    lines += _engine_clock(at_work, datetime.now(UTC))
    return lines


def _of_workers(workers: list[Worker]) -> Line:
    """Who works, and by which release."""
    if not workers:
        return Line("worker", State.FAULT, "没有 worker 领取工作：期限届满无人登记，行为无人办理")
    releases = sorted({each.release for each in workers})
    others = [each.release for each in workers if not each.build and each.release != release()]
    says = f"{len(workers)}个，版本 {'、'.join(releases)}" + (f"；本机为 {release()}" if others else "")
    return Line("worker", State.NOTE if others else State.WELL, says)


def builds_told(stand: list[Build]) -> Iterator[Line]:
    """Which builds work side by side: one without a worker stands still, and without a current one nothing begins."""
    lacks = lacking(stand)
    old = [each for each in stand if not each.current and each.runs and each.workers]
    told = "；".join(f"{each.name}{'（现行）' if each.current else ''} {each.runs}件" for each in stand)
    if lacks:
        yield Line("构建", State.FAULT, f"{lacks}；{told}")
    elif stand and not any(each.current for each in stand):
        yield Line("构建", State.FAULT, f"没有现行构建，worker 不领取工作；执行 rotate {stand[0].name}")
    elif old:
        yield Line("构建", State.NOTE, f"尚未全部换用现行构建；{told}")
    elif stand:
        yield Line("构建", State.WELL, told)


def _engine_clock(workers: list[Worker], now: datetime) -> Iterator[Line]:
    """The engine says by its own clock when a worker last asked: that cannot be to come, and a worker asks every minute."""
    if workers:
        ahead = max(each.last for each in workers) - now
        wrong = ahead > AHEAD_AT_MOST or ahead < -(AHEAD_AT_MOST + 2 * ASK_AGAIN)
        way = "慢" if ahead > timedelta(0) else "快，或者 worker 已不领取工作"
        yield judged("引擎时钟", f"本机时钟比引擎{way}" if wrong else "", "与本机相差不超过一分钟")


def of_engine(of: Deployment) -> Iterator[Line]:
    """Whether the engine answers, is set up, and has somebody who works."""

    async def asked() -> list[Line]:
        return await _of_engine(of, await connect(of.settings, lazy=True))

    yield from asyncio.run(asked())


def of_release(of: Deployment) -> Iterator[Line]:
    """What this is."""
    yield Line("本系统", State.WELL, f"beian {release()}，Python {platform.python_version()}，{platform.system()}")


Examination = Callable[[Deployment], Iterator[Line]]

ON_THE_REGISTER: Mapping[str, Examination] = {
    "表结构": of_tables,
    "版本": of_editions,
    "时钟": of_clocks,
    "期限登记": of_lapses,
    "巡查": of_drift,
    "可用情况": of_availability,
    "登记日志": of_log,
    "见证人": of_witnesses,
    "信函": of_letters,
    "附件": of_files,
    "备份": of_backups,
    "加密": of_encryption,
}
"""What needs the register's tables, in their order: of a database that cannot be read nothing else is told."""

OTHERS: Mapping[str, Examination] = {
    "引擎": of_engine,
    "进程": of_processes,
    "渠道": of_channels,
    "文字": of_texts,
    "身份": of_identity,
    "密钥": of_keys,
    "磁盘": of_disk,
}
