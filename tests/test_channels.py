"""The channels: their file, and each of them against a real server on loopback that takes, refuses, or is not there."""

import base64
import hashlib
import hmac
import logging
import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from threading import Event
from typing import Any, Literal

import docx
import pytest
import structlog
import trustme
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar
from structlog.testing import capture_logs

from activities.channels import authorities, sms
from activities.channels.channel import Carried, Channel, Letter, Recipient, Undeliverable, for_a_batch, masked
from activities.channels.configured import ADDRESSEES, Configured, build, contacts, office_recipient
from activities.channels.mail import Bounce, bounced
from activities.channels.pages import calendars
from activities.channels.sms import UNREADABLE, parts
from activities.channels.webhook import Webhook
from activities.letter_opening import CALENDARS
from activities.register import Register
from models.channels import STAFF, ChannelsFile, ChannelsRefused, WebhookSettings, read_channels
from models.settings import Settings
from models.vocabulary import Kind
from regulation import intake, offices
from regulation.offices import Contact
from regulation.simulation import simulate
from tests.databases import Databases
from tests.loopback import (
    HOST,
    Answer,
    MailServer,
    Received,
    Receiver,
    dripping,
    free_port,
    mail_server,
    platforms,
    receiver,
    saying,
    trusted,
    verifying,
)
from tests.simulated import Papered, lived, written
from tests.story import application
from worker import channels_of

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_SECRET = "whsec_" + base64.b64encode(b"another key of the platform's").decode()
NOW = datetime(2027, 3, 15, 1, 30, tzinfo=UTC)
PHONE, OTHER_PHONE = "13912345678", "13887654321"
Encryption = Literal["starttls", "tls"]
MAIL, OTHER_MAIL = "zhang.san@example.org", "office@example.org"
LEADER = Recipient(mail=(MAIL,), phone=(PHONE,))


def letter(**changes: Any) -> Letter:
    """A letter to a leader."""
    fields: dict[str, Any] = {
        "id": "SY-2027-001-12-1",
        "messages": ("SY-2027-001-12-1",),
        "filing_id": "SY-2027-001",
        "text": "returned",
        "to": "leader",
        "office": "91210100MA0TEST00X",
        "title": "补正通知（𠮷林）",
        "body": "请于4月14日前重报。",
        "created_at": NOW,
    }
    return Letter(**fields | changes)


FileOf = Callable[..., ChannelsFile]


@pytest.fixture
def file_of(tmp_path: Path) -> FileOf:
    """Reads a file of channels as a deployment would write it."""

    def read(written: str, **environment: str) -> ChannelsFile:
        path = tmp_path / "channels.toml"
        path.write_text(written, "utf-8")
        return read_channels(path, environment)

    return read


@pytest.fixture
def only(file_of: FileOf) -> Callable[..., Channel]:
    """The one channel of a file."""

    def made(written: str, **environment: str) -> Channel:
        (configured,) = build(file_of(f"[channels.only]\n{written}", **environment))
        return configured.channel

    return made


Made = Callable[..., Channel]


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """Everything that anybody logs meanwhile, ours and the libraries', as one text; not the mail server of the tests."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(sms, "log", structlog.get_logger())
    with capture_logs() as lines:
        yield lambda: "\n".join(
            [*map(str, lines), *(each.getMessage() for each in caplog.records if each.name != "mail.log")]
        )


# The file

FULL = f"""
[channels.platform]
type = "webhook"
url = "https://platform.example.org/hook"
secret = "env:BEIAN_PLATFORM_SECRET"

[channels.mail]
type = "mail"
host = "mail.example.org"
username = "beian"
password = "env:BEIAN_MAIL_PASSWORD"
sender = "beian@example.org"

[channels.sms]
type = "sms"
url = "https://sms.example.org/send"
headers = {{ authorization = "env:BEIAN_SMS_KEY" }}
fields = {{ mobile = "{{phone}}", content = "{{text}}", account = "kjt", uid = "{{id}}" }}
accepted = {{ path = "code", values = ["0"] }}
receipt = "msgid"
texts = ["returned", "archived"]

[channels.dingtalk-shenyang]
type = "robot"
address = "env:BEIAN_DINGTALK"
offices = ["210100"]

[channels.files]
type = "folder"
folder = "outbox"

[offices."210100"]
mail = ["{OTHER_MAIL}"]
phone = ["{OTHER_PHONE}"]

[offices."210100/city_iit"]
mail = ["iit@example.org"]
"""
ENVIRONMENT = {
    "BEIAN_PLATFORM_SECRET": SECRET,
    "BEIAN_MAIL_PASSWORD": "mail-password",
    "BEIAN_SMS_KEY": "sms-key",
    "BEIAN_DINGTALK": "dingtalk://SECdingtalk@0123456789abcdef/",
}


def test_a_whole_file_is_read_with_its_secrets_from_the_environment(file_of: FileOf) -> None:
    file = file_of(FULL, **ENVIRONMENT)
    configured = build(file)
    assert [each.name for each in configured] == ["platform", "mail", "sms", "dingtalk-shenyang", "files"]
    assert [each.channel.words for each in configured] == ["inbox", "mail", "sms", "robot", "inbox"]
    settings = file.channels["platform"]
    assert isinstance(settings, WebhookSettings)
    assert settings.secret.get_secret_value() == SECRET
    printed = f"{file!r}{file}{configured}{file.model_dump_json()}"
    assert [secret for secret in [*ENVIRONMENT.values(), "SECdingtalk", "0123456789abcdef"] if secret in printed] == []


def test_a_webhook_in_clear_to_another_machine_is_stated(file_of: FileOf) -> None:
    told = WEBHOOK.replace("127.0.0.1", "platform.example.org") + f"secret = '{SECRET}'\nin_clear = true"
    file_of(f"[channels.x]\n{told}")
    file_of(f"[channels.x]\n{WEBHOOK}secret = '{SECRET}'")


def test_without_a_file_there_are_no_channels() -> None:
    assert build(read_channels(None, {})) == []


def test_everything_that_is_wrong_is_told_at_once_and_no_secret_with_it(file_of: FileOf) -> None:
    broken = FULL.replace("https://platform", "ftp://platform").replace('type = "folder"', 'type = "fax"')
    with pytest.raises(ChannelsRefused) as refused:
        file_of(broken, BEIAN_MAIL_PASSWORD="", BEIAN_DINGTALK="telegram://dingtalk-token", BEIAN_SMS_KEY="sms-key")
    assert refused.value.faults == {
        "channels.platform.secret": "环境变量 BEIAN_PLATFORM_SECRET 未设置",
        "channels.mail.password": "环境变量 BEIAN_MAIL_PASSWORD 未设置",
        "channels.platform.url": "须为 http 或 https 网址",
        "channels.dingtalk-shenyang.address": "机器人地址须以 dingtalk://、wecombot://、feishu://、lark:// 之一开头",
        "channels.files": "type 只能是：folder、webhook、mail、sms、robot",
    }
    assert str(refused.value).splitlines()[0] == "channels.platform.secret：环境变量 BEIAN_PLATFORM_SECRET 未设置"
    assert "dingtalk-token" not in str(refused.value)


SMS = """type = "sms"
url = "http://127.0.0.1:1/"
accepted = { path = "code", values = ["0"] }
"""
MAIL_SERVER = """type = "mail"
host = "mail.example.org"
sender = "beian@example.org"
"""
WEBHOOK = 'type = "webhook"\nurl = "http://127.0.0.1:1/"\n'


@pytest.mark.parametrize(
    ("written", "place", "fault"),
    [
        (
            "[channels.Platform]\ntype = 'folder'\nfolder = 'x'",
            "channels.Platform",
            "名称须为1至40个小写字母、数字或连字符",
        ),
        ("[channels.x]\nfolder = 'x'", "channels.x", "须写明 type"),
        ("[channels.x]\ntype = 'folder'", "channels.x.folder", "须填写"),
        ("[channels.x]\ntype = 'folder'\nfolder = 'x'\ncolour = 1", "channels.x.colour", "没有这一项"),
        ("[channels.x]\ntype = 'folder'\nfolder = 'x'\nto = 'leader'", "channels.x.to", "须为列表"),
        ("[channel.x]\ntype = 'folder'", "channel", "没有这一项"),
        (f"[channels.x]\n{WEBHOOK}secret = 'whsec_c2hvcnQ='", "channels.x.secret", "密钥不得短于24字节"),
        (f"[channels.x]\n{WEBHOOK}secret = '密钥'", "channels.x.secret", "密钥须为 base64，可以 whsec_ 开头"),
        (f"[channels.x]\n{WEBHOOK}secret = '{SECRET}'\ntimeout = 0", "channels.x.timeout", "须大于0.0"),
        (
            f"[channels.x]\n{WEBHOOK.replace('127.0.0.1', 'platform.example.org')}secret = '{SECRET}'",
            "channels.x",
            "发往其他机器须为 https 网址；确在可信的内网以 http 发送的，请写明 in_clear = true",
        ),
        (f"[channels.x]\n{MAIL_SERVER}security = 'ssl'", "channels.x.security", "只能是：starttls、tls、none"),
        (f"[channels.x]\n{MAIL_SERVER}security = 'none'", "channels.x", "不加密（security = none）只能用于本机"),
        (f"[channels.x]\n{MAIL_SERVER}username = 'x'", "channels.x", "username 与 password 须一并填写"),
        (f"[channels.x]\n{MAIL_SERVER}ca_file = 'no.pem'", "channels.x.ca_file", "没有这个文件"),
        (f"[channels.x]\n{MAIL_SERVER}port = 'x'", "channels.x.port", "须为整数"),
        (
            f"[channels.x]\n{SMS}fields = {{ a = '{{phone}}' }}",
            "channels.x",
            "fields 须含 {phone}，并含 {text} 或 {words}",
        ),
        (f"[channels.x]\n{SMS}fields = {{ a = '{{phone' }}", "channels.x.fields.a", "花括号不成对"),
        (
            f"[channels.x]\n{SMS}fields = {{ a = '{{phone.__class__}}' }}",
            "channels.x.fields.a",
            "花括号中只能是 id、phone、signature、text、words",
        ),
        (
            f"[channels.x]\n{SMS}fields = {{ a = '{{phone!r}}' }}",
            "channels.x.fields.a",
            "花括号中只能是 id、phone、signature、text、words",
        ),
        (
            f"[channels.x]\n{SMS}fields = {{ a = '{{phone:>99}}' }}",
            "channels.x.fields.a",
            "花括号中只能是 id、phone、signature、text、words",
        ),
        (
            f"[channels.x]\n{SMS}method = 'GET'\nfields = {{ a = '{{phone}}{{text}}' }}",
            "channels.x",
            "GET 只能以 query 方式传参",
        ),
        (f"[channels.x]\n{MAIL_SERVER}ca_file = '{__file__}'", "channels.x.ca_file", "须为 PEM 格式的证书"),
        (
            f"[channels.x]\n{SMS}fields = {{ a = '{{phone}}{{text}}' }}\nheaders = {{ x = \"key\\n\" }}",
            "channels.x.headers.x",
            "须为一行 ASCII 字符，首尾无空格",
        ),
        ("[offices.'210100']\nmail = ['nobody']", "offices.210100.mail.0", "格式不正确"),
        ("[offices.'210100']\nphone = ['024-12345678']", "offices.210100.phone.0", "格式不正确"),
        ("[offices.'210100']\ntelephone = '请致电王示例'", "offices.210100.telephone", "格式不正确"),
        ("[offices.'210100']\npostal_address = \"示例路1号\\n# 标题\"", "offices.210100.postal_address", "格式不正确"),
        ("[offices.'210100']\npostal_address = ''", "offices.210100.postal_address", "不得为空"),
    ],
)
def test_a_fault_is_told_in_chinese_with_its_place(file_of: FileOf, written: str, place: str, fault: str) -> None:
    with pytest.raises(ChannelsRefused) as refused:
        file_of(written)
    assert refused.value.faults == {place: fault}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"[channels.x]\nsecret = hunter2", "不是可读的 TOML 文件（UTF-8，第2行）"),
        ("# 渠道".encode("gbk"), "不是可读的 TOML 文件（UTF-8）"),
        (None, "无法读取（FileNotFoundError）"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes | None, fault: str) -> None:
    path = tmp_path / "channels.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ChannelsRefused) as refused:
        read_channels(path, {})
    assert str(refused.value) == f"{path}：{fault}"


def test_names_that_the_regulation_does_not_know_are_refused(file_of: FileOf) -> None:
    folder = "type = 'folder'\nfolder = 'x'\n"
    file = file_of(
        f"[channels.a]\n{folder}texts = ['returned', 'retruned']\n"
        f"[channels.b]\n{folder}to = ['leader', 'chief', 'mayor']\noffices = ['210100', '210000', '21SF00', '999999']\n"
        "[channels.c]\ntype = 'robot'\naddress = 'dingtalk://!!secret!!/'\n"
        "[offices.'999999']\n[offices.'210100/chief']\n[offices.'210100/city_iit']\n[offices.'210000']\n"
    )
    with pytest.raises(ChannelsRefused) as refused:
        build(file)
    assert refused.value.faults == {
        "channels.a.texts": "没有这样的事项：retruned",
        "channels.b.to": "没有这样的收件人：chief、mayor",
        "channels.b.offices": "没有这样的机构：999999",
        "channels.c.address": "机器人地址无法识别",
        "offices.999999": "没有这样的机构",
        "offices.210100/chief": "没有这样的机构",
    }


def test_each_type_of_channel_has_its_usual_addressees(file_of: FileOf) -> None:
    assert set(STAFF) == ADDRESSEES - {"leader", "public", "operator"}
    file = file_of(FULL.replace('offices = ["210100"]', ""), **ENVIRONMENT)
    offices = dict.fromkeys(ADDRESSEES, "210100") | {
        "public": "public",
        "province_st": "210000",
        "province_iit": "210000",
        "operator": "210000",
    }

    def carried(configured: Configured) -> set[str]:
        reached = {to: office_recipient(file, to, office) for to, office in offices.items()} | {"leader": LEADER}
        return {to for to in ADDRESSEES if configured.carries(letter(to=to), reached[to])}

    assert {configured.name: carried(configured) for configured in build(file)} == {
        "platform": set(ADDRESSEES),
        "mail": {"leader", "reviewer", "supervisor", "taking", "giving", "city_iit"},
        "sms": {"leader"},
        "dingtalk-shenyang": set(STAFF),
        "files": set(ADDRESSEES),
    }


def test_filters_say_which_letters_a_channel_carries(file_of: FileOf) -> None:
    folder = "[channels.x]\ntype = 'folder'\nfolder = 'x'\n"

    def carried(filters: str, **changes: str) -> bool:
        (configured,) = build(file_of(folder + filters))
        return configured.carries(letter(to="reviewer", office="210100", **changes), Recipient())

    assert carried("")
    assert carried("offices = ['210100', '210200']")
    assert not carried("offices = ['210200']")
    assert carried("to = ['reviewer']")
    assert not carried("to = ['leader']")
    assert carried("texts = ['returned']")
    assert not carried("texts = ['returned']", text="archived")
    assert not carried("offices = ['210100']\nto = ['reviewer']\ntexts = ['archived']")


def test_an_industry_office_is_not_reached_at_the_science_office_of_the_same_key(file_of: FileOf) -> None:
    file = file_of(FULL, **ENVIRONMENT)
    science, industry = Recipient(mail=(OTHER_MAIL,), phone=(OTHER_PHONE,)), Recipient(mail=("iit@example.org",))
    assert office_recipient(file, "reviewer", "210100") == science
    assert office_recipient(file, "supervisor", "210100") == science
    assert office_recipient(file, "city_iit", "210100") == industry
    assert office_recipient(file, "reviewer", "210200") == Recipient()
    without = file_of(FULL.partition('[offices."210100/')[0], **ENVIRONMENT)
    assert office_recipient(without, "city_iit", "210100") == Recipient()


def test_documents_print_what_the_address_book_makes_public(file_of: FileOf) -> None:
    science = (
        "mail = ['st@example.org']\ntelephone = '024-00000000转801、024-00000001'\npostal_address = '沈阳市示例路1号'"
    )
    file = file_of(f"[offices.'210100']\n{science}\n[offices.'210100/city_iit']\ntelephone = '024-11111111'")
    assert contacts(file)["210100"] == Contact("024-00000000转801、024-00000001", "沈阳市示例路1号")
    assert contacts(file).get("210200") is None
    assert office_recipient(file, "reviewer", "210100") == Recipient(mail=("st@example.org",)), (
        "nobody is written to there"
    )


# The folder


def test_the_folder_holds_one_file_a_letter(only: Made, tmp_path: Path) -> None:
    channel = only(f"type = 'folder'\nfolder = '{tmp_path / 'outbox'}'")
    for _ in range(2):
        assert channel.send(letter(), LEADER) == Carried("91210100MA0TEST00X", "SY-2027-001-12-1.txt")
    files = [path for path in (tmp_path / "outbox").rglob("*") if path.is_file()]
    assert files == [tmp_path / "outbox" / "91210100MA0TEST00X" / "SY-2027-001-12-1.txt"]
    assert files[0].read_text("utf-8") == (
        "编号：SY-2027-001-12-1\n收件：leader（91210100MA0TEST00X）\n时间：2027-03-15T09:30:00+08:00\n"
        "标题：补正通知（𠮷林）\n\n请于4月14日前重报。\n"
    )


# Documents and calendars for staff


@pytest.fixture
def register(sqlite: Databases) -> Iterator[Register]:
    """A register with a life of kind A that is over, and one of kind B that has begun in a zone of the same city."""
    opened = Register.at(sqlite.migrated())
    written(opened, lived("LIFE"))
    form = application(
        Kind.B, filing_id="BEE", received_at="2023-04-10T09:00:00+08:00", agreement_effective_on="2023-02-01"
    )
    began = simulate(form, [], datetime.fromisoformat(form["received_at"]))
    examined = intake.examine(form, datetime.fromisoformat(form["received_at"]))
    assert examined.form
    written(opened, Papered(began.docket, (("application", intake.paper(examined.form)),)))
    yield opened
    opened.engine.dispose()


def in_house(register: Register, var: Path, file: ChannelsFile) -> dict[str, Channel]:
    """What a worker has beside the configured channels."""
    return {each.name: each.channel for each in channels_of(Settings(var=var), file, register)}


def test_the_tray_lays_out_documents_with_the_office_s_own_contacts(
    register: Register, file_of: FileOf, tmp_path: Path
) -> None:
    file = file_of("[offices.'210100']\ntelephone = '024-00000000'\npostal_address = '沈阳市示例路1号'")
    tray = in_house(register, tmp_path / "var", file)["drafts"]
    accepted = letter(id="LIFE-4-1", filing_id="LIFE", text="accepted")
    for _ in range(2):
        assert tray.send(accepted, Recipient()) == Carried("210100", "0004-受理通知书.docx")
    (laid,) = [path for path in (tmp_path / "var").rglob("*") if path.is_file()]
    assert laid == tmp_path / "var" / "drafts" / "210100" / "LIFE" / "0004-受理通知书.docx"
    told = [paragraph.text for paragraph in docx.Document(str(laid)).paragraphs]
    assert {"联系电话：024-00000000", "通信地址：沈阳市示例路1号"} <= set(told)
    with pytest.raises(Undeliverable):
        tray.send(letter(id="NOBODY-1-1", filing_id="NOBODY"), Recipient())


def test_every_office_and_every_leader_has_a_calendar(register: Register, file_of: FileOf, tmp_path: Path) -> None:
    folder = in_house(register, tmp_path / "var", file_of(""))["calendars"]
    day = letter(id="calendars-2023-04-10", filing_id=None, text=CALENDARS)
    assert folder.reaches(day, Recipient())
    assert folder.send(day, Recipient()) == folder.send(day, Recipient())
    files = {path.relative_to(tmp_path / "var" / "calendars"): path for path in tmp_path.rglob("*.ics")}
    over, begun = register.row("LIFE"), register.row("BEE")
    assert over
    assert begun
    leaders = {Path("leaders") / f"{row.leader}.ics" for row in (over, begun)}
    assert files.keys() == leaders | {Path("offices") / f"{key}.ics" for key in offices.KEYS}
    assert {path.read_bytes() for path in files.values()} == set(calendars(register).values()), "nothing half written"

    busy = {path.stem for path in files.values() if Calendar.from_ical(path.read_bytes()).events}
    assert busy == {"210100", begun.zone, "210000", begun.leader}, "where nothing is due, a calendar is empty and stays"
    ours: Any = Calendar.from_ical(files[Path("offices") / f"{begun.zone}.ics"].read_bytes())
    assert ours["name"] == "沈阳高新技术产业开发区备案日程"
    starts = [str(event["dtstart"].dt) for event in ours.events]
    assert starts == sorted(starts)


def test_a_calendar_alone_is_the_one_in_the_folder(register: Register) -> None:
    everybody = calendars(register)
    for key in ("210000", "210100", "210500", "91210102MA10ABCD6H"):
        assert calendars(register, key) == {key: everybody[key]}
    assert calendars(register, "NOBODY") == {}


# The webhook


def hook(url: str, secret: str = SECRET, timeout: float = 5) -> str:
    """A webhook's settings."""
    return f"type = 'webhook'\nurl = '{url}'\nsecret = '{secret}'\ntimeout = {timeout}"


def test_a_webhook_arrives_signed_and_with_all_that_the_platform_needs(only: Made) -> None:
    with receiver() as platform:
        platform.answer = verifying(SECRET)
        carried = only(hook(platform.url)).send(letter(service=True), LEADER)
    assert carried == Carried(HOST, "200 platform-SY-2027-001-12-1")
    (request,) = platform.requests
    assert (request.method, request.path) == ("POST", "/hook")
    assert request.headers["webhook-id"] == "SY-2027-001-12-1"
    assert abs(int(request.headers["webhook-timestamp"]) - datetime.now(UTC).timestamp()) < 60
    assert request.json == {
        "type": "message.created",
        "timestamp": "2027-03-15T09:30:00+08:00",
        "data": {
            "id": "SY-2027-001-12-1",
            "filing_id": "SY-2027-001",
            "text": "returned",
            "to": "leader",
            "office": "91210100MA0TEST00X",
            "service": True,
            "title": "补正通知（𠮷林）",
            "body": "请于4月14日前重报。",
            "messages": ["SY-2027-001-12-1"],
        },
    }


def test_a_second_try_has_the_same_id_and_body_and_a_time_of_its_own(file_of: FileOf) -> None:
    now = datetime.now(timezone(timedelta(hours=8)))
    with receiver() as platform:
        platform.answer = verifying(SECRET)
        settings = file_of(f"[channels.x]\n{hook(platform.url)}").channels["x"]
        assert isinstance(settings, WebhookSettings)
        for at in (now, now + timedelta(seconds=90)):
            Webhook(settings, lambda at=at: at).send(letter(), LEADER)  # type: ignore[misc]
    first, second = platform.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 90


def test_a_platform_with_another_key_refuses_for_good(only: Made) -> None:
    with receiver() as platform:
        platform.answer = verifying(OTHER_SECRET)
        with pytest.raises(Undeliverable, match="平台拒收（HTTP 401）"):
            only(hook(platform.url)).send(letter(), LEADER)


@pytest.mark.parametrize("status", [400, 403, 404, 410, 413])
def test_a_platform_that_refuses_is_not_asked_again(only: Made, status: int) -> None:
    with receiver() as platform:
        platform.answer = Answer(status)
        with pytest.raises(Undeliverable):
            only(hook(platform.url)).send(letter(), LEADER)


@pytest.mark.parametrize("status", [302, 408, 409, 425, 429, 500, 502, 503])
def test_a_platform_that_cannot_now_is_asked_again(only: Made, status: int) -> None:
    with receiver() as platform, receiver() as elsewhere:
        platform.answer = Answer(status, headers={"location": elsewhere.url})
        with pytest.raises(ConnectionError, match=f"HTTP {status}"):
            only(hook(platform.url)).send(letter(), LEADER)
    assert elsewhere.requests == [], "no letter goes where a redirect points"


def test_a_platform_that_is_down_or_silent_is_asked_again_and_found_when_it_is_back(only: Made) -> None:
    port, silent = free_port(), Event()
    address = f"http://{HOST}:{port}/hook"
    channel, hurried = only(hook(address)), only(hook(address, timeout=0.2))
    with pytest.raises(ConnectionError, match="ConnectError"):
        channel.send(letter(), LEADER)

    def never(request: Received) -> Answer:
        silent.wait()
        return Answer()

    with receiver(port) as platform:
        platform.answer = never
        with pytest.raises(ConnectionError, match="TimeoutError"):
            hurried.send(letter(), LEADER)
        silent.set()
    with receiver(port) as platform:
        platform.answer = verifying(SECRET)
        assert channel.send(letter(), LEADER).receipt == "200 platform-SY-2027-001-12-1"


@pytest.mark.parametrize(
    ("answer", "receipt"),
    [
        (Answer(204), "204"),
        (Answer(200, b"<html>"), "200"),
        (saying({"id": None}), "200"),
        (saying({"id": 7}), "200 7"),
        (saying({"id": "x" * 500}), "200 " + "x" * 200),
        (saying({"id": "a\0b\ud800c\n\x1b[2J"}), "200 a b c  [2J"),
        (Answer(200, b'\xef\xbb\xbf{"id": "m"}', {"content-type": "application/json; charset=base64"}), "200 m"),
        (Answer(200, b"not gzip", {"content-encoding": "gzip"}), "200"),
        (saying([1]), "200"),
        (Answer(200, b"[" * 100_000), "200"),
    ],
)
def test_whatever_the_platform_says_of_it_is_the_receipt(only: Made, answer: Answer, receipt: str) -> None:
    with receiver() as platform:
        platform.answer = answer
        assert only(hook(platform.url)).send(letter(), LEADER).receipt == receipt


# Mail


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Who certifies the servers of these tests."""
    return trustme.CA()


def post(server: MailServer, security: str = "none", more: str = "") -> str:
    """A mail channel's settings."""
    return (
        f"type = 'mail'\nhost = '{HOST}'\nport = {server.port}\nsecurity = '{security}'\n"
        f"sender = 'beian@kjt.example.org'\ntimeout = 5\n{more}"
    )


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_arrives_encrypted(only: Made, authority: trustme.CA, tmp_path: Path, security: Encryption) -> None:
    trust = f"ca_file = '{trusted(authority, tmp_path)}'"
    with mail_server(security=security, certificate=authority.issue_cert(HOST)) as server:
        carried = only(post(server, security, trust)).send(letter(), LEADER)
    assert carried == Carried("z***@example.org", "250 2.0.0 Ok: queued as Q1")
    (delivered,) = server.received
    message = delivered.message
    assert (delivered.sender, delivered.recipients) == ("beian@kjt.example.org", (MAIL,))
    assert delivered.encrypted
    assert message["Subject"] == "补正通知（𠮷林）"
    assert message.get_content().strip() == "请于4月14日前重报。"
    assert message["Message-ID"] == "<SY-2027-001-12-1@kjt.example.org>"
    assert message["Date"] == "Mon, 15 Mar 2027 09:30:00 +0800"
    assert (message["Auto-Submitted"], message["X-Beian-Message"]) == ("auto-generated", "SY-2027-001-12-1")


def test_the_same_letter_twice_is_the_same_mail_byte_for_byte(only: Made) -> None:
    with mail_server() as server:
        channel = only(post(server))
        for _ in range(2):
            channel.send(letter(), LEADER)
    first, second = server.received
    assert first.raw == second.raw


def test_the_letters_of_a_batch_leave_by_one_connection_for_as_long_as_it_serves(only: Made) -> None:
    with mail_server() as server:
        channel = only(post(server))
        channel.send(letter(), LEADER)
        channel.send(letter(), LEADER)
        assert server.greeted == 2
        with for_a_batch(channel) as carrier:
            assert server.greeted == 2, "nobody is called before there is something to send"
            for _ in range(3):
                assert "queued" in carrier.send(letter(), LEADER).receipt
            assert server.greeted == 3
            server.at_data = "554 spam"
            with pytest.raises(Undeliverable):
                carrier.send(letter(), LEADER)
            server.at_data = ""
            carrier.send(letter(), LEADER)
            assert server.greeted == 4, "after anything went wrong, by a new one"
            server.patience = len(server.received)
            carrier.send(letter(), LEADER)
            assert server.greeted == 5, "and once the server has had enough"
    assert len(server.received) == 7


def test_a_connection_that_ends_before_the_next_letter_is_no_failure_of_it(only: Made) -> None:
    with mail_server() as server:
        channel = only(post(server))
        with for_a_batch(channel) as carrier:
            carrier.send(letter(), LEADER)
            server.ends_at_next = True
            carrier.send(letter(), LEADER)
        assert (server.greeted, len(server.received)) == (2, 2)
        server.ends_at_next = True
        with pytest.raises(ConnectionError, match="421"):
            channel.send(letter(), LEADER)
        assert server.greeted == 3, "a server that greets with it is busy"


@pytest.mark.parametrize("at", ["greeting", "text", "handshake"])
def test_a_mail_server_that_drips_is_left_in_time(only: Made, at: Literal["greeting", "text", "handshake"]) -> None:
    with dripping(at) as server:
        settings = post(MailServer(server.port), "tls" if at == "handshake" else "none").replace("= 5", "= 0.2")
        with pytest.raises(ConnectionError, match="邮件服务器连接失败"):
            only(settings).send(letter(), LEADER)
    assert server.was_left, "each piece of its answer came in time, the whole did not"


def test_an_id_of_the_greatest_length_and_a_title_of_several_lines_pass_through_the_headers(only: Made) -> None:
    longest, domain = "F" * 64 + "-12345-12", "mail.department-of-science-and-technology.example.org"
    with mail_server() as server:
        sender = post(server).replace("kjt.example.org", domain)
        only(sender).send(letter(id=longest, title="一\n二\r\nBcc: x@example.org"), LEADER)
    head = server.received[0].raw.decode().partition("\r\n\r\n")[0]
    assert f"<{longest}@{domain}>" in head
    assert bounced(bounce(head=head)) == Bounce(letter=longest, status="5.1.1", address="z***@example.org")
    assert server.received[0].message["Subject"] == "一 二 Bcc: x@example.org"
    assert server.received[0].recipients == (MAIL,)


def test_a_server_that_asks_for_a_password_is_given_it_encrypted(
    only: Made, authority: trustme.CA, tmp_path: Path
) -> None:
    more = f"ca_file = '{trusted(authority, tmp_path)}'\nusername = 'beian'\npassword = 'env:PASSWORD'"
    certificate = authority.issue_cert(HOST)
    with mail_server(security="starttls", certificate=certificate, accounts={"beian": "right"}) as server:
        only(post(server, "starttls", more), PASSWORD="right").send(letter(), LEADER)
        with pytest.raises(ConnectionError, match="邮件服务器不予受理（535）"):
            only(post(server, "starttls", more), PASSWORD="wrong").send(letter(), LEADER)
    assert len(server.received) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_with_a_wrong_certificate_gets_no_mail(
    only: Made, authority: trustme.CA, tmp_path: Path, security: Encryption
) -> None:
    trust = f"ca_file = '{trusted(authority, tmp_path)}'"
    for certificate in (trustme.CA().issue_cert(HOST), authority.issue_cert("other.example.org")):
        with mail_server(security=security, certificate=certificate) as server:
            with pytest.raises(ConnectionError, match="SSLCertVerificationError"):
                only(post(server, security, trust)).send(letter(), LEADER)
            assert server.received == []


def test_a_server_that_cannot_encrypt_gets_no_mail(only: Made) -> None:
    with mail_server() as server:
        with pytest.raises(ConnectionError, match="SMTPNotSupportedError"):
            only(post(server, "starttls")).send(letter(), LEADER)
        assert server.received == []


@pytest.mark.parametrize(
    ("refusals", "at_data", "error", "words"),
    [
        ({MAIL: "550 no such user zhang.san"}, "", Undeliverable, "邮件服务器拒收全部地址（550）"),
        ({MAIL: "451 come back"}, "", ConnectionError, "邮件服务器暂不接收（451）"),
        ({MAIL: "421 closing"}, "", ConnectionError, "邮件服务器暂不接收（421）"),
        ({}, "554 spam", Undeliverable, "邮件服务器拒收邮件（554）"),
        ({}, "452 no room", ConnectionError, "邮件服务器暂不接收（452）"),
    ],
)
def test_what_a_mail_server_refuses_for_good_is_undeliverable_and_the_rest_waits(
    only: Made, refusals: dict[str, str], at_data: str, error: type[Exception], words: str
) -> None:
    with mail_server() as server:
        server.refusals, server.at_data = refusals, at_data
        with pytest.raises(error) as raised:
            only(post(server)).send(letter(), LEADER)
    assert str(raised.value) == words
    assert type(raised.value) is error
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__, "what the server said names the recipient"


def test_one_address_that_takes_the_mail_is_enough_and_the_others_are_told(only: Made) -> None:
    both = Recipient(mail=(MAIL, OTHER_MAIL))
    with mail_server() as server:
        server.refusals = {MAIL: "550 no such user"}
        carried = only(post(server)).send(letter(), both)
        assert carried == Carried("o***@example.org", "未被接受：z***@example.org（550）；250 2.0.0 Ok: queued as Q1")
        assert server.received[0].recipients == (OTHER_MAIL,)
        server.refusals = {MAIL: "550 no such user", OTHER_MAIL: "450 busy"}
        with pytest.raises(ConnectionError, match="邮件服务器暂不接收（450、550）"):
            only(post(server)).send(letter(), both)
        server.refusals[OTHER_MAIL] = "552 mailbox full"
        with pytest.raises(Undeliverable):
            only(post(server)).send(letter(), both)


def test_a_mail_server_that_was_down_takes_the_mail_when_it_is_back(only: Made) -> None:
    gone = MailServer(free_port())
    channel = only(post(gone))
    with pytest.raises(ConnectionError, match="邮件服务器连接失败（ConnectionRefusedError）"):
        channel.send(letter(), LEADER)
    with mail_server(gone.port) as server:
        channel.send(letter(), LEADER)
    assert len(server.received) == 1


def test_mail_reaches_whoever_has_an_address_that_can_be_one(only: Made) -> None:
    with mail_server() as server:
        channel = only(post(server))
        assert not channel.reaches(letter(), Recipient(phone=(PHONE,)))
        assert not channel.reaches(letter(), Recipient(mail=("无", "张三@", "a@b\nBcc: c@d.cn", "张三@example.org")))
        assert channel.reaches(letter(), LEADER)
        channel.send(letter(), Recipient(mail=("无", f" {MAIL} ", MAIL)))
    assert server.received[0].recipients == (MAIL,)


# Bounces


def bounce(
    action: str = "failed",
    status: str = "5.1.1",
    returned: str = "message/rfc822",
    head: str = "X-Beian-Message: SY-2027-001-12-1",
) -> bytes:
    """A report of a mail system, as RFC 3464 has it."""
    return (
        "From: MAILER-DAEMON@example.org\r\nTo: beian@kjt.example.org\r\nSubject: =?utf-8?b?6YCA5L+h?=\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain; charset=gb18030\r\n\r\nundelivered\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example.org\r\nArrival-Date: Mon, 15 Mar 2027 09:30:00 +0800\r\n\r\n"
        f"Final-Recipient: rfc822; zhang.san@example.org\r\nAction: {action}\r\nStatus: {status}\r\n\r\n"
        f"--b\r\nContent-Type: {returned}\r\n\r\n"
        f"From: beian@kjt.example.org\r\n{head}\r\nContent-Type: text/plain\r\n\r\nbody\r\n--b--\r\n"
    ).encode()


@pytest.mark.parametrize("returned", ["message/rfc822", "text/rfc822-headers", "message/rfc822-headers"])
@pytest.mark.parametrize(
    "head", ["X-Beian-Message: SY-2027-001-12-1", "Message-ID: <SY-2027-001-12-1@kjt.example.org>"]
)
def test_a_bounce_names_the_letter_and_why(returned: str, head: str) -> None:
    assert bounced(bounce(returned=returned, head=head)) == Bounce(
        letter="SY-2027-001-12-1", status="5.1.1", address="z***@example.org"
    )


@pytest.mark.parametrize(
    "raw",
    [
        bounce(action="delayed", status="4.4.1"),
        bounce(action="delayed"),
        bounce(status="4.2.2"),
        bounce(action="delivered", status="2.0.0"),
        bounce(status="5"),
        bounce(head="Subject: hello"),
        bounce(head="X-Beian-Message: a b; rm"),
        bounce().replace(b"multipart/report", b"multipart/mixed"),
        bounce().replace(b"report-type=delivery-status", b"report-type=disposition-notification"),
        bounce()[:300],
        b"",
        b"\xff\x00",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=\r\n\r\n--\r\n",
        b"".join(b'Content-Type: multipart/report; report-type=delivery-status; boundary="%d"\n\n--%d\n' % (n, n) for n in range(3000)),
    ],
)  # fmt: skip
def test_what_is_no_lasting_failure_of_a_letter_is_no_bounce(raw: bytes) -> None:
    assert bounced(raw) is None


@given(st.binary(max_size=40), st.integers(0, 900), st.integers(0, 60))
def test_a_garbled_bounce_is_read_or_not_but_never_crashes(garbage: bytes, at: int, lost: int) -> None:
    raw = bounce()
    found = bounced(raw[:at] + garbage + raw[at + lost :])
    assert found is None or found.status.startswith("5.")


def test_our_own_mail_returned_by_a_mail_system_is_recognised(only: Made) -> None:
    with mail_server() as server:
        only(post(server)).send(letter(), LEADER)
    head = server.received[0].raw.partition(b"\r\n\r\n")[0].decode()
    assert bounced(bounce(head=head)) == Bounce(letter="SY-2027-001-12-1", status="5.1.1", address="z***@example.org")


# Text messages

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=700)


def units(text: str) -> int:
    """How long the networks think a text is."""
    return len(text.encode("utf-16-be")) // 2


@given(TEXT, st.text("辽宁科技𠮷", min_size=1, max_size=8))
def test_parts_are_signed_short_enough_numbered_and_lose_nothing(text: str, signature: str) -> None:
    sent, head = parts(text, signature), f"【{signature}】"
    assert all(part.startswith(head) and units(part) <= 70 for part in sent)
    if len(sent) == 1:
        assert sent == [head + text]
        return
    numbered = [re.fullmatch(r"（(\d+)/(\d+)）(.+)", part.removeprefix(head), re.DOTALL) for part in sent]
    assert all(numbered)
    found = [each.groups() for each in numbered if each]
    assert [(int(number), int(of)) for number, of, _ in found] == [(n, len(sent)) for n in range(1, len(sent) + 1)]
    assert "".join(words for _, _, words in found) == text
    assert units(head + text) > 70
    assert all(units(part) >= 68 for part in sent[:-1]), "no part but the last has room left"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["【辽宁科技】"]),
        ("字" * 64, ["【辽宁科技】" + "字" * 64]),
        ("字" * 65, ["【辽宁科技】（1/2）" + "字" * 59, "【辽宁科技】（2/2）" + "字" * 6]),
        ("𠮷" * 32, ["【辽宁科技】" + "𠮷" * 32]),
        ("字" + "𠮷" * 32, ["【辽宁科技】（1/2）字" + "𠮷" * 29, "【辽宁科技】（2/2）" + "𠮷" * 3]),
    ],
)
def test_seventy_characters_are_one_part_and_a_rare_one_counts_twice(text: str, expected: list[str]) -> None:
    assert parts(text, "辽宁科技") == expected


def test_ten_parts_and_more_are_still_short_enough() -> None:
    sent = parts("字" * 1000, "辽宁科技")
    assert len(sent) == 18
    assert sent[9].startswith("【辽宁科技】（10/18）字")
    assert max(map(units, sent)) == 70


def gateway(server: Receiver, more: str = "") -> str:
    """A text gateway's settings."""
    return (
        f"type = 'sms'\nurl = '{server.url}?version=2'\n"
        "fields = { mobile = '{phone}', content = '{text}', uid = '{id}', key = 'env:KEY' }\n"
        "accepted = { path = 'code', values = ['0', 'OK'] }\n"
        "rejected = { path = 'data.0.reason', values = ['12', 'BLACKLIST'] }\n"
        f"receipt = 'data.0.msgid'\n{more}"
    )


TAKEN = saying({"code": 0, "data": [{"msgid": "M-1"}]})
REFUSED = saying({"code": 9, "data": [{"reason": "BLACKLIST"}]})


@pytest.mark.parametrize("encoding", ["json", "form", "query"])
def test_a_text_goes_out_as_the_gateway_wants_it(only: Made, encoding: str) -> None:
    with receiver() as server:
        server.answer = TAKEN
        channel = only(gateway(server, f"encoding = '{encoding}'\nheaders = {{ x-key = 'env:KEY' }}"), KEY="k&y=1")
        assert channel.send(letter(), LEADER) == Carried("139****5678", "M-1")
    (request,) = server.requests
    fields = {
        "mobile": PHONE,
        "content": "【辽宁科技】请于4月14日前重报。",
        "uid": "SY-2027-001-12-1",
        "key": "k&y=1",
    }
    told = request.json if encoding == "json" else request.form if encoding == "form" else request.query
    assert told == (fields | {"version": "2"} if encoding == "query" else fields)
    assert request.query["version"] == "2"
    assert (request.method, request.headers["x-key"]) == ("POST", "k&y=1")


def test_a_gateway_that_signs_by_itself_is_given_the_words_alone(only: Made) -> None:
    with receiver() as server:
        server.answer = TAKEN
        settings = gateway(server, "method = 'GET'\nencoding = 'query'\nsignature = '沈阳科技'").replace(
            "content = '{text}'", "content = '{words}', sign = '{signature}'"
        )
        only(settings, KEY="k").send(letter(), LEADER)
    (request,) = server.requests
    assert (request.method, request.query["sign"]) == ("GET", "沈阳科技")
    assert request.query["content"] == "请于4月14日前重报。"


def test_each_part_to_each_phone_has_an_id_of_its_own_and_keeps_it(only: Made) -> None:
    with receiver() as server:
        server.answer = lambda request: saying({"code": "OK", "data": [{"msgid": request.json["uid"][-2:]}]})
        channel, long = only(gateway(server), KEY="k"), letter(body="字" * 100)
        both = Recipient(phone=("+86 139-1234-5678", OTHER_PHONE, PHONE, "024-12345678"))
        for _ in range(2):
            assert channel.send(long, both) == Carried("139****5678、138****4321", "-1，-2，-3，-4")
    sent = [(request.json["uid"], request.json["mobile"]) for request in server.requests]
    assert sent[:4] == [
        ("SY-2027-001-12-1-1", PHONE),
        ("SY-2027-001-12-1-2", PHONE),
        ("SY-2027-001-12-1-3", OTHER_PHONE),
        ("SY-2027-001-12-1-4", OTHER_PHONE),
    ]
    assert sent[4:] == sent[:4]


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (REFUSED, Undeliverable, "短信网关拒收（BLACKLIST）"),
        (saying({"code": 9, "data": [{"reason": 12}]}), Undeliverable, "短信网关拒收（12）"),
        (saying({"code": 9, "data": []}), Undeliverable, UNREADABLE),
        (saying({"code": True}), Undeliverable, UNREADABLE),
        (saying({"code": {"0": 0}}), Undeliverable, UNREADABLE),
        (saying(["0"]), Undeliverable, UNREADABLE),
        (saying("0"), Undeliverable, UNREADABLE),
        (Answer(200, b"0"), Undeliverable, UNREADABLE),
        (Answer(200, b"<html>OK"), Undeliverable, UNREADABLE),
        (Answer(204), Undeliverable, UNREADABLE),
        (Answer(403), Undeliverable, "短信网关拒绝请求（HTTP 403）"),
        (Answer(408), ConnectionError, "短信网关暂不可用（HTTP 408）"),
        (Answer(429), ConnectionError, "短信网关暂不可用（HTTP 429）"),
        (Answer(302, headers={"location": "/"}), ConnectionError, "短信网关暂不可用（HTTP 302）"),
        (Answer(500, TAKEN.body), ConnectionError, "短信网关暂不可用（HTTP 500）"),
    ],
)
def test_only_what_cannot_have_been_sent_is_sent_again(
    only: Made, answer: Answer, error: type[Exception], words: str
) -> None:
    with receiver() as server:
        server.answer = answer
        with pytest.raises(error) as raised:
            only(gateway(server), KEY="k").send(letter(), LEADER)
    assert str(raised.value) == words
    assert type(raised.value) is error


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, TAKEN.body, pause=0.1),
        Answer(200, TAKEN.body[:-9], missing=9),
        Answer(200, b" " * 1_000_000 + TAKEN.body),
        Answer(200, TAKEN.body, {"content-encoding": "gzip"}),
    ],
    ids=["slow", "cut off", "endless", "garbled"],
)
def test_a_gateway_that_has_spoken_is_not_asked_again_whatever_it_goes_on_to_say(only: Made, answer: Answer) -> None:
    with receiver() as server:
        server.answer = answer
        with pytest.raises(Undeliverable, match=UNREADABLE):
            only(gateway(server, "timeout = 0.5"), KEY="k").send(letter(), LEADER)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
@pytest.mark.parametrize("called", ["text/plain", "text/html; charset=gb2312", "text/plain; charset=base64"])
def test_an_answer_is_read_whatever_it_says_of_its_encoding(only: Made, encoding: str, called: str) -> None:
    r"""In GBK, one byte of 誠 is a backslash."""
    with receiver() as server:
        server.answer = Answer(
            200, '{"code": "0", "message": "提交成功，誠"}'.encode(encoding), {"content-type": called}
        )
        assert only(gateway(server), KEY="k").send(letter(), LEADER) == Carried("139****5678", "")


def test_a_receipt_names_nobody_though_the_other_side_does(only: Made) -> None:
    with receiver() as server, mail_server() as mails:
        server.answer = saying({"code": 0, "data": [{"msgid": f"{PHONE}-7\n{'x' * 300}"}]})
        carried = only(gateway(server), KEY="k").send(letter(), LEADER)
        assert carried == Carried("139****5678", f"139****5678-7 {'x' * 186}")
        mails.at_data = f"250 queued for {MAIL.title()}"
        assert only(post(mails)).send(letter(), LEADER).receipt == "250 queued for z***@example.org"


def test_a_gateway_that_is_down_is_asked_again(only: Made) -> None:
    channel = only(gateway(Receiver(free_port())), KEY="k")
    with pytest.raises(ConnectionError, match="ConnectError"):
        channel.send(letter(), LEADER)


@pytest.mark.parametrize("other", [REFUSED, Answer(500), Answer(200, b"?")])
def test_one_phone_that_has_got_the_text_is_enough(only: Made, other: Answer) -> None:
    for phones in ((PHONE, OTHER_PHONE), (OTHER_PHONE, PHONE)):
        with receiver() as server:
            server.answer = lambda request: TAKEN if request.json["mobile"] == PHONE else other
            carried = only(gateway(server), KEY="k").send(letter(), Recipient(phone=phones))
        assert carried.address == "139****5678"
        assert carried.receipt.startswith("M-1，138****4321：短信网关")


def test_if_no_phone_got_it_it_is_tried_again_as_long_as_one_may(only: Made) -> None:
    both = Recipient(phone=(PHONE, OTHER_PHONE))
    with receiver() as server:
        server.answer = lambda request: REFUSED if request.json["mobile"] == PHONE else Answer(500)
        with pytest.raises(ConnectionError):
            only(gateway(server), KEY="k").send(letter(), both)
        server.answer = lambda request: REFUSED if request.json["mobile"] == PHONE else Answer(200)
        with pytest.raises(Undeliverable) as raised:
            only(gateway(server), KEY="k").send(letter(), both)
    assert str(raised.value) == f"短信网关拒收（BLACKLIST）；{UNREADABLE}"


def test_texts_reach_mobile_phones_only(only: Made) -> None:
    channel = only(gateway(Receiver(free_port())), KEY="k")
    assert not channel.reaches(letter(), Recipient(phone=("024-12345678", "12345"), mail=(MAIL,)))
    assert channel.reaches(letter(), LEADER)


# Robots

ADDRESSES = {
    "dingtalk": "dingtalk://SECdingtalk@0123456789abcdef/",
    "wecombot": "wecombot://693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa/",
    "feishu": "feishu://0123-feishu-token/",
    "lark": "lark://0123-lark-token/",
}


@pytest.fixture
def chats(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """The platforms of the robots, met through a proxy; each takes what is formed as it wants it."""
    with platforms(authority) as running:
        running.answer = formed
        monkeypatch.setenv("HTTPS_PROXY", running.url.removesuffix("/hook"))
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted(authority, tmp_path)))
        monkeypatch.delenv("NO_PROXY", raising=False)
        yield running


def formed(request: Received) -> Answer:
    """What each platform answers, always with HTTP 200 and in its own words."""
    match request.headers["host"], request.path:
        case "oapi.dingtalk.com", "/robot/send":
            signed = f"{request.query['timestamp']}\nSECdingtalk".encode()
            signature = hmac.new(b"SECdingtalk", signed, hashlib.sha256).digest()
            if base64.b64encode(signature).decode() != request.query["sign"]:
                return saying({"errcode": 310000, "errmsg": "sign not match"})
            known = request.query["access_token"] == "0123456789abcdef" and request.json["msgtype"] == "text"
            return saying({"errcode": 0, "errmsg": "ok"} if known else {"errcode": 300001, "errmsg": "token"})
        case "qyapi.weixin.qq.com", "/cgi-bin/webhook/send":
            if len(request.json["text"]["content"].encode()) > 2048:
                return saying({"errcode": 40058, "errmsg": "text.content exceed max length"})
            return saying({"errcode": 0 if request.query["key"].startswith("693a") else 93000, "errmsg": "ok"})
        case "open.feishu.cn", "/open-apis/bot/v2/hook/0123-feishu-token":
            return saying({"StatusCode": 0, "StatusMessage": "success"})
        case "open.larksuite.com", "/open-apis/bot/v2/hook/0123-lark-token":
            return saying({"code": 0, "msg": "success", "data": {}})
    return Answer(404)


def said(request: Received) -> str:
    """The text that a chat shows."""
    told = request.json
    return str(told["text"]["content"] if "text" in told else told["content"]["text"])


@pytest.mark.parametrize("platform", ADDRESSES)
def test_a_robot_says_title_body_and_number(only: Made, chats: Receiver, platform: str) -> None:
    carried = only("type = 'robot'\naddress = 'env:ROBOT'", ROBOT=ADDRESSES[platform]).send(letter(), Recipient())
    assert carried.address == platform
    assert carried.receipt.startswith("0")
    assert [said(request) for request in chats.requests] == [
        "补正通知（𠮷林）\n请于4月14日前重报。\n〔编号 SY-2027-001-12-1〕"
    ]


@pytest.mark.parametrize("platform", ADDRESSES)
def test_a_long_text_is_cut_for_the_chat_and_keeps_its_number(only: Made, chats: Receiver, platform: str) -> None:
    channel = only("type = 'robot'\naddress = 'env:ROBOT'", ROBOT=ADDRESSES[platform])
    channel.send(letter(body="𠮷字" * 5000), Recipient())
    shown = said(chats.requests[0])
    assert shown.endswith("……（全文见平台收件箱）\n〔编号 SY-2027-001-12-1〕")
    assert len(shown.encode()) <= (2048 if platform == "wecombot" else 15000)
    assert "\ufffd" not in shown


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (saying({"errcode": 310000, "errmsg": "keywords not in content"}), Undeliverable),
        (saying({"errcode": 93000, "errmsg": "invalid webhook url"}), Undeliverable),
        (saying({"code": 19024, "msg": "Key Words Not Found"}), Undeliverable),
        (saying({"code": 10001, "msg": "bad"}, 400), Undeliverable),
        (saying({"errcode": 130101, "errmsg": "send too fast"}), ConnectionError),
        (saying({"errcode": 45009, "errmsg": "api freq out of limit"}), ConnectionError),
        (saying({"code": 9499, "msg": "too many request"}, 400), ConnectionError),
        (saying({"errcode": -1, "errmsg": "system busy"}), ConnectionError),
        (Answer(200, b"<html>login"), ConnectionError),
        (Answer(502), ConnectionError),
        (Answer(302, headers={"location": "https://oapi.dingtalk.com/"}), ConnectionError),
    ],
)
def test_a_refusal_with_http_200_is_no_delivery(
    only: Made, chats: Receiver, answer: Answer, error: type[Exception]
) -> None:
    chats.answer = answer
    with pytest.raises(error) as raised:
        only("type = 'robot'\naddress = 'env:ROBOT'", ROBOT=ADDRESSES["dingtalk"]).send(letter(), Recipient())
    assert type(raised.value) is error
    assert len(chats.requests) == 1


def test_a_signature_with_another_secret_is_refused(only: Made, chats: Receiver) -> None:
    with pytest.raises(Undeliverable, match="群机器人拒收（代码 310000）"):
        only("type = 'robot'\naddress = 'dingtalk://SECwrong@0123456789abcdef/'").send(letter(), Recipient())


def test_a_platform_with_a_wrong_certificate_is_told_nothing(
    only: Made, chats: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted(trustme.CA(), tmp_path / "other")))
    with pytest.raises(ConnectionError):
        only("type = 'robot'\naddress = 'env:ROBOT'", ROBOT=ADDRESSES["feishu"]).send(letter(), Recipient())
    assert chats.requests == []


def test_authorities_are_read_once_and_again_when_their_file_has_changed(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = trusted(authority, tmp_path)
    read = [authorities.of_mail(file) for _ in range(2)]
    assert read[0] is read[1], "reading them takes longer than a letter"
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    of_the_web = authorities.of_the_web()
    assert authorities.of_the_web() is of_the_web
    trusted(trustme.CA(), tmp_path)
    os.utime(file, (0, 0))
    assert authorities.of_the_web() is not of_the_web
    assert authorities.of_mail(file) is not read[0]


# What nobody may read in a log


def test_no_log_has_a_phone_an_address_a_text_or_a_key(only: Made, chats: Receiver, logged: Callable[[], str]) -> None:
    bad = letter(title="标题机密", body="正文机密")
    both = Recipient(mail=(MAIL,), phone=(PHONE, OTHER_PHONE))
    with receiver() as server, mail_server() as mails:
        server.answer = lambda request: TAKEN if PHONE in request.query.values() else REFUSED
        only(gateway(server, "encoding = 'query'"), KEY="gateway-key").send(bad, both)
        server.answer = Answer(200)
        with pytest.raises(Undeliverable):
            only(gateway(server, "encoding = 'query'"), KEY="gateway-key").send(bad, both)
        server.answer = Answer(401)
        with pytest.raises(Undeliverable) as refused:
            only(hook(f"{server.url}?token=hook-token")).send(bad, both)
        mails.refusals = {MAIL: f"550 {MAIL} unknown"}
        with pytest.raises(Undeliverable):
            only(post(mails)).send(bad, both)
    for address in ADDRESSES.values():
        only("type = 'robot'\naddress = 'env:ROBOT'", ROBOT=address).send(bad, both)
    with pytest.raises(ChannelsRefused):
        only("type = 'robot'\naddress = 'dingtalk://!!robot-key!!/'")
    written = logged() + str(refused.value)
    assert "sms.sent" in written
    assert "sms.not_sent" in written
    assert masked(PHONE) in written
    secrets = [
        PHONE,
        OTHER_PHONE,
        "机密",
        "gateway-key",
        "hook-token",
        "robot-key",
        "SECdingtalk",
        "693a91f6",
        "token/",
    ]
    assert [secret for secret in secrets if secret in written] == []
