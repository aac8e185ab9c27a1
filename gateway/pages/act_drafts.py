"""Drafts of long texts that are brought with an act: a leader's statement of defence, an officer's reasons for a revocation, what was
found of an alliance in a round. A year's report has a page of its own (reports.py).

They are kept where drafts of applications are, and saved while they are typed (autosaving.py). A leader's is its enterprise's, whoever
writes for it; an officer's is their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self
from urllib.parse import urlencode

from fastapi import Request, Response
from pydantic import BaseModel
from starlette.datastructures import FormData

from gateway.asked.compared import differences_of_acts
from gateway.identity import Identity
from gateway.pages.autosaving import answered
from gateway.remembered.drafts import body_of, paper_about, version_of
from gateway.remembered.sessions import Session
from gateway.tools import Tools
from models.rounds.round import ROUND_ACT_TYPES
from models.values import required
from models.vocabulary import ActKind, Role
from regulation.lodging import PAPERS
from regulation.offers import TYPES


@dataclass(frozen=True)
class ActDraft:
    """What is being written: its draft as it was last saved, by the version that was `seen`; `raw` is None of a new one. `models` is
    what it is compared by: the act itself, and its paper."""

    key: str
    address: str
    models: Mapping[str, type[BaseModel]] = field(default_factory=dict)
    raw: dict[str, Any] | None = None
    seen: str = ""

    @classmethod
    def of(cls, tools: Tools, who: Identity, filing_id: str, kind: ActKind, year: int | None) -> Self | None:
        """The draft of an act on a filing, of a year if the act is about one; None of an act that says little."""
        model, paper = TYPES[kind], PAPERS.get(kind)
        if not (paper if who.role is Role.LEADER else _says_much(model, paper)):
            return None
        about = "" if year is None else f"?year={year}"
        address = f"/filings/{filing_id}/acts/{kind.value}/saved{about}"
        return cls._found(tools, who, address, model, paper, "act", filing_id, kind.value, about)

    @classmethod
    def in_round(
        cls, tools: Tools, who: Identity, round_id: str, kind: str, filing: str, paper: type[BaseModel] | None
    ) -> Self | None:
        """The draft of an act in a round, of an alliance if the act is about one; None of an act that says little."""
        model = ROUND_ACT_TYPES[kind]
        if not _says_much(model, paper):
            return None
        about = f"?{urlencode({'filing': filing})}" if filing else ""
        address = f"/rounds/{round_id}/acts/{kind}/saved{about}"
        return cls._found(tools, who, address, model, paper, "round", round_id, kind, about)

    @classmethod
    def _found(
        cls, tools: Tools, who: Identity, address: str, model: type[BaseModel], paper: type[BaseModel] | None, *about: str
    ) -> Self:  # fmt: skip
        key = paper_about(*about, *(() if who.role is Role.LEADER else (who.role.value, who.person)))
        row = tools.drafts.find(key, who.office, tools.clock())
        models = {"": model} | ({"/content": paper} if paper else {})
        return cls(key, address, models, body_of(row) if row else None, version_of(row) if row else "")

    def autosaved(
        self, request: Request, tools: Tools, session: Session, form: FormData, raw: Mapping[str, Any]
    ) -> Response:
        """Save what stands in the browser, and say when that was."""
        save = partial(
            tools.drafts.save_or_begin, self.key, session.who, raw, tools.clock(), str(form.get("draft", ""))
        )
        elsewhere = partial(differences_of_acts, self.models, self.raw or {}, raw)
        return answered(request, tools, session, save, "", self.seen, elsewhere)

    def done(self, tools: Tools, who: Identity) -> None:
        """What was written was entered: it is in the register."""
        tools.drafts.submitted(self.key, who.office)


def _says_much(model: type[BaseModel], paper: type[BaseModel] | None) -> bool:
    """Whether an act brings a paper, or must say why."""
    return paper is not None or "reason" in required(model)
