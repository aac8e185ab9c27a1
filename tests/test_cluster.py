"""`cluster`: any cluster as this release wants it, by one command; over TLS with a certificate of its own, by environment or by profile."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import trustme
from temporalio.api.operatorservice.v1 import RemoveSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment

import starter
from cli.exits import FOUND, USAGE
from models.settings import Settings, SettingsRefused, read_settings
from workflows import cluster, sentinel, visibility
from workflows.cluster import Outcome, Wanted, settled
from workflows.connection import configured, connect, why_unreached

QUEUE, NAMESPACE = "cluster-tests", "cluster-tests"
WELL, CHANGED, TO_CHANGE, FAULT = (Outcome.WELL, Outcome.CHANGED, Outcome.TO_CHANGE, Outcome.FAULT)

Env = Callable[[str, str], None]


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> Env:
    """Sets a variable of the environment."""
    return monkeypatch.setenv


async def _passed_on(come: asyncio.StreamReader, go: asyncio.StreamWriter) -> None:
    while piece := await come.read(65_536):
        go.write(piece)
        await go.drain()
    go.transport.abort()


@asynccontextmanager
async def behind_tls(authority: trustme.CA, target: str) -> AsyncIterator[int]:
    """A port at which whoever has a certificate of the authority reaches a server, as a cluster's own front does it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols(["h2"])
    host, _, port = target.rpartition(":")
    connections: set[asyncio.StreamWriter] = set()
    going: set[asyncio.Task[object]] = set()

    async def meet(come: asyncio.StreamReader, go: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(host, int(port))
        connections.update({go, back})
        both = asyncio.gather(_passed_on(come, back), _passed_on(there, go), return_exceptions=True)
        going.add(asyncio.ensure_future(both))

    server = await asyncio.start_server(meet, "127.0.0.1", ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for each in connections:
            each.transport.abort()
        await asyncio.gather(*going, return_exceptions=True)
        await server.wait_closed()


async def told(client: Client, days: int = 7, *, dry: bool = False) -> dict[str, tuple[Outcome, str]]:
    """What is told of each part."""
    wanted = Wanted(client, QUEUE, timedelta(hours=1), timedelta(days=days))
    return {each.name: (each.outcome, each.says) async for each in settled(wanted, dry=dry)}


def outcomes(lines: dict[str, tuple[Outcome, str]]) -> list[Outcome]:
    """What became of the parts, in their order."""
    return [outcome for outcome, _ in lines.values()]


async def test_a_cluster_is_set_up_once_and_what_is_lacking_later_is_made_again(
    environment: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch, env: Env, tmp_path: Path
) -> None:
    authority = trustme.CA()
    own = authority.issue_cert("worker.example")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    own.cert_chain_pems[0].write_to_path(tmp_path / "own.pem")
    own.private_key_pem.write_to_path(tmp_path / "own.key")
    target = environment.client.service_client.config.target_host
    async with behind_tls(authority, target) as port:
        env("TEMPORAL_ADDRESS", f"localhost:{port}")
        env("TEMPORAL_NAMESPACE", NAMESPACE)
        env("TEMPORAL_TLS_SERVER_CA_CERT_PATH", str(tmp_path / "ca.pem"))
        with pytest.raises(RuntimeError, match="connect"):
            await connect(Settings())  # nobody gets in without a certificate
        env("TEMPORAL_TLS_CLIENT_CERT_PATH", str(tmp_path / "own.pem"))
        env("TEMPORAL_TLS_CLIENT_KEY_PATH", str(tmp_path / "own.key"))
        client = await connect(Settings())
        assert outcomes(await told(client, dry=True)) == [TO_CHANGE] * 3
        assert outcomes(await told(client, dry=True)) == [TO_CHANGE] * 3, "nothing was made"
        assert outcomes(await told(client)) == [CHANGED] * 3
        again = await told(client)
        assert outcomes(again) == [WELL] * 3
        assert "保留7天" in again["命名空间"][1]

        gone = RemoveSearchAttributesRequest(namespace=NAMESPACE, search_attributes=["OnHold"])
        await client.operator_service.remove_search_attributes(gone)
        for dry, becomes in ((True, TO_CHANGE), (False, CHANGED), (False, WELL)):
            lines = await told(client, days=30, dry=dry)
            assert outcomes(lines) == [becomes, becomes, WELL]
            assert ("OnHold" in lines["检索属性"][1]) == (becomes is not WELL)
        assert outcomes(await told(client)) == [WELL] * 3, "what is kept for longer is left alone"

        schedule = client.get_schedule_handle(sentinel.schedule_id(QUEUE))
        await schedule.pause(note="演练")
        assert (await told(client))["巡查日程"][0] is FAULT
        assert (await schedule.describe()).schedule.state.paused, "who paused it knows why"
        env("BEIAN_TASK_QUEUE", QUEUE)
        assert await asyncio.to_thread(starter.run, ["cluster"]) == FOUND
        await schedule.delete()

        profile = tmp_path / "temporal.toml"
        profile.write_text(
            f'[profile.cloud]\naddress = "localhost:{port}"\nnamespace = "{NAMESPACE}"\napi_key = "a-key"\n[profile.cloud.tls]\n'
            + "".join(
                f'{name} = "{tmp_path / file}"\n'
                for name, file in (
                    ("server_ca_cert_path", "ca.pem"),
                    ("client_cert_path", "own.pem"),
                    ("client_key_path", "own.key"),
                )
            )
        )
        for name in ("ADDRESS", "NAMESPACE", "TLS_SERVER_CA_CERT_PATH", "TLS_CLIENT_CERT_PATH", "TLS_CLIENT_KEY_PATH"):
            monkeypatch.delenv(f"TEMPORAL_{name}")
        env("TEMPORAL_CONFIG_FILE", str(profile))
        env("TEMPORAL_PROFILE", "cloud")
        by_profile = await connect(Settings())
        assert (by_profile.namespace, by_profile.api_key) == (NAMESPACE, "a-key")
        assert outcomes(await told(by_profile)) == [WELL, WELL, CHANGED]
        await client.get_schedule_handle(sentinel.schedule_id(QUEUE)).delete()


async def test_what_a_cluster_lets_nobody_do_is_told_with_what_is_wanted(
    environment: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def may_not(_: Wanted) -> cluster.Found:
        raise RPCError("no", RPCStatusCode.PERMISSION_DENIED, b"")

    monkeypatch.setattr(cluster, "PARTS", dict.fromkeys(cluster.PARTS, may_not))
    lines = await told(environment.client)
    assert outcomes(lines) == [FAULT] * 3
    assert all(name in lines["检索属性"][1] for name in visibility.REGISTRATION)
    assert "NextDeadline（Datetime）" in lines["检索属性"][1]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("TEMPORAL_CONFIG_FILE", "nowhere.toml", "nowhere.toml 不存在"),
        ("TEMPORAL_PROFILE", "nobody", "nobody"),
        ("TEMPORAL_ADDRESS", "http://temporal.example:7233", "应为 主机:端口"),
        ("TEMPORAL_TLS_CLIENT_CERT_PATH", "nowhere.pem", "nowhere.pem 无法读取"),
    ],
)
def test_what_is_wrong_with_the_connection_is_said_in_a_line(env: Env, name: str, value: str, says: str) -> None:
    env(name, value)
    assert starter.run(["links"]) == USAGE
    with pytest.raises(SettingsRefused, match=says):
        configured() if read_settings() else None


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ('ConnectError("tcp connect error", 127.0.0.1:1, Os { code: 111, kind: ConnectionRefused })', "连接被拒绝"),
        ('ConnectError("dns error", Custom { kind: Uncategorized, error: "failed to lookup" })', "无法解析"),
        ("ConnectError(Custom { kind: InvalidData, error: InvalidCertificate(UnknownIssuer) })", "不受信任"),
        ("Custom { kind: InvalidData, error: InvalidMessage(InvalidContentType) }", "本方设了 TLS，而对方没有"),
        ('message: "transport error", source: hyper::Error(Io, Custom { kind: BrokenPipe', "一方用 TLS 而另一方不用"),
        ('message: "h2 protocol error: http2 error", source: GoAway(b"", FRAME_SIZE_ERROR', "是别的服务"),
        ("a-key", "RuntimeError"),
    ],
)
def test_why_an_engine_is_not_reached_is_said_without_quoting(told: str, says: str) -> None:
    why = why_unreached(RuntimeError(f"Failed client connect: {told}"))
    assert says in why
    assert told not in why


def test_a_key_in_a_file_that_cannot_be_read_is_not_quoted(env: Env, tmp_path: Path) -> None:
    (tmp_path / "temporal.toml").write_text('[profile.default]\napi_key = "hidden" oh\n')
    env("TEMPORAL_CONFIG_FILE", str(tmp_path / "temporal.toml"))
    with pytest.raises(SettingsRefused, match="line 2") as refused:
        configured()
    assert "hidden" not in str(refused.value)
