"""What can be downloaded of a filing, and by whom: docket, forms, drafts of documents, and the dossier for the archive.

Each is drawn when it is asked for, from the register alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.background import BackgroundTask

from activities.attachments import CHUNK, Attachments
from activities.documents import decision, docket, dossier, drafting, forms, packaging, receipt
from gateway.identity import Identity
from gateway.problem import NoFile
from gateway.remembered.audit import AuditKind
from gateway.tools import Tools, value_of
from gateway.visit import visit_of
from models.register import FilingRow
from models.vocabulary import ActKind, Role
from regulation import offices, texts

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP = "application/zip"


@dataclass(frozen=True)
class Download:
    """One thing to download: the last part of its address, what it is called, and its media type."""

    key: str
    title: str
    media_type: str = DOCX

    @property
    def name(self) -> str:
        """The name of the file."""
        return f"{self.title}.{'zip' if self.media_type == ZIP else 'docx'}"


def listed(tools: Tools, row: FilingRow, who: Identity) -> list[Download]:
    """Everything on a filing that somebody may download."""
    return list(_listed(tools, row, who))


def _listed(tools: Tools, row: FilingRow, who: Identity) -> Iterator[Download]:
    filing = value_of(row)
    yield Download("docket", "卷宗")
    if who.reads(filing, "application"):
        listed = bool(tools.register.paper(row.first_paper).get("listed"))  # a row of a list fills in no form
        for version, _ in tools.register.versions(row.filing_id)[listed:]:
            yield Download(f"form-{version}", f"申请表V{version}")
        told = set()
        for message in tools.register.messages(row.filing_id):
            mine = who.role is not Role.LEADER or message.to == Role.LEADER
            if mine and (message.number, message.text) not in told and texts.exists("document", message.text):
                told.add((message.number, message.text))
                yield Download(f"draft-{message.number}-{message.text}", f"第{message.number}号 {message.title}")
        for entry in receipt.on_paper(tools.register, row.filing_id):
            if who.reads(filing, entry.event.kind):
                yield Download(f"receipt-{entry.number}", f"第{entry.number}号 收件回执")
    if who.reads(filing, ActKind.OBJECT):
        yield Download("dossier", "归档包", ZIP)


def drawn(tools: Tools, row: FilingRow, who: Identity, key: str) -> tuple[Download, bytes | IO[bytes]]:
    """One of them, drawn; raises `NotFound` if it is none of what they may download."""
    if of_entry := re.fullmatch(r"proof-([1-9]\d{0,8})", key):
        return _proof(tools, row, who, int(of_entry[1]))
    found = next((each for each in _listed(tools, row, who) if each.key == key), None)
    if found is None:
        raise NoFile(key)
    register, filing_id = tools.register, row.filing_id
    if key == "docket":
        return found, docket.docket(register, filing_id)
    if key == "dossier":
        pack = TemporaryFile()  # noqa: SIM115 - attachments may be large, and it is closed once it is sent
        signer = packaging.signer_of(tools.settings)
        files = Attachments(tools.settings.upload_folder)
        dossier.write_dossier(pack, register, filing_id, files, tools.contacts, signer)
        pack.seek(0)
        return found, pack
    if of_paper := re.fullmatch(r"receipt-(\d+)", key):
        entry = register.entry(filing_id, int(of_paper[1]))
        if entry is None:
            raise NoFile(key)
        names = tools.people.named(receipt.persons(entry))
        return found, receipt.receipt(register, row, entry, tools.settings.own_address, names)
    if form := re.fullmatch(r"form-(\d+)", key):
        drafts = {each.name: each.content for each in forms.forms(register, filing_id)}
        return found, drafts[f"申请表-V{form[1]}.docx"]
    _, number, text = key.split("-", 2)
    return found, drafting.draft(register, filing_id, int(number), tools.contacts, text=text)[0].content


def _proof(tools: Tools, row: FilingRow, who: Identity, number: int) -> tuple[Download, IO[bytes]]:
    """The proof of one entry with what the reader may read of what it rests on; a leader's has the leader's letters alone."""
    if who.role not in offices.READERS:
        raise NoFile(f"proof-{number}")
    pack = TemporaryFile()  # noqa: SIM115 - it is closed once it is sent
    office = who.office if who.role is Role.LEADER else ""
    try:
        signer = packaging.signer_of(tools.settings)
        decision.write_decision(pack, tools.register, row.filing_id, number, who.reads, signer, office=office)
    except decision.NoSuchDecision as missing:
        pack.close()
        raise NoFile(f"proof-{number}") from missing
    pack.seek(0)
    return Download(f"proof-{number}", f"第{number}号证明", ZIP), pack


def download(tools: Tools, request: Request, row: FilingRow, who: Identity, key: str) -> Response:
    """One of them as an answer; that it was taken away is on record."""
    found, content = drawn(tools, row, who, key)
    visit_of(request, tools, who).note(AuditKind.EXPORTED, filing_id=row.filing_id, about=key)
    return attachment(content, f"{row.filing_id}-{found.name}", found.media_type)


def attachment(content: bytes | IO[bytes], name: str, media_type: str) -> Response:
    """A file to be saved under a name, which may be Chinese (RFC 6266). An open file is sent piece by piece, and closed."""
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "Cache-Control": "no-store",
    }
    if isinstance(content, bytes):
        return Response(content, media_type=media_type, headers=headers)
    pieces = iter(lambda: content.read(CHUNK), b"")
    return StreamingResponse(pieces, media_type=media_type, headers=headers, background=BackgroundTask(content.close))
