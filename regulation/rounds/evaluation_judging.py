"""What is judged of an evaluation of kind A (《工作指引》第十三条): each item answered in its own way, and what the answers come to."""

from collections.abc import Iterator
from decimal import Decimal

from models.findings import Finding
from models.rounds.evaluation_papers import Answer, EvaluationPaper
from models.vocabulary import Severity
from regulation.reading import finding, pointer
from regulation.rounds.evaluation_items import Item, ItemsEdition


def fault(code: str, field: str, message: str) -> Finding:
    """What keeps something from being entered."""
    return finding(code, field, Severity.ERROR, message)


# One alliance


def judge(edition: ItemsEdition, paper: EvaluationPaper, at: str = "/content") -> Iterator[Finding]:
    """What is wrong with an evaluation: each item is answered once, in its own way, and the result does not contradict them."""
    answered = {answer.key: number for number, answer in enumerate(paper.answers)}
    for key, item in edition.items.items():
        if key not in answered:
            yield fault(item.article, f"{at}/answers", f"未评价：{item.title}")
    for number, answer in enumerate(paper.answers):
        place = at + pointer("answers", number)
        if answer.key not in edition.items:
            yield fault("A-45", f"{place}/key", f"评价内容（{edition.name}）没有“{answer.key}”这一项")
        else:
            yield from _judge(edition.items[answer.key], answer, place)
    if paper.result == "excellent" and misconduct(edition, paper):
        yield fault("A-45", f"{at}/result", "存在第十一条所列行为的，评价结果不得为优秀")


def _judge(item: Item, answer: Answer, at: str) -> Iterator[Finding]:
    if item.most is None:
        if answer.met is None:
            yield fault(item.article, f"{at}/met", f"{item.title}：须填写是或者否")
        if answer.score is not None:
            yield fault(item.article, f"{at}/score", f"{item.title}：此项不计分")
    elif answer.score is None or answer.met is not None:
        yield fault(item.article, f"{at}/score", f"{item.title}：须填写得分（满分{item.most}分）")
    elif answer.score > item.most:
        yield fault(item.article, f"{at}/score", f"{item.title}：得分不得超过{item.most}分")
    if against(item, answer) and answer.finding is None:
        yield fault(item.article, f"{at}/finding", f"{item.title}：须写明具体情形")


def against(item: Item, answer: Answer) -> bool:
    """Whether an answer says that what 第十一条 names is there: that is never said without saying what."""
    return item.docket and answer.met is not None and answer.met is not item.favourable


def misconduct(edition: ItemsEdition, paper: EvaluationPaper) -> bool:
    """Whether an evaluation found what 第十一条 names."""
    return any(against(edition.items[each.key], each) for each in paper.answers if each.key in edition.items)


def favourable(edition: ItemsEdition, paper: EvaluationPaper) -> int:
    """To how many items, of those answered yes or no, the answer is the good one."""
    items = ((edition.items[each.key], each) for each in paper.answers if each.key in edition.items)
    return sum(answer.met is item.favourable for item, answer in items if not item.scored)


def marks(edition: ItemsEdition, paper: EvaluationPaper) -> Decimal | None:
    """The sum of the scores; None where nothing is scored."""
    if not edition.full_marks:
        return None
    return sum((each.score for each in paper.answers if each.score is not None), Decimal(0))
