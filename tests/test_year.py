"""November: the board of a year at every door, who may miss it, what is urged, and the documents drawn of it (A-22, A-34, B-19)."""

import io
import json
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from httpx import AsyncClient
from sqlalchemy import update
from sqlmodel import col
from temporalio.testing import ActivityEnvironment

from activities.digests import Digests
from activities.letters import Letters
from activities.register import Register
from activities.rounds.following import RoundFollowing
from gateway.problem import Refused
from gateway.rounds import RoundReceived, Rounds
from models.register import AnnualReportRow, RoundRow
from models.rounds.round import RoundEntry
from models.settings import Settings
from models.values import SHANGHAI
from models.vocabulary import Kind, ReportState
from regulation import offices
from regulation.forecast import Earlier, risk
from regulation.moment import Moment
from regulation.rounds import table
from regulation.rounds.every import rules_of
from starter import run
from tests.databases import prepare
from tests.served import Clock
from tests.simulated import Step, told, written
from tests.story import application, report
from tests.visiting import House, visiting

NOW = datetime(2027, 11, 20, 9, tzinfo=SHANGHAI)
"""Ten days before kind A's year 2027 is due."""


def tasks(**told: str) -> dict[str, str]:
    """What is said of a few of the eight tasks."""
    return {name.removeprefix("t"): text for name, text in told.items()}


REPORT = report(2027) | {
    "summary": {"text": "=2+3 完成两项攻关", "tasks": tasks(t1="联合攻关两项", t8="起草标准一项")},
    "plan": {"text": "继续攻关", "tasks": tasks(t1="再攻关一项")},
}
FILED: Step = ("leader", "file_annual_report", "2027-11-10T10:00", {"year": 2027, "content": REPORT})
FIRST: Step = ("leader", "file_annual_report", "2026-11-10T10:00", {"year": 2026, "content": report(2026)})
LATE: Step = ("leader", "file_annual_report", "2026-12-12T10:00", {"year": 2026, "content": report(2026)})


def alliances() -> Iterator[tuple[str, Kind, tuple[Step, ...]]]:
    """Of a zone and of a city: one that reported, one that missed the year before, one that was late, one that never was."""
    yield "SY-FILED", Kind.A, (FIRST, FILED)
    yield "SY-MISSED", Kind.A, ()
    yield "SY-LATE", Kind.A, (LATE,)
    yield "SY-GOOD", Kind.A, (FIRST,)
    yield "GX-B", Kind.B, (FIRST,)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A register in November."""
    address = f"sqlite:///{tmp_path_factory.mktemp('november') / 'register.db'}"
    prepare(address)
    register = Register.at(address)
    for number, (name, kind, steps) in enumerate(alliances(), 1):
        form = application(
            kind, filing_id=name, alliance_name=f"沈阳市{name}产学研联盟", received_at="2026-03-15T09:00:00+08:00",
            by={"person": "p-401", "office": "210000", "role": "province_st"},
            legacy={"archived_on": "2024-12-18", "archive_number": f"{number:06d}", "document_no": "辽科函1号"},
        )  # fmt: skip
        written(register, told(form, *steps, until=NOW))
    register.engine.dispose()
    return address


@pytest.fixture
async def house(url: str, tmp_path: Path) -> AsyncIterator[House]:
    """The doors on it; nobody works behind them."""
    async with visiting(Settings(var=tmp_path, database_url=url), Clock(NOW)) as open_:
        yield open_


async def read(who: AsyncClient, path: str) -> str:
    """A page, or a document, that is there."""
    answer = await who.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_the_desk_shows_the_board_and_the_names_behind_each_number(house: House) -> None:
    city = await house.signed_in("c-101")
    page = await read(city, "/desk/year")
    assert "2027年度报送" in page
    assert "催报未报的4家" in page
    assert "其中：沈阳高新技术产业开发区" in page
    names = await read(city, "/desk/filings?report=unreported&year=2027&kind=A")
    assert "年度报送：未报（未到期）" in names
    assert ("SY-MISSED" in names, "SY-FILED" in names, "GX-B" in names) == (True, False, False)
    zone = await house.signed_in("z-301")
    assert "催报未报的1家" in await read(zone, "/desk/year")
    assert "没有应报的联盟" in await read(await house.signed_in("d-111"), "/desk/year")


async def test_whoever_missed_or_was_late_before_is_foreseen_and_it_is_said_why(house: House) -> None:
    page = await read(await house.signed_in("c-101"), "/desk/year")
    assert "可能不报的（2）" in page
    assert page.index("2026年度未报送") < page.index("2026年度迟报12天")
    assert "再未报送即连续两年，将启动撤销程序" in page
    assert "SY-GOOD" not in page


def test_the_forecast_is_a_rule_that_anybody_can_follow() -> None:
    due = datetime(2025, 12, 1, tzinfo=SHANGHAI)

    def year(number: int, state: ReportState, days: int = 0) -> Earlier:
        return Earlier(number, state, due, due + timedelta(days=days) if days else None)

    missed, late, filed = ReportState.MISSED, ReportState.LATE, ReportState.FILED
    assert risk(2027, [year(2026, filed), year(2023, missed)]) is None, "three years are looked at"
    assert risk(2027, [year(2026, ReportState.EXCUSED)]) is None
    cases = [
        [year(2026, late, 3)],
        [year(2025, missed)],
        [year(2026, missed)],
        [year(2026, missed), year(2025, late, 3)],
        [year(2025, missed), year(2024, missed)],
    ]
    found = [each for each in (risk(2027, case) for case in cases) if each]
    in_order = [found.index(each) for each in sorted(found, key=lambda each: each.order)]
    assert in_order == [3, 2, 4, 1, 0], "those that a second miss would revoke, then by misses, then by how often late"
    assert [each.second for each in found] == [False, False, True, True, False]


async def test_a_batch_shows_the_letter_that_each_leader_would_get(house: House) -> None:
    city = await house.signed_in("c-101")
    form = {"filing": ["SY-MISSED", "SY-FILED"], "kind": "urge_report", "batch": "0" * 16, "/year": "2027"}
    token = (await read(city, "/desk")).split('name="csrf" value="')[1].split('"')[0]
    answer = await city.post("/desk/batch/preview", data=form | {"csrf": token}, headers={"Origin": house.origin})
    assert answer.status_code == 200
    assert "2件中1件可以办理" in answer.text
    assert "致盟主企业：催报2027年度总结和计划：沈阳市SY-MISSED产学研联盟" in answer.text
    assert "2026年度已未报送；2027年度逾期仍未报送的，即为连续未报送" in answer.text
    assert "2027年度为“已报送”，无须催报" in answer.text


async def test_the_form_of_urging_proposes_the_year_that_is_due(house: House) -> None:
    page = await read(await house.signed_in("c-101"), "/filings/SY-MISSED/acts/urge_report")
    assert 'value="2027" selected' in page, "2026, which was missed, may still be made good"


async def test_the_closing_report_says_what_the_board_says(house: House) -> None:
    city = await house.signed_in("c-101")
    answer = await city.get("/desk/year/2027/report.docx")
    drawn = docx.Document(io.BytesIO(answer.content))
    assert len(drawn.inline_shapes) == 1
    assert [cell.text for cell in drawn.tables[-1].rows[-1].cells][:3] == ["2027", "5", "1"]
    text = "\n".join(each.text for each in drawn.paragraphs)
    assert "附图　年度报送：按年度" in text
    assert "关于沈阳市2027年度实质性产学研联盟" in text
    assert "应报联盟5家，其中按期报送1家、未报4家，报送率20.0%。" in text
    assert "总结涉及产学研联合攻关1家" in text
    answer = await city.get("/desk/year/2027/report.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert [cell.value for cell in book["报送情况"][2]][:4] == ["沈阳市", "A类", 4, 1]
    assert {row[0].value for row in book["名单"]} >= {"SY-FILED", "GX-B"}


async def test_what_was_reported_is_taken_away_and_summed_by_the_eight_tasks(house: House) -> None:
    province = await house.signed_in("p-401")
    found = json.loads(await read(province, "/desk/year/2027/contents.json"))
    assert [each["filing_id"] for each in found["reports"]] == ["SY-FILED"]
    assert found["reports"][0]["summary"]["tasks"] == {"1": "联合攻关两项", "8": "起草标准一项"}
    assert found["tasks"]["1"] == {"name": "一、产学研联合攻关", "summary": 1, "plan": 1}
    assert found["tasks"]["8"]["plan"] == 0
    lines = (await read(province, "/desk/year/2027/contents.csv")).splitlines()
    assert lines[0].startswith("\ufeff备案,联盟名称")
    assert ",'=2+3 完成两项攻关," in lines[1], "no formula leaves the house"
    book = openpyxl.load_workbook(io.BytesIO((await province.get("/desk/year/2027/contents.xlsx")).content))
    assert ["八、标准化工作", "总结", "合计", None, 1] in [[cell.value for cell in row] for row in book["八项任务"]]
    for person in ("e-501", "a-601"):
        refused = await (await house.signed_in(person)).get("/desk/year/2027/contents.json")
        assert refused.status_code == 404


async def test_programs_ask_for_the_same(house: House) -> None:
    api: dict[str, Any] = {"headers": {"Authorization": "Bearer c-101"}}
    browser = house.browser()
    board = (await browser.get("/api/v1/years/2027", **api)).json()
    assert (board["total"]["expected"], board["total"]["filed"], board["total"]["unreported"]) == (5, 1, 4)
    foreseen = (await browser.get("/api/v1/years/2027/forecast", **api)).json()
    assert [each["filing_id"] for each in foreseen["alliances"]] == ["SY-MISSED", "SY-LATE"]
    first = (await browser.get("/api/v1/years/2027/forecast?limit=1", **api)).json()
    assert (first["count"], [each["filing_id"] for each in first["alliances"]]) == (2, ["SY-MISSED"])
    rest = (await browser.get(first["next"], **api)).json()
    assert ([each["filing_id"] for each in rest["alliances"]], rest.get("next")) == (["SY-LATE"], None)
    answer = await browser.get("/api/v1/years/2027/report.docx", **api)
    assert answer.headers["Content-Type"].endswith("wordprocessingml.document")
    listed = (await browser.get("/api/v1/filings?year=2027&report=unreported&zone=210100-shengaoqu", **api)).json()
    assert [each["filing_id"] for each in listed["filings"]] == ["GX-B"]
    assert (await browser.get("/api/v1/filings?report=unreported", **api)).status_code == 422
    assert (await browser.get("/api/v1/filings?overdue=true", **api)).json()["filings"] == []
    leader = {"headers": {"Authorization": "Bearer u-leader-01"}}
    assert (await browser.get("/api/v1/years/2027", **leader)).status_code == 404  # type: ignore[arg-type]


def test_so_does_the_command_line(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BEIAN_DATABASE_URL", url)
    monkeypatch.setenv("BEIAN_VAR", str(tmp_path))
    assert run(["board", "2027", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["210100"]["unreported"] == 4
    assert run(["board", "2027", "--forecast"]) == 0
    assert "SY-MISSED  2026年度未报送；再未报送即连续两年" in capsys.readouterr().out
    assert run(["board", "2027", "--forecast", "--limit", "1"]) == 0
    assert "共2件，只列出最需要催报的1件" in capsys.readouterr().out
    assert run(["list", "--year", "2027", "--report", "filed", "--json"]) == 0
    assert [each["filing_id"] for each in json.loads(capsys.readouterr().out)] == ["SY-FILED"]
    assert run(["export", "year", "2027", "--jurisdiction", "210100", "--to", str(tmp_path)]) == 0
    assert {path.suffix for path in tmp_path.glob("2027年度*")} == {".docx", ".xlsx", ".csv", ".json"}


def test_while_the_window_is_open_the_digest_tells_how_far_the_year_is(url: str) -> None:
    register = Register.at(url)
    digests = Digests(Letters(register.engine))
    opened = digests.compile(datetime(2027, 11, 22, 9, tzinfo=SHANGHAI))
    bodies = {row.office: row.body or "" for row in map(digests.letters.row, opened) if row}
    assert "2027年度A类（最迟2027年11月30日截止）：应报4，已报1，迟报0，未报3，准予延期0" in bodies["210100"]
    assert "2027年度B类（最迟2027年12月31日截止）：应报1" in bodies["210100-shengaoqu"]
    assert "A类" in bodies[offices.PROVINCE]
    assert "210200" not in bodies
    register.engine.dispose()


YEAR = "annual-2027-210100-1"
CITY = {"person": "c-101", "office": "210100", "role": "city_st"}


def entered(rounds: Rounds, raw: dict[str, Any], at: datetime) -> RoundEntry:
    """An act in the round, received by the door and entered as the engine enters it."""
    received = rounds.receive(YEAR, raw | {"by": CITY}, at, None)
    assert isinstance(received, RoundReceived)
    stands, act = rounds.register.round(YEAR), received.act
    found = rounds.register.examined(YEAR, stands, act, rounds.register.content(act), at.date())
    assert not isinstance(found, list)
    entry = table.entered(rules_of(YEAR), YEAR, stands, found, Moment(at, at))
    rounds.register.append(entry)
    return entry


async def test_the_city_opens_its_year_urges_all_at_once_and_settles_it(house: House) -> None:
    rounds = house.tools.rounds
    opened = {
        "id": "o-1",
        "kind": "open_round",
        "title": "沈阳市2027年度报送",
        "opens": "2027-10-01",
        "closes": "2027-12-31",
    }
    entered(rounds, opened, NOW)
    page = await read(await house.signed_in("c-101"), f"/rounds/{YEAR}")
    assert "现在催报将发出3封信函" in page, "of the zone's the zone urges"
    assert "致盟主企业：催报2027年度总结和计划：沈阳市SY-MISSED产学研联盟" in page
    entered(rounds, {"id": "u-1", "kind": "urge_all"}, NOW + timedelta(hours=1))
    done: list[tuple[str, Any]] = []

    async def act(filing_id: str, raw: Any) -> None:
        done.append((filing_id, raw))

    following = RoundFollowing(rounds.register, act)
    for _ in range(2):  # whatever died in between: what was done is done under the same ids
        with rounds.register.engine.begin() as db:
            db.execute(update(RoundRow).values(followed=0))
        await ActivityEnvironment().run(following.follow, YEAR)
    assert sorted({filing for filing, _ in done}) == ["SY-GOOD", "SY-LATE", "SY-MISSED"]
    assert len(done) == 6
    assert len({(filing, raw["id"]) for filing, raw in done}) == 3
    assert {(raw["kind"], raw["year"], raw["by"]["person"]) for _, raw in done} == {("urge_report", 2027, "c-101")}
    after = datetime(2028, 1, 4, 9, tzinfo=SHANGHAI)
    with pytest.raises(Refused, match="尚有4家的2027年度未到期或者延期申请待批"):
        entered(rounds, {"id": "s-1", "kind": "settle_year"}, after)
    with rounds.register.engine.begin() as db:  # nothing closes the years in this register
        db.execute(update(AnnualReportRow).where(col(AnnualReportRow.state) == "open").values(state="missed"))
    settled = entered(rounds, {"id": "s-2", "kind": "settle_year"}, after)
    assert settled.round.counts["expected"] == 5
    assert rounds.register.states(YEAR) == {"filed": 1, "missed": 4}
    assert rounds.register.verify(YEAR) == []
