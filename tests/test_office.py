"""How an office shares its work: what must be done, who stands in for whom, what it often writes; and batches of it."""

import re
from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from starlette.datastructures import FormData

from activities.lists import FILINGS
from activities.register import Register
from activities.tasks import Task, task_of
from gateway.identity import EMBEDDED, Identity
from gateway.pages import reviewing
from gateway.remembered.absences import Asked, conflicts
from gateway.remembered.audit import AuditKind
from gateway.remembered.phrases import MOST, Phrases, with_picked
from gateway.remembered.reviews import Answer
from models.acts import By
from models.gateway import AbsenceRow
from models.vocabulary import ActKind, Role
from regulation import lifecycle, offices
from regulation.moment import Moment
from regulation.offers import offers
from regulation.phrases import SHIPPED, Purpose, purpose_of, shipped
from tests.databases import Databases
from tests.simulated import lived
from tests.story import instant
from tests.test_desk import at, hidden, listed, opened, section
from tests.visiting import House

TODAY, NOW = date(2023, 5, 10), instant("2023-05-10")
OFFICER, HEAD = EMBEDDED["c-101"], EMBEDDED["c-102"]
NAMES = {"c-101": "甲", "c-102": "乙", "c-103": "丙"}


@pytest.fixture(scope="module")
async def house(sqlite: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A gateway whose people share their work."""
    async with opened(sqlite, tmp_path_factory.mktemp("office")) as house:
        yield house


def asked(first: str, last: str, *, person: str = "c-101", deputy: str = "c-102") -> Asked:
    """An absence as somebody asks for it."""
    return Asked(person=person, deputy=deputy, first=date.fromisoformat(first), last=date.fromisoformat(last))


def away(person: str, deputy: str, first: str, last: str) -> AbsenceRow:
    """An absence that is set."""
    return AbsenceRow(
        post="city_st@210100", person=person, deputy=deputy, set_by=person, set_at=instant("2023-05-01"),
        first=date.fromisoformat(first), last=date.fromisoformat(last),
    )  # fmt: skip


MAY = ("2023-05-15", "2023-05-19")


@pytest.mark.parametrize(
    ("wanted", "who", "others", "found"),
    [
        (asked(*MAY), OFFICER, [], []),
        (asked("2023-05-10", "2023-05-10"), OFFICER, [], []),
        (asked(*MAY, person="c-103"), HEAD, [], []),
        (asked(*MAY, person="c-103"), OFFICER, [], ["只有本人或者本机构负责人可以设定委托"]),
        (asked(*MAY, deputy="c-101"), OFFICER, [], ["不能委托本人代办"]),
        (asked(*MAY, deputy="d-111"), OFFICER, [], ["代办人须为本机构同一身份的人员"]),
        (asked("2023-05-19", "2023-05-09"), OFFICER, [], ["结束日期不得早于开始日期"]),
        (asked("2023-05-09", "2023-05-19"), OFFICER, [], ["开始日期不得早于今日（2023年5月10日）"]),
        (asked("2024-05-15", "2024-05-19"), OFFICER, [], ["委托应在一年以内开始"]),
        (asked(*MAY), OFFICER, [away("c-102", "c-103", "2023-05-19", "2023-05-30")], ["也不在岗（已委托丙代办）"]),
        (asked(*MAY), OFFICER, [away("c-102", "c-103", "2023-05-20", "2023-05-30")], []),
        (asked(*MAY), OFFICER, [away("c-102", "c-101", *MAY)], ["不能互相委托"]),
        (asked(*MAY), OFFICER, [away("c-101", "c-103", "2023-05-10", "2023-05-15")], ["日期重叠"]),
        (asked(*MAY), OFFICER, [away("c-103", "c-101", *MAY)], ["由甲代丙办理，甲不在岗则无人代办"]),
        (
            asked("2023-05-09", "2023-05-08", deputy="d-111", person="x-1"), OFFICER, [],
            ["只有本人", "委托人不是", "代办人须为", "结束日期", "开始日期"],
        ),
    ],
)  # fmt: skip
def test_an_absence_is_refused_for_everything_that_stands_against_it(
    wanted: Asked, who: Identity, others: list[AbsenceRow], found: list[str]
) -> None:
    told = [each.message for each in conflicts(wanted, who, NAMES, others, TODAY)]
    assert len(told) == len(found), told
    assert all(part in message for part, message in zip(found, told, strict=True)), told


async def test_a_deputy_has_the_work_of_whoever_is_away_until_they_are_back(house: House) -> None:
    officer, head = await at(house, "c-101"), await at(house, "c-102")
    await officer.posts("/filings/SY-NEW/handling", kind="hand_over", to="person/c-101")
    await head.posts("/filings/SY-IIT/handling", kind="copy", to="person/c-101", note="请留意")
    assert "请留意" not in section(await head.gets("/desk"), "sent")
    refused = await officer.posts("/desk/absences", 422, deputy="c-101", first="2023-05-12", last="2023-05-11")
    assert re.findall(r'href="#(\w+)"', refused.text)[-2:] == ["deputy", "last"], "every finding at once"
    assert 'value="2023-05-12"' in refused.text, "what was filled in is still there"
    await officer.posts("/desk/absences", person="c-101", deputy="c-102", first="2023-05-10", last="2023-05-12")
    page = await head.gets("/desk?mine=1")
    assert listed(section(page, "waiting")) == ["SY-NEW"]
    assert "代：受理人" in section(page, "waiting")
    assert "请留意" in section(page, "sent")
    assert "代受理人" in section(page, "sent")
    assert "您今日代受理人办理" in page
    own = await officer.gets("/desk")
    assert "受理人（审核人代）" in section(own, "waiting")
    assert "您已委托审核人代办，至2023年5月12日" in own
    [absence] = house.tools.absences.of_post("city_st@210100", TODAY)
    stranger = await at(house, "d-111")
    await stranger.posts(f"/desk/absences/{absence.id}/withdraw", 404)
    await head.posts(f"/desk/absences/{absence.id}/withdraw")
    assert listed(section(await head.gets("/desk?mine=1"), "waiting")) == []
    noted = [line.object for line in house.tools.audit.lines(limit=9) if line.kind == AuditKind.HANDLED]
    assert {f"absence withdrawn {absence.id}", "absence c-101: c-102"} <= set(noted)


async def test_an_office_keeps_its_phrases_and_they_are_written_in_by_a_choice(house: House) -> None:
    officer, head = await at(house, "c-101"), await at(house, "c-102")
    await officer.posts("/desk/phrases", purpose="return", text="  请补齐落款日期。 ")
    twice = (await head.posts("/desk/phrases", 422, purpose="return", text="请补齐落款日期。")).text
    assert "已有相同的常用语" in twice
    long = section((await head.posts("/desk/phrases", 422, purpose="return", text="字" * 301)).text, "return")
    assert "常用语须为1至300字" in long
    assert "字" * 301 in long.partition("增加一条")[2], "it is still there to be shortened"
    await head.posts("/desk/phrases", 422, purpose="praise", text="好")
    phrase = re.search(r'action="/desk/phrases/(\d+)"', await head.gets("/desk/phrases"))
    assert phrase
    await head.posts(f"/desk/phrases/{phrase[1]}", purpose="return", text="请补齐落款日期和签章。")
    too_long = await head.posts(f"/desk/phrases/{int(phrase[1]) + 1}", 422, purpose="return", text="句" * 301)
    assert "句" * 301 in section(too_long.text, "return").partition("增加一条")[0], "where it was changed"
    late = section(
        (await head.posts(f"/desk/phrases/{phrase[1]}", 409, purpose="return", text="又一句")).text, "return"
    )
    assert "已由同事修改或者删除" in late
    assert "又一句" in late.partition("增加一条")[2]
    await (await at(house, "d-111")).posts(f"/desk/phrases/{phrase[1]}", 404, purpose="return", text="又一句")
    shown = await head.gets("/desk/phrases")
    assert "请补齐落款日期和签章。" in shown
    assert "审核人，" in section(shown, "return"), "who changed it"
    form = await officer.gets("/filings/SY-NEW/review?decide=return_for_correction")
    assert '<option value="请补齐落款日期和签章。">' in form
    assert len(form.encode()) < 100_000
    other = await (await at(house, "d-111")).gets("/filings/DL-NEW/review?decide=return_for_correction")
    assert "落款日期" not in other
    assert SHIPPED[0].text in other


async def test_what_an_office_wrote_last_in_such_an_act_is_offered_first(house: House) -> None:
    """SY-BACK was returned for another reason than the seed's: what stands in its docket is what was written."""
    tools, officer = house.tools, EMBEDDED["c-101"]
    phrases, before = Phrases(tools.register.engine), "请补充协议签章页。"
    [returned] = [each for each in tools.register.docket("SY-BACK") if each.event.kind == "return_for_correction"]
    written = returned.event.deficiencies[0].message  # type: ignore[union-attr]
    for number, text in enumerate((before, written)):
        assert phrases.put(officer, Purpose.RETURN, text, NOW + timedelta(seconds=number))

    def offered(who: Identity) -> list[str]:
        return phrases.offered(who, Purpose.RETURN, ActKind.RETURN_FOR_CORRECTION)

    own = [text for text in offered(officer) if text in (before, written)]
    assert own == [before, written], "nothing was done yet, so far as is on record: in the order in which they were put"
    about = f"return_for_correction {returned.event.id}"  # type: ignore[union-attr]
    tools.audit.note(officer, AuditKind.ACTED, NOW, filing_id="SY-BACK", about=about)
    assert offered(officer)[0] == written
    assert not {before, written} & set(offered(EMBEDDED["d-111"]))


def test_a_phrase_that_was_picked_stands_in_its_text_when_the_form_is_sent() -> None:
    form = FormData(
        [("/reason", "另："), ("phrase:/reason", "请补充。"), ("phrase:/note", ""), ("/note", "无"), ("a", "1")]
    )
    assert with_picked(form).multi_items() == [("/reason", "另：\n请补充。"), ("/note", "无"), ("a", "1")]
    empty = FormData([("/reason", ""), ("phrase:/reason", "请补充。")])
    assert with_picked(empty).multi_items() == [("/reason", "请补充。")]


def test_every_purpose_has_phrases_that_an_office_could_keep_itself() -> None:
    assert {each.purpose for each in SHIPPED} == set(Purpose)
    assert all(1 <= len(each.text) <= 300 for each in SHIPPED)
    assert len(shipped(Role.PROVINCE_ST, Purpose.OPINION)) == len(shipped(Role.CITY_IIT, Purpose.OPINION)) + 1 <= MOST
    refusing = shipped(Role.CITY_ST, Purpose.RULING, ActKind.REFUSE)
    assert not any("异议不成立" in each for each in refusing), "that is said of an objection alone"
    assert any("异议不成立" in each for each in shipped(Role.CITY_ST, Purpose.RULING, ActKind.RULE_ON_OBJECTION))


def test_an_act_offers_what_was_written_for_it_or_nothing() -> None:
    for each in SHIPPED:
        assert each.acts
        assert {purpose_of(kind) for kind in each.acts} == {each.purpose}, each.text
    for kind in (
        ActKind.PROPOSE_REVOCATION,
        ActKind.RESTORE,
        ActKind.HOLD,
        ActKind.DENY_LETTER,
        ActKind.RETURN_TO_CITY,
    ):
        assert shipped(Role.CITY_ST, purpose_of(kind), kind) == []
    of_report = shipped(Role.CITY_ST, Purpose.RETURN, ActKind.RETURN_ANNUAL_REPORT)
    assert not any("协议" in each or "申请表" in each for each in of_report)


async def test_what_a_paper_says_is_in_its_senders_own_words(house: House) -> None:
    """The application that an office enters for its leader holds no reason of the office."""
    form = await (await at(house, "c-101")).gets("/filings/SY-BACK/acts/resubmit")
    assert 'name="phrase:/reason"' in form
    assert 'name="phrase:/content' not in form
    assert purpose_of(ActKind.RULE_ON_OBJECTION) is Purpose.RULING


DOES = {
    Task.ACCEPT: {"accept"}, Task.REVIEW: {"confirm", "recommend", "return_for_correction"}, Task.PUBLISH: {"confirm"},
    Task.NOTICE: {"confirm_notice_clear"}, Task.OBJECTION: {"rule_on_admissibility", "rule_on_objection"},
    Task.FORWARD: {"forward"}, Task.ARCHIVE: {"archive", "record_survey", "give_office_opinion", "record_party_group"},
    Task.SERVICE: {"record_service"}, Task.CHANGE: {"rule_on_change", "confirm_notice_clear"},
    Task.EXTENSION: {"rule_on_extension"}, Task.REPORT: {"discount_annual_report"},
    Task.REVOCATION: {"approve_revocation", "drop_revocation", "rule_on_defence", "record_service"},
    Task.AFTER: {"record_announcement", "settle_delivery", "record_challenge_outcome"},
}  # fmt: skip
"""Which acts each task asks for, of those that the lives below come to."""


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_what_must_be_done_is_what_the_law_offers_to_whom_it_waits_for(register: Register) -> None:
    seen, life = set(), lived("LIFE")
    life.lodged(register)
    for entry in life.docket:
        register.append(entry)
        filing, office = entry.filing, lifecycle.awaited(entry.filing)
        if office is None or office == filing.leader:
            continue
        role = Role.PROVINCE_ST if office == offices.PROVINCE else Role.CITY_ST
        with register.engine.connect() as db:
            task = Task(db.scalars(select(task_of(role)).where(FILINGS.c.filing_id == filing.id)).one())
        seen.add(task)
        found = offers(filing, Moment(entry.at, entry.at), By(person="x-9", office=office, role=role))
        may = {each.kind.value for each in found if each.mine}
        assert may & DOES[task], (entry.number, entry.event.kind, task, may)
    assert {Task.ACCEPT, Task.REVIEW, Task.OBJECTION, Task.ARCHIVE, Task.AFTER} <= seen


@pytest.mark.parametrize(
    ("person", "filing", "task"),
    [("c-101", "SY-IIT", "review"), ("i-201", "SY-IIT", "opinion"), ("z-301", "GX-PASSED", "publish")],
)
async def test_the_same_filing_is_another_task_for_another_department(
    house: House, person: str, filing: str, task: str
) -> None:
    assert filing in listed(section(await (await at(house, person)).gets(f"/desk?task={task}"), "waiting"))


async def test_what_was_checked_one_by_one_is_published_together(house: House) -> None:
    officer, tools = await at(house, "c-102"), house.tools
    row, now = tools.register.row("SY-LATE"), tools.clock()
    assert row
    chosen = {"filing": ["SY-LATE", "SY-NEXT"], "batch": "0" * 16, "kind": "confirm"}
    before = (await officer.posts("/desk/batch", 200, filing=chosen["filing"])).text
    assert 'value="confirm"' not in before
    read = reviewing.reading(tools, row, HEAD, now)
    met = {each.code: Answer(verdict="met", version=1, evidence=each.evidence) for each in read.checks}
    tools.reviews.change(HEAD, "SY-LATE", lambda _: met, now)
    offered = (await officer.posts("/desk/batch", 200, filing=chosen["filing"])).text
    assert 'value="confirm"' in offered
    preview = (await officer.posts("/desk/batch/preview", 200, **chosen)).text
    assert "2件中1件可以办理" in preview
    assert "公示中" in preview.partition("SY-LATE")[2].partition("</tr>")[0]
    noted = met | {"A-12": met["A-12"].but(note="执照未见原件")}
    tools.reviews.change(HEAD, "SY-LATE", lambda _: noted, now)
    done = (await officer.posts("/desk/batch/done", 200, **chosen | hidden(preview))).text
    assert "核对清单或者日期有变，未办理" in done, "what was previewed is what is done"
    assert "1件中0件已登记" in done
    elsewhere = chosen | hidden(preview) | {"filing": ["SY-LATE", "DL-NEW"], "previewed": ""}
    done = (await officer.posts("/desk/batch/done", 200, **elsewhere)).text
    assert "已不在您的办理范围，未办理：DL-NEW" in done, "one that went elsewhere keeps no other back"
    assert "1件中0件已登记" in done
