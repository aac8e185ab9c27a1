"""Sudden death of everything: what the register accepted is never lost and never entered twice."""

import asyncio
import multiprocessing
import subprocess
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from signal import SIGKILL
from typing import Any

import pytest
from temporalio.client import WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from activities.letters import Letters
from activities.register import Register
from activities.rounds.register import RoundRegister
from deploy.embedded import answers, start_server
from examples.demo import OFFICES
from gateway.client import Filings, workflow_id
from gateway.problem import Unreachable
from gateway.rounds import Rounds
from gateway.watching.sentinel import Sentinel
from models.filing import AgendaLine, Filing, Receipt
from models.settings import Settings
from models.values import day_of
from regulation import entries
from regulation.offices import OFFICES as OFFICES_OF
from tests.carried import waiting
from tests.databases import prepare
from tests.in_force import editions_of_ones_own
from tests.loopback import two_free_ports
from tests.mortal_worker import FOLLOWS, SAID, post, work
from tests.patience import LASTING, Patience, comes, eventually
from tests.plain_rounds import in_force, rules, tells_cities
from tests.simulated import lived, written
from tests.story import application
from workflows.connection import connect

STARVED = "TMPRL1101"
"""How the SDK says that a workflow did not get on for two seconds of the wall clock."""

GIVEN_UP_SOON = 'history.defaultWorkflowTaskTimeout="4s"'
"""What a worker took that then died is given to another after so long; it is ten seconds else, of which a machine only idles."""

NOBODY_YET = (RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.UNAVAILABLE)
"""How the engine says that no worker has come for a question, or that it is itself only just up."""

TODAY, MONTH = day_of(datetime.now(UTC)), timedelta(days=30)

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([work.__module__])
"""Workers come from a process that has read the code once, for many die here."""


class Machine:
    """One machine on which everything runs as processes that can be killed."""

    def __init__(self, var: Path) -> None:
        temporal, ui = two_free_ports()
        self.settings = Settings(var=var, temporal_port=temporal, ui_port=ui, metrics_port=0)
        self.environ = {
            "BEIAN_VAR": str(var),
            "BEIAN_TEMPORAL_PORT": str(temporal),
            "BEIAN_DELIVERY_THREADS": "1",
            "BEIAN_DELIVERY_TIMEOUT": "2",
            "BEIAN_DELIVERY_INTERVAL": "0.5",
            "BEIAN_ROUTINES": "false",
            "TEMPORAL_ADDRESS": f"127.0.0.1:{temporal}",
        }
        self.processes: list[subprocess.Popen[Any] | BaseProcess] = []
        prepare(self.settings.register_url)
        self.register = Register.at(self.settings.register_url)

    def server(self) -> subprocess.Popen[bytes]:
        """A Temporal server on this machine's database."""
        server = start_server(self.settings, flags=(GIVEN_UP_SOON,))
        self.processes.append(server)
        eventually(lambda: answers(self.settings.temporal_port))
        return server

    def worker(self, dies_after: str = "-") -> BaseProcess:
        """A worker that dies after an event."""
        return self.process(work, dies_after)

    def process(self, does: Callable[[Mapping[str, str], str], None], dies_after: str) -> BaseProcess:
        """A process that works on this machine's register, and dies after an event or at a step."""
        process = FORKS.Process(target=does, args=(self.environ, dies_after))
        process.start()
        self.processes.append(process)
        return process

    async def door(self) -> Filings:
        """The door for programs, here; on a busy machine the server that answered may not take a client at once."""
        patience = Patience()
        while patience.lasts():
            with suppress(RuntimeError):
                return Filings(await connect(self.settings), self.register, patience=LASTING)
            await asyncio.sleep(patience.pauses())
        raise Unreachable

    async def acts(self, filing_id: str, raw: Mapping[str, Any]) -> Receipt:
        """What the door answers to an act."""
        return await (await self.door()).act(filing_id, raw)

    def kill(self, *processes: subprocess.Popen[Any] | BaseProcess) -> None:
        """SIGKILL."""
        for process in processes:
            if isinstance(process, BaseProcess):
                if process.is_alive():
                    process.kill()
                process.join()
            else:
                process.kill()
                with process:
                    pass

    async def dies(self, worker: BaseProcess, sending: Coroutine[Any, Any, object]) -> None:
        """A worker dies of what is sent, and whoever sent it waits no longer."""
        sent = asyncio.create_task(sending)
        await asyncio.to_thread(worker.join)
        sent.cancel()
        await asyncio.gather(sent, return_exceptions=True)

    def delivered(self) -> bool:
        """Whether every message is."""
        return not waiting(self.register.engine)

    def said(self) -> str:
        """What who only carries letters said at last."""
        return (self.settings.var / SAID).read_text("utf-8")[-2000:]

    async def engine_has(self, filing_id: str) -> tuple[Filing, list[AgendaLine]]:
        """What the engine answers when asked, once it has read the register; again where nobody was there yet to answer, or a busy worker
        was held to be stuck over the question."""
        handle = (await self.door()).client.get_workflow_handle(workflow_id(filing_id))
        patience = Patience()
        while True:
            try:
                filing: Filing | None = await handle.query("filing", result_type=Filing | None)  # type: ignore[arg-type]
                if filing:
                    return filing, await handle.query("agenda", result_type=list[AgendaLine])
            except WorkflowQueryFailedError as failed:
                if STARVED not in str(failed):
                    raise
            except RPCError as failed:
                if failed.status not in NOBODY_YET:
                    raise
            if not patience.lasts():
                raise TimeoutError(filing_id)
            await asyncio.sleep(patience.pauses())


@contextmanager
def on_a_machine(var: Path) -> Iterator[Machine]:
    """A machine; whatever still runs at the end is killed."""
    with ExitStack() as stack:
        machine = Machine(var)
        stack.callback(lambda: machine.kill(*machine.processes))
        stack.callback(machine.register.engine.dispose)
        yield machine


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine for one test."""
    with on_a_machine(tmp_path) as one:
        yield one


def act(number: int, who: str, kind: str, **fields: Any) -> dict[str, Any]:
    """An act without a receipt: it counts from when it is handled."""
    return {"id": f"kill-{number}", "kind": kind, "by": OFFICES[who], **fields}


async def test_killed_between_commit_and_engine_both_acts_are_in_the_docket_once(machine: Machine) -> None:
    form = application(filing_id="KILL-1")
    accept, opinion = act(1, "city", "accept"), act(2, "iit", "give_iit_opinion", positive=True)

    server, worker = machine.server(), machine.worker(dies_after="submit")
    await machine.dies(worker, (await machine.door()).submit(form))
    machine.kill(server)
    server, worker = machine.server(), machine.worker(dies_after="accept")
    assert (await (await machine.door()).submit(form)).number == 1, "the submission was never lost"
    eventually(machine.delivered)

    await machine.dies(worker, machine.acts("KILL-1", accept))
    machine.kill(server)
    stored = machine.register.filing("KILL-1")
    assert stored
    assert stored.stage == "under_review", "the register has it, the engine does not"

    server, worker = machine.server(), machine.worker(FOLLOWS)

    async def level() -> tuple[Filing, list[AgendaLine]] | None:
        has = await machine.engine_has("KILL-1")
        return has if has[0].number == stored.number else None

    filing, agenda = await comes(level)
    assert (filing, agenda) == (stored, list(entries.outlook(stored))), "nobody asked: who starts to work makes a round"
    assert (await machine.acts("KILL-1", opinion)).number == 3, "another act comes first"
    assert (await machine.acts("KILL-1", accept)).number == 2, "the act that was cut off is sent again"
    assert [entry.event.kind for entry in machine.register.docket("KILL-1")] == ["submit", "accept", "give_iit_opinion"]
    assert machine.register.verify("KILL-1") == []
    filing, agenda = await machine.engine_has("KILL-1")
    assert filing == machine.register.filing("KILL-1")
    assert agenda == list(entries.outlook(filing))
    eventually(machine.delivered)
    sent = (machine.settings.var / "sent.log").read_text("utf-8").split()
    assert sorted(sent) == sorted(message.id for message in machine.register.messages("KILL-1")), "each once"


async def test_the_engine_s_database_lost_revive_brings_every_open_filing_back(machine: Machine) -> None:
    server, worker = machine.server(), machine.worker()
    door = await machine.door()
    for number, acts in enumerate(([], ["accept"], ["withdraw"])):
        filing_id = f"LOST-{number}"
        await door.submit(application(filing_id=filing_id, alliance_name=f"沈阳市{number}产学研联盟"))
        for kind in acts:
            by = application()["by"] if kind == "withdraw" else OFFICES["city"]
            await machine.acts(filing_id, {"id": f"lost-{kind}", "kind": kind, "by": by})
    eventually(machine.delivered)
    machine.kill(worker, server)
    for file in machine.settings.var.glob("temporal.db*"):
        file.unlink()
    machine.server()
    machine.worker()
    assert [each.key for each in (await Sentinel(await machine.door()).look(every=True))[1]] == ["LOST-0", "LOST-1"]
    assert await (await machine.door()).revive() == [], "whatever runs is left alone"
    for filing_id in ("LOST-0", "LOST-1"):
        filing, agenda = await machine.engine_has(filing_id)
        assert filing == machine.register.filing(filing_id)
        assert agenda == list(entries.outlook(filing))
    opinion = act(3, "iit", "give_iit_opinion", positive=True)
    assert (await machine.acts("LOST-1", opinion)).number == 3, "and life goes on"


STEPS = ("taken", "sending", "sent", "noted")


def delivered_or_dead(machine: Machine, other: BaseProcess) -> bool:
    """Whether every message is delivered, or whoever should deliver them is no more."""
    return machine.delivered() or other.exitcode is not None


def test_killed_at_each_step_of_a_delivery_nothing_is_lost_and_only_what_was_not_noted_goes_twice(
    tmp_path: Path,
) -> None:
    with (
        editions_of_ones_own()
    ):  # and not those of the law's cases, by which a process that does not know them refuses to work
        told = lived("STEP").until("submit")
    with ExitStack() as stack:
        machines = {step: stack.enter_context(on_a_machine(tmp_path / step)) for step in STEPS}
        for machine in machines.values():
            written(machine.register, told)
        dying = [machine.process(post, step) for step, machine in machines.items()]
        for each in dying:
            each.join()
        ends = {step: (each.exitcode, machines[step].said()) for step, each in zip(STEPS, dying, strict=True)}
        assert all(code == -SIGKILL for code, _ in ends.values()), ends
        assert not any(machine.delivered() for step, machine in machines.items() if step != "noted")
        others = {step: machine.process(post, "-") for step, machine in machines.items()}
        doubled = {}
        for step, machine in machines.items():
            eventually(partial(delivered_or_dead, machine, others[step]))
            assert machine.delivered(), f"{step}: {others[step].exitcode}, {machine.said()}"
            lines = (machine.settings.var / "sent.log").read_text("utf-8").split()
            assert set(lines) == {message.id for message in machine.register.messages("STEP")}, "nothing is lost"
            doubled[step] = len(lines) - len(set(lines))
    assert doubled == {"taken": 0, "sending": 0, "sent": 1, "noted": 0}, "sent and not noted: again, under the same id"


async def test_two_workers_send_everything_once(machine: Machine) -> None:
    machine.server()
    machine.worker()
    machine.worker()
    door, filings = await machine.door(), [f"TWO-{number}" for number in range(5)]
    for filing_id in filings:
        await door.submit(application(filing_id=filing_id, alliance_name=f"沈阳市{filing_id}产学研联盟"))
    eventually(machine.delivered)
    sent = (machine.settings.var / "sent.log").read_text("utf-8").split()
    told = [message.id for filing_id in filings for message in machine.register.messages(filing_id)]
    assert sorted(sent) == sorted(told), "each once"


async def test_a_round_killed_at_its_commit_and_amid_its_letters_tells_everybody_once(machine: Machine) -> None:
    of, today = f"annual-{TODAY.year}-LN-1", str(TODAY)
    opens: dict[str, Any] = {
        "id": "open-1",
        "kind": "open_round",
        "title": "年度报送",
        "opens": today,
        "closes": str(TODAY + MONTH),
    }
    opens |= {"by": {"person": "p-401", "office": "210000", "role": "province_st"}}
    rounds = RoundRegister(machine.register.engine)

    def told() -> list[str]:
        letters = Letters(machine.register.engine)
        return [message.id for city in OFFICES_OF for message, _ in letters.inbox(city)]

    with in_force(rules(follows=tells_cities)):
        server, worker = machine.server(), machine.worker(dies_after="open_round")
        await machine.dies(worker, Rounds(await machine.door()).act(of, opens))
        row = rounds.row(of)
        assert row
        assert (row.number, row.followed, told()) == (1, 0, []), "the register has it, the engine does not"
        for dies_after in ("letters", "-"):
            machine.kill(server)
            for file in machine.settings.var.glob("temporal.db*"):
                file.unlink()
            server, worker = machine.server(), machine.worker(dies_after)
            door = Rounds(await machine.door())
            assert await door.revive(of), "the register alone brings it back"
            if dies_after == "letters":
                await asyncio.to_thread(worker.join)
                assert 0 < len(told()) < len(OFFICES_OF), "some were written when everything died"

        async def is_done() -> bool:
            found = await asyncio.to_thread(rounds.row, of)
            return bool(found and found.followed == 1)

        await comes(is_done)
        assert (await door.act(of, opens)).number == 1, "the act that was cut off is sent again"
    assert len(told()) == len(set(told())) == len(OFFICES_OF)
    assert [entry.event.kind for entry in rounds.docket(of)] == ["open_round"]
    assert rounds.verify(of) == []
    eventually(machine.delivered)
    sent = (machine.settings.var / "sent.log").read_text("utf-8").split()
    assert sorted(each for each in sent if not each.startswith("_")) == sorted(told()), "each once"
