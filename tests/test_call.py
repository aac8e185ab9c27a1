"""The call on a real server: published, it takes applications in; filings keep it; every worker knows it, replay included."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from activities.letters import Letters
from activities.published_editions import TABLE
from gateway.problem import Refused
from gateway.rounds import Rounds
from models.values import day_of
from models.vocabulary import Kind
from regulation.terms import TERMS
from tests.in_force import editions_of_ones_own
from tests.story import application
from tests.test_published_editions import elsewhere
from tests.test_round import followed
from tests.world import World
from workflows.filing import AllianceFiling
from workflows.payloads import CONVERTER
from workflows.sandbox import Sandbox

TODAY = day_of(datetime.now(UTC))
CALL, DOCUMENT = f"call-{TODAY.year}-LN-1", f"call-{TODAY.year}-210100-1"
LAST = date(TODAY.year, 12, 31)
PROV = {"person": "p-401", "office": "210000", "role": "province_st"}
CITY = {"person": "c-101", "office": "210100", "role": "city_st"}


def opening(by: dict[str, str], document_no: str, content: dict[str, Any], closes: date) -> dict[str, Any]:
    """Publishes a call, or a city's document."""
    days = {"opens": str(TODAY), "closes": str(closes)}
    told = {"document_no": document_no, "title": "关于组织申报的通知", "content": {"text": "正文", **content}}
    return {"id": "open", "kind": "open_round", "by": by, **days, **told}


def applying(number: int, **changes: Any) -> dict[str, Any]:
    """An application of kind B that is received now."""
    named = {"filing_id": f"CALL-{number}", "alliance_name": f"沈阳市第{number}联盟", "zone_name": None}
    return application(Kind.B, **named, received_at=datetime.now(UTC).isoformat(), **changes)


async def test_applications_are_taken_in_from_the_publication_on_and_keep_what_it_said(
    environment: WorkflowEnvironment, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with editions_of_ones_own():
        async with World.opened(environment, tmp_path_factory.mktemp("call"), delivering=False) as world:
            rounds, closes = Rounds(world.door), min(TODAY + timedelta(days=10), LAST)
            with pytest.raises(Refused, match="申报"):  # none yet, or none now
                await world.door.submit(applying(1))
            with pytest.raises(Refused, match="须写明初审推荐截止日"):
                await rounds.act(CALL, opening(PROV, "辽科发〔测试〕5号", {}, closes))
            await rounds.act(CALL, opening(PROV, "辽科发〔测试〕5号", {"recommend_by": str(closes)}, closes))
            await followed(rounds.register, CALL, 1)
            assert [each.title for each, _ in Letters(world.register.engine).inbox("210100")] == [
                f"关于组织申报的通知已发布：{closes:%Y年%-m月%-d日}申报截止"
            ]
            await world.door.submit(applying(1))
            first = world.register.filing("CALL-1")
            assert first
            assert first.terms == CALL

            extra = {"extra": [{"name": "纳税证明"}]}
            await rounds.act(DOCUMENT, opening(CITY, "沈科发〔测试〕1号", extra, LAST))
            await followed(rounds.register, DOCUMENT, 1)
            with pytest.raises(Refused, match="须提交属地要求的“纳税证明”（沈科发〔测试〕1号）"):
                await world.door.submit(applying(2))
            brought = applying(2)
            brought["documents"].append(brought["documents"][0] | {"kind": "L1"})
            await world.door.submit(brought)
            second = world.register.filing("CALL-2")
            assert second
            assert second.terms == DOCUMENT, "what the city adds builds on the call"
            assert world.register.filing("CALL-1") == first, "no date of a filing under way has changed"

            assert [rounds.register.verify(each) for each in (CALL, DOCUMENT)] == [[], []]
            with world.register.engine.connect().execution_options(writes=True) as db, db.begin():
                said = str(db.scalar(select(TABLE.c.document).where(TABLE.c.name == CALL)))
                altered = update(TABLE).where(TABLE.c.name == CALL)
                db.execute(altered.values(document=said.replace(str(closes), str(TODAY))))
            assert rounds.register.verify(CALL) == [f"期限标准 {CALL} 与第1号登记不符"]
            with world.register.engine.connect().execution_options(writes=True) as db, db.begin():
                db.execute(altered.values(document=said))

            # Another worker, which has not been told of these editions, takes the filing over from its history.
            history = await world.handle("CALL-2").fetch_history()
            world.register.published.follow()
            world.register.published.upto = 0
            for name in (DOCUMENT, CALL):
                elsewhere(name)
            replayer = Replayer(workflows=[AllianceFiling], workflow_runner=Sandbox(), data_converter=CONVERTER)
            await replayer.replay_workflow(history)
            assert DOCUMENT in TERMS, "it was asked for by name"
