"""No address (无联系方式): a notice to be served on a leader whom no message of this deployment can reach."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from activities.channels.channel import Carried, Channel, Letter, Recipient, Undeliverable


@dataclass(frozen=True)
class Nowhere:
    """Carries what none of the channels to a person can, and says that it cannot arrive: so people are given the task (G-18)."""

    words: ClassVar[str] = "mail"
    others: Sequence[Channel]

    def reaches(self, letter: Letter, recipient: Recipient) -> bool:
        """A leader to be served who left no address for any of the others."""
        return letter.service and not any(each.reaches(letter, recipient) for each in self.others)

    def send(self, letter: Letter, recipient: Recipient) -> Carried:
        """There is nowhere to send it."""
        raise Undeliverable("未留可用的手机号码或电子邮箱")
