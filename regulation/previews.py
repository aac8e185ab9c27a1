"""What a leader would be told of an act, before it is done: to be read by whoever is about to do it."""

from collections.abc import Iterator

from models.filing import Entry, Filing
from models.vocabulary import Role
from regulation import messages, texts
from regulation.wording import Names


def letters_to_leader(before: Filing, entry: Entry, names: Names) -> Iterator[tuple[str, str]]:
    """Title and text of each letter, as it would be written; what tells of the past is only looked up when it is entered."""
    for each in messages.told(before, entry):
        if each.to == Role.LEADER and not texts.names_the_past(each.text, entry.filing.jurisdiction):
            yield texts.render(each.text, before, entry, names)
