"""The tray of drafts (文稿): documents that staff would otherwise type, laid out for the office that has the filing.

What must be posted or published leaves by hand: the tray holds the document, the filing's agenda the day by which, and
`record_service`, `settle_delivery` or `record_announcement` say that it was done.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from activities.channels.channel import Carried, Letter, Recipient, Undeliverable
from activities.documents.drafting import Contacts, draft
from activities.files import put
from activities.register import Register
from activities.rows import parts_of
from regulation.messages import NOTIFICATIONS


@dataclass
class DraftTray:
    """Documents as docx below a folder, a folder for each office and in it one for each filing."""

    words: ClassVar[str] = "document"

    register: Register
    folder: Path
    contacts: Contacts

    def reaches(self, letter: Letter, recipient: Recipient) -> bool:
        """Whatever has a document of its own, once: with its first addressee's letter. `words` leaves out all else."""
        return letter.filing_id is not None and letter.to == NOTIFICATIONS[letter.text].to[0]

    def send(self, letter: Letter, recipient: Recipient) -> Carried:
        """Lay out the letter's own document. Harmless to repeat: the same entry makes the same document."""
        filing_id, number, _ = parts_of(letter.id)
        row = self.register.row(filing_id)
        if row is None:
            raise Undeliverable("备案库中没有这一备案")
        office = row.zone or row.jurisdiction
        laid = draft(self.register, filing_id, number, self.contacts, text=letter.text)
        for each in laid:
            put(self.folder / office / filing_id / each.name, each.content)
        return Carried(address=office, receipt="、".join(each.name for each in laid))
