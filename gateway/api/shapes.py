"""What the API answers with, as values. Fields that are empty are left out."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Self, TypeVar

from pydantic import Field

from activities.columns import rests_on_opening
from activities.survey_standing import Stands
from gateway.identity import Identity
from gateway.shown.documents import Download
from gateway.shown.reasons import Sentence
from gateway.shown.rounds.downloads import RoundDownload
from models.acts import Event, OfficeKey, Withheld
from models.filing import AgendaLine, Counted, Entry, Filing, Receipt
from models.findings import Finding, Refusal
from models.reasons import Question, Register
from models.register import DeliveryRow, FilingRow, LetterRow, MessageRow
from models.rounds.base import RoundId
from models.values import Digest, FilingId, Instant, Jurisdiction, OpaqueId, Value
from models.vocabulary import ActKind, DeliveryState, Kind, LapseKind, Role, Stage
from regulation.articles import numbered
from regulation.offers import Offer
from regulation.steps import State, Step, Track

V = TypeVar("V", bound=Value)


def _told(shape: type[V], of: object, **more: object) -> V:
    """What a shape shows of something that has fields of the same names, and more."""
    facts = {name: getattr(of, name) for name in shape.model_fields if name not in more}
    return shape.model_validate({**facts, **more})


class Me(Value):
    """本人: whom the token stands for."""

    person: OpaqueId
    name: str
    office: OfficeKey
    role: Role
    place: str

    @classmethod
    def of(cls, who: Identity) -> Self:
        """An identity as it is shown."""
        return _told(cls, who)


# Filings


class Summary(Value):
    """备案: where a filing stands, as lists show it. `number` is that of its last entry."""

    filing_id: FilingId
    number: int
    kind: Kind
    stage: Stage
    open: bool
    alliance_name: str
    leader: str
    leader_name: str
    jurisdiction: Jurisdiction
    zone: OfficeKey | None = None
    technical_field: str
    archive_number: str | None = None
    archived_on: date | None = None
    named: str | None = Field(None, description="称号，以空格分隔：recommended、typical、pilot")
    evaluated_for: int | None = Field(None, description="最近一次评价的年度")
    evaluated: str | None = Field(None, description="最近一次评价的结果")
    survey: Stands | None = Field(None, description="写明 year 的：该年度统计调查填报情况；没有填报任务的没有此项")
    waiting_for: OfficeKey | None = None
    awaits_iit: bool = False
    next_deadline: Instant | None = None
    next_lapse: LapseKind | None = None
    provisional: bool = False
    unopened: bool = Field(
        False, description="补正通知、告知书已送入收件箱，盟主企业尚未签收：最近期限暂计，以送达为准"
    )
    report_year: int | None = None
    missed_years: int
    open_objections: int
    on_hold: bool = False
    terms: str
    calendar: str
    updated_at: Instant

    @classmethod
    def of(cls, row: FilingRow, survey: Stands | None = None) -> Self:
        """A row without what the register keeps for itself, with how it stands in a survey that was asked for."""
        return _told(cls, row, survey=survey, unopened=rests_on_opening(row))


class Listed(Value):
    """备案列表: a page of filings, what is overdue longest first, then by the nearest deadline; `next` is where the next page is."""

    filings: tuple[Summary, ...]
    next: str | None = None


class Offered(Value):
    """可为之事: an act of the caller's post at this stage; if it is not open, what is missing, and which act supplies it.

    `on_paper`: it is somebody else's, and the caller may enter it for them if it came on paper; open as if it came today.
    """

    kind: ActKind
    article: str
    roles: tuple[Role, ...]
    open: bool
    on_paper: bool = False
    two_people: bool = False
    second: bool = False
    missing: str | None = None
    supplied_by: ActKind | None = None
    instead: ActKind | None = None

    @classmethod
    def of(cls, offer: Offer, kind: Kind) -> Self:
        """An offer on a filing of a kind, without the act that a form would propose."""
        refusal = offer.refusal
        return cls(
            kind=offer.kind, article=numbered(offer.article, kind), roles=offer.roles, open=offer.open, on_paper=offer.on_paper,
            two_people=offer.two_people, second=offer.second, missing=refusal.missing if refusal else None,
            supplied_by=refusal.supplied_by if refusal else None, instead=refusal.instead if refusal else None,
        )  # fmt: skip


class Shown(Value):
    """一件备案: its summary, the whole value, and what the caller may do to it."""

    summary: Summary
    filing: Filing
    offers: tuple[Offered, ...]


class WayStep(Value):
    """办理步骤: a step of a filing's way. `on` is the day on which it was over or stopped; `until` when it is over at the latest if
    everybody takes the whole of their time, `since` the day on which what it waits for begins.

    `who` has it, `otherwise` what happens if nobody does it by then. `late`: that day has passed. `provisional`: it may yet move;
    `unopened`: so it may, for nobody has opened the notice from which it runs.
    """

    key: str
    title: str
    state: State
    on: date | None = None
    since: date | None = None
    until: Instant | None = None
    who: str | None = None
    says: str | None = None
    otherwise: str | None = None
    late: bool = False
    provisional: bool = False
    unopened: bool = False
    counted: Counted | None = None

    @classmethod
    def of(cls, step: Step) -> Self:
        """A step as the page shows it."""
        words = {name: getattr(step, name) or None for name in ("who", "says", "otherwise")}
        return _told(cls, step, **words)


class Way(Value):
    """办理进度: a way that a filing goes, step by step: the application, a year's report, a revocation."""

    key: str
    title: str
    steps: tuple[WayStep, ...]

    @classmethod
    def of(cls, track: Track) -> Self:
        """A way as the page shows it."""
        return cls(key=track.key, title=track.title, steps=tuple(WayStep.of(each) for each in track.steps))


class Entered(Value):
    """登记: an entry of the docket."""

    number: int
    at: Instant
    entered_at: Instant
    event: Event | Withheld
    stage: Stage
    article: str
    refused: str | None = None
    undoes: int | None = None
    back_dated: bool = Field(False, description="登记时间明显晚于所记的收到时间")

    @classmethod
    def of(cls, entry: Entry, who: Identity) -> Self:
        """An entry without the filing after it, as somebody may see it."""
        return _told(cls, who.shown(entry))


class Version(Value):
    """申请版本: a version of the application, with everything that was found on it."""

    version: int
    paper: Digest
    received_at: Instant
    findings: tuple[Finding, ...]


class Awaited(Value):
    """待办机构: an office, or the leader, that everybody waits for."""

    office: OfficeKey
    name: str


class May(Value):
    """能否办理: whether the caller may do an act now, and if not, what is missing and which act supplies it."""

    kind: ActKind
    may: bool
    refusal: Refusal | None = None


class Why(Value):
    """为何如此: the entry that brought a filing to its stage, who is awaited, what time will bring next, and the reasons for what
    was asked about, in one register."""

    stage: Stage
    since: Entered
    awaits: tuple[Awaited, ...] = ()
    next: AgendaLine | None = None
    act: May | None = None
    question: Question
    about: str
    worded_for: Register
    reasons: tuple[Sentence, ...]


# Findings


class Checked(Value):
    """核对结果: every finding, and why the act would be refused. Nothing was sent."""

    findings: tuple[Finding, ...]
    refusal: Refusal | None = None


# Messages


class Delivered(Value):
    """投递: what one channel has to show for one letter; the address is masked."""

    letter: str
    channel: str
    state: DeliveryState
    tries: int
    first_tried_at: Instant
    last_tried_at: Instant
    address: str
    receipt: str

    @classmethod
    def all_of(cls, rows: Iterable[DeliveryRow]) -> tuple[Self, ...]:
        """What every channel has to show."""
        return tuple(_told(cls, row) for row in rows)


class Told(Value):
    """消息: one text to one addressee; since when it is read, and how it was delivered."""

    id: str
    filing_id: FilingId | None = None
    round_id: RoundId | None = Field(None, description="轮次消息所属的轮次；`number` 即其登记号")
    about: FilingId | None = Field(None, description="轮次消息所涉的备案")
    number: int
    text: str
    to: str
    office: OfficeKey
    service: bool = False
    title: str
    body: str
    created_at: Instant
    read_at: Instant | None = None
    deliveries: tuple[Delivered, ...] = ()

    @classmethod
    def of(cls, row: MessageRow, letters: Sequence[LetterRow], deliveries: Iterable[DeliveryRow] = ()) -> Self:
        """A message with the letters that carried it."""
        read_at = next((letter.read_at for letter in letters if letter.read_at), None)
        return _told(cls, row, read_at=read_at, deliveries=Delivered.all_of(deliveries))


class Uploaded(Value):
    """已收下的文件: the fields of a document that refers to it, to be copied into a paper as they are."""

    name: str
    media_type: str
    size: int
    sha256: Digest
    location: str


class Read(Value):
    """已读: noted; with the receipt of the 签收 if it was the notice that is to be served."""

    receipt: Receipt | None = None


class Undelivered(Value):
    """未能送达的信函: a letter that a channel gave up."""

    id: str
    filing_id: FilingId | None = None
    text: str
    to: str
    office: OfficeKey
    created_at: Instant
    closed_at: Instant | None = None
    deliveries: tuple[Delivered, ...]

    @classmethod
    def of(cls, row: LetterRow, deliveries: Iterable[DeliveryRow]) -> Self:
        """A letter with what its channels have to show."""
        return _told(cls, row, deliveries=Delivered.all_of(deliveries))


class Redelivered(Value):
    """再次投递: the letter is tried again, under its id."""

    letter: str


class Tested(Value):
    """测试结果: what came back from one webhook."""

    channel: str
    arrived: bool
    host: str | None = None
    receipt: str


# Downloads


class Downloadable(Value):
    """可下载的文件: what it is called, and where it is."""

    key: str
    name: str
    media_type: str
    href: str

    @classmethod
    def of(cls, download: Download | RoundDownload, folder: str) -> Self:
        """One of the documents below an address."""
        return cls(
            key=download.key, name=download.name, media_type=download.media_type, href=f"{folder}/{download.key}"
        )
