"""What every page needs: the visitor, the templates, forms that come back, and where a visitor is sent next."""

import re
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import cache, lru_cache
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined, Template, pass_context
from jinja2.runtime import Context, Macro
from markupsafe import Markup
from starlette.datastructures import FormData

from activities.columns import COLUMNS, days_left, overdue_of, reserved
from activities.publishing.log_book import in_base64, witnessed
from gateway.identity import Identity
from gateway.problem import Forged, SignInFirst
from gateway.remembered.phrases import with_picked
from gateway.remembered.sessions import Session, cookie_of
from gateway.remembered.uploads import TYPES
from gateway.shown.lists import LISTED
from gateway.tools import Doors, Tools
from models.acts import By
from models.register import MessageRow
from models.rounds.base import RoundStage
from models.values import as_day, day_of, digest, legible
from models.vocabulary import ActKind, Kind, LapseKind, Role, Severity, Stage
from regulation import articles, identity, naming, offices, review, texts
from regulation.naming import on_day
from regulation.reporting import SHOWN

COOKIE = "beian"
"""The name of the cookie that holds a session's secret, where the gateway is not served over https."""


def session_of(request: Request, tools: Doors) -> Session | None:
    """Whose browser this is; None if nobody is signed in."""
    secret = request.cookies.get(cookie_of(tools.settings))
    session = tools.sessions.find(secret, tools.clock()) if secret else None
    if session:
        session = replace(session, who=tools.at_work(session.who))
    request.state.who = session.who if session else None
    return session


def signed_in(session: Annotated[Session | None, Depends(session_of)]) -> Session:
    """The session of somebody who is signed in; everybody else signs in first."""
    if session is None:
        raise SignInFirst
    return session


SignedIn = Annotated[Session, Depends(signed_in)]
"""The session, as a page asks for it that only signed-in people see."""

MaybeSignedIn = Annotated[Session | None, Depends(session_of)]


def _visitor(session: SignedIn) -> Identity:
    return session.who


Visitor = Annotated[Identity, Depends(_visitor)]
"""Who is looking at a page."""


async def _answer(request: Request, session: SignedIn) -> AsyncIterator[FormData]:
    async with request.form() as form:
        if not secrets.compare_digest(str(form.get("csrf", "")).encode(), session.csrf.encode()):
            raise Forged
        yield with_picked(form)


Answer = Annotated[FormData, Depends(_answer)]
"""A form that came back, from the page that was shown to this very session (CSRF)."""


def rests_on(seen: str) -> frozenset[int]:
    """The entry that stood last when a form was shown, as the form brings it back; none if that cannot be read."""
    return frozenset({int(seen)} if re.fullmatch("[0-9]{1,9}", seen) else ())


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=ChoiceLoader(
            [
                PackageLoader("gateway.pages", "templates"),
                PrefixLoader(
                    {
                        "design": PackageLoader("gateway.pages", "design"),
                        "publishing": PackageLoader("activities.publishing", "pages"),
                    }
                ),
            ]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {
        "local": lambda instant: unparted(naming.short(instant)),
        "received": lambda instant: unparted(naming.short_received(instant)),
        "until": lambda instant: unparted(naming.short_until(instant)),
        "unparted": unparted,
        "midnight": naming.midnight,
        "due_at": naming.short_due_at,
        "due_in_full": naming.due_at,
        "on_day": on_day,
        "as_day": as_day,
        "once": texts.once,
        "place": naming.place,
        "is_digest": lambda value: isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None,
        "is_instant": is_instant,
        "told_instant": told_instant,
        "day_of": day_of,
        "lasting": naming.lasting,
        "cited": cited,
        "behind": articles.behind,
        "row_of": row_of,
        "on_day_of": lambda instant: on_day(day_of(instant)),
    }
    templates.globals |= {
        "Stage": Stage, "Kind": Kind, "ActKind": ActKind, "LapseKind": LapseKind, "Role": Role, "Severity": Severity,
        "OFFICES": offices.OFFICES, "ZONES": offices.ZONES, "office_name": offices.name_of, "title_of": offices.title, "post_of": offices.post, "by_name": by_name, "how_it_came": naming.how_it_came, "asked_by": review.in_words, "name_of_kind": naming.name_of_kind,
        "on_day": on_day, "in_base64": in_base64, "witnessed": witnessed, "coming": naming.coming, "cite": articles.cite, "round_stage": RoundStage, "who_is_awaited": naming.awaited, "name_of_entry": naming.name_of_entry, "left": days_left, "overdue_of": overdue_of, "reserved": reserved, "reserved_of": naming.reserved, "SHOWN": SHOWN, "COLUMNS": COLUMNS, "LISTED": LISTED, "addressee": addressee, "UPLOADED_AS": ",".join(TYPES),
    }  # fmt: skip
    templates.globals["marks"] = _kept(templates.get_template("marks.html").module)
    return templates


INSTANT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2})")


WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}(Z|[+-][0-9]{2}:[0-9]{2})")
"""An instant as a paper holds it; people are told it as lists have it."""


def is_instant(value: Any) -> bool:
    """Whether a value of a paper is an instant, and no words that look like one."""
    with suppress(ValueError):
        return isinstance(value, str) and bool(WRITTEN.fullmatch(value) and datetime.fromisoformat(value))
    return False


def told_instant(written: str, *, ends: bool = False) -> Markup:
    """An instant of a paper; `ends`: it is the end of a period, and its midnight is 24:00 of the last day."""
    instant = datetime.fromisoformat(written)
    return unparted(naming.short_until(instant) if ends else naming.short(instant))


def unparted(text: str) -> Markup:
    """What is told, with each day and hour in it in one piece: no line end parts them."""
    pieces = enumerate(INSTANT.split(text))
    return Markup("").join(
        Markup('<span class="whole">{}</span>').format(piece) if at % 2 else piece for at, piece in pieces
    )


def by_name(by: By, names: Mapping[str, str]) -> str:
    """Who did something: the post, and the person by name. Whoever acts for the public, or is the service itself, is no person to name."""
    post = offices.post(by.role, by.office)
    nobody = by.role in (Role.PUBLIC, Role.PLATFORM) or identity.is_routine(by.person)
    return post if nobody else f"{post} {names.get(by.person, by.person)}"


@pass_context
def cited(context: Context, article: str) -> str:
    """An article as people read it; with our numbers for staff who ask for them (`?codes=1`)."""
    kind = getattr(context.get("filing"), "kind", None)
    return (articles.numbered if context.get("with_codes") else articles.quoted)(article, kind)


ROW = re.compile(r"/([a-z_0-9]+)/([0-9]{1,4})(?=/|$)")
ROWS_CALLED = {"members": "个成员单位", "documents": "份材料"}


def row_of(field: str) -> str:
    """Which row of a list a finding is about, by the place that it names, as it stands before what is found; as forms number rows."""
    found = ROW.findall(field)
    return f"第{int(found[-1][1]) + 1}{ROWS_CALLED.get(found[-1][0], '项')}：" if found else ""


MARKS = 2_000
"""How many marks of a sort are kept: different deadlines, each with how much of it is left."""


def _kept(marks: Any) -> Mapping[str, Any]:
    """The macros of a template that see nothing of a page, each of which is run once for what it is called with."""
    return {name: lru_cache(MARKS)(macro) for name, macro in vars(marks).items() if isinstance(macro, Macro)}


def render(request: Request, tools: Tools, name: str, session: Session | None, **shown: Any) -> str:
    """A page as text."""
    return legibly(
        _templates().get_template(name),
        request=request,
        settings=tools.settings,
        session=session,
        who=session.who if session else None,
        csrf=session.csrf if session else "",
        embedded=tools.settings.identity == "embedded",
        with_codes=bool(session and session.who.staff and "codes" in request.query_params),
        today=day_of(tools.clock()),
        said=said_to(request),
        **shown,
    )


def legibly(template: Template, **shown: Any) -> str:
    """What a template makes of values. Texts of earlier filings may hold characters that would turn the page around."""
    return legible(template.render(**shown))


def page(
    request: Request, tools: Tools, name: str, session: Session | None, *, status: int = 200, **shown: Any
) -> HTMLResponse:
    """A page as an answer, which no cache keeps: what anybody may keep is made by `public.for_all`."""
    headers = {"Cache-Control": "no-store"}
    return HTMLResponse(render(request, tools, name, session, **shown), status, headers)


SAID = "beian-said"
"""The cookie by which a page knows that what its address says was said by us, and not by whoever made the link."""


def then(address: str, said: str = "") -> RedirectResponse:
    """Where a visitor goes after a form was taken, and what they are told there."""
    if not said:
        return RedirectResponse(address, 303)
    response = RedirectResponse(f"{address}{'&' if '?' in address else '?'}said={quote(said)}", 303)
    response.set_cookie(SAID, digest(said), max_age=600, httponly=True, samesite="lax")
    return response


def said_to(request: Request) -> str | None:
    """What a visitor was told to be told here."""
    said = request.query_params.get("said")
    return said if said and request.cookies.get(SAID) == digest(said) else None


def addressee(message: MessageRow) -> str:
    """To whom a message went, by name."""
    if message.to == Role.LEADER:
        return Role.LEADER.label
    return offices.addressed(message.to, message.office)
