"""Every Monday's letter (每周一): which alliances the coming 30 days will revoke by themselves, and why (G-16).

The province is told of all, and each reviewing office of its own; whoever has none gets no letter. One that no worker could open on
Monday is opened on the first day of the week on which one can.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from activities.compiled import compiled, listed
from activities.digests import MORNING
from activities.letters import Letters
from activities.revocations import AHEAD, MEANS, Listed, Revocations, by_outcome, counted
from models.register import LetterRow
from models.values import SHANGHAI
from regulation import offices
from regulation.naming import on_day

COMING = "revocations_coming"


@dataclass
class Mondays:
    """Compiles the letters of a week, once."""

    letters: Letters
    _compiled_for: date | None = field(default=None, init=False)

    def compile(self, now: datetime) -> list[str]:
        """Open the letters of this week, if its Monday morning has come and they are not open yet; which ones."""
        local = now.astimezone(SHANGHAI)
        monday = local.date() - timedelta(days=local.weekday())
        if local < datetime.combine(monday, MORNING, SHANGHAI) or monday == self._compiled_for:
            return []
        found = Revocations(self.letters.engine).coming(now, offices.Scope())
        concerned = sorted({each.office for each in found})
        told = [(offices.PROVINCE, found)] if found else []
        told += [(office, [each for each in found if each.office == office]) for office in concerned]
        compiled = [_letter(office, monday, now, of_office) for office, of_office in told]
        opened = [letter.id for letter in compiled if self.letters.compile(letter)]
        self._compiled_for = monday
        return opened


def _letter(office: str, monday: date, now: datetime, found: Sequence[Listed]) -> LetterRow:
    words = {
        "office": offices.name_of(office),
        "day": on_day(now.astimezone(SHANGHAI).date()),
        "days": str(AHEAD),
        "count": str(len(found)),
        "counts": counted(found),
        "lines": "\n\n".join(_part(number, *each) for number, each in enumerate(by_outcome(found).items())),
    }
    return compiled(f"_{COMING}-{office}-{monday}", COMING, office, words, now)


def _part(number: int, name: str, found: Sequence[Listed]) -> str:
    """Those of which the same becomes, with what that means."""
    return f"{'一二三'[number]}、{name}（{len(found)}件）\n{MEANS[name]}\n{listed([each.line for each in found])}"
