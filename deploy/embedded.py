"""`make run`: the whole service on this machine: Temporal server with its UI, and the worker; Ctrl-C stops all."""

import asyncio
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import make_url

import worker
from activities import logs
from models.settings import Settings

STARTUP = 15.0
"""Seconds within which the server must answer."""


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


def answers(port: int) -> bool:
    """Whether somebody listens on a port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _die_with_parent() -> None:
    """On Linux the server goes when this process goes, however it goes."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def start_server(settings: Settings) -> subprocess.Popen[bytes]:
    """A Temporal server whose database stays under `var`: write-ahead log, full sync (as durable, and faster)."""
    settings.var.mkdir(parents=True, exist_ok=True)
    return subprocess.Popen(
        [
            temporal(), "server", "start-dev",
            "--ip", "127.0.0.1",
            "--port", str(settings.temporal_port),
            "--ui-port", str(settings.ui_port),
            "--db-filename", str(settings.var / "temporal.db"),
            "--sqlite-pragma", "journal_mode=wal",
            "--sqlite-pragma", "synchronous=2",
            "--log-level", "error",
        ],
        start_new_session=True,
        preexec_fn=_die_with_parent,  # noqa: PLW1509 - no thread runs yet
        stdout=subprocess.DEVNULL,
    )  # fmt: skip


def greet(settings: Settings) -> None:
    """Where everything is, and what to try next."""
    python = Path(sys.executable)
    command = python.relative_to(Path.cwd()) if python.is_relative_to(Path.cwd()) else python
    register = make_url(settings.register_url).render_as_string(hide_password=True)
    metrics = f"http://127.0.0.1:{settings.metrics_port}/metrics" if settings.metrics_port else "无"
    lines = (
        "",
        "beian 已就绪（Ctrl-C 停止；数据保留在 " + str(settings.var) + "/）",
        f"  Temporal      127.0.0.1:{settings.temporal_port}",
        f"  Temporal UI   http://127.0.0.1:{settings.ui_port}",
        f"  指标          {metrics}",
        f"  备案库        {register}",
        "",
        "接下来可以试试：",
        f"  {command} starter.py submit examples/kind_a.json",
        f"  {command} starter.py act LN-DEMO-A examples/accept.json",
        f"  {command} starter.py show LN-DEMO-A",
        "",
    )
    print("\n".join(lines), flush=True)  # noqa: T201 - this is for people


def main() -> None:
    """Start everything, wait, stop everything."""
    settings = Settings()
    ports = {
        "BEIAN_TEMPORAL_PORT": settings.temporal_port,
        "BEIAN_UI_PORT": settings.ui_port,
        "BEIAN_METRICS_PORT": settings.metrics_port,
    }
    for name, port in ports.items():
        if port and not free(port):
            sys.exit(f"端口 {port} 已被占用；请停止占用它的程序，或以环境变量 {name} 另行指定")
    logs.configure("WARNING" if settings.log_level == "INFO" else settings.log_level)
    os.environ["TEMPORAL_ADDRESS"] = f"127.0.0.1:{settings.temporal_port}"
    server = start_server(settings)
    try:
        deadline = time.monotonic() + STARTUP
        while not answers(settings.temporal_port):
            if server.poll() is not None or time.monotonic() > deadline:
                sys.exit("Temporal 服务没有启动")
            time.sleep(0.05)
        asyncio.run(worker.serve(settings, ready=lambda: greet(settings)))
    except worker.REFUSALS as refused:
        sys.exit(str(refused))
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
