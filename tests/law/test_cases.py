"""Every case of the law, lived in the simulator: what must come of it comes of it, entry by entry."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest
from typing import Any

import pytest
from pydantic_core import to_jsonable_python

from models.acts import ApproveRevocation
from models.filing import Entry, Filing
from models.vocabulary import LapseKind
from regulation import agenda, entries, lifecycle, messages, publicity, terms, texts
from regulation.lodging import lodge
from regulation.moment import Moment
from regulation.simulation import Simulation
from regulation.wording import Names
from tests.law.cases import Case, load, read
from tests.law.notation import LINE, NEW_LEADER, agenda_line, entry_lines, event_name, past_of_case, written
from tests.samples import one_in

CASES = load()


@dataclass(frozen=True)
class Lived:
    """A case as lived: what the simulator made of it, and how many entries are the prelude's."""

    case: Case
    simulation: Simulation
    given: int

    @property
    def filing(self) -> Filing:
        assert self.simulation.filing is not None
        return self.simulation.filing

    @property
    def docket(self) -> tuple[Entry, ...]:
        return self.simulation.docket

    def entries(self, first: int = 0) -> Iterator[tuple[Filing | None, Entry]]:
        """The entries from one on, each with the filing before it."""
        for number in range(first, len(self.docket)):
            yield self.docket[number - 1].filing if number else None, self.docket[number]

    def names(self, entry: Entry) -> Names:
        """What the texts of an entry need and no filing holds."""
        form = self.case.application
        return Names(form["alliance_name"], form["leader"]["name"], past_of_case(self.docket[: entry.number]))

    def told(self, first: int = 0) -> Iterator[tuple[str, str, str, str]]:
        """Every message: the event, the text's key, who gets it, and what it says."""
        for before, entry in self.entries(first):
            for message in messages.told(before, entry):
                title, body = texts.render(message.text, before, entry, self.names(entry))
                yield event_name(entry.event), message.text, message.to, f"{title}\n{body}"

    def published(self, first: int = 0) -> Iterator[publicity.Publication]:
        """Everything made public."""
        for before, entry in self.entries(first):
            change = entry.filing.change
            changed = self.paper(change.paper) if change else None
            yield from publicity.published(before, entry, self.case.application, changed)

    def paper(self, key: str) -> dict[str, Any] | None:
        """The paper that an act of the case brought."""
        lodged = (
            lodge(self.filing.id, {name: act[name] for name in act if name != "reaches"}) for act in self.case.acts
        )
        return next((each.paper for each in lodged if each.act and getattr(each.act, "paper", None) == key), None)


def live(case: Case) -> Lived:
    """Live a case to its end."""
    whole = case.life
    assert whole.filing is not None, [each.message for each in whole.findings if each.severity == "error"]
    return Lived(case, whole, len(case.prelude.docket))


def expecting(what: str) -> pytest.MarkDecorator:
    """The cases that say something of this kind."""
    cases = [case for case in CASES if getattr(case.expected, what) not in ((), None)]
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.id)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_docket_is_as_the_case_says(case: Case) -> None:
    """Every entry after the prelude. Reminders count in cases that name one; of a refusal a part of its reason is told."""
    lived, expected = live(case), case.expected.docket
    with_reminders = any(" reminder[" in line for line in expected)
    came = [line for line in entry_lines(lived.docket, lived.given) if with_reminders or " reminder[" not in line]
    assert [_agreed(*each) for each in zip_longest(came, expected)] == list(expected)


def _agreed(came: str | None, expected: str | None) -> str | None:
    before, refused, part = (expected or "").partition(" refused ")
    return expected if came and refused and came.startswith(before + refused) and part in came else came


def refused_in_prelude(case: Case) -> list[Any]:
    """What goes wrong before a case begins."""
    lived = live(case)
    return [entry.refused for entry in lived.docket[: lived.given] if entry.refused]


def test_nothing_goes_wrong_in_a_prelude() -> None:
    """What comes before a case is as the law wants it."""
    assert {case.id: refused for case in CASES if (refused := refused_in_prelude(case))} == {}


def test_what_is_written_reads_back_the_same() -> None:
    """An entry loses nothing on its way through JSON: not a no, nor an empty list, nor an instant."""
    written = [(case.id, entry) for case in one_in(6, CASES) for entry in live(case).docket]
    assert [
        (case, entry.number) for case, entry in written if Entry.model_validate_json(entry.model_dump_json()) != entry
    ] == []


@expecting("facts")
def test_the_facts_are_as_the_case_says(case: Case) -> None:
    """Where the filing stands in the end."""
    facts = case.expected.facts or {}
    assert {name: _fact(live(case).filing, name) for name in facts} == facts


def _fact(filing: Filing, name: str) -> Any:
    """A fact as cases name it: a field of the filing by its path, or what follows from its fields."""
    if name == "waiting_for":
        return lifecycle.awaited(filing)
    if name == "closed":
        return lifecycle.is_over(filing)
    if name == "provisional":
        return agenda.provisional(filing)
    if name == "years":
        return {str(year.year): year.status.value for year in filing.years}
    if name == "missed_years":
        return filing.missed_years
    if name == "next":
        due = agenda.next_deadline(filing)
        return due and f"{written(due.at)} {event_name(due.lapse)}"
    value: Any = filing
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else getattr(value, part, None)
    return written(value) if isinstance(value, datetime) else to_jsonable_python(value)


@expecting("agenda")
def test_the_agenda_is_as_the_case_says(case: Case) -> None:
    """The next lapses, reminders left out, each counted as told as far as it is told."""
    came = [agenda_line(line) for line in live(case).simulation.agenda if line.lapse.kind != "reminder"]
    assert [_as_far_as_told(*each) for each in zip(came, case.expected.agenda, strict=False)] == [
        _parts(line) for line in case.expected.agenda
    ]


def _parts(line: str) -> dict[str, str]:
    found = LINE.fullmatch(line)
    assert found, line
    return {name: part for name, part in found.groupdict().items() if part is not None}


def _as_far_as_told(came: str, told: str) -> dict[str, str]:
    wanted = _parts(told).keys() | {"provisional"}
    return {name: part for name, part in _parts(came).items() if name in wanted}


@expecting("messages")
def test_the_messages_are_as_the_case_says(case: Case) -> None:
    """Each told message was sent: after which event, which text, to whom, and what it says. `no`: it was not.

    In a case without a prelude the submission itself is one of the events.
    """
    lived = live(case)
    sent = list(lived.told(lived.given if case.given else 0))
    untold = {line.removeprefix("no ") for line in case.expected.messages if line.startswith("no ")}
    told = {line for line in case.expected.messages if not line.startswith("no ")}
    assert {line for line in told if not any(_says(each, line) for each in sent)} == set()
    assert [each for each in sent if " ".join(each[:2]) in untold] == []


def _says(message: tuple[str, str, str, str], line: str) -> bool:
    *what, said = message
    start = f"{' '.join(what)} "
    return line.startswith(start) and line.removeprefix(start) in said


def test_nobody_is_told_the_same_twice() -> None:
    """Of one entry everybody gets a text once."""
    for case in CASES:
        for before, entry in live(case).entries():
            sent = [(each.text, each.to) for each in messages.told(before, entry)]
            assert len(set(sent)) == len(sent), f"{case.id}: {entry.number}"


def test_what_one_of_two_people_has_done_yet_is_told_only_as_proposed() -> None:
    """Nobody is told that an act took effect that still waits for another person; and the leader is told nothing."""
    halves = [pair for case in CASES for pair in live(case).entries() if lifecycle.is_proposed(pair[1])]
    assert {entry.event.kind for _, entry in halves} == set(agenda.BY_TWO_OFFICERS)
    for before, entry in halves:
        told = messages.told(before, entry)
        assert told, entry.event
        assert all(each.text.endswith("_proposed") and each.to != "leader" for each in told), entry.event


@expecting("published")
def test_what_is_published_is_as_the_case_says(case: Case) -> None:
    """Everything made public after the prelude, with its days, and nothing else."""
    lived = live(case)
    came = (
        (each.kind, each.shown_from, *([each.shown_until] if each.shown_until else []))
        for each in lived.published(lived.given)
    )
    assert tuple(" ".join(map(str, each)) for each in came) == case.expected.published


def test_the_notice_of_a_new_leader_names_the_new_leader() -> None:
    """What is shown is the alliance as it would be (G-24)."""
    case = next(case for case in CASES if case.id == "standing-leader-replaced")
    notices = [each for each in live(case).published() if each.kind == "change_notice"]
    assert [each.content["盟主企业"] for each in notices] == [NEW_LEADER]
    assert case.application["leader"]["name"] != NEW_LEADER


def test_a_chase_that_comes_again_until_somebody_acts_is_told_once_ahead() -> None:
    (case,) = [each for each in CASES if each.id == "revocation-waiting-is-on-the-agenda"]
    filing = live(case).filing
    chases = [line.lapse.level for line in entries.outlook(filing) if line.lapse.kind is LapseKind.CALENDAR_OVERDUE]
    assert chases == [1, 2, 3]


def test_whoever_decides_what_else_completes_by_itself_waits_for_an_extension(monkeypatch: pytest.MonkeyPatch) -> None:
    """`revocation.auto_complete` = false (G-14, G-16): people wait for what time would wait for."""
    case = next(each for each in CASES if each.id == "paper-extension-confirmed-when-none-is-left")
    waiting = next(entry.filing for entry in live(case).docket if agenda.awaits_extension(entry.filing))
    by_terms, decided_by_people = terms.value, "revocation.auto_complete"
    monkeypatch.setattr(terms, "value", lambda of, key, *more: key != decided_by_people and by_terms(of, key, *more))
    at = agenda.begin(waiting, "statement_grace", date(2027, 2, 3)).periods["statement_grace"].until
    act = {"id": "approve", "by": {"person": "c-102", "office": waiting.jurisdiction, "role": "city_st"}}
    approval = ApproveRevocation.model_validate(act | {"received_at": at, "document_no": "沈科发〔2027〕1号"})
    refusal = lifecycle.check(waiting, approval, Moment(at, at))
    assert (refusal and refusal.missing, refusal and refusal.supplied_by) == ("延期申请尚未批复", "rule_on_extension")


BY_HAND = {
    "letters may be under way": (
        "2025-03-17",
        "2026-12-16 10:05 city2 approve_revocation",
        "在途的陈述申辩信件收至2026年12月18日24时；须先“确认无陈述申辩”",
    ),
    "a ruling of the same day": (
        "2025-03-17",
        """2026-12-10 10:00 leader state_defence
        2026-12-22 10:00 city2 rule_on_defence {outcome: rejected}
        2026-12-22 10:05 city2 approve_revocation""",
        "自次日起方可作出决定",
    ),
    "a release of the same day": (
        "2025-03-17",
        """2026-12-10 10:00 city hold
        2026-12-22 10:00 city2 release
        2026-12-22 10:05 city2 approve_revocation""",
        "自次日起方可作出决定",
    ),
    "a calendar to come": ("2026-03-16", "2027-12-22 10:05 city2 approve_revocation", "工作日历尚未公布"),
    "nothing more": ("2025-03-17", "2026-12-19 00:00 city2 approve_revocation", None),
    "a calendar that has come": (
        "2026-03-16",
        """2027-12-22 10:05 operator calendar_published {calendar: 2027-fictional}
        2027-12-23 10:05 city2 approve_revocation""",
        None,
    ),
}
"""Lives of the sixth ground where people decide on it too: since when in force, what is done, and why the last of it is refused."""


@pytest.mark.parametrize("waits_for", BY_HAND)
def test_whoever_decides_what_else_completes_by_itself_waits_for(
    waits_for: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`revocation.auto_complete` = false (G-16, G-17, Q16, Instants 10): the same list, read by people."""
    by_terms, decided_by_people = terms.value, "revocation.auto_complete"
    monkeypatch.setattr(terms, "value", lambda of, key, *more: key != decided_by_people and by_terms(of, key, *more))
    since, when, refused = BY_HAND[waits_for]
    last = datetime.fromisoformat(" ".join(when.split("\n")[-1].split()[:2]))
    case = {"id": f"by-hand-{list(BY_HAND).index(waits_for)}", "name": "", "articles": [], "then": ""}
    lived = live(read(case | {"given": f"A in_force {since}", "when": when, "until": str(last)[:16]}))
    came = next(entry for entry in reversed(lived.docket) if entry.event.kind == "approve_revocation")
    assert (came.refused is None) if refused is None else (refused in (came.refused or ""))
    assert (lived.filing.stage == "revoked") is (refused is None)
