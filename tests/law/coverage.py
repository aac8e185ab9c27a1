"""The table article → rule → case: what the regulation does about every article, and which case fails without it.

`python -m tests.law.coverage` prints it. A function cites the articles and gaps in its docstring; a case names its own.
Cases of intake (tests/intake) name what they say or find. That a function cites an article shows nothing: an article is
shown by a case that names it and goes red when a rule that cites it is switched off (mutation.py; proofs.json).
"""

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from regulation.articles import ARTICLES, named
from tests.law import cases

ROOT = Path(__file__).parents[2]

NUMBER = r"[ABG]-\d\d?b?"
CITED = re.compile(rf"\b(?P<first>{NUMBER})(?:…(?P<last>{NUMBER}))?")
FOUND = re.compile(r"\b(?P<letters>FA|FB|A|B|G|D)-?(?P<number>\d\d?b?)\b")
ABOUT = re.compile(r"^ *articles?: *(.*)$", re.MULTILINE)
"""What cases of rounds say they are about."""

ITEM = re.compile(r"第\d+项$")
ON_A_FORM = {"FA": "A-55", "FB": "B-24", "D": "A-28"}
"""The article behind every field of a form, and behind every document."""

SHOWN = 4
"""How many rules and cases a line of the table names; the others are counted."""

PROOFS = Path(__file__).parent / "proofs.json"
"""What mutation.py found: requirement → rule → case; rule → case."""

NOT_SHOWN_YET = "未由案例证明"

_LISTED = "a line of the checklist, which the office judges; there is no rule of the system that could be off"
_FORM = "the form itself is what carries it: a model, with a case in tests/intake for every field, and no rule apart"
_OF_MONEY = "decided in rounds, whose cases are those of tests/law/rounds/subsidies.yaml"
NOT_SHOWN: Mapping[str, str] = {
    "A-03": _LISTED,
    "A-07": _LISTED,
    "A-09": "that the province does its part is in who may do each row's act",
    "A-11": _LISTED,
    "A-16": "a hint among others about the members",
    "A-22": "the model of the report asks for it",
    "A-25": "that the competent office answers for its area is in who may do each row's act",
    "A-35": "that an answered survey is no report is shown by a case; there is no rule to switch off",
    "A-44": "organised by rounds, whose cases are those of tests/law/rounds/evaluation.yaml",
    "A-45": "judged in rounds, whose cases are those of tests/law/rounds/evaluation.yaml",
    "A-53": _LISTED,
    "A-55": _FORM,
    "B-20": "organised by rounds, whose cases are those of tests/law/test_performance.py",
    "B-21": "judged in rounds, whose cases are those of tests/law/rounds/subsidies.yaml",
    "B-09": _OF_MONEY,
    "B-22": _OF_MONEY,
    "B-24": _FORM,
    "B-25": "how the indicators are defined is in the text of the form",
    "B-26": "telephones and addresses are data of the offices",
    "G-12b": "too early a report is taken with a warning, and cases say nothing of warnings",
    "G-26": "a hint among others about the members",
    "G-33": _OF_MONEY,
    "G-43": _FORM,
    "G-45": "what 工信 of the province may do is in who may do each row's act",
    "G-46": "of papers and not of acts: its cases are those of tests/test_retention.py",
}
"""The requirements that no case shows by going red, and why. It may only become shorter."""

ELSEWHERE: Mapping[str, str] = {
    "A-01": "cities feed back in their report on evaluations (models/rounds/evaluation_papers.py)",
    "A-05": "the first item of an evaluation asks for the chain (regulation/data/rounds/evaluation)",
    "B-04": "what is announced there is done in the rounds of the subsidy",
    "B-06": "contacts of the offices are a deployment's own configuration",
}
"""What is for the system and yet has neither a function nor a case here, and why."""


@dataclass(frozen=True)
class Covered:
    """One article or gap: how it is quoted, how the system treats it, what covers it, and what shows it: rule → case."""

    number: str
    cite: str
    gist: str
    system: str
    functions: tuple[str, ...]
    cases: tuple[str, ...]
    proofs: Mapping[str, str]


def covered() -> Iterator[Covered]:
    """Every article and gap of regulation/data/articles.json, in its order."""
    by_function, by_case = functions(), covering_cases()
    for number, article in ARTICLES.items():
        yield Covered(
            number=number,
            cite=named(number),
            gist=article["gist"],
            system=article["system"],
            functions=tuple(by_function[number]),
            cases=tuple(by_case[number]),
            proofs={} if number in NOT_SHOWN else proofs()["requirements"].get(number, {}),
        )


@cache
def proofs() -> Mapping[str, Any]:
    """proofs.json: `requirements`, number → rule → the case that goes red without it; `rules`, rule → a case or nothing."""
    found: dict[str, Any] = json.loads(PROOFS.read_text("utf-8"))
    return found


def cited(text: str) -> set[str]:
    """The numbers that a docstring cites, ranges such as A-36…A-43 included."""
    numbers, order = set(), list(ARTICLES)
    for each in CITED.finditer(text):
        first, last = each["first"], each["last"] or each["first"]
        numbers |= set(order[order.index(first) : order.index(last) + 1])
    return numbers


@cache
def functions() -> Mapping[str, list[str]]:
    """Number → the functions and classes of regulation/ whose docstring cites it."""
    found = defaultdict(list)
    for path in sorted((ROOT / "regulation").rglob("*.py")):
        if path.stem == "articles":  # cites articles as examples of citing
            continue
        module = ".".join(path.relative_to(ROOT / "regulation").with_suffix("").parts)
        for name, docstring in _docstrings(ast.parse(path.read_text("utf-8")), module):
            for number in cited(docstring):
                found[number].append(name)
    return found


def _docstrings(node: ast.AST, name: str) -> Iterator[tuple[str, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            yield f"{name}.{child.name}", ast.get_docstring(child) or ""
            yield from _docstrings(child, f"{name}.{child.name}")


@cache
def covering_cases() -> Mapping[str, list[str]]:
    """Number → the cases that cover it."""
    found = defaultdict(list)
    for case in cases.load():
        for number in case.articles:
            found[number].append(case.id)
    for path in sorted((ROOT / "tests" / "intake").glob("*.yaml")):
        for number in named_in(path.read_text("utf-8")):
            found[number].append(f"intake/{path.stem}")
    for path in sorted((ROOT / "tests" / "law" / "rounds").glob("*.yaml")):
        about = " ".join(ABOUT.findall(path.read_text("utf-8")))
        for number in cited(about):
            found[number].append(f"rounds/{path.stem}")
    return found


def named_in(text: str) -> set[str]:
    """The requirements that a text of tests/intake names, be it by a field of a form or by a document."""
    codes = [(each["letters"], each["number"]) for each in FOUND.finditer(text)]
    return {ON_A_FORM.get(letters, f"{letters}-{number}") for letters, number in codes}


def asked() -> list[str]:
    """The requirements that the system must meet here, in their order."""
    return [number for number, each in ARTICLES.items() if each["system"] != "OOS" and number not in ELSEWHERE]


def table() -> str:
    """The table as Markdown."""
    lines = [
        "| No. | Article | What it asks | System | Rule → case that fails without it | Cases that name it |",
        "|---|---|---|---|---|---|",
    ]
    for each in covered():
        shown = _in_a_cell([f"`{rule}` → `{case}`" for rule, case in each.proofs.items()]) or _not_shown(each.number)
        named = _in_a_cell([f"`{name}`" for name in each.cases])
        lines.append(f"| {each.number} | {each.cite} | {each.gist} | {each.system} | {shown} | {named} |")
    return "\n".join(lines)


def _in_a_cell(names: Sequence[str]) -> str:
    more = [f"and {len(names) - SHOWN} more"] if len(names) > SHOWN else []
    return "<br>".join([*names[:SHOWN], *more])


def _not_shown(number: str) -> str:
    return f"{NOT_SHOWN_YET}: {NOT_SHOWN[number]}" if number in NOT_SHOWN else ELSEWHERE.get(number, "")


def in_short() -> str:
    """One line for each article of the two documents: the rules that a case shows, and how many cases live it."""
    articles: dict[str, list[Covered]] = defaultdict(list)
    for each in covered():
        if each.number[0] in "AB" and (each.functions or each.cases):
            articles[ITEM.sub("", each.cite)].append(each)
    lines = ["| 条文 article | 要点 matter | 规则 rules | 案例 cases |", "|---|---|---|--:|"]
    for cite, items in articles.items():
        names = dict.fromkeys(f"`{name}`" for item in items for name in item.proofs)
        gists = dict.fromkeys(item.gist for item in items)
        number = len({name for item in items for name in item.cases})
        lines.append(f"| {cite} | {'；'.join(gists)} | {' '.join(names) or NOT_SHOWN_YET} | {number} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())  # noqa: T201
