"""The first half of the year: what was there before, the call, and the applications up to the archive."""

from collections.abc import Iterator
from datetime import date

from examples.province import applications, lives
from examples.province.alliances import Alliance
from examples.province.autumn import report
from examples.province.lives import at
from examples.province.people import PROVINCE
from examples.province.story import Story
from models.rounds.base import RoundKind


def call_before(story: Story) -> None:
    """上一年：发布申报通知"""
    _publish_call(story, story.year - 1)


def before(story: Story) -> None:
    """上一年：申请备案和年度报送"""
    _apply(story, "before", story.year - 1)
    report(story, story.year - 1, story.day(1, 8), story.at(1, 9))


def lists(story: Story) -> None:
    """存量联盟据名单导入"""
    for each in _whose(story, "listed"):
        form = applications.listed(each, story.at(1, 10, 9).isoformat(), story.year)
        story.service.takes_in(form, (), story.at(1, 11))


def call(story: Story) -> None:
    """发布申报通知"""
    _publish_call(story, story.year)


def apply(story: Story) -> None:
    """申请、审核、公示、备案入库"""
    _apply(story, "applies", story.year)


def call_over(story: Story) -> None:
    """结束申报"""
    of = story.round_id(RoundKind.CALL)
    story.service.until(of, story.at(5, 5))
    story.service.acts(of, story.at(5, 6), PROVINCE, "close_round")


def _publish_call(story: Story, year: int) -> None:
    text = (
        f"现组织开展{year}年度科技型中小企业技术能力提升类联盟备案申报工作。请各地区、各高新区按照《实施细则》第三条至第五条"
        "组织申报和初审推荐，以正式文件报送省科技厅。"
    )
    content = {"text": text, "recommend_by": f"{year}-04-30"}
    story.service.acts(
        story.round_id(RoundKind.CALL, year=year), at(date(year, 3, 1), 9), PROVINCE, "open_round", content,
        title=f"关于组织申报{year}年度科技型中小企业技术能力提升类联盟的通知", document_no=f"辽科发〔{year}〕6号",
        opens=f"{year}-03-10", closes=f"{year}-04-25",
    )  # fmt: skip


def _whose(story: Story, origin: str) -> Iterator[Alliance]:
    return (each for each in story.alliances if each.origin == origin)


def _apply(story: Story, origin: str, year: int) -> None:
    for each in sorted(_whose(story, origin), key=lambda each: (lives.applied_on(each, year), each.number)):
        form = applications.application(each, lives.applied_on(each, year))
        story.service.takes_in(form, lives.applies(each, form, year), at(date(year, 10, 31)))
