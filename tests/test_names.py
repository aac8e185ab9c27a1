"""Names as people see them: what shows nothing is refused and said, what looks the same is one name, and no title leads astray."""

import random
import unicodedata
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import SMTP
from typing import Any

import pytest

from activities.appending import Appended
from activities.channels.channel import Letter
from activities.channels.mail import Mail
from activities.channels.robot import _text
from activities.register import Register
from gateway.pages.web import _templates, legibly
from models.channels import MailSettings
from models.names import SHOWS_NOTHING, folded, hidden, key
from models.values import legible, on_one_line
from regulation import intake, judging, lodging
from tests.databases import on_both
from tests.near import Near
from tests.simulated import lived, told, written
from tests.story import application, instant

NAME = "沈阳市示例 AI产学研联盟"
UNSEEN = {
    "\u200b": "不可见字符", "\u00ad": "不可见字符", "\u202e": "不可见字符", "\u2066": "不可见字符", "\ufe00": "不可见字符",
    "\u3164": "不可见字符", "\uffa0": "不可见字符", "\U000e0041": "不可见字符", "\ufeff": "不可见字符", "\u2800": "不可见字符",
    "\u2028": "换行或控制字符", "\u2029": "换行或控制字符", "\x85": "换行或控制字符", "\x9b": "换行或控制字符",
    "\u00a0": "特殊空格", "\u3000": "特殊空格", "\u2009": "特殊空格", "\u202f": "特殊空格",
}  # fmt: skip


def called(name: str) -> str:
    """An alliance's name with something in its middle."""
    return NAME.replace("示例", f"示{name}例")


@pytest.mark.parametrize(("character", "what"), UNSEEN.items(), ids=ascii)
def test_what_shows_nothing_is_refused_in_a_name_and_named(character: str, what: str) -> None:
    raw = application(alliance_name=called(character))
    found = [each for each in intake.examine(raw, instant("2026-12-01")).findings if each.field == "/alliance_name"]
    assert f"联盟名称（全称）：第5个字符为{what} U+{ord(character):04X}，须删去" in [each.message for each in found]
    assert all(each.article for each in found)
    before = intake.examine(raw, instant("2026-11-30"))
    assert not any("字符" in each.message for each in before.findings), "what was filed before stands"


def test_every_line_of_every_form_is_looked_at_and_long_texts_are_not() -> None:
    raw = application(alliance_name=NAME)
    raw["leader"] |= {"contact": "王\u202e五", "operating_address": "甲\u00a0乙\u00a0丙\u00a0丁\u00a0戊"}
    raw["members"][0] |= {"name": "\u200b甲", "position": "第一行\n第二行\u3000完"}
    told = {
        each.field: each.message
        for each in intake.examine(raw, instant("2027-03-15")).findings
        if "字符" in each.message
    }
    assert set(told) == {"/leader/contact", "/leader/operating_address", "/members/0/name"}
    assert told["/leader/operating_address"].endswith("等4处，须删去")
    objection: dict[str, Any] = {
        "party": "individual",
        "channel": "platform",
        "name": "何\u200b",
        "text": "不属实\u3000",
        "contact": "x",
        "evidence": [],
        "stamped": True,
    }
    act = {"id": "o-1", "kind": "object", "by": {"person": "public", "office": "public", "role": "public"}}
    lodged = lodging.lodge("LIFE", act | {"content": objection, "received_at": "2027-03-15T09:00:00+08:00"})
    assert [each.field for each in lodged.findings if "字符" in each.message] == ["/content/name"]
    lodged = lodging.lodge("LIFE", act | {"content": objection, "received_at": "2026-11-15T09:00:00+08:00"})
    assert not any("字符" in each.message for each in lodged.findings)


@pytest.mark.parametrize(
    "other",
    [*map(called, UNSEEN), NAME.replace(" ", ""), NAME.replace("AI", "ai"), NAME.replace("AI", "\uff21\uff29"), f" {NAME}  "],
    ids=ascii,
)  # fmt: skip
def test_names_that_look_the_same_are_one(other: str) -> None:
    assert folded(other) == folded(NAME) == "沈阳市示例ai产学研联盟"
    assert key(other) == key(NAME)


def test_names_that_look_different_are_two_and_ordinary_ones_have_nothing_hidden() -> None:
    assert folded("沈阳市甲产学研联盟") != folded("沈阳市乙产学研联盟")

    for name in (NAME, "大连市“三篇大文章”（沈抚）·5G/6G产学研联盟", "Nestlé–Müller 联盟", "䶮㙓𠮷"):
        assert [*hidden(name)] == []
    assert len(key("\ufdfa" * 200)) == 64, "its folded form has thousands of characters"


def test_whatever_shows_nothing_is_left_out_of_a_folded_name() -> None:
    """Most names are not looked through for it: none that has to be is taken for one of those."""
    for code in (
        *range(0x3400),
        *range(0xD7F0, 0x11000),
        *range(0x1BCA0, 0x1BCA4),
        *range(0x1D170, 0x1D180),
        *range(0xE0000, 0xE1100),
    ):
        told = unicodedata.normalize("NFKC", f"示{chr(code)}例")
        shows = [each for each in told if not unicodedata.category(each).startswith(("Z", "Cc", "Cf", "Cs"))]
        seen = "".join(each for each in shows if not SHOWS_NOTHING.match(each))
        assert folded(f"示{chr(code)}例") == unicodedata.normalize("NFKC", seen.casefold()), f"U+{code:04X}"


@on_both
def test_the_register_takes_a_name_once_however_it_is_written(register: Register) -> None:
    first = lived("LIFE", alliance_name=NAME).until("archive")
    written(register, first)
    twin = NAME.replace("AI", "\uff41i").replace(" ", "\u200b")
    rival = lived("RIVAL", alliance_name=twin)
    rival.lodged(register)
    assert register.append(rival.docket[0]) == Appended(outcome="refused", reason=judging.NAME_TAKEN)
    assert register.known("RIVAL", application(alliance_name=twin)).names == (twin,), "and the door says so"
    assert register.known("LIFE", application(alliance_name=twin)).names == (), "its own it may write anew"
    assert register.verify("LIFE") == []


# Ids of filings


@pytest.mark.parametrize(
    "given", ["LN-1.", "LN..1", "index.html", "CON", "con.2026", "nul.x", "lpt1", "a.EXE", "x.svg", "survey-2027-LN-1"]
)
def test_an_id_that_is_the_name_of_something_else_is_refused(given: str) -> None:
    for day, refused in (("2026-12-01", True), ("2026-11-30", False)):
        found = intake.examine(application(filing_id=given), instant(day)).findings
        assert any(each.field == "/filing_id" and "保留名称" in each.message for each in found) == refused


def test_ids_as_platforms_give_them_are_taken() -> None:
    for given in ("LN-2026-0001", "ln_2026.0001", "com-1", "9f8e7d6c-5b4a", "index", "2026.12.v2"):
        found = intake.examine(application(filing_id=given), instant("2026-12-01")).findings
        assert not any(each.field == "/filing_id" for each in found)


@on_both
def test_two_ids_differ_by_more_than_the_case_of_their_letters(register: Register) -> None:
    written(register, lived("Ln-Show-07").until("archive"))
    form = application(
        filing_id="LN-SHOW-07", alliance_name="沈阳市又一产学研联盟", received_at="2027-03-15T09:00:00+08:00"
    )  # fmt: skip
    assert register.known("LN-SHOW-07", form).alike_id
    assert not register.known("Ln-Show-07", form).alike_id, "its own corrections go on"
    examined = intake.examine(form, instant("2027-03-15"), register.known("LN-SHOW-07", form))
    assert [each.message for each in examined.findings if each.field == "/filing_id"] == [judging.ID_TAKEN]
    late = told(form, until=instant("2027-03-15"))
    late.lodged(register)
    assert register.append(late.docket[0]) == Appended(outcome="refused", reason=judging.ID_TAKEN)
    early = told(form | {"received_at": "2026-03-15T09:00:00+08:00"}, until=instant("2026-03-15"))
    early.lodged(register)
    assert register.append(early.docket[0]).outcome == "entered", "histories hold such ids"


# Where a name goes

HOSTILE = (
    "=?utf-8?q?=0D=0ABcc:_evil@x.cn?=", "=?utf-8?b?DQpCY2M6IGV2aWxAeC5jbg==?=", "=", "?=", "=?", "\r\nBcc: evil@x.cn", "\n\n",
    "\u2028Bcc: x@y.cn\u0085Subject: z", "\u202e", "\u2066", "联盟", " ", "a" * 90, "长" * 60, ";", ",", "<evil@x.cn>", "\x00",
)  # fmt: skip


def letter(title: str, body: str = "正文") -> Letter:
    """A letter of that title."""
    at = datetime(2027, 3, 15, tzinfo=UTC)
    return Letter(
        id="LN-1-2-1", messages=("LN-1-2-1",), text="received", to="leader", office="x", title=title, body=body, created_at=at
    )  # fmt: skip


def test_whatever_a_title_says_a_mail_has_its_own_headers_and_no_others() -> None:
    mail = Mail(MailSettings(type="mail", host="127.0.0.1", sender="beian@example.cn", security="none"))
    usual = mail._message(letter("收到"), ["ok@leader.cn"]).as_bytes(policy=SMTP)
    headers, chance = message_from_bytes(usual).keys(), random.Random(7)
    titles = [*HOSTILE, *("".join(chance.choices(HOSTILE, k=chance.randint(2, 6))) for _ in range(300))]
    for title in titles:
        raw = mail._message(letter(title, title), ["ok@leader.cn"]).as_bytes(policy=SMTP)
        read = message_from_bytes(raw)
        assert read.keys() == headers
        assert read["To"] == "ok@leader.cn"
        subject = str(make_header(decode_header(read["Subject"])))
        assert subject.isprintable() or subject == ""
        assert on_one_line(title).replace("=?", "＝？").replace(" ", "") == subject.replace(" ", "")
        text = read.get_payload(decode=True).decode()  # type: ignore[union-attr]
        assert legible(text) == text


def test_no_channel_a_page_or_a_chat_is_turned_around_or_called_upon_by_a_name() -> None:
    said = letter("甲\u202e乙\r\n丙\u2028丁", "一\n二\u2066三")
    assert (said.title, said.body) == ("甲\ufffd乙 丙 丁", "一\n二\ufffd三")
    assert "<at" not in _text(letter('<at user_id="all">所有人</at>联盟'), 2048)
    assert Near.of(Register.__new__(Register)).named("LN-1", "甲\u202e乙", "210100")["memo"] == {
        "alliance": "甲\ufffd乙"
    }
    page = _templates().from_string("{{ name }}{{ name|e }}{% macro m() %}<b>{{ name }}</b>{% endmacro %}{{ m() }}")
    assert legibly(page, name="<\u202e") == "&lt;\ufffd&lt;\ufffd<b>&lt;\ufffd</b>"
