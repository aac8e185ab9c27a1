"""An application step by step (逐步填写): a section a page, what is done of each, and which comes next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from gateway.asked import applications
from models.findings import Finding
from models.sections import SECTIONS, TEXTS, Section
from models.values import canonical, digest
from models.vocabulary import Kind, Severity


class Layout(StrEnum):
    """How a leader wants to see an application: as a whole, or step by step."""

    WHOLE = "whole"
    STEPS = "steps"


@dataclass(frozen=True)
class Step:
    """A section as a step: its number, whether anything was filled in, and how much is still wrong or worth a look."""

    number: int
    section: Section
    begun: bool
    errors: int
    warnings: int

    @property
    def done(self) -> bool:
        """Whether nothing is missing or wrong."""
        return not self.errors

    @property
    def tone(self) -> str:
        """How its state looks."""
        return "good" if self.done and not self.warnings else "warn" if self.begun else "mute"

    @property
    def said(self) -> str:
        """How it stands, in words."""
        if self.errors:
            return f"尚有{self.errors}处须填写或改正" if self.begun else "未开始"
        return f"已填好，有{self.warnings}处提示" if self.warnings else "已填好"


def steps(
    kind: Kind, raw: Mapping[str, Any], findings: Sequence[Finding], prefilled: Mapping[str, Any]
) -> tuple[Step, ...]:
    """The steps as they stand. What was `prefilled` counts as not begun."""
    found = applications.found(kind, findings)
    return tuple(
        Step(
            number,
            section,
            begun=any(
                raw.get(name) not in (None, [], {}, prefilled.get(name)) for name in section.names if name not in TEXTS
            ),
            errors=sum(each.severity is Severity.ERROR for each in listed),
            warnings=sum(each.severity is Severity.WARNING for each in listed),
        )
        for number, (section, listed) in enumerate(found.sections, 1)
    )


def section_of(kind: Kind, key: str) -> Section | None:
    """A section by its key; None if the form has none of this name."""
    return next((each for each in SECTIONS[kind] if each.key == key), None)


def beside(kind: Kind, key: str, by: int) -> str:
    """The key of the section so many after another; empty beyond the last and before the first."""
    keys = [each.key for each in SECTIONS[kind]]
    at = keys.index(key) + by
    return keys[at] if 0 <= at < len(keys) else ""


def held(kind: Kind, raw: Mapping[str, Any], key: str) -> str:
    """What a page shows of an application, as a digest: two windows that show other sections do not get in each other's way."""
    section = section_of(kind, key)
    return digest(canonical({name: raw.get(name) for name in section.names} if section else dict(raw)))
