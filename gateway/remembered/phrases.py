"""The phrases of an office (常用语): kept by post and purpose, with who put each and when. One that is changed is ended, and the new
one put: so it is known what stood there, and whose it was."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, func, tuple_, update
from sqlalchemy import select as sql_select
from sqlmodel import col, select
from starlette.datastructures import FormData

from activities.appending import ENTRIES
from activities.database import alone, reading, writing
from gateway.identity import Identity
from gateway.remembered.audit import AUDIT, AuditKind
from gateway.remembered.handling import post_of
from models.gateway import PhraseRow
from models.values import canonical, storable
from models.vocabulary import ActKind
from regulation.phrases import Purpose, shipped

LONGEST = 300
"""How long a phrase may be, in characters."""

MOST = 50
"""How many an office keeps of each purpose."""

LAST, BACK = 30, 50_000
"""In how many of an office's last acts of a kind it is looked for what it wrote, and how many lines of the audit are looked through."""

PICKED = "phrase:"
"""How the input is called in which a phrase is picked for a text, before the name of that text's."""


class Unusable(Exception):
    """A phrase that is not kept, and why."""


@dataclass(frozen=True)
class Phrases:
    """The phrases behind one database."""

    engine: Engine

    def of_post(self, post: str) -> list[PhraseRow]:
        """Those of a post, by purpose, the oldest first."""
        query = select(PhraseRow).where(PhraseRow.post == post, _kept())
        with reading(self.engine) as session:
            return list(session.exec(query.order_by(PhraseRow.purpose, col(PhraseRow.id))))

    def offered(self, who: Identity, purpose: Purpose, kind: ActKind | None = None) -> list[str]:
        """What somebody is offered for a purpose, in an act: their office's own first, what it wrote last in such an act before the
        others, then what is shipped."""
        own = [each.text for each in self.of_post(post_of(who)) if each.purpose == purpose.value]
        if own and kind:
            written = self._written(who, kind)
            own.sort(
                key=lambda text: next(
                    (n for n, body in enumerate(written) if canonical(text)[1:-1] in body), len(written)
                )
            )
        return list(dict.fromkeys([*own, *shipped(who.role, purpose, kind)]))

    def _written(self, who: Identity, kind: ActKind) -> list[str]:
        """What the last acts of a kind say that somebody's office did, the newest first: as the audit has them, so far back as it is
        looked through."""
        post = (AUDIT.c.office == who.office, AUDIT.c.role == who.role.value, AUDIT.c.kind == AuditKind.ACTED.value)
        since = sql_select(func.max(AUDIT.c.number) - BACK).scalar_subquery()
        acts = sql_select(AUDIT.c.filing_id, AUDIT.c.object).where(
            *post, AUDIT.c.success, AUDIT.c.object.startswith(f"{kind.value} ", autoescape=True), AUDIT.c.number > since
        )
        with self.engine.connect() as db:
            done = db.execute(acts.order_by(AUDIT.c.number.desc()).limit(LAST)).all()
            keys = [(filing_id, about.partition(" ")[2]) for filing_id, about in done]
            entries = sql_select(ENTRIES.c.filing_id, ENTRIES.c.act_id, ENTRIES.c.body)
            found = entries.where(tuple_(ENTRIES.c.filing_id, ENTRIES.c.act_id).in_(keys))
            bodies = {(of, act): body for of, act, body in db.execute(found)} if keys else {}
        return [bodies[key] for key in keys if key in bodies]

    def put(self, who: Identity, purpose: Purpose, text: str, now: datetime, instead_of: int | None = None) -> bool:
        """Keep a phrase, or keep it instead of another; False if that is not theirs. Raises `Unusable`."""
        said, post = storable(text.strip()), post_of(who)
        if not 1 <= len(said) <= LONGEST:
            raise Unusable(f"常用语须为1至{LONGEST}字")
        mine = (col(PhraseRow.post) == post, col(PhraseRow.purpose) == purpose.value, _kept())
        with writing(self.engine) as session:
            alone(session, "phrases", post)
            same = select(PhraseRow.id).where(*mine, PhraseRow.text == said, col(PhraseRow.id) != (instead_of or 0))
            if session.exec(same).first():
                raise Unusable("本机构已有相同的常用语")
            if instead_of:
                ended = update(PhraseRow).where(col(PhraseRow.id) == instead_of, *mine)
                if not session.connection().execute(ended.values(ended_at=now, ended_by=who.person)).rowcount:
                    return False
            elif session.exec(select(func.count()).select_from(PhraseRow).where(*mine)).one() >= MOST:
                raise Unusable(f"每类最多{MOST}条，请先删除不用的")
            session.add(PhraseRow(post=post, purpose=purpose.value, text=said, by_person=who.person, at=now))
        return True

    def was_of(self, post: str, phrase_id: int) -> bool:
        """Whether one is a post's, or was until somebody changed or deleted it."""
        with reading(self.engine) as session:
            row = session.get(PhraseRow, phrase_id)
        return row is not None and row.post == post

    def delete(self, who: Identity, phrase_id: int, now: datetime) -> bool:
        """Keep one no longer; False if it is not theirs."""
        ended = update(PhraseRow).where(col(PhraseRow.id) == phrase_id, col(PhraseRow.post) == post_of(who), _kept())
        with writing(self.engine) as session:
            return session.connection().execute(ended.values(ended_at=now, ended_by=who.person)).rowcount > 0


def _kept() -> ColumnElement[bool]:
    return col(PhraseRow.ended_at).is_(None)


def with_picked(form: FormData) -> FormData:
    """A form with each phrase that was picked in it written into its text: without JavaScript a choice is all there is."""
    picked = {
        name.removeprefix(PICKED): value
        for name, value in form.multi_items()
        if name.startswith(PICKED) and isinstance(value, str) and value
    }
    if not picked:
        return form
    told = [(name, value) for name, value in form.multi_items() if not name.startswith(PICKED)]
    return FormData(
        [
            (
                name,
                "\n".join(filter(None, (value, picked[name]))) if isinstance(value, str) and name in picked else value,
            )
            for name, value in told
        ]
    )
