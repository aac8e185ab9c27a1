"""What is found on a document before it is sent: what the door fills in itself, then what intake and lodging find."""

from collections.abc import Mapping
from typing import Any

from gateway.api.inputs import BY_THE_DOOR, filled_in
from gateway.identity import Identity
from gateway.problem import at_interface
from gateway.tools import Tools
from models.acts import NEW_VERSIONS, Act
from models.filing import Filing
from models.findings import Finding
from models.vocabulary import ActKind, Severity
from regulation import intake, lodging, province
from regulation.offers import lacking

Raw = Mapping[str, Any]


def claims(document: Raw) -> list[Finding]:
    """What a document says that the door fills in itself."""
    message = "由系统依登录身份、收到时间和文书填写，不得提交"
    found = [at_interface(f"/{name}", message) for name in filled_in(document.get("kind")) if name in document]
    came, content = document.get("came"), document.get("content")
    if document.get("kind") in NEW_VERSIONS and isinstance(content, Mapping):
        found += [at_interface(f"/content/{name}", message) for name in BY_THE_DOOR if name in content]
    return found + [at_interface("/came/record", message)] * (isinstance(came, Mapping) and "record" in came)


def of_application(
    tools: Tools, document: Raw, who: Identity, *, correcting: Filing | None = None, at: str = ""
) -> list[Finding]:
    """Everything on an application. Who may correct one, the regulation says when the act is done."""
    bare = {name: value for name, value in document.items() if name not in BY_THE_DOOR}
    raw = bare if correcting else who.stamped(bare, tools.clock())
    known = tools.register.known(correcting.id if correcting else str(raw.get("filing_id")), raw)
    found = [*claims(document), *intake.examine(raw, tools.clock(), known, correcting=correcting).findings]
    return [each.but(field=f"{at}{each.field}") for each in found]


def of_act(
    tools: Tools, document: Raw, who: Identity, filing: Filing | None = None
) -> tuple[list[Finding], Act | None]:
    """Everything on an act, and the act itself if it is one."""
    kind, content = document.get("kind"), document.get("content")
    found = claims(document)
    raw = who.stamped({"id": "check", **_without(document, found)}, tools.clock())
    if filing and kind == ActKind.ARCHIVE:
        raw.setdefault("archive_number", f"{province.number_prefix(filing, tools.now.day.year)}0001")
    subject = tools.register.subject(filing.id, content) if filing and kind == ActKind.REPORT_CHANGE else None
    lodged = lodging.lodge(filing.id if filing else "check", raw, subject)
    found += [each.but(field="/content") if each.field == "/paper" else each for each in lodged.findings]
    if filing and lodged.act is None:
        found += lacking(filing, raw, lodged.findings, tools.now)
    found += tools.uploads.of_scan(document, who.by)
    if filing and kind in NEW_VERSIONS and isinstance(content, Mapping):
        found += of_application(tools, content, who, correcting=filing, at="/content")
    return found, lodged.act


def _without(document: Raw, claimed: list[Finding]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if f"/{name}" not in {each.field for each in claimed}}


def refuses(found: list[Finding]) -> bool:
    """Whether one of them is an error."""
    return any(each.severity is Severity.ERROR for each in found)
