"""Encryption: what the engine keeps is read with its key alone, beside what is in clear, and by operators through the codec server."""

import asyncio
import base64
import json
import os
import shlex
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload, Payloads, SearchAttributes
from temporalio.api.failure.v1 import Failure
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer

from activities.encryption import CIPHER, ENCRYPTED, KEY, Codec, Failures, Undecipherable, codec_of
from activities.keyring import AES, SM4, Key, Ring, ring_of
from cli.examinations import Deployment, State, of_encryption
from deploy.skipping import skipping_server
from examples.demo import application, first_year, know_call, life
from gateway.remembered import keys
from gateway.remembered.audit import Audit, AuditKind
from models.settings import Settings, SettingsRefused
from models.vocabulary import Kind
from tests.databases import prepare
from tests.record import HISTORIES, release
from tests.served import Clock
from tests.test_histories import read
from tests.test_secrecy import held, pieces, secrets, written
from tests.visiting import House, visiting
from tests.world import World
from workflows.filing import AllianceFiling
from workflows.payloads import CONVERTER, encrypting
from workflows.sandbox import Sandbox

NOW = datetime(2026, 12, 20, 2, tzinfo=UTC)
OLD, NEW, STATE = Key("2026", b"o" * 32), Key("2027", b"n" * 32), Key("gm-1", b"s" * 16)
TEXT = "沈阳星海智造装备有限公司"
CLEAR = Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(TEXT).encode())


def ring(*ring_keys: Key) -> Ring:
    """A ring whose last key encrypts."""
    return Ring({key.id: key for key in ring_keys}, ring_keys[-1] if ring_keys else None)


def ring_file(path: Path, *ring_keys: Key) -> Path:
    """A ring as a file."""
    path.write_text("".join(f"{key.id} {base64.b64encode(key.secret).decode()}\n" for key in ring_keys))
    path.chmod(0o600)
    return path


# The codec


@pytest.mark.parametrize(("key", "cipher"), [(NEW, AES), (STATE, SM4)], ids=[AES, SM4])
def test_what_is_encrypted_says_by_which_key_and_is_read_by_it(key: Key, cipher: str) -> None:
    codec = codec_of(ring(key))
    locked, again = codec.encrypted(CLEAR), codec.encrypted(CLEAR)
    assert {**locked.metadata} == {"encoding": ENCRYPTED, KEY: key.id.encode(), CIPHER: cipher.encode()}
    assert locked.data != again.data, "nobody sees that two are alike"
    assert CLEAR.data not in locked.data
    assert codec.decrypted(locked) == CLEAR
    assert codec.encrypted(locked) == locked, "the engine's own copies are not encrypted twice"


def test_the_newest_key_encrypts_and_all_decrypt_also_what_is_in_clear() -> None:
    before, after = Codec(ring(OLD)), Codec(ring(STATE, OLD, NEW))
    assert after.decrypted(before.encrypted(CLEAR)) == CLEAR == after.decrypted(CLEAR)
    assert after.encrypted(CLEAR).metadata[KEY] == b"2027"
    reading = Codec(Ring(ring(OLD).keys))
    assert reading.encrypted(CLEAR) == CLEAR
    assert reading.decrypted(before.encrypted(CLEAR)) == CLEAR


def spoilt() -> Iterator[tuple[Payload, str]]:
    """Payloads that cannot be read by the ring of `OLD` and `STATE`, and what is said of each."""
    locked = Codec(ring(OLD)).encrypted(CLEAR)
    yield Codec(ring(NEW)).encrypted(CLEAR), "密钥 2027 不在密钥环中"
    yield Codec(ring(Key("2026", b"x" * 32))).encrypted(CLEAR), "密钥 2026 与内容不符，或者内容已被改动"
    yield Payload(metadata=locked.metadata, data=locked.data[:-1] + b"!"), "密钥 2026 与内容不符，或者内容已被改动"
    yield Payload(metadata=locked.metadata, data=b""), "密钥 2026 与内容不符，或者内容已被改动"
    yield Payload(metadata={**locked.metadata, KEY: b"gm-1"}, data=locked.data), "密钥 gm-1 不是 aes-256-gcm 的密钥"
    other = {**locked.metadata, KEY: b"gm-1", CIPHER: b"sm4-gcm"}
    yield Payload(metadata=other, data=locked.data), "密钥 gm-1 与内容不符，或者内容已被改动"
    yield Payload(metadata={"encoding": ENCRYPTED}, data=locked.data), "密钥 （未注明） 不在密钥环中"


def test_what_cannot_be_decrypted_names_its_key_and_no_content() -> None:
    codec = Codec(ring(STATE, OLD))
    for payload, says in spoilt():
        with pytest.raises(Undecipherable) as raised:
            codec.decrypted(payload)
        assert str(raised.value) == f"载荷无法解密：{says}"
    with pytest.raises(Undecipherable, match="密钥 2026 不在密钥环中"):
        CONVERTER.payload_converter.from_payloads([Codec(ring(OLD)).encrypted(CLEAR)], [str])


def test_failures_are_encrypted_too_but_for_a_key_that_is_missing() -> None:
    told, missing = Failure(), Failure()
    Failures().to_failure(ValueError(TEXT), CONVERTER.payload_converter, told)
    Failures().to_failure(Undecipherable("2027", "不在密钥环中"), CONVERTER.payload_converter, missing)
    assert TEXT not in told.message
    assert told.HasField("encoded_attributes")
    assert missing.message == "载荷无法解密：密钥 2027 不在密钥环中"


# The ring


def refusal(**settings: Any) -> str:
    """Why a ring cannot be."""
    with pytest.raises(SettingsRefused) as refused:
        ring_of(Settings(**settings))
    return str(refused.value)


def test_a_ring_comes_from_a_file_of_ours_alone_or_from_a_command(tmp_path: Path) -> None:
    file = ring_file(tmp_path / "ring", OLD, STATE, NEW)
    assert ring_of(Settings(encryption=AES, encryption_keys=file)) == Ring(ring(OLD, STATE, NEW).keys, NEW)
    assert ring_of(Settings(encryption=SM4, encryption_keys=file)).newest == STATE
    assert ring_of(Settings(encryption_keys=file)) == Ring(ring(OLD, STATE, NEW).keys)
    assert ring_of(Settings()) == Ring()
    script = tmp_path / "tell.py"
    script.write_text(f"print(open({str(file)!r}).read())")
    command = f"{shlex.quote(sys.executable)} {shlex.quote(str(script))}"
    assert ring_of(Settings(encryption=AES, encryption_keys_command=command)).newest == NEW
    with pytest.raises(ValueError, match="只能设其一"):
        Settings(encryption_keys=file, encryption_keys_command=command)


def test_a_ring_that_cannot_be_is_refused_with_all_that_is_wrong_and_none_of_it(tmp_path: Path) -> None:
    assert "须以 BEIAN_ENCRYPTION_KEYS" in refusal(encryption=AES)
    assert "无法读取（FileNotFoundError）" in refusal(encryption_keys=tmp_path / "none")
    open_to_all = ring_file(tmp_path / "open", OLD)
    open_to_all.chmod(0o640)
    assert "他人可读" in refusal(encryption_keys=open_to_all)
    assert "没有 sm4-gcm 的密钥（16字节）" in refusal(encryption=SM4, encryption_keys=ring_file(tmp_path / "aes", OLD))
    crooked = ring_file(tmp_path / "crooked", OLD, OLD)
    crooked.write_text(f"# ours\n{crooked.read_text()}short c2hvcnQ=\nonlyasecret\n")
    said = refusal(encryption_keys=crooked)
    assert [each in said for each in ("第3行的编号 2026 重复", "第4行须为", "第5行须为")] == [True] * 3
    assert not any(each in said for each in ("c2hvcnQ", "onlyasecret"))
    assert "退出码 3" in refusal(encryption_keys_command=f"{sys.executable} -c 'raise SystemExit(3)'")
    assert "FileNotFoundError" in refusal(encryption_keys_command="no-such-command")
    assert "没有密钥" in refusal(encryption_keys_command="true")


def test_which_keys_encrypted_is_on_record_once_each_and_until_when(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path)
    prepare(settings.register_url)
    audit = Audit(Deployment(settings).register.engine)
    days = [NOW + timedelta(days=day) for day in (0, 1, 2, 93, 94)]
    for chosen, day in zip((ring(), ring(OLD), ring(OLD), ring(OLD), ring(OLD, NEW)), days, strict=True):
        keys.note(audit, chosen, day)
    assert [each.at for each in audit.lines(person=keys.KEYS.person)] == [days[4], days[3], days[1]], "renewed in time"
    days[3:] = days[4], NOW + timedelta(days=200)
    for day in (days[4], NOW + timedelta(days=400)):
        keys.note(audit, Ring(), day)
    assert keys.used(audit) == [
        keys.Used("2027", NEW.print, days[3], days[4]),
        keys.Used("2026", OLD.print, days[1], days[3]),
    ]
    assert [each.is_in(ring(OLD, Key("2027", b"x" * 32))) for each in keys.used(audit)] == [False, True]


# Histories


def payloads_in(message: Message) -> Iterator[Payload]:
    """Every payload of ours in a history: not what filings are found by, nor what the engine's core tells itself."""
    for field, value in message.ListFields():
        if field.message_type is None or isinstance(value, SearchAttributes):
            continue
        if field.message_type.GetOptions().map_entry:
            if field.name in ("details", "fields"):
                each: Any
                for name, each in value.items():
                    if isinstance(each, Payload):
                        yield each
                    elif isinstance(each, Payloads) and name != "data":
                        yield from each.payloads
            continue
        for one in value if field.is_repeated else [value]:
            if isinstance(one, Payload):
                yield one
            else:
                yield from payloads_in(one)


async def test_histories_in_clear_encrypted_and_of_both_replay_side_by_side() -> None:
    golden = await asyncio.to_thread(read, HISTORIES / release() / "withdrawn_on_notice.json")
    runs = [json.dumps(run) for run in golden["runs"]]
    writer = Codec(ring(OLD))

    def history(run: str, every: int) -> WorkflowHistory:
        found = WorkflowHistory.from_json(golden["workflow_id"], run)
        for event in found.events:
            for number, payload in enumerate(payloads_in(event)):
                if every and (event.event_id + number) % every == 0:
                    payload.CopyFrom(writer.encrypted(payload))
        return found

    def replayer(*ring_keys: Key) -> Replayer:
        converter = encrypting(Codec(ring(*ring_keys)))
        return Replayer(workflows=[AllianceFiling], data_converter=converter, workflow_runner=Sandbox())

    for every in (0, 1, 2):
        for run in runs:
            await replayer(OLD, NEW).replay_workflow(history(run, every))
    with pytest.raises(RuntimeError, match="载荷无法解密：密钥 2026 不在密钥环中"):
        await replayer(NEW).replay_workflow(history(runs[0], 1))


def with_keys(client: Client, *ring_keys: Key) -> Client:
    """A client that encrypts."""
    return Client(**client.config() | {"data_converter": encrypting(Codec(ring(*ring_keys)))})


async def keys_in(world: World, filing_id: str) -> set[bytes | None]:
    """By which keys the payloads of a filing's history are encrypted; None for those in clear."""
    history = await world.handle(filing_id).fetch_history()
    return {each.metadata.get(KEY) for event in history.events for each in payloads_in(event)}


async def test_encryption_begins_under_way_and_leaves_nothing_to_read_in_what_begins_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    year = first_year(datetime.now(UTC))
    early, late = application(Kind.A, year), application(Kind.B, year)
    late |= {
        "filing_id": "LN-LATE",
        "alliance_name": "辽宁省夜航密文产学研联盟",
        "by": late["by"] | {"person": "u-nightly-77"},
    }
    acts = life(Kind.A, early, year)
    async with skipping_server(dev_server_database_filename=str(tmp_path / "temporal.db")) as server:
        world = World.without_worker(server, tmp_path)
        world.delivering = False
        plain = world.client
        async with world.working():
            await world.submits(early)
        for ring_keys in ((OLD,), (OLD, NEW)):
            world.client = with_keys(plain, *ring_keys)
            async with world.working():
                await world.acts(early["filing_id"], next(acts))
        async with world.working():
            know_call(year)
            await world.submits(late)
            assert await world.agenda("LN-LATE")
            database = held(tmp_path, "temporal.db")
        assert await keys_in(world, early["filing_id"]) == {None, b"2026", b"2027"}
        assert await keys_in(world, "LN-LATE") == {b"2027"}
        kept = {late["alliance_name"], late["by"]["person"], *secrets(late)} - secrets(early)
        assert {text for text in kept for piece in pieces(text) for way in written(piece) if way in database} == set()
        assert early["alliance_name"].encode() in database, "what began in clear shows that the search finds"

        audit, began = Audit(world.register.engine), datetime.now(UTC) - timedelta(days=9)
        for chosen, at in (
            (ring(STATE), began),
            (ring(OLD), began + timedelta(days=1)),
            (ring(NEW), datetime.now(UTC)),
        ):
            keys.note(audit, chosen, at)
        monkeypatch.setenv("TEMPORAL_ADDRESS", server.client.service_client.config.target_host)
        chosen_keys = ring_file(tmp_path / "ring", NEW)
        deployment = Deployment(world.settings.model_copy(update={"encryption": AES, "encryption_keys": chosen_keys}))
        lines = await asyncio.to_thread(lambda: list(of_encryption(deployment)))
        assert [(each.name, each.state) for each in lines] == [
            ("加密", State.WELL),
            ("密钥 2026", State.FAULT),
            ("密钥 gm-1", State.WELL),
        ]
        assert "不在密钥环中，尚有2个运行可能需要" in lines[1].says
        await world.stops()
        world.register.engine.dispose()


# The codec server

UI = "http://ui.example"


async def asks(house: House, person: str, what: str, body: Any, **headers: str) -> Any:
    """What a program of an operator is answered."""
    told = {"Authorization": f"Bearer {person}", **headers} if person else headers
    content = body if isinstance(body, str) else json.dumps(body)
    return await house.browser().post(f"/codec/{what}", content=content, headers=told)


async def test_the_codec_server_serves_operators_and_the_configured_ui(tmp_path: Path) -> None:
    chosen = {"encryption": AES, "encryption_keys": ring_file(tmp_path / "ring", OLD, NEW), "ui_address": f"{UI}/ui"}
    settings = Settings(var=tmp_path, **chosen)  # type: ignore[arg-type]
    prepare(settings.register_url)
    clear = MessageToDict(Payloads(payloads=[CLEAR]))
    locked = MessageToDict(Payloads(payloads=[Codec(ring(OLD)).encrypted(CLEAR), CLEAR]))
    async with visiting(settings, Clock(NOW)) as house:
        answer = await asks(house, "o-701", "decode", locked)
        assert (answer.status_code, answer.json()) == (200, {"payloads": clear["payloads"] * 2})
        encoded = (await asks(house, "o-701", "encode", clear)).json()
        assert encoded["payloads"][0]["metadata"][KEY] == base64.b64encode(b"2027").decode()
        assert (await asks(house, "o-701", "decode", encoded)).json() == clear

        statuses = {who: (await asks(house, who, "decode", locked)).status_code for who in ("", "c-101", "a-601", "xx")}
        assert statuses == {"": 401, "c-101": 403, "a-601": 403, "xx": 401}
        foreign = MessageToDict(Payloads(payloads=[Codec(ring(Key("lost", os.urandom(32)))).encrypted(CLEAR)]))
        missing = await asks(house, "o-701", "decode", foreign)
        assert (missing.status_code, missing.json()["detail"]) == (422, "载荷无法解密：密钥 lost 不在密钥环中")
        assert [
            (await asks(house, "o-701", "decode", each)).status_code for each in ("[", "[" * 100_000, '{"a":1}')
        ] == [400] * 3
        assert (await asks(house, "o-701", "decode", {"payloads": [{}] * 2_001})).status_code == 422
        assert (await asks(house, "o-701", "decode", " " * 5_000_001)).status_code == 413

        operator, officer = await house.signed_in("o-701"), await house.signed_in("c-101")
        from_ui = {"Origin": UI, "Sec-Fetch-Site": "same-site", "X-Namespace": "default"}
        shown = await operator.post("/codec/decode", json=locked, headers=from_ui)
        assert (shown.status_code, shown.headers["access-control-allow-origin"]) == (200, UI)
        assert shown.headers["access-control-allow-credentials"] == "true"
        assert (await officer.post("/codec/decode", json=locked, headers=from_ui)).status_code == 403
        elsewhere = await operator.post(
            "/codec/decode", json=locked, headers=from_ui | {"Origin": "http://evil.example"}
        )
        assert (elsewhere.status_code, "access-control-allow-origin" in elsewhere.headers) == (403, False)
        assert (await operator.post("/sign-out", headers=from_ui)).status_code == 403, "the UI may ask for nothing else"
        preflight = {
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,x-namespace",
        }
        allowed = await house.browser().options("/codec/decode", headers={"Origin": UI} | preflight)
        assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, UI)
        refused = await house.browser().options("/codec/decode", headers={"Origin": "http://evil.example"} | preflight)
        assert "access-control-allow-origin" not in refused.headers

        noted = [each for each in house.tools.audit.lines(limit=50) if each.kind == AuditKind.CODEC]
        assert ("decode 2", True) in {(each.object, each.success) for each in noted}
        assert ("decode 1", False) in {(each.object, each.success) for each in noted}
        assert {each.person for each in noted} == {"o-701"}


async def test_the_codec_server_passes_what_is_in_clear_where_nothing_is_encrypted(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path)
    prepare(settings.register_url)
    clear = MessageToDict(Payloads(payloads=[CLEAR]))
    locked = MessageToDict(Payloads(payloads=[Codec(ring(OLD)).encrypted(CLEAR)]))
    async with visiting(settings, Clock(NOW)) as house:
        assert (await asks(house, "o-701", "decode", clear)).json() == clear
        assert (await asks(house, "o-701", "encode", clear)).json() == clear
        assert "密钥 2026" in (await asks(house, "o-701", "decode", locked)).json()["detail"]
