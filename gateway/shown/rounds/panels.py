"""What each kind of round adds to the page of one: what its template `round_<kind>.html` is given. One table."""

from collections.abc import Callable, Mapping
from typing import Any

from gateway.identity import Identity
from gateway.tools import Tools
from models.rounds.base import RoundKind
from models.rounds.round import Round

Panel = Callable[[Tools, Identity, Round], Mapping[str, Any]]

PANELS: Mapping[RoundKind, Panel] = {}
"""A kind that is here has a template `round_<kind>.html`."""
