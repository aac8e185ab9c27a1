"""By what a request is counted and traced: the pattern of its address, and never what was asked."""

from collections.abc import Mapping
from typing import Any

NO_ROUTE = "none"
"""What was asked for an address that nothing has, or turned away before anybody looked."""


def route_of(scope: Mapping[str, Any], api: str) -> str:
    """The pattern of an address, as the application has it whose interface for programs lies below `api`."""
    path = str(scope["path"])
    if path.startswith("/static/"):
        return "/static"
    pattern = str(getattr(scope.get("route"), "path", NO_ROUTE))
    within = path.startswith(f"{api}/") and pattern.startswith("/") and not pattern.startswith(api)
    return f"{api}{pattern}" if within else pattern
