"""The year, chapter by chapter, in the order in which it happens.

It begins with what was there before and the call of 1 March, and ends with the payment a year later. Nothing is decided here
that the regulation decides: a story that wants what it refuses ends with `NotDone`. Chapters that have nothing to do with each
other may be lived side by side, and what is done to each alliance by itself in several processes (side_by_side.py).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from examples.province import autumn, spring, winter
from examples.province.story import Story

Chapter = Callable[[Story], None]
Strand = tuple[Chapter, ...]
"""Chapters that follow each other."""


@dataclass(frozen=True)
class Step:
    """Strands that have nothing to do with each other; `each`: what is done to every alliance by itself, so that it may be shared out."""

    strands: tuple[Strand, ...]
    each: bool = False

    @property
    def chapters(self) -> Iterator[Chapter]:
        """Its chapters, one after the other."""
        return (chapter for strand in self.strands for chapter in strand)


def _then(*chapters: Chapter) -> Step:
    return Step((chapters,))


def _each(chapter: Chapter) -> Step:
    return Step(((chapter,),), each=True)


def _beside(*strands: Strand) -> Step:
    return Step(strands)


YEAR: tuple[Step, ...] = (
    _then(spring.call_before),
    _beside((spring.before,), (spring.lists,)),
    _then(spring.call),
    _each(spring.apply),
    _then(spring.call_over, autumn.opening),
    _each(autumn.november),
    _then(autumn.urging),
    _each(autumn.last_days),
    _beside(
        (autumn.survey,),
        (winter.evaluation, autumn.settling, autumn.extended, winter.recommendation, winter.typical),
    ),
    _then(winter.performance),
    _beside((winter.inspection,), (winter.subsidy,)),
)


def title(chapter: Chapter) -> str:
    """What a chapter is about."""
    return chapter.__doc__ or chapter.__name__


def live(story: Story) -> None:
    """Live it, one chapter after the other."""
    for step in YEAR:
        for chapter in step.chapters:
            chapter(story)
