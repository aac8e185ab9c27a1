"""The texts: whole, naming only what there is, short enough; and what a deployment may put in their place."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from activities import replacements
from activities.channels.configured import as_deployed
from activities.channels.sms import PART, parts
from gateway.app import deployed
from models.settings import Settings
from models.vocabulary import Kind
from regulation import messages, offices, texts
from regulation.messages import NOTIFICATIONS
from regulation.texts import COMPILED, FAMILIES, SHIPPED, TextRefused, is_said_in, once, words_of
from regulation.wording import SENTENCES, WORDS, Facts, Names
from tests.law.test_cases import CASES, live

LONGEST_NAME = "沈" * 25
SIGNATURE = "辽宁科技"


@pytest.fixture(autouse=True)
def shipped() -> Iterator[None]:
    """Whatever a test puts in place, it is gone afterwards."""
    yield
    texts.reset()


# What is shipped


def test_every_event_has_a_message_and_every_file_an_event() -> None:
    assert {key for family, key in SHIPPED if family == "inbox"} == NOTIFICATIONS.keys() | COMPILED.keys()
    assert {key for _, key in SHIPPED} <= NOTIFICATIONS.keys() | COMPILED.keys()
    assert {family for family, _ in SHIPPED} <= set(FAMILIES)
    assert {(family, key) for family, key in SHIPPED if not is_said_in(key, family)} == set()


@pytest.mark.parametrize(("family", "key"), sorted(SHIPPED))
def test_every_word_is_known_and_titles_are_where_they_belong(family: str, key: str) -> None:
    text = SHIPPED[family, key]
    assert text.words <= words_of(key, family)
    assert bool(text.title) is FAMILIES[family].titled
    assert "\n" not in text.title
    assert text.body


@cache
def sent() -> Mapping[tuple[str, str], frozenset[str]]:
    """Everything that the cases of the law send, by family and event, of an alliance with a long name.

    Documents have more to go by than a message; what they say is tested with them.
    """
    said: dict[tuple[str, str], set[str]] = {}
    for case in CASES:
        lived = live(case)
        for before, entry in lived.entries():
            known = lived.names(entry)
            names = Names(LONGEST_NAME, known.leader, known.past)
            for key in {each.text for each in messages.told(before, entry)}:
                for family in ("inbox", "sms"):
                    if (family, key) in SHIPPED:
                        title, body = texts.render(key, before, entry, names, family)
                        said.setdefault((family, key), set()).add(f"{title}\n{body}".strip())
    return {key: frozenset(each) for key, each in said.items()}


def test_every_text_can_be_filled_in_and_every_event_happens_in_some_case() -> None:
    wanted = {(family, key) for family, key in SHIPPED if family in ("inbox", "sms") and key not in COMPILED}
    assert sent().keys() == wanted
    assert [text for said in sent().values() for text in said if "{" in text or "}" in text] == []


def test_every_word_can_be_told_of_every_event() -> None:
    """A deployment may name any word in any text: the message must not fail, nor say nothing where a word stands."""
    heard: set[tuple[str, Kind]] = set()
    for case in CASES:
        lived = live(case)
        for before, entry in lived.entries():
            said = {(each.text, entry.filing.kind) for each in messages.told(before, entry)}
            if said <= heard:
                continue
            heard |= said
            facts = Facts(before, entry, lived.names(entry))
            assert [word for word in WORDS if facts[word] in ("", "None") and word not in SENTENCES] == [], (
                case.id,
                entry.number,
            )
    assert {key for key, _ in heard} == NOTIFICATIONS.keys()


def test_what_somebody_wrote_ends_with_one_stop_in_whatever_is_sent() -> None:
    """A reason ends with a stop of its own or with none: the sentence around it goes on with its own, once."""
    for end in ("", "。", "；", "，", "。。"):
        said = SHIPPED["inbox", "report_returned"].filled(
            {"alliance": "甲", "year": "2027", "reason": f"材料不全{end}", "answer_end": "2027年12月10日24时"}
        )[1]
        assert said == "“甲”2027年度报告退回，理由：材料不全。请于2027年12月10日24时前答复。"
    assert once("是否属实？。确有其事！。……。“一。”。\n。") == "是否属实？确有其事！……。“一。”。\n。"
    assert [
        key for key, each in SHIPPED.items() if (each.title, each.body) != (once(each.title), once(each.body))
    ] == []


def test_the_iit_of_a_city_is_told_only_where_it_takes_part() -> None:
    """Kind B knows no 工信 (B-14), and 沈抚 has one office for both (A-29)."""
    told = {
        (entry.filing.kind, entry.filing.jurisdiction == "21SF00")
        for case in CASES
        for before, entry in live(case).entries()
        for each in messages.told(before, entry)
        if each.to == "city_iit"
    }
    assert told == {(Kind.A, False)}


def test_a_text_message_has_two_parts_at_most() -> None:
    said = {(key, body) for (family, key), bodies in sent().items() if family == "sms" for body in bodies}
    for count, first in (("1200", "2026年11月30日24时"), ("2", "见各件")):
        said.add(("reminders", SHIPPED["sms", "reminders"].filled({"count": count, "first": first, "lines": ""})[1]))
    longest = {"alliance": LONGEST_NAME, "year": "2027", "closes": "2027年11月30日"}
    for key in texts.OF_ROUNDS:
        if ("sms", key) in SHIPPED:
            said.add((key, SHIPPED["sms", key].filled(longest)[1]))
    assert {key for key, _ in said} == {key for family, key in SHIPPED if family == "sms"}
    assert {(key, body) for key, body in said if len(parts(body, SIGNATURE)) > 2} == set()
    for _, body in said:
        for part in parts(body, SIGNATURE):
            assert part.startswith("【辽宁科技】")
            assert len(part.encode("utf-16-le")) // 2 <= PART
        assert "http" not in body


# What a deployment puts in their place

Written = Mapping[str, str | bytes]


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[Written], Path]:
    """Makes a folder with these files."""

    def made(files: Written) -> Path:
        for name, written in files.items():
            file = tmp_path / "texts" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(written.encode() if isinstance(written, str) else written)
        return tmp_path / "texts"

    return made


def found(family: str, key: str, place: str = "") -> tuple[str, str] | None:
    """A text as it would be used."""
    text = texts.find(family, key, place)
    return (text.title, text.body) if text else None


def test_texts_for_all_and_for_one_city_stand_in_place_of_the_shipped_ones(folder: Callable[[Written], Path]) -> None:
    there = folder(
        {
            "inbox/accepted.txt": "受理\n“{alliance}”已受理。\n\n第二段。\n",
            "210200/inbox/accepted.txt": "\ufeff大连受理\r\n“{alliance}”。\r\n",  # as an editor on Windows leaves it
            "21SF00/mail/archived.txt": "入库\n{archive_number}",
            "sms/withdrawn.txt": "“{alliance}”已撤回。",
            "mail/reminders.txt": "{count}件\n{lines}",
            "210200/inbox/digest.txt": "{day}\n{due}",
            "document/accepted.txt": "受理通知\n# 一、\n+ 提醒记录\n> {day}",
            "README.md": "no text",
        }
    )
    shipped = found("inbox", "accepted")
    assert replacements.load(there) == 7
    assert found("inbox", "accepted") == ("受理", "“{alliance}”已受理。\n\n第二段。")
    assert found("inbox", "accepted", "210300") == ("受理", "“{alliance}”已受理。\n\n第二段。")
    assert found("inbox", "accepted", "210200") == ("大连受理", "“{alliance}”。")
    assert found("mail", "archived", "21SF00") == ("入库", "{archive_number}")
    assert found("mail", "archived", "210100") is None
    assert found("sms", "withdrawn", "210100") == ("", "“{alliance}”已撤回。")
    assert found("inbox", "archived") == found("inbox", "archived", "210200")
    assert texts.exists("mail", "archived")
    assert not texts.exists("mail", "accepted")
    assert replacements.load(None) == 0
    assert found("inbox", "accepted") == found("inbox", "accepted", "210200") == shipped
    assert not texts.exists("mail", "archived")


WRONG: dict[str, tuple[str | bytes, str]] = {
    "inbox/returned.txt": ("补正\n{aliance}、{deadlin}", "inbox/returned.txt：没有名为 aliance、deadlin 的用语"),
    "inbox/archived.txt": ("{count}\n正文", "inbox/archived.txt：没有名为 count 的用语"),
    "inbox/reminders.txt": ("{alliance}\n正文", "inbox/reminders.txt：没有名为 alliance 的用语"),
    "inbox/accepted.txt": ("受理\n{alliance", "inbox/accepted.txt：花括号不成对"),
    "inbox/confirmed.txt": ("确认\nalliance}", "inbox/confirmed.txt：花括号不成对"),
    "inbox/withdrawn.txt": ("撤回\n{}", "inbox/withdrawn.txt：没有名为 {} 的用语"),
    "inbox/lapsed.txt": ("失效\n{0}", "inbox/lapsed.txt：没有名为 0 的用语"),
    "inbox/submitted.txt": ("收到\n{alliance.name}", "inbox/submitted.txt：没有名为 alliance.name 的用语"),
    "inbox/new_case.txt": ("新件\n{alliance!r}", "inbox/new_case.txt：没有名为 alliance!r 的用语"),
    "inbox/held.txt": ("暂停\n{alliance:{at}}", "inbox/held.txt：没有名为 alliance:{at} 的用语"),
    "inbox/released.txt": ("只有一行", "inbox/released.txt：缺标题或正文"),
    "inbox/restored.txt": ("\n没有标题", "inbox/restored.txt：缺标题或正文"),
    "sms/accepted.txt": (" \n", "sms/accepted.txt：缺标题或正文"),
    "inbox/acepted.txt": ("受理\n正文", "inbox/acepted.txt：没有这样的文字"),
    "fax/accepted.txt": ("受理\n正文", "fax/accepted.txt：没有这样的文字；渠道为 inbox、sms、mail、robot、document"),
    "sms/digest.txt": ("{day}", "sms/digest.txt：digest 没有 sms 文字"),
    "document/reminders.txt": ("{count}\n{lines}", "document/reminders.txt：reminders 没有 document 文字"),
    "document/returned.txt": ("补正\n+ 回执", "document/returned.txt：没有名为 回执 的附件；附件为 拟备案联盟名单、提醒记录"),
    "accepted.txt": ("受理\n正文", "accepted.txt：应在 渠道/ 或 属地代码/渠道/ 之下"),
    "210200/accepted.txt": ("受理\n正文", "210200/accepted.txt：没有这样的文字"),
    "大连/inbox/accepted.txt": ("受理\n正文", "大连/inbox/accepted.txt：大连 不是属地代码"),
    "210000/inbox/accepted.txt": ("受理\n正文", "210000/inbox/accepted.txt：210000 不是属地代码"),
    "210200/old/inbox/accepted.txt": ("受理\n正文", "210200/old/inbox/accepted.txt：应在 渠道/ 或 属地代码/渠道/ 之下"),
    "inbox/recommended.txt": ("推荐\n正文".encode("gbk"), "inbox/recommended.txt：不能按 UTF-8 读取"),
    "inbox/evaluated.txt": ("评估\n正文".encode("utf-16"), "inbox/evaluated.txt：不能按 UTF-8 读取"),
    "inbox/imported.txt": ("导入\n正文\x00", "inbox/imported.txt：含不能书写的控制字符"),
    "inbox/transferred.TXT": ("移交\n{aliance}", "inbox/transferred.txt：没有名为 aliance 的用语"),
}  # fmt: skip
"""Files that cannot be, and what is said of each."""


@pytest.mark.parametrize("name", WRONG)
def test_a_file_that_cannot_be_is_refused_with_its_name_and_why(name: str, folder: Callable[[Written], Path]) -> None:
    written, fault = WRONG[name]
    with pytest.raises(TextRefused) as refused:
        replacements.load(folder({name: written}))
    assert str(refused.value).startswith(fault)
    assert "\n" not in str(refused.value)


def test_every_fault_is_told_at_once_and_nothing_is_replaced_by_half(
    folder: Callable[[Written], Path], tmp_path: Path
) -> None:
    (tmp_path / "before" / "mail").mkdir(parents=True)
    (tmp_path / "before" / "mail" / "accepted.txt").write_text("先前\n正文", "utf-8")
    replacements.load(tmp_path / "before")
    good = {"inbox/announced.txt": "公告\n{alliance}", "210200/robot/accepted.txt": "受理\n{alliance}"}
    everything = good | {name: written for name, (written, _) in WRONG.items()}
    with pytest.raises(TextRefused) as refused:
        replacements.load(folder(everything))
    faults = str(refused.value).split("\n")
    assert len(faults) == len(WRONG)
    assert all(any(line.startswith(fault) for line in faults) for _, fault in WRONG.values())
    assert found("inbox", "announced") != ("公告", "{alliance}")
    assert found("robot", "accepted", "210200") is None
    assert found("mail", "accepted") == ("先前", "正文"), "what stood stays"


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TextRefused, match="没有文字目录"):
        replacements.load(tmp_path / "nowhere")


# What is served

SERVED_HERE = {key for key, each in NOTIFICATIONS.items() if each.service}
DECISIONS = {"not_confirmed", "revocation_decision"}


def test_what_is_served_in_the_inbox_carries_office_number_date_telephone_and_basis() -> None:
    """The letter in the inbox is the service (G-18): it carries what the document on paper would."""
    assert [key for key in SERVED_HERE if "letter_foot" not in SHIPPED["inbox", key].words] == []
    in_full = SERVED_HERE - {"correction_served", "served_again"}  # they go with a notice that named it
    assert [key for key in in_full if "rules" not in SHIPPED["inbox", key].words] == []
    assert {key for key in SERVED_HERE if {"review_body", "court"} <= SHIPPED["inbox", key].words} == DECISIONS


def test_what_the_deployment_says_of_an_office_stands_in_what_is_served() -> None:
    case = next(case for case in CASES if case.id == "revocation-served-by-inbox-2025")
    lived = live(case)
    before, entry = next(pair for pair in lived.entries() if pair[1].event.kind == "revoked")

    def told() -> str:
        return texts.render("revocation_decision", before, entry, lived.names(entry))[1]

    as_the_law_has_it = told()
    assert "60日内依法向沈阳市人民政府申请行政复议" in as_the_law_has_it
    assert "6个月内依法向有管辖权的人民法院提起行政诉讼" in as_the_law_has_it
    assert as_the_law_has_it.endswith("联系电话：见本机关官方网站\n通信地址：见本机关官方网站")
    contact = offices.Contact("024-00000000", "沈阳市示例路2号", "沈阳市行政复议局", "沈阳市和平区人民法院")
    offices.reach({"210100": contact})
    try:
        said = told()
    finally:
        offices.reach({})
    assert "向沈阳市行政复议局申请行政复议" in said
    assert "向沈阳市和平区人民法院提起行政诉讼" in said
    foot = "\n\n沈阳市科技局\n2025年12月19日\n文号：平台编号 revocation-served-by-inbox-2025-"
    assert foot in said
    assert said.endswith("\n联系电话：024-00000000\n通信地址：沈阳市示例路2号")


OFFICE = """
[offices.210100]
review_body = "沈阳市行政复议局"
"""


def test_every_process_says_of_offices_and_in_texts_what_the_deployment_does(tmp_path: Path) -> None:
    """The gateway shows letters before they go, and enters lists: in the words in which the worker would."""
    channels = tmp_path / "channels.toml"
    channels.write_text(OFFICE, "utf-8")
    (tmp_path / "texts" / "inbox").mkdir(parents=True)
    (tmp_path / "texts" / "inbox" / "imported.txt").write_text("导入\n“{alliance}”已导入。", "utf-8")
    settings = Settings(var=tmp_path, channels=channels, texts=tmp_path / "texts")
    try:
        for bring in (deployed, as_deployed):
            bring(Settings(var=tmp_path))
            assert offices.contact("210100").review_body == ""
            bring(settings)
            assert offices.contact("210100").review_body == "沈阳市行政复议局", bring
            assert found("inbox", "imported") == ("导入", "“{alliance}”已导入。"), bring
    finally:
        as_deployed(Settings(var=tmp_path))


def test_no_text_counts_what_it_was_not_told() -> None:
    """How often somebody was chased, or told, a text cannot know: after an outage letters come late, at once, or not at all."""
    said = {key: text.title + text.body for (_, key), text in SHIPPED.items()}
    assert [key for key, each in said.items() if re.search("[两二三四五几多0-9]次(催|提醒|通知)|催办未果", each)] == []


def test_leaders_are_addressed_in_one_way() -> None:
    said = {key: text.title + text.body for (_, key), text in SHIPPED.items()}
    assert [key for key, each in said.items() if "贵单位" in each or "贵机构" in each] == []
    to_others = {key for key, each in NOTIFICATIONS.items() if "leader" not in each.to}
    assert [key for key in to_others if "你单位" in said.get(key, "")] == []
