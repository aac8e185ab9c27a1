"""What must be done (事项): for what a filing waits for an office, as a desk groups its work.

It is told by the row of a filing, in the database: so a list may be narrowed to it, counted by it and shown by it alike. What is no
column is read in the filing as the row holds it: a key of JSON with what follows it stands in no text, for texts have their quotation
marks escaped.
"""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, and_, case, literal, or_
from sqlalchemy import true as always

from activities.lists import FILINGS
from models.values import Named
from models.vocabulary import Role, Stage


class Task(Named):
    """What an office must do, in the order of a filing's life."""

    ACCEPT = "accept", "受理"
    REVIEW = "review", "审核"
    OPINION = "opinion", "出具工信部门意见"
    PUBLISH = "publish", "确认并公示"
    NOTICE = "notice", "办理公示结果"
    OBJECTION = "objection", "裁定异议"
    FORWARD = "forward", "报省"
    ARCHIVE = "archive", "入库审核"
    SECOND = "second", "核对来文、由第二人办理"
    SERVICE = "service", "登记送达"
    TRANSFER = "transfer", "接收移交"
    CHANGE = "change", "审核变更"
    EXTENSION = "extension", "批复延期"
    REPORT = "report", "处理退回未答复的年度报告"
    ENDING = "ending", "处理联盟终止"
    REVOCATION = "revocation", "办理撤销程序"
    AFTER = "after", "公告、补送和复议诉讼"


OF_IIT = literal(Task.OPINION.value)
"""What the 工信 department must do: one thing only."""


def _holds(*pattern: str) -> ColumnElement[bool]:
    """Whether the filing holds something, by how it is written."""
    return or_(*(FILINGS.c.value.like(f"%{each}%") for each in pattern))


def _stage(*stages: Stage) -> ColumnElement[bool]:
    return FILINGS.c.stage.in_([each.value for each in stages])


_IN_FORCE = _stage(Stage.IN_FORCE)

CONDITIONS: Mapping[Task, ColumnElement[bool]] = {
    Task.OBJECTION: FILINGS.c.open_objections > 0,
    Task.SECOND: _holds('"second:%":{"calendar":'),
    Task.TRANSFER: and_(_stage(Stage.SUBMITTED, Stage.UNDER_REVIEW, Stage.REVIEW_PASSED, Stage.IN_FORCE), _holds('"transfer":{')),
    Task.ACCEPT: _stage(Stage.SUBMITTED),
    Task.REVIEW: _stage(Stage.UNDER_REVIEW),
    Task.PUBLISH: _stage(Stage.REVIEW_PASSED),
    Task.SERVICE: _stage(Stage.RETURNED),
    Task.NOTICE: _stage(Stage.ON_NOTICE),
    Task.FORWARD: _stage(Stage.NOTICE_CLEARED),
    Task.ARCHIVE: _stage(Stage.AT_PROVINCE),
    Task.REVOCATION: _stage(Stage.REVOCATION_PENDING),
    Task.CHANGE: and_(_IN_FORCE, _holds('"change":{')),
    Task.EXTENSION: and_(_IN_FORCE, _holds('"extension":{')),
    Task.REPORT: and_(_IN_FORCE, _holds('"returned":true')),
    Task.ENDING: _IN_FORCE,
    Task.AFTER: always(),
}  # fmt: skip
"""By what it is known what a filing waits for: the first that holds. An objection, and what another person must do, come before
whatever the stage asks, for nothing goes on without them."""

OF_REVIEWERS: ColumnElement[str] = case(*((holds, literal(task.value)) for task, holds in CONDITIONS.items()))


def task_of(role: Role) -> ColumnElement[str]:
    """What a filing that waits for a post asks of it, as a column."""
    return OF_IIT if role is Role.CITY_IIT else OF_REVIEWERS
