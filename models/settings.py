"""Settings, read once at the door, frozen; a wrong one refuses to start. Everything of ours begins with BEIAN_.

The connection to Temporal is not here: it comes from Temporal's own environment configuration (TEMPORAL_ADDRESS, …).
"""

import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from models.faults import in_chinese

SHORTEST_SECRET = 32
"""Characters of the shortest secret."""

DATABASES = ("sqlite", "postgresql+psycopg")
"""What a database's address may begin with."""

SECRETS = Path("/run/secrets")
"""Where containers find what is secret: a file is called like its variable, in small letters, and stands for it."""

IN_THE_ENVIRONMENT = {
    "int": "须为整数",
    "bool": "须为 true 或 false",
    "string_pattern_mismatch": "须符合 {pattern}",
}
"""What is wrong with a value in words for whoever sets it."""


class SettingsRefused(Exception):
    """本部署的设置有误: every variable that cannot be, and why; never what it was set to, which may be a secret."""


class Settings(BaseSettings):
    """What a deployment decides."""

    model_config = SettingsConfigDict(env_prefix="BEIAN_", frozen=True, extra="forbid", hide_input_in_errors=True)

    var: Path = Field(Path("var"), description="folder for everything the embedded service writes")
    database_url: str | None = Field(None, description="the register; absent: SQLite below `var`")
    editions: Path | None = Field(
        None,
        description="folder with terms/*.json, calendars/*.json, offices/*.json, promises/*.json and others of this deployment",
    )
    channels: Path | None = Field(
        None, description="channels.toml: the channels and the offices' addresses; absent: files below `var`"
    )
    texts: Path | None = Field(None, description="folder with texts of this deployment in place of shipped ones")
    site_address: str = Field(
        "", pattern=r"^(?:https?://\S+)?$", description="public address of the announcements, for feeds"
    )
    drafts: bool = Field(True, description="documents for staff as entries come, below `var`; else only when asked for")
    task_queue: str = Field("filings", description="Temporal task queue")
    build: str = Field(
        "",
        pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]{0,99})?$",
        description="build of the worker (a release may have several): its filings stay with it until `starter.py rotate`; absent: "
        "whatever works takes everything",
    )
    activity_threads: int = Field(8, ge=1, le=64, description="threads that write the register")
    cached_workflows: int = Field(2000, ge=20, description="filings kept in memory between their entries; at least 20")
    following_interval: float = Field(
        3600.0,
        ge=1,
        description="seconds between passes of the sentinel, which finds what engine and register differ on",
    )
    delivery_interval: float = Field(10.0, gt=0, description="seconds between looks for undelivered letters")
    delivery_threads: int = Field(8, ge=1, le=64, description="batches of letters that a worker delivers side by side")
    delivery_retry: float = Field(
        3600.0, gt=0, description="seconds at most between two tries of a channel that is down with a letter"
    )
    delivery_gives_up: float = Field(
        432_000.0, gt=0, description="seconds after which a channel that is down has failed"
    )
    delivery_timeout: float = Field(
        60.0, gt=0, description="seconds after which letters in the hands of a worker that died are taken by another"
    )
    bundle_wait: float = Field(120.0, ge=0, description="seconds to wait for more reminders to the same addressee")
    routines: bool = Field(
        True, description="a digest to every office on working mornings; pages and calendars anew every day"
    )
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="what is logged, and worse")
    temporal_port: int = Field(7233, ge=1, le=65535, description="`make run`: port of the embedded Temporal server")
    ui_port: int = Field(8233, ge=1, le=65535, description="`make run`: port of the Temporal UI")
    metrics_port: int = Field(9464, ge=0, le=65535, description="/healthz, /readyz and /metrics of the worker; 0: none")
    gateway_metrics_port: int = Field(
        9465,
        ge=0,
        le=65520,
        description="the same of the gateway, and on the ports after it of its further processes; 0: none",
    )
    metrics_host: str = Field(
        "127.0.0.1", description="address on which both listen; others than loopback ask nobody who they are"
    )
    encryption: Literal["off", "aes-256-gcm", "sm4-gcm"] = Field(
        "off",
        description="in which cipher the engine is given what it keeps; off: in clear. What is encrypted is read either way",
    )
    encryption_keys: Path | None = Field(
        None,
        description="file with the ring of keys, readable for its owner alone: a line each, its id and the key in base64, the newest last",
    )
    encryption_keys_command: str = Field("", description="command that prints such a ring, in place of the file")
    traces: str = Field(
        "",
        pattern=r"^(?:https?://\S+)?$",
        description="address of a collector of traces (OTLP over HTTP, as http://127.0.0.1:4318/v1/traces); absent: nothing is traced",
    )
    traces_share: float = Field(1.0, ge=0, le=1, description="how many of what begins here are traced, of 1")
    metrics_interval: float = Field(
        15.0,
        gt=0,
        description="seconds for which what register and engine answered is told again, however often it is asked",
    )

    log_interval: float = Field(
        3600.0, ge=1, le=3600, description="seconds between two looks at what is to be put into the log of all entries"
    )
    log_name: str = Field(
        "",
        pattern=r"^[^\s+]{0,200}$",
        description="what that log is called when it is begun, for good; absent: by the address of the announcements",
    )
    log_digest: Literal["sha-256", "sm3"] = Field(
        "sha-256", description="with which digest a log that is begun here is hashed, for good"
    )
    log_stamps: str = Field(
        "",
        pattern=r"^(?:https?://\S+)?$",
        description="address of an authority that stamps the end of each day of that log with its time (RFC 3161); absent: nobody is asked",
    )
    log_stamp_roots: Path | None = Field(
        None, description="file with the certificates by which its stamps are believed"
    )
    log_witnesses: Path | None = Field(
        None,
        description="file with the public keys of those who cosign that log, a line each, and after a space the address at which one is asked (C2SP tlog-witness); without an address nobody is asked",
    )
    log_witnessing: Path | None = Field(
        None,
        description="file with the public keys of others' logs, a line each, which the gateway cosigns at `/witness/add-checkpoint` (C2SP tlog-witness); absent: none",
    )
    log_keys: Path | None = Field(
        None,
        description="file with the keys that sign it, readable for its owner alone, the newest last; absent: made below `var`",
    )

    gateway_host: str = Field("127.0.0.1", description="address on which the gateway listens")
    gateway_port: int = Field(8000, ge=1, le=65535, description="port of the gateway")
    gateway_processes: int = Field(
        1, ge=1, le=16, description="processes of the gateway on that port; as many as it has cores"
    )
    gateway_address: str = Field(
        "", pattern=r"^(?:https?://\S+[^/])?$", description="public address of the gateway; absent: its own on loopback"
    )
    ui_address: str = Field("", description="address of the Temporal UI that operators are sent to; absent: no links")
    identity: Literal["embedded", "oidc"] = Field(
        "embedded", description="who people are: seeded people, on loopback only; or an OpenID Connect provider"
    )
    embedded_token: SecretStr = Field(
        SecretStr(""),
        description="what whoever signs in by the embedded identity must bring; absent: `make run` makes one below `var`, and a "
        "gateway that is started otherwise asks for none",
    )
    oidc_issuer: str = Field("", description="the provider's issuer; its configuration is read from there")
    oidc_audience: str = Field("beian", description="what bearer tokens must be meant for")
    oidc_client_id: str = Field("", description="the gateway as a client of the provider, for signing in by browser")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="its secret; empty for a public client")
    oidc_claims: dict[Literal["person", "name", "office", "role", "head"], str] = Field(
        {}, description="which claims say who somebody is; absent: sub, name, office, role, head"
    )
    oidc_skew: int = Field(60, ge=0, le=300, description="seconds by which the provider's clock may differ")
    secret: SecretStr = Field(
        SecretStr(""), description="signs cookies; the same for every gateway of a deployment; absent: made below `var`"
    )
    session_hours: float = Field(8.0, gt=0, le=24, description="hours after which somebody must sign in again")
    limits: Literal["gateway", "database"] = Field(
        "gateway",
        description="who counts together for all limits below: the processes of one gateway, or all gateways on the register's database",
    )
    reads_a_minute: int = Field(600, ge=1, description="requests a minute that a person, or an address, may make")
    acts_a_minute: int = Field(120, ge=1, description="changes a minute that a person, or an address, may ask for")
    objections_an_hour: int = Field(10, ge=1, description="objections an hour from one address")
    objections_a_day: int = Field(20, ge=1, description="objections a day to one notice from one address")
    objections_in_all: int = Field(
        200, ge=1, description="objections a day to one notice after which the public form takes no more"
    )
    applications_of_a_leader: int = Field(
        20, ge=1, description="applications of one leader that are under way at once, and that come in one day"
    )
    largest_request: int = Field(5_000_000, ge=100_000, description="bytes of the largest request that is no upload")
    person_bytes_a_day: int = Field(
        2_000_000_000, ge=1_000_000, description="bytes a day that one person may have stored: papers, files, drafts"
    )
    office_bytes_a_day: int = Field(
        10_000_000_000, ge=1_000_000, description="the same for all people of an office or a company"
    )
    filing_bytes_a_day: int = Field(
        2_000_000_000,
        ge=1_000_000,
        description="bytes of papers a day on one filing; staff are counted apart from others",
    )
    uploads: bool = Field(True, description="leaders may upload documents, kept below `var`; else references only")
    largest_upload: int = Field(50_000_000, ge=100_000, description="bytes of the largest document")
    scanner: str = Field("", description="command that scans an upload for viruses: the file is its last argument")

    @model_validator(mode="before")
    @classmethod
    def _known_names(cls, values: Any) -> Any:
        """A name of the environment that is nearly one of ours is a slip: what it was to set would silently stay as it is."""
        known = {f"BEIAN_{name.upper()}" for name in cls.model_fields}
        for name in os.environ:
            if name.upper().startswith("BEIAN_") and name.upper() not in known:
                near = get_close_matches(name.upper(), known, 1, 0.87)
                if near:
                    raise ValueError(f"环境变量 {name} 不是本系统的设置；是否为 {near[0]}？")
        return values

    @model_validator(mode="after")
    def _file_of_the_engine(self) -> Self:
        """Temporal's own configuration takes a file that is not there for an empty one, which means this machine."""
        file = os.environ.get("TEMPORAL_CONFIG_FILE")
        if file and not Path(file).is_file():
            raise ValueError(f"环境变量 TEMPORAL_CONFIG_FILE 所指的 {file} 不存在")
        return self

    @field_validator("database_url")
    @classmethod
    def _of_a_database(cls, url: str | None) -> str | None:
        """One that the service works with. What is wrong with it is not quoted: it holds the password."""
        try:
            known = url is None or make_url(url).drivername in DATABASES
        except (ArgumentError, ValueError):
            known = False
        if not known:
            raise ValueError(f"须为数据库地址，以 {'、'.join(f'{each}://' for each in DATABASES)} 开头") from None
        return url

    @field_validator("encryption_keys_command")
    @classmethod
    def _of_one_place(cls, command: str, told: ValidationInfo) -> str:
        """One place holds the keys, or rings that differ would be in use."""
        if command and told.data.get("encryption_keys"):
            raise ValueError("与 BEIAN_ENCRYPTION_KEYS 只能设其一")
        return command

    @field_validator("secret", "embedded_token")
    @classmethod
    def _long_enough(cls, secret: SecretStr) -> SecretStr:
        """Whoever guesses it signs in as anybody."""
        if 0 < len(secret.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(f"至少{SHORTEST_SECRET}个字符，如 openssl rand -hex 24 所给出的")
        return secret

    @field_validator("embedded_token")
    @classmethod
    def _of_plain_characters(cls, token: SecretStr) -> SecretStr:
        """It travels in links, cookies and bearer tokens, behind a dot."""
        if not re.fullmatch("[A-Za-z0-9_-]*", token.get_secret_value()):
            raise ValueError("只能由字母、数字、- 和 _ 组成，如 openssl rand -hex 24 所给出的")
        return token

    @model_validator(mode="after")
    def _one_secret(self) -> Self:
        """Gateways that each make a secret of their own know nothing of each other's counts, nor of who is signing in."""
        if self.limits == "database" and not self.secret.get_secret_value():
            raise ValueError("环境变量 BEIAN_LIMITS 为 database 时，须以 BEIAN_SECRET 给各网页服务同一个密钥")
        return self

    @property
    def own_address(self) -> str:
        """Where people reach the gateway."""
        return self.gateway_address or f"http://{self.gateway_host}:{self.gateway_port}"

    @property
    def upload_folder(self) -> Path:
        """Where uploaded documents are kept, each under its SHA-256."""
        return self.var / "uploads"

    @property
    def register_url(self) -> str:
        """The register's database."""
        return self.database_url or f"sqlite:///{self.var / 'register.db'}"

    @property
    def secret_file(self) -> Path:
        """Where the secret that signs cookies is kept, unless it is set."""
        return self.var / "gateway-secret"

    @property
    def log_key_file(self) -> Path:
        """Where the keys are kept that sign the log."""
        return self.log_keys or self.var / "log-keys"

    @property
    def token_file(self) -> Path:
        """Where `make run` keeps the start-up token of the embedded identity, unless it is set."""
        return self.var / "embedded-token"

    @property
    def outbox(self) -> Path:
        """Where letters are delivered as files, unless the channels say otherwise."""
        return self.var / "outbox"

    @property
    def tray(self) -> Path:
        """Where the documents for staff are laid out, a folder for each office."""
        return self.var / "drafts"

    @property
    def site(self) -> Path:
        """Where the announcements are written, for any web server to serve."""
        return self.var / "site"

    @property
    def calendars(self) -> Path:
        """Where the calendars of deadlines are written, for offices and leaders."""
        return self.var / "calendars"


def read_settings() -> Settings:
    """The settings as the environment has them, and files of secrets. Raises `SettingsRefused` with everything that is wrong."""
    try:
        return Settings(_secrets_dir=SECRETS if SECRETS.is_dir() else None)
    except ValidationError as error:
        wrong = [_wrong(each) for each in error.errors(include_url=False, include_input=False)]
    except SettingsError as error:  # what should be JSON and is none
        name = re.search(r'field "(\w+)"', str(error))
        wrong = [f"环境变量 BEIAN_{name[1].upper() if name else '…'} 须为 JSON"]
    raise SettingsRefused("；".join(wrong))


def _wrong(error: Mapping[str, Any]) -> str:
    said = in_chinese(error, IN_THE_ENVIRONMENT)
    return f"环境变量 BEIAN_{str(error['loc'][0]).upper()} {said}" if error["loc"] else said
