"""What operators count in the register (备案库现状): nine statements along its indexes, however many look at them."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import Connection, bindparam, case, func, select

from activities import availability
from activities.lists import along_another_index
from activities.rows import duties_of
from models import metrics
from models.drift import DriftKind, Pass, Tally
from models.gateway import AuditRow
from models.metrics import Metric
from models.register import FilingRow, LetterRow, PassRow, RoundRow
from regulation import offices
from regulation.lifecycle import ENDS

F, L, R, A, P = (
    model.metadata.tables[str(model.__tablename__)] for model in (FilingRow, LetterRow, RoundRow, AuditRow, PassRow)
)

PLACES = (along_another_index(F.c.stage), F.c.jurisdiction, F.c.kind)
"""Read off the index of public lists, which holds all three: by the stages' own index each filing would be looked up."""

BY_PLACE = select(*PLACES, func.count()).where(PLACES[0].not_in([stage.value for stage in ENDS])).group_by(*PLACES)
DUE = select(func.count(), func.min(F.c.next_deadline)).where(F.c.next_deadline <= bindparam("now"))
LATE_WITH = select(F.c.overdue, func.count()).where(F.c.overdue.is_not(None)).group_by(F.c.overdue)
RIPE = R.c.next_at <= bindparam("now")
OF_ROUNDS = (
    select(R.c.kind, R.c.stage, func.count(), func.sum(case((RIPE, 1), else_=0)), func.min(R.c.next_at))
    .where(R.c.open.is_(True))
    .group_by(R.c.kind, R.c.stage)
)
AGE = case(*((L.c.created_at > bindparam(name), name) for name, most in metrics.AGES.items() if most), else_="older")
BACKUP, BACKED_UP = "backup", "backed_up"
"""In whose name the audit says that a backup was made, and how."""

LAST_BACKUP = select(func.max(A.c.at)).where(A.c.person == BACKUP, A.c.kind == BACKED_UP, A.c.success.is_(True))
LAST_PASS = select(P.c.body).order_by(P.c.at.desc()).limit(1)
WAITING = select(AGE.label("age"), func.count()).where(L.c.closed_at.is_(None)).group_by("age")


def gauge(metric: Metric, told: Mapping[tuple[str, ...], float]) -> GaugeMetricFamily:
    """A metric with a value for each of its labels' values."""
    family = GaugeMetricFamily(metric.name, metric.english, labels=metric.labels)
    for labels, value in told.items():
        family.add_metric(labels, value)
    return family


def counted(db: Connection, now: datetime) -> Iterator[GaugeMetricFamily]:
    """The register as it stands now."""
    yield gauge(metrics.FILINGS, {tuple(place): count for *place, count in db.execute(BY_PLACE)})
    late, first = db.execute(DUE, {"now": now}).one()
    rounds = db.execute(OF_ROUNDS, {"now": now}).all()
    yield gauge(metrics.ROUNDS, {(kind, stage): count for kind, stage, count, *_ in rounds})
    late += sum(ripe for *_, ripe, _ in rounds)
    earliest = min((each for each in (first, *(at for *_, at in rounds)) if each), default=now)
    yield gauge(metrics.LAPSES_LATE, {(): late})
    yield gauge(metrics.LATE_SECONDS, {(): max((now - earliest).total_seconds(), 0.0)})
    yield gauge(metrics.OVERDUE, _overdue(db))
    since = {name: now - timedelta(seconds=most) for name, most in metrics.AGES.items() if most}
    waiting: dict[str, Any] = dict(db.execute(WAITING, since).all())
    backup = db.execute(LAST_BACKUP).scalar()
    yield gauge(metrics.BACKUP, {(): backup.timestamp() if backup else 0})
    yield from _drift(db)
    yield gauge(
        metrics.AVAILABLE,
        {(part.value,): float(each / 100) for part, each in availability.of_last_hours(db, now).items()},
    )
    yield gauge(metrics.LETTERS_BY_AGE, {(age,): waiting.get(age, 0) for age in metrics.AGES})


def _drift(db: Connection) -> Iterator[GaugeMetricFamily]:
    """What the sentinel's last pass found. The register knows it whoever made the pass, and also while no pass is made any more."""
    body = db.execute(LAST_PASS).scalar()
    last = Pass.model_validate_json(body) if body else None
    yield gauge(metrics.SENTINEL_AT, {(): last.at.timestamp() if last else 0})
    if last is None:
        return
    tallies = {(kind.value,): last.tallies.get(kind, Tally()) for kind in DriftKind}
    yield gauge(metrics.DRIFT, {kind: tally.left for kind, tally in tallies.items()})
    yield gauge(metrics.DRIFT_MENDED, {kind: tally.mended for kind, tally in tallies.items()})
    yield gauge(metrics.SENTINEL_SECONDS, {(): last.took})
    yield gauge(metrics.SENTINEL_UNSEEN, {(): last.unseen})


def _overdue(db: Connection) -> Mapping[tuple[str, ...], float]:
    """Duties that are overdue, by office and role; an office that the directory no longer names is `other`."""
    found: Counter[tuple[str, ...]] = Counter()
    for told, count in db.execute(LATE_WITH):
        for each in duties_of(told):
            found[each.office if each.office in offices.KEYS else "other", each.role.value] += count
    return found
