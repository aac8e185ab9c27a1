"""The door for programs: the client of filings (gateway/client.py) as a command line. Its commands are below `cli/`."""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from activities import garbage, logs
from activities.privacy import OWN
from cli import (
    acts,
    cluster,
    doctor,
    exports,
    filings,
    importing,
    letters,
    links,
    log,
    outages,
    reasons,
    retention,
    revocations,
    rotate,
    rounds,
    trials,
    upkeep,
    whatif,
    year,
)
from cli.arguments import readable
from cli.exits import ended
from cli.tools import the_clock, the_register
from gateway.client import Filings
from gateway.problem import Conflict, NotFound, Refused, Unreachable

__all__ = ["Conflict", "Filings", "NotFound", "Refused", "Unreachable", "beian", "run", "the_clock", "the_register"]

beian = click.Group(
    help="辽宁省实质性产学研联盟备案：提交、办理、查询、模拟。",
    epilog="退出码：0 完成；1 核验或备份发现问题；2 未予登记；3 没有这一项；4 编号冲突；5 引擎或备案库无法连接、结果未知或时钟有误；"
    "64 用法、设置或配置文件有误。",
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    *(acts.submit, acts.act, acts.broadcast),
    *(
        filings.show,
        reasons.why,
        filings.correction,
        filings.agenda,
        filings.list_,
        year.board,
        revocations.revocations,
    ),
    *(trials.check, trials.schema, trials.simulate, trials.check_texts, trials.check_channels),
    *(letters.messages, letters.inbox, letters.read, letters.undelivered, letters.redeliver, letters.bounce),
    *(
        upkeep.verify,
        upkeep.backup_,
        upkeep.restore,
        upkeep.revive,
        upkeep.drift_,
        rotate.rotate,
        links.links,
        doctor.doctor,
        cluster.cluster,
        outages.outages,
    ),
    *(exports.export, exports.proof),
    *(retention.retention_, retention.person),
    rounds.round_,
    log.log_,
    importing.import_,
    whatif.whatif,
):
    beian.add_command(command)


def run(arguments: Sequence[str]) -> int:
    """Run a command; its exit code."""
    return ended(lambda: beian.main(readable(arguments), "beian", standalone_mode=False), "--json" in arguments)


def main() -> NoReturn:
    """The console script. Leaves at once when done: the engine's runtime may not survive the interpreter's own exit."""
    garbage.settle()
    os.umask(OWN)
    logs.configure("CRITICAL")  # whoever calls is told in words
    code = run(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
