"""The lives in which everything dies: one of each kind of alliance, told to the doors by those who live it."""

from typing import Any

from examples.demo import application, know_call, know_working_days, life
from models.vocabulary import Kind
from tests.crashes.house import House

YEAR = 2027
PDF = b"%PDF-1.7\n%a scan\n"
PEOPLE = {"w-701": "o-701"}
"""Who the seeded person is who does what the demonstration has somebody else do."""

PUBLIC = "o-501"


async def live(house: House, kind: Kind) -> str:
    """Its whole life, from the application to the end; the filing's id."""
    know_call(YEAR)
    know_working_days(YEAR)
    form = application(kind, YEAR)
    filing_id = form["filing_id"] = f"CRASH-{kind}"
    house.world.filing_id = filing_id
    leader = form["by"]["person"]
    upload = {"file": ("联盟协议.pdf", PDF, "application/pdf")}
    agreement = await house.asks(leader, "uploads", f"{YEAR}-03-15", "upload", files=upload)
    for document in form["documents"]:
        if document["kind"] == "D2":
            document.update(agreement)
    sent = {name: value for name, value in form.items() if name not in ("by", "received_at")}
    await house.asks(leader, "filings", f"{YEAR}-03-15", "submit", json=sent)
    for act in life(kind, form, YEAR):
        person = act["by"]["person"]
        on = act.pop("received_at")[:19]
        act.pop("by")
        if person == PUBLIC:
            await _on_paper(house, filing_id, kind, act, on)
        else:
            await _does(house, filing_id, PEOPLE.get(person, person), act, on)
    house.points.doing = "end"
    await house.world.handle(filing_id).result()
    await house.world.deliver()
    return filing_id


async def _does(house: House, filing_id: str, person: str, act: dict[str, Any], on: str) -> dict[str, Any]:
    return await house.asks(person, f"filings/{filing_id}/acts", on, f"{act['id']} {act['kind']}", json=act)


async def _on_paper(house: House, filing_id: str, kind: Kind, act: dict[str, Any], on: str) -> None:
    """An objection that came by post: an officer enters it with the scan, another confirms it."""
    first, second = ("c-101", "c-102") if kind is Kind.A else ("z-301", "z-302")
    upload = {"file": ("来信.pdf", PDF + b"2", "application/pdf")}
    scan = await house.asks(first, "uploads", on, f"scan {act['id']}", files=upload)
    came = {"on": on[:10], "how": "in_person", "received_by": first, "scan": scan}
    entered = {**act, "id": f"{act['id']}-paper", "on_behalf_of": "public", "came": came}
    await _does(house, filing_id, first, entered, on)
    await _does(house, filing_id, second, {"id": act["id"], "kind": act["kind"], "seconds": entered["id"]}, on)
