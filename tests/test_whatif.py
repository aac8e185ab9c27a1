"""What if against truth: what a fork forecasts is what a real server does in skipped time with the same acts, entry by entry; and what
is asked of a register, at the command line."""

import asyncio
import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

import starter
from activities import forks
from activities.documents import whatif as documents
from activities.register import Register
from models.acts import Lapse, Submit
from models.filing import Entry
from models.values import at_hour, canonical
from models.vocabulary import ActKind, Stage
from models.whatif import Assumption, Conduct, Habits, Outcome, Published, Question, sum_of
from regulation import expectations, terms, whatif
from regulation.calendar import CALENDARS
from regulation.expectations import Expectations
from regulation.terms import TERMS
from tests.databases import DATABASES, Databases
from tests.population import NOW, populate
from tests.simulated import holding
from tests.story import Story, instant, report
from tests.world import World

SUPPOSED = {
    "edition": "SUPPOSED-2027", "base": "LN-2023", "effective": "2027-06-01", "document_no": "推演",
    "rows": [
        {"key": "annual.deadline", "kind": "A", "value": "12-20", "article": "A-34"},
        {"key": "annual.reminder_days", "value": [-30, -3, 5], "article": "G-13"},
        {"key": "revocation.statement_working_days", "value": 15, "article": "G-17"},
    ],
}  # fmt: skip
"""Numbers that only these futures have."""


@pytest.fixture
def published() -> Iterator[tuple[Published, ...]]:
    """Terms and calendars of these futures, known to this process as long as they are needed."""
    kept = [(each, each._editions, each._documents) for each in (TERMS, CALENDARS)]
    TERMS.add(SUPPOSED)
    told = [Published(subject="terms", name="SUPPOSED-2027", at=at_hour(date(2027, 6, 1), 9))]
    for document in whatif.supposed_calendars("2026", 2026, date(2028, 12, 31), "推定"):
        CALENDARS.add(document)
        told.append(
            Published(subject="calendar", name=document["edition"], at=instant(f"{document['known_from']}T09:00"))
        )
    yield tuple(told)
    for each, editions, known in kept:
        each._editions, each._documents = editions, known
    terms.find.cache_clear()


# What if against truth


FUTURES = {
    "WHATIF-APPLIES": (Conduct.AS_BEFORE, "2028-01-31"),
    "WHATIF-REPORTS": (Conduct.IN_TIME, "2028-12-31"),
    "WHATIF-MISSES": (Conduct.NOBODY, "2029-02-15"),
    "WHATIF-LATE": (Conduct.AS_BEFORE, "2028-12-31"),
}
"""What is supposed of each filing, and until when it is lived on."""

HABITS = Habits(reports={" A": (17,)}, steps={"confirm": {"": (2,)}, "archive": {"": (25,)}})
"""Reports come seventeen days late, the province archives late."""


async def test_a_forecast_is_what_the_server_then_does_with_the_same_acts(
    world: World, published: tuple[Published, ...]
) -> None:
    applying = Story(world, "WHATIF-APPLIES", jurisdiction="210200")
    await applying.submitted("2027-03-15")
    stories = [applying, *(Story(world, each) for each in FUTURES if each != applying.id)]
    for story in stories[1:]:
        await story.archived(2027)
    forecasts = {story.id: forecast(story.docket[-1], published) for story in stories}
    await asyncio.gather(*(lives(story, forecasts[story.id]) for story in stories))
    for story in stories:
        was = forecasts[story.id]
        is_now = [entry for entry in story.docket if entry.number > was[0].number]
        assert [plain(entry, other) for entry, other in zip(was[1:], is_now, strict=True)] == [*map(plain, is_now)]
    kinds = {name: {str(entry.event.kind) for entry in docket} for name, docket in forecasts.items()}
    assert {"accept", "archive", "archiving_overdue", "file_annual_report"} <= kinds["WHATIF-APPLIES"]
    assert {"terms_published", "calendar_published", "file_annual_report", "year_closed"} <= kinds["WHATIF-REPORTS"]
    assert {"year_missed", "revocation_opened", "revoked", "announcement_overdue"} <= kinds["WHATIF-MISSES"]
    assert {"year_missed", "file_annual_report"} <= kinds["WHATIF-LATE"]


def forecast(last: Entry, published: tuple[Published, ...]) -> tuple[Entry, ...]:
    """What a fork says of a filing."""
    conduct, until = FUTURES[last.filing.id]
    assumption = Assumption(leaders=conduct, offices=conduct)
    expected = Expectations(assumption, HABITS, max(last.entered_at, instant("2027-04-21T09:00")))
    if last.filing.stage is Stage.SUBMITTED:
        expected = Expectations(assumption, HABITS, last.entered_at)
    return whatif.Future(instant(until), expected, published).lived(last).docket


async def lives(story: Story, docket: tuple[Entry, ...]) -> None:
    """The same acts, sent through the door."""
    for entry in docket[1:]:
        if isinstance(entry.event, Lapse | Submit):
            continue
        raw: dict[str, Any] = entry.event.model_dump(mode="json", exclude={"paper", "archive_number"})
        if entry.event.kind is ActKind.FILE_ANNUAL_REPORT:
            raw["content"] = report(raw["year"])
        await story.world.acts(story.id, raw)
    if story.world.is_open(story.id):
        await story.on(f"{FUTURES[story.id][1]}T09:00:00")


def plain(entry: Entry, other: Entry | None = None) -> str:
    """An entry without the clock of whoever entered it, and with the paper that was brought instead of none."""
    text = canonical(entry.model_dump(mode="json", exclude={"entered_at"}))
    brought = getattr(other.event, "paper", None) if other else None
    return text.replace(expectations.PAPER, brought) if brought else text


# What is asked of a register

AT = instant(NOW)

DEADLINE = {
    "edition": "推演", "base": "LN-2023", "effective": "2023-06-01", "document_no": "推演",
    "rows": [{"key": "annual.deadline", "kind": "A", "value": "12-20", "article": "A-34"}],
}  # fmt: skip


@pytest.mark.parametrize("databases", DATABASES[1:], indirect=True)  # on SQLite the command line does it
def test_a_fork_is_lived_on_twice_and_changes_nothing(databases: Databases) -> None:
    register = Register.at(databases.made("a population", holding(populate)))
    before = {row.filing_id: row.value for row in register.rows(["SY-NEW", "SY-FORCE"]).values()}
    seen: list[tuple[str, int, int]] = []
    question = Question(years=2, terms=DEADLINE, assumption=Assumption(leaders=Conduct.IN_TIME))
    outcome = forks.run(register.engine, question, AT, lambda *told: seen.append(told))
    assert (outcome.filings, outcome.lived) == (12, 12)
    assert seen[-1] == (forks.LIVING, 12, 12)
    assert {each.filing for each in outcome.listed} >= {"SY-FORCE", "DL-NOTICE"}
    assert sum_of(outcome, "year_closed").peak_was == (date(2023, 12, 1), 10)
    assert sum_of(outcome, "year_closed").moved > 0
    assert all(each.kind == "A" for each in outcome.listed), "kind B has its own deadline"
    assert {row.filing_id: row.value for row in register.rows(["SY-NEW", "SY-FORCE"]).values()} == before
    assert "推演" not in TERMS
    assert not any(name.startswith("推定") for name in CALENDARS)
    register.engine.dispose()


@pytest.fixture
def deployment(monkeypatch: pytest.MonkeyPatch, sqlite: Databases, tmp_path: Path) -> None:
    """A register with a dozen alliances, for the command line."""
    monkeypatch.setenv("BEIAN_DATABASE_URL", sqlite.made("a population", holding(populate)))
    monkeypatch.setenv("BEIAN_VAR", str(tmp_path))


@pytest.mark.usefixtures("deployment")
def test_the_command_line_tells_what_differs_as_table_workbook_and_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [
        "--set",
        "annual.deadline=12-20",
        "--kind",
        "A",
        "--from",
        "2023-06-01",
        "--at",
        "2023-05-10",
        "--years",
        "2",
    ]
    written = ["--xlsx", str(tmp_path / "w.xlsx"), "--svg", str(tmp_path / "w.svg")]
    assert starter.run(["whatif", *asked, *written]) == 0
    told = capsys.readouterr().out
    assert "年度总结和计划报送截止日（月-日）（A类）：11-30 → 12-20" in told
    assert "SY-FORCE  " in told
    assert "提醒 2024年度（前30日）：2024-10-31 09:00 → 2024-11-20 09:00" in told
    book = load_workbook(tmp_path / "w.xlsx")
    assert book.sheetnames == ["假定", "汇总", "机构", "逐月", "逐件差异"]
    assert book["汇总"]["A2"].value == "提醒"
    for name in ("w.svg", "w-offices.svg"):
        assert (tmp_path / name).read_text("utf-8").startswith("<svg")


@pytest.mark.usefixtures("deployment")
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--set", "annual.deadline=13-40"], "须为每年都有的月日（MM-DD）"),
        (["--set", "retention.draft_days=40"], "没有 retention.draft_days 这一项期限标准"),
        (["--set", "annual.deadline=12-20"], "须写明类别"),
        (["--set", "annual.deadline=06-30", "--kind", "A"], "早于年度报送开始日"),
        (["--set", "annual.deadline"], "须写作 名称=值"),
        (["--delay-of", "999999=3"], "没有这一机构：999999"),
        (["--delay-of", "210100=9000"], "假定有误"),
        (["--at", "2099-01-01"], "起点不得晚于现在"),
        (["--set", "annual.deadline=12-01", "--terms", "x.json"], "x.json"),
        (["--kind", "A", "--leaders", "nobody"], "只用于 --set 所假定的项目"),
        (["--set", "archive.working_days=5", "--set", "archive.working_days=9", "--kind", "A"], "写了两次"),
    ],
)
def test_what_cannot_be_asked_is_said_before_anything_is_lived(
    asked: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert starter.run(["whatif", *asked]) in (2, 64)
    told = capsys.readouterr()
    assert said in told.out + told.err


def test_what_is_told_of_an_outcome_is_in_words() -> None:
    outcome = Outcome(
        question=Question(terms=DEADLINE, one_in=10, assumption=Assumption(delay=3, delays={"210100": 5}, share=80)),
        at=AT, until=at_hour(date(2026, 5, 10), 0), filings=120, lived=12, differing=0, sums=(), offices=(),
    )  # fmt: skip
    told = dict(documents.supposed(outcome))
    assert told["盟主企业"] == "按以往的实际情况（仅80%的联盟）"
    assert told["机构"] == "按以往的实际情况，各慢3个工作日"
    assert told["个别机构"] == "沈阳市科技局慢5个工作日"
    assert told["件数"] == "12件（备案库中尚在办理或者在库的共120件）"
    assert json.loads(outcome.model_dump_json())["question"]["one_in"] == 10
    assert Outcome.model_validate_json(outcome.model_dump_json()) == outcome
    assert isinstance(outcome.at, datetime)
