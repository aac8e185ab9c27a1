"""What the alliances of the province file: their lines of an old list, their applications, their annual reports."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from examples.province.alliances import Alliance
from models.values import digest
from models.vocabulary import Kind

TASKS = {
    "1": "联合承担“揭榜挂帅”科技攻关项目，完成年度任务书约定的阶段目标",
    "2": "落实联盟协议约定的投入、分工和成果归属，按约结算合作经费",
    "3": "吸纳产业链上下游配套企业参加联盟活动，新增配套产品",
    "4": "共建共享检测试验平台，面向成员单位和中小企业开放",
    "5": "推动科技成果在省内企业落地转化，形成新产品",
    "6": "引进域外创新人才，联合培养研究生",
    "7": "围绕重点产业链开展共性技术攻关，编制技术路线图",
    "8": "组织技术交流和供需对接，年内按计划召开联盟会议",
}
"""What is told of each of the eight tasks."""


def document(kind: str, name: str, of: str, owner: str | None = None) -> dict[str, Any]:
    """A reference to a document: invented like whoever files it."""
    sha256 = digest([kind, of, owner])
    told = {"kind": kind, "name": f"{name}.pdf", "media_type": "application/pdf", "size": 204_800, "sha256": sha256}
    return told | {"location": f"platform://documents/{sha256[:16]}"} | ({"owner": owner} if owner else {})


def by(alliance: Alliance) -> dict[str, Any]:
    """The leader's account."""
    return {"person": f"u-{alliance.number:04d}", "office": alliance.leader.code, "role": "leader"}


def listed(alliance: Alliance, at: str, year: int) -> dict[str, Any]:
    """A line of a list from before: archived between 2021 and two years ago, its reports said to be there."""
    archived = date(2021 + int(alliance.share * 4), 7 + alliance.number % 6, 1 + alliance.number % 28)
    past = [{"year": each, "standing": "asserted"} for each in range(archived.year, year - 1)]
    return {
        "listed": True, "kind": alliance.kind.value, "filing_id": alliance.id, "received_at": at,
        "by": {"person": "p-401", "office": "210000", "role": "province_st"}, "jurisdiction": alliance.city,
        "zone_name": alliance.zone_name, "alliance_name": alliance.name, "technical_field": alliance.field,
        "leader": {"name": alliance.leader.name, "uscc": alliance.leader.code},
        "members": [{"name": each.name, "code": each.code, "type": each.type} for each in alliance.members],
        "legacy": {
            "archived_on": str(archived), "archive_number": f"辽联盟备{archived.year}-{alliance.number:04d}",
            "document_no": f"辽科发〔{year}〕1号附件名单", "years": past,
        },
    }  # fmt: skip


def application(alliance: Alliance, on: date) -> dict[str, Any]:
    """An application as it is filed on a day."""
    leader, kind = alliance.leader, alliance.kind
    everybody = [
        (leader.name, leader.code, "enterprise"),
        *((each.name, each.code, each.type) for each in alliance.members),
    ]
    address = f"{leader.name.partition('有限')[0]}产业园1号"
    form: dict[str, Any] = {
        "kind": kind.value, "filing_id": alliance.id, "by": by(alliance), "jurisdiction": alliance.city,
        "alliance_name": alliance.name, "agreement_effective_on": str(date(on.year - 1, 11, 1 + alliance.number % 28)),
        "technical_field": alliance.field, "all_members_signed": True, "integrity_commitment": True,
        "received_at": f"{on}T09:{alliance.number % 60:02d}:00+08:00",
        "leader": {
            "name": leader.name, "uscc": leader.code, "registered_address": address, "operating_address": address,
            "contact": "联示例", "phone": f"138{alliance.number:08d}", "email": f"lianxi{alliance.number}@leader.example.cn",
        },
        "counts": {
            "total": len(everybody), "enterprises": alliance.enterprises,
            "universities": sum(sort == "university" for *_, sort in everybody),
            "institutes": sum(sort == "institute" for *_, sort in everybody),
        },
        "members": [
            {"name": name, "code": code, "type": sort, "position": POSITIONS[sort]} for name, code, sort in everybody
        ],
        "documents": [
            document("D1", "联盟备案申请表", alliance.id), document("D2", "联盟协议", alliance.id),
            *(document("D3", "法人证照", alliance.id, code) for _, code, _ in everybody),
        ],
        "service": {"consent": True, "address": f"inbox:u-{alliance.number:04d}"},
    }  # fmt: skip
    (_kind_a if kind is Kind.A else _kind_b)(form, alliance)
    return form


POSITIONS = {
    "enterprise": "主营产品在省内同行中居前列，与盟主企业形成配套",
    "university": "在合作方向具有学科和人才的比较优势",
    "institute": "具有检测试验平台和中试条件",
}


def _kind_a(form: dict[str, Any], alliance: Alliance) -> None:
    leader = alliance.leader
    form["innovation_goal"] = f"围绕{alliance.field}领域的关键共性技术联合攻关，三年内形成两项可以批量应用的新产品。"
    form["leader"] |= {
        "sales_last_year": str(leader.sales), "rd_last_year": str(leader.rd), "is_tech_sme": leader.staff < 500,
        "in_zone": False, "is_eagle_or_gazelle": alliance.share > 0.7, "capability_alliance": False,
    }  # fmt: skip


def _kind_b(form: dict[str, Any], alliance: Alliance) -> None:
    leader = alliance.leader
    last = {
        "staff": leader.staff, "tech_staff": leader.staff * 2 // 5, "rd": str(leader.rd), "cooperation": _part(leader.rd, 8),
        "sales": str(leader.sales), "hightech_sales": _part(leader.sales, 60), "profit": _part(leader.sales, 6),
        "ip_class1": 1 + alliance.number % 3, "ip_class2": 3 + alliance.number % 7,
    }  # fmt: skip
    before = last | {"rd": _part(leader.rd, 85), "sales": _part(leader.sales, 90), "cooperation": _part(leader.rd, 6)}
    before |= {"hightech_sales": _part(leader.sales, 50)}
    partner = alliance.members[0].name
    form["zone_name"] = alliance.zone_name
    form["leader"] |= {
        "types": ["科技型中小企业"],
        "last_year": last,
        "year_before": before,
        "projects": "省级重点研发计划示例项目",
    }
    form["last_year"] = {"sales": _part(leader.sales, 140), "rd": _part(leader.rd, 130)}
    form["year_before"] = {"sales": _part(leader.sales, 120), "rd": _part(leader.rd, 110)}
    form["cooperation"] = [
        {"partner": partner, "content": f"联合研制{alliance.field}领域新产品，年内完成样机，次年小批量试产"}
    ]
    form["cooperation_forms"] = ["签署产学研合作协议", "联合培养人才"]
    form["cooperation_status"] = "联盟每季度组织技术交流，共建测试平台一处，联合承担省级项目一项。"
    form["development_tasks"] = "两年内完成三类产品定型并建成中试线，带动上下游企业五家。"
    form["documents"] += [
        document("D4", "上一年度纳税申报表", alliance.id), document("D5a", "研发费用加计扣除明细表", alliance.id),
        document("D6", "知识产权证明", alliance.id),
    ]  # fmt: skip


def _part(amount: Decimal, percent: int) -> str:
    return str((amount * percent / 100).quantize(Decimal("0.01")))


def report(alliance: Alliance, year: int) -> Mapping[str, Any]:
    """An annual report: some of the eight tasks, as each alliance has something to tell of them."""
    told = {
        task: text for task, text in TASKS.items() if (alliance.number + int(task)) % 8 < 3 + alliance.quality // 25
    }
    return {
        "year": year,
        "summary": {"text": f"本年度围绕{alliance.field}领域开展产学研合作，完成年初计划的各项任务。", "tasks": told},
        "plan": {"text": "下一年度继续开展联合攻关和成果转化，扩大上下游合作。", "tasks": {"7": TASKS["7"]}},
        "integrity_commitment": True,
    }
