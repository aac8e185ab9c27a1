"""`make histories`: record the golden histories of this release, each with its docket beside it.

A history is what the engine will replay for years; a docket is what the law made of it. Both are kept for every release
and replayed on every change: a changed outcome or date fails.
"""

import asyncio
import json
import sys
import tempfile
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowExecution

from activities.rounds.register import RoundRegister
from deploy.skipping import skipping_server
from examples.demo import call, first_year, know_call, working_days
from gateway.client import workflow_id
from gateway.rounds import Rounds
from gateway.rounds import workflow_id as workflow_id_of_round
from models.filing import Entry
from models.values import in_shanghai
from regulation import agenda
from tests.lives import LIVES
from tests.patience import comes
from tests.plain_rounds import in_force, rules, tells_cities
from tests.story import instant
from tests.world import World

ROOT = Path(__file__).parent.parent
HISTORIES = Path(__file__).parent / "histories"

ROUNDS = "rounds"
"""Where histories of rounds are kept, one a release."""


def release() -> str:
    """The version that is being released."""
    version: str = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    return version


def line(entry: Entry) -> dict[str, Any]:
    """An entry as kept beside a history: what happened when, where it led, and what was to come next and when."""
    due = agenda.next_lapse(entry.filing)
    return entry.model_dump(mode="json", exclude={"filing", "entered_at"}) | {
        "next": [in_shanghai(due.at), due.lapse.kind.value] if due else None,
        "clocks": {name: in_shanghai(period.until) for name, period in sorted(entry.filing.periods.items())},
    }


async def record(world: World, name: str, year: int, folder: Path) -> None:
    """Live one life and keep every run's history and the docket."""
    filing_id = f"GOLDEN-{name.replace('_', '-')}"[:64]
    await LIVES[name](world, filing_id, year)
    client = world.environment.client

    async def every_run() -> list[WorkflowExecution]:
        """The runs, once the list of them, which lags a little, has the present one."""
        found = [run async for run in client.list_workflows(f"WorkflowId = '{workflow_id(filing_id)}'")]
        return found if (await world.handle(filing_id).describe()).run_id in {run.run_id for run in found} else []

    runs: list[WorkflowExecution] = await comes(every_run)
    histories = []
    for run in sorted(runs, key=lambda each: each.start_time):
        history = await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        histories.append(json.loads(history.to_json()))
    docket = world.register.docket(filing_id)
    calendars = {f"DEMO-{each}": each for each in (year - 1, year)}
    used = [calendars[name] for name in sorted({entry.filing.calendar for entry in docket} & calendars.keys())]
    golden = {
        "workflow_id": workflow_id(filing_id),
        "editions": [call(year)],
        "calendars": [working_days(each) for each in used],
        "runs": histories,
        "docket": [line(entry) for entry in docket],
    }
    text = json.dumps(golden, ensure_ascii=False, separators=(",", ":"))
    (folder / f"{name}.json").write_text(text + "\n", "utf-8")
    sys.stdout.write(f"{name}: {len(histories)} runs, {len(golden['docket'])} entries, {len(text) // 1000} KB\n")


async def record_round(world: World, year: int, folder: Path) -> None:
    """Live one round, of no kind in particular: opened, moved, ended by time and by somebody; keep its history and entries."""
    of, by = f"annual-{year}-LN-1", {"person": "p-401", "office": "210000", "role": "province_st"}
    acts = [
        (
            f"{year}-11-01T09:00",
            {"kind": "open_round", "title": "年度报送", "opens": f"{year}-11-02", "closes": f"{year}-11-30"},
        ),
        (f"{year}-11-20T09:00", {"kind": "move_window", "closes": f"{year}-12-10", "reason": "系统维护"}),
        (f"{year}-12-15T09:00", {"kind": "close_round"}),
    ]
    with in_force(rules(follows=tells_cities)):
        for number, (on, act) in enumerate(acts):
            await world.round_at(of, instant(on))
            await Rounds(world.door_at(instant(on))).act(of, {"id": f"golden-{number}", "by": by, **act})
        handle = world.client.get_workflow_handle(workflow_id_of_round(of))
        await handle.result()
    entries = RoundRegister(world.register.engine).docket(of)
    golden = {
        "runs": [json.loads((await handle.fetch_history()).to_json())],
        "entries": [each.model_dump(mode="json", exclude={"round", "entered_at"}) for each in entries],
    }
    text = json.dumps(golden, ensure_ascii=False, separators=(",", ":"))
    (folder / f"{release()}.json").write_text(text + "\n", "utf-8")
    sys.stdout.write(f"round: {len(golden['entries'])} entries, {len(text) // 1000} KB\n")


async def main() -> None:
    """Record every life, this release's histories replacing its earlier ones."""
    year = first_year(datetime.now(UTC))
    know_call(year)
    folder = HISTORIES / release()
    for each in (folder, HISTORIES / ROUNDS):
        each.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as var:
        async with skipping_server() as server, World.opened(server, Path(var), delivering=False) as world:
            await asyncio.gather(*(record(world, name, year, folder) for name in LIVES))
            await record_round(world, year, HISTORIES / ROUNDS)


if __name__ == "__main__":
    asyncio.run(main())
