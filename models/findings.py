"""What is wrong with an input, and why an act is refused. Every message is Chinese and names its article."""

from models.values import Value
from models.vocabulary import ActKind, Severity


class Finding(Value):
    """One finding on an application, a paper or an act. `code` is the number of a requirement (docs/articles.md), `field` a JSON pointer."""

    code: str
    field: str
    severity: Severity
    message: str
    article: str


class Lack(Value):
    """A fact that an act needs and the filing does not have, and the act that supplies it, if one does.

    `instead` is an act that helps where this one cannot any more. `on`: of several things that lack at once, each with the field that
    it is on.
    """

    missing: str
    supplied_by: ActKind | None = None
    instead: ActKind | None = None
    on: tuple[tuple[str, str], ...] = ()


class Refusal(Value):
    """Why an act was refused. It changed no legal fact."""

    message: str
    article: str
    missing: str
    supplied_by: ActKind | None = None
    instead: ActKind | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def way_on(self) -> str:
        """The act that comes first, or that helps where this one cannot any more, as it stands behind what is missing."""
        first = f"；须先“{self.supplied_by.label}”" if self.supplied_by else ""
        return first + (f"；可另行“{self.instead.label}”" if self.instead else "")
