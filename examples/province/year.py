"""The year, chapter by chapter, in the order in which it happens.

It begins with what was there before and the call of 1 March, and ends with the payment a year later. Nothing is decided here
that the regulation decides: a story that wants what it refuses ends with `NotDone`. Chapters that have nothing to do with each
other may be lived side by side, and what is done to each alliance by itself in several processes (side_by_side.py).
"""

from collections.abc import Callable
from dataclasses import dataclass

from examples.province import autumn, spring, winter
from examples.province.story import Story

Chapter = Callable[[Story], None]


@dataclass(frozen=True)
class Step:
    """Chapters of one time; `each`: of every alliance by itself, so that they may be shared out."""

    chapters: tuple[Chapter, ...]
    each: bool = False


YEAR: tuple[Step, ...] = (
    Step((spring.call_before,)),
    Step((spring.before,), each=True),
    Step((spring.lists,), each=True),
    Step((spring.call,)),
    Step((spring.apply,), each=True),
    Step((spring.call_over, autumn.opening)),
    Step((autumn.november,), each=True),
    Step((autumn.urging,)),
    Step((autumn.last_days,), each=True),
    Step((autumn.survey, winter.evaluation)),
    Step((autumn.settling,)),
    Step((autumn.extended,), each=True),
    Step((winter.recommendation, winter.typical)),
    Step((winter.performance,)),
    Step((winter.inspection,)),
    Step((winter.subsidy,)),
)


def title(chapter: Chapter) -> str:
    """What a chapter is about."""
    return chapter.__doc__ or chapter.__name__


def live(story: Story) -> None:
    """Live it, one chapter after the other."""
    for step in YEAR:
        for chapter in step.chapters:
            chapter(story)
