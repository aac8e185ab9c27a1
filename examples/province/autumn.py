"""November and December: the annual reports, those that come late, and the survey of the year's figures."""

from datetime import date, datetime
from typing import Any

from examples.province import applications, lives, people, returns
from examples.province.people import PROVINCE
from examples.province.story import Story
from models.rounds.base import RoundKind
from models.vocabulary import Stage
from regulation import entries
from regulation.moment import Moment
from regulation.rounds.questionnaires import QUESTIONNAIRES, newest

TOGETHER = 50
"""So many alliances report before the register is written."""


def opening(story: Story) -> None:
    """部署年度报送"""
    story.service.acts(
        story.round_id(RoundKind.ANNUAL), story.at(10, 25), PROVINCE, "open_round", title=f"{story.year}年度总结和计划报送",
        document_no=f"辽科办发〔{story.year}〕30号", **story.window((11, 1), (12, 31)),
    )  # fmt: skip


def november(story: Story) -> None:
    """十一月上中旬报送"""
    report(story, story.year, story.day(11, 18), story.at(11, 18, 18))


def urging(story: Story) -> None:
    """催报"""
    story.service.acts(story.round_id(RoundKind.ANNUAL), story.at(11, 19), PROVINCE, "urge_all")


def last_days(story: Story) -> None:
    """十一月下旬报送，逾期补报"""
    report(story, story.year, story.day(13, 4), story.at(13, 5), after=story.day(11, 18))


def settling(story: Story) -> None:
    """办结年度报送"""
    of = story.round_id(RoundKind.ANNUAL)
    story.service.until(of, story.at(13, 6, 9))
    story.service.acts(of, story.at(13, 6), PROVINCE, "settle_year")


def extended(story: Story) -> None:
    """准予延期的报送"""
    report(story, story.year, story.day(13, 8), story.at(13, 9), after=story.day(13, 4))


def report(story: Story, year: int, last: date, until: datetime, *, after: date = date.min) -> None:
    """Whoever is in force reports, as far as it is done after a day and until another; time passes for all of them."""
    rows = story.service.register.rows((each.id for each in story.alliances), whole=False)
    theirs = [each for each in story.alliances if each.id in rows and rows[each.id].stage == Stage.IN_FORCE]
    story.in_force |= {each.id: each for each in theirs}
    for begin in range(0, len(theirs), TOGETHER):
        some = {each.id: each for each in theirs[begin : begin + TOGETHER]}
        doings = []
        for filing_id, life in story.service.lives(some).items():
            owes = entries.projected(life.filing, Moment(until, until)).year(year) or life.filing.year(year)
            acts = lives.reports(some[filing_id], year) if owes else ()
            doings.append((life, [act for act in acts if after < date.fromisoformat(act["received_at"][:10]) <= last]))
        story.service.live_on(doings, until)


def survey(story: Story) -> None:
    """年度创新资源统计调查"""
    of, edition = story.round_id(RoundKind.SURVEY), QUESTIONNAIRES[newest(story.day(12, 1), story.year)]
    opening = {"year": story.year, "questionnaire": edition.model_dump(mode="json")}
    story.service.acts(
        of, story.at(12, 1), PROVINCE, "open_round", opening, title=f"{story.year}年度产学研联盟创新资源统计调查",
        document_no=f"辽科办发〔{story.year}〕33号", **story.window((12, 1), (12, 31)),
    )  # fmt: skip
    answering = [each for each in story.in_force.values() if each.answers_survey]
    for number, each in enumerate(answering):
        then = story.at(12, 2 + number * 24 // len(answering), 9 + number % 8, number % 60)
        story.service.acts(of, then, applications.by(each), "file_survey", returns.survey(each), filing=each.id)
    asked: dict[str, Any] = {
        "reason": "研究开发费用须与证明材料一致",
        "points": [{"code": "104", "message": "请与研发费用加计扣除明细表核对"}],
    }
    for each in answering[:: max(1, len(answering) // 20)]:
        office, leader = people.reviewer(each), applications.by(each)
        story.service.acts(of, story.at(12, 28), office, "return_survey", filing=each.id, **asked)
        story.service.acts(of, story.at(12, 29), leader, "answer_survey_return", returns.survey(each), filing=each.id)
    story.service.until(of, story.at(13, 1, 9))
    story.service.acts(of, story.at(13, 4), PROVINCE, "close_round")
    story.service.acts(of, story.at(13, 4, 11), PROVINCE, "publish_survey_sums")
