"""Why in rounds (为什么): why an entry of a round came, what it came to for an alliance, who was told of it, and what comes next.

Sentences as those of filings are (regulation/because.py), in the same three registers. Nothing is decided here: scores and thresholds
are those of the round's edition, the lines of a list those that were drawn up with it, a lot what its published files make of it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from models.reasons import Answer, Fact, Question, Reason
from models.rounds.appraisals import DIMENSIONS, Results
from models.rounds.inspections import InspectionActKind
from models.rounds.lots import Lot, Population
from models.rounds.merit import SubsidyList
from models.rounds.performance import PerformanceActKind
from models.rounds.round import RoundEntry
from models.rounds.subsidies import SubsidyActKind
from models.values import day_of
from models.vocabulary import Role
from regulation import naming, offices
from regulation.articles import quoted
from regulation.because import by, you
from regulation.rounds import agenda
from regulation.rounds.bands import plain
from regulation.rounds.every import rules_of
from regulation.rounds.inspecting import state as of_lot
from regulation.rounds.merit import GRADES
from regulation.rounds.performing import terms_of

AHEAD = 4
"""How many lines of the agenda are told of what comes."""

MOST = 50
"""Of so many alliances an answer about a whole list tells; of the others one is asked for by itself."""


@dataclass(frozen=True)
class Sent:
    """A message that an entry led to: to whom, what it is called, about which alliance."""

    to: str
    office: str
    title: str
    about: str | None = None


@dataclass(frozen=True)
class Asked:
    """What is known to whoever asks: the entries, what the paper of the one asked about says, and those that it rests on; whom it told;
    the names of alliances. `filing`: only of that one; `own`: by somebody who may not read the whole.
    """

    docket: Sequence[RoundEntry]
    content: Mapping[str, Any] | None = None
    papers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    sent: Sequence[Sent] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    filing: str | None = None
    own: bool = False

    def wants(self, filing_id: str) -> bool:
        """Whether something is about what is asked."""
        return self.filing in (None, filing_id)

    def facts(self, entry: RoundEntry, at: str, *kinds: str) -> tuple[Fact, ...]:
        """The entry that a sentence rests on, and those of some kinds before it."""
        before = [each for each in self.docket if each.number < entry.number and str(each.event.kind) in kinds]
        others = [Fact(entry=each.number, day=day_of(each.at), field="/event/kind") for each in before]
        return (Fact(entry=entry.number, day=day_of(entry.at), field=at), *others)


def why(asked: Asked, number: int | None = None) -> Answer:
    """Why an entry came, with all that is behind it; without a number, where the round stands and what comes."""
    if number is None:
        last = asked.docket[-1]
        return Answer(question=Question.NEXT, about=last.stage.label, reasons=tuple(_next(asked, last)))
    entry = next((each for each in asked.docket if each.number == number), None)
    reasons = (_of_entry(asked, entry),) if entry else ()
    return Answer(question=Question.WHY, about=f"第{number}号登记", reasons=reasons)


def _reason(
    asked: Asked,
    entry: RoundEntry,
    said: str,
    at: str = "/event/kind",
    *,
    article: str = "",
    behind: Sequence[Reason] = (),
    rests_on: Sequence[str] = (),
    terms: str | None = None,
) -> Reason:
    article = article or entry.article
    law = quoted(article) or "系统的登记规则"
    return Reason(
        enterprise=f"{you(said)}。",
        office=f"{said}（第{entry.number}号登记）。依据：{law}。",
        court=f"{by(law)}，{said}（第{entry.number}号登记）。",
        article=article,
        facts=asked.facts(entry, at, *rests_on),
        terms=terms,
        because=tuple(behind),
    )


def _of_entry(asked: Asked, entry: RoundEntry) -> Reason:
    """Who did what, by what, and what it came to; or what time brought."""
    before = next((each for each in asked.docket if each.number == entry.number - 1), None)
    became = (
        f"，轮次由“{before.stage.label}”转为“{entry.stage.label}”" if before and before.stage != entry.stage else ""
    )
    behind = [*BEHIND.get(str(entry.event.kind), _nothing)(asked, entry)] if not entry.proposed else []
    behind += _told(asked, entry)
    act, label = entry.act, entry.event.kind.label
    if act is None:
        return _reason(asked, entry, f"{naming.moment(entry.at)}，“{label}”的日期已到{became}", behind=behind)
    numbered = f"（{act.document_no}）" if act.document_no else ""
    why_so = f"，理由：{act.reason.rstrip('。；')}" if act.reason else ""
    others = dict.fromkeys(offices.title(each.role, each.office) for each in entry.first)
    who = offices.title(act.by.role, act.by.office)
    agreed = (
        f"，此前{'、'.join('该机关另一人' if each == who else each for each in others)}已作同样的表示" if others else ""
    )
    waits = "，须另有一人或者另一部门作同样的表示才生效" if entry.proposed else ""
    said = f"{naming.received(entry.at)}，{who}办理了“{label}”{numbered}{why_so}{agreed}{waits}{became}"
    return _reason(asked, entry, said, behind=behind)


def _nothing(asked: Asked, entry: RoundEntry) -> Iterator[Reason]:
    yield from ()


# What an entry came to


def _results(asked: Asked, entry: RoundEntry) -> Iterator[Reason]:
    """Why an alliance has its grade: the scores, how they weigh, and the threshold that they reach (B-20)."""
    terms, results = terms_of(entry.round), Results.model_validate(asked.content)
    wanted = [row for row in results.rows if asked.wants(row.filing)]
    weighed = "、".join(f"{DIMENSIONS[each]}{weight}%" for each, weight in terms.weights.items())
    high, low = plain(terms.excellent_from), plain(terms.qualified_from)
    reached = {
        "excellent": f"不低于优秀的分数线{high}分",
        "qualified": f"低于优秀的分数线{high}分、不低于合格的分数线{low}分",
        "unqualified": f"低于合格的分数线{low}分",
    }
    for row in wanted[:MOST]:
        scores = "、".join(f"{said}{plain(getattr(row, name))}分" for name, said in DIMENSIONS.items())
        grade = f"评价等级为“{GRADES[row.grade]}”"
        said = f"“{row.alliance}”由{row.organisation}评价"
        if asked.own and not terms.publish_scores:
            said += f"，得分{reached[row.grade]}，{grade}"
        else:
            said += f"：{scores}；按权重（{weighed}）得{plain(row.score)}分，{reached[row.grade]}，{grade}"
        brought = [PerformanceActKind.COMMISSION.value, PerformanceActKind.APPRAISE.value]
        yield _reason(asked, entry, said, "/event/paper", rests_on=brought, terms=terms.name)
    yield from _others(asked, entry, len(wanted))


def _amounts(asked: Asked, entry: RoundEntry) -> Iterator[Reason]:
    """Why an alliance gets its amount, or none: the lines that were drawn up with the list, one by one (B-21, B-22)."""
    lines = SubsidyList.model_validate(asked.content).lines
    wanted = [each for each in lines if asked.wants(each.filing) and not (asked.own and each.grade is None)]
    for line in wanted[:MOST]:
        if line.amount is not None:
            said = f"“{line.alliance}”列第{line.rank}名，拟支持{plain(line.amount)}万元"
        else:
            placed = f"列第{line.rank}名，" if line.rank else ""
            said = f"“{line.alliance}”{placed}不予安排"
        rests_on = [SubsidyActKind.ADOPT_SCHEME.value]
        behind = [_of_line(asked, entry, each.rstrip("。"), rests_on) for each in line.why]
        yield _reason(asked, entry, said, "/event/paper", behind=behind, rests_on=rests_on)
    yield from _others(asked, entry, len(wanted))


def _of_line(asked: Asked, entry: RoundEntry, said: str, rests_on: Sequence[str]) -> Reason:
    """A line as it was drawn up; it names its own article where it has one."""
    reason = _reason(asked, entry, said, "/event/paper", rests_on=rests_on)
    return reason.but(court=f"{said}（第{entry.number}号登记；{quoted(entry.article)}）。")


def _drawn(asked: Asked, entry: RoundEntry) -> Iterator[Reason]:
    """Why an alliance was drawn or not: the seed, how many of its stratum, and its place there (A-33, B-18; docs/lots.zh.md)."""
    of, drawn = of_lot(entry.round), Lot.model_validate(asked.content)
    listed = Population.model_validate(asked.papers[of.population_paper or ""])
    kinds = InspectionActKind
    seeds = [
        kinds.LIST_POPULATION.value,
        kinds.COMMIT_SEED.value,
        kinds.REVEAL_SEED.value,
        kinds.ENTER_PUBLIC_VALUE.value,
    ]
    public = "和事先指定的公开随机数" if of.public_value else ""
    seed = f"种子{drawn.seed}由总体名单的摘要、各方揭示的随机数{public}算出，谁也不能单独左右"
    yield _reason(asked, entry, seed, "/event/facts/seed", rests_on=seeds)
    yield from _strata(asked, entry, drawn, listed)
    found = {each.id: each for each in drawn.order}
    for each in listed.alliances if asked.filing else ():
        if each.id != asked.filing:
            continue
        name = asked.names.get(each.id) or each.name or each.id
        if each.left_out:
            said = f"“{name}”不参加抽签：{each.left_out}"
        else:
            one, stratum = found[each.id], f"{each.kind.value}类{offices.CITIES[each.city]}"
            outcome = "抽中" if one.drawn else "未抽中，前面的不能检查时依次递补"
            said = f"“{name}”的序值由种子和其编号算出，在{stratum}一层由小到大列第{one.place}位，{outcome}"
        yield _reason(asked, entry, said, "/event/facts/lot", rests_on=seeds[:1])


def _strata(asked: Asked, entry: RoundEntry, drawn: Lot, listed: Population) -> Iterator[Reason]:
    about = next((each for each in listed.alliances if each.id == asked.filing), None)
    at_least = "每层至少一家，其余" if listed.at_least_one else ""
    for each in drawn.strata:
        if about is not None and (each.kind, each.city) != (about.kind, about.city):
            continue
        said = f"{each.kind.value}类{offices.CITIES[each.city]}参加抽签{each.size}家，{at_least}按最大余数法在{listed.draw}家中分得{each.draw}家"
        yield _reason(asked, entry, said, "/event/facts/lot", rests_on=[InspectionActKind.LIST_POPULATION.value])


def _others(asked: Asked, entry: RoundEntry, many: int) -> Iterator[Reason]:
    if many > MOST:
        yield _reason(asked, entry, f"另有{many - MOST}家，可以逐家查询", "/event/paper")


BEHIND: Mapping[str, Callable[[Asked, RoundEntry], Iterator[Reason]]] = {
    PerformanceActKind.ACCEPT_RESULTS.value: _results,
    SubsidyActKind.APPROVE_LIST.value: _amounts,
    InspectionActKind.DRAW_LOT.value: _drawn,
}
"""What is behind an entry besides who did it: what its paper came to, by the kind of act."""


# Who was told


def _told(asked: Asked, entry: RoundEntry) -> Iterator[Reason]:
    """Whom an entry told what, and why them."""
    sent = sorted(asked.sent, key=_sort)
    for (title, to, about), some in groupby(sent, key=_sort):
        every = list(some)
        whom = dict.fromkeys(offices.addressed(each.to, each.office) for each in every)
        alliances = dict.fromkeys(asked.names.get(each.about or "", each.about or "") for each in every if each.about)
        if to == Role.LEADER:
            who = f"盟主企业{len({each.office for each in every})}家"
            reason = "其联盟在本轮次之内" if about else "其为备案库中或者正在办理的联盟的盟主企业"
        else:
            who = "、".join([*whom][:AHEAD]) + (f"等{len(whom)}个机关" if len(whom) > AHEAD else "")
            reason = "下列联盟由其审核或者由其办理" if about else "本轮次由其办理，或者在其办理范围之内"
        named = (
            f"（{'、'.join(f'“{each}”' for each in [*alliances][:MOST])}{'等' if len(alliances) > MOST else ''}）"
            if about
            else ""
        )
        yield _reason(asked, entry, f"告知{who}“{title}”：{reason}{named}", "/event/kind")


def _sort(each: Sent) -> tuple[str, str, bool]:
    return each.title, each.to, each.about is not None


# What comes


def _next(asked: Asked, last: RoundEntry) -> Iterator[Reason]:
    """Where a round stands since when, and what time alone will bring."""
    since = last
    for each in reversed(asked.docket):
        if each.stage != last.stage:
            break
        since = each
    rules = rules_of(last.round.id)
    yield _reason(asked, since, f"轮次处于“{last.stage.label}”，自{naming.received(since.at)}起", "/stage")
    for line in agenda.outlook(rules, last.round)[:AHEAD]:
        of = f"（{rules.word(line.lapse.of)}）" if line.lapse.of else ""
        said = f"{naming.midnight(line.at)}，到“{line.lapse.kind.label}{of}”的日期"
        yield _reason(asked, last, said, "/round", article=line.article)
