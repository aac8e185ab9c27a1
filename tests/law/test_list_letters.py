"""书面异议 against the list of a subsidy (G-03, G-04): two people, as of the postmark within the grace, and the list waits."""

from typing import Any

import pytest

from models.rounds.base import RoundStage
from tests.law.rounds_of_money import SUBSIDY, Province, lack
from tests.law.test_subsidy_rounds import approved, province, state

SCAN = {"name": "来信.pdf", "media_type": "application/pdf", "size": 9, "sha256": "d" * 64, "location": "x"}
LETTER = {"name": "沈阳某公司", "party": "unit", "stamped": True, "text": "第二名的研发投入与事实不符", "scan": SCAN}
POSTED = {"on": "2027-05-17", "postmarked_on": "2027-05-12", "how": "post", "received_by": "p-403"}
"""Posted on the last day but one of the notice (7 to 13 May), received within the grace (to 18 May)."""


def on_notice() -> Province:
    """A list on notice."""
    here = province()
    approved(here, "2027-05-06")
    return here


def enters(here: Province, at: str, letter: dict[str, Any] = LETTER, **came: Any) -> str:
    """An officer enters a letter: its number."""
    here.done(SUBSIDY, at, "p-401", "enter_list_letter", letter, came={**POSTED, **came})
    return state(here.round(SUBSIDY)).letters[-1].id


def confirms(here: Province, at: str, letter: str, **said: Any) -> None:
    """Another officer compared it."""
    here.done(SUBSIDY, at, "p-402", "confirm_list_letter", letter=letter, **{"same": True, **said})


def open_ones(here: Province) -> list[str]:
    """The objections that are open."""
    notice = here.round(SUBSIDY).notice
    assert notice
    return [each.id for each in notice.objections if each.open]


def test_a_letter_posted_in_time_is_an_objection_once_another_person_has_compared_it() -> None:
    """Neither the grace nor an officer clears the list meanwhile; handled, the list stands."""
    here = on_notice()
    here.until(SUBSIDY, "2027-05-17 00:00")
    letter = enters(here, "2027-05-17 09:00")
    assert open_ones(here) == [], "what one person entered has no effect yet"
    assert "待另一人核对" in lack(here.does(SUBSIDY, "2027-05-17 10:00", "p-402", "confirm_list_clear"))
    assert "另一人" in lack(
        here.does(SUBSIDY, "2027-05-17 10:00", "p-401", "confirm_list_letter", letter=letter, same=True)
    )
    assert here.until(SUBSIDY, "2027-05-24 00:00").stage is RoundStage.ON_NOTICE
    confirms(here, "2027-05-24 09:00", letter)
    assert open_ones(here) == [letter]
    assert here.round(SUBSIDY).periods[f"objection:{letter}"].from_.isoformat() == "2027-05-17"
    said = {"objection": letter, "reason": "经核查不属实"}
    here.done(SUBSIDY, "2027-05-25 09:00", "p-401", "admit_list_objection", admissible=True, **said)
    here.done(SUBSIDY, "2027-05-25 10:00", "p-401", "rule_on_list_objection", outcome="dismissed", **said)
    round_ = here.until(SUBSIDY, "2027-05-27 00:00")
    assert state(round_).final_at
    assert (set(round_.periods), state(round_).letters) == ({"notice"}, ())


def test_a_letter_over_the_counter_counts_as_of_the_day_on_which_it_came() -> None:
    """Brought on the last day, entered and compared after it."""
    here = on_notice()
    came: dict[str, Any] = {"on": "2027-05-13", "postmarked_on": None, "how": "in_person"}
    confirms(here, "2027-05-14 10:00", letter := enters(here, "2027-05-14 09:00", **came))
    assert open_ones(here) == [letter]


@pytest.mark.parametrize(
    "came",
    [
        {"on": "2027-05-14", "postmarked_on": None, "how": "in_person"},
        {"on": "2027-05-17", "postmarked_on": "2027-05-14"},
        {"on": "2027-05-19"},
    ],
    ids=["brought after the notice", "posted after the notice", "received after the grace"],
)
def test_a_letter_that_is_late_is_on_record_and_holds_nothing(came: dict[str, Any]) -> None:
    here = on_notice()
    confirms(here, "2027-05-19 10:00", enters(here, "2027-05-19 09:00", **came))
    assert open_ones(here) == []
    assert state(here.until(SUBSIDY, "2027-05-21 00:00")).final_at


def test_a_letter_posted_in_time_is_handled_though_the_list_stood_already() -> None:
    """Received within the grace, entered after it: nothing is paid before it is handled."""
    here = on_notice()
    here.until(SUBSIDY, "2027-05-20 00:00")
    letter = enters(here, "2027-05-20 09:00", on="2027-05-18")
    paid = {"document_no": "辽财〔2027〕3号", "paid_on": "2027-05-20"}
    assert "待另一人核对" in lack(here.does(SUBSIDY, "2027-05-20 10:00", "p-401", "record_payment", **paid))
    confirms(here, "2027-05-20 11:00", letter)
    assert "1 件异议未处理" in lack(here.does(SUBSIDY, "2027-05-20 12:00", "p-401", "record_payment", **paid))


def test_what_is_not_the_same_as_the_letter_falls_away() -> None:
    """With a reason; the list then completes on the next day at the earliest."""
    here = on_notice()
    letter = enters(here, "2027-05-17 09:00")
    here.until(SUBSIDY, "2027-05-20 00:00")
    told = here.does(SUBSIDY, "2027-05-20 09:00", "p-402", "confirm_list_letter", letter=letter, same=False)
    assert "须说明理由" in lack(told)
    confirms(here, "2027-05-20 09:00", letter, same=False, reason="邮戳日期有误")
    assert open_ones(here) == []
    assert here.until(SUBSIDY, "2027-05-20 23:00").stage is RoundStage.ON_NOTICE
    assert state(here.until(SUBSIDY, "2027-05-21 01:00")).final_at


def test_an_anonymous_letter_is_inadmissible_by_itself() -> None:
    here = on_notice()
    here.done(
        SUBSIDY, "2027-05-17 09:00", "p-401", "enter_list_letter", {**LETTER, "name": None}, came=POSTED, anonymous=True
    )
    confirms(here, "2027-05-17 10:00", state(here.round(SUBSIDY)).letters[-1].id)
    assert open_ones(here) == []
    assert state(here.until(SUBSIDY, "2027-05-20 00:00")).final_at


def test_every_fault_of_how_it_came_is_told_at_once() -> None:
    """By the rules of every letter; three wait at most."""
    here = on_notice()
    wrong = {"on": "2027-05-18", "postmarked_on": "2027-05-19", "how": "fax", "received_by": "p-401"}
    told = lack(here.does(SUBSIDY, "2027-05-17 09:00", "p-401", "enter_list_letter", LETTER, came=wrong))
    assert [line.partition(" ")[0] for line in told.splitlines()] == [
        "/came/on", "/came/postmarked_on", "/came/postmarked_on",
    ]  # fmt: skip
    same = {**POSTED, "received_by": "p-401"}
    told = lack(here.does(SUBSIDY, "2027-05-17 09:00", "p-401", "enter_list_letter", LETTER, came=same))
    assert told.startswith("/came/received_by")
    for minute in range(3):
        enters(here, f"2027-05-17 09:0{minute}")
    told = lack(here.does(SUBSIDY, "2027-05-17 09:05", "p-401", "enter_list_letter", LETTER, came=POSTED))
    assert "已有 3 件" in told
