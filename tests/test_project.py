"""What holds for the project as a whole: who may import whom, what reads no clock, what the documents say."""

import ast
import gc
import importlib
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, TypeVar

import pytest

import starter
from deploy import lock
from regulation.terms import KEYS

ROOT = Path(__file__).parent.parent

SERVICE = {"models", "regulation", "activities", "workflows", "gateway"}
MAY_IMPORT: dict[str, set[str]] = {
    "models": set(),
    "regulation": {"models"},
    "activities": {"models", "regulation"},
    "workflows": {"models", "regulation", "activities"},
    "gateway": {"models", "regulation", "activities", "workflows"},
    "cli": SERVICE,
    "starter": {*SERVICE, "cli"},
    "worker": SERVICE,
    "deploy": {*SERVICE, "starter", "worker"},
    "examples": {*SERVICE, "cli", "worker", "deploy"},
    "bench": {*SERVICE, "worker", "deploy", "examples", "tests"},
    "docs": {*SERVICE, "worker", "deploy", "examples", "tests.law"},
}
"""Room → what of ours it may import besides itself. What serves knows nothing of `deploy`; the documents name the cases."""

COMING_IN = {
    "client", "clock", "counters", "guard", "identity", "legacy", "measuring", "oidc", "problem", "reception", "remembered", "rounds", "shipped", "together", "tools", "turns", "visit",
}  # fmt: skip
WINGS: dict[str, set[str]] = {
    "remembered": {"identity", "problem", "turns"},
    "asked": {"client", "identity", "legacy", "problem", "tools"},
    "shown": {"identity", "problem", "remembered", "tools", "turns", "visit"},
    "watching": {"client", "problem", "rounds"},
    "pages": {*COMING_IN, "asked", "shown", "watching.builds", "watching.workers"},
    "api": {*COMING_IN, "asked", "shown"},
    "codec": {*COMING_IN, "api.caller", "api.problems", "pages.web"},
    "failures": {*COMING_IN, "pages.web"},
    "app": {*COMING_IN, "codec", "failures", "pages", "api", "witness"},
    "processes": {"app", "counters", "patience"},
    "__main__": {"app", "identity", "processes"},
}
"""Wing or module of the gateway → what of the gateway it may import besides itself; what is not listed: `COMING_IN`."""

OUTSIDE_OF_REGULATION = {"pydantic", "pydantic_core"}
"""What the regulation may import that is neither ours nor the standard library's."""

CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "monotonic_ns", "perf_counter"}
CLOCK_OWNERS = {"datetime", "date", "time"}
CHANCE_AND_ENVIRONMENT = {"os", "time", "random", "secrets", "uuid", "socket", "platform", "getpass", "subprocess"}
"""Modules that answer differently from one run to the next, or from one machine to the next."""

COUNTED_IN_LINES = {Path("bench/baseline.py")}
"""Printed with the bench's result and kept under 60 lines."""

REGISTRIES = [
    "py" + "pi.org", "python" + "hosted.org", "npm" + "js.", "npm" + "mirror", "proxy." + "golang", "crates" + ".io",
    "simple" + "/pip", "art" + "ifactory", "nexus" + "/repository",
]  # fmt: skip
MACHINE_PATHS = ["/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/", "/tm" + "p/", "C:" + "\\"]


def tracked() -> list[Path]:
    """Every file that is, or would be, under version control."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


TRACKED = tracked()
HISTORIES = ROOT / "tests" / "histories"
MODULES = [path for path in TRACKED if path.suffix == ".py"]
MARKDOWN = [path for path in TRACKED if path.suffix == ".md"]


def room(path: Path) -> str:
    """The room that a module stands in."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def in_rooms(*names: str) -> list[Path]:
    """The modules of some rooms."""
    return [path for path in MODULES if room(path) in names]


@cache
def parsed(path: Path) -> ast.Module:
    """A module's syntax tree. No garbage is looked for meanwhile: CPython 3.11 stumbles over that (gh-106905)."""
    gc.disable()
    try:
        return ast.parse(path.read_text("utf-8"), str(path))
    finally:
        gc.enable()


N = TypeVar("N", bound=ast.AST)


@cache
def nodes(path: Path) -> dict[type[ast.AST], list[Any]]:
    """The nodes of a module by their kind, gone through once for all that look at them."""
    found: dict[type[ast.AST], list[Any]] = {}
    for node in ast.walk(parsed(path)):
        found.setdefault(type(node), []).append(node)
    return found


def of_kind(path: Path, *kinds: type[N]) -> Iterator[N]:
    """The nodes of a module that are of some kinds."""
    for kind in kinds:
        yield from nodes(path).get(kind, ())


def named(node: ast.AST) -> str:
    """What is called, or whose attribute is taken, as it is written."""
    if isinstance(node, ast.Name):
        return node.id
    return f"{named(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ast.unparse(node)


def imports(found: Iterable[ast.AST]) -> Iterator[str]:
    """Every module that is imported, as `package.module` or `package.module.name`; relative imports are not used here."""
    for node in found:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def imported(path: Path) -> tuple[str, ...]:
    """Every module that a module imports."""
    return tuple(imports(of_kind(path, ast.Import, ast.ImportFrom)))


def within(name: str, packages: set[str]) -> bool:
    """Whether a dotted name is one of these packages or in one of them."""
    return any(f"{name}.".startswith(f"{package}.") for package in packages)


def test_every_module_stands_in_a_room() -> None:
    assert {room(path) for path in MODULES} - {"tests"} <= MAY_IMPORT.keys()
    assert {"models", "regulation", "activities", "workflows", "starter", "worker"} <= {room(path) for path in MODULES}


def test_imports_point_one_way() -> None:
    rooms = {*MAY_IMPORT, "tests"}
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in in_rooms(*MAY_IMPORT)
        for name in imported(path)
        if within(name, rooms - {room(path)}) and not within(name, MAY_IMPORT[room(path)])
    ]
    assert wrong == []


def test_the_wings_of_the_gateway_point_one_way() -> None:
    wrong = []
    for path in in_rooms("gateway"):
        wing = path.relative_to(ROOT / "gateway").parts[0].removesuffix(".py")
        may = {f"gateway.{name}" for name in {wing, *WINGS.get(wing, COMING_IN)}}
        wrong += [
            f"{path.relative_to(ROOT)} imports {name}"
            for name in imported(path)
            if within(name, {"gateway"}) and not within(name, may)
        ]
    assert wrong == []


BLOCKING = re.compile(
    r"(?:^|\.)(?:register|audit|drafts|handling|letters|people|sessions|spent|uploads|reception|quotas|kept)\.(?!engine\b|settings\b)\w+$"
    r"|(?:^|\.)(?:reading|writing|stating|read_text|read_bytes|write_text|write_bytes|note|seen|page|render|_signer)$"
)
"""What asks the database, reads or writes a file, or draws a page: done on a thread, never on the loop that serves all."""


def test_nothing_in_the_gateway_blocks_the_loop() -> None:
    """Calls inside `async def` that are neither awaited nor handed to a thread. What a nested function does is its caller's."""
    found = []
    for path in in_rooms("gateway"):
        for function in of_kind(path, ast.AsyncFunctionDef):
            nested = [node for node in ast.walk(function) if isinstance(node, ast.FunctionDef | ast.Lambda)]
            aside = {id(node) for inner in nested for node in ast.walk(inner)}
            aside |= {id(node.value) for node in ast.walk(function) if isinstance(node, ast.Await)}
            calls = [node for node in ast.walk(function) if isinstance(node, ast.Call) and id(node) not in aside]
            names = ((named(call.func), call.lineno) for call in calls)
            found += [f"{path.relative_to(ROOT)}:{line} {name}" for name, line in names if BLOCKING.search(name)]
    assert found == []


def module_of(path: Path) -> str:
    """A module by its dotted name."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported_modules(path: Path, known: set[str]) -> set[str]:
    """The modules of ours that a module imports."""
    named = {name if name in known else name.rpartition(".")[0] for name in imported(path)}
    return (named & known) - {module_of(path)}


def test_no_module_is_imported_in_a_circle() -> None:
    paths = in_rooms(*MAY_IMPORT)
    known = {module_of(path) for path in paths}
    list(TopologicalSorter({module_of(path): imported_modules(path, known) for path in paths}).static_order())


def test_no_circle_is_dodged() -> None:
    found = []
    for path in in_rooms(*MAY_IMPORT):
        inside = of_kind(path, ast.FunctionDef, ast.AsyncFunctionDef)
        late = {name for node in inside for name in imports(ast.walk(node))} | {
            name for name in imported(path) if name == "typing.TYPE_CHECKING"
        }
        found += [f"{path.relative_to(ROOT)} imports {name}" for name in sorted(late)]
    assert found == []


def test_the_regulation_imports_the_models_the_standard_library_and_pydantic_only() -> None:
    allowed = {"models", "regulation", *OUTSIDE_OF_REGULATION, *sys.stdlib_module_names}
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in in_rooms("regulation")
        for name in imported(path)
        if not within(name, allowed)
    ]
    assert wrong == []


def test_regulation_and_workflows_read_no_clock_and_no_environment() -> None:
    wrong = []
    for path in in_rooms("regulation", "workflows"):
        where = path.relative_to(ROOT)
        wrong += [f"{where} imports {name}" for name in imported(path) if within(name, CHANCE_AND_ENVIRONMENT)]
        for node in of_kind(path, ast.Attribute):
            if node.attr in CLOCKS and named(node.value).rpartition(".")[2] in CLOCK_OWNERS:
                wrong.append(f"{where}:{node.lineno} reads {ast.unparse(node)}")
        for call in of_kind(path, ast.Call):
            if named(call.func) in ("open", "input", "Settings", "uuid4"):
                wrong.append(f"{where}:{call.lineno} calls {ast.unparse(call.func)}")
    assert wrong == []


def test_where_kinds_differ_a_third_would_be_asked_for() -> None:
    """Not `this if it is kind A, else that`: a table `ByKind`, or `match` with `assert_never`."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in in_rooms("models", "regulation", "activities", "workflows", "gateway", "cli")
        for node in _branches(path)
        if node.orelse and not _leaves_out(node)
        if any(
            (isinstance(each, ast.Attribute) and ast.unparse(each) in ("Kind.A", "Kind.B"))
            or (isinstance(each, ast.Name) and each.id in ("FormA", "FormB"))
            for each in ast.walk(node.test)
        )
    ]
    assert not found


def _branches(path: Path) -> Iterator[ast.If | ast.IfExp]:
    yield from of_kind(path, ast.If)
    yield from of_kind(path, ast.IfExp)


def _leaves_out(node: ast.If | ast.IfExp) -> bool:
    """Whether the other kinds have nothing: `… else None`."""
    return isinstance(node, ast.IfExp) and isinstance(node.orelse, ast.Constant) and node.orelse.value is None


def test_no_test_mocks() -> None:
    mocks = {"unittest.mock", "mock", "pytest_mock"}
    assert [
        f"{path.relative_to(ROOT)} imports {name}" for path in MODULES for name in imported(path) if within(name, mocks)
    ] == []


def test_no_test_is_skipped() -> None:
    skipping = {"skip", "skipif", "xfail", "importorskip"}
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(node)}"
        for path in in_rooms("tests")
        for node in of_kind(path, ast.Attribute)
        if node.attr in skipping and within(named(node), {"pytest"})
    ]
    assert found == []


PATIENCE = ROOT / "tests" / "patience.py"
SECONDS: dict[str, str] = {
    "tests/served.py": "looks whether a server in this process has begun, which says when it could not",
    "tests/loopback.py": "an other side that is slow, which is what is tried",
    "tests/test_doors.py": "so that acts meet a filing nobody works on; if they come later, they are entered all the same",
    "tests/test_outage.py": "until an instant on the engine's clock, which is known",
    "tests/test_restart.py": "between two tries, as long as patience says",
    "tests/test_kill.py": "between two tries, as long as patience says",
    "tests/network_cuts.py": "a cable is cut for so many seconds; by when callers are told is what is tried, in a step of its own",
    "tests/crashes/house.py": "between two tries of somebody who had no answer, in a step of its own",
    "tests/crashes/mortal.py": "between two tries, as long as patience says",
    "tests/crashes/counting.py": "how long a life took is told, and asserted nowhere",
    "tests/crashes/__main__.py": "the same of all of them",
    "tests/test_fuzz.py": "lets the others have their turn",
    "tests/abuse/test_one_filing.py": "an officer who comes from time to time; how long one waits is asserted by `make storm` alone",
    "tests/abuse/test_one_gateway.py": "how long others wait beside somebody hostile is what is tried: against what they waited before",
}
"""Where tests count seconds, and why that fails on no busy machine. All others wait by tests/patience.py."""


def test_tests_wait_for_work_and_not_for_seconds() -> None:
    waiting = {"time.sleep", "asyncio.sleep", "asyncio.timeout", "asyncio.timeout_at", "asyncio.wait_for"}
    counting = {"time.time", "time.monotonic", "time.perf_counter"}
    found = {
        str(path.relative_to(ROOT))
        for path in in_rooms("tests")
        for node in of_kind(path, ast.Call)
        if path != PATIENCE and named(node.func) in waiting | counting
    }
    assert found == SECONDS.keys()


def test_whoever_calls_in_tests_waits_for_the_answer() -> None:
    assert [
        f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(node)}"
        for path in in_rooms("tests")
        for node in of_kind(path, ast.Call)
        if named(node.func).rpartition(".")[2] == "AsyncClient"
        and not {"transport", "timeout"} & {each.arg for each in node.keywords}
    ] == [], "tests/patience.py has somebody who does"


def public(body: list[ast.stmt], owner: str = "") -> Iterator[tuple[ast.AST, str]]:
    """The public classes, functions and methods of a body. A property is a noun: its name says what it is."""
    for node in body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
            continue
        if "property" in [ast.unparse(each) for each in node.decorator_list]:
            continue
        yield node, owner + node.name
        if isinstance(node, ast.ClassDef):
            yield from public(node.body, f"{node.name}.")


def test_whatever_is_public_says_what_it_is() -> None:
    silent = []
    for path in MODULES:
        tree, where = parsed(path), path.relative_to(ROOT)
        if (
            where in COUNTED_IN_LINES
            or where.is_relative_to("deploy/migrations")
            or (path.name == "__init__.py" and not tree.body)
        ):
            continue
        if not ast.get_docstring(tree):
            silent.append(str(where))
        silent += [
            f"{where} {name}"
            for node, name in public(tree.body)
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and not name.startswith("test_")
            and not ast.get_docstring(node)
        ]
    assert silent == []


@pytest.mark.parametrize("name", lock.LOCKS)
def test_the_locks_are_in_step_with_the_project(name: str) -> None:
    assert lock.named(name) == lock.wanted(), f"make lock: {name} was made from other dependencies"


@pytest.mark.parametrize("name", lock.LOCKS)
def test_what_is_tested_is_what_is_installed(name: str) -> None:
    tested = lock.versions("requirements-dev.lock")
    others = {each: version for each, version in lock.versions(name).items() if tested.get(each) != version}
    assert not others, f"make lock: {name} has other versions than the tests run with"


def test_no_file_names_a_package_registry_or_a_path_of_one_machine() -> None:
    found = []
    for path in TRACKED:
        text = path.read_bytes().decode("utf-8", "replace")
        found += [f"{path.relative_to(ROOT)}: {each}" for each in REGISTRIES + MACHINE_PATHS if each in text]
    assert found == []


# Make and the command line


def targets() -> dict[str, str]:
    """The targets of the Makefile that people call, with their line of help."""
    rules = re.findall(r"^([a-z][a-z-]*):(?:.*?## (.*))?", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    return dict(rules)


def test_make_help_prints_every_target() -> None:
    printed = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, check=True, capture_output=True, text=True)
    told = dict(re.findall(r"^ +make ([a-z-]+) +(\S.*)$", printed.stdout, re.MULTILINE))
    phony = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert told.keys() == targets().keys() == set(" ".join(phony).split())
    assert told == targets()


@pytest.mark.parametrize("path", MARKDOWN, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_name_only_what_exists(path: Path) -> None:
    text = path.read_text("utf-8")
    code = "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL))
    made = set(re.findall(r"\bmake ([a-z][a-z-]*)", code))
    called = set(re.findall(r"(?:starter\.py|^\$? *beian) ([a-z][a-z-]*)", code, re.MULTILINE))
    assert made <= targets().keys()
    assert called <= starter.beian.commands.keys()


@pytest.mark.parametrize("path", MARKDOWN, ids=lambda path: str(path.relative_to(ROOT)))
def test_relative_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.DOTALL)
    links = re.findall(r"!?\[[^\]]*\]\(([^)\s]+)[^)]*\)", text) + re.findall(r"(?:src|href)=\"([^\"]+)\"", text)
    near = [link for link in links if not re.match(r"[a-z]+:|#", link)]
    lost = [link for link in near if not (path.parent / link.partition("#")[0]).exists()]
    assert lost == []


def test_what_the_glossary_names_is_in_the_code() -> None:
    rows = re.findall(
        r"^\| ([^|]+) \| [^|]+ \| (`[^|]+`) \|", (ROOT / "docs/glossary.md").read_text("utf-8"), re.MULTILINE
    )
    names = [(word, name) for word, code in rows for name in re.findall(r"`([^`]+)`", code)]
    assert len(names) >= len(rows) > 0
    lost = [f"{word}: {name}" for word, name in names if not named_in_code(name)]
    assert lost == []
    assert len({word for word, _ in rows}) == len(rows), "one word, one thing"


def named_in_code(name: str) -> bool:
    """Whether `room.module.Name`, or what `Name` has by a name of its own, is there."""
    found: Any = None
    for number, part in enumerate(parts := name.split(".")):
        if not hasattr(found, part) and part not in getattr(found, "model_fields", {}):
            try:
                found = importlib.import_module(".".join(parts[: number + 1]))
            except ModuleNotFoundError:
                return False
        else:
            found = getattr(found, part, None)
    return True


def test_where_a_decision_is_in_the_code_it_is() -> None:
    rows = re.findall(r"^\|.* \| ([^|]+) \|$", (ROOT / "docs/decisions.md").read_text("utf-8"), re.MULTILINE)
    names = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    lost = [
        name
        for name in names
        if not (named_in_code(f"regulation.{name}") or named_in_code(name) or (ROOT / name).exists())
        and not any(key == name or key.startswith(name.removesuffix("*")) for key in KEYS)
    ]
    assert names
    assert lost == []


NUMBERED = re.compile(r"(?<![\w/#.-])(?:[ABG]-\d\d[ab]?|F[AB]-\d\d|Q\d\d?|Instants \d+)(?!\w)")
"""A requirement, a gap, a line of a form, a question that was decided, a rule of instants: by its number."""


def test_what_code_and_documents_refer_to_is_here() -> None:
    pages = "".join((ROOT / f"docs/{name}.md").read_text("utf-8") for name in ("articles", "decisions"))
    explained = set(re.findall(rf"^\| ({NUMBERED.pattern})", pages, re.MULTILINE))
    invented = {"A-99", "G-99"}
    lost = []
    for path in TRACKED:
        if path.suffix not in (".py", ".md", ".toml", ".yaml", ".html", ".txt") or HISTORIES in path.parents:
            continue
        text, where = path.read_text("utf-8"), path.relative_to(ROOT)
        files = re.findall(r"(?<![\w/.:-])((?:[a-z_]+/)*\w+\.md|(?:[a-z_]+/)+\w+\.py)\b", text)
        near = (ROOT, ROOT / "docs", path.parent, ROOT / where.parts[0])
        lost += [f"{where}: {name}" for name in files if not any((folder / name).exists() for folder in near)]
        lost += [f"{where}: {each}" for each in set(NUMBERED.findall(text)) - explained - invented]
    assert lost == []


def test_what_is_printed_from_the_code_is_up_to_date() -> None:
    from docs.build import pages

    assert [str(path) for path, text in pages().items() if path.read_text("utf-8") != text] == [], "make docs"


def test_a_filing_in_the_engine_that_tests_share_is_of_one_file() -> None:
    """Which files meet in one process, and so at one engine, is left to chance."""
    files: dict[str, set[str]] = {}
    for path in (ROOT / "tests").rglob("test_*.py"):
        for filing_id in re.findall(r'\(world, "([A-Z][\w.-]*)"', path.read_text("utf-8")):
            files.setdefault(filing_id, set()).add(path.name)
    assert len(files) > 50
    assert {filing_id: which for filing_id, which in files.items() if len(which) > 1} == {}
