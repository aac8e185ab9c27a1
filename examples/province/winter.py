"""The winter: both evaluations, whom both departments name typical, the spot checks, and the money."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from examples.province import applications, people, returns
from examples.province.alliances import Alliance
from examples.province.applications import document
from examples.province.codes import invented
from examples.province.people import INDUSTRY, PROVINCE, PROVINCE_TOO
from examples.province.story import Story
from models.rounds.base import RoundKind
from models.rounds.inspections import Purpose, Standing
from models.vocabulary import Kind
from regulation import offices
from regulation.rounds import lot
from regulation.rounds.checks import CHECKS, checks_on
from regulation.rounds.evaluation_items import ITEMS, edition_for

# Kind A


def evaluation(story: Story) -> None:
    """各市科技部门逐家评估评价"""
    for place, theirs in _places(story):
        _evaluate(story, place, theirs)


def recommendation(story: Story) -> None:
    """各市科技、工信部门报送评价情况，推荐典型联盟"""
    for place, theirs in _places(story):
        _report_to_the_province(story, place, theirs)


def _places(story: Story) -> Iterator[tuple[str, list[Alliance]]]:
    for place in offices.OFFICES:
        if theirs := [each for each in story.of_kind(Kind.A) if each.city == place]:
            yield place, theirs


def _evaluate(story: Story, place: str, theirs: Sequence[Alliance]) -> None:
    of, by, name = story.round_id(RoundKind.EVALUATION, place), people.city(place), offices.CITIES[place]
    story.service.acts(
        of, story.at(12, 2), by, "open_round", title=f"{name}{story.year}年度实质性产学研联盟评估评价", alliances="A",
        **story.window((12, 3), (13, 15)),
    )  # fmt: skip
    items = ITEMS[edition_for(story.day(12, 3), place)]
    for number, each in enumerate(theirs):
        then = story.at(12, 6 + number * 24 // len(theirs), 9 + number % 8, number % 60)
        story.service.acts(of, then, by, "evaluate", returns.evaluation(each, items), filing=each.id)


def _report_to_the_province(story: Story, place: str, theirs: Sequence[Alliance]) -> None:
    of, by, name = story.round_id(RoundKind.EVALUATION, place), people.city(place), offices.CITIES[place]
    for number, each in enumerate((by, people.industry_of(place)) if place != "21SF00" else (by,)):
        then = story.at(13, 10, 10 + number)
        story.service.acts(
            of, then, each, "report_evaluation", _report(story, name, theirs), document_no=_number(story, name, 1)
        )
    story.service.until(of, story.at(13, 16, 9))
    story.service.acts(of, story.at(13, 17), by, "close_round")


def _number(story: Story, name: str, number: int) -> str:
    return f"{name.removesuffix('市')[:2]}科发〔{story.year + 1}〕{number}号"


def _report(story: Story, name: str, theirs: Sequence[Alliance]) -> dict[str, Any]:
    """Whom a city recommends: of the excellent the best, one in twenty."""
    best = sorted((each for each in theirs if returns.grade(each) == "excellent"), key=_by_quality)
    text = f"{name}科技、工信部门组成评价组，采取材料审查和实地核查相结合的方式，对{len(theirs)}家联盟逐家评价。"
    rows = [
        {"filing_id": each.id, "reason": f"{each.field}领域合作成效突出，年内组织活动{returns.meetings(each)}次"}
        for each in best[: max(1, len(theirs) // 20)]
    ]
    return {"text": text, "recommended": rows}


def _by_quality(each: Alliance) -> tuple[int, int]:
    return -each.quality, each.number


def typical(story: Story) -> None:
    """省科技厅会同省工信厅确定典型联盟和试点示范"""
    of = story.round_id(RoundKind.EVALUATION)
    story.service.acts(
        of, story.at(13, 18), PROVINCE, "open_round", title=f"{story.year}年度典型联盟确定", alliances="A",
        document_no=f"辽科办发〔{story.year + 1}〕2号", **story.window((13, 18), (14, 10)),
    )  # fmt: skip
    named = [row.filing_id for row in story.service.register.filings(named="recommended", limit=500)]
    best = sorted((story.in_force[each] for each in named), key=_by_quality)
    if best:
        typical = best[: max(1, len(best) * 2 // 3)]
        chosen = [{"filing_id": each.id, "tag": "typical"} for each in typical]
        chosen += [{"filing_id": each.id, "tag": "pilot"} for each in typical[: max(1, len(typical) // 5)]]
        for number, by in enumerate((PROVINCE, INDUSTRY)):
            number_of = f"辽科发〔{story.year + 1}〕4号"
            story.service.acts(
                of, story.at(13, 20, 10 + number), by, "decide_typical", {"decided": chosen}, document_no=number_of
            )
    story.service.until(of, story.at(14, 11, 9))
    story.service.acts(of, story.at(14, 12), PROVINCE, "close_round")


# Kind B

THIRD_PARTIES = ("辽宁示例科技评估中心有限公司", "大连示例管理咨询有限公司")


def performance(story: Story) -> None:
    """第三方绩效评价，省科技厅验收"""
    of, theirs = story.round_id(RoundKind.PERFORMANCE), story.of_kind(Kind.B)
    story.service.acts(
        of, story.at(12, 2), PROVINCE, "open_round", title=f"{story.year}年度技术能力提升类联盟绩效评价", alliances="B",
        document_no=f"辽科办发〔{story.year}〕35号", **story.window((12, 2), (13, 20)),
    )  # fmt: skip
    for number, organisation in enumerate(THIRD_PARTIES, 1):
        part, evaluator = theirs[number - 1 :: len(THIRD_PARTIES)], people.evaluator(number)
        paper = {"people": [evaluator["person"]], "alliances": [each.id for each in part], "no_interest": True}
        story.service.acts(
            of, story.at(12, 3, 9 + number), PROVINCE, "commission", paper, organisation=organisation,
            code=invented("91", "210100", 99_000 + number), contract_no=f"辽科评合〔{story.year}〕{number}号",
            begins=str(story.day(12, 3)), ends=str(story.day(13, 15)),
        )  # fmt: skip
    for number in range(1, 1 + len(THIRD_PARTIES)):
        rows = [returns.appraisal(each) for each in theirs[number - 1 :: len(THIRD_PARTIES)]]
        story.service.acts(of, story.at(12, 27, 9 + number), people.evaluator(number), "appraise", {"rows": rows})
    story.service.acts(of, story.at(13, 12), PROVINCE, "accept_results", document_no=f"辽科发〔{story.year + 1}〕3号")
    story.service.until(of, story.at(13, 21, 9))
    story.service.acts(of, story.at(13, 22), PROVINCE, "close_round")


# Spot checks

SECRETS = {"province_st": "spot-check-secret-of-science", "province_iit": "spot-check-secret-of-industry"}
PUBLIC_VALUE = "03 09 14 22 27 31 05"
INSPECTORS = (PROVINCE, INDUSTRY)


def inspection(story: Story) -> None:
    """两厅随机抽查：抽签、检查、限期整改"""
    of, rule = story.round_id(RoundKind.INSPECTION), CHECKS[checks_on(story.day(12, 3))]
    named = {"name": "福利彩票双色球指定期次开奖号码", "source": "中国福利彩票官方网站", "on": str(story.day(12, 8))}
    strata = len({(each.kind, each.city) for each in story.in_force.values()})
    plan = {"purpose": "check", "draw": strata + len(story.in_force) // 60, "at_least_one": True, "public_value": named}
    acts = story.service.acts
    acts(
        of, story.at(12, 3), PROVINCE, "open_round", plan, title=f"{story.year}年度产学研联盟随机抽查",
        document_no=f"辽科办发〔{story.year}〕36号", **story.window((12, 3), (14, 20)),
    )  # fmt: skip
    acts(of, story.at(12, 4), PROVINCE, "list_population")
    for by in INSPECTORS:
        acts(of, story.at(12, 5), by, "commit_seed", commitment=lot.commitment(of, SECRETS[by["role"]]))
    for by in INSPECTORS:
        acts(of, story.at(12, 8), by, "reveal_seed", secret=SECRETS[by["role"]])
    for by in INSPECTORS:
        acts(of, story.at(12, 9), by, "enter_public_value", value=PUBLIC_VALUE)
    acts(of, story.at(12, 9, 14), PROVINCE, "draw_lot")
    asked = {each.item: each.asks for each in rule.items(Purpose.CHECK)}
    for number, each in enumerate(_drawn(story, of)):
        _inspect(story, of, each, number, asked)
    story.service.until(of, story.at(14, 21, 9))
    acts(of, story.at(14, 22), PROVINCE, "close_round")


def _drawn(story: Story, of: str) -> list[Alliance]:
    items = story.service.rounds.items(of, state=Standing.DRAWN, most=5000)
    return [story.in_force[each.filing_id] for each in items]


def _inspect(story: Story, of: str, alliance: Alliance, number: int, asked: dict[str, str]) -> None:
    """Two people inspect it; what is not in order is put right within a month."""
    acts, day, minute = story.service.acts, 21 + number % 9, number % 60
    people_ = [
        {"person": by["person"], "name": name, "employer": employer, "no_conflict": True}
        for by, name, employer in zip(
            INSPECTORS, ("查示例", "检示例"), ("辽宁省科学技术厅", "辽宁省工业和信息化厅"), strict=True
        )
    ]
    task = {"planned_on": str(story.day(13, day)), "inspectors": people_}
    acts(of, story.at(12, 10, 10, minute), PROVINCE, "assign_inspectors", task, filing=alliance.id)
    record = returns.check(alliance, str(story.day(13, day)), asked, str(story.day(14, 18)))
    for hour, by in enumerate(INSPECTORS, 15):
        acts(of, story.at(13, day, hour, minute), by, "record_findings", record, filing=alliance.id)
    if record["rectify_by"]:
        told = {"measures": "已按原始凭证更正统计数据，并完善填报审核制度。", "finished_on": str(story.day(14, 10))}
        acts(of, story.at(14, 12), applications.by(alliance), "report_rectification", told, filing=alliance.id)
        acts(of, story.at(14, 16), PROVINCE, "rule_on_rectification", filing=alliance.id, decision="accepted")


# The money

BANDS = [
    {"at_least": "10", "below": "20", "amount": "3"}, {"at_least": "20", "below": "50", "amount": "6"},
    {"at_least": "50", "below": "100", "amount": "15"}, {"at_least": "100", "below": "200", "amount": "30"},
    {"at_least": "200", "amount": "50"},
]  # fmt: skip
"""区间定额表 of the year, in 万元."""

A_HEAD = Decimal(18)
"""So much money there is for each alliance that was evaluated: not enough for all."""


def subsidy(story: Story) -> None:
    """后补助：方案、核对研发投入、名单公示、资金下达"""
    of, theirs = story.round_id(RoundKind.SUBSIDY), story.of_kind(Kind.B)
    acts = story.service.acts
    acts(
        of, story.at(13, 13), PROVINCE, "open_round", title=f"{story.year}年度技术能力提升后补助", alliances="B",
        document_no=f"辽科办发〔{story.year + 1}〕1号", **story.window((13, 13), (14, 28)),
    )  # fmt: skip
    scheme = {
        "performance": [story.round_id(RoundKind.PERFORMANCE)], "budget": str(A_HEAD * len(theirs)), "bands": BANDS,
        "grades": ["excellent", "qualified"], "order": ["grade", "score", "base", "archived_on"],
    }  # fmt: skip
    acts(of, story.at(13, 14), PROVINCE, "adopt_scheme", scheme, document_no=f"辽财教〔{story.year + 1}〕5号")
    for number, each in enumerate(theirs):
        _base(story, of, each, number)
    excluded = [each for each in theirs if each.number % 97 == 0]
    for each in excluded:
        acts(
            of, story.at(13, 20), PROVINCE, "record_exclusion", filing=each.id, code="renounced",
            document_no=f"盟主企业函〔{story.year + 1}〕1号", reason="盟主企业书面放弃本年度后补助",
        )  # fmt: skip
    listed = f"辽科发〔{story.year + 1}〕8号"
    for hour, by in enumerate((PROVINCE, PROVINCE_TOO), 10):
        acts(of, story.at(14, 3, hour), by, "approve_list", document_no=listed)
    _objection(story, of)
    story.service.until(of, story.at(14, 24, 9))
    paid: dict[str, Any] = {"document_no": f"辽财指教〔{story.year + 1}〕21号", "paid_on": str(story.day(14, 25))}
    acts(of, story.at(14, 25, 16), PROVINCE, "record_payment", **paid)
    story.service.until(of, story.at(15, 1, 9))
    acts(of, story.at(15, 1), PROVINCE, "close_round")


def _base(story: Story, of: str, alliance: Alliance, number: int) -> None:
    """Whoever applied in the year has the document of the year before in its application; the others bring a newer one."""
    if alliance.number % 23 == 0:
        return  # brings none, and is left out
    amount, minute, proof = str(alliance.leader.rd), number % 60, document("D5a", "研发费用加计扣除明细表", alliance.id)
    if alliance.origin != "applies":
        proof = document("D5b", "研发投入专项审计报告", f"{alliance.id}-{story.year}")
        paper = {"year": story.year - 1, "stated": amount, "document": proof}
        story.service.acts(
            of, story.at(13, 15, 10, minute), applications.by(alliance), "bring_proof", paper, filing=alliance.id
        )
    told: dict[str, Any] = {"amount": amount, "proof": proof["kind"], "document": proof["sha256"]}
    story.service.acts(
        of, story.at(13, 17, 10, minute), people.reviewer(alliance), "note_base", filing=alliance.id, **told
    )


def _objection(story: Story, of: str) -> None:
    """Somebody objects to the list, and is wrong."""
    paper = {
        "name": "示例科技有限公司", "party": "unit", "stamped": True, "channel": "platform", "contact": "示例联系人",
        "text": "名单第一名的研发投入与事实不符，附材料。",
    }  # fmt: skip
    story.service.acts(of, story.at(14, 4), people.PUBLIC, "object_to_list", paper)
    made = next(entry.act.id for entry in reversed(story.service.rounds.docket(of)) if entry.act)
    of_it: dict[str, Any] = {"objection": made}
    story.service.acts(
        of, story.at(14, 5), PROVINCE, "admit_list_objection", admissible=True, reason="实名并附证据", **of_it
    )
    story.service.acts(
        of, story.at(14, 8), PROVINCE, "rule_on_list_objection", outcome="dismissed", reason="经核查不属实", **of_it
    )
