"""The law's cases, as written in cases/*.yaml (README.md tells how), ready for any runner.

`load` reads them all. A case can be lived in the simulator as it is, or on a real server 28 years later (`shifted`).
"""

import json
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

from models.values import SHANGHAI
from models.vocabulary import Kind
from regulation import offices
from regulation.simulation import Simulation, simulate
from tests.law import preludes, shifting
from tests.law.editions import load_editions
from tests.law.notation import Writer, lines, moment, plain

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"

GIVEN = re.compile(r"(?P<kind>[AB]) (?P<stage>[a-z_]+) (?P<day>\d{4}-\d\d-\d\d)(?: (?P<time>\d\d:\d\d(?::\d\d)?))?")
APPLIED_AT = "09:00"


LIVES: dict[tuple[str, int, datetime], Simulation] = {}
"""What was lived in this process, for all who look at it. Whoever changes the law empties it."""


@dataclass(frozen=True)
class Expected:
    """What must come of a case: texts as written, so that a difference reads like one."""

    docket: tuple[str, ...] = ()
    facts: Mapping[str, Any] | None = None
    agenda: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    published: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Case:
    """One life: an application, the acts done to its filing, and what must come of it by an instant.

    `form` is the application filled in whole, also where a list of before this system told less. The first `given` acts, and what time brings up to `since`, are the prelude: no expectation is about them.
    """

    id: str
    name: str
    articles: tuple[str, ...]
    application: dict[str, Any]
    form: dict[str, Any]
    acts: list[dict[str, Any]]
    until: datetime
    given: int
    since: datetime
    expected: Expected

    @property
    def prelude(self) -> Simulation:
        """What the simulator makes of what is given."""
        return self._lived(self.acts[: self.given], self.since)

    @property
    def life(self) -> Simulation:
        """What the simulator makes of it all."""
        return self._lived(self.acts, self.until)

    def _lived(self, acts: Sequence[dict[str, Any]], until: datetime) -> Simulation:
        key = (self.id, len(acts), until)
        if key not in LIVES:
            LIVES[key] = simulate(self.application, acts, until)
        return LIVES[key]

    def shifted(self, years: int = shifting.YEARS) -> "Case":
        """The same life that many years later: every date, reporting year and name of an edition moved.

        Of the expectations only the docket moves along, without the wording of refusals.
        """
        return replace(
            self,
            application=shifting.shifted(self.application, years),
            form=shifting.shifted(self.form, years),
            acts=shifting.shifted(self.acts, years),
            until=shifting.later(self.until, years),
            since=shifting.later(self.since, years),
            expected=Expected(docket=tuple(shifting.shifted_entry(line, years) for line in self.expected.docket)),
        )


@cache
def load() -> list[Case]:
    """Every case of every file, in order."""
    load_editions()
    files = sorted((HERE / "cases").glob("*.yaml"))
    return [read(each) for path in files for each in plain(path.read_text("utf-8"))]


def sample(every: int) -> list[Case]:
    """One case of so many, by its id: a case that is added changes nobody else's turn."""
    return [case for case in load() if crc32(case.id.encode()) % every == 0]


def read(written: Mapping[str, Any]) -> Case:
    """A case from what is written of it."""
    given = GIVEN.fullmatch(written["given"])
    if given is None:
        raise ValueError(f"{written['id']}: {written['given']}")
    kind, stage, day = Kind(given["kind"]), given["stage"], date.fromisoformat(given["day"])
    applied = preludes.submission(kind, stage, day)
    received_at = f"{applied} {given['time'] if given['time'] and stage == 'submitted' else APPLIED_AT}"
    changes = written.get("with", {})
    short = {name: changes[name] for name in ("consent", "jurisdiction", "zone") if name in changes}
    form = application(kind, written["id"], received_at, short if stage == "listed" else changes)
    zone = _zone(form)
    writer = Writer(form, zone)
    before = preludes.acts(
        kind,
        stage,
        day,
        "zone" if zone else "city",
        iit=form["jurisdiction"] != "21SF00",
        consent=form["service"]["consent"],
    )
    prelude = writer.acts("\n".join(before), "given")
    acts = writer.acts(written.get("when", ""), "act")
    last = max([moment(received_at), *(datetime.fromisoformat(act["received_at"]) for act in prelude)])
    by_time = stage in ("revocation_pending", "revoked")
    return Case(
        id=written["id"],
        name=written["name"],
        articles=tuple(written["articles"]),
        form=form,
        application=listed(form, {name: changes[name] for name in changes.keys() - short.keys()})
        if stage == "listed"
        else form,
        acts=prelude + acts,
        until=moment(written["until"]),
        given=len(prelude),
        since=max(last, moment(str(day))) if by_time else last,
        expected=Expected(
            docket=tuple(lines(written["then"])),
            facts=written.get("facts"),
            agenda=tuple(lines(written.get("agenda", ""))),
            messages=tuple(lines(written.get("messages", ""))),
            published=tuple(lines(written["published"])) if "published" in written else None,
        ),
    )


@cache
def _example(kind: Kind) -> dict[str, Any]:
    form: dict[str, Any] = json.loads((EXAMPLES / f"kind_{kind.value.lower()}.json").read_text("utf-8"))
    return form


def application(kind: Kind, name: str, received_at: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The application of a filing of its own: the example's, received then, with what a case changes.

    `consent`, `jurisdiction` and `zone` are short for what they change; anything else is named by its path.
    """
    form = deepcopy(_example(kind))
    changes = dict(changes)
    place = changes.pop("jurisdiction", form["jurisdiction"])
    industry = "数控机床产学研联盟" if kind is Kind.A else "传感联盟"
    form |= {
        "filing_id": name,
        "received_at": moment(received_at).astimezone(SHANGHAI).isoformat(),
        "jurisdiction": place,
        "alliance_name": f"{offices.OFFICES[place].city}{name}{industry}",
        "agreement_effective_on": str(date.fromisoformat(received_at[:10]) - timedelta(days=10)),
    }
    form["service"]["consent"] = changes.pop("consent", True)
    if kind is Kind.B:
        form["zone_name"] = changes.pop("zone", None)
    for path, value in changes.items():
        spot: Any = form
        *above, last = path.split(".")
        for part in above:
            spot = spot[int(part) if part.isdigit() else part]
        spot[last] = value
    return form


def listed(form: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """What a list of before this system says of the alliance of an application: its name, leader, day and number, and no more."""
    told: dict[str, Any] = {
        name: form.get(name)
        for name in ("kind", "filing_id", "received_at", "jurisdiction", "alliance_name", "zone_name")
    }
    return told | {
        "listed": True,
        "by": {"person": "p-401", "office": offices.PROVINCE, "role": "province_st"},
        "leader": {"name": form["leader"]["name"], "uscc": form["leader"]["uscc"]},
        "legacy": {
            "archived_on": "2021-12-18",
            "archive_number": "辽科备〔2021〕7号",
            "document_no": "辽科函〔测试〕9号",
        },
        **changes,
    }


def _zone(form: Mapping[str, Any]) -> str | None:
    zone = offices.zone_named(form["zone_name"]) if form.get("zone_name") else None
    return zone.key if zone and zone.reviews else None
