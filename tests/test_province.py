"""The made-up province's year in small: every chapter is lived, and every sum agrees with what lies under it."""

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from bench import rounds
from examples.province.__main__ import lay
from examples.province.alliances import Alliance, province
from examples.province.documents import PARTS, PICTURES, Documents, publish
from examples.province.reconciliation import Reconciliation, Told
from examples.province.side_by_side import made, opened
from examples.province.story import Story
from examples.province.year import live
from models.vocabulary import Kind
from regulation import codes
from regulation.offices import OFFICES
from tests.databases import statements
from tests.in_force import editions_of_ones_own

HOW_MANY = 24


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Story, Path, list[Told]]]:
    """A small province that has lived its year, its folder, and its sums."""
    folder = tmp_path_factory.mktemp("year")
    with editions_of_ones_own():
        made(url := f"sqlite:///{folder / 'register.db'}")
        story = Story(opened(url), province(HOW_MANY, 1), 2027)
        try:
            live(story)
            documents = Documents(story, story.over)
            drawn = [each for part in PARTS if part != PICTURES for each in documents.of(part)]
            publish(story, folder)
            yield story, folder, Reconciliation(story, folder).of_register() + lay(story, drawn, folder)
        finally:
            story.service.close()


def test_every_sum_of_the_year_agrees(lived: tuple[Story, Path, list[Told]]) -> None:
    story, _, told = lived
    assert [each for each in told if not each.agrees] == []
    assert story.service.refused == []
    assert len(told) > 25
    assert {row.stage for row in story.service.rounds.rounds(year=2027)} == {"closed"}


def test_a_sum_that_differs_is_seen(lived: tuple[Story, Path, list[Told]]) -> None:
    _, _, told = lived
    money = next(each for each in told if "明细表／名单" in each.what)
    assert not replace(money, told=money.told + 1).agrees


def test_the_documents_lie_in_one_folder_with_a_page_that_names_each(lived: tuple[Story, Path, list[Told]]) -> None:
    _, folder, _ = lived
    page = (folder / "README.md").read_text("utf-8")
    files = list(folder.glob("[0-9]-*/*"))
    assert len(files) > 30
    assert [path.name for path in files if f"({path.parent.name}/{path.name})" not in page] == []
    paid = list(csv.reader(StringIO((folder / "7-后补助/资金下达明细表.csv").read_text("utf-8-sig"))))
    assert len(paid) > 3
    assert json.loads((folder / "6-随机抽查/lot.json").read_text("utf-8"))["order"]
    assert (folder / "site/index.html").exists()


def test_one_seed_is_always_the_same_province_of_both_kinds_everywhere() -> None:
    some = province(1500, 1)
    assert some[:200] == province(200, 1)
    assert some[:200] != province(200, 2)
    assert {each.kind for each in some} == set(Kind)
    assert {each.city for each in some} == set(OFFICES)
    assert len({each.name for each in some}) == len({each.leader.code for each in some}) == len(some)


def test_every_invented_code_passes_its_check() -> None:
    def of(each: Alliance) -> list[str]:
        return [each.leader.code, *(member.code for member in each.members)]

    every = [code for each in province(600, 1) for code in of(each)]
    assert [code for code in every if not (codes.is_uscc(code) and codes.organisation_code_fits(code))] == []


def test_an_act_in_a_round_asks_the_register_as_little_in_a_large_city(tmp_path: Path) -> None:
    """A look for the act under its id, the round twice, what it is judged by, what is written, and how the round stands."""
    asked: dict[str, set[int]] = {}
    for alliances in (3, 12):
        story = rounds.of_one_city(tmp_path, alliances)
        for words, do in rounds.done(story).items():
            do(story.alliances[0])
            with statements(story.service.register) as told:
                do(story.alliances[1])
            asked.setdefault(words, set()).add(len(told))
        story.service.close()
    assert all(len(counts) == 1 for counts in asked.values()), "among twelve as among three"
    assert max(asked[rounds.SURVEY]) <= 18
    assert max(asked[rounds.EVALUATION]) <= 17
