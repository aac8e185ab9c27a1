"""`make run`: the whole service on this machine: Temporal server with its UI, worker and gateway; Ctrl-C stops all."""

import asyncio
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import uvloop
from sqlalchemy import make_url

import worker
from activities import logs, loopback
from activities.ending import end
from activities.privacy import keep_to_ourselves, kept_secret
from activities.starting import PortTaken, or_leave
from deploy import ui
from gateway.identity import refuse_to_expose
from models.settings import Settings, read_settings
from workflows.payloads import converter

STARTUP = 90.0
"""Seconds within which what was started must answer, if it lives."""

PATIENCE = 15.0
"""Seconds after which people are told that it takes long."""

GRACE = 10.0
"""Seconds that a process has to end by itself."""

ENDING = 90.0
"""Seconds that the worker has to end in order when another process ended: longer than a letter takes by the usual timeouts."""

PROBE, SILENT = 5.0, 3
"""Seconds between two questions whether the gateway answers, and how many in a row it may leave without an answer."""

LOOK = 1.0
"""Seconds between two looks at whether the others are there."""

TIMERS_AT_ONCE = "history.timerProcessorSchedulerWorkerCount=4"
"""How many timers the server works on side by side: by default 512, which a cluster's database bears.

A file of SQLite has one writer. Where a deadline falls for thousands, 512 timers stand in line before it, and what their
filings write stands behind them: it comes so late that it is given up, and done once more.
"""


def temporal() -> str:
    """The Temporal executable that came with the environment, or one on the path."""
    found = shutil.which("temporal", path=str(Path(sys.executable).parent)) or shutil.which("temporal")
    if found is None:
        sys.exit("找不到 temporal 可执行文件；请安装 embedded 依赖（make run 会自动安装）")
    return found


def free(port: int) -> bool:
    """Whether nobody listens on a port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """Whether somebody listens on a port, of this machine if nothing else is said."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((host, port)) == 0


def _die_with_parent() -> None:
    """On Linux the server goes when this process goes, however it goes."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def server_command(settings: Settings, page: tuple[str, int] | None = None, host: str = "127.0.0.1") -> list[str]:
    """A Temporal server whose database stays under `var`: write-ahead log, full sync (as durable, and faster).

    `page` is where its UI listens; None: it has none.
    """
    codec = ["--ui-codec-endpoint", f"{settings.own_address}/codec"] if settings.encryption != "off" else []
    shown = ["--ui-ip", page[0], "--ui-port", str(page[1]), *codec] if page else ["--headless"]
    return [
        temporal(), "server", "start-dev",
        "--ip", host,
        "--port", str(settings.temporal_port),
        *shown,
        "--db-filename", str(settings.var / "temporal.db"),
        "--sqlite-pragma", "journal_mode=wal",
        "--sqlite-pragma", "synchronous=2",
        "--dynamic-config-value", TIMERS_AT_ONCE,
        "--log-level", "error",
    ]  # fmt: skip


def start_server(
    settings: Settings, page: tuple[str, int] | None = None, *, flags: Sequence[str] = ()
) -> subprocess.Popen[bytes]:
    """The Temporal server, for as long as this process lives; `flags` set more of its limits."""
    settings.var.mkdir(parents=True, exist_ok=True)
    limits = [part for flag in flags for part in ("--dynamic-config-value", flag)]
    return subprocess.Popen(
        [*server_command(settings, page), *limits],
        start_new_session=True,
        preexec_fn=_die_with_parent,  # noqa: PLW1509 - no thread runs yet
        stdout=subprocess.DEVNULL,
    )


def start_gateway(settings: Settings) -> subprocess.Popen[bytes]:
    """The gateway, in a process of its own, with links into the embedded Temporal UI."""
    ui = settings.ui_address or f"http://127.0.0.1:{settings.ui_port}"
    return subprocess.Popen(
        [sys.executable, "-m", "gateway"],
        env={**os.environ, **_token_for(settings), "BEIAN_UI_ADDRESS": ui, "BEIAN_LOG_LEVEL": quiet(settings)},
        start_new_session=True,
        preexec_fn=_die_with_parent,  # noqa: PLW1509 - no thread runs yet
    )


def _token_for(settings: Settings) -> dict[str, str]:
    """The start-up token, as the gateway is told it."""
    return {"BEIAN_EMBEDDED_TOKEN": startup_token(settings)} if settings.identity == "embedded" else {}


def startup_token(settings: Settings) -> str:
    """Without it nobody on this machine signs in: as set, else made once below `var`, readable for its owner alone."""
    return settings.embedded_token.get_secret_value() or kept_secret(settings.token_file)


def sign_in_link(settings: Settings) -> str:
    """The one link to open: it brings the start-up token along."""
    token = f"?token={startup_token(settings)}" if settings.identity == "embedded" else ""
    return f"{settings.own_address}/sign-in{token}"


def quiet(settings: Settings) -> str:
    """What is logged when people look on: what goes wrong, unless more was asked for."""
    return "WARNING" if settings.log_level == "INFO" else settings.log_level


def greet(settings: Settings) -> None:
    """Where everything is, and what to try next."""
    python = Path(sys.executable)
    command = python.relative_to(Path.cwd()) if python.is_relative_to(Path.cwd()) else python
    register = make_url(settings.register_url).render_as_string(hide_password=True)
    ports = [port for port in (settings.metrics_port, settings.gateway_metrics_port) if port]
    told = "、".join(f"http://127.0.0.1:{port}/metrics" for port in ports) or "无"
    lines = (
        "",
        "beian 已就绪（Ctrl-C 停止；数据保留在 " + str(settings.var) + "/）",
        f"  登录          {sign_in_link(settings)}",
        f"  公开网页      {settings.own_address}",
        f"  平台接口      {settings.own_address}/api/v1/openapi.json",
        f"  Temporal      127.0.0.1:{settings.temporal_port}",
        f"  Temporal UI   http://127.0.0.1:{settings.ui_port}",
        f"  指标          {told}",
        f"  备案库        {register}",
        "",
        "在浏览器打开上面的“登录”链接，选择演示身份即可办理。也可以在另一终端试试：",
        f"  {command} starter.py submit examples/kind_a.json",
        f"  {command} starter.py act LN-DEMO-A examples/accept.json",
        f"  {command} starter.py show LN-DEMO-A",
        "",
    )
    print("\n".join(lines), flush=True)  # noqa: T201 - this is for people


@contextmanager
def stopping(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """A process for as long as it is needed."""
    try:
        yield
    finally:
        end([process], GRACE)


def wait_for(port: int, name: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a process listens on a port, for as long as it lives; leave if it ends, or takes too long by far."""
    began, told = time.monotonic(), False
    while not answers(port):
        waited = time.monotonic() - began
        if (code := process.poll()) is not None:
            sys.exit(f"{name}没有启动（退出码 {code}）")
        if waited > STARTUP:
            sys.exit(f"{name}启动过慢，{STARTUP:.0f}秒内没有应答")
        if waited > PATIENCE and not told:
            sys.stderr.write(f"{name}启动较慢，请稍候\n")
            told = True
        time.sleep(0.05)


async def hangs(port: int) -> None:
    """Return when what tells how it is on a port of this machine has not answered for a while, though it is there."""
    silent = 0
    async with httpx.AsyncClient(trust_env=False, timeout=PROBE) as client:
        while silent < SILENT:
            await asyncio.sleep(PROBE)
            try:
                await client.get(f"http://127.0.0.1:{port}/healthz")
                silent = 0
            except httpx.HTTPError:
                silent += 1


async def work_beside(processes: Mapping[str, subprocess.Popen[bytes]], settings: Settings) -> None:
    """Work until interrupted; leave, naming it, if one of the processes beside it ends or hangs, for nobody else would notice.

    The worker is told to stop and not cancelled: it ends in order only while its own tasks live.
    """
    stop = asyncio.Event()
    working = asyncio.create_task(worker.serve(settings, ready=lambda: greet(settings), stop=stop))
    port = settings.gateway_metrics_port if settings.metrics_host in loopback.NAMES else 0
    hanging = {asyncio.create_task(hangs(port))} if port else set[asyncio.Task[None]]()
    while not working.done():
        ended = [
            f"{name}已停止（退出码 {code}）" for name, each in processes.items() if (code := each.poll()) is not None
        ]
        if ended or any(each.done() for each in hanging):
            stop.set()
            await asyncio.wait({working}, timeout=ENDING)
            sys.exit(f"{ended[0] if ended else '网页服务没有应答'}，其余随之停止；数据无损，请查看以上日志后重新启动")
        await asyncio.wait({working, *hanging}, timeout=LOOK, return_when=asyncio.FIRST_COMPLETED)
    for each in hanging:
        each.cancel()
    working.result()


def main() -> None:
    """Start everything, wait, stop everything."""
    with or_leave():
        run(read_settings())


def run(settings: Settings) -> None:
    """The whole service by its settings. Its one worker is of no build: whoever edits code and starts again goes on with every filing."""
    settings = settings.model_copy(update={"build": ""})
    ports = {
        "BEIAN_TEMPORAL_PORT": settings.temporal_port,
        "BEIAN_UI_PORT": settings.ui_port,
        "BEIAN_GATEWAY_PORT": settings.gateway_port,
        "BEIAN_METRICS_PORT": settings.metrics_port,
        "BEIAN_GATEWAY_METRICS_PORT": settings.gateway_metrics_port,
    }
    for name, port in ports.items():
        if port and not free(port):
            raise PortTaken(port, name)
    refuse_to_expose(settings)
    converter(settings)
    keep_to_ourselves(settings)
    logs.configure(quiet(settings))
    os.environ["TEMPORAL_ADDRESS"] = f"127.0.0.1:{settings.temporal_port}"
    with ExitStack() as running:
        page = loopback.hidden()
        engine = start_server(settings, page)
        running.enter_context(stopping(engine))
        wait_for(settings.temporal_port, "Temporal 服务", engine)
        ui.start(page, settings.ui_port)
        worker.open_register(settings).engine.dispose()
        gateway = start_gateway(settings)
        running.enter_context(stopping(gateway))
        wait_for(settings.gateway_port, "网页服务", gateway)
        uvloop.run(work_beside({"Temporal 服务": engine, "网页服务": gateway}, settings))


if __name__ == "__main__":
    main()
