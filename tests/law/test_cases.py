"""Every case of the law, lived in the simulator: what must come of it comes of it, entry by entry."""

from collections.abc import Iterator
from dataclasses import dataclass

from models.acts import Lapse
from models.filing import Entry, Filing
from models.values import day_of
from regulation import messages, publicity, simulation
from regulation.messages import Names
from regulation.simulation import Simulation
from tests.law.cases import Case, load
from tests.law.notation import event_name

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

    def names(self) -> Names:
        """What texts need and no filing holds."""
        reminded = (each.event for each in self.docket if isinstance(each.event, Lapse))
        days = {day_of(each.at) for each in self.docket if event_name(each.event).startswith("reminder[annual")}
        assert reminded is not None
        form = self.case.application
        return Names(form["alliance_name"], form["leader"]["name"], tuple(sorted(days)))

    def told(self, first: int = 0) -> Iterator[tuple[str, str, str, str]]:
        """Every message: the event, the text's key, who gets it, and what it says."""
        for before, entry in self.entries(first):
            for message in messages.told(before, entry):
                title, body = messages.render(message.text, before, entry, self.names())
                yield event_name(entry.event), message.text, message.to, f"{title}\n{body}"

    def published(self, first: int = 0) -> Iterator[publicity.Publication]:
        """Everything made public."""
        for before, entry in self.entries(first):
            yield from publicity.published(before, entry, self.case.application)


_LIVES: dict[str, Lived] = {}


def live(case: Case) -> Lived:
    """Live a case to its end; once a process."""
    key = f"{case.id}@{case.until}"
    if key not in _LIVES:
        before = simulation.simulate(case.application, case.acts[: case.given], case.since)
        whole = simulation.simulate(case.application, case.acts, case.until)
        assert whole.filing is not None, [each.message for each in whole.findings if each.severity == "error"]
        _LIVES[key] = Lived(case, whole, len(before.docket))
    return _LIVES[key]
