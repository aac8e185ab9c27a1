"""What a kind of round is: its `Rules`, with a row for each act, the models of its papers, and pure functions that examine
what is brought and tell what an entry makes of alliances, and what follows from it."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from models.acts import By
from models.findings import Finding, Lack
from models.rounds.base import Item, RoundAct, RoundKind, RoundLapse, RoundLine, RoundStage
from models.rounds.round import Round, RoundEntry
from models.values import Value
from models.vocabulary import Role
from regulation.moment import Moment
from regulation.rounds.consequences import Follows
from regulation.rounds.known import Known, Needs

RUNNING = frozenset({RoundStage.OPEN})
PROVINCE = frozenset({Role.PROVINCE_ST})
OF_A_CITY = frozenset({Role.CITY_ST, Role.CITY_IIT, Role.ZONE})


def _nothing_lacks(round_: Round, act: Any, when: Moment) -> Lack | None:
    return None


def _stays(round_: Round, act: Any, when: Moment) -> Round:
    return round_


Together = Literal["one", "two_people", "two_offices"]


@dataclass(frozen=True)
class Row:
    """One act of a kind of round: the requirement behind it, who may do it and when, which fact is missing, what it does.

    `together`: `two_people` says that another person must say the same before it takes effect; `two_offices` that one
    person of each of `jointly` must (会同), but for a round in which one office is both (`alone`). `ready`: what is missing
    whatever the act would say, so that a page can tell it before anybody fills in a form.
    `owner_only`: whoever opened the round alone does it, as it alone moves, closes and cancels, which no row needs to say.
    `each_its_own`: an act by which an office deals with all of its own alliances at once; without it a city does nothing in a
    round over the province but what is about one alliance of its own.
    """

    article: str
    roles: frozenset[Role]
    stages: frozenset[RoundStage] = RUNNING
    together: Together = "one"
    jointly: frozenset[Role] = frozenset()
    alone: Callable[[Round], bool] = lambda round_: False
    owner_only: bool = False
    each_its_own: bool = False
    ready: Callable[[Round, By, Moment], Lack | None] = lambda round_, by, when: None
    may: Callable[[Round, Any, Moment], Lack | None] = _nothing_lacks
    then: Callable[[Round, Any, Moment], Round] = _stays
    of_city: str = ""

    def article_for(self, role: Role) -> str:
        """The requirement behind it; a city's own where it does for its place what the province does for all."""
        return self.of_city if self.of_city and role in OF_A_CITY else self.article


Examined = RoundAct | list[Finding]
"""An act with the facts that only its paper or the register can tell, or everything that is wrong with it."""


def _as_it_is(round_: Round | None, act: RoundAct, content: Any, known: Known) -> Examined:
    return act


@dataclass(frozen=True)
class Rules:
    """The rules of one kind of round (docs/architecture.md, rounds).

    `rows` by kind of act, common ones included (`common`). `papers`: the model of the paper that an act brings; `papers_of`: the
    same where it depends on the round, such as on an edition that it was opened with; `draws`: the paper that a door draws up
    itself from what the register knows, so that whoever acts brings none. `examine`
    is asked in the door, to refuse with every finding, and again when it is entered, for the record. `items`: what an entry
    makes of alliances. `lapses`: every dated line that time alone may still bring; `lapsed` what one does. `follows` by
    event: kind of act or of lapse. `words` is what states of items, their figures and the counts are called.
    `leaders_read`: acts of others about an alliance that its leader may read, with their papers; of all else its kind shows it
    what it is to know, and when.
    `readers`: of acts whose entries and papers not every office may read, who may. `hidden`: figures that are for those who look at all,
    and for whoever brings them.
    `one_open`: a second one of the same year and scope, while one runs, would ask the same alliances to do the same again; it is not opened.
    `of_staff`: neither leaders nor the public are shown that there is such a round; what it comes to stands on filings.
    `opens_with`: fields, by their pointers, that an opening over a place (None: the province) brings besides those that its models require.
    `effect`: what of the round has taken effect, as people are told it; from then on it is not cancelled.
    """

    kind: RoundKind
    rows: Mapping[str, Row]
    papers: Mapping[str, type[Value]] = field(default_factory=dict)
    papers_of: Callable[[Round], Mapping[str, type[Value]]] = lambda round_: {}
    draws: Mapping[str, Callable[[Round, RoundAct, Known], Value]] = field(default_factory=dict)
    asks: Callable[[Round | None, RoundAct], Needs] = lambda round_, act: Needs()
    examine: Callable[[Round | None, RoundAct, Mapping[str, Any] | None, Known], Examined] = _as_it_is
    items: Callable[[Round, RoundEntry, Mapping[str, Any] | None], Iterable[Item]] = lambda round_, entry, content: ()
    lapses: Callable[[Round], Iterable[RoundLine]] = lambda round_: ()
    lapsed: Callable[[Round, RoundLapse, Moment], Round] = _stays
    follows: Mapping[str, Follows] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    readers: Mapping[str, frozenset[Role]] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    one_open: bool = False
    of_staff: bool = False
    opens_with: Callable[[str | None], Collection[str]] = lambda place: ()
    effect: Callable[[Round], str | None] = lambda round_: None
    leaders_read: frozenset[str] = frozenset()

    def word(self, name: str) -> str:
        """What a state of items, a figure of theirs, a count or a line of the agenda is called in Chinese; of one of many, its sort."""
        return self.words.get(name) or self.words.get(name.partition(":")[0], name)

    def paper(self, round_: Round | None, kind: str) -> type[Value] | None:
        """The model of the paper that an act of a kind brings to a round as it stands, if it brings one."""
        return (self.papers_of(round_).get(kind) if round_ else None) or self.papers.get(kind)
