"""The steps of a filing's workflow: take a paper in, enter an event, recall an answer. Local activities, all of them.

They write or read the register and decide nothing. A retry is harmless: an append that was made finds itself again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.appending import ENTERED, Appended
from activities.papers import PaperMissing
from activities.register import Register
from models.acts import By, Lapse, Submit
from models.filing import Entry, Filing, Receipt
from models.findings import Finding, Refusal
from models.values import FilingId, Instant, Value
from models.vocabulary import ActKind, Severity
from regulation import entries, identity, intake, lodging
from regulation.calendar import CALENDARS
from regulation.reading import finding
from regulation.terms import TERMS

REUSED = "KeyReused"
"""The type of the error that tells a caller of an id that is another act's."""


class Submission(Value):
    """What a start names: a filing and, the first time, the paper of its application."""

    filing_id: FilingId
    paper: str | None = None
    received_at: Instant | None = None
    by: By | None = None


class Start(Submission):
    """A start names a filing and, the first time, its paper; only a continued run carries the filing itself.

    `ways` tells which ways the run follows (workflows/ways.py): none in the histories of 0.1 to 0.4. It stands here, outside the sandbox, because the sandbox would build its model anew for every run.
    """

    filing: Filing | None = None
    ways: int = 0


class TakenIn(Value):
    """The first step's answer: the filing as stored, or the facts of a new one."""

    filing: Filing | None = None
    facts: Submit | None = None


class Correction(Value):
    """A corrected application to be examined against the filing it belongs to."""

    filing: Filing
    paper: str
    received_at: Instant


class Examined(Value):
    """What a corrected application came to: its facts, or why it is refused."""

    facts: Submit | None = None
    findings: tuple[Finding, ...] = ()


class Recalled(Value):
    """The answer that an act was given before: none of these if the act was never entered.

    `reused`: the id is that of another act, which stands under this number.
    """

    receipt: Receipt | None = None
    refused: str | None = None
    reused: int | None = None


class Question(Value):
    """What was answered to an act: to the one entered under a number, or under its id; `asked` is what is asked now.

    `act_ids`: its id, and those under which earlier releases would have entered it. Histories of 0.1 to 0.3 hold
    questions by number alone.
    """

    filing_id: FilingId
    number: int | None = None
    act_ids: tuple[str, ...] = ()
    asked: str | None = None


@dataclass
class Entering:
    """The register's side of a workflow.

    `stop` tells what is entered in the place of an entry, if too many of its like would complete on one day (G-16). `entered` is
    called with every new entry, to have its messages delivered; `continued` after the archiving of a
    continuation, to have its predecessor ended (G-32).
    """

    register: Register
    entered: Callable[[Entry], None] = lambda entry: None
    continued: Callable[[], None] = lambda: None
    stop: Callable[[Entry], Entry | None] = lambda entry: None

    @activity.defn
    def take_in(self, submission: Submission) -> TakenIn:
        """The stored filing if there is one; else the facts of the application, computed from its paper (Q20).

        Reads only. Fails for good, with all findings, on a missing paper or one with errors.
        """
        if filing := self.register.filing(submission.filing_id):
            return TakenIn(filing=filing)
        if submission.paper is None or submission.received_at is None:
            raise _no("没有这一备案，启动时也未指明申请书")
        try:
            form = self.register.paper(submission.paper)
        except PaperMissing as missing:
            raise _no(lodging.PAPER_MISSING) from missing
        received_at, known = submission.received_at, self.register.known(submission.filing_id, form)
        stamped = form | ({"by": submission.by.model_dump(mode="json")} if submission.by else {})
        examination = intake.examine(stamped, received_at, known)
        if examination.facts is None or examination.facts.filing != submission.filing_id:
            raise refused(lodging.refusal([each for each in examination.findings if each.severity == "error"]))
        return TakenIn(facts=examination.facts.but(paper=submission.paper))

    @activity.defn
    def examine_correction(self, correction: Correction) -> Examined:
        """The facts of a resubmission, computed from its paper (G-07). Reads only."""
        filing = correction.filing
        try:
            form = self.register.paper(correction.paper)
        except PaperMissing:
            return Examined(findings=(finding("G-07", "/paper", Severity.ERROR, lodging.PAPER_MISSING),))
        known = self.register.known(filing.id, form)
        examination = intake.examine(form, correction.received_at, known, correcting=filing)
        errors = tuple(each for each in examination.findings if each.severity == "error")
        facts = None if errors or examination.facts is None else examination.facts.but(paper=correction.paper)
        return Examined(facts=facts, findings=errors)

    @activity.defn
    def enter(self, entry: Entry) -> Appended | None:
        """Write an entry with its messages in one transaction; compare-and-append makes a retry harmless.

        None: it is entered, and there is nothing more to say. That is nearly every answer, and every history keeps it.
        """
        stopped = self.stop(entry)
        appended = self.register.append(stopped or entry)
        if appended.outcome == "entered":
            self.entered(stopped or entry)
            if stopped:
                return Appended(outcome="adopted", filing=stopped.filing)
            if entry.event.kind == ActKind.ARCHIVE and entry.filing.continues:
                self.continued()
        return None if appended == ENTERED else appended

    @activity.defn
    def recall(self, question: Question) -> Recalled:
        """The answer an act got when it was entered, if it is the same act (Q21). Reads only."""
        register, filing_id, ids = self.register, question.filing_id, question.act_ids
        if question.number is not None:
            stands = [register.entry(filing_id, question.number)]
            if stands == [None]:
                raise ApplicationError(f"没有第{question.number}号登记", non_retryable=True)
        else:
            stands = [register.entry_of(filing_id, act_id) for act_id in ids]
        found = [entry for entry in stands if entry]
        for entry in found:
            if not question.asked or _is_of(entry, question.asked, ids):
                return Recalled(refused=entry.refused, receipt=None if entry.refused else entries.receipt(entry))
        return Recalled(reused=next((entry.number for entry in found if _bears(entry, ids[:1])), None))

    @activity.defn
    def knows_edition(self, name: str) -> bool:
        """Whether this release has an edition; recorded, because a later release may have more. Reads only."""
        return name in CALENDARS or name in TERMS


def _is_of(entry: Entry, asked: str, ids: Sequence[str]) -> bool:
    """Whether an entry is of the act that is asked about, also if an earlier release entered it under another id."""
    if isinstance(entry.event, Submit | Lapse):
        return False
    event = entry.event.but(id=ids[0]) if entry.event.id in ids else entry.event
    return identity.asked(event) == asked


def _bears(entry: Entry, ids: Sequence[str]) -> bool:
    """Whether an entry has the id that an act has now; by a number alone it is asked for where it has."""
    return not ids or (not isinstance(entry.event, Submit | Lapse) and entry.event.id in ids)


def refused(refusal: Refusal) -> ApplicationError:
    """What a caller gets: the message, with everything found as details."""
    return ApplicationError(refusal.message, refusal.model_dump(mode="json"), type="Refused", non_retryable=True)


def reused(number: int) -> ApplicationError:
    """What a caller gets whose act bears the id of another, which stands under this number."""
    message = f"{identity.REUSED}（第{number}号登记）"
    told = Refusal(message=message, article="", missing=message)
    return ApplicationError(message, told.model_dump(mode="json"), type=REUSED, non_retryable=True)


def _no(message: str) -> ApplicationError:
    return refused(Refusal(message=message, article="", missing=message))
