"""What the register knows of other filings that bears on one: under its name or id, or beside it with its leader."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select, text

from activities import papers
from models import names
from models.filing import Filing
from models.register import FilingRow
from models.values import digest
from models.vocabulary import Kind, Stage
from regulation import codes, judging, offices
from regulation.lifecycle import ENDS, FILED

FILINGS = FilingRow.metadata.tables["filings"].c

AROUND = (
    select(
        FILINGS.filing_id, FILINGS.kind, FILINGS.stage, FILINGS.leader, FILINGS.alliance_name, FILINGS.technical_field,
        FILINGS.name_key, FILINGS.claimed_key, FILINGS.id_key,
    )
    .where(
        or_(
            FILINGS.filing_id == bindparam("own"),
            FILINGS.id_key == bindparam("id_key"),
            FILINGS.leader == bindparam("leader"),
            FILINGS.name_key == bindparam("name_key"),
            FILINGS.claimed_key == bindparam("name_key"),
        )
    )
    .order_by(FILINGS.filing_id)
)  # fmt: skip

TAKES_ITS_TURN = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(:id_key, 0)), pg_advisory_xact_lock(hashtextextended(:name_key, 0))"
)


@dataclass(frozen=True)
class Neighbours:
    """A filing, existing or applied for, a name that it has or is to get, and the filings around it."""

    own: str
    name: str
    rows: Sequence[Any]

    @cached_property
    def key(self) -> str:
        """By what the name is compared."""
        return names.key(self.name)

    @cached_property
    def itself(self) -> Any:
        """The filing, if there is one."""
        return next((row for row in self.rows if row.filing_id == self.own), None)

    @property
    def others(self) -> list[Any]:
        """All but the filing itself."""
        return [row for row in self.rows if row.filing_id != self.own]

    @property
    def called_alike(self) -> list[Any]:
        """The others under the name, or one that looks like it, or about to bear one, that have not come to an end."""
        return [row for row in self.others if self.key in (row.name_key, row.claimed_key) and row.stage not in ENDS]

    @property
    def bears(self) -> bool:
        """Whether the filing has the name already: it keeps it, whoever got one that looks like it from an earlier release."""
        return self.itself is not None and self.itself.name_key == self.key

    @property
    def id_is_taken(self) -> bool:
        """Whether another filing has the same id but for the case of its letters."""
        return any(row.id_key == self.own.lower() for row in self.others)

    def name_is_taken(self, but_by: Any = None) -> bool:
        """Whether a living alliance has the name, other than the filing itself and the one that it continues."""
        return not self.bears and any(row.filing_id != but_by for row in self.called_alike)


def around(db: Connection, own: str, name: str, leader: str = "", *, in_turn: bool = False) -> Neighbours:
    """The filings around one. `in_turn`: whoever asks for the same name or id waits until this transaction is over."""
    keys = {"id_key": own.lower(), "name_key": names.key(name)}
    if in_turn and db.dialect.name == "postgresql":  # SQLite has one writer at a time
        db.execute(TAKES_ITS_TURN, keys)
    return Neighbours(own, name, db.execute(AROUND, keys | {"own": own, "leader": leader}).all())


def of_application(near: Neighbours, form: Mapping[str, Any], leader: str, present: str | None) -> judging.Known:
    """What bears on an application. Whatever it names as its predecessor, its leader's revocations are told (G-22, G-32).

    `present` is the digest of what the version says that stands.
    """
    previous = str(form.get("previous_filing_id"))
    of_leader = [row for row in near.others if row.leader == leader]
    predecessor = next((row for row in of_leader if row.filing_id == previous), None)
    goes_on = predecessor is not None and predecessor.kind == Kind.B and predecessor.stage in FILED
    alike = [row for row in near.called_alike if not (goes_on and row.filing_id == previous)]
    living = [row for row in of_leader if row.stage not in ENDS and row.filing_id != previous]
    field = str(form.get("technical_field"))
    return judging.Known(
        names=() if near.bears else tuple(near.name for _ in alike),
        alike_id=near.itself is None and near.id_is_taken,
        same_field=tuple(row.alliance_name for row in living if row.technical_field == field),
        revoked=tuple(row.alliance_name for row in of_leader if row.stage == Stage.REVOKED),
        ended=predecessor is not None and predecessor.stage in ENDS,
        goes_on=goes_on,
        present=present,
    )


def present(db: Connection, near: Neighbours) -> str | None:
    """Digest of what the version says that stands of a filing, if there is one."""
    if near.itself is None:
        return None
    value = db.execute(select(FILINGS.value).where(FILINGS.filing_id == near.own)).scalar_one()
    return digest(papers.content(db, Filing.model_validate_json(value).paper))


def leader_of(form: Mapping[str, Any]) -> str:
    """The code of the leader that a form names, as far as it can be read."""
    leader = form.get("leader")
    return codes.normalised(str(leader.get("uscc"))) if isinstance(leader, Mapping) else ""


def may_know(near: Neighbours, form: Mapping[str, Any], leader: str) -> bool:
    """Whether whoever brings an application may know what else its leader has: by who brings it, else by the filing it corrects."""
    by = form.get("by")
    if isinstance(by, Mapping):
        return by.get("office") in (leader, offices.PROVINCE)
    return near.itself is None or near.itself.leader == leader
