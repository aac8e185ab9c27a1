"""Availability (可用情况): the parts of the service that people need, when each was seen up, and the outages between."""

from datetime import datetime, timedelta
from typing import NamedTuple

from pydantic import Field

from models.values import Instant, Named, Value


class Part(Named):
    """What is watched: without it a leader cannot do what it must, or is not told of it."""

    ENGINE = "engine", "流程引擎"
    REGISTER = "register", "备案库"
    GATEWAY = "gateway", "网上入口"
    MAIL = "mail", "邮件"


BEAT = timedelta(minutes=1)
"""How often each part is looked at."""

BREAK = timedelta(minutes=3)
"""Longer than this between two times that a part was seen up is an outage; one look may fail or come late."""


class Span(NamedTuple):
    """From when until when a part was seen up without a break, by whichever watcher."""

    part: Part
    since: datetime
    until: datetime


class Outage(Value):
    """故障: from when a part was last seen up until when it was seen up again, or until now; where there were many, several close
    together told as one: from the first to the last, how many they were and how many seconds they took in all."""

    part: Part = Field(title="部分")
    since: Instant = Field(title="最后一次可用")
    until: Instant = Field(title="重新可用")
    over: bool = Field(True, title="已恢复")
    times: int = Field(1, ge=1, title="次数")
    seconds: int | None = Field(None, ge=0, title="合计秒数")

    @property
    def lasted(self) -> timedelta:
        """How long it took, in all."""
        return self.until - self.since if self.seconds is None else timedelta(seconds=self.seconds)
