"""Nothing of an office goes out that was not read (先核对，后办理).

Whatever form an act of staff has, the page shows what would come of it: where the filing would stand, and every letter, notice and
document as it goes. It is sent with the digest of what was read. If anything changed since, what was filled in, an entry of somebody
else's or the day that the letters bear, nothing goes, and it is shown anew.
"""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

from fastapi import Response
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from gateway.problem import KeyReused, MovedOn, Refused, Unreachable
from gateway.shown.foreseen import Foreseen, previewed
from models.findings import Refusal
from models.values import day_of

NotDone = Refused | KeyReused | MovedOn | Unreachable
"""Why an act was not entered, or is not known to be."""

PREVIEW = "preview"
"""What the button asks for that only looks."""


class Sending(Protocol):
    """An act whose form came back, of whatever page."""

    @property
    def looked_at(self) -> bool:
        """Whether it goes only once it was read."""

    @property
    def is_fresh(self) -> bool:
        """Whether nothing was entered since its page was shown."""

    def first_received(self) -> datetime | None:
        """When it first reached the door, if it did and its outcome is not known: it counts as of then, and so do its letters."""

    def preview(self, raw: dict[str, Any], *, changed: bool) -> Response:
        """The page with what would come of it; `changed`: what was to be sent is not what was read."""

    async def act(self, raw: dict[str, Any]) -> Any:
        """Do it; what it is answered."""

    def refused(self, raw: dict[str, Any], why: NotDone) -> Response:
        """The page again, with the reason."""

    def done(self, receipt: Any) -> Response:
        """Where somebody goes afterwards."""


async def sent(sending: Sending, form: FormData, raw: dict[str, Any], now: datetime) -> Response:
    """Look at an act as its form now stands, or do it: the one way of every form."""
    if sending.looked_at and (
        form.get("do") == PREVIEW or await run_in_threadpool(_is_unread, sending, form, raw, now)
    ):
        return await run_in_threadpool(lambda: sending.preview(raw, changed=form.get("do") != PREVIEW))
    try:
        receipt = await sending.act(raw)
    except (Refused, KeyReused, MovedOn, Unreachable) as why:
        return await run_in_threadpool(sending.refused, raw, why)
    return await run_in_threadpool(sending.done, receipt)


def _is_unread(sending: Sending, form: FormData, raw: Mapping[str, Any], now: datetime) -> bool:
    """Whether what is to go is not what was read. If others acted since, that is told first (`MovedOn`)."""
    if not sending.is_fresh:
        return False
    told, first = form.get("previewed"), sending.first_received()
    return told not in {previewed(raw, day_of(at)) for at in (now, first) if at}


class Looked(NamedTuple):
    """What a form shows of a look at what it would bring about; `in_vain`: it was only looked at, and cannot be done as it is filled in."""

    foreseen: Foreseen | None
    refusal: Refusal | None
    changed: bool
    status: int
    in_vain: bool = False


def beside(
    would: Foreseen | None, refusal: Refusal | None, *, opened: bool, changed: bool, status: int, overtaken: bool = False
) -> Looked:  # fmt: skip
    """What stands beside a form: what would come of it, or why it may not be done, after the refusal that it comes back with. Whoever
    only opens it has yet to fill it in. What others did meanwhile (`overtaken`) is told with its own status."""
    if would is None or (would.refusal and opened):
        return Looked(None, refusal, changed, status)
    if would.refusal is None:
        return Looked(would, refusal, changed, status)
    told = status if refusal or overtaken else HTTPStatus.UNPROCESSABLE_ENTITY
    return Looked(None, _together(refusal, would.refusal), False, told, in_vain=refusal is None)


def _together(refusal: Refusal | None, would: Refusal) -> Refusal:
    """Why a form came back, with whatever else would be refused at other fields."""
    if refusal is None or not refusal.findings:
        return refusal or would
    told = {each.field for each in refusal.findings}
    return refusal.but(findings=(*refusal.findings, *(each for each in would.findings if each.field not in told)))
