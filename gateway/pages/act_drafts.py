"""Drafts of long papers that a leader brings with an act: a statement of defence, an account of what changed. A year's report has a page of its own (reports.py).

They are kept where drafts of applications are, and saved while they are typed (autosaving.py).
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, Self

from fastapi import Request, Response
from starlette.datastructures import FormData

from gateway.asked import acts
from gateway.asked.compared import differences
from gateway.identity import Identity
from gateway.pages.autosaving import answered
from gateway.remembered.drafts import body_of, paper_about, version_of
from gateway.remembered.sessions import Session
from gateway.tools import Tools
from models.vocabulary import ActKind, Role
from regulation.lodging import PAPERS


@dataclass(frozen=True)
class ActDraft:
    """A paper that is being written: its draft as it was last saved, by the version that was `seen`; `raw` is None of a new one."""

    kind: ActKind
    key: str
    address: str
    raw: dict[str, Any] | None = None
    seen: str = ""

    @classmethod
    def of(cls, tools: Tools, who: Identity, filing_id: str, kind: ActKind, year: int | None) -> Self | None:
        """The draft of a leader's paper about a filing, of a year if the act is about one; None of an act that brings no paper."""
        if who.role is not Role.LEADER or kind not in PAPERS:
            return None
        about = "" if year is None else f"?year={year}"
        key = paper_about("act", filing_id, kind.value, about)
        row = tools.drafts.find(key, who.office, tools.clock())
        address = f"/filings/{filing_id}/acts/{kind.value}/saved{about}"
        return cls(kind, key, address, body_of(row) if row else None, version_of(row) if row else "")

    def autosaved(self, request: Request, tools: Tools, session: Session, form: FormData) -> Response:
        """Save what stands in the browser, and say when that was."""
        raw = acts.read_act(self.kind, form)
        save = partial(tools.drafts.save, self.key, session.who, raw, tools.clock(), str(form.get("draft", "")))
        saved, typed = [(each or {}).get("content") or {} for each in (self.raw, raw)]
        elsewhere = partial(differences, PAPERS[self.kind], saved, typed, at="/content")
        return answered(request, tools, session, save, "", self.seen, elsewhere)

    def done(self, tools: Tools, who: Identity) -> None:
        """What was written was entered: its paper is in the register."""
        tools.drafts.submitted(self.key, who.office)
