"""The documents of evaluations: what a city reports, and what both departments decide, as drafts and as tables."""

from datetime import UTC, datetime
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
from openpyxl import load_workbook

from activities.documents.evaluations import (
    Chosen,
    Evaluated,
    Reported,
    Subject,
    report,
    sheet,
    typical_list,
    typical_sheet,
)
from activities.register import Register
from models.rounds.evaluation_papers import EvaluationPaper, EvaluationReport, TypicalList
from models.settings import Settings
from regulation.rounds.evaluation_items import ITEMS
from tests.applications import good
from tests.databases import Databases
from tests.population import accepted, agreed, confirmed
from tests.served import Clock
from tests.simulated import Step, holding, told, written
from tests.story import instant
from tests.visiting import visiting

EDITION = ITEMS["PJ-2021"]
AT = datetime(2027, 10, 20, 2, tzinfo=UTC)
ONE, TWO, THREE = (
    Subject(f"LN-{n}", f"沈阳市星海{n}号产学研联盟", f"星海{n}号有限公司", "沈阳市", f"LN-CXY-A-210100-2026-000{n}")
    for n in (1, 2, 3)
)


def paper(result: str, joint: int, **met: bool) -> EvaluationPaper:
    """An evaluation that finds everything good but what is said."""
    answers: dict[str, dict[str, Any]] = {
        key: {"met": met.get(key, item.favourable)} for key, item in EDITION.items.items()
    }
    answers["platforms"]["finding"] = "=建成检测平台"
    return EvaluationPaper.model_validate({"answers": answers, "joint_activities": joint, "result": result})


REPORT = EvaluationReport.model_validate(
    {
        "text": "成立评价组。\n逐家评价。",
        "not_evaluated": "一家正在变更盟主。",
        "feedback": "成员跨省的联盟增多。",
        "recommended": [{"filing_id": "LN-1", "reason": "检测平台成效突出"}],
    }
)
TOLD = Reported(
    2027, "沈阳市", ("沈阳市科技局", "沈阳市工信部门"), EDITION,
    [Evaluated(ONE, paper("excellent", 12), "张工"), Evaluated(TWO, paper("unqualified", 0, chain=False)), Evaluated(THREE, None)],
    REPORT, AT, "沈科发〔2027〕88号",
)  # fmt: skip


def text_of(content: bytes) -> tuple[str, list[list[list[str]]]]:
    """What a document says, and its tables."""
    document = docx.Document(BytesIO(content))
    tables = [[[cell.text for cell in row.cells] for row in table.rows] for table in document.tables]
    return "\n".join(each.text for each in document.paragraphs), tables


def rows_of(content: bytes) -> list[tuple[object, ...]]:
    """The rows of a workbook's only sheet."""
    (found,) = load_workbook(BytesIO(content)).worksheets
    return list(found.iter_rows(values_only=True))


def test_a_city_reports_to_both_departments_with_its_tables() -> None:
    said, (results, recommended) = text_of(report(TOLD))
    for part in (
        "省科技厅、省工业和信息化厅：", "沈阳市科技局会同沈阳市工信部门", "应评联盟3家，已评2家，其中优秀1家、不合格1家。",
        "未评1家：沈阳市星海3号产学研联盟。", "一家正在变更盟主。", "四、新情况、新问题和新经验", "成员跨省的联盟增多。", "择优推荐“沈阳市星海1号产学研联盟”1家联盟为典型联盟，名单见附件2。",
        "2027年10月20日", "沈科发〔2027〕88号",
    ):  # fmt: skip
        assert part in said
    assert [row[4:] for row in results[1:]] == [
        ["9项中9项较好", "12", "优秀"],
        ["9项中8项较好", "0", "不合格"],
        ["—", "—", "未评"],
    ]
    assert recommended[1] == ["1", ONE.name, ONE.leader, ONE.archive_number, "检测平台成效突出"]
    assert report(TOLD) == report(TOLD), "the same report is the same bytes"


def test_every_answer_stands_in_the_table() -> None:
    header, one, two, three = rows_of(sheet(TOLD))
    assert header[5:14] == tuple(item.title for item in EDITION.items.values())
    assert one[9] == "是。=建成检测平台"
    assert (one[13], one[14:19]) == ("否", (12, "优秀", "推荐", "检测平台成效突出", "张工"))
    assert (two[11], two[15]) == ("否", "不合格")
    assert three[5:16] == (None,) * 10 + ("未评",)


def test_what_both_departments_decide_is_a_notice_with_its_lists() -> None:
    decided = {
        "text": "请持续推进。",
        "decided": [
            {"filing_id": "LN-1", "tag": "typical"},
            {"filing_id": "LN-1", "tag": "pilot", "note": "数控机床"},
            {"filing_id": "LN-2", "tag": "typical", "removed": True},
        ],
    }
    told = Chosen(2027, TypicalList.model_validate(decided), {"LN-1": ONE, "LN-2": TWO}, AT, "辽科发〔2027〕66号")
    said, tables = text_of(typical_list(told))
    assert "共同确定了典型联盟1家，遴选试点示范联盟1家，取消称号1项，现予公布。" in said
    assert [table[1][1:3] for table in tables] == [[ONE.name, "沈阳市"], [ONE.name, "沈阳市"], [TWO.name, "沈阳市"]]
    assert [row[5:7] for row in rows_of(typical_sheet(told))[1:]] == [
        ("典型联盟", "确定"),
        ("试点示范", "确定"),
        ("典型联盟", "取消"),
    ]


# Long without cooperation


ROUNDS = "beian:evaluation-{}-210100-1:5.0a1b2c3d"
"""What a round of the city leads to on a filing."""


def idle(register: Register) -> None:
    """An alliance whose evaluations found no joint activity in two years, and one of which nobody said anything."""
    for number, name in enumerate(("EV-IDLE", "EV-BUSY"), 1):
        form = good("A") | {
            "filing_id": name,
            "alliance_name": f"沈阳市{name}产学研联盟",
            "received_at": instant("2026-03-02").isoformat(),
            "agreement_effective_on": "2026-02-20",
        }
        found = {"result": "unqualified", "joint_activities": 0}
        evaluated: tuple[Step, ...] = (
            ("city", "record_evaluation", "2026-12-15T10:00", {"id": ROUNDS.format(2026), "year": 2026, **found}),
            ("city", "record_evaluation", "2027-01-20T10:00", {"id": ROUNDS.format(2027), "year": 2027, **found}),
        )
        steps: tuple[Step, ...] = (
            accepted("2026-03-03"),
            agreed("2026-03-04"),
            confirmed("2026-03-05"),
            ("province2", "archive", "2026-04-20T10:00", {"archive_number": f"LN-CXY-A-210100-2026-{number:04d}"}),
        )
        steps += evaluated if name == "EV-IDLE" else ()
        written(register, told(form, *steps, until=instant("2027-02-01")))


async def test_two_years_without_cooperation_lead_to_a_proposal_with_its_evidence(
    sqlite: Databases, tmp_path: Path
) -> None:
    """People judge it: the form begins with what the evaluations on record say, and nothing is done by it."""
    settings = Settings(var=tmp_path, database_url=sqlite.made("idle", holding(idle)))
    async with visiting(settings, Clock(instant("2027-02-01"))) as house:
        browser = await house.signed_in("c-101")
        page = unescape((await browser.get("/filings/EV-IDLE")).text)
        assert "2026、2027年度评价均无产学研合作活动" in page
        form = unescape((await browser.get("/filings/EV-IDLE/acts/propose_revocation?ground=14")).text)
        assert '<option value="14" selected>' in form
        assert "2026、2027年度评估评价均未见产学研合作活动，属长期未开展实质性产学研合作。" in form
        assert "当年产学研合作活动0次，评价结果为不合格。" in form
        bare = unescape((await browser.get("/filings/EV-BUSY/acts/propose_revocation?ground=14")).text)
        assert '<option value="14" selected>' not in bare
        assert "无产学研合作活动" not in unescape((await browser.get("/filings/EV-BUSY")).text)
