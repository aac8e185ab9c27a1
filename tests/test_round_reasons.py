"""Why in rounds at the doors: page, API and command line tell the same; who may not read a list is told of its own alliance alone."""

import json
from collections.abc import AsyncIterator

import pytest
from httpx import AsyncClient

import starter
from activities.register import Register
from models.settings import Settings
from tests.databases import Databases
from tests.law.rounds_of_money import EVALUATION
from tests.population import life
from tests.served import Clock
from tests.simulated import holding, written
from tests.test_round_proofs import ENDED, fill
from tests.visiting import House, visiting

RESULTS = 4
"""The entry by which the results were accepted."""


def with_a_filing(register: Register) -> None:
    """The rounds, and the filing of one alliance that was evaluated."""
    written(register, life("B-2", "210100", "A", "2023-05-08", ()))
    fill(register)


@pytest.fixture
async def house(sqlite: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A gateway over them."""
    address = sqlite.made("rounds and a filing", holding(with_a_filing))
    async with visiting(Settings(var=tmp_path_factory.mktemp("why"), database_url=address), Clock(ENDED)) as opened:
        yield opened


def asks(house: House, person: str) -> AsyncClient:
    """A program that asks for somebody."""
    browser = house.browser()
    browser.headers["Authorization"] = f"Bearer {person}"
    return browser


async def test_page_api_and_command_line_tell_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = f"/rounds/{EVALUATION}/why"
    async with asks(house, "p-401") as api:
        answer = (await api.get(f"/api/v1{path}", params={"entry": RESULTS, "filing": "B-2", "for": "court"})).json()
        assert "reasons" in answer, answer
        [reason] = answer["reasons"]
        [grade] = reason["because"]
        assert grade["text"].startswith(
            "依照《实施细则》第八条，“沈阳市第2联盟”由辽宁某科技评估有限公司评价：建设方向80.00分"
        )
        assert [each["entry"] for each in grade["facts"]] == [4, 2, 3]
        everybody = (await api.get(f"/api/v1{path}", params={"entry": RESULTS})).json()["reasons"][0]["because"]
        assert [each["text"][:10] for each in everybody] == [f"“沈阳市第{n}联盟”由" for n in (1, 2, 3)]
        assert (await api.get(f"/api/v1{path}")).json()["question"] == "next"
        assert (await api.get(f"/api/v1{path}", params={"entry": 0})).status_code == 422
    browser = await house.signed_in("p-401")
    page = (await browser.get(path, params={"entry": RESULTS, "filing": "B-2", "for": "court"})).text
    assert grade["text"] in page
    assert f'{path}?entry={RESULTS}">为什么' in (await browser.get(f"/rounds/{EVALUATION}")).text
    assert "没有您可以查询的这一号登记" in (await browser.get(path, params={"entry": "99"})).text
    assert (await browser.get(path, params={"entry": "", "filing": "\x00"})).status_code == 200
    await browser.aclose()
    monkeypatch.setenv("BEIAN_VAR", str(house.tools.settings.var))
    monkeypatch.setenv("BEIAN_DATABASE_URL", house.tools.settings.register_url)
    command = ["round", "why", EVALUATION, "--entry", str(RESULTS), "--filing", "B-2", "--for", "court"]
    assert starter.run([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["reasons"] == answer["reasons"]
    assert starter.run(command) == 0
    assert "“沈阳市第2联盟”由" in "".join(capsys.readouterr().out.split())
    assert starter.run(["round", "why", EVALUATION, "--entry", "99"]) == 3


async def test_a_leader_is_told_of_its_own_alliance_and_of_no_other(house: House) -> None:
    path = f"/api/v1/rounds/{EVALUATION}/why"
    async with asks(house, "u-leader-01") as leader:
        own = (await leader.get(path, params={"entry": RESULTS, "filing": "B-2", "for": "court"})).json()
        assert own["worded_for"] == "enterprise"
        said = json.dumps(own, ensure_ascii=False)
        assert "评价等级为“合格”" in said
        assert "80.00分" not in said, "scores are not told where the edition does not publish them"
        for asked in (f"entry={RESULTS}", f"entry={RESULTS}&filing=B-1", "entry=2&filing=B-2"):
            assert (await leader.get(f"{path}?{asked}")).json()["reasons"] == [], asked
    async with asks(house, "c-101") as city:
        assert (await city.get(path, params={"entry": RESULTS, "filing": "B-1"})).json()["reasons"] == []
        assert (await city.get(path, params={"entry": RESULTS, "filing": "B-2"})).json()["reasons"] != []
