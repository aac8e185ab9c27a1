"""The table article → function → case: what the regulation does about every article, and which cases show it.

`python -m tests.law.coverage` prints it. A function covers the articles and gaps that its docstring cites; a case those
that it names. Cases of intake (tests/intake) cover what they name or find.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from regulation.articles import ARTICLES
from tests.law import cases

ROOT = Path(__file__).parents[2]

NUMBER = r"[ABG]-\d\d?b?"
CITED = re.compile(rf"\b(?P<first>{NUMBER})(?:…(?P<last>{NUMBER}))?")
FOUND = re.compile(r"\b(?P<letters>FA|FB|A|B|G|D)-?(?P<number>\d\d?b?)\b")
ITEM = re.compile(r"第\d+项$")
ON_A_FORM = {"FA": "A-55", "FB": "B-24", "D": "A-28"}
"""The article behind every field of a form, and behind every document."""

SHOWN = 4
"""How many cases a line of the table names; the others are counted."""

ELSEWHERE: Mapping[str, str] = {
    "A-01": "feedback to the province is a letter about the work, not something done to a filing",
    "A-05": "a list of industry chains, kept by the desk (later)",
    "B-04": "subsidies (later)",
    "B-06": "contacts of the offices are a deployment's own configuration",
    "B-09": "priority in subsidies (later)",
    "B-22": "subsidies (later)",
}
"""What is for the system and yet has neither a function nor a case here, and why."""


@dataclass(frozen=True)
class Covered:
    """One article or gap: how it is quoted, how the system treats it, and what covers it."""

    number: str
    cite: str
    gist: str
    system: str
    functions: tuple[str, ...]
    cases: tuple[str, ...]


def covered() -> Iterator[Covered]:
    """Every article and gap of regulation/data/articles.json, in its order."""
    by_function, by_case = functions(), covering_cases()
    for number, article in ARTICLES.items():
        yield Covered(
            number=number,
            cite=article["cite"],
            gist=article["gist"],
            system=article["system"],
            functions=tuple(by_function[number]),
            cases=tuple(by_case[number]),
        )


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
    for path in sorted((ROOT / "regulation").glob("*.py")):
        if path.stem == "articles":  # cites articles as examples of citing
            continue
        for name, docstring in _docstrings(ast.parse(path.read_text("utf-8")), path.stem):
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
        codes = [(each["letters"], each["number"]) for each in FOUND.finditer(path.read_text("utf-8"))]
        for number in {ON_A_FORM.get(letters, f"{letters}-{number}") for letters, number in codes}:
            found[number].append(f"intake/{path.stem}")
    return found


def table() -> str:
    """The table as Markdown."""
    lines = ["| No. | Article | What it asks | System | Functions | Cases |", "|---|---|---|---|---|---|"]
    for each in covered():
        names = "<br>".join(f"`{name}`" for name in each.functions) or ELSEWHERE.get(each.number, "")
        shown = "<br>".join(f"`{name}`" for name in each.cases[:SHOWN])
        more = f"<br>and {len(each.cases) - SHOWN} more" if len(each.cases) > SHOWN else ""
        lines.append(f"| {each.number} | {each.cite} | {each.gist} | {each.system} | {names} | {shown}{more} |")
    return "\n".join(lines)


def in_short() -> str:
    """One line for each article of the two documents: its functions, and how many cases live it. In both languages."""
    articles: dict[str, list[Covered]] = defaultdict(list)
    for each in covered():
        if each.number[0] in "AB" and (each.functions or each.cases):
            articles[ITEM.sub("", each.cite)].append(each)
    lines = ["| 条文 article | 要点 matter | 函数 functions | 案例 cases |", "|---|---|---|--:|"]
    for cite, items in articles.items():
        names = dict.fromkeys(f"`{name}`" for item in items for name in item.functions)
        gists = dict.fromkeys(item.gist for item in items)
        number = len({name for item in items for name in item.cases})
        lines.append(f"| {cite} | {'；'.join(gists)} | {' '.join(names)} | {number} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())  # noqa: T201
