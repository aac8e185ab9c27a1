"""Editions of terms and calendar: dated data that never changes once it was used."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from activities import editions as folders
from models.values import digest
from models.vocabulary import Kind
from regulation import calendar, data, promises, terms
from regulation.calendar import CALENDARS, STATUTORY, CalendarEdition
from regulation.editions import EditionRefused, Editions
from regulation.terms import TERMS, TermsEdition

SHENYANG, DALIAN, SHENFU = "210100", "210200", "21SF00"

SHIPPED_CALENDARS = {
    "2021": "803f8e78722314c7bb6cc6f9998dbc72f42db1854a804847c01b04d31bdb9fd5",
    "2022": "cba7cba875c873c8f0fec80a6c0d2c1c9d3f0fc7d59929a280ff17734942a98f",
    "2023": "2c65c7555f8bfc3d8476fd50af27c93088410e8033e6016bb1f7a43102ff7ec6",
    "2024": "6d39039d764864a837650c6cee7d12d905205959eaf8dc36fe5768040ee3478c",
    "2025": "c71c708d70035e0a8eb83e341c20ebd8dde3850e4887b5530198488d57396638",
    "2026": "0850761858d9d9e437bb1bd1dac4bc9157e4144c5074d0b2aa40333f9c022df3",
}
SHIPPED_TERMS = {
    "LN-2021": "39c55feaf90d4b9c04155225ec85cde3515364bcc123e201453cb008800e9f9c",
    "LN-2023": "3ffc1c12b5df25d70dc74e36d74de449d4bfdb1591af574a28a08f2393481cb1",
}
STATUTORY_TABLE = "de6609bacc58ca60faeeae70c5f63e143e97c10d586ebb93a57e7f3c15e58705"


# What is shipped never changes


def test_the_shipped_calendars_are_those_that_were_shipped() -> None:
    assert {name: CALENDARS.digest(name) for name in SHIPPED_CALENDARS} == SHIPPED_CALENDARS


def test_the_shipped_terms_are_those_that_were_shipped() -> None:
    assert {name: TERMS.digest(name) for name in SHIPPED_TERMS} == SHIPPED_TERMS


def test_the_table_behind_provisional_dates_is_the_one_that_was_shipped() -> None:
    assert digest(STATUTORY) == STATUTORY_TABLE


def test_every_shipped_file_is_pinned_here() -> None:
    calendars, numbers = ({Path(name).stem for name in data.names(folder)} for folder in ("calendars", "terms"))
    assert calendars == SHIPPED_CALENDARS.keys()
    assert numbers == SHIPPED_TERMS.keys()


def test_a_digest_covers_everything_that_an_edition_builds_on() -> None:
    one, other = calendar.shipped(), calendar.shipped()
    one.add(a_calendar("2027", "2026"))
    other.add(a_calendar("2026-DL", "2026", closures={DALIAN: {"2026-07-20": "台风停工"}}))
    other.add(a_calendar("2027", "2026-DL"))
    assert one.digest("2027") != other.digest("2027")


# Taking one more


def a_calendar(name: str, base: str | None, **more: Any) -> dict[str, Any]:
    """A file of the calendar for the year that its name begins with, unless it says otherwise."""
    days: dict[str, Any] = {"days_off": {"2027-01-01": "元旦"}, "workdays": ["2027-01-03"]}
    years = {"2027": days} if name.startswith("2027") else {}
    return {"edition": name, "base": base, "years": years, **more}


def some_terms(name: str, base: str | None, *rows: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A file of terms."""
    return {
        "edition": name,
        "base": base,
        "effective": "2026-01-01",
        "document_no": "辽科发〔2026〕1号",
        "rows": list(rows),
        **more,
    }


def a_row(key: str, value: Any, **more: Any) -> dict[str, Any]:
    """A row of terms."""
    return {"key": key, "value": value, "article": "A-51", **more}


def test_next_years_calendar_is_one_more_file() -> None:
    calendars = calendar.shipped()
    calendars.add(a_calendar("2027", "2026"))
    edition = calendars["2027"]
    assert edition.covers == 2027
    assert date(2027, 1, 3).toordinal() in edition.working_days(None)
    assert date(2027, 1, 1).toordinal() not in edition.working_days(None)
    assert date(2026, 2, 14).toordinal() in edition.working_days(None), "what it builds on stays"


def test_a_citys_longer_notice_is_one_more_row() -> None:
    numbers = terms.shipped()
    numbers.add(some_terms("DL-2026", "LN-2023", a_row("notice.length", 7, jurisdiction=DALIAN)))
    rows = numbers["DL-2026"].rows
    assert rows["notice.length", None, DALIAN, None] == (7, "A-51")
    assert rows["notice.length", None, None, None] == (5, "G-01"), "what it builds on stays"


def test_the_same_file_twice_is_one_edition() -> None:
    calendars = calendar.shipped()
    calendars.add(a_calendar("2027", "2026"))
    calendars.add(a_calendar("2027", "2026"))
    assert list(calendars).count("2027") == 1


def test_another_content_under_the_same_name_is_refused() -> None:
    calendars = calendar.shipped()
    calendars.add(a_calendar("2027", "2026"))
    with pytest.raises(EditionRefused, match="工作日历 2027: 已有同名而内容不同的版本"):
        calendars.add(a_calendar("2027", "2026", known_from="2026-11-20"))


def test_a_fork_has_the_rows_of_what_it_builds_on_and_not_those_of_its_sibling() -> None:
    numbers = terms.shipped()
    numbers.add(some_terms("DL-2026", "LN-2023", a_row("notice.length", 7, jurisdiction=DALIAN)))
    numbers.add(some_terms("LN-2027", "LN-2023", a_row("review.city_working_days", 15), effective="2027-01-01"))
    assert ("notice.length", None, DALIAN, None) not in numbers["LN-2027"].rows
    assert numbers.newest(date(2026, 6, 1), lambda edition: edition.since <= date(2026, 6, 1)) == "DL-2026"
    assert numbers.newest(date(2027, 6, 1), lambda edition: edition.since <= date(2027, 6, 1)) == "LN-2027"


@pytest.mark.parametrize("base", ["LN-2022", None, "", 2023, ["LN-2023"]])
def test_an_edition_builds_on_one_that_is_there(base: Any) -> None:
    with pytest.raises(EditionRefused, match="期限标准 LN-2026: 没有它所依据的版本"):
        terms.shipped().add(some_terms("LN-2026", base))


def test_the_first_edition_builds_on_none() -> None:
    nothing: Editions[CalendarEdition] = Editions("工作日历", lambda document, base: CALENDARS["2021"])
    with pytest.raises(EditionRefused, match="没有它所依据的版本 2020"):
        nothing.add({"edition": "2021", "base": "2020"})


def test_a_refused_edition_leaves_no_trace() -> None:
    numbers = terms.shipped()
    with pytest.raises(EditionRefused):
        numbers.add(some_terms("LN-2026", "LN-2023", a_row("notice.length", 2)))
    assert "LN-2026" not in numbers
    numbers.add(some_terms("LN-2026", "LN-2023", a_row("notice.length", 3)))


@pytest.mark.parametrize("name", ["", " ", "二〇二六年度申报通知" * 5, "a/b", "x\ny"])
def test_a_name_is_one_that_can_be_stored(name: str) -> None:
    with pytest.raises(EditionRefused, match="版本名称"):
        calendar.shipped().add(a_calendar(name, "2026"))


# What a file may say


@pytest.mark.parametrize(
    ("key", "lowest", "highest"),
    [
        ("review.acceptance_working_days", 1, 10),
        ("review.city_working_days", 1, 60),
        ("review.extension_working_days", 1, 60),
        ("review.iit_opinion_working_days", 1, 60),
        ("notice.length", 3, 30),
        ("notice.postal_grace_working_days", 0, 10),
        ("annual.first_due_min_days", 0, 366),
        ("revocation.missed_years", 2, 2),
        ("revocation.statement_working_days", 5, None),
        ("revocation.postal_grace_working_days", 0, 10),
        ("text.max_chars", 500, 500),
    ],
)
def test_a_number_stays_within_its_bounds(key: str, lowest: int, highest: int | None) -> None:
    most = 60 if highest is None else highest
    for fits in (lowest, most):
        terms.shipped().add(some_terms("LN-2026", "LN-2023", a_row(key, fits)))
    for wrong in (lowest - 1, most + 1, str(lowest), float(lowest), True, None):
        with pytest.raises(EditionRefused, match=f"期限标准 LN-2026: {key} = "):
            terms.shipped().add(some_terms("LN-2026", "LN-2023", a_row(key, wrong)))


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (a_row("notice.unit", "days"), "notice.unit = days 须为working_day 或 calendar_day"),
        (a_row("annual.deadline", "11-31", kind="A"), "每年都有的月日"),
        (a_row("annual.deadline", "02-29", kind="A"), "每年都有的月日"),
        (a_row("annual.deadline", "2026-11-30", kind="A"), "每年都有的月日"),
        (a_row("annual.reminder_days", [-30, -60]), "由早到晚"),
        (a_row("annual.reminder_days", [-30, 0, 1]), "不含0"),
        (a_row("revocation.auto_complete", 1), "true 或 false"),
        (a_row("notice.lenght", 5), "没有 notice.lenght 这一项"),
        (a_row("notice.length", 5, jurisdiction="210199"), "/rows/0/jurisdiction"),
        (a_row("notice.length", 5, jurisdicton="210200"), "/rows/0/jurisdicton 没有这一项"),
        (a_row("notice.length", 5, kind="C"), "/rows/0/kind"),
        (a_row("notice.length", 5) | {"article": "Z-99"}, "依据 Z-99 不存在"),
        ({"key": "notice.length", "value": 5}, "/rows/0/article 须填写"),
        (a_row("intake.window", {"opens": "2026-04-25", "closes": "2026-04-03"}, kind="B", year=2026), "前者不晚于后者"),
        (a_row("intake.window", {"opens": "2026-04-03"}, kind="B", year=2026), "opens 与 closes"),
        (a_row("intake.window", {"opens": "2025-04-03", "closes": "2025-04-25"}, kind="B", year=2026), "在该年之内"),
        (a_row("intake.window", {"opens": "2026-04-03", "closes": "2026-04-25"}, kind="B"), "须写明年份"),
        (a_row("intake.recommend_deadline", "2026-4-30", kind="B", year=2026), "日期"),
    ],
)  # fmt: skip
def test_a_wrong_row_is_refused_and_said_in_chinese(row: Mapping[str, Any], says: str) -> None:
    with pytest.raises(EditionRefused, match="期限标准 LN-2026: ") as refused:
        terms.shipped().add(some_terms("LN-2026", "LN-2023", row))
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"edition": "2027", "base": "2026", "years": {"2028": {"days_off": {}, "workdays": []}}}, "自 2027 年起连续"),
        ({"edition": "2027", "base": "2026", "years": {"2026": {"days_off": {}, "workdays": []}}}, "自 2027 年起连续"),
        (a_calendar("2027", "2026", years={"2027": {"days_off": {"2027-01-02": "元旦"}, "workdays": []}}), "2027-01-02 不是 2027 年的周一至周五"),
        (a_calendar("2027", "2026", years={"2027": {"days_off": {}, "workdays": ["2027-01-04"]}}), "2027-01-04 不是 2027 年的周末"),
        (a_calendar("2027", "2026", years={"2027": {"days_off": {"2026-12-31": "元旦"}, "workdays": []}}), "2026-12-31 不是 2027 年的"),
        (a_calendar("2027", "2026", years={"2027": {"days_off": {}}}), "/years/2027/workdays 须填写"),
        (a_calendar("2027", "2026", years={"2027": {"days_off": {"1月1日": "元旦"}, "workdays": []}}), "须为日期"),
        (a_calendar("2027", "2026", closures={"大连": {}}), "/closures/大连"),
        (a_calendar("2027", "2026", yeers={}), "/yeers 没有这一项"),
        (a_calendar("2027", "2026", years=[]), "须为对象"),
    ],
)  # fmt: skip
def test_a_wrong_calendar_is_refused_and_said_in_chinese(document: Mapping[str, Any], says: str) -> None:
    with pytest.raises(EditionRefused, match="工作日历 2027: ") as refused:
        calendar.shipped().add(document)
    assert says in str(refused.value)


def test_every_number_that_is_shipped_is_one_that_may_be_set() -> None:
    shipped = terms.shipped()
    keys = {key for name in shipped for key, *_ in shipped[name].rows}
    assert keys | terms.ADDED.keys() == terms.KEYS.keys()
    assert keys.isdisjoint(terms.ADDED), "what an edition has, every later one has too"


# Which edition, which row


def test_an_edition_prepared_ahead_is_not_used_before_its_day() -> None:
    calendars = calendar.shipped()
    calendars.add(a_calendar("2027", "2026", known_from="2026-11-04"))
    assert calendars.newest(date(2026, 11, 3)) == "2026"
    assert calendars.newest(date(2026, 11, 4)) == "2027"


def test_of_two_calendars_the_one_that_reaches_further_is_newer() -> None:
    calendars = calendar.shipped()
    calendars.add(a_calendar("2027", "2026"))
    calendars.add(a_calendar("2026-typhoon", "2026", closures={DALIAN: {"2026-07-20": "台风停工"}}))
    assert calendars.newest(date(2026, 12, 1)) == "2027"
    assert calendars.newer("2026-typhoon", "2026"), "of two that reach equally far, the one added later"
    assert not calendars.newer("2026", "2026")


def test_terms_govern_what_is_submitted_from_their_day_on() -> None:
    shipped = terms.shipped()

    def on(day: date) -> str:
        return shipped.newest(day, lambda edition: edition.since <= day)

    assert on(date(2021, 6, 28)) == "LN-2021"
    assert on(date(2023, 3, 30)) == "LN-2021"
    assert on(date(2023, 3, 31)) == "LN-2023"
    assert on(date(2026, 1, 1)) == "LN-2023"


def test_what_was_before_the_first_edition_has_the_first() -> None:
    before = date(2020, 1, 1)
    assert terms.shipped().newest(before, lambda edition: edition.since <= before) == "LN-2021"


@pytest.fixture
def numbers(monkeypatch: pytest.MonkeyPatch) -> Editions[TermsEdition]:
    """Terms of a deployment with rows of every kind."""
    editions = terms.shipped()
    editions.add(
        some_terms(
            "TRY",
            "LN-2023",
            a_row("notice.length", 6, kind="B"),
            a_row("notice.length", 7, jurisdiction=DALIAN),
            a_row("notice.length", 8, jurisdiction=DALIAN, kind="B"),
            a_row("notice.length", 9, year=2027),
            a_row("notice.length", 10, year=2027, jurisdiction=DALIAN, kind="A"),
        )
    )
    monkeypatch.setattr(terms, "TERMS", editions)
    return editions


@pytest.mark.parametrize(
    ("kind", "place", "year", "length"),
    [
        (Kind.A, SHENYANG, None, 5),
        (Kind.B, SHENYANG, None, 6),
        (Kind.A, DALIAN, None, 7),
        (Kind.B, DALIAN, None, 8),
        (Kind.A, SHENYANG, 2026, 5),
        (Kind.A, SHENYANG, 2027, 9),
        (Kind.B, DALIAN, 2027, 9),
        (Kind.A, DALIAN, 2027, 10),
    ],
)
def test_the_more_specific_row_holds_year_before_place_before_kind(
    numbers: Editions[TermsEdition], kind: Kind, place: str, year: int | None, length: int
) -> None:
    assert "TRY" in numbers
    assert terms.find("TRY", "notice.length", kind, place, year) == length


def test_one_office_does_both_in_shenfu_so_no_opinion_is_asked_there() -> None:
    assert terms.value("LN-2021", "review.iit_required", Kind.A, SHENYANG) is True
    assert terms.value("LN-2021", "review.iit_required", Kind.A, SHENFU) is False
    assert terms.value("LN-2021", "review.iit_required", Kind.B, SHENYANG) is False


def test_a_year_without_its_call_has_no_window() -> None:
    assert terms.find("LN-2023", "intake.window", Kind.B, SHENYANG, 2023) == {
        "opens": "2023-04-03",
        "closes": "2023-04-25",
    }
    assert terms.find("LN-2023", "intake.window", Kind.B, SHENYANG, 2024) is None
    with pytest.raises(KeyError):
        terms.value("LN-2023", "intake.window", Kind.B, SHENYANG, 2024)


CATALOGUE = {
    "review.acceptance_working_days": 5,
    "review.city_working_days": 20,
    "review.extension_working_days": 10,
    "review.iit_opinion_working_days": 10,
    "correction.applicant_days": 30,
    "correction.escalate_after": 3,
    "notice.length": 5,
    "notice.unit": "working_day",
    "notice.count_publication_day": False,
    "notice.postal_grace_working_days": 3,
    "objection.handling_working_days": 20,
    "annual.first_due_min_days": 90,
    "annual.window_opens": "10-01",
    "annual.roll_forward": False,
    "annual.reminder_days": [-60, -30, -14, -7, -1, 1, 7, 30],
    "annual.check_working_days": 20,
    "annual.answer_working_days": 10,
    "extension.max_days": 60,
    "revocation.missed_years": 2,
    "revocation.statement_working_days": 10,
    "revocation.postal_grace_working_days": 3,
    "revocation.publish_proposal": True,
    "revocation.auto_complete": True,
    "revocation.announce_working_days": 5,
    "revocation.announce_alert_working_days": 20,
    "revocation.listing_cure_days": 60,
    "change.report_days": 90,
    "text.max_chars": 500,
}
"""The numbers of the law and those chosen (docs/decisions.md), where both kinds have the same."""


@pytest.mark.parametrize("edition", ["LN-2021", "LN-2023"])
@pytest.mark.parametrize("kind", list(Kind))
def test_the_numbers_are_those_of_the_catalogue(edition: str, kind: Kind) -> None:
    ours = {key: terms.value(edition, key, kind, SHENYANG) for key in CATALOGUE}
    assert ours == CATALOGUE
    assert terms.value(edition, "archive.working_days", kind, SHENYANG) == {"A": 20, "B": 45}[kind]
    assert terms.value(edition, "annual.deadline", kind, SHENYANG) == {"A": "11-30", "B": "12-31"}[kind]


# A deployment's folder


def write(folder: Path, subject: str, file: str, document: Any) -> None:
    """Put a file where a deployment puts it."""
    (folder / subject).mkdir(parents=True, exist_ok=True)
    text = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)
    (folder / subject / file).write_text(text, "utf-8")


def a_deployment() -> dict[str, Editions[Any]]:
    """The editions of a deployment before its folder is read."""
    return {"calendars": calendar.shipped(), "terms": terms.shipped()}


def test_files_are_loaded_each_after_the_one_it_builds_on(tmp_path: Path) -> None:
    write(tmp_path, "terms", "a.json", some_terms("C", "B"))
    write(tmp_path, "terms", "b.json", some_terms("B", "A"))
    write(tmp_path, "terms", "c.json", some_terms("A", "LN-2023"))
    write(tmp_path, "calendars", "2027.json", a_calendar("2027", "2026"))
    into = a_deployment()
    folders.load(tmp_path, into)
    assert list(into["terms"]) == ["LN-2021", "LN-2023", "A", "B", "C"]
    assert "2027" in into["calendars"]


def test_files_that_wait_for_nothing_are_loaded_by_name(tmp_path: Path) -> None:
    write(tmp_path, "terms", "2-second.json", some_terms("A", "LN-2023"))
    write(tmp_path, "terms", "1-first.json", some_terms("Z", "LN-2023"))
    into = a_deployment()
    folders.load(tmp_path, into)
    assert list(into["terms"])[2:] == ["Z", "A"]


def test_a_folder_may_be_read_twice(tmp_path: Path) -> None:
    write(tmp_path, "terms", "a.json", some_terms("A", "LN-2023"))
    into = a_deployment()
    folders.load(tmp_path, into)
    folders.load(tmp_path, into)
    assert list(into["terms"]).count("A") == 1


def test_a_deployment_without_a_folder_has_what_is_shipped() -> None:
    into = a_deployment()
    folders.load(None, into)
    assert list(into["terms"]) == ["LN-2021", "LN-2023"]


def test_an_empty_folder_adds_nothing(tmp_path: Path) -> None:
    into = a_deployment()
    folders.load(tmp_path, into)
    assert list(into["calendars"]) == list(calendar.shipped())


def test_a_folder_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(EditionRefused, match=r"没有版本目录 .*nowhere"):
        folders.load(tmp_path / "nowhere", a_deployment())


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("{", "不是可读的 JSON 文件"),
        ("[]", "须为一个 JSON 对象"),
        (some_terms("X", "nothing"), "没有它所依据的版本 nothing"),
        (some_terms("X", "LN-2023", a_row("notice.length", 2)), "notice.length = 2 须为3至30"),
        (some_terms("LN-2023", "LN-2021"), "已有同名而内容不同的版本"),
    ],
)
def test_a_broken_file_is_refused_by_name(tmp_path: Path, document: Any, says: str) -> None:
    write(tmp_path, "terms", "broken.json", document)
    with pytest.raises(EditionRefused) as refused:
        folders.load(tmp_path, a_deployment())
    assert str(refused.value).startswith(str(tmp_path / "terms" / "broken.json"))
    assert says in str(refused.value)


def test_two_files_that_wait_for_each_other_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "terms", "a.json", some_terms("A", "B"))
    write(tmp_path, "terms", "b.json", some_terms("B", "A"))
    with pytest.raises(EditionRefused, match="没有它所依据的版本"):
        folders.load(tmp_path, a_deployment())


# Changed since it was used


def test_an_edition_that_filings_count_by_is_known_by_its_digest() -> None:
    calendars = calendar.shipped()
    calendars.add(a_calendar("2027", "2026"))
    used = {"2027": calendars.digest("2027"), "2026": calendars.digest("2026")}
    assert calendars.changed(used) == []

    altered = calendar.shipped()
    altered.add(a_calendar("2027", "2026", known_from="2026-11-04"))
    assert altered.changed(used) == ["2027"], "changed"
    assert calendar.shipped().changed(used) == ["2027"], "removed"


def test_a_deployment_words_a_promise_anew_from_a_day_on(tmp_path: Path) -> None:
    own, day = promises.shipped(), date(2027, 3, 1)
    worded = {"title": "年度报告承诺书", "number": "G-11b", "text": ["所报属实。"]}
    document = {"edition": "LN-2027", "base": "LN-2021", "effective": str(day), "promises": {"report": worded}}
    (tmp_path / "promises").mkdir()
    (tmp_path / "promises" / "LN-2027.json").write_text(json.dumps(document), "utf-8")
    folders.load(tmp_path, {"promises": own})
    before, after = own["LN-2021"].promises, own["LN-2027"].promises
    assert after["report"].text == ("所报属实。",)
    assert after["report"].digest != before["report"].digest
    assert after["integrity"] == before["integrity"], "what is not worded anew stays"
    with pytest.raises(EditionRefused, match="report"):
        own.add({**document, "edition": "LN-2028", "promises": {"report": {**worded, "text": []}}})
