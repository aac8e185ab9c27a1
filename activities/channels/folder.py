"""The outbox folder (发件目录): letters as files, for whoever fetches them from there."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from activities.channels.channel import Carried, Letter, Recipient
from activities.files import put
from models.values import in_shanghai


@dataclass(frozen=True)
class OutboxFolder:
    """Files below a folder, one a letter, in a folder for each office; the name is the letter's id."""

    words: ClassVar[str] = "inbox"
    folder: Path

    def reaches(self, letter: Letter, recipient: Recipient) -> bool:
        """Everybody: every office has a folder."""
        return True

    def send(self, letter: Letter, recipient: Recipient) -> Carried:
        """Write the file whole or not at all; the same letter again is the same file."""
        put(
            self.folder / letter.office / f"{letter.id}.txt",
            f"编号：{letter.id}\n收件：{letter.to}（{letter.office}）\n时间：{in_shanghai(letter.created_at)}\n"
            f"标题：{letter.title}\n\n{letter.body}\n".encode(),
        )
        return Carried(address=letter.office, receipt=f"{letter.id}.txt")
