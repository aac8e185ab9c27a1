"""The documents: read back as text and as XML, as cells, and as a package that proves itself."""

import hashlib
import json
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import docx
import pytest
from docx.document import Document
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.styles.style import ParagraphStyle
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import update

from activities import rows
from activities.attachments import Attachments
from activities.channels.channel import Recipient
from activities.channels.drafts import DraftTray
from activities.documents import docket, dossier, drafting, forms, gongwen, sheets
from activities.documents.drafting import UNKNOWN, Draft, NotTogether
from activities.documents.record import NoSuchFiling, Sent, read, receipts
from activities.letter_queue import Tried
from activities.letters import Letters
from activities.register import Register
from examples.demo import OFFICES
from models.acts import CalendarPublished
from models.forms import FormA, FormB
from models.register import DeliveryRow, MessageRow
from models.values import SHANGHAI, digest
from models.vocabulary import ActKind, DeliveryState, Kind
from regulation import agenda, entries, texts
from regulation.moment import Moment
from regulation.offices import Contact
from regulation.texts import TextRefused
from regulation.wording import Past
from tests.carried import came_to
from tests.databases import Databases
from tests.simulated import Papered, lived, told, written
from tests.story import application, checklist

RARE = "沈阳市𠮷光机器人产学研联盟"
OTHER = "沈阳市𠮷星机器人产学研联盟"
INJECTED = "材料不实\n# 伪造的标题\n> 伪造的落款\n+ 提醒记录\x07"


@cache
def contested() -> Papered:
    """An import, revoked on ground 2: served by post, contested, decided by two."""
    form = application(
        filing_id="CASE",
        received_at="2026-03-15T09:00:00+08:00",
        alliance_name=RARE,
        by=OFFICES["province"],
        service={"consent": False, "address": "沈阳市示例路1号"},
        legacy={"archived_on": "2020-12-18", "archive_number": "000007", "document_no": "辽科函1号"},
    )
    form["leader"] = form["leader"] | {"name": "=1+1（沈阳）有限公司"}
    return told(
        form,
        ("city", "propose_revocation", "2026-05-11T09:00", {"ground": "2", "reason": INJECTED}),
        ("city", "record_service", "2026-05-13T09:00", {"served_on": "2026-05-12", "method": "post"}),
        ("leader", "state_defence", "2026-05-20T09:00", {"content": {"text": "郑示例：材料属实"}}),
        ("city", "rule_on_defence", "2026-06-01T09:00", {"outcome": "rejected", "reason": "与事实不符。"}),
        ("city2", "approve_revocation", "2026-06-08T09:00", {"document_no": "沈科决〔2026〕2号"}),
    )


@cache
def of_kind_b() -> Papered:
    """Kind B in a zone in the call of 2023: returned for three things, archived, and never heard of again."""
    form = application(
        Kind.B, filing_id="BEE", received_at="2023-04-10T09:00:00+08:00", agreement_effective_on="2023-02-01"
    )
    corrected = {name: value for name, value in form.items() if name not in ("received_at", "by")}
    lacking = [
        {"item": "B-11", "message": "未写明合作的起始时间。"},
        {"item": "FB-13", "message": "缺知识产权证明"},
        {"item": "G-99", "message": "缺联系地址"},
    ]
    letter = json.loads((Path(__file__).parent.parent / "examples" / "forward.json").read_text("utf-8"))["content"]
    minutes = {"document_no": "厅党组纪要5号", "met_on": "2023-06-08", "decision": "approved"}
    return told(
        form,
        ("zone", "return_for_correction", "2023-04-11T09:00", {"deficiencies": lacking}),
        ("leader", "resubmit", "2023-04-12T09:00", {"content": corrected}),
        ("zone", "accept", "2023-04-13T09:00", {}),
        ("zone", "recommend", "2023-04-20T09:00", {"checklist": checklist(Kind.B)}),
        ("zone2", "confirm", "2023-04-21T09:00", {}),
        ("zone2", "forward", "2023-05-15T09:00", {"document_no": "沈高新报1号", "content": letter}),
        ("province", "give_office_opinion", "2023-05-25T09:00", {"positive": True}),
        ("province", "record_party_group", "2023-06-08T17:00", minutes),
        ("province2", "archive", "2023-06-12T09:00", {}),
        until=datetime(2025, 3, 1, tzinfo=SHANGHAI),
    )


@pytest.fixture(scope="module")
def register(sqlite: Databases) -> Iterator[Register]:
    """A register with a whole life, one on notice with it, a contested case, and one of kind B."""
    opened = Register.at(sqlite.migrated())
    written(opened, lived("LIFE"))
    written(opened, until_the_notice(lived("TWO", alliance_name=OTHER)))
    written(opened, contested())
    written(opened, of_kind_b())
    yield opened
    opened.engine.dispose()


def until_the_notice(life: Papered) -> Papered:
    """A life up to its public notice."""
    number = next(entry.number for entry in life.docket if entry.event.kind == "confirm")
    return Papered(life.docket[:number], life.papers)


def opened(content: bytes) -> Document:
    """A document from its bytes."""
    return docx.Document(BytesIO(content))


def drawn(register: Register, filing_id: str, name: str, **options: Any) -> Document:
    """The draft of a filing whose name has this in it; the first, if there are several."""
    return opened(next(each for each in drafting.drafts(register, filing_id, **options) if name in each.name).content)


def said(document: Document) -> list[str]:
    """The paragraphs that are not blank."""
    return [paragraph.text for paragraph in document.paragraphs if paragraph.text]


def cells(document: Document, number: int = 0) -> list[list[str]]:
    """The texts of a table."""
    return [[cell.text for cell in row.cells] for row in document.tables[number].rows]


def everything(document: Document) -> str:
    """All text of a document."""
    return "\n".join(
        said(document)
        + [text for table in document.tables for row in table.rows for text in (c.text for c in row.cells)]
    )


def style(document: Document, name: str) -> ParagraphStyle:
    """A style of a document."""
    found = document.styles[name]
    assert isinstance(found, ParagraphStyle)
    return found


def fonts(of: ParagraphStyle) -> set[str | None]:
    """The fonts of a style, of every script."""
    (named,) = of.element.findall(f".//{qn('w:rFonts')}")
    assert not [each for each in named.attrib if each.endswith("Theme")]
    return {named.get(qn(f"w:{script}")) for script in ("ascii", "hAnsi", "eastAsia")}


# Official drafts


def test_every_event_that_has_a_text_has_a_document(register: Register) -> None:
    assert [each.name for each in drafting.drafts(register, "LIFE")] == [
        "0002-补正通知书.docx",
        "0004-受理通知书.docx",
        "0006-关于拟备案实质性产学研联盟的公示（2026年第×批）.docx",
        "0023-提醒函.docx",
        "0033-提醒函.docx",
        "0043-撤销备案事先告知书.docx",
        "0046-撤销备案决定书.docx",
        "0046-关于撤销实质性产学研联盟备案的公告.docx",
    ]
    assert [each.name for each in drafting.draft(register, "LIFE", 4)] == ["0004-受理通知书.docx"]
    assert [each.name for each in drafting.draft(register, "LIFE", 46, text="announce_revocation")] == [
        "0046-关于撤销实质性产学研联盟备案的公告.docx"
    ]
    assert drafting.draft(register, "LIFE", 3) == []
    assert {key for family, key in texts.SHIPPED if family == "document"} == {
        "accepted", "returned", "notice_published", "first_miss", "revocation_notice", "revocation_notice_other",
        "revocation_decision", "announce_revocation", "not_confirmed",
    }  # fmt: skip
    with pytest.raises(LookupError, match="没有第99号登记"):
        drafting.draft(register, "LIFE", 99)
    with pytest.raises(NoSuchFiling):
        drafting.drafts(register, "NOBODY")


def test_the_tray_holds_every_document_of_a_life_and_each_is_drawn_once(register: Register, tmp_path: Path) -> None:
    """提醒函 is told to leader and city, and the decision leaves with its announcement."""
    tray, letters = DraftTray(register, tmp_path, UNKNOWN), Letters(register.engine)
    laid = []
    for message in register.messages("LIFE"):
        row = letters.row(message.id)
        assert row
        letter = letters.worded(row, tray.words)
        if letter and tray.reaches(letter, Recipient()):
            laid.append(tray.send(letter, Recipient()).receipt)
    expected = {each.name: each.content for each in drafting.drafts(register, "LIFE")}
    assert sorted(laid) == sorted(expected)
    assert {path.name: path.read_bytes() for path in tmp_path.rglob("*.docx")} == expected


def test_a_draft_is_laid_out_as_gb_t_9704_says(register: Register) -> None:
    for each in drafting.drafts(register, "LIFE"):
        document = opened(each.content)
        (section,) = document.sections
        sizes = (section.page_width, section.page_height)
        assert [round(size.mm) for size in sizes if size is not None] == [210, 297]
        margins = (section.top_margin, section.left_margin, section.right_margin, section.bottom_margin)
        assert [round(margin.mm, 1) for margin in margins if margin is not None] == [37, 28, 26, 35]
        text = style(document, "公文正文")
        assert fonts(text) == {"仿宋_GB2312"}
        assert text.font.size == Pt(16)
        spacing = text.element.find(f".//{qn('w:pPr')}/{qn('w:spacing')}")
        assert (spacing.get(qn("w:line")), spacing.get(qn("w:lineRule"))) == ("579", "exact")
        indent = text.element.find(f".//{qn('w:ind')}")
        assert (indent.get(qn("w:firstLineChars")), indent.get(qn("w:firstLine"))) == ("200", "640")
        assert (fonts(style(document, "Title")), style(document, "Title").font.size) == ({"方正小标宋简体"}, Pt(22))
        assert (fonts(style(document, "Heading 1")), fonts(style(document, "Heading 2"))) == ({"黑体"}, {"楷体_GB2312"})
        title = document.paragraphs[0]
        assert title.style is not None
        assert title.style.name == "Title"
        assert title.alignment is None, "centred by its style"
        assert style(document, "Title").paragraph_format.alignment == 1
        defaults = document.styles.element.find(f".//{qn('w:rPrDefault')}//{qn('w:lang')}")
        assert defaults.get(qn("w:eastAsia")) == "zh-CN"


def test_the_date_stands_four_characters_from_the_right_and_the_office_above_it(register: Register) -> None:
    document = drawn(register, "LIFE", "受理")
    office, day = [each for each in document.paragraphs if each.style and each.style.name == "落款"]
    assert (office.text, day.text) == ("沈阳市科技局", "2026年3月23日")
    for each in (office, day):
        left = each.paragraph_format.left_indent
        assert left is not None
        assert (Mm(156) - left) / Pt(16) == pytest.approx(4 + 6.5 + 4, abs=0.01), "centred in what the date leaves free"
    signature = style(document, "落款")
    assert signature.paragraph_format.alignment == 1
    closed = [signature.element.find(f".//{qn(f'w:{name}')}") for name in ("autoSpaceDE", "autoSpaceDN")]
    assert [each.get(qn("w:val")) for each in closed] == ["0", "0"], "no space between digits and 年月日"


def test_pages_are_numbered(register: Register) -> None:
    document = drawn(register, "LIFE", "受理")
    assert document.settings.odd_and_even_pages_header_footer
    for footer in (document.sections[0].footer, document.sections[0].even_page_footer):
        (paragraph,) = footer.paragraphs
        assert paragraph._p.find(qn("w:fldSimple")).get(qn("w:instr")) == "PAGE"
        assert paragraph.text.replace(" ", "") == "——"


def test_a_draft_says_whose_it_is_and_names_no_person(register: Register) -> None:
    for filing_id in ("LIFE", "CASE", "BEE"):
        for each in drafting.drafts(register, filing_id):
            document = opened(each.content)
            properties = document.core_properties
            assert properties.author in ("沈阳市科技局", "沈阳高新技术产业开发区")
            assert properties.title in each.name.replace(".docx", "").partition("-")[2]
            assert (properties.language, properties.comments) == ("zh-CN", "草稿，须经机关审核后印发")
            for personal in ("郑示例", "柳示例", "13800000001", "u-leader", "c-101", "o-501"):
                assert personal not in everything(document)


def test_a_notice_of_acceptance(register: Register) -> None:
    assert said(drawn(register, "LIFE", "受理")) == [
        "受理通知书",
        "×××〔2026〕×号",
        "沈阳星海智造装备有限公司：",
        "你单位牵头的“沈阳市星海智造数控机床产学研联盟”备案申请材料（第2版）收悉。经核对，申请材料齐全、符合规定形式，现予受理。",
        "根据《辽宁省建设实质性产学研联盟工作指引（暂行）》（辽科发〔2021〕19号，以下简称《工作指引》）有关规定，我局将对申请材料进行审核，"
        "审核期限至2026年4月21日24时。需要延长审核期限的，我局将告知你单位并说明理由。",
        "联系电话：（请填写）",
        "通信地址：（请填写）",
        "沈阳市科技局",
        "2026年3月23日",
    ]


def test_a_return_tells_everything_at_once(register: Register) -> None:
    document = drawn(register, "BEE", "补正通知书")
    told = said(document)
    assert told[told.index("一、须补正的事项") : told.index("二、补正的期限和方式")][1:] == [
        "1.未写明合作的起始时间（依据：《实施细则》第四条第2项）。",
        "2.缺知识产权证明（依据：2023年通知附件2 备案申请表）。",
        "3.缺联系地址（依据：G-99）。",
    ]
    assert "《实施细则》第六条第2项。" in told
    assert told[-2:] == ["沈阳高新技术产业开发区", "2023年4月11日"]
    headings = [each.text for each in document.paragraphs if each.style and each.style.name == "Heading 1"]
    assert headings == ["一、须补正的事项", "二、补正的期限和方式", "三、依据"]


def test_a_refusal_has_its_decision_on_paper(alone: Register) -> None:
    form = application(filing_id="REFUSED", received_at="2026-12-01T09:00:00+08:00")
    refusal = {"reason": "不属联盟备案范围", "document_no": "沈科函〔2026〕9号"}
    both = [(who, "refuse", f"2026-12-02T{hour}:00", refusal) for who, hour in (("city", "09"), ("city2", "10"))]
    written(alone, told(form, ("city", "accept", "2026-12-02T08:00", {}), *both))
    first, second = (row.number for row in alone.docket("REFUSED") if row.event.kind == ActKind.REFUSE)
    assert drafting.draft(alone, "REFUSED", first) == [], "a proposal is no decision"
    (decision,) = drafting.draft(alone, "REFUSED", second)
    assert decision.name == f"{second:04d}-不予确认决定书.docx"
    text = said(opened(decision.content))
    assert {"沈科函〔2026〕9号", "不属联盟备案范围。"} <= set(text)
    assert any("60日内依法向沈阳市人民政府申请行政复议" in line for line in text)


def test_an_office_that_is_known_need_not_fill_itself_in(register: Register) -> None:
    contacts = {"210100": Contact("024-00000000", "沈阳市示例路2号")}
    told = said(drawn(register, "LIFE", "受理", contacts=contacts))
    assert "联系电话：024-00000000" in told
    assert "通信地址：沈阳市示例路2号" in told
    elsewhere = said(drawn(register, "BEE", "受理", contacts=contacts))
    assert "联系电话：（请填写）" in elsewhere


def test_a_decision_on_paper_names_who_reviews_it_as_the_deployment_says(register: Register) -> None:
    """What is handed over and what is served in the inbox name the same body and the same court (G-19)."""
    contact = Contact(review_body="沈阳市行政复议局", court="沈阳市和平区人民法院")
    told = said(drawn(register, "LIFE", "撤销备案决定", contacts={"210100": contact}))
    assert any("向沈阳市行政复议局申请行政复议" in line for line in told)
    assert any("向沈阳市和平区人民法院提起行政诉讼" in line for line in told)


def on_paper(form: dict[str, Any], *answers: tuple[str, str, str, dict[str, Any]]) -> Papered:
    """A case of 2027 in which one officer enters a defence that came by post, and what becomes of that letter."""
    scan = {
        "name": "信.pdf",
        "media_type": "application/pdf",
        "size": 9,
        "sha256": digest("x"),
        "location": "platform://1",
    }
    came = {"on": "2027-05-20", "how": "in_person", "received_by": "c-105", "scan": scan}
    letter = {"on_behalf_of": "leader", "came": came, "content": {"text": "材料属实"}}
    told_so = [
        (who, kind, when, (letter | more) if kind == "state_defence" else more) for who, kind, when, more in answers
    ]
    return told(
        form,
        ("city", "propose_revocation", "2027-05-11T09:00", {"ground": "2", "reason": "材料不实"}),
        ("city", "record_service", "2027-05-13T09:00", {"served_on": "2027-05-12", "method": "post"}),
        ("city", "state_defence", "2027-05-20T09:00", letter),
        *told_so,
        ("city2", "approve_revocation", "2027-06-15T09:00", {"document_no": "沈科决〔2027〕2号"}),
    )


@pytest.mark.parametrize(
    ("answers", "heard"),
    [
        (
            [(who, "deny_letter", f"2027-05-21T{hour}:00", {"letter": "HEARD-3", "reason": "查无此件"}) for who, hour in (("city", "09"), ("city2", "10"))]
            + [("city", "settle_delivery", "2027-05-24T09:00", {"entry": 6, "method": "post"})],
            "期限内你单位未提出书面陈述、申辩意见。",
        ),
        (
            [
                ("city2", "state_defence", "2027-05-21T09:00", {"seconds": "HEARD-3"}),
                ("city", "rule_on_defence", "2027-06-07T09:00", {"outcome": "rejected", "reason": "与事实不符。"}),
            ],
            "2027年5月20日，你单位提出书面陈述、申辩意见；2027年6月7日，经复核不予采纳：与事实不符。",
        ),
    ],
    ids=["denied", "confirmed"],
)  # fmt: skip
def test_a_decision_tells_of_a_letter_what_two_people_said_of_it(
    alone: Register, answers: list[tuple[str, str, str, dict[str, Any]]], heard: str
) -> None:
    """What one officer entered and nobody confirmed, the leader never stated; what was confirmed it stated once (G-19, G-42)."""
    form = application(
        filing_id="HEARD",
        received_at="2027-03-15T09:00:00+08:00",
        by=OFFICES["province"],
        service={"consent": False, "address": "沈阳市示例路1号"},
        legacy={"archived_on": "2020-12-18", "archive_number": "000007", "document_no": "辽科函1号"},
    )
    written(alone, on_paper(form, *answers))
    text = "\n".join(said(drawn(alone, "HEARD", "撤销备案决定")))
    assert text.partition("陈述、申辩期至")[2].partition("\n")[0].partition("。")[2] == heard


def test_a_public_notice_has_its_list_attached(register: Register) -> None:
    document = drawn(register, "LIFE", "公示")
    told = said(document)
    assert told[0] == "关于拟备案实质性产学研联盟的公示\n（2026年第×批）"
    assert "拟将“沈阳市星海智造数控机床产学研联盟”报省科技厅备案，现予公示。" in told[1]
    assert told[1].endswith("公示期为5个工作日，自发布次日起算，至2026年4月9日24时止。")
    assert told[-4:] == ["沈阳市科技局", "2026年4月1日", "附件", "拟备案联盟名单"]
    assert "附件：拟备案联盟名单" in told
    attachment = [each.text for each in document.paragraphs][-4:]
    assert attachment == ["附件", "", "拟备案联盟名单", ""], "its title on the third line"
    header, line = cells(document)
    assert header == ["序号", "联盟名称", "所在市", "盟主企业", "成员单位", "技术领域"]
    assert line[:4] == ["1", "沈阳市星海智造数控机床产学研联盟", "沈阳市", "沈阳星海智造装备有限公司"]
    assert document.tables[0].rows[0]._tr.find(f".//{qn('w:tblHeader')}") is not None


def test_several_alliances_share_one_public_notice(register: Register) -> None:
    draft = drafting.notice(register, ["LIFE", "TWO"])
    document = opened(draft.content)
    assert draft.name == "0006-关于拟备案实质性产学研联盟的公示（2026年第×批）.docx"
    assert "拟将“沈阳市星海智造数控机床产学研联盟”等2家联盟报省科技厅备案" in said(document)[1]
    assert [line[:2] for line in cells(document)[1:]] == [["1", "沈阳市星海智造数控机床产学研联盟"], ["2", OTHER]]


@pytest.mark.parametrize("others", [["LIFE", "BEE"], []])
def test_only_what_is_shown_together_is_published_together(register: Register, others: list[str]) -> None:
    with pytest.raises(NotTogether, match="须为同一机构、同一类别、公示期相同"):
        drafting.notice(register, others)


def test_what_was_never_shown_is_not_published(register: Register) -> None:
    with pytest.raises(NotTogether, match="CASE：尚未公示"):
        drafting.notice(register, ["CASE"])


def test_a_notice_of_revocation_proves_the_reminders(register: Register) -> None:
    document = drawn(register, "LIFE", "事先告知书")
    told = "".join(said(document))
    assert "2028年度、2029年度连续两年未在系统中更新年度数据" in told
    assert "应报截止时间分别为2028年11月30日24时、2029年11月30日24时；提醒记录见附件" in told
    assert "第十一条第6项" in told
    assert "10个工作日内提出书面陈述、申辩意见，或者补报最近一年度（2029年度）数据" in told
    header, *lines = cells(document)
    assert header == ["序号", "日期", "年度", "事项", "送达情况"]
    assert [line[0] for line in lines] == [str(number) for number in range(1, 15)]
    assert lines[0][:4] == ["1", "2028年10月1日", "2028年度", "截止前60日提醒"]
    assert ["2028年12月1日", "2028年度", "提醒函"] in [line[1:4] for line in lines]
    assert ["2028年12月30日", "2028年度", "逾期30日提醒"] in [line[1:4] for line in lines]
    assert lines[0][4].startswith("收件箱 2028-10-01 09:00")


def test_what_a_channel_did_is_told_by_its_chinese_name_and_without_what_was_laid_for_staff(register: Register) -> None:
    (first, *_), at = read(register, "LIFE").sent, datetime(2026, 3, 15, 9, tzinfo=SHANGHAI)
    deliveries = tuple(
        DeliveryRow(
            letter=first.message.id, channel=channel, state="arrived", tries=1, first_tried_at=at, last_tried_at=at,
            address="", content="", receipt="",
        )
        for channel in ("drafts", "mail", "dingtalk-shenyang")
    )  # fmt: skip
    assert list(receipts(Sent(first.message, (), deliveries)))[1:] == [
        "电子邮件 已送达 2026-03-15 09:00",
        "dingtalk-shenyang 已送达 2026-03-15 09:00",
    ]


def test_a_decision_of_ground_6_has_all_that_it_needs(register: Register) -> None:
    document = drawn(register, "LIFE", "决定书")
    told = said(document)
    headings = [each.text for each in document.paragraphs if each.style and each.style.name == "Heading 1"]
    assert headings == ["一、事实", "二、依据", "三、程序", "四、决定", "五、救济途径"]
    facts, basis, procedure, decision, remedies = (told[told.index(heading) + 1] for heading in headings)
    assert "备案编号LN-CXY-A-210100-2026-0001" in facts
    assert "提醒记录：2028年10月1日、" in facts
    assert basis.endswith("本决定所依据的条、项：《工作指引》第十一条第6项。")
    assert "并于2029年12月1日向你单位送达《撤销备案事先告知书》" in procedure
    assert procedure.endswith("期限内你单位未提出书面陈述、申辩意见，也未补报年度数据。")
    assert "撤销“沈阳市星海智造数控机床产学研联盟”的备案" in decision
    assert "60日内依法向沈阳市人民政府申请行政复议" in remedies
    assert "6个月内依法向有管辖权的人民法院提起行政诉讼" in remedies
    assert told[1] == "×××〔2029〕×号"


def test_a_contested_decision_tells_what_was_said_and_what_was_made_of_it(register: Register) -> None:
    told = said(drawn(register, "CASE", "决定书"))
    assert told[1] == "沈科决〔2026〕2号"
    procedure = told[told.index("三、程序") + 1]
    assert procedure.endswith("2026年5月20日，你单位提出书面陈述、申辩意见；2026年6月1日，经复核不予采纳：与事实不符。")
    assert "《工作指引》第十一条第2项" in told[told.index("二、依据") + 1]
    assert "严重弄虚作假。具体事实：材料不实" in told[told.index("一、事实") + 1]


def test_what_people_wrote_makes_no_headings_signatures_or_attachments(register: Register) -> None:
    document = drawn(register, "CASE", "决定书")
    marked = {each.text: each.style.name for each in document.paragraphs if each.style and each.text}
    assert marked["# 伪造的标题"] == marked["> 伪造的落款"] == marked["+ 提醒记录\ufffd。"] == "公文正文"
    assert document.tables == []


def test_the_announcement_names_clause_and_day(register: Register) -> None:
    told = said(drawn(register, "LIFE", "公告"))
    assert told[0] == "关于撤销实质性产学研联盟备案的公告"
    assert "我局决定（×××〔2029〕×号）自2029年12月20日起撤销" in told[2]
    assert "以下简称《工作指引》）；《工作指引》第十一条第6项。现予公告。" in told[2]
    numbered = said(drawn(register, "CASE", "公告"))
    assert numbered[1] == "×××〔2026〕×号", "its own number, not that of the decision"
    assert "我局决定（沈科决〔2026〕2号）自2026年6月8日起撤销" in numbered[2]


def test_kind_b_is_told_by_its_own_rules(register: Register) -> None:
    letter = "".join(said(drawn(register, "BEE", "提醒函")))
    assert "未提交2023年度技术创新活动总结和2024年度技术创新活动计划" in letter
    assert "《实施细则》第七条和《工作指引》第十一条第6项" in letter
    assert "后补助计划实施细则》（以下简称《实施细则》）" in letter
    assert said(drawn(register, "BEE", "公示"))[0].startswith(
        "关于拟备案科技型中小企业技术能力提升类实质性产学研联盟的公示"
    )


def test_a_city_has_its_own_words(register: Register) -> None:
    try:
        texts.replace(
            "210100", "document", "accepted", "沈阳的受理通知\n## （一）细目\n+ 拟备案联盟名单\n+ 提醒记录\n> {day}"
        )
        document = drawn(register, "LIFE", "沈阳的受理通知")
        assert said(document)[1:5] == ["（一）细目", "附件：1.拟备案联盟名单", "　　　2.提醒记录", "2026年3月23日"]
        assert document.paragraphs[2].style
        assert document.paragraphs[2].style.name == "Heading 2"
        texts.replace("210100", "document", "accepted", "受理\n+ 没有的附件")
        with pytest.raises(TextRefused, match="没有名为 没有的附件 的附件"):
            drafting.draft(register, "LIFE", 4)
    finally:
        texts.reset()


# Forms


def test_form_a_is_filled_in(register: Register) -> None:
    names = [each.name for each in forms.forms(register, "LIFE")]
    assert names == ["申请表-V1.docx", "申请表-V2.docx"]
    document = opened(forms.forms(register, "LIFE")[0].content)
    assert said(document)[0] == "实质性产学研联盟备案申请表"
    general, goal, members, promises = (cells(document, number) for number in range(4))
    filled = {name: value for row in general for name, value in pairwise(row)}
    assert filled["联盟名称（全称）"] == "沈阳市星海智造数控机床产学研联盟"
    assert filled["联盟协议生效时间"] == "2026年2月20日"
    assert filled["上一年度销售收入（万元）"] == "12,600.00"
    assert filled["是否为经备案入库的科技型中小企业"] == "☑是　☐否"
    assert filled["是否在省级以上高新区内"] == "☐是　☑否"
    assert filled["成员企业数量"] == "2 个"
    assert {row[0] for row in general[2:12]} == {"盟\n主\n情\n况"}
    assert goal[0][0].startswith("围绕五轴联动数控机床")
    assert members[0] == ["序号", "成员单位名称及法人代码", "在行业（或领域）中的地位"]
    assert members[2] == ["2", "辽宁示例工业大学\n12210000MA10ABCD6L", "高速主轴与误差补偿方向具备比较优势"]
    assert promises[-1][0].startswith("盟主单位（公章）：")


def test_form_b_is_filled_in(register: Register) -> None:
    document = opened(forms.forms(register, "BEE")[1].content)
    assert said(document)[0] == "辽宁省科技型中小企业技术能力提升类联盟\n备案申请表"
    assert document.core_properties.title == "辽宁省科技型中小企业技术能力提升类联盟备案申请表"
    text = everything(document)
    assert "☐瞪羚　☑雏鹰　☑科技型中小企业" in text
    assert "☑签署产学研合作协议　☐开展项目合作　☑联合培养人才　☐共建研发机构　☐其他" in text
    in_years = {row[0]: (row[4], row[8]) for row in cells(document, 1)}
    assert in_years["年份"] == ("2022年", "2021年")
    assert in_years["利润总额（万元）"] == ("-120.50", "88.00")
    assert in_years["知识产权情况（提供证明材料）"] == ("I类 2 项，II类 5 项", "I类 1 项，II类 4 项")
    assert cells(document, 3)[0] == ["序号", "成员单位名称", "成员单位法人代码", "在行业（或领域）中的地位"]
    assert ["3", "大连海示例精密研究院", "52210200MA10ABCD6T", "计量与可靠性试验"] in cells(document, 3)


@pytest.mark.parametrize(("form_type", "kind"), [(FormA, Kind.A), (FormB, Kind.B)])
def test_a_form_asks_what_its_fields_are_called(form_type: type[FormA] | type[FormB], kind: Kind) -> None:
    form = form_type.model_validate(application(kind, alliance_name=RARE))
    text = everything(opened(forms.form_of(form, datetime(2026, 3, 15, tzinfo=SHANGHAI), 2026)))
    for each in (form.leader, form.counts):
        for name, field in type(each).model_fields.items():
            if name not in ("last_year", "year_before", "org_type"):  # the paper form has no line for what kind it is
                assert (field.title or "") in text, name
    assert RARE in text


# The docket


def test_the_docket_tells_a_whole_life(register: Register) -> None:
    document = opened(docket.docket(register, "LIFE"))
    cover, entries, messages, notices, versions, reports = (cells(document, number) for number in range(6))
    assert ["联盟名称", "沈阳市星海智造数控机床产学研联盟"] in cover
    assert ["备案编号", "LN-CXY-A-210100-2026-0001"] in cover
    assert ["当前阶段", "已撤销"] in cover
    assert ["核验结果", "登记链完好"] in cover
    stored = register.docket("LIFE")
    assert [line[0] for line in entries[1:]] == [str(entry.number) for entry in stored]
    assert entries[2][1:6] == [
        "2026-03-17\n10:00", "退回补正", "市科技部门\n沈阳市\nc-101", "退回补正", "《工作指引》第九条第2项",
    ]  # fmt: skip
    head = register.row("LIFE")
    assert head
    assert head.head.startswith(entries[-1][6])
    assert len(messages) == len(register.messages("LIFE")) + 1
    assert [line[1] for line in notices] == ["类别", "公示", "拟撤销公示", "撤销备案", "官网公告"]
    assert {line[0].partition("\n")[0] for line in versions[1:]} == {"V1", "V2"}
    assert reports[0] == ["年度", "情况", "报送截止", "报送时间"]
    assert ["2027年度", "补报", "2027年11月30日24时", "2028-01-20 10:00"] in reports
    assert "13800000001" not in everything(document)
    for table in document.tables:
        assert [row._tr.find(f".//{qn('w:tblHeader')}") is not None for row in table.rows][:2] == [True, False]


def test_the_docket_says_what_is_wrong(sqlite: Databases) -> None:
    register = Register.at(sqlite.migrated())
    written(register, until_the_notice(lived("LIFE")))
    with register.engine.begin() as connection:
        connection.execute(update(MessageRow).where(MessageRow.number == 4).values(body="改过"))  # type: ignore[arg-type]
    assert "第4号登记的消息、公告或申请版本已被改动" in said(opened(docket.docket(register, "LIFE")))
    register.engine.dispose()


# The dossier

NOTHING_ATTACHED = Attachments(Path("nowhere"))


@pytest.fixture(scope="module")
def unpacked(register: Register, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole life's package, unpacked."""
    place = tmp_path_factory.mktemp("dossier")
    with ZipFile(BytesIO(dossier.dossier(register, "LIFE", NOTHING_ATTACHED))) as package:
        package.extractall(place)
    return place


def test_the_package_holds_everything(register: Register, unpacked: Path) -> None:
    names = {str(each.relative_to(unpacked)) for each in unpacked.rglob("*") if each.is_file()}
    assert {f"公文草稿/{each.name}" for each in drafting.drafts(register, "LIFE")} <= names
    assert {"申请表/申请表-V1.docx", "申请表/申请表-V2.docx", "卷宗.docx", "说明.txt", "备案.json"} <= names
    reasons = (unpacked / "理由.txt").read_text("utf-8")
    assert "依照《工作指引》第九条第3项办理“备案入库”" in reasons
    assert "陈述申辩期限为10个工作日" in reasons
    told = json.loads((unpacked / "理由.json").read_text("utf-8"))
    assert [each["number"] for each in told] == list(range(1, len(told) + 1))
    assert all(each["reason"]["facts"] for each in told)
    assert len([each for each in names if each.startswith("登记/")]) == len(register.docket("LIFE"))
    listed = {each["文件"]: each["SHA-256"] for each in json.loads((unpacked / "目录.json").read_text("utf-8"))}
    assert listed.keys() == names - {"目录.json", "SHA256SUMS", "证明.json"}
    for name, sum_ in listed.items():
        assert hashlib.sha256((unpacked / name).read_bytes()).hexdigest() == sum_
    note = (unpacked / "说明.txt").read_text("utf-8")
    assert "个人信息" in note
    assert "sha256sum -c SHA256SUMS" in note


def test_the_sums_are_right(unpacked: Path) -> None:
    lines = (unpacked / "SHA256SUMS").read_text("utf-8").splitlines()
    sums = {name: sum_ for sum_, name in (line.split("  ", 1) for line in lines)}
    files = {str(each.relative_to(unpacked)) for each in unpacked.rglob("*") if each.is_file()}
    assert sums.keys() == files - {"SHA256SUMS", "证明.json"}, "what proves the package tells what its list was"
    for name, expected in sums.items():
        assert hashlib.sha256((unpacked / name).read_bytes()).hexdigest() == expected


def test_the_chain_can_be_made_again_from_the_files(register: Register, unpacked: Path) -> None:
    previous = rows.GENESIS
    for entry in register.docket("LIFE"):
        kept = json.loads((unpacked / "登记" / f"{entry.number:04d}.json").read_text("utf-8"))
        paper = rows.paper_of(entry)
        sent, shown, took = kept["effects"]
        assert {each["number"] for each in (*sent, *shown)} <= {entry.number}
        assert [each["version"] for each in took] == ([entry.filing.version] if rows.submission(entry) else [])
        assert kept["previous"] == previous
        assert kept["hash"] == rows.link(previous, kept["body"], digest(kept["effects"]))
        if paper:
            assert hashlib.sha256((unpacked / "文书" / f"{paper}.json").read_bytes()).hexdigest() == paper
        previous = kept["hash"]
    head = register.row("LIFE")
    assert head
    assert previous == head.head


def test_the_program_in_the_package_proves_the_chain_and_finds_a_change(unpacked: Path, tmp_path: Path) -> None:
    def checked(place: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-X", "utf8", "核验.py"]
        return subprocess.run(command, cwd=place, capture_output=True, text=True, encoding="utf-8", check=False)

    proved = checked(unpacked)
    assert proved.returncode == 2, "nothing is wrong, and this register has no log yet"
    assert "的 47 条登记及其消息、公示公告、申请版本的哈希，相邻的前后相接" in proved.stdout
    copy = tmp_path / "changed"
    shutil.copytree(unpacked, copy)
    changed = copy / "登记" / "0004.json"
    changed.write_text(changed.read_text("utf-8").replace("c-101", "c-102"), "utf-8")
    refuted = checked(copy)
    assert refuted.returncode == 1
    assert "第4号登记与其哈希或者前一条登记不符" in refuted.stdout


def test_the_same_register_gives_the_same_package(register: Register) -> None:
    first = dossier.dossier(register, "CASE", NOTHING_ATTACHED)
    assert dossier.dossier(register, "CASE", NOTHING_ATTACHED) == first
    with ZipFile(BytesIO(first)) as package:
        times = {each.filename: each.date_time for each in package.infolist()}
    assert times["登记/0001.json"] == (2026, 3, 15, 9, 0, 0)
    assert times["登记/0002.json"] == (2026, 5, 11, 9, 0, 0)
    with pytest.raises(NoSuchFiling):
        dossier.dossier(register, "NOBODY", NOTHING_ATTACHED)


# Tables


def midnight(day: date) -> datetime:
    """A day as openpyxl reads it."""
    return datetime.combine(day, datetime.min.time())


def sheet(content: bytes) -> Worksheet:
    """The only sheet of a workbook."""
    (found,) = load_workbook(BytesIO(content)).worksheets
    return found


def test_the_summary_has_what_cities_send_upward(register: Register) -> None:
    filings = [row for name in ("LIFE", "CASE", "BEE", "TWO") if (row := register.row(name))]
    table = sheet(sheets.summary(register, filings))
    header, life, case, bee, two = table.iter_rows()
    assert table.title == "汇总表"
    assert [cell.value for cell in header] == [
        "序号", "联盟名称", "盟主企业", "统一社会信用代码", "所在市", "技术领域", "成员总数（个）", "企业（个）", "高校（个）",
        "院所（个）", "备案编号", "备案日期", "阶段", "最近年度报送情况", "称号", "最近评价",
    ]  # fmt: skip
    assert [cell.value for cell in life] == [
        1, "沈阳市星海智造数控机床产学研联盟", "沈阳星海智造装备有限公司", "91210102MA10ABCD6H", "沈阳市", "先进制造与自动化",
        4, 2, 1, 1, "LN-CXY-A-210100-2026-0001", midnight(date(2026, 5, 10)), "已撤销", "2029年度未报送", None, None,
    ]  # fmt: skip
    assert [life[at].data_type for at in (0, 3, 6, 10, 11)] == ["n", "s", "n", "s", "d"]
    assert life[11].number_format == "yyyy-mm-dd"
    assert life[3].number_format == life[10].number_format == "@"
    assert (case[10].value, case[10].data_type) == ("000007", "s"), "no digit is lost"
    assert case[1].value == RARE
    assert bee[13].value == "2024年度未报送"
    assert [two[at].value for at in (10, 11, 13)] == [None, None, None]
    assert table.freeze_panes == "A2"
    assert table.auto_filter.ref == "A1:P5"
    assert all(cell.font.bold for cell in header)
    assert table.column_dimensions["B"].width > 30


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_no_text_is_taken_for_a_formula(text: str) -> None:
    assert sheets.harmless(text) == f"'{text}"
    assert sheets.harmless(f"联盟{text}") == f"联盟{text}"


def test_what_looks_like_a_formula_is_written_as_text(register: Register) -> None:
    filing = register.row("CASE")
    assert filing
    cell = sheet(sheets.summary(register, [filing]))["C2"]
    assert (cell.value, cell.data_type) == ("'=1+1（沈阳）有限公司", "s")


def test_the_list_of_deadlines(register: Register) -> None:
    filings = [row for name in ("TWO", "LIFE") if (row := register.row(name))]
    table = sheet(sheets.deadlines(filings, date(2026, 4, 7)))
    header, two, life = ([cell.value for cell in row] for row in table.iter_rows())
    assert header == [
        "备案", "联盟名称", "类别", "所在市", "阶段", "待办", "最近期限", "事项", "暂定", "剩余工作日（截至2026-04-07）",
    ]  # fmt: skip
    assert two == ["TWO", OTHER, "A类", "沈阳市", "公示中", None, midnight(date(2026, 4, 9)), "公示截止", None, 2]
    assert life[6:] == [None, None, None, None]
    assert sheet(sheets.deadlines(filings, date(2026, 4, 13)))["J2"].value == -2
    assert sheet(sheets.deadlines([], date(2026, 4, 13))).max_row == 1


# As others see it


def of_text(name: str, paragraphs: Sequence[str]) -> Draft:
    """A document that is nothing but text."""
    document = gongwen.blank(name, "沈阳市科技局", datetime(2026, 3, 23, tzinfo=SHANGHAI))
    gongwen.write(document, [("", each) for each in paragraphs])
    return Draft(f"{name}.docx", gongwen.saved(document))


@pytest.mark.filterwarnings("default:LibreOffice", "default:Poppler")
def test_libreoffice_opens_everything(register: Register, tmp_path: Path) -> None:
    converter = shutil.which("soffice")
    if converter is None:
        warnings.warn("LibreOffice is not installed: whether it opens what we write was not tried", stacklevel=1)
        return
    made = [
        *drafting.drafts(register, "LIFE"),
        *drafting.drafts(register, "CASE"),
        *forms.forms(register, "BEE"),
        Draft("卷宗.docx", docket.docket(register, "LIFE")),
        Draft("汇总表.xlsx", sheets.summary(register, register.filings())),
        of_text("版心", ["通" * 2000]),
        of_text("标点", [("通" * length + "，") * 6 for length in range(8, 40)]),
    ]
    for number, each in enumerate(made):
        (tmp_path / f"{number}-{each.name}").write_bytes(each.content)
    files = sorted(tmp_path.iterdir())
    home = f"-env:UserInstallation={(tmp_path / 'home').as_uri()}"
    to_pdf = [converter, home, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path / "pdf")]
    subprocess.run([*to_pdf, *map(str, files)], check=True, capture_output=True, timeout=300)
    assert {each.stem for each in (tmp_path / "pdf").iterdir()} == {each.stem for each in files}
    assert all(each.read_bytes().startswith(b"%PDF") for each in (tmp_path / "pdf").iterdir())
    reader = shutil.which("pdftotext")
    if reader is None:
        warnings.warn("Poppler is not installed: what a page holds was not tried", stacklevel=1)
        return

    def printed(name: str, *pages: str) -> str:
        (file,) = (tmp_path / "pdf").glob(f"*-{name}.pdf")
        command = [reader, "-layout", *pages, str(file), "-"]
        return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout.decode()

    lines = [line.strip() for line in printed("版心", "-f", "2", "-l", "2").split("\n") if "通" in line]
    assert lines == ["通" * 28] * 22, "22 lines of 28 characters (GB/T 9704)"
    assert printed("标点").count("，") == 6 * 32, "no mark is lost at the end of a line"


# Outages: who was told when


@pytest.fixture
def alone(sqlite: Databases) -> Iterator[Register]:
    """A register for one life."""
    opened = Register.at(sqlite.migrated())
    yield opened
    opened.engine.dispose()


def after_an_outage(filing_id: str) -> Papered:
    """A life in which nothing worked from 15 September to 5 December 2029, a Wednesday: everything due was entered then."""
    life = lived(filing_id)
    begins, ends = datetime(2029, 9, 15, tzinfo=SHANGHAI), datetime(2029, 12, 5, 10, tzinfo=SHANGHAI)
    docket = [entry for entry in life.docket if entry.at < begins]
    calendar, published = next(
        (entry, entry.event) for entry in life.docket if isinstance(entry.event, CalendarPublished)
    )
    while due := agenda.next_lapse(docket[-1].filing):
        if due.at > datetime(2029, 12, 31, tzinfo=SHANGHAI):
            break
        if docket[-1].at < calendar.at < due.at:
            docket.append(entries.entered(docket[-1].filing, published, Moment(calendar.at, calendar.at)))
            continue
        docket.append(entries.entered(docket[-1].filing, due.lapse, Moment(due.at, max(due.at, ends))))
    return Papered(tuple(docket), life.papers)


def test_after_an_outage_nobody_is_said_to_have_been_reminded(alone: Register) -> None:
    life = after_an_outage("OUTAGE")
    written(alone, life)
    notice = next(each for each in alone.messages("OUTAGE") if each.text == "revocation_notice")
    assert "2028年12月30日" in notice.body, "what was sent before"
    assert "2029年10月" not in notice.body
    assert "2029年11月2" not in notice.body
    assert not [
        (each.number, each.title)
        for each in alone.messages("OUTAGE")
        if each.text == "annual_reminder" and each.created_at.year == 2029 and each.created_at.month >= 10
    ], "a reminder before a deadline that has passed is not sent"
    document = drawn(alone, "OUTAGE", "事先告知书")
    assert [line[1] for line in cells(document)[1:] if line[2] == "2029年度"] == []
    assert said(document)[-3] == "2029年12月5日", "dated when it was written"
    decision = said(drawn(alone, "OUTAGE", "决定书"))
    procedure = decision[decision.index("三、程序") + 1]
    assert procedure.startswith("2029年12月5日，我局启动撤销程序，并于2029年12月5日向你单位送达")
    entered = cells(opened(docket.docket(alone, "OUTAGE")), 1)
    assert [line[1] for line in entered if line[2].startswith("启动撤销程序")] == [
        "2029-12-01\n00:00\n（2029-12-05 10:00登记）"
    ]


def test_the_record_of_reminders_has_who_urged_as_well(alone: Register) -> None:
    form = application(
        filing_id="URGED", received_at="2027-03-15T09:00:00+08:00", by=OFFICES["province"],
        legacy={"archived_on": "2026-12-18", "archive_number": "3号", "document_no": "辽科函1号"},
    )  # fmt: skip
    urged = ("city", "urge_report", "2028-10-20T09:00", {"year": 2028})
    written(alone, told(form, urged, until=datetime(2029, 12, 3, tzinfo=SHANGHAI)))
    lines = cells(drawn(alone, "URGED", "事先告知书"))
    assert ["2028年10月20日", "2028年度", "沈阳市科技局催报"] in [line[1:4] for line in lines[1:]]
    assert sum("催报" in line[3] for line in lines) == 1


def test_what_two_letters_carried_was_read_once(register: Register) -> None:
    (first, *_), at = read(register, "LIFE").sent, datetime(2026, 3, 15, 9, tzinfo=SHANGHAI)
    letters = tuple(
        letter.model_copy(update={"read_at": at + timedelta(hours=hours)})
        for letter in first.letters
        for hours in (3, 0)
    )
    assert len(letters) == 2
    assert list(receipts(Sent(first.message, letters, ())))[1:] == ["已读 2026-03-15 09:00"]


def test_a_leader_never_reminded_is_told_so() -> None:
    docket = lived("SILENT").docket
    number, notice = next(each for each in enumerate(docket) if each[1].event.kind == "revocation_opened")
    shown = {"alliance_name": RARE, "leader": {"name": "沈阳某公司"}}
    (told, *_) = rows.message_rows(docket[number - 1].filing, notice, shown, Past)
    assert "提醒记录：系统未发出过提醒）" in told["body"]


def test_a_reminder_that_no_channel_got_through_is_told_as_such(alone: Register) -> None:
    life, letters = lived("FAILED"), Letters(alone.engine)
    decided = next(number for number, entry in enumerate(life.docket) if entry.event.kind == "revocation_opened")
    written(alone, Papered(life.docket[:decided], life.papers))
    failed = Tried(state=DeliveryState.FAILED, receipt="no such address", content="")
    for message in alone.messages("FAILED"):
        if message.text == "annual_reminder" and message.created_at.year == 2028:
            came_to(letters.engine, message.id, "mail", failed, message.created_at)
    alone.append(life.docket[decided])
    notice = next(each for each in alone.messages("FAILED") if each.text == "revocation_notice")
    assert "提醒记录：2028年12月1日、" in notice.body
    assert (
        "；2028年10月1日、2028年10月31日、2028年11月16日、2028年11月23日、2028年11月29日发出而未能送达）" in notice.body
    )
