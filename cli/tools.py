"""What commands work with: the register and its files, the channels, and filings through the engine."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import make_url
from temporalio.service import RPCError, RPCStatusCode

from activities import editions
from activities.attachments import Attachments
from activities.channels import configured
from activities.documents.drafting import Contacts
from activities.register import Register
from cli.output import errors
from gateway.client import Filings
from gateway.clock import ClockWrong, DoorClock
from gateway.problem import NotFound, Unreachable
from models.channels import ChannelsFile
from models.filing import Filing
from models.rounds.base import parts
from models.settings import read_settings
from regulation import identity
from workflows.connection import connect, why_unreached


class NotAnswered(Unreachable):
    """The engine did not answer; the message says which, and what of that which was sent is noted."""


def with_filings(work: Callable[[Filings], Awaitable[Any]], sent: tuple[str, str] | None = None) -> Any:
    """Do something with filings. The engine is reached when it is first needed: by then what is sent is noted as received.

    `sent` is the filing or the round, and the act id under which that is. Raises `NotAnswered` if the engine does not answer.
    """
    settings = read_settings()

    async def run() -> Any:
        client, register = await connect(settings, lazy=True), the_register()
        clock = the_clock(register)
        filings = Filings(client, register, settings.task_queue, clock, may_stamp=clock.refuse_if_wrong)
        try:
            return await work(filings)
        except ClockWrong:
            raise
        except (Unreachable, RPCError, RuntimeError) as error:
            if isinstance(error, RPCError) and error.status is RPCStatusCode.INVALID_ARGUMENT:
                raise
            engine = f"引擎（{client.service_client.config.target_host}）或 worker 没有答复"
            if isinstance(error, RuntimeError) and not isinstance(error, Unreachable):
                engine += f"（{why_unreached(error)}）"
            if sent and filings.reception.is_known(*sent):
                filing_id, act_id = sent
                under = f"{'轮次' if parts(filing_id) else '备案'} {filing_id}" + (
                    "" if act_id == identity.SUBMISSION else f"、编号 {act_id}"
                )
                raise NotAnswered(
                    f"已收到并记下（{under}）；{engine}，结果未知：请以同一编号重新发送，以本次收到的时间为准"
                ) from error
            raise NotAnswered(f"{engine}；{Unreachable.__doc__}") from error

    return asyncio.run(run())


def the_clock(register: Register) -> DoorClock:
    """The clock by which what is sent here is stamped, compared as that of every door (gateway/clock.py)."""
    clock = DoorClock(register.clock)
    clock.compare()
    if clock.ahead:
        off = f"本机时钟比备案库{'快' if clock.ahead > timedelta(0) else '慢'}{abs(clock.ahead).total_seconds():.0f}秒"
        errors.print(off if clock.wrong else f"{off}，以备案库的时间为准", style="yellow")
    return clock


def the_register() -> Register:
    """The register alone, with every edition that was published in it: for reading, the engine need not run."""
    settings = read_settings()
    register = Register.at(settings.register_url)
    editions.load_all(settings.editions, register.published)
    return register


def the_editions() -> None:
    """Every edition of this deployment; those that were published only if its register is there, for nothing is made here."""
    settings = read_settings()
    database = make_url(settings.register_url)
    if database.get_backend_name() == "sqlite" and not Path(database.database or "").exists():
        editions.load(settings.editions)
        return
    register = Register.at(settings.register_url)
    editions.load_all(settings.editions, register.published)
    register.engine.dispose()


def the_attachments() -> Attachments:
    """The files that papers refer to."""
    return Attachments(read_settings().upload_folder)


def found(register: Register, filing_id: str) -> Filing:
    """A filing as it stands; raises `NotFound`."""
    filing = register.filing(filing_id)
    if filing is None:
        raise NotFound(filing_id)
    return filing


def the_channels() -> ChannelsFile:
    """The channels of this deployment, and its address book; it speaks in the deployment's own texts from now on."""
    return configured.as_deployed(read_settings())


def the_contacts() -> Contacts:
    """How documents say that the offices of this deployment are reached."""
    return configured.contacts(the_channels())


def faults_of(register: Register, filing_id: str) -> list[str]:
    """What is wrong with a filing's chain, and with the files that its papers refer to."""
    return [*register.verify(filing_id), *the_attachments().faults(register.attached(filing_id))]
