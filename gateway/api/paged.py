"""Where the next page of a list is: in the answer, and in its `Link` header (RFC 8288)."""

from urllib.parse import urlencode

from fastapi import Request, Response


def next_address(request: Request, response: Response, after: str | int) -> str:
    """The address of the page that begins `after` a place, otherwise asked for as this one; the header says so too."""
    asked = {name: value for name, value in request.query_params.items() if name != "after"}
    address = f"{request.url.path}?{urlencode({**asked, 'after': after})}"
    response.headers["Link"] = f'<{address}>; rel="next"'
    return address
