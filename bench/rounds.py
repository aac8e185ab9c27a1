"""What a round costs for each of its alliances, without an engine: read, judged, entered and written, in turns with reports on filings.

An act in a round is about one alliance. So it must cost the same among very many as among few.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median

from bench.figures import Figure
from examples.province import applications, lives, people, returns, spring
from examples.province.alliances import Alliance, province
from examples.province.people import PROVINCE
from examples.province.side_by_side import made, opened
from examples.province.story import Story
from models.rounds.base import RoundKind
from models.vocabulary import Kind
from regulation.rounds.evaluation_items import ITEMS, edition_for
from regulation.rounds.questionnaires import QUESTIONNAIRES, newest

CITY, YEAR, SEED = "210100", 2027, 1
WARM = 3
"""So many are not counted: statements are compiled, editions read."""

REPORT, SURVEY, EVALUATION = "an annual report, on its filing", "a return in the survey", "an evaluation of kind A"
KEYS = {REPORT: "report", SURVEY: "survey", EVALUATION: "evaluation"}


def of_one_city(folder: Path, alliances: int) -> Story:
    """A city with so many alliances of kind A, of which a survey and an evaluation have begun."""
    made(url := f"sqlite:///{folder / f'{alliances}.db'}")
    drawn = province(alliances, SEED)
    there = [
        replace(each, kind=Kind.A, city=CITY, zone=None, origin="listed", report="in_time", number=number)
        for number, each in enumerate(drawn, 1)
    ]
    story = Story(opened(url), there, YEAR)
    spring.lists(story)
    city, asked = people.city(CITY), QUESTIONNAIRES[newest(story.day(12, 1), YEAR)]
    opening = {"year": YEAR, "questionnaire": asked.model_dump(mode="json")}
    window = story.window((12, 1), (12, 31))
    acts = story.service.acts
    acts(story.round_id(RoundKind.SURVEY), story.at(12, 1), PROVINCE, "open_round", opening, title="调查", **window)
    acts(story.round_id(RoundKind.EVALUATION, CITY), story.at(12, 1), city, "open_round", title="评价", alliances="A", **window)  # fmt: skip
    return story


def done(story: Story) -> Mapping[str, Callable[[Alliance], object]]:
    """What is done for one alliance: by its leader on its filing and in the survey, by its city in the evaluation."""
    of, of_city = story.round_id(RoundKind.SURVEY), story.round_id(RoundKind.EVALUATION, CITY)
    at, items, acts = story.at(12, 6), ITEMS[edition_for(story.day(12, 1), CITY)], story.service.acts
    city = people.city(CITY)
    return {
        REPORT: lambda each: story.service.goes_on(each.id, lives.reports(each, YEAR)),
        SURVEY: lambda each: acts(of, at, applications.by(each), "file_survey", returns.survey(each), filing=each.id),
        EVALUATION: lambda each: acts(of_city, at, city, "evaluate", returns.evaluation(each, items), filing=each.id),
    }


def taken(folder: Path, alliances: int, acts: int) -> dict[str, float]:
    """Milliseconds of processor time of each, among so many alliances: the median of some, each in turns with the others."""
    story = of_one_city(folder, alliances)
    took: dict[str, list[float]] = {words: [] for words in KEYS}
    for each in story.alliances[: WARM + acts]:
        story.service.goes_on(each.id, (), story.at(10, 31, 18))  # what time has brought by then is no part of it
        for words, do in done(story).items():
            began = time.process_time()
            do(each)
            took[words].append((time.process_time() - began) * 1000)
    story.service.close()
    return {words: median(each[WARM:]) for words, each in took.items()}


def measured(folder: Path, few: int, many: int, acts: int) -> Iterator[Figure]:
    """Each of them among few and among many; a round's beside a report on a filing, which is an act and an entry too."""
    folder.mkdir()
    among_few, among_many = (taken(folder, alliances, acts) for alliances in (few, many))
    for words, key in KEYS.items():
        yield Figure(f"rounds_{key}_few_ms", words, among_few[words], "ms", f"among {few:,}")
        yield Figure(f"rounds_{key}_ms", words, among_many[words], "ms", f"among {many:,}")
        yield Figure(f"rounds_{key}_growth", words, among_many[words] / among_few[words], "", f"{many:,} / {few:,}")
        if words != REPORT:
            ratio = among_many[words] / among_many[REPORT]
            yield Figure(f"rounds_{key}_ratio", words, ratio, "", "beside a report")
