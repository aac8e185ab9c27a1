"""The year, chapter by chapter, in the order in which it happens.

It begins with what was there before and the call of 1 March, and ends with the payment a year later. Nothing is decided
here that the regulation decides: a story that wants what it refuses ends with `NotDone`.
"""

from collections.abc import Callable

from examples.province import autumn, spring, winter
from examples.province.story import Story

Chapter = Callable[[Story], None]

CHAPTERS: tuple[Chapter, ...] = (
    spring.before, spring.lists, spring.call, spring.apply, autumn.november, autumn.survey, autumn.late, winter.evaluation,
    winter.recommendation, winter.typical, winter.performance, winter.inspection, winter.subsidy,
)  # fmt: skip


def live(story: Story, told: Callable[[str], None] = lambda chapter: None) -> None:
    """Live it; `told` hears what each chapter was about, as it ends."""
    for chapter in CHAPTERS:
        chapter(story)
        told(chapter.__doc__ or chapter.__name__)
