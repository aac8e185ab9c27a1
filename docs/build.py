"""`make docs`: renew the parts of the documents that are printed from the code, between `<!-- built: … -->` markers."""

import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path

from activities.backup import release
from deploy.monitoring import alerts, dashboard
from docs import coverage as covered
from docs import sizing
from gateway.asked.forms import Field, fields_of
from models import metrics
from models.choices import CHOICES
from models.drift import SAFE, Drift, DriftKind
from models.rounds.base import RoundKind, RoundStage
from models.settings import Settings
from models.values import Named
from models.vocabulary import ActKind, Kind, LapseKind, Stage
from regulation import intake
from regulation.articles import ARTICLES, named
from regulation.lifecycle import ENDS, TABLE, Row
from regulation.messages import NOTIFICATIONS
from regulation.texts import SHIPPED
from regulation.wording import NUMBER_OF, PERIOD_OF, WORDS, Facts
from tests.law import coverage
from workflows import visibility
from workflows.builds import deployment
from workflows.links import LINKS, Asked

ROOT = Path(__file__).parent.parent
MONITORING = ROOT / "deploy" / "monitoring"
PAGES = sorted((ROOT / "docs").glob("*.md"))
BUILT = re.compile(r"(?P<open><!-- built: (?P<name>[a-z- ]+) -->\n).*?(?P<close><!-- /built -->)", re.DOTALL)

Name = Callable[[ActKind | LapseKind | Stage], str]


def chinese(word: ActKind | LapseKind | Stage) -> str:
    """A word of the law."""
    return word.label


def english(word: ActKind | LapseKind | Stage) -> str:
    """A word as programs say it."""
    return word.value.replace("_", " ")


def lifecycle(kind: Kind, name: Name) -> Iterator[str]:
    """The lifecycle of a kind as a state diagram, drawn from the table; what time brings is in parentheses.

    An event that leads to one stage from many would cross out the picture; it stands in a line below.
    """
    arrows: dict[tuple[Stage, Stage], list[str]] = {}
    below: list[str] = []
    stages = _reachable(kind)
    for event, to in dict.fromkeys((row.event, to) for row in _rows(kind) for to in Stage):
        sources = [
            stage
            for row in _rows(kind)
            for stage, reached in row.moves.items()
            if row.event == event and to in reached and stage is not to and stage in stages
        ]
        words = f"({name(event)})" if isinstance(event, LapseKind) else name(event)
        if len(sources) >= MANY:
            below.append(f"- {words}: {', '.join(map(name, sources))} → {name(to)}")
            continue
        for stage in sources:
            arrows.setdefault((stage, to), []).append(words)
    yield from ("```mermaid", "stateDiagram-v2", "    direction TB")
    yield from (f'    state "{name(stage)}" as {stage.value}' for stage in stages)
    yield f"    [*] --> {Stage.SUBMITTED.value}"
    yield from (f"    {one.value} --> {other.value}: {' / '.join(events)}" for (one, other), events in arrows.items())
    yield from (f"    {stage.value} --> [*]" for stage in stages if stage in ENDS)
    yield from ("```", "", *below)


MANY = 3
"""From how many stages an event must lead to one for its arrows to be left out."""


def _rows(kind: Kind) -> list[Row]:
    return [row for row in TABLE if kind in row.kinds]


def _reachable(kind: Kind) -> list[Stage]:
    seen, last = {Stage.SUBMITTED}, set[Stage]()
    while seen != last:
        last = set(seen)
        seen |= {to for row in _rows(kind) for stage, reached in row.moves.items() if stage in seen for to in reached}
    return [stage for stage in Stage if stage in seen]


def law_words(words: type[Named]) -> Iterator[str]:
    """Each word of the law, as programs and as people say it."""
    yield from ("| in code | 中文 |", "|---|---|")
    yield from (f"| `{word.value}` | {word.label} |" for word in words)


def attributes() -> Iterator[str]:
    """The search attributes."""
    yield from ("| search attribute | type |", "|---|---|")
    yield from (
        f"| `{key.name}` | {key.indexed_value_type.name.lower()} |" for key in (*visibility.KEYS, *visibility.OF_ROUNDS)
    )


UI = "http://127.0.0.1:8233"
SAMPLE = Asked(date(2026, 11, 30), "210100", "沈阳市科技局", release(), deployment("filings"))
"""What links of the docs are narrowed by."""


def ready_links() -> Iterator[str]:
    """What operators look for, each as a link."""
    yield from ("| | looked for | query |", "|---|---|---|")
    for each in LINKS:
        words = each.english.format(**SAMPLE.words)
        yield f"| `{each.key}` | [{words}]({each.address(UI, 'default', SAMPLE)}) | `{each.query(SAMPLE).replace('|', '')}` |"


def settings() -> Iterator[str]:
    """What may be configured."""
    yield from ("| variable | default | meaning |", "|---|---|---|")
    for name, field in Settings.model_fields.items():
        yield f"| `BEIAN_{name.upper()}` | `{field.default}` | {field.description or ''} |"


TOLD = {
    "register": "workers; the first process of a gateway",
    "worker": "workers",
    "gateway": "every process of a gateway",
    "every": "every process",
}
"""Who tells a metric, in words."""


def measured() -> Iterator[str]:
    """The metrics."""
    yield from ("| metric | type, unit | by | says | 含义 | told by |", "|---|---|---|---|---|---|")
    for each in metrics.TABLE:
        labels = ", ".join(f"`{label}`" for label in each.labels)
        yield f"| `{each.name}` | {each.type}, {each.unit} | {labels} | {each.english} | {each.chinese} | {TOLD[each.told]} |"


def kinds_of_drift() -> Iterator[str]:
    """How engine and register can differ, and what is done about it."""
    yield from ("| kind | 中文 | by itself | by hand |", "|---|---|---|---|")
    for kind in DriftKind:
        safe = "mended" if kind in SAFE else "rounds only" if kind is DriftKind.REGISTER_BEHIND else ""
        yield f"| `{kind.value}` | {kind.label} | {safe} | `{Drift(key='ID', kind=kind, what='').command}` |"


def notifications() -> Iterator[str]:
    """Who is told of what, and on which channels an event has words of its own."""
    yield from ("| event | told | text message | document |", "|---|---|---|---|")
    for key, each in NOTIFICATIONS.items():
        mark = " (service)" if each.service else " (one letter a day)" if each.bundle else ""
        told = ", ".join(each.to) + mark
        own = ["yes" if (family, key) in SHIPPED else "" for family in ("sms", "document")]
        yield f"| `{key}` {SHIPPED['inbox', key].title.partition('：')[0]} | {told} | {' | '.join(own)} |"


def words() -> Iterator[str]:
    """The words that texts may use, in the order of wording.py."""
    yield from ("| word | what it tells |", "|---|---|")
    for word in sorted(WORDS):
        method = getattr(Facts, f"word_{word}", None)
        number = f"the number `{NUMBER_OF[word]}` of the terms" if word in NUMBER_OF else ""
        period = f"the end of the period `{'` or `'.join(PERIOD_OF[word])}`" if word in PERIOD_OF else ""
        told = number or period or (method.__doc__ or "").split("\n")[0].removesuffix(".")
        yield f"| `{{{word}}}` | {told} |"


def items() -> Iterator[str]:
    """Each line of the forms by its number, with what it asks; then the documents that come along."""
    asked = defaultdict[str, list[str]](list)
    for kind, form in intake.FORMS.items():
        numbers = intake.NUMBERS[Kind(kind)]
        for field in _every(fields_of(form, {})):
            asked[numbers.get(field.code, field.code)].append(field.label)
    yield from ("| number | what it asks |", "|---|---|")
    for number in sorted(each for each in asked if each.startswith(("FA-", "FB-"))):
        yield f"| {number} | {'；'.join(dict.fromkeys(asked[number]))} |"
    yield from (f"| {number} | {label.removeprefix(number).strip()} |" for number, label in CHOICES["kind"].items())


def followed_by_analogy() -> Iterator[str]:
    """Where neither document says anything, what is followed instead, and is quoted as that (参照)."""
    yield from ("| number | what is followed | of what |", "|---|---|---|")
    for number, article in ARTICLES.items():
        if article.get("analog"):
            yield f"| {number} | {named(number)} | {article['gist']} |"


def _every(fields: Iterable[Field]) -> Iterator[Field]:
    for field in fields:
        yield field
        yield from _every(field.fields)


PARTS: dict[str, Callable[[], Iterator[str]]] = {
    "lifecycle a": lambda: lifecycle(Kind.A, english),
    "lifecycle b": lambda: lifecycle(Kind.B, english),
    "lifecycle a zh": lambda: lifecycle(Kind.A, chinese),
    "lifecycle b zh": lambda: lifecycle(Kind.B, chinese),
    "articles": lambda: iter(coverage.table().splitlines()),
    "articles in short": lambda: iter(coverage.in_short().splitlines()),
    "items": items,
    "followed by analogy": followed_by_analogy,
    "coverage": covered.table,
    "stages": lambda: law_words(Stage),
    "acts": lambda: law_words(ActKind),
    "lapses": lambda: law_words(LapseKind),
    "rounds": lambda: law_words(RoundKind),
    "round stages": lambda: law_words(RoundStage),
    "attributes": attributes,
    "links": ready_links,
    "settings": settings,
    "metrics": measured,
    "drift": kinds_of_drift,
    "notifications": notifications,
    "words": words,
    "sizing figures": sizing.figures,
    "sizing": sizing.arithmetic,
    "sizing limits": sizing.limits,
}


def pages() -> dict[Path, str]:
    """Every document as it ought to be."""
    written = {path: BUILT.sub(_renewed, path.read_text("utf-8")) for path in PAGES if path.exists()}
    return written | {MONITORING / "alerts.yml": alerts.rules(), MONITORING / "dashboard.json": dashboard.board()}


def _renewed(part: re.Match[str]) -> str:
    return part["open"] + "\n".join(PARTS[part["name"]]()) + "\n" + part["close"]


if __name__ == "__main__":
    for page, text in pages().items():
        if not page.exists() or page.read_text("utf-8") != text:
            page.write_text(text, "utf-8")
            sys.stdout.write(f"{page.relative_to(ROOT)}\n")
