"""What is judged of evaluations of kind A (《工作指引》第十三至十五条): of one alliance, of whom a city recommends, of what is decided."""

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal

from models.findings import Finding
from models.rounds.evaluation_papers import Answer, Decided, EvaluationPaper, Recommended
from models.values import on_day
from models.vocabulary import Kind, Severity, Stage
from regulation.reading import finding, pointer
from regulation.rounds.evaluation_items import Item, ItemsEdition
from regulation.rounds.known import Alliance


def fault(code: str, field: str, message: str) -> Finding:
    """What keeps something from being entered."""
    return finding(code, field, Severity.ERROR, message)


# One alliance


def judge(edition: ItemsEdition, paper: EvaluationPaper, at: str = "/content") -> Iterator[Finding]:
    """What is wrong with an evaluation whose items are answered: what 第十一条 names is never said without saying what, and the
    result does not contradict it."""
    for key, answer in paper.answers.items():
        if against(edition.items[key], answer) and answer.finding is None:
            message = f"{edition.items[key].title}：须写明具体情形"
            yield fault(edition.items[key].article, at + pointer("answers", key, "finding"), message)
    if paper.result == "excellent" and misconduct(edition, paper):
        yield fault("A-45", f"{at}/result", "存在第十一条所列行为的，评价结果不得为优秀")


def against(item: Item, answer: Answer) -> bool:
    """Whether an answer says that what 第十一条 names is there."""
    return item.docket and answer.met is not None and answer.met is not item.favourable


def misconduct(edition: ItemsEdition, paper: EvaluationPaper) -> bool:
    """Whether an evaluation found what 第十一条 names."""
    return any(against(edition.items[key], answer) for key, answer in paper.answers.items())


def favourable(edition: ItemsEdition, paper: EvaluationPaper) -> int:
    """To how many items, of those answered yes or no, the answer is the good one."""
    return sum(answer.met is edition.items[key].favourable for key, answer in paper.answers.items())


def marks(edition: ItemsEdition, paper: EvaluationPaper) -> Decimal | None:
    """The sum of the scores; None where nothing is scored."""
    if not edition.full_marks:
        return None
    return sum((each.score for each in paper.answers.values() if each.score is not None), Decimal(0))


# Whom a city recommends


def may_be_evaluated(alliance: Alliance, year: int) -> str | None:
    """Why an alliance is none of those that are evaluated for a year: kind A, archived by then, and not ended (A-44)."""
    if alliance.kind is not Kind.A:
        return "评估评价的对象是实质性产学研联盟（A类）"
    if alliance.stage not in (Stage.IN_FORCE, Stage.REVOCATION_PENDING):
        return f"该联盟{alliance.stage.label}，不再评价"
    if alliance.archived_on and alliance.archived_on.year > year:
        return f"该联盟于{on_day(alliance.archived_on)}备案，不在{year}年度评价范围"
    return None


def judge_recommended(
    rows: Collection[Recommended], results: Mapping[str, tuple[str, bool]], alliances: Mapping[str, Alliance], at: str
) -> Iterator[Finding]:
    """What is wrong with a list of recommended alliances; `results` says of each evaluated one its grade, and whether it did
    what 第十一条 names (A-46)."""
    for number, row in enumerate(rows):
        place, alliance = f"{at}/{number}/filing_id", alliances.get(row.filing_id)
        if alliance is None:
            yield fault("A-46", place, f"{row.filing_id}：本地区没有这一联盟")
        elif alliance.stage is not Stage.IN_FORCE:
            yield fault("A-46", place, f"“{alliance.name}”{alliance.stage.label}，不能推荐")
        elif row.filing_id not in results:
            yield fault("A-46", place, f"“{alliance.name}”尚未评价，须依据评估评价结果推荐")
        elif results[row.filing_id][1]:
            yield fault("A-46", place, f"“{alliance.name}”存在第十一条所列行为，不能推荐")
        elif results[row.filing_id][0] == "unqualified":
            yield fault("A-46", place, f"“{alliance.name}”评价结果不合格，不能推荐")


# What both departments decide


def judge_decided(rows: Collection[Decided], alliances: Mapping[str, Alliance], at: str) -> Iterator[Finding]:
    """What is wrong with a list of typical and pilot alliances: typical is who was recommended, pilot who is typical (A-49)."""
    typical = {row.filing_id for row in rows if row.tag == "typical" and not row.removed}
    untypical = {row.filing_id for row in rows if row.tag == "typical" and row.removed}
    unpiloted = {row.filing_id for row in rows if row.tag == "pilot" and row.removed}
    for number, row in enumerate(rows):
        alliance = alliances.get(row.filing_id)
        message = _against_naming(row, alliance, typical - untypical) or _against_taking(row, alliance, unpiloted)
        if alliance is None:
            message = f"{row.filing_id}：没有这一联盟"
        if message:
            yield fault("A-49", f"{at}/{number}/filing_id", message)


def _against_naming(row: Decided, alliance: Alliance | None, typical: Collection[str]) -> str | None:
    if alliance is None or row.removed:
        return None
    if alliance.kind is not Kind.A or alliance.stage is not Stage.IN_FORCE:
        return f"“{alliance.name}”不是在册的实质性产学研联盟（现为{alliance.stage.label}）"
    if row.tag in alliance.tags:
        return f"“{alliance.name}”已有此称号"
    if row.tag == "typical" and "recommended" not in alliance.tags:
        return f"“{alliance.name}”未经所在地区推荐"
    if row.tag == "pilot" and row.filing_id not in typical and "typical" not in alliance.tags:
        return f"“{alliance.name}”不是典型联盟，不能列为试点示范"
    return None


def _against_taking(row: Decided, alliance: Alliance | None, unpiloted: Collection[str]) -> str | None:
    if alliance is None or not row.removed:
        return None
    if row.tag not in alliance.tags:
        return f"“{alliance.name}”没有此称号"
    if row.tag == "typical" and "pilot" in alliance.tags and row.filing_id not in unpiloted:
        return f"“{alliance.name}”仍为试点示范，须一并取消"
    return None
