"""What the sender of a refused signal wrote is for whoever looks into it; everybody else sees that there was one, and why not."""

import io
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import docx
import pytest
from temporalio.exceptions import ApplicationError

from activities.register import Register
from examples.demo import OFFICES
from gateway.identity import EMBEDDED
from models.settings import Settings
from regulation import entries
from tests.databases import Databases
from tests.near import Near
from tests.served import Clock
from tests.simulated import holding, lived, written
from tests.visiting import House, visiting

LIFE = lived("LIFE").until("confirm")
LATER = LIFE.docket[-1].at + timedelta(hours=1)
WORDS, PHONE, MAIL = "某科长私下说", "13912345678", "someone@example.com"

MAY_READ = {"c-101", "p-401", "a-601", "o-701"}
"""The reviewing office, the province, and those who look into faults."""

SEE_THE_FILING = MAY_READ | {"u-leader-01", "i-201", "q-403", "platform"}


def refused_signals(register: Register) -> None:
    """A notice with three refused signals: a ruling that names an objector by telephone, and two that are no acts; and an act
    that a door refused."""
    written(register, LIFE)
    engine = Near.of(register, clock=Clock(LATER))
    ruling: dict[str, Any] = {"id": "rule-1", "kind": "rule_on_objection", "objection": PHONE, "outcome": "dismissed"}
    ruling |= {"by": OFFICES["city"], "reason": WORDS}
    signals: tuple[Any, ...] = (ruling, {"id": MAIL, f"电话{PHONE}": WORDS}, WORDS)
    for raw in signals:
        with pytest.raises(ApplicationError):
            engine.takes("LIFE", raw, by_signal=True)
    register.record_refusal("LIFE", {"id": "d-1", "kind": PHONE, "by": OFFICES["city"]}, f"/{PHONE} {WORDS}", LATER)


@pytest.fixture(scope="module")
async def house(sqlite: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A gateway without an engine, over a register that holds them."""
    url = sqlite.made("refused signals", holding(refused_signals))
    chosen = Settings(var=tmp_path_factory.mktemp("refused"), database_url=url)
    async with visiting(chosen, Clock(LATER)) as opened:
        yield opened


def leaked(text: str) -> list[str]:
    """What of the senders' words stands in an answer."""
    return [each for each in (WORDS, PHONE, MAIL) if each in text]


def test_what_remains_of_a_refusal_is_what_the_rules_say(house: House) -> None:
    refused = [each for each in house.tools.register.docket("LIFE") if each.refused]
    ruling, *others = [entries.withheld(each) for each in refused]
    assert len(others) == 2
    assert ruling.refused == "不能“处理异议”：没有尚未了结的异议"
    told = ruling.event.model_dump(mode="json")
    assert told == {"kind": "withheld", "act": "rule_on_objection", "by": OFFICES["city"]}, "who, and which act"
    assert [(each.refused, each.event.model_dump()) for each in others] == [
        (entries.UNREADABLE, {"kind": "withheld"})
    ] * 2
    taken = house.tools.register.docket("LIFE")[0]
    assert entries.withheld(taken) is taken, "what was entered stands as it is"


@pytest.mark.parametrize("person", sorted(SEE_THE_FILING))
async def test_who_looks_into_it_reads_it_and_nobody_else_anywhere(house: House, person: str) -> None:
    browser, program = await house.signed_in(person), house.browser()
    program.headers["Authorization"] = f"Bearer {person}"
    page = await browser.get("/filings/LIFE")
    docket = await program.get("/api/v1/filings/LIFE/docket")
    assert (page.status_code, docket.status_code) == (200, 200)
    assert leaked(page.text) == ([WORDS, PHONE] if person in MAY_READ else []), "ids are shown on no page"
    assert leaked(docket.text) == ([WORDS, PHONE, MAIL] if person in MAY_READ else [])
    assert page.text.count("未予登记：") == 3, "that something was refused, everybody sees"
    assert "处理异议" in page.text
    for path in ("why", "messages", "agenda"):
        assert not leaked((await program.get(f"/api/v1/filings/LIFE/{path}")).text), path


async def test_the_docket_as_a_document_is_handed_on_and_holds_none_of_it(house: House) -> None:
    for person in ("c-101", "u-leader-01"):
        browser = await house.signed_in(person)
        taken = await browser.get("/filings/LIFE/documents/docket")
        assert taken.status_code == 200
        document = docx.Document(io.BytesIO(taken.content))
        cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
        told = [cell for cell in cells if "不予办理" in cell]
        assert len(set(told)) == 2
        assert any("处理异议" in cell for cell in told)
        assert not leaked("\n".join(cells))


def test_every_person_s_right_to_it_is_in_the_list() -> None:
    filing = LIFE.docket[-1].filing
    seeing = {each.person for each in EMBEDDED.values() if each.reads(filing, "refused")}
    assert seeing == MAY_READ | {"c-102", "p-402"}
