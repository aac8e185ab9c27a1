"""Everybody is told, and it can be proven: letters through real servers on loopback, from entries on a real Temporal server."""

import asyncio
import base64
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from temporalio.testing import WorkflowEnvironment

from activities.delivering import suits
from activities.digests import Digests
from activities.letters import Letters
from examples.demo import know_call, live
from models.register import DeliveryRow, LetterRow, MessageRow
from models.values import SHANGHAI, digest
from models.vocabulary import Kind
from regulation import texts
from tests.loopback import Answer, MailServer, Receiver, free_port, mail_server, receiver, saying, trusted, verifying
from tests.patience import comes
from tests.story import Story, application, checklist
from tests.world import World

SECRET = "whsec_" + base64.b64encode(b"a key that nobody else has, at all").decode()
YEAR = 2027

CHANNELS = """
[channels.platform]
type = "webhook"
url = "http://127.0.0.1:{platform}/hook"
secret = "{secret}"

[channels.mail]
type = "mail"
host = "127.0.0.1"
port = {mail}
security = "starttls"
ca_file = "{authority}"
sender = "beian@kjt.example.cn"

[channels.sms]
type = "sms"
url = "http://127.0.0.1:{gateway}/send"
signature = "辽宁科技"
fields = {{ to = "{{phone}}", text = "{{text}}", id = "{{id}}" }}
accepted = {{ path = "code", values = ["0"] }}
rejected = {{ path = "code", values = ["空号"] }}
receipt = "msgid"

[offices.210100]
mail = ["st@sy.example.cn"]
"""


@dataclass
class Outside:
    """Whom the service speaks to: the platform, the SMS gateway, the mail server; each may be down at first."""

    stack: ExitStack
    authority: trustme.CA
    folder: Path
    platform: Receiver
    gateway: Receiver
    mail: MailServer
    secret: str = SECRET

    @property
    def file(self) -> Path:
        """The channels' configuration."""
        path = self.folder / "channels.toml"
        path.write_text(
            CHANNELS.format(
                platform=self.platform.port,
                gateway=self.gateway.port,
                mail=self.mail.port,
                authority=trusted(self.authority, self.folder),
                secret=self.secret,
            ),
            "utf-8",
        )
        return path

    def open_platform(self, port: int) -> None:
        """The platform takes requests again."""
        self.platform = self.stack.enter_context(receiver(port))
        self.platform.answer = verifying(SECRET)


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    """Everybody is up."""
    authority = trustme.CA()
    with ExitStack() as stack:
        platform, gateway = stack.enter_context(receiver()), stack.enter_context(receiver())
        platform.answer, gateway.answer = verifying(SECRET), saying({"code": "0", "msgid": "g-1"})
        mail = stack.enter_context(mail_server(security="starttls", certificate=authority.issue_cert("127.0.0.1")))
        yield Outside(stack, authority, tmp_path, platform, gateway, mail)


@asynccontextmanager
async def telling(environment: WorkflowEnvironment, outside: Outside, **settings: Any) -> AsyncIterator[World]:
    """A world whose letters leave through these channels."""
    quick: dict[str, Any] = {"channels": outside.file, "delivery_retry": 0.2, "delivery_interval": 0.2} | settings
    async with World.opened(environment, outside.folder / "var", **quick) as world:
        yield world


def told(world: World, filing_id: str) -> list[tuple[MessageRow, list[LetterRow], list[DeliveryRow]]]:
    """Every message with what its channels have to show."""
    return Letters(world.register.engine).of_filing(filing_id)


def by_phone_only() -> dict[str, Any]:
    """A leader who gave no mail address, and agreed to be served in the inbox."""
    leader = {name: value for name, value in application()["leader"].items() if name != "email"}
    return {"leader": leader, "service": {"consent": True, "address": "inbox:leader"}}


# Everybody, once, by every way that is for them

LIFE = {
    "submitted": {"leader"},
    "new_case": {"reviewer"},
    "returned": {"leader"},
    "accepted": {"leader"},
    "iit_opinion_requested": {"city_iit"},
    "confirmed": {"leader"},
    "notice_published": {"reviewer"},
    "notice_ends_tomorrow": {"leader", "reviewer"},
    "notice_ended": {"leader", "reviewer"},
    "objection_filed": {"reviewer"},
    "at_province": {"leader", "reviewer", "province_st", "province_iit"},
    "archived": {"leader", "reviewer", "province_st", "province_iit"},
    "annual_reminder": {"leader"},
    "annual_reminder_copy": {"reviewer"},
    "annual_overdue": {"leader", "reviewer"},
    "first_miss": {"leader"},
    "first_miss_copy": {"reviewer"},
    "revocation_notice": {"leader"},
    "revocation_opened": {"city_iit", "province_st", "reviewer"},
    "revocation_decision": {"leader"},
    "announced": {"public"},
}
"""Who is told of what in the life that the demonstration lives."""


async def test_every_event_of_a_life_reaches_the_right_people_once(
    environment: WorkflowEnvironment, outside: Outside
) -> None:
    async with telling(environment, outside) as world:
        await live(world, Kind.A, YEAR, "TOLD-A")
        await world.delivered("TOLD-A")
        carried = told(world, "TOLD-A")
    by_text: dict[str, set[str]] = {}
    for message, *_ in carried:
        by_text.setdefault(message.text, set()).add(message.to)
    assert {text: by_text.get(text) for text in LIFE} == LIFE

    pushed = [request.json["data"] for request in outside.platform.requests]
    assert Counter(each["id"] for each in pushed) == Counter(message.id for message, *_ in carried), "each once"
    said = {each["id"]: (each["title"], each["body"], each["office"]) for each in pushed}
    assert said == {message.id: (message.title, message.body, message.office) for message, *_ in carried}

    leader = [message for message, *_ in carried if message.to == "leader"]
    mails = [delivered.message for delivered in outside.mail.received]
    to_leader = [mail for mail in mails if mail["To"] == "lianxi@xinghai.example.cn"]
    assert len({mail["Message-ID"] for mail in mails}) == len(mails)
    assert all(delivered.encrypted for delivered in outside.mail.received)
    assert Counter(mail["Subject"] for mail in to_leader) == Counter(message.title for message in leader)

    phone = application()["leader"]["phone"]
    texted = [request.json for request in outside.gateway.requests]
    assert {each["to"] for each in texted} == {phone}
    assert all(each["text"].startswith("【辽宁科技】") and len(each["text"]) <= 70 for each in texted)
    assert len({each["id"] for each in texted}) == len(texted), "each part once"
    sent = {delivery.letter: delivery.content for *_, of in carried for delivery in of if delivery.channel == "sms"}
    assert len(sent) == sum(("sms", message.text) in texts.SHIPPED for message in leader)
    assert {letter: digest(["", whole(texted, letter)]) for letter in sent} == sent, "the words that the record proves"
    assert all(delivery.state == "arrived" for *_, deliveries in carried for delivery in deliveries)
    assert not any(phone in delivery.address for *_, deliveries in carried for delivery in deliveries), "masked"


def whole(texted: list[dict[str, Any]], letter: str) -> str:
    """A letter as a phone shows it: its parts in their order, without signatures and numbers."""
    parts = [each["text"] for each in texted if re.fullmatch(rf"{re.escape(letter)}(-\d)?", each["id"])]
    return "".join(re.sub(r"^【辽宁科技】(（\d/\d）)?", "", part) for part in parts)


CHASED = {
    ("deemed_accepted", "leader"),
    ("review_midway", "reviewer"),
    ("iit_overdue", "city_iit"),
    ("iit_overdue_again", "province_iit"),
    ("review_overdue", "reviewer"),
    ("review_overdue", "supervisor"),
    ("review_overdue_again", "province_st"),
    ("refusal_proposed", "supervisor"),
    ("not_confirmed", "leader"),
}
"""Who is told while an office does nothing, and that the application is not confirmed in the end."""


async def test_a_late_office_its_superiors_and_the_leader_are_told(
    environment: WorkflowEnvironment, outside: Outside
) -> None:
    async with telling(environment, outside) as world:
        story = Story(world, "CHASED")
        await story.submitted("2027-03-15")
        await story.on("2027-05-06")
        for who in ("city", "city2"):
            await getattr(story, who)("refuse", "2027-05-07", reason="盟主为事业单位，无法补正")
        await world.delivered(story.id)
        carried = told(world, story.id)
    assert {(message.text, message.to) for message, *_ in carried} >= CHASED
    assert not {"not_confirmed", "review_overdue"} & {message.text for message, *_ in carried if message.number == 1}
    pushed = Counter(request.json["data"]["id"] for request in outside.platform.requests)
    assert pushed == Counter(message.id for message, *_ in carried), "each once"
    to_office = [m.message["Subject"] for m in outside.mail.received if m.message["To"] == "st@sy.example.cn"]
    expected = [m.title for m, *_ in carried if m.office == "210100" and m.to not in ("city_iit", "leader")]
    assert sorted(map(str, to_office)) == sorted(expected), "the address book's office, and not the industry office"


async def test_a_zone_and_the_leader_are_told_of_a_recommendation(
    environment: WorkflowEnvironment, outside: Outside
) -> None:
    know_call(YEAR)
    form = application(Kind.B)
    async with telling(environment, outside) as world:
        story = Story(
            world, "PASSED", **{name: form[name] for name in form if name not in ("filing_id", "alliance_name")}
        )
        await story.submitted("2027-03-15")
        await story.zone("accept", "2027-03-16")
        await story.zone("recommend", "2027-03-22", checklist=checklist(Kind.B))
        await story.zone2("confirm", "2027-03-23")
        await world.delivered(story.id)
        carried = {(message.text, message.to, message.office) for message, *_ in told(world, story.id)}
    zone, leader = "210100-shengaoqu", form["leader"]["uscc"]
    assert {
        ("new_case", "reviewer", zone),
        ("recommended", "leader", leader),
        ("confirmed", "leader", leader),
        ("notice_published", "reviewer", zone),
    } <= carried


async def test_who_objects_is_told_to_nobody(environment: WorkflowEnvironment, outside: Outside) -> None:
    objector = json.loads((Path(__file__).parent.parent / "examples" / "objection.json").read_text("utf-8"))["content"]
    async with telling(environment, outside) as world:
        story = Story(world, "MASKED")
        await story.on_notice(YEAR)
        await story.public("object", "2027-03-19", content=objector)
        await world.delivered(story.id)
    everything = [request.body.decode() for request in outside.platform.requests + outside.gateway.requests]
    everything += [delivered.message.get_content() for delivered in outside.mail.received]
    assert not [text for text in everything if objector["name"] in text or objector["text"] in text]


async def test_a_digest_reaches_its_office_by_every_way_once(
    environment: WorkflowEnvironment, outside: Outside
) -> None:
    async with telling(environment, outside) as world:
        story = Story(world, "DIGESTED")
        await story.submitted("2027-03-15")
        letters = Letters(world.register.engine)
        (key,) = Digests(letters).compile(datetime(2027, 3, 16, 8, 30, tzinfo=SHANGHAI))
        await comes(lambda: (row := letters.row(key)) and row.closed_at)
    title = "2027年3月16日待办：1件临期，0件逾期，1件新到"
    (mail,) = [each for each in outside.mail.received if str(each.message["Subject"]) == title]
    assert mail.recipients == ("st@sy.example.cn",)
    pushed = [each.json["data"] for each in outside.platform.requests if each.json["data"]["text"] == "digest"]
    assert [(each["title"], each["to"], each["office"]) for each in pushed] == [(title, "reviewer", "210100")]
    assert story.form["alliance_name"] in pushed[0]["body"]


# What is down


async def test_a_digest_that_cannot_be_compiled_holds_up_no_letter(
    environment: WorkflowEnvironment, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(digests: Digests, now: datetime) -> list[str]:
        raise ValueError("a filing that this release cannot read")

    monkeypatch.setattr(Digests, "compile", broken)
    async with telling(environment, outside, routines=True) as world:
        story = Story(world, "NO-DIGEST")
        await story.submitted("2027-03-15")
        assert await world.delivered(story.id)


async def test_a_platform_down_for_three_days_is_told_everything_once_and_no_clock_moves(
    environment: WorkflowEnvironment, outside: Outside
) -> None:
    port = free_port()
    outside.platform.port = port  # nobody listens there
    async with telling(environment, outside) as world:
        story = Story(world, "THREE-DAYS")
        await story.on_notice(YEAR)
        ahead = await world.agenda(story.id)
        await story.on("2027-03-23")
        await story.on("2027-03-26")
        assert {entry.event.kind for entry in story.docket[-2:]} == {"reminder", "notice_ended"}
        came = [(entry.at, entry.event) for entry in story.docket[4:]]
        assert came == [(line.at, line.lapse) for line in ahead[: len(came)]], "to the second as foretold"
        await comes(lambda: any(each.tries > 2 for *_, of in told(world, story.id) for each in of))
        history = await world.handle(story.id).fetch_history()
        before = len(history.events), len(history.to_json())

        outside.open_platform(port)
        sent = await world.delivered(story.id)
        history = await world.handle(story.id).fetch_history()
        assert (len(history.events), len(history.to_json())) == before, "telling adds nothing to a filing's history"
        assert Counter(request.headers["webhook-id"] for request in outside.platform.requests) == Counter(
            message.id for message, *_ in told(world, story.id)
        )
        assert sent == len(told(world, story.id))
        mails = Counter(delivered.message["Message-ID"] for delivered in outside.mail.received)
        assert set(mails.values()) == {1}, "what had arrived was not sent again"


async def test_a_channel_that_stays_down_is_given_up_and_becomes_a_task(
    environment: WorkflowEnvironment, outside: Outside
) -> None:
    outside.platform.port, outside.gateway.port, outside.mail.port = free_port(), free_port(), free_port()
    async with telling(environment, outside, delivery_gives_up=4.0) as world:
        story = Story(world, "GIVEN-UP")
        await story.submitted("2027-03-15")
        await comes(lambda: "report_undeliverable" in story.kinds())
        period = story.filing.periods["delivery:1"]
        assert period.count == 5
        agenda = await world.agenda(story.id)
        assert ("delivery_overdue", "1") in [(line.lapse.kind, line.lapse.of) for line in agenda], "staff see by when"
        due = next(line.at for line in agenda if line.lapse.kind == "delivery_overdue")
        assert due == period.until
        tasks = [
            (message.text, message.office)
            for message in world.register.messages(story.id)
            if message.number == story.filing.number
        ]
        assert tasks == [("undeliverable", "210100")]
        await comes(lambda: given_up(world, f"{story.id}-1-1"))
        await story.city("settle_delivery", "2027-03-17", entry=1, method="phone")
        assert "delivery:1" not in story.filing.periods
        of_offices = [row for row, _ in Letters(world.register.engine).failed("210100")]
        assert of_offices, "what an office was not told stands in the list of the undelivered, not in the docket"
        assert story.kinds().count("report_undeliverable") == 1


def given_up(world: World, letter: str) -> bool:
    """Operators see it among the undelivered."""
    return letter in {row.id for row, _ in Letters(world.register.engine).failed()}


async def test_what_an_earlier_release_handed_to_the_engine_ends_there_and_is_delivered_from_the_register(
    environment: WorkflowEnvironment, outside: Outside
) -> None:
    async with telling(environment, outside) as world:
        story = Story(world, "HANDED-OVER")
        await story.submitted("2027-03-15")
        handle = await world.client.start_activity(
            "deliver", f"{story.id}-1-1", id=f"{story.id}-1-1", task_queue=world.settings.task_queue,
            start_to_close_timeout=timedelta(minutes=5),
        )  # fmt: skip
        assert await handle.result() is None
        await world.delivered(story.id)
    assert Counter(request.json["data"]["id"] for request in outside.platform.requests)[f"{story.id}-1-1"] == 1


# What cannot arrive


async def test_a_wrong_signature_is_a_task_and_mends_by_sending_again(
    environment: WorkflowEnvironment, outside: Outside
) -> None:
    outside.secret = "whsec_" + base64.b64encode(b"a key that the platform does not know").decode()
    async with telling(environment, outside) as world:
        story = Story(world, "SIGNED-WRONG")
        await story.submitted("2027-03-15")
        letters = Letters(world.register.engine)
        await comes(lambda: len(letters.failed()) >= 2)
        (delivery,) = [each for each in letters.deliveries(f"{story.id}-1-1") if each.channel == "platform"]
        assert (delivery.state, delivery.tries) == ("failed", 1)
        assert "401" in delivery.receipt
        assert "report_undeliverable" not in story.kinds(), "mail and SMS got through"
        outside.platform.answer = saying({"id": "by now it knows the key"})
        assert letters.reopen(f"{story.id}-1-1", datetime.now(UTC))
        await comes(lambda: letters.deliveries(f"{story.id}-1-1")[0].state != "failed" and closed(letters, story))
        assert [each.state for each in letters.deliveries(f"{story.id}-1-1")] == ["arrived"] * 3
        assert {request.headers["webhook-id"] for request in outside.platform.requests} >= {f"{story.id}-1-1"}


def closed(letters: Letters, story: Story) -> bool:
    """Whether every channel is done with the first letter of a life."""
    row = letters.row(f"{story.id}-1-1")
    return bool(row and row.closed_at)


async def test_a_gateway_that_answers_garbage_is_not_asked_twice(
    environment: WorkflowEnvironment, outside: Outside
) -> None:
    outside.gateway.answer = Answer(200, b"<html>\xff busy </html>")
    async with telling(environment, outside) as world:
        story = Story(world, "GARBAGE")
        await story.submitted("2027-03-15")
        await comes(lambda: closed(Letters(world.register.engine), story))
        states = {each.channel: each.state for each in Letters(world.register.engine).deliveries(f"{story.id}-1-1")}
        assert states == {"platform": "arrived", "mail": "arrived", "sms": "failed"}
        assert len(outside.gateway.requests) == 1
        await comes(lambda: given_up(world, f"{story.id}-1-1"))


async def test_a_bounced_mail_with_no_other_way_is_a_task(environment: WorkflowEnvironment, outside: Outside) -> None:
    outside.gateway.answer = saying({"code": "空号"})
    async with telling(environment, outside) as world:
        story = Story(world, "BOUNCED")
        await story.submitted("2027-03-15")
        letters, letter = Letters(world.register.engine), f"{story.id}-1-1"
        await comes(lambda: closed(letters, story))
        await story.on("2027-03-15T12:00")
        assert "report_undeliverable" not in story.kinds(), "the mail server took it"
        (mail,) = [each for each in letters.deliveries(letter) if each.channel == "mail"]
        assert letters.bounced(letter, ["mail"], "退信 5.1.1", mail.address, mail.last_tried_at)
        await comes(lambda: "report_undeliverable" in story.kinds())
        assert "退信 5.1.1" in (story.docket[-1].event.reason or "")  # type: ignore[union-attr]
        assert not letters.bounced("NOBODY-1-1", ["mail"], "退信 5.1.1", mail.address, mail.last_tried_at)


@asynccontextmanager
async def noticed_by_a_dead_phone(
    environment: WorkflowEnvironment, outside: Outside, filing_id: str
) -> AsyncIterator[tuple[World, Story]]:
    """A revocation of which its leader is to be told by phone alone, and the phone is dead since the day before."""
    async with telling(environment, outside) as world:
        story = Story(world, filing_id, **by_phone_only())
        await story.archived(YEAR)
        await story.counts_by_published_days(YEAR - 1)
        await story.on("2028-11-30")
        await world.delivered(story.id)
        outside.gateway.answer = saying({"code": "空号"})
        await story.on("2028-12-01T10:00")
        yield world, story


async def test_unread_and_undeliverable_no_revocation_comes_until_it_is_really_served(
    environment: WorkflowEnvironment, outside: Outside
) -> None:
    async with noticed_by_a_dead_phone(environment, outside, "NOT-SERVED") as (world, story):
        await comes(lambda: bool(story.filing.notification and story.filing.notification.doubted_at))
        await story.on("2029-11-01")
        assert "service_failed" in story.kinds()
        assert "revoked" not in story.kinds()
        served = story.act("city", "record_service", "2029-11-02", served_on="2029-11-02", method="post")
        await world.acts(story.id, served)
        await story.on("2029-12-20")
        assert story.kinds().count("revoked") == 1


async def test_a_leader_to_be_served_whom_no_message_can_reach_is_a_task(
    environment: WorkflowEnvironment, outside: Outside
) -> None:
    leader = by_phone_only()
    leader["leader"]["phone"] = "024-12345678"
    async with telling(environment, outside) as world:
        story = Story(world, "NOWHERE", **leader)
        await story.submitted("2027-03-15")
        lacking = [{"item": "A-17", "message": "补充协议附件"}]
        await story.city("return_for_correction", "2027-03-16", deficiencies=lacking)
        await comes(lambda: "report_undeliverable" in story.kinds())
        letters = Letters(world.register.engine)
        await comes(lambda: bool(letters.failed(story.filing.leader)))
        ((letter, deliveries),) = letters.failed(story.filing.leader)
        assert letter.text == "returned"
        assert {each.receipt for each in deliveries if each.state == "failed"} == {"未留可用的手机号码或电子邮箱"}
        assert story.kinds().count("report_undeliverable") == 1, "what starts no period stands in the inbox"


async def test_a_notice_read_in_the_inbox_is_served_whatever_else_fails(
    environment: WorkflowEnvironment, outside: Outside
) -> None:
    async with noticed_by_a_dead_phone(environment, outside, "INBOX") as (world, story):
        notice = next(m for m in world.register.messages(story.id) if m.text == "revocation_notice")
        receipt = await world.door.read(notice.id, {"person": "u-1", "office": "210000", "role": "platform"})
        assert receipt
        assert await world.door.read(notice.id, {"person": "u-1", "office": "210000", "role": "platform"}) is None
        await story.on("2029-01-10")
        assert "service_failed" not in story.kinds()
        assert "revoked" in story.kinds()
        ((_, letter),) = [
            each for each in Letters(world.register.engine).inbox(story.filing.leader) if each[0].id == notice.id
        ]
        assert letter.read_at


# Bundles


async def test_a_leader_s_reminders_of_a_day_knock_once(environment: WorkflowEnvironment, outside: Outside) -> None:
    async with telling(environment, outside, bundle_wait=3.0) as world:
        stories = [Story(world, f"BUNDLE-{n}") for n in (1, 2)]
        for story in stories:
            await story.archived(YEAR)
        await asyncio.gather(*(story.on("2027-10-01T12:00") for story in stories))
        for story in stories:
            await world.delivered(story.id)
    reminders = [m for m in outside.mail.received if "年度总结和计划待报送" in str(m.message["Subject"])]
    assert [str(m.message["Subject"]) for m in reminders] == ["2个联盟的年度总结和计划待报送"]
    assert all(story.form["alliance_name"] in reminders[0].message.get_content() for story in stories)
    assert "2027年11月30日24时" in reminders[0].message.get_content()
    texted = [request.json["text"] for request in outside.gateway.requests if "待报送" in request.json["text"]]
    assert texted == ["【辽宁科技】2个联盟的年度总结和计划待报送，最近截止2027年11月30日24时，详见平台收件箱。"]
    pushed = [r.json["data"] for r in outside.platform.requests if r.json["data"]["text"] == "annual_reminder"]
    assert len(pushed) == 2, "the inbox holds every one"


@pytest.mark.parametrize(
    ("text", "words", "leaves"),
    [
        ("archived", "inbox", True),
        ("archived", "sms", True),
        ("archived", "page", False),
        ("annual_reminder", "inbox", True),
        ("annual_reminder", "mail", False),
        ("reminders", "inbox", False),
        ("reminders", "mail", True),
        ("digest", "robot", True),
        ("digest", "inbox", True),
        ("publication", "page", True),
        ("publication", "mail", False),
        ("publication", "inbox", False),
    ],
)
def test_which_letters_leave_by_which_ways(text: str, words: str, leaves: bool) -> None:
    assert suits(text, words) is leaves
