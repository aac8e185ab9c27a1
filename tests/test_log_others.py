"""What others make of our log: a library of theirs, a witness, and an authority that stamps the time (OpenSSL's own, on loopback)."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from sqlalchemy import text, update
from tlog_scales import signing
from tlog_scales import tiles as their_tiles
from tlog_scales.reader import TilesReader

from activities.log import checking, keys, proving, public_keys, stamps
from activities.log.cosigning import take
from activities.log.leaves import data
from activities.log.notes import Key, Note, Signer
from activities.log.sequencing import CHECKPOINTS, ends_of_days
from activities.log.tree import Tree
from activities.log.witnessing import NotWitnessed, Witness
from activities.register import Register
from tests.databases import Databases, Sqlite
from tests.logged import LAST, ORIGIN, begin, fill, keeping
from tests.simulated import holding, lived, written

ROOT = Path(__file__).parent.parent
NOW = datetime(2030, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def life(sqlite: Databases) -> Iterator[Register]:
    """A register on SQLite that holds a whole life."""
    opened = Register.at(sqlite.made("a whole life", holding(lambda register: written(register, lived("LIFE")))))
    yield opened
    opened.engine.dispose()


class Folder:
    """The files of a log, as that library asks for them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, *parts: str) -> bytes | None:
        """A file by the parts of its path."""
        path = self.folder.joinpath(*parts)
        return path.read_bytes() if path.is_file() else None


def test_another_library_reads_the_files_and_checks_the_proofs(tmp_path: Path) -> None:
    register = Register.at(Sqlite(tmp_path).migrated())
    kept = keeping(register.engine, tmp_path)
    begin(register)
    with kept.log.turn() as db:  # a tree of more than one tile
        from activities.log.leaves import Key as Row
        from activities.log.leaves import LeafKind

        kept.log.add(db, [(LeafKind.LOST, Row("log", n), f"{n:064x}") for n in range(600)])
    first = kept.passes(LAST - timedelta(days=40))
    register.append_all([entry for entry in lived("LIFE").docket if entry.number == 13])
    last = kept.passes(LAST)
    assert first
    assert last
    reader = TilesReader(Folder(kept.files.folder))
    theirs = reader.get_checkpoint()
    [vkey] = [signing.Vkey.from_string(line) for line in (kept.files.folder / "keys").read_text("utf-8").splitlines()]
    theirs.verify(vkey)
    assert (theirs.origin, theirs.size) == (ORIGIN, last.size)
    assert reader.calculate_root_hash() == theirs.root_hash == bytes.fromhex(last.root)
    with register.engine.connect() as db:
        found = proving.of_entry(db, last, "LIFE", 3)
        assert found
        leaf = data(found["kind"], found["nonce"], found["covers"])
        assert reader.get_entry(found["position"]) == leaf
        tree = Tree(db, kept.log.hashing(last))
        for index in (0, found["position"], 255, 256, 511, 512, last.size - 1):
            proof = reader.get_inclusion_proof(index, last.size)
            assert proof.node_hashes == tree.inclusion(index, last.size)
            proof.check(their_tiles.leaf_hash(reader.get_entry(index)), theirs.root_hash)
        grown = reader.get_consistency_proof(first.size, last.size)
        assert grown.node_hashes == tree.consistency(first.size, last.size)
        grown.check(bytes.fromhex(first.root), theirs.root_hash)
    register.engine.dispose()


def test_a_witness_signs_what_grew_and_never_a_fork(life: Register, tmp_path: Path) -> None:
    ours, other = keeping(life.engine, tmp_path / "ours"), Register.at(Sqlite(tmp_path).migrated())
    ours.passes(NOW)
    folder, [own] = str(ours.files.folder), keys.signers(ours.log.key_file)
    witness = Witness(other.engine, _witness(tmp_path))
    with pytest.raises(NotWitnessed, match="--key"):
        witness.cosign(folder, NOW)
    with pytest.raises(NotWitnessed):
        witness.cosign(str(tmp_path), NOW)
    says, line = witness.cosign(folder, NOW, [own.key])
    with pytest.raises(NotWitnessed):
        take(life.engine, [line], [own.key])
    taken = take(life.engine, [line], [witness.signer.key])
    ours.publish()
    published = Note.read(ours.files.note() or "")
    assert str(published) == taken.note
    assert len(published.signed_by([own.key, witness.signer.key.as_witness])) == 2
    signing.Vkey.from_string(str(witness.signer.key.as_witness)).get_verifier()
    # it grows: signed again; another log under the name and key: never
    ours.passes(NOW + timedelta(days=1))
    assert witness.cosign(folder, NOW)[0].size == says.size
    fork = Register.at(Sqlite(tmp_path / "fork").migrated())
    theirs = keeping(fork.engine, tmp_path / "fork")
    theirs.log.key_file.write_bytes(ours.log.key_file.read_bytes())
    theirs.log.key_file.chmod(0o600)
    fill(fork, theirs)
    with pytest.raises(NotWitnessed, match="条"):
        witness.cosign(str(theirs.files.folder), NOW)
    with other.engine.connect() as db:
        assert public_keys.known(db, ORIGIN) == [own.key]
    with life.engine.connect() as db:
        assert checking.checked(db).faults == []
    for each in (other, fork):
        each.engine.dispose()


def _witness(folder: Path) -> Signer:
    keys.add(folder / "witness-keys", "library.example")
    [signer] = keys.signers(folder / "witness-keys")
    assert Key.read(str(signer.key)) == signer.key
    return signer


TSA = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
default_policy = 1.2.3.4
digests = sha256
signer_digest = sha256
[root]
basicConstraints = critical,CA:true
[stamps]
extendedKeyUsage = critical,timeStamping
"""


def _openssl(*arguments: str) -> bytes:
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True).stdout


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[tuple[str, stamps.Roots]]:
    """A time-stamping authority on loopback, and the certificate by which it is believed."""
    folder = tmp_path / "tsa"
    folder.mkdir()
    config = folder / "tsa.cnf"
    config.write_text(TSA.format(folder=folder), "utf-8")
    (folder / "serial").write_text("01", "utf-8")
    at = [f"{folder}/{name}" for name in ("root.key", "root.pem", "tsa.key", "tsa.csr", "tsa.pem", "asked")]
    new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj")
    _openssl(*new, "/CN=root", "-x509", "-days", "9", "-keyout", at[0], "-out", at[1])
    _openssl(*new, "/CN=tsa", "-keyout", at[2], "-out", at[3])
    signs = ("-CA", at[1], "-CAkey", at[0], "-CAcreateserial", "-extfile", str(config), "-extensions", "stamps")
    _openssl("x509", "-req", "-in", at[3], *signs, "-days", "9", "-out", at[4])

    class Stamps(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            Path(at[5]).write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            answer = _openssl("ts", "-reply", "-config", str(config), "-queryfile", at[5])
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Stamps)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", [x509.load_pem_x509_certificate(Path(at[1]).read_bytes())]
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_end_of_a_day_is_stamped_and_a_false_stamp_is_seen(
    life: Register, tmp_path: Path, authority: tuple[str, stamps.Roots]
) -> None:
    address, roots = authority
    kept = replace(keeping(life.engine, tmp_path), authority=address, roots=roots)
    kept.passes(NOW)
    kept.passes(NOW + timedelta(days=1))
    kept.passes(NOW + timedelta(days=2))
    with life.engine.connect() as db:
        newest, before = ends_of_days(db)
        assert newest.stamp
        assert before.stamp
        assert checking.checked(db).faults == []
    assert list(stamps.faults([newest, before], roots)) == []
    assert (kept.files.folder / f"days/{newest.day}.tsr").is_file()
    day = kept.files.folder / "days" / str(newest.day)
    printed = re.search(
        r"```console\n\$ (sed .*)\n\$ (openssl ts .*)\n```", (ROOT / "docs" / "核验.md").read_text("utf-8")
    )
    assert printed, "as it is printed for strangers, who have no program of ours"
    names = {
        "日期.tsr": f"{day}.tsr",
        " 日期": f" {day}",
        "正文": f"{tmp_path}/text",
        "根证书": f"{tmp_path}/tsa/root.pem",
    }
    for command in printed.groups():
        typed = reduce(lambda text, name: text.replace(name, names[name]), names, command)
        done = subprocess.run(typed, shell=True, capture_output=True, text=True, check=True)
    assert "Verification: OK" in done.stdout + done.stderr
    swapped = [
        newest.model_copy(update={"stamp": "AAAA"}),
        before.model_copy(update={"note": newest.note.replace("\n5", "\n6", 1)}),
    ]
    assert len(list(stamps.faults(swapped, roots))) == 2
    with life.engine.connect().execution_options(writes=True) as db, db.begin():
        db.execute(update(CHECKPOINTS).values(stamp=None))
    replace(kept, authority="http://127.0.0.1:9").stamp()  # nobody answers: the next pass asks again
    with life.engine.connect() as db:
        assert db.execute(text("SELECT count(*) FROM log_checkpoints WHERE stamp IS NOT NULL")).scalar() == 0
