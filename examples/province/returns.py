"""What the alliances of the province tell in rounds: their figures of the survey, the answers of evaluations, scores and checks."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from examples.province.alliances import Alliance
from regulation.rounds.evaluation_items import ItemsEdition

CENT = Decimal("0.01")


def _of(amount: Decimal, percent: int) -> Decimal:
    return (amount * percent / 100).quantize(CENT)


def survey(alliance: Alliance) -> dict[str, Any]:
    """The return of an alliance; its sums add up as the questionnaire asks."""
    leader, many = alliance.leader, 1 + len(alliance.members)
    growth = 92 + alliance.number % 30
    rd, sales = _of(leader.rd, growth), _of(leader.sales, growth)
    cooperation = _of(rd, 8)
    rows = [_member(alliance, rd, sales, cooperation), *_others(alliance, rd, sales, cooperation)]
    whole = {name: sum((Decimal(row.get(name, 0)) for row in rows), Decimal(0)) for name in ("rd", "sales", "paid")}
    won = alliance.number % 5 == 0
    figures: dict[str, Any] = {
        "leader": {
            "staff": leader.staff, "tech_staff": leader.staff * 2 // 5, "senior_staff": leader.staff // 20,
            "rd": rd, "rd_government": _of(rd, 10), "cooperation": cooperation, "to_universities": _of(cooperation, 60),
            "to_institutes": _of(cooperation, 20), "sales": sales, "hightech_sales": _of(sales, 60), "profit": _of(sales, 5),
            "is_tech_sme": leader.staff < 500, "is_eagle": alliance.share > 0.7, "is_gazelle": alliance.share > 0.95,
        },
        "members": rows,
        "alliance": {
            "members": many, "enterprises": alliance.enterprises, **_schools(alliance), "joined": alliance.number % 2,
            "sales": whole["sales"], "rd": whole["rd"], "cooperation": whole["paid"],
        },
        "ip": {"class1": 1 + alliance.number % 3, "class2": 4, "shared": alliance.number % 3, "applied": 5, "held": 9 + alliance.number % 40},
        "projects": {
            "national": int(alliance.quality > 92), "provincial": alliance.number % 3, "municipal": 1, "open_bid": int(won and alliance.number % 3 > 0),
            "own": 1, "funds": _of(rd, 30), "funds_public": _of(rd, 12),
        },
        "platforms": {"national": 0, "provincial": 0, "common": int(alliance.quality > 75), "served": alliance.number % 25},
        "talents": {"teams": int(alliance.quality > 85), "people": 2 + alliance.number % 6, "from_outside": 2, "graduates": alliance.number % 9, "trained": 30},
        "standards": {"international": 0, "national": int(alliance.quality > 90), "trade": 0, "local": 0, "group": 1, "led": 1},
        "results": {
            "transferred": 1 + alliance.number % 3, "contracts": 2, "contract_value": _of(rd, 9), "products": 1,
            "product_sales": _of(sales, 7), "national_awards": 0, "provincial_awards": int(alliance.quality > 95),
        },
        "activities": {"meetings": meetings(alliance), "attended": 40 * meetings(alliance), "chain": alliance.number % 12, "credit": _of(sales, 3), "land": False},
        "remarks": {},
    }  # fmt: skip
    return {"figures": _written(figures), "integrity_commitment": True}


def meetings(alliance: Alliance) -> int:
    """How often an alliance came together in the year."""
    return max(0, (alliance.quality - 45) // 7)


def _schools(alliance: Alliance) -> dict[str, int]:
    return {
        "universities": sum(each.type == "university" for each in alliance.members),
        "institutes": sum(each.type == "institute" for each in alliance.members),
    }


def _member(alliance: Alliance, rd: Decimal, sales: Decimal, cooperation: Decimal) -> dict[str, Any]:
    leader = alliance.leader
    return {
        "name": leader.name, "code": leader.code, "type": "enterprise", "tech_staff": leader.staff * 2 // 5, "rd": rd, "sales": sales,
        "paid": cooperation, "received": Decimal(0), "ip_class1": 1, "ip_class2": 3,
    }  # fmt: skip


def _others(alliance: Alliance, rd: Decimal, sales: Decimal, cooperation: Decimal) -> list[dict[str, Any]]:
    first = alliance.members[0].code
    return [
        {
            "name": each.name, "code": each.code, "type": each.type, "tech_staff": 6 + at, "rd": _of(rd, 10), "paid": Decimal(0),
            "received": cooperation if each.code == first else Decimal(0), "ip_class1": 0, "ip_class2": 1,
            **({"sales": _of(sales, 20)} if each.type == "enterprise" else {}),
        }
        for at, each in enumerate(alliance.members)
    ]  # fmt: skip


def _written(value: Any) -> Any:
    """Amounts as forms write them."""
    if isinstance(value, Decimal):
        return str(value.quantize(CENT))
    if isinstance(value, dict):
        return {name: _written(each) for name, each in value.items()}
    return [_written(each) for each in value] if isinstance(value, list) else value


GOOD = {
    "direction": "技术领域列入省重点产业链，与年度总结一致", "interests": "协议写明投入、分工和收益分配，已按约结算",
    "open_competition": "承担“揭榜挂帅”项目一项，任务书和合同在案", "talents": "引进人才在辽工作，协议在案",
    "platforms": "共建检测试验平台一处，有对外服务记录", "resources": "取得银行授信，合同在案",
    "chain": "上下游配套企业参加联盟活动，有签到和会议纪要", "transfer": "成果已投产，技术合同已登记",
}  # fmt: skip
"""What a city finds where an item is met."""


def grade(alliance: Alliance) -> str:
    """What an alliance of kind A is evaluated as."""
    return "excellent" if alliance.quality >= 88 else "qualified" if alliance.quality >= 55 else "unqualified"


def evaluation(alliance: Alliance, edition: ItemsEdition) -> dict[str, Any]:
    """评估评价表: how many of the items are met goes by how good the alliance is."""
    answers: dict[str, Any] = {}
    for at, (key, item) in enumerate(edition.items.items()):
        if item.docket:
            answers[key] = {"met": False}
        else:
            met = at < alliance.quality // 11 if alliance.quality < 88 else True
            answers[key] = {"met": met, "finding": GOOD[key] if met else "材料未能说明，尚待加强"}
    conclusion = f"联盟围绕{alliance.field}领域开展合作，{'成效明显' if alliance.quality >= 88 else '机制运行正常' if alliance.quality >= 55 else '合作活动较少，建议加强指导'}。"
    return {
        "answers": answers,
        "joint_activities": meetings(alliance),
        "result": grade(alliance),
        "conclusion": conclusion,
    }


def appraisal(alliance: Alliance) -> dict[str, Any]:
    """The four scores of a third party."""
    scores = {
        name: min(100, max(20, alliance.quality + shift))
        for name, shift in (("direction", 4), ("mechanism", 0), ("results", -3), ("activities", alliance.number % 5))
    }
    return {
        "filing": alliance.id, **scores, "joint_activities": meetings(alliance),
        "opinion": "运行规范，研发投入持续增长" if alliance.quality >= 60 else "合作活动不足，须加强组织",
    }  # fmt: skip


def check(alliance: Alliance, on: str, items: Mapping[str, str], rectify_by: str) -> dict[str, Any]:
    """检查记录: one in six has something to put right."""
    lacking = "reports" if alliance.number % 6 == 0 else None
    lines = [
        {"item": asks, "met": item != lacking, "note": "统计数据与原始凭证有两处不一致" if item == lacking else None}
        for item, asks in items.items()
    ]
    return {
        "inspected_on": on, "place": f"{alliance.leader.name.partition('有限')[0]}产业园1号", "present": ["联示例"], "lines": lines,
        "conclusion": "责令限期更正统计数据并补充原始凭证。" if lacking else "未发现问题。",
        "rectify_by": rectify_by if lacking else None,
    }  # fmt: skip


def base(alliance: Alliance) -> Decimal:
    """The research of the year before, as its proven document says: the form rounds it."""
    return alliance.leader.rd
