"""The public form of an objection (公示异议), to whatever is on notice: what it asks, the files it takes, how it comes back (G-04).

Nobody signs in, so there is no session that a foreign page could misuse; the guard turns such a page away all the same.
Whoever objects is known to nobody but the office that rules: these pages remember nothing and are kept by no cache.
"""

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData

from activities import query_codes
from activities.attachments import LOCATION
from gateway.asked.filled import read
from gateway.asked.forms import fields_of
from gateway.guard import OTHERWISE
from gateway.identity import Identity
from gateway.pages.web import page
from gateway.problem import Failed, Problem
from gateway.remembered.uploads import PUBLIC, TYPES, Uploads, named, safe_name, taken
from gateway.tools import Tools
from models.acts import TOGETHER, By
from models.filing import Period
from models.findings import Finding
from models.forms import EVIDENCE as EVIDENCE_KIND
from models.forms import ObjectionPaper
from models.values import digest
from models.vocabulary import Role, Severity
from regulation.agenda import last_day
from regulation.reading import finding

ASKED = ("party", "name", "contact", "stamped", "text")
"""What the form asks; the rest the door knows."""

CONTENT, EVIDENCE = "/content", "/content/evidence"

MOST = 5
"""Files that one objection brings."""

TRAP = "website"
"""A field that people do not see and programs fill in."""

STORE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
"""A form that a cache handed out twice would make one objection of two."""


# The form, and what came with it


def new_key() -> str:
    """What makes a form that is sent twice one objection."""
    return secrets.token_hex(16)


def form_of(
    request: Request, tools: Tools, template: str, key: str, content: Mapping[str, Any], found: Sequence[Finding],
    **shown: Any,
) -> HTMLResponse:  # fmt: skip
    """The form with what was filled in and what was found on it; `shown` is what is objected to."""
    uploads = tools.uploads
    (evidence,) = fields_of(ObjectionPaper, content, found, at=CONTENT, only=("evidence",))
    return unkept(
        page(
            request,
            tools,
            template,
            None,
            status=422 if found else 200,
            key=key,
            trap=TRAP,
            form=fields_of(ObjectionPaper, content, found, at=CONTENT, only=ASKED),
            evidence=evidence,
            kept=content.get("evidence", ()),
            most=MOST if uploads.taking else 0,
            endings=tuple(TYPES),
            largest=min(uploads.largest, tools.settings.largest_request),
            found=found,
            refused=any(each.severity is Severity.ERROR for each in found),
            **shown,
        )
    )


def unkept(answer: HTMLResponse) -> HTMLResponse:
    """A page that no cache keeps and no crawler lists."""
    answer.headers.update(STORE)
    return answer


@dataclass(frozen=True)
class Sent:
    """A form as somebody sent it: its key, the objection that was written on it, what was found so far, and whether it is
    meant as it is (`anyway`)."""

    key: str
    content: Mapping[str, Any]
    found: tuple[Finding, ...]
    anyway: bool

    @property
    def digest(self) -> str:
        """What it is known by: the same for the same form, and another if that was changed."""
        return digest([self.key, self.content])

    @property
    def act_id(self) -> str:
        """The id of its act, which says nothing."""
        return f"objection-{self.digest[:32]}"

    @property
    def by(self) -> By:
        """Whoever objects: the act names nobody, the paper does."""
        return somebody(self.digest[32:48])

    @property
    def who(self) -> Identity:
        """The same, as the audit names them."""
        return Identity(name="", **self.by.model_dump(mode="json"))

    def comes_back(self, below: Iterable[Finding] = ()) -> tuple[Finding, ...]:
        """Everything found that keeps it from being sent now: what is wrong, and warnings that nobody has read yet."""
        found = (*self.found, *below)
        stays = any(each.severity is Severity.ERROR or not self.anyway for each in found)
        return found if stays else ()


async def sent(request: Request, tools: Tools, notice: str) -> Sent:
    """A form with its files in the store, counted for the notice that it is about."""
    async with request.form(max_files=MOST, max_fields=100) as form:
        filled, faults = await taken(form, tools.uploads, PUBLIC, tools.clock(), notice=notice)
    return await run_in_threadpool(_sent, filled, tools.uploads, faults)


async def sent_again(request: Request, tools: Tools) -> Sent:
    """A form that may have been sent before: its files are named by their digests, and none of them is kept."""
    async with request.form(max_files=MOST, max_fields=100) as form:
        filled = await run_in_threadpool(named, form)
    return await run_in_threadpool(_sent, filled, tools.uploads, ())


def _sent(form: FormData, uploads: Uploads, faults: Sequence[Finding]) -> Sent:
    key = str(form.get("key", ""))
    content = read(ObjectionPaper, form, at=CONTENT, only=ASKED)
    return Sent(
        key=key if re.fullmatch(r"[0-9a-f]{32}", key) else new_key(),
        content=content | {"channel": "platform", "evidence": _evidence(form, uploads)},
        found=(*_trapped(form), *faults),
        anyway="anyway" in form,
    )


def _evidence(form: FormData, uploads: Uploads) -> list[dict[str, Any]]:
    """What the public brought, now or with the form before: by its digest alone, the rest the store knows."""
    told = {str(form.get(f"{EVIDENCE}/{number}/sha256")): number for number in reversed(range(MOST))}
    return [
        {
            "kind": EVIDENCE_KIND,
            "name": safe_name(str(form.get(f"{EVIDENCE}/{number}/name", ""))) or found[0].name,
            "media_type": found[0].media_type,
            "size": found[0].size,
            "sha256": sha256,
            "location": f"{LOCATION}{sha256}",
            "secrecy": "内部",
        }
        for sha256, number in reversed(told.items())
        if (found := uploads.find(sha256, [PUBLIC]))
    ]


def _trapped(form: FormData) -> list[Finding]:
    """A program filled in what people do not see. A person whose browser did is told, and loses nothing."""
    return [finding("G-04", f"/{TRAP}", Severity.ERROR, "“请勿填写”一栏须留空")] if form.get(TRAP) else []


def somebody(key: str) -> By:
    """One of the public."""
    return By(person=f"public-{key}", office="public", role=Role.PUBLIC)


def too_many(today: int, most: int) -> tuple[Finding, ...]:
    """So many in one day come from a machine. Who means it is told of the other way; nobody is shut out from objecting."""
    if today < most:
        return ()
    return (finding("G-04", "", Severity.ERROR, f"今日对本公示的网上异议已达{most}件。{OTHERWISE}"),)


# What became of it


def over(name: str, period: str | None, until: date, today: date, *, stands: bool) -> Failed:
    """Why nothing can be objected to any longer: what was on notice is so no more."""
    title = "公示已提前终止或者中止" if not stands or today <= until else "公示期已满"
    detail = f"“{name}”的公示期为{period}。{title}，不再接受网上异议；期内交邮的书面异议以邮戳日期为准。"
    return Failed(Problem(title=title, status=404, code="notice_over", detail=detail))


def handled_until(periods: Mapping[str, Period], act_id: str, *, opened: bool) -> date | None:
    """Until when an objection is handled; None of one that is only on record. `opened`: its entry left one more open."""
    period = periods.get(f"objection:{act_id}") or (periods.get(f"objection:{TOGETHER}") if opened else None)
    return last_day(period) if period else None


def receipt(
    request: Request, tools: Tools, *, number: int, at: Any, handler: str, days: int, until: date | None, anonymous: bool,
    paper: str,
) -> HTMLResponse:  # fmt: skip
    """What became of an objection: its number in the register, who knows of whom it came, until when it is handled, and the code by
    which it is asked about later."""
    told = {"number": number, "at": at, "handler": handler, "days": days, "until": until, "anonymous": anonymous}
    told["query_code"] = query_codes.code_of(paper)
    return unkept(page(request, tools, "public_objected.html", None, **told))
