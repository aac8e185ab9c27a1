"""Autosave (自动保存): what a browser is told when it saves a draft by itself while somebody types (static/form/autosave.js)."""

from collections.abc import Callable, Sequence

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from gateway.asked.compared import Difference
from gateway.pages.web import render
from gateway.problem import NoDraft
from gateway.remembered.drafts import NoSuchDraft, Overtaken
from gateway.remembered.sessions import Session
from gateway.tools import Tools
from models.values import SHANGHAI

UNKEPT = {"Cache-Control": "no-store"}


def answered(
    request: Request, tools: Tools, session: Session, save: Callable[[], str], held: str, stands: str,
    elsewhere: Callable[[], Sequence[Difference]],
) -> Response:  # fmt: skip
    """The version that a draft is now, what the page shows of it as a digest (`held`), and the minute in which it was saved. If
    somebody saved something else since, nothing is saved, and it is told what that was (`elsewhere`) and which version
    `stands`.
    """
    try:
        seen = save()
    except NoSuchDraft as gone:
        raise NoDraft(str(gone)) from gone
    except Overtaken:
        told = render(request, tools, "draft_elsewhere.html", session, elsewhere=elsewhere())
        return JSONResponse({"elsewhere": told, "seen": stands}, 409, UNKEPT)
    at = tools.clock().astimezone(SHANGHAI)
    return JSONResponse({"seen": seen, "held": held, "at": f"{at:%H:%M}"}, headers=UNKEPT)
