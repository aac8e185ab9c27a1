"""Pictures of the year (年度图表): the figures of the register, each as a table, and as a picture of it.

A picture is drawn once for the figures that it shows, and kept by each gateway for as long as they stay the same. What is
told by applications one by one is counted once an hour.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache

from sqlalchemy import Engine

from activities.pictures import charts, drawing
from activities.pictures.counting import OF_APPLICATIONS, TABLES, Counting
from activities.pictures.datasets import Dataset
from activities.pictures.flow import Journey, arrived, journey
from models.values import day_of
from models.vocabulary import Kind
from regulation import offices

MOST = 200
"""So many pictures, and counts of an hour, are kept at once."""


def svg(table: Dataset) -> str:
    """A table as a picture; the same figures are the same picture, as of whichever day."""
    return _drawn(replace(table, as_of=date.min))


@lru_cache(MOST)
def _drawn(table: Dataset) -> str:
    return drawing.svg(charts.DRAWN[table.key](table))


@dataclass
class Pictures:
    """The figures that one gateway tells of its register: of everything, or of what a post sees; of one kind or both."""

    engine: Engine
    _hourly: OrderedDict[object, Dataset] = field(default_factory=OrderedDict)
    _journeys: OrderedDict[object, Journey] = field(default_factory=OrderedDict)
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def tables(self, now: datetime, scope: offices.Scope | None = None, kind: Kind | None = None) -> list[Dataset]:
        """Every table."""
        return [self.table(each, now, scope, kind) for each in TABLES]

    def table(self, key: str, now: datetime, scope: offices.Scope | None = None, kind: Kind | None = None) -> Dataset:
        """The table of a name. Raises `KeyError` for one that there is not."""
        counting = Counting(self.engine, day_of(now), scope, kind)
        if key not in OF_APPLICATIONS:
            return TABLES[key](counting)
        asked = (key, scope, kind, now.replace(minute=0, second=0, microsecond=0))
        with self._counting:
            if asked not in self._hourly:
                self._hourly[asked] = TABLES[key](counting)
                while len(self._hourly) > MOST:
                    self._hourly.popitem(last=False)
            return self._hourly[asked]

    def journey(self, scope: offices.Scope, today: date, kind: Kind | None, jurisdiction: str | None) -> Journey:
        """How long the steps took whatever came into the register within a year: told anew when a day begins, or that is another number."""
        of = (scope, today, kind, jurisdiction)
        asked = (*of, arrived(self.engine, *of))
        with self._counting:
            if asked not in self._journeys:
                self._journeys[asked] = journey(self.engine, *of)
                while len(self._journeys) > MOST:
                    self._journeys.popitem(last=False)
            return self._journeys[asked]
