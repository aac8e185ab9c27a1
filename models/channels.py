"""The channels of a deployment (渠道), as its TOML file has them: read once at the door, frozen, refused when wrong.

Any text in the file may stand in the environment instead: `"env:NAME"`. What opens a door is a `SecretStr` from here on and
is never printed, not even by a refusal. Which events and offices there are is not known here: configured.py checks that.
"""

import base64
import re
import ssl
import tomllib
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, FilePath, SecretStr, ValidationError, model_validator

from models.faults import in_chinese
from models.values import Value

ENVIRONMENT = "env:"
SMS_WORDS = frozenset({"phone", "text", "words", "id", "signature"})
ROBOTS = ("dingtalk", "wecombot", "feishu", "lark")
STAFF = ("reviewer", "supervisor", "city_iit", "province_st", "province_iit", "taking", "giving")
"""Addressees who sit in an office: everybody but the leader and the public."""


class ChannelsRefused(Exception):
    """渠道配置有误: everything that is wrong, each with its place in the file."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("\n".join(f"{place}：{fault}" for place, fault in faults.items()))
        self.faults = dict(faults)


# Texts with a shape


def _http(url: SecretStr) -> SecretStr:
    try:
        parts = urlsplit(url.get_secret_value())
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound or re.search(r"\s", url.get_secret_value()):
        raise ValueError("须为 http 或 https 网址")
    return url


def _signing_key(secret: SecretStr) -> SecretStr:
    try:
        key = base64.b64decode(secret.get_secret_value().removeprefix("whsec_") + "==")
    except ValueError as error:
        raise ValueError("密钥须为 base64，可以 whsec_ 开头") from error
    if len(key) < 24:
        raise ValueError("密钥不得短于24字节")
    return secret


def _template(written: SecretStr) -> SecretStr:
    try:
        named = list(Formatter().parse(written.get_secret_value()))
    except ValueError as error:
        raise ValueError("花括号不成对") from error
    if any(name is not None and (name not in SMS_WORDS or form or turn) for _, name, form, turn in named):
        raise ValueError(f"花括号中只能是 {'、'.join(sorted(SMS_WORDS))}")
    return written


def _header(written: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[!-~]([ -~]*[!-~])?", written.get_secret_value()):
        raise ValueError("须为一行 ASCII 字符，首尾无空格")
    return written


def _certificates(path: Path) -> Path:
    try:
        ssl.create_default_context(cafile=path)
    except OSError:
        raise ValueError("须为 PEM 格式的证书") from None
    return path


def _robot(address: SecretStr) -> SecretStr:
    scheme, _, rest = address.get_secret_value().partition("://")
    if scheme not in ROBOTS or not rest:
        raise ValueError(f"机器人地址须以 {'、'.join(f'{each}://' for each in ROBOTS)} 之一开头")
    return address


Url = Annotated[SecretStr, AfterValidator(_http)]
"""A web address; some carry a key, so none is printed."""

Template = Annotated[SecretStr, AfterValidator(_template)]
"""A field of a gateway's request, with words in braces; an account or a password has none."""

MailAddress = Annotated[str, Field(pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$")]
MobilePhone = Annotated[str, Field(pattern=r"^1[3-9][0-9]{9}$")]
Telephone = Annotated[str, Field(max_length=60, pattern=r"^[0-9+()（）转、，, -]{5,}$")]
PostalAddress = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f\u2028\u2029]*$")]
OfficialName = Annotated[str, Field(max_length=60, pattern=r"^[^\x00-\x1f\x7f{}]*$")]
ChannelName = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
Seconds = Annotated[float, Field(gt=0, le=300)]


# One model a type of channel


class Filters(Value):
    """Which letters a channel carries: of these offices, to these addressees, on these events; absent: all."""

    offices: tuple[str, ...] | None = None
    to: tuple[str, ...] | None = None
    texts: tuple[str, ...] | None = None


class FolderSettings(Filters):
    """Files below a folder."""

    type: Literal["folder"]
    folder: Path


class WebhookSettings(Filters):
    """A platform's endpoint in the format Standard Webhooks; `secret` is the key that both sides share."""

    type: Literal["webhook"]
    url: Url
    secret: Annotated[SecretStr, AfterValidator(_signing_key)]
    timeout: Seconds = 10
    in_clear: bool = Field(False, description="http to another machine is meant: the way there is trusted")

    @model_validator(mode="after")
    def _hidden_on_its_way(self) -> Self:
        parts = urlsplit(self.url.get_secret_value())
        if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "::1", "localhost") and not self.in_clear:
            raise ValueError("发往其他机器须为 https 网址；确在可信的内网以 http 发送的，请写明 in_clear = true")
        return self


class MailSettings(Filters):
    """A mail server. Who has a mail address is written to: leaders, and the offices of the address book."""

    type: Literal["mail"]
    host: str = Field(min_length=1)
    port: int = Field(0, ge=0, le=65535, description="0: the usual one of `security`")
    security: Literal["starttls", "tls", "none"] = "starttls"
    ca_file: Annotated[FilePath, AfterValidator(_certificates)] | None = None
    username: str | None = None
    password: SecretStr | None = None
    sender: MailAddress
    timeout: Seconds = 30

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("username 与 password 须一并填写")
        if self.security == "none" and not _is_loopback(self.host):
            raise ValueError("不加密（security = none）只能用于本机")
        return self

    @property
    def usual_port(self) -> int:
        return self.port or {"starttls": 587, "tls": 465, "none": 25}[self.security]


class Told(Value):
    """Where in a gateway's JSON answer it says something (`data.0.code`), and the values that mean it."""

    path: str = Field(min_length=1)
    values: tuple[str, ...] = Field(min_length=1)


class SmsSettings(Filters):
    """A gateway of text messages, as different as they are: what to send it, and how to read its answer.

    In `fields`, `{text}` begins with the signature; a gateway that puts the signature before the text itself is given
    `{words}`, which does not.
    """

    type: Literal["sms"]
    to: tuple[str, ...] | None = ("leader",)
    url: Url
    method: Literal["POST", "GET"] = "POST"
    encoding: Literal["json", "form", "query"] = "json"
    headers: Mapping[str, Annotated[SecretStr, AfterValidator(_header)]] = {}
    fields: Mapping[str, Template]
    signature: str = Field("辽宁科技", min_length=1, max_length=20, pattern=r"^[^【】]+$")
    accepted: Told
    rejected: Told | None = None
    receipt: str | None = None
    timeout: Seconds = 10

    @model_validator(mode="after")
    def _can_be_sent(self) -> Self:
        named = {
            name
            for template in self.fields.values()
            for _, name, _, _ in Formatter().parse(template.get_secret_value())
        }
        if "phone" not in named or not named & {"text", "words"}:
            raise ValueError("fields 须含 {phone}，并含 {text} 或 {words}")
        if self.method == "GET" and self.encoding != "query":
            raise ValueError("GET 只能以 query 方式传参")
        return self


class RobotSettings(Filters):
    """A robot in a group chat of office staff: DingTalk, WeCom or Feishu (Lark), by the address that apprise gives it."""

    type: Literal["robot"]
    to: tuple[str, ...] | None = STAFF
    address: Annotated[SecretStr, AfterValidator(_robot)]
    timeout: Seconds = 10


ChannelSettings = Annotated[
    FolderSettings | WebhookSettings | MailSettings | SmsSettings | RobotSettings, Field(discriminator="type")
]


class OfficeAddresses(Value):
    """How an office is reached (机构通讯录). A leader's addresses come from its papers, never from here.

    Messages go to `mail` and `phone`; documents and what is served print `telephone` and `postal_address`, which are public
    (B-06, B-26), and with a decision `review_body` and `court` (G-19).
    """

    mail: tuple[MailAddress, ...] = ()
    phone: tuple[MobilePhone, ...] = ()
    telephone: Telephone = ""
    postal_address: PostalAddress = ""
    review_body: OfficialName = ""
    court: OfficialName = ""


class ChannelsFile(Value):
    """The whole file: channels by name, and the address book by office.

    An office's key stands for its science and technology office. The industry office (工信局) of a city or the province is
    another house of the same key, so it has an entry of its own: `"210100/city_iit"`, `"210000/province_iit"`.
    """

    channels: Mapping[ChannelName, ChannelSettings] = {}
    offices: Mapping[str, OfficeAddresses] = {}


# Reading


def read_channels(path: Path | None, environment: Mapping[str, str]) -> ChannelsFile:
    """The channels of a deployment; without a file, none. Raises `ChannelsRefused` with all that is wrong."""
    if path is None:
        return ChannelsFile()
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ChannelsRefused({str(path): f"无法读取（{type(error).__name__}）"}) from None
    except ValueError as error:  # neither TOML nor UTF-8; the parser may quote the file, so only its line is repeated
        line = re.search(r"at line (\d+)", str(error))
        where = f"，第{line[1]}行" if line else ""
        raise ChannelsRefused({str(path): f"不是可读的 TOML 文件（UTF-8{where}）"}) from None
    faults: dict[str, str] = {}
    told = _from_environment(raw, environment, faults, ())
    try:
        file = ChannelsFile.model_validate(told)
    except ValidationError as error:
        for each in error.errors(include_input=False):
            faults.setdefault(_place(each["loc"]), _in_chinese(each))
    if faults:
        raise ChannelsRefused(faults)
    return file


def _from_environment(
    raw: Any, environment: Mapping[str, str], faults: dict[str, str], at: tuple[str | int, ...]
) -> Any:
    """The document with every `env:NAME` told. A name that is not set, or empty, is a fault."""
    if isinstance(raw, dict):
        return {key: _from_environment(value, environment, faults, (*at, key)) for key, value in raw.items()}
    if isinstance(raw, list):
        return [_from_environment(value, environment, faults, (*at, index)) for index, value in enumerate(raw)]
    if isinstance(raw, str) and raw.startswith(ENVIRONMENT):
        name = raw.removeprefix(ENVIRONMENT)
        if not environment.get(name):
            faults[".".join(map(str, at))] = f"环境变量 {name} 未设置"
        return environment.get(name, "")
    return raw


def _place(location: tuple[int | str, ...]) -> str:
    """A place in the file. Pydantic names the type of a channel as a step of its own; the file has none."""
    steps = [*location[:2], *location[3:]] if location[0] == "channels" else list(location)
    return ".".join(str(step) for step in steps if step != "[key]") or "文件"


SECTION = "须为一节"
IN_A_FILE = {
    "mapping": SECTION,
    "model": SECTION,
    "dict": SECTION,
    "int": "须为整数",
    "string_pattern_mismatch": "格式不正确",
}
"""What is wrong in a file of sections."""


def _in_chinese(error: Mapping[str, Any]) -> str:
    """One fault, said in Chinese and without the value, which may be a secret."""
    return "名称须为1至40个小写字母、数字或连字符" if error["loc"][-1] == "[key]" else in_chinese(error, IN_A_FILE)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
