"""Why something is so: a sentence for each who may ask, with the entries it rests on, its article, and how a day in it was counted."""

from collections.abc import Iterator
from datetime import date

from models.filing import Counted
from models.values import Named, Value


class Register(Named):
    """For whom a reason is worded: who must act upon it, who applies the rule, who looks at it afterwards."""

    ENTERPRISE = "enterprise", "企业"
    OFFICE = "office", "办理机关"
    COURT = "court", "法院"


class Fact(Value):
    """What a sentence rests on: an entry by its number and its day, and where in it, as a JSON pointer into the entry as it is
    stored. `expected`: time has not brought it yet, and will if nobody acts."""

    entry: int
    day: date
    field: str
    expected: bool = False


class Reason(Value):
    """A sentence in each register. `counted`, `terms` and `calendar` say how the day in it was counted, and by which editions;
    `because` are the reasons behind it."""

    enterprise: str
    office: str
    court: str
    article: str
    facts: tuple[Fact, ...]
    counted: Counted | None = None
    terms: str | None = None
    calendar: str | None = None
    because: tuple["Reason", ...] = ()

    def worded(self, register: Register) -> str:
        """The sentence for one of them."""
        words: str = getattr(self, register.value)
        return words

    def every(self) -> Iterator["Reason"]:
        """This one and all behind it, as they are read."""
        yield self
        for each in self.because:
            yield from each.every()

    def lines(self, register: Register, depth: int = 0) -> Iterator[tuple[int, str]]:
        """Every sentence, each with how far behind the first it stands."""
        yield depth, self.worded(register)
        for each in self.because:
            yield from each.lines(register, depth + 1)


class Question(Named):
    """What is asked of a filing, as a heading has it."""

    WHY = "why", "为什么是这样"
    MAY = "may", "能不能办理"
    NEXT = "next", "接下来会怎样"


class Answer(Value):
    """The answer to one question about a filing, as of an instant."""

    question: Question
    about: str
    reasons: tuple[Reason, ...]
