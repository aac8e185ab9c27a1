"""What a list of alliances of before costs (A-02): `python -m bench.importing 10000` imports so many rows in one piece into `make run`.

The list is brought twice, for the second run changes nothing. Told is the processor time of each program, letters and whatever else
the worker does after the command has ended included, beside the time by the clock and how many stood in line for the machine.
"""

import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click
import psutil

from activities.register import Register
from deploy.embedded import answers, stopping
from gateway.asked.alliance_list import NEEDED
from models.settings import Settings
from tests.applications import enterprise
from tests.loopback import two_free_ports
from tests.patience import eventually

ROOT = Path(__file__).parent.parent
QUIET = 0.3
"""Seconds of processor time in two seconds: whoever uses less has nothing left to do."""


def listed(folder: Path, rows: int) -> Path:
    """A list of so many alliances."""
    path = folder / "list.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        lines = csv.DictWriter(file, [*NEEDED, "统一社会信用代码", "成员单位", "以往年度"])
        lines.writeheader()
        for n in range(rows):
            lines.writerow(
                {
                    "所在市": ("沈阳市", "大连市", "鞍山市")[n % 3],
                    "联盟名称": f"辽宁示例{n:05}产学研联盟",
                    "盟主企业": f"辽宁示例{n:05}有限公司",
                    "备案日期": f"2021-{n % 12 + 1:02}-{n % 28 + 1:02}",
                    "备案编号": f"辽科备〔2021〕{n + 1}号",
                    "统一社会信用代码": enterprise(n) if n < 10_000 else "",
                    "成员单位": "示例大学（高校）；示例研究所（院所）",
                    "以往年度": "2022：有据（辽科函3号）；2023：自述",
                }
            )
    return path


def used(service: psutil.Process) -> dict[str, float]:
    """Seconds of processor time by program."""
    told = dict.fromkeys(("worker", "server", "gateway"), 0.0)
    for each in (service, *service.children(recursive=True)):
        times = each.cpu_times()
        name = "worker" if each == service else "server" if each.name().startswith("temporal") else "gateway"
        told[name] += times.user + times.system
    return told


def measured(work: Callable[[], object], service: psutil.Process) -> str:
    """What work took, until also the service has nothing left to do."""
    before, own, began = used(service), os.times(), time.monotonic()
    work()
    took, load, now = time.monotonic() - began, os.getloadavg()[0], os.times()
    client = now.children_user + now.children_system - own.children_user - own.children_system
    last = used(service)
    while True:
        time.sleep(2)
        after = used(service)
        if sum(after.values()) - sum(last.values()) < QUIET:
            break
        last = after
    spent = {name: seconds - before[name] for name, seconds in after.items()} | {"client": client}
    each = "  ".join(f"{name} {seconds:.1f} s" for name, seconds in spent.items())
    return f"{took:.0f} s by the clock, {sum(spent.values()):.1f} s of processor time ({each}), load {load:.1f}"


@click.command()
@click.argument("rows", type=click.IntRange(1, 20_000), default=300)
def main(rows: int) -> None:
    """Import a list, and once more."""
    with tempfile.TemporaryDirectory() as folder:
        (temporal, ui), (gateway, metrics) = two_free_ports(), two_free_ports()
        settings = Settings(var=Path(folder) / "var", temporal_port=temporal, ui_port=ui, gateway_port=gateway)
        environ = os.environ | {
            "BEIAN_VAR": str(settings.var),
            "BEIAN_TEMPORAL_PORT": str(temporal),
            "BEIAN_UI_PORT": str(ui),
            "BEIAN_GATEWAY_PORT": str(gateway),
            "BEIAN_METRICS_PORT": str(metrics),
            "BEIAN_GATEWAY_METRICS_PORT": "0",
            "TEMPORAL_ADDRESS": f"127.0.0.1:{temporal}",
        }
        path = str(listed(Path(folder), rows))
        command = [sys.executable, "starter.py", "import", path, "--document-no", "辽科函9号", "--json"]

        def once() -> None:
            subprocess.run(command, cwd=ROOT, env=environ, check=True, stdout=subprocess.DEVNULL)

        started = subprocess.Popen(
            [sys.executable, "-m", "deploy.embedded"], cwd=ROOT, env=environ, stdout=subprocess.DEVNULL
        )
        with stopping(started):
            eventually(lambda: answers(metrics))
            service = psutil.Process(started.pid)
            click.echo(f"{rows} rows: {measured(once, service)}")
            click.echo(f"once more: {measured(once, service)}")
            click.echo(f"in the register: {len(Register.at(settings.register_url).open_filings())}")


if __name__ == "__main__":
    main()
