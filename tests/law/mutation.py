"""What each rule is for, shown by its absence: a rule is switched off, and a case that held goes red.

`make law-mutations` looks for such a case for every rule and writes proofs.json; `make law` confirms every pair in it. A
rule is a function of the lifecycle's table, any other function of regulation/ whose docstring cites a requirement, or a
row of the table. A requirement is shown by a case that names it and goes red without a rule that cites it.

A rule that is off asks nothing (None), finds nothing (an empty list), says nothing (""), leaves the filing as it is, answers
the opposite, or counts a day or one too many: whichever its kind of answer allows. What answers anything else cannot be
switched off.
"""

import cProfile
import importlib
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from time import process_time
from types import CodeType, FunctionType, UnionType
from typing import Any, get_args, get_origin

import yaml

from models.filing import Filing
from regulation import lifecycle
from regulation.lifecycle import TABLE
from tests import test_intake
from tests.law import cases, coverage, test_cases
from tests.law.editions import load_editions

PROOFS = Path(__file__).parent / "proofs.json"

TRIED = 60
"""How many cases are tried for a rule before it counts as not shown: the cheapest first."""

PARTS = ("may", "undoes", "warns", "does")
"""The functions of a row."""


# Rules


@dataclass(frozen=True)
class Rule:
    """A function that can be switched off, the requirements that it cites, and the parts of rows in which it stands."""

    name: str
    function: FunctionType
    numbers: frozenset[str]
    parts: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class RowRule:
    """The rows of an event: whether there is such an event at all. It cites the requirements behind its rows."""

    name: str
    event: str
    numbers: frozenset[str]


@cache
def rules() -> Mapping[str, Rule | RowRule]:
    """Every rule by its name, in the order of the names: functions first, then rows. Those of rounds are none of them: what shows
    them is no life of a filing, but the cases of tests/law/rounds and the tests beside them."""
    found: dict[str, Rule | RowRule] = {}
    cites, parts = defaultdict[str, set[str]](set), defaultdict[FunctionType, set[tuple[str, str]]](set)
    for number, names in coverage.functions().items():
        for name in names:
            if not name.startswith("rounds."):
                cites[name].add(number)
    for row in TABLE:
        for part in PARTS:
            if function := getattr(row, part):
                parts[function].add((part, row.event.value))
    functions = {_named(function): function for function in parts} | {name: _found(name) for name in cites}
    for name, function in sorted(functions.items()):
        if isinstance(function, FunctionType) and _null(function) is not None:
            found[name] = Rule(name, function, frozenset(cites[name]), frozenset(parts[function]))
    for event in sorted({row.event.value for row in TABLE}):
        numbers = frozenset(number for row in TABLE if row.event.value == event for number in row.articles)
        found[f"TABLE[{event}]"] = RowRule(f"TABLE[{event}]", event, numbers)
    return found


def _named(function: FunctionType) -> str:
    return f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}"


def _found(name: str) -> Any:
    module, *path = name.split(".")
    place: Any = importlib.import_module(f"regulation.{module}")
    for part in path:
        place = vars(place)[part]
    return place


class EndlessError(Exception):
    """Without a rule something happens for ever."""


MOST = 2_000
"""How often a rule that is off may be asked in one case."""


def _null(function: FunctionType) -> Callable[..., Any] | None:
    """What stands in for a function that is off; None if nothing can."""
    answers: Any = function.__annotations__.get("return")
    of: Any = get_origin(answers)
    on = FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__)
    on.__kwdefaults__ = function.__kwdefaults__
    if function.__code__.co_freevars:
        return None
    if answers is Filing:
        return lambda *args, **more: next(each for each in (*args, *more.values()) if isinstance(each, Filing))
    if answers is bool:
        return lambda *args, **more: not on(*args, **more)
    if answers in (date, datetime):
        return lambda *args, **more: on(*args, **more) + timedelta(days=1)
    if answers is int:
        return lambda *args, **more: on(*args, **more) + 1
    if answers is str:
        return lambda *args, **more: ""
    if answers is None or (isinstance(answers, UnionType) and type(None) in get_args(answers)):
        return lambda *args, **more: None
    if of in (list, tuple):
        return lambda *args, **more: of()
    if of is get_origin(Iterator[str]):
        return lambda *args, **more: iter(())
    return None


STANDS_IN: list[Callable[..., Any]] = []
"""What answers now for the rule that is off."""


def _off(*args: Any, **more: Any) -> Any:
    """The code that every rule has while it is off: it may be known by many names, but its code is in one place."""
    from importlib import import_module  # nothing of this module can be seen from the rule's own

    return import_module("tests.law.mutation").STANDS_IN[-1](*args, **more)


@contextmanager
def without(name: str) -> Iterator[None]:
    """The law without a rule."""
    rule, lives = rules()[name], dict(cases.LIVES)
    rows: dict[Any, Any] = lifecycle.ROWS  # type: ignore[assignment]
    before = dict(rows)
    code: CodeType | None = None
    _forget()
    try:
        if isinstance(rule, RowRule):
            for cell in [cell for cell in rows if cell[0] == rule.event]:
                del rows[cell]
        else:
            STANDS_IN.append(_within_reason(_null(rule.function)))
            code, rule.function.__code__ = rule.function.__code__, _off.__code__
        yield
    finally:
        rows.clear()
        rows.update(before)
        if code and isinstance(rule, Rule):
            rule.function.__code__ = code
            STANDS_IN.pop()
        _forget()
        cases.LIVES.update(lives)


def _within_reason(null: Callable[..., Any] | None) -> Callable[..., Any]:
    assert null
    asked = iter(range(MOST))

    def answer(*args: Any, **more: Any) -> Any:
        if next(asked, None) is None:
            raise EndlessError
        return null(*args, **more)

    return answer


def _forget() -> None:
    """Nothing that was worked out with a rule, or without it, is kept."""
    cases.LIVES.clear()
    test_intake.of_the_example.cache_clear()
    lifecycle._out_of_stage.cache_clear()


# Cases


@dataclass(frozen=True)
class Shows:
    """A case that may go red: its name, the requirements that it names, what it expects in words, and how it is tried."""

    name: str
    numbers: frozenset[str]
    says: tuple[str, ...]
    holds: Callable[[], None]


@cache
def showing() -> Mapping[str, Shows]:
    """Every case of the law and of intake, by its name."""
    found = {
        case.id: Shows(case.id, frozenset(case.articles), case.expected.docket, _of_law(case)) for case in cases.load()
    }
    for kind, case in test_intake.CASES:
        name = f"intake/{kind}/{case['name']}"
        found[name] = Shows(name, _numbers(case), (), _of_intake(kind, case, test_intake.test_what_is_found))
    for kind, row in test_intake.FIELDS:
        name = f"intake/{kind}{row['field']}"
        check = test_intake.test_each_field_takes_good_values_and_names_bad_ones
        found[name] = Shows(name, _numbers(row), (), _of_intake(kind, row, check))
    return found


def _numbers(case: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(coverage.named_in(yaml.safe_dump(dict(case), allow_unicode=True)))


def _of_law(case: cases.Case) -> Callable[[], None]:
    def holds() -> None:
        test_cases.test_the_docket_is_as_the_case_says(case)
        assert not test_cases.refused_in_prelude(case)
        for what, check in (
            ("facts", test_cases.test_the_facts_are_as_the_case_says),
            ("agenda", test_cases.test_the_agenda_is_as_the_case_says),
            ("messages", test_cases.test_the_messages_are_as_the_case_says),
            ("published", test_cases.test_what_is_published_is_as_the_case_says),
        ):
            if getattr(case.expected, what) not in ((), None):
                check(case)

    return holds


def _of_intake(kind: str, case: Any, check: Callable[[str, Any], None]) -> Callable[[], None]:
    return lambda: check(kind, case)


def goes_red(rule: str, case: str) -> bool:
    """Whether a case fails without a rule."""
    with without(rule):
        try:
            showing()[case].holds()
        except Exception:
            return True
    return False


# The search


@dataclass
class Seen:
    """Which cases ask which rule, and what each costs: in calls, for seconds are never the same twice."""

    asking: dict[str, list[str]]
    cost: dict[str, int]


def seen() -> Seen:
    """Every case once, with every rule on."""
    codes = {rule.function.__code__: name for name, rule in rules().items() if isinstance(rule, Rule)}
    asking, cost = defaultdict[str, list[str]](list), dict[str, int]()
    for name, case in showing().items():
        profile = cProfile.Profile()
        profile.enable()
        try:
            case.holds()
        except AssertionError:
            continue  # what is red with every rule shows nothing
        finally:
            profile.disable()
        cost[name] = sum(each.callcount for each in profile.getstats())
        for each in profile.getstats():
            if isinstance(each.code, CodeType) and each.code in codes:
                asking[codes[each.code]].append(name)
        for rule in rules().values():
            if isinstance(rule, RowRule) and any(f" {rule.event}" in line for line in case.says):
                asking[rule.name].append(name)
    return Seen(asking, cost)


def candidates(rule: Rule | RowRule, known: Seen) -> list[str]:
    """The cases that ask a rule: those first in which it had an effect that they name, and the cheapest of these."""
    return sorted(
        known.asking.get(rule.name, ()), key=lambda case: (not _has_effect(rule, case), known.cost[case], case)
    )


EFFECTS = {"may": " refused ", "undoes": " undoes ", "warns": " ", "does": " "}
"""What a line of a case shows of a row's part."""


def _has_effect(rule: Rule | RowRule, case: str) -> bool:
    parts = rule.parts if isinstance(rule, Rule) else {("does", rule.event)}
    says = showing()[case].says
    return any(f" {event}" in line and EFFECTS[part] in line for part, event in parts for line in says)


def search() -> dict[str, Any]:
    """What proofs.json holds: requirement → rule → the case that shows it; and every rule → the first case that goes red."""
    known = seen()
    requirements: dict[str, dict[str, str]] = {number: {} for number in coverage.asked()}
    first: dict[str, str] = {}
    for name, rule in rules().items():
        asking, red = candidates(rule, known), dict[str, bool]()
        for number in sorted(rule.numbers & requirements.keys()):
            if isinstance(rule, RowRule) and requirements[number]:
                continue  # a rule inside the row says more
            naming = [case for case in asking if number in showing()[case].numbers]
            if found := _first_red(name, naming, red):
                requirements[number][name] = found
        if isinstance(rule, Rule):
            first[name] = _first_red(name, sorted(asking, key=lambda case: not red.get(case)), red) or ""
    return {"requirements": requirements, "rules": first}


def _first_red(rule: str, tried: list[str], red: dict[str, bool]) -> str | None:
    for case in islice(tried, TRIED):
        if case not in red:
            red[case] = goes_red(rule, case)
        if red[case]:
            return case
    return None


def main() -> None:
    """Search, write, and say how it went."""
    load_editions()
    start = process_time()
    found = search()
    PROOFS.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
    shown = [name for name, case in found["rules"].items() if case]
    unshown = [name for name, case in found["rules"].items() if not case]
    open_ = [number for number, proofs in found["requirements"].items() if not proofs]
    sys.stdout.write(
        f"{len(found['rules'])} rules, {len(shown)} shown; {len(found['requirements'])} requirements, "
        f"{len(found['requirements']) - len(open_)} shown; {process_time() - start:.0f} s\n"
        f"rules without a case: {' '.join(unshown)}\nrequirements without one: {' '.join(open_)}\n"
    )


if __name__ == "__main__":
    importlib.import_module("tests.law.mutation").main()  # not this copy of the module, which `_off` would not find
