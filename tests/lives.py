"""Whole lives, one for each way to end and a few besides: what the golden histories record."""

from collections.abc import Awaitable, Callable

from examples.demo import live
from models.vocabulary import Kind
from tests.story import Story, application, checklist, instant, report
from tests.world import World

Life = Callable[[World, str, int], Awaitable[None]]


async def a_whole_life(world: World, filing_id: str, year: int) -> None:
    """Kind A, as `make demo` shows it: returned, objected to, one year late, two missed, revoked."""
    await live(world, Kind.A, year, filing_id)


async def b_whole_life(world: World, filing_id: str, year: int) -> None:
    """Kind B, as `make demo KIND=B` shows it."""
    await live(world, Kind.B, year, filing_id)


async def withdrawn_on_notice(world: World, filing_id: str, year: int) -> None:
    """撤回, after publication."""
    story = Story(world, filing_id)
    await story.submitted(f"{year}-03-15")
    await story.on(f"{year}-03-24")
    await story.iit("give_iit_opinion", f"{year}-03-24", positive=True)
    await story.city("confirm", f"{year}-03-25", checklist=checklist())
    await story.leader("withdraw", f"{year}-03-29")
    await world.handle(filing_id).result()


async def lapsed_and_taken_back(world: World, filing_id: str, year: int) -> None:
    """视为撤回, undone by a correction that was received in time and reached the filing late."""
    story = Story(world, filing_id)
    await story.submitted(f"{year}-03-15")
    lacking = [{"item": "A-17", "message": "补充协议附件"}]
    await story.city("return_for_correction", f"{year}-03-16", deficiencies=lacking)
    await story.on(f"{year}-04-20")
    corrected = {name: value for name, value in story.form.items() if name not in ("received_at", "by")}
    act = story.act("leader", "resubmit", f"{year}-04-10", content=corrected)
    await world.acts(filing_id, act | {"reaches": instant(f"{year}-04-20").isoformat()})
    await story.iit("give_iit_opinion", f"{year}-04-21", positive=True)


async def not_confirmed_by_two(world: World, filing_id: str, year: int) -> None:
    """不予确认, by two people."""
    story = Story(world, filing_id, service={"consent": False, "address": "沈阳市示例路1号"})
    await story.submitted(f"{year}-03-15")
    await story.city("accept", f"{year}-03-16")
    await story.city("refuse", f"{year}-03-20", reason="不属联盟备案范围")
    await story.city2("refuse", f"{year}-03-21", reason="不属联盟备案范围")
    await story.city("settle_delivery", f"{year}-03-23", entry=story.filing.number, method="post")
    await world.handle(filing_id).result()


async def rejected_by_the_party_group(world: World, filing_id: str, year: int) -> None:
    """Kind B outside any zone, rejected at the province (Q9)."""
    form = application(Kind.B, zone_name=None)
    story = Story(world, filing_id, **{name: form[name] for name in form if name not in ("filing_id", "alliance_name")})
    await story.forwarded(year)
    await story.province("give_office_opinion", f"{year}-04-20", positive=False)
    minutes = {"decision": "rejected", "reason": "与现有联盟重复", "met_on": f"{year}-04-25", "document_no": "纪要3号"}
    await story.province("record_party_group", f"{year}-04-26", **minutes)
    await world.handle(filing_id).result()


async def deregistered(world: World, filing_id: str, year: int) -> None:
    """自愿注销, announced."""
    story = Story(world, filing_id)
    await story.archived(year)
    await story.leader("deregister", f"{year}-06-01")
    await story.city("record_announcement", f"{year}-06-03", url="https://kjj.example.gov.cn/gg/2")
    await world.handle(filing_id).result()


async def revoked_by_decision_and_restored(world: World, filing_id: str, year: int) -> None:
    """Ground 2 without consent to electronic service: proposed, served by post, contested, held, decided, set aside."""
    story = Story(world, filing_id, service={"consent": False, "address": "沈阳市示例路1号"})
    await story.archived(year)
    await story.city("propose_revocation", f"{year}-05-10", ground="2", reason="申报材料不实")
    await world.signals(
        filing_id,
        story.act("city2", "approve_revocation", f"{year}-05-11", document_no="1号"),
        instant(f"{year}-05-11"),
    )
    await story.city("record_service", f"{year}-05-13", served_on=f"{year}-05-12", method="post")
    await story.leader("state_defence", f"{year}-05-20", content={"text": "材料属实"})
    await story.province("hold", f"{year}-05-21", reason="待省厅核实")
    await story.city("rule_on_defence", f"{year}-06-01", outcome="rejected", reason="与事实不符")
    await story.province("release", f"{year}-06-02", reason="已核实")
    await story.city2("approve_revocation", f"{year}-06-08", document_no="沈科决2号")
    await story.city("settle_delivery", f"{year}-06-09", entry=story.filing.number, method="in_person")
    await story.city("record_announcement", f"{year}-06-09T10:00:00", url="https://kjj.example.gov.cn/gg/3")
    await world.handle(filing_id).result()
    restored = story.act("city", "restore", f"{year}-08-01", document_no="复议决定4号")
    await world.acts(filing_id, restored)


async def cured_in_the_window(world: World, filing_id: str, year: int) -> None:
    """Two years missed, a late report within the window, and life goes on."""
    story = Story(world, filing_id)
    await story.archived(year)
    await story.on(f"{year + 1}-12-02")
    await story.reports(year + 1, f"{year + 1}-12-08")
    await story.on(f"{year + 2}-01-05")


async def served_at_last(world: World, filing_id: str, year: int) -> None:
    """A correction served by post, a 告知书 that lay unread and could not be delivered, served by post as well; revoked."""
    platform = {"by": {"person": "platform", "office": "210000", "role": "platform"}}
    story = Story(world, filing_id, service={"consent": False, "address": "沈阳市示例路1号"})
    await story.submitted(f"{year}-03-15")
    lacking = [{"item": "A-17", "message": "补充协议附件"}]
    await story.city("return_for_correction", f"{year}-03-16", deficiencies=lacking)
    await story.city("record_service", f"{year}-03-22", served_on=f"{year}-03-19", method="post")
    corrected = {name: value for name, value in story.form.items() if name not in ("received_at", "by")}
    corrected["service"] = {"consent": True, "address": "inbox:served-at-last"}
    await story.leader("resubmit", f"{year}-04-10", content=corrected)
    await story.city("accept", f"{year}-04-11")
    await story.iit("give_iit_opinion", f"{year}-04-12", positive=True)
    await story.city2("confirm", f"{year}-04-13", checklist=checklist())
    await story.province("archive", f"{year}-05-10")
    await story.counts_by_published_days(year - 1)
    await story.on(f"{year + 1}-12-01T10:00:00")
    failed = story.act("city", "report_undeliverable", f"{year + 1}-12-02", entry=story.filing.number, reason="空号")
    await world.acts(filing_id, failed | platform)
    await story.city("record_service", f"{year + 1}-12-20", served_on=f"{year + 1}-12-18", method="post")
    await story.on(f"{year + 2}-01-20")
    await story.city("record_announcement", f"{year + 2}-01-21", url="https://kjj.example.gov.cn/gg/4")
    await world.handle(filing_id).result()


async def changed_and_moved(world: World, filing_id: str, year: int) -> None:
    """A new leader after a full notice, a transfer to another city, an extension, a returned report, a waiver."""
    story = Story(world, filing_id)
    await story.archived(year)
    changed = {
        "text": "盟主更换",
        "alliance_name": story.form["alliance_name"],
        "leader": {name: value for name, value in story.form["leader"].items() if name in LEADER}
        | {"uscc": NEW_LEADER, "rd_last_year": "120.00"},
        "members": [story.form["members"][0] | {"code": NEW_LEADER}, *story.form["members"][1:]],
        "counts": story.form["counts"],
    }
    change = {"change": "leader", "happened_on": f"{year}-05-01", "content": changed}
    await story.leader("report_change", f"{year}-05-10", **change)
    await story.iit("give_iit_opinion", f"{year}-05-12", positive=True)
    await story.city("rule_on_change", f"{year}-05-13", decision="confirmed")
    await story.on(f"{year}-06-10")
    story.form = story.form | {"by": story.form["by"] | {"office": NEW_LEADER}}
    await story.city("transfer", f"{year}-06-15", to="210200")
    taking = story.act("city", "transfer", f"{year}-06-20", to="210200")
    await world.acts(filing_id, taking | {"by": {"person": "c-901", "office": "210200", "role": "city_st"}})
    await story.leader("request_extension", f"{year}-11-25", year=year, reason="受灾停产")
    ruling = story.act(
        "city", "rule_on_extension", f"{year}-12-02", year=year, outcome="granted", until=f"{year}-12-20"
    )
    dalian = {"person": "c-901", "office": "210200", "role": "city_st"}
    await world.acts(filing_id, ruling | {"by": dalian})
    await story.leader("file_annual_report", f"{year}-12-18", year=year, content=report(year))
    returned = story.act("city", "return_annual_report", f"{year}-12-21", year=year, reason="计划部分空白")
    await world.acts(filing_id, returned | {"by": dalian})
    await story.leader("answer_annual_return", f"{year}-12-28", year=year, content=report(year, "补充计划"))
    for person in ("p-401", "p-402"):
        waiver = story.act(
            "province", "excuse_year", f"{year + 1}-07-01", year=year + 1, reason="停产", document_no="免报1号"
        )
        await world.acts(filing_id, waiver | {"by": {"person": person, "office": "210000", "role": "province_st"}})
    await story.on(f"{year + 1}-12-02")


LEADER = ("name", "uscc", "registered_address", "operating_address", "contact", "phone")
NEW_LEADER = "91210200MA10ABCE4L"
"""A synthetic code for the leader who takes over."""

LIVES: dict[str, Life] = {
    life.__name__: life
    for life in (
        a_whole_life,
        b_whole_life,
        withdrawn_on_notice,
        lapsed_and_taken_back,
        not_confirmed_by_two,
        rejected_by_the_party_group,
        deregistered,
        revoked_by_decision_and_restored,
        cured_in_the_window,
        served_at_last,
        changed_and_moved,
    )
}
