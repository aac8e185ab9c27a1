"""Witnesses over HTTP (C2SP tlog-witness), both ways: what is sent and answered is read here by another library and by hand."""

from base64 import b64decode, b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from structlog.testing import capture_logs
from tlog_scales import signing, tlog

from activities.attachments import Attachments
from activities.documents import recompute, verify
from activities.documents.dossier import dossier
from activities.log import checking, keys
from activities.log.cosigning import Cosigner, Cosigning, cosigners_of, silent, witnessed_by
from activities.log.keeping import LogKeeping
from activities.log.merkle import SHA_256
from activities.log.notes import Key, Note, Signer
from activities.log.sequencing import ends_of_days, newest
from activities.log.submissions import Submission
from activities.log.witnessing import NotCosigned, Witness
from activities.publishing.notices import Notices
from activities.publishing.site import Site
from activities.register import Register
from cli.examinations import Deployment, State, of_witnesses
from models.settings import Settings, SettingsRefused
from models.values import day_of
from tests.databases import Databases, on_both
from tests.logged import keeping
from tests.served import Clock
from tests.simulated import holding, lived, written
from tests.test_proofs import stranger
from tests.visiting import visiting

NOW = datetime(2030, 6, 1, 12, tzinfo=UTC)
THEIRS = "theirs.example/log"
LEAVES = [SHA_256.leaf(bytes([n])) for n in range(8)]


def made(folder: Path, name: str) -> Signer:
    """A key of somebody's."""
    keys.add(folder / f"{name.partition('/')[0]}-keys", name)
    return keys.signers(folder / f"{name.partition('/')[0]}-keys")[-1]


def root(leaves: list[bytes]) -> bytes:
    """The root over some leaves, as RFC 6962 says it."""
    if len(leaves) < 2:
        return leaves[0] if leaves else SHA_256.empty
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return SHA_256.node(root(leaves[:half]), root(leaves[half:]))


def between(old: int, leaves: list[bytes], *, whole: bool = True) -> list[bytes]:
    """The proof that leaves begin with the first `old` of them, as RFC 6962 says it (SUBPROOF)."""
    if old == len(leaves):
        return [] if whole else [root(leaves)]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    if old <= half:
        return [*between(old, leaves[:half], whole=whole), root(leaves[half:])]
    return [*between(old - half, leaves[half:], whole=False), root(leaves[:half])]


def brought(signer: Signer, old: int, leaves: list[bytes], proof: list[bytes] | None = None, origin: str = "") -> bytes:
    """A submission, written by hand."""
    text = f"{origin or signer.key.name}\n{len(leaves)}\n{b64encode(root(leaves)).decode()}\n"
    way = between(old, leaves) if proof is None and 0 < old <= len(leaves) else proof or []
    hashes = "".join(f"{b64encode(each).decode()}\n" for each in way)
    return f"old {old}\n{hashes}\n{text}\n{signer.line(text)}".encode()


async def test_a_log_is_cosigned_while_it_grows_and_answered_as_the_protocol_says(
    sqlite: Databases, tmp_path: Path
) -> None:
    theirs, stranger = made(tmp_path, THEIRS), made(tmp_path, "stranger.example/log")
    (tmp_path / "logs").write_text(f"# whom we watch\n{theirs.key}\n", "utf-8")
    ours = made(tmp_path, "ours.example/log")
    settings = Settings(
        var=tmp_path,
        database_url=sqlite.migrated(),
        log_witnessing=tmp_path / "logs",
        log_keys=tmp_path / "ours.example-keys",
    )
    other = [*LEAVES[:4], LEAVES[0], LEAVES[0]]
    async with visiting(settings, Clock(NOW)) as house, house.browser() as log:

        async def said(body: bytes) -> tuple[int, str]:
            answer = await log.post("/witness/add-checkpoint", content=body)
            return answer.status_code, answer.text

        assert (await said(brought(stranger, 0, LEAVES[:3])))[0] == 404
        assert (await said(brought(ours, 0, LEAVES[:3])))[0] == 404, "not of our own log"
        assert (await said(brought(replace(stranger, key=theirs.key), 0, LEAVES[:3])))[0] == 403
        assert await said(brought(theirs, 2, LEAVES[:3])) == (409, "0\n")
        status, line = await said(brought(theirs, 0, LEAVES[:3]))
        assert status == 200
        checkpoint = brought(theirs, 0, LEAVES[:3]).decode().partition("\n\n")[2]
        read = tlog.Checkpoint.from_text(checkpoint + line)
        verifier = signing.Vkey.from_string(str(ours.key.as_witness)).get_verifier()
        verifier.verify_note(read.signatures[-1], read)
        assert signing.Ed25519CosignatureVerifier.get_timestamp(read.signatures[-1].payload) == int(NOW.timestamp())
        refused = await log.post("/witness/add-checkpoint", content=brought(theirs, 0, LEAVES[:5]))
        assert (refused.status_code, refused.text, refused.headers["content-type"]) == (409, "3\n", "text/x.tlog.size")
        for wrong in ([], [LEAVES[0]], between(3, LEAVES[:5])[::-1], [*between(3, LEAVES[:5]), LEAVES[0]]):
            assert (await said(brought(theirs, 3, LEAVES[:5], wrong)))[0] == 422
        assert (await said(brought(theirs, 3, other, between(3, LEAVES[:6]))))[0] == 422
        assert await said(brought(theirs, 3, LEAVES[1:4])) == (409, "3\n"), "the same size, another root"
        assert (await said(brought(theirs, 3, LEAVES[:5])))[0] == 200
        assert (await said(brought(theirs, 5, LEAVES[:5])))[0] == 200, "the same again"
        assert await said(brought(theirs, 3, LEAVES[:6])) == (409, "5\n")
        for malformed in (b"", b"old 5\n\n", b"old 05\n\n" + checkpoint.encode(), b"\xff", b"old 6" + brought(theirs, 5, LEAVES[:5])[5:],
                          b"old 5\n" + 64 * (b64encode(LEAVES[0]) + b"\n") + b"\n" + checkpoint.encode()):  # fmt: skip
            assert (await said(malformed))[0] == 400, malformed
        keys_file = tmp_path / "ours.example-keys"
        keys_file.rename(tmp_path / "elsewhere")
        assert (await said(brought(theirs, 5, LEAVES[:6])))[0] == 503


@on_both
def test_whoever_asks_at_once_a_witness_signs_one_history(register: Register, tmp_path: Path) -> None:
    """Of checkpoints of one log that do not go together, all brought at the same time, also the very first."""
    theirs = made(tmp_path, THEIRS)
    witness = Witness(register.engine, made(tmp_path, "ours.example/log"))

    def adds(n: int) -> int | None:
        body = brought(theirs, 0, [SHA_256.leaf(b"x%d" % n), *LEAVES])
        try:
            witness.add(Submission.read(body), NOW, [theirs.key])
        except NotCosigned as why:
            return why.status
        return None

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(adds, range(12)))
    assert sorted(answers, key=str) == [*[409] * 11, None]


class Answering(BaseHTTPRequestHandler):
    """A witness by hand: it keeps the last root, checks with another library, and signs."""

    state: dict[str, Any]

    def do_POST(self) -> None:
        """Answer as the protocol has it."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        status, said = self.answered(body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(said.encode())))
        self.end_headers()
        self.wfile.write(said.encode())

    def answered(self, body: str) -> tuple[int, str]:
        """What the protocol has it say."""
        state = self.state
        state["asked"].append(self.path)
        if state["down"]:
            return 503, "later\n"
        head, _, note = body.partition("\n\n")
        old, *hashes = head.split("\n")
        read = tlog.Checkpoint.from_text(note)
        read.verify(signing.Vkey.from_string(state["log"]))
        if int(old.removeprefix("old ")) != state["size"]:
            return 409, f"{state['size']}\n"
        if state["size"]:
            proof = tlog.ConsistencyProof(state["size"], read.size, [b64decode(each) for each in hashes])
            proof.check(state["root"], read.root_hash)
        state |= {"size": read.size, "root": read.root_hash}
        text = note.partition("\n\n")[0] + "\n"
        return 200, "— nobody AAAA\n" * state["noise"] + state["signer"].cosignature(text, NOW)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def answering(signer: Signer, log: Key) -> Iterator[tuple[Cosigner, dict[str, Any]]]:
    """A witness on loopback, and what it knows."""
    state: dict[str, Any] = {
        "size": 0,
        "root": b"",
        "signer": signer,
        "log": str(log),
        "asked": [],
        "down": False,
        "noise": False,
    }
    server = HTTPServer(("127.0.0.1", 0), type("Here", (Answering,), {"state": state}))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Cosigner(signer.key.as_witness, f"http://127.0.0.1:{server.server_port}/w"), state
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def kept(sqlite: Databases, tmp_path: Path) -> Iterator[LogKeeping]:
    """The log of a life, signed twice."""
    register = Register.at(sqlite.made("a whole life", holding(lambda register: written(register, lived("LIFE")))))
    made_log = keeping(register.engine, tmp_path)
    made_log.passes(NOW - timedelta(days=1))
    yield made_log
    register.engine.dispose()


def test_our_checkpoints_are_cosigned_by_whoever_is_named_and_shown_so(kept: LogKeeping, tmp_path: Path) -> None:
    [own] = keys.signers(kept.log.key_file)
    with answering(made(tmp_path, "library.example"), own.key) as (witness, state):
        by_hand = Cosigner(made(tmp_path, "court.example").key.as_witness)
        asking = replace(kept, cosigners=[witness, by_hand])
        state["down"] = True
        assert asking.passes(NOW), "who does not answer is in nobody's way"
        alone = Note.read(kept.files.note() or "").lines
        assert len(alone) == 2, "the log's signature, and its times"
        state["down"], state["noise"] = False, True
        assert asking.passes(NOW + timedelta(minutes=1)) is None, "nothing new, and asked again all the same"
        assert set(state["asked"]) == {"/w/add-checkpoint"}
        published = Note.read(kept.files.note() or "")
        assert [key for key, _ in published.signed_by([own.key, witness.key])] == [own.key, witness.key]
        assert len(published.lines) == len(alone) + 1, "of an answer, the signature of the witness alone is taken"
        [day] = kept.files.folder.glob("days/*")
        assert Note.read(day.read_text("utf-8")).is_signed_by(witness.key), "what was published before, too"
        asked = len(state["asked"])
        asking.passes(NOW + timedelta(minutes=2))
        assert len(state["asked"]) == asked, "what is signed is not brought again"
        with kept.log.engine.connect() as db:
            [ended] = ends_of_days(db, limit=1)
            assert Note.read(ended.note).witnesses() == [("library.example", NOW)]
            assert checking.checked(db).faults == []
        assert kept.files.folder.joinpath("witnesses").read_text("utf-8").splitlines() == [
            str(witness.key),
            str(by_hand.key),
        ]
        notices = Notices(kept.log.engine)
        site = Site(kept.files.site, notices, log=notices.log)
        site.write_all(day_of(NOW))
        assert "见证：library.example 于2030-06-01 20:00" in (kept.files.folder / "index.html").read_text("utf-8")
        (tmp_path / "whole.zip").write_bytes(
            dossier(
                Register(kept.log.engine), "LIFE", Attachments(tmp_path), signer=keys.signers(kept.log.key_file)[-1]
            )
        )
        for each in (verify, recompute):
            (tmp_path / Path(str(each.__file__)).name).write_bytes(Path(str(each.__file__)).read_bytes())
        done = stranger(f"python3 verify.py whole.zip --key {witness.key}", tmp_path)
        assert "见证：library.example 于 2030-06-01 20:00 见过这个根" in done.stdout, done.stdout
        assert done.stdout.endswith("核验通过\n")


async def test_a_witness_that_is_silent_is_named_with_since_when(kept: LogKeeping, tmp_path: Path) -> None:
    [own] = keys.signers(kept.log.key_file)
    file = tmp_path / "witnesses"
    with answering(made(tmp_path, "library.example"), own.key) as (witness, state):
        by_hand = Cosigner(made(tmp_path, "court.example").key.as_witness)
        file.write_text(f"{witness.key} {witness.address}\n{by_hand.key}\n", "utf-8")
        settings = Settings(var=tmp_path, database_url=str(kept.log.engine.url), log_witnesses=file)
        asking, ours = replace(kept, cosigners=[witness, by_hand]), cosigners_of(settings)
        asking.passes(NOW)
        assert silent(kept.log.engine, ours, NOW + timedelta(hours=23)) == [], (
            "a day's end is brought with the next pass"
        )
        state["down"] = True
        for days in (1, 2, 3):
            asking.passes(NOW + timedelta(days=days))
        now = NOW + timedelta(days=3, minutes=1)
        told = [(each.witness, each.since) for each in silent(kept.log.engine, ours, now)]
        assert told == [(witness, NOW + timedelta(days=1)), (by_hand, None)]
        says = {each.name: (each.state, each.says) for each in of_witnesses(Deployment(settings, now))}
        assert says["见证人 library.example"] == (
            State.FAULT,
            "自2030-06-02 20:00签署的根起没有见证；查 worker 日志 log.not_witnessed",
        )
        assert says["见证人 court.example"][0] is State.NOTE
        async with visiting(settings, Clock(now)) as house:
            page = (await (await house.signed_in("o-701")).get("/ops")).text
        assert "<strong>library.example</strong>：自2030-06-02 20:00签署的根起没有见证" in page
        state["down"] = False
        asking.passes(NOW + timedelta(days=4))
        [left] = silent(kept.log.engine, ours, NOW + timedelta(days=5, minutes=1))
        assert left.witness == by_hand


def test_a_witness_that_has_seen_another_history_is_told_and_nothing_is_taken(kept: LogKeeping, tmp_path: Path) -> None:
    [own] = keys.signers(kept.log.key_file)
    with answering(made(tmp_path, "library.example"), own.key) as (witness, state):
        state |= {"size": 10_000, "root": bytes(32)}
        with capture_logs() as logs:
            assert Cosigning(kept.log.engine, [witness]).ask() == 0
        assert "已有10000条" in logs[0]["why"]
        with kept.log.engine.connect() as db:
            last = newest(db)
            assert last
            assert Note.read(last.note).witnesses() == []
        state |= {"size": 0, "signer": made(tmp_path, "somebody.example")}
        assert Cosigning(kept.log.engine, [witness]).ask() == 0, "a signature of another key is none"
        assert Cosigning(kept.log.engine, [Cosigner(witness.key)]).ask() == 0, "without an address nobody is asked"


def test_whoever_is_named_wrongly_is_refused_when_the_service_starts(tmp_path: Path) -> None:
    key, file = made(tmp_path, "library.example").key, tmp_path / "witnesses"
    settings = Settings(var=tmp_path, log_witnesses=file, log_witnessing=file)
    for told, says in ((f"{key} ftp://x", "网址"), ("library+1+2", "第1行有误"), ("", "")):
        file.write_text(told, "utf-8")
        if not says:
            assert not cosigners_of(settings)
            assert not witnessed_by(settings)
            continue
        for read in (cosigners_of, witnessed_by):
            with pytest.raises(SettingsRefused, match=says):
                read(settings)
    file.write_text(f"{key} https://w.example/x/\n", "utf-8")
    assert cosigners_of(settings) == [Cosigner(key.as_witness, "https://w.example/x")]
    file.unlink()
    with pytest.raises(SettingsRefused, match="无法读取"):
        cosigners_of(settings)
