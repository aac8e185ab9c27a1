"""What can be taken away of a round, by its kind: each drawn when it is asked for, from the register alone. One table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fastapi import Request, Response

from gateway.identity import Identity
from gateway.problem import NoFile
from gateway.remembered.audit import AuditKind
from gateway.shown.documents import DOCX, XLSX, attachment
from gateway.shown.rounds import evaluation_documents, inspections, performance, subsidies
from gateway.tools import Tools
from gateway.visit import visit_of
from models.rounds.base import RoundKind
from models.rounds.round import Round

CSV = "text/csv"

MEDIA: Mapping[str, str] = {"docx": DOCX, "xlsx": XLSX, "csv": CSV}
"""The media type of each, by the ending of its key."""


@dataclass(frozen=True)
class RoundDownload:
    """One thing to download: the last part of its address, the name of the file, and how it is drawn."""

    key: str
    name: str
    drawn: Callable[[], bytes]

    @property
    def media_type(self) -> str:
        """What it is, by the ending of its key."""
        return MEDIA[self.key.rpartition(".")[2]]


DOWNLOADS: Mapping[RoundKind, Callable[[Tools, Identity, Round], Sequence[tuple[str, str, Callable[[], bytes]]]]] = {
    RoundKind.EVALUATION: evaluation_documents.downloads,
    RoundKind.PERFORMANCE: performance.downloads,
    RoundKind.SUBSIDY: subsidies.downloads,
    RoundKind.INSPECTION: inspections.downloads,
}
"""By kind: what somebody may download of a round as it stands: key, name of the file, and how it is drawn."""


def listed(tools: Tools, who: Identity, round_: Round) -> list[RoundDownload]:
    """Everything of a round that somebody may download."""
    found = DOWNLOADS.get(round_.kind)
    return [RoundDownload(*each) for each in found(tools, who, round_)] if found else []


def download(tools: Tools, request: Request, who: Identity, round_: Round, key: str) -> Response:
    """One of them as an answer; that it was taken away is on record. Raises `NotFound`."""
    found = next((each for each in listed(tools, who, round_) if each.key == key), None)
    if found is None:
        raise NoFile(key)
    content = found.drawn()
    visit_of(request, tools, who).note(AuditKind.EXPORTED, about=f"{round_.id} {key}")
    return attachment(content, f"{round_.id}-{found.name}", found.media_type)
