"""What each kind of round adds to the page of one, and to the forms of its acts. One table each."""

from collections.abc import Callable, Mapping
from typing import Any

from gateway.identity import Identity
from gateway.shown.rounds import inspections
from gateway.tools import Tools
from models.rounds.base import RoundKind
from models.rounds.inspections import InspectionActKind
from models.rounds.round import Round

Panel = Callable[[Tools, Identity, Round], Mapping[str, Any]]

PANELS: Mapping[RoundKind, Panel] = {RoundKind.INSPECTION: inspections.panel}
"""What its template `round_<kind>.html` is given; a kind that is here has one."""

FILLED_IN: Mapping[str, Callable[[Round], Mapping[str, Any]]] = {
    InspectionActKind.RECORD_FINDINGS: inspections.empty_record,
}
"""What the paper of an act holds when its form is shown first: what the kind knows already."""
