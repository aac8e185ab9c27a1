"""Reaching the engine: Temporal's own environment configuration decides where it is."""

import asyncio
import logging
from functools import cache

import structlog
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)
from temporalio.service import KeepAliveConfig, RPCError

from activities import tracing
from activities.logs import named
from models.settings import Settings, SettingsRefused
from workflows.payloads import converter

log = structlog.get_logger()

FIRST_WAIT, LONGEST_WAIT = 0.2, 5.0
"""Seconds between tries to reach an engine that is not there yet."""


CORE = LoggingConfig(
    filter=TelemetryFilter(core_level="WARN", other_level="ERROR"),
    forwarding=LogForwardingConfig(
        logger=logging.getLogger("temporalio.core"), prepend_target_on_message=False, append_log_fields_to_message=False
    ),
)
"""Temporal's core logs through ours: its words, without the fields in which it quotes payloads."""


def runtime_of(metrics: PrometheusConfig | None = None) -> Runtime:
    """A runtime whose core logs no payloads."""
    return Runtime(telemetry=TelemetryConfig(logging=CORE, metrics=metrics))


@cache
def _runtime() -> Runtime:
    return runtime_of()


LOST_AFTER = KeepAliveConfig(interval_millis=15_000, timeout_millis=5_000)
"""By which a connection to the engine counts as lost over which nothing comes any more; the server bears a ping each ten seconds."""


def configured() -> ClientConnectConfig:
    """Temporal's own environment configuration: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TLS, API key, profile.

    Raises `SettingsRefused`, which never quotes: a line that cannot be read may be a key's.
    """
    try:
        config = ClientConfig.load_client_connect_config()
    except OSError as error:
        raise SettingsRefused(
            f"连接引擎的证书或密钥 {error.filename} 无法读取（{type(error).__name__}）；见环境变量 TEMPORAL_TLS_… 或 TEMPORAL_CONFIG_FILE"
        ) from None
    except RuntimeError as error:
        told = str(error).partition("\n")[0][:200]
        raise SettingsRefused(f"连接引擎的设置（环境变量 TEMPORAL_… 或其配置文件）有误：{told}") from None
    if "://" in config.get("target_host", ""):
        raise SettingsRefused(
            "引擎的地址（TEMPORAL_ADDRESS 或其配置文件）应为 主机:端口，不带 http:// 之类的前缀；TLS 另以 TEMPORAL_TLS 设定"
        )
    return config


async def connect(settings: Settings, runtime: Runtime | None = None, *, lazy: bool = False) -> Client:
    """A client by TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TLS, API key or profile; by default the embedded server.

    A lazy one connects when it is first needed, and tries again each time until it can. Raises `SettingsRefused` for keys
    that cannot be used, of ours or of Temporal's.
    """
    config = configured()
    config.setdefault("target_host", f"127.0.0.1:{settings.temporal_port}")
    traces = tracing.begun()
    return await Client.connect(
        **config,
        data_converter=converter(settings),
        runtime=runtime or _runtime(),
        interceptors=[traces.interceptor] if traces else [],
        lazy=lazy,
        keep_alive_config=LOST_AFTER,
    )


REASONS = {
    "主机名无法解析": ("dns error",),
    "连接被拒绝，该端口没有服务": ("ConnectionRefused",),
    "主机或网络不可达": ("HostUnreachable", "NetworkUnreachable"),
    "限时内没有连上": ("TimedOut", "timed out"),
    "对方的证书不受信任，或者与主机名不符": ("InvalidCertificate",),
    "本方设了 TLS，而对方没有": ("InvalidContentType", "InvalidMessage"),
    "对方不接受所出示的客户端证书，或者须出示": ("AlertReceived",),
    "对方中断了连接：可能是一方用 TLS 而另一方不用，或者须出示客户端证书，或者该端口是别的服务": (
        "BrokenPipe",
        "UnexpectedEof",
        "ConnectionReset",
        "http2 error",
        "transport error",
    ),
}
"""Why an engine is not reached, by words of the core's error, the more certain first. Nothing of it is quoted."""


def why_unreached(error: BaseException) -> str:
    """Why an engine is not reached, as far as its error tells; else what kind of error it is."""
    if isinstance(error, RPCError):
        return f"{named(error)} {error.status.name}"
    told = str(error)
    return next((why for why, words in REASONS.items() if any(each in told for each in words)), named(error))


def namespace() -> str:
    """The namespace that filings live in, by the same configuration."""
    return configured().get("namespace", "default")


async def reached(client: Client) -> None:
    """Wait until the engine answers, and say so: it may be started after whoever works with it."""
    wait = FIRST_WAIT
    while True:
        try:
            await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
        except (RuntimeError, RPCError) as error:
            target = client.service_client.config.target_host
            log.warning("engine.awaited", target=target, error=str(error).partition("\n")[0][:200])
        else:
            return
        await asyncio.sleep(wait)
        wait = min(2 * wait, LONGEST_WAIT)
