"""核验归档包：只用 Python 标准库，不联网，不需要本系统。用法：python3 核验.py [文件夹或zip] [--key 公钥] [--root 根]
退出码：0 核验无误；1 有不符之处；2 没有发现不符，但证明不完整。

Checked in turn: files against their sums; the chain of entries with what each sent, published and took in; the filing as it stands;
papers and attachments; each leaf of the log up to the signed root; signatures (Ed25519). What rests on trust is told at the end.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
import zipfile
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

WRONG: list[str] = []
LACKING: list[str] = []
DONE: list[str] = []
wrong, write = WRONG.append, partial(print, flush=True)

MOST, LARGEST, TEXTS, ALL = 100_000, 32_000_000, 500_000_000, 8_000_000_000
"""Files of a package; bytes of one that is read as text, of all of them, and of everything with the attachments."""

TOLD, SIGNATURES = 100, 64
"""How many findings of a sort are told; keys of a log, and signatures of a note."""


def say(*parts: Any) -> None:
    """Tell something in one line, whatever the package wrote into it: no line of its own, and nothing that moves a cursor."""
    text = " ".join(str(each)[:400] for each in parts)
    write("".join(each if each.isprintable() else "�" for each in text))


# Ed25519 (RFC 8032, 5.1.7), in extended coordinates

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def point(encoded: bytes) -> Any:
    """The point that 32 bytes stand for; None if there is none."""
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if len(encoded) != 32 or y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x * ROOT % P if (x * x - square) % P else x
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def plus(one: Any, other: Any) -> Any:
    """The sum of two points."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c, d = 2 * one[3] * other[3] * D % P, 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number: int, of: Any) -> Any:
    """A multiple of a point."""
    result = (0, 1, 1, 0)
    while number:
        result = plus(result, of) if number & 1 else result
        of, number = plus(of, of), number >> 1
    return result


BASE = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature is of this message, by this key."""
    key, commitment = point(public), point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or key is None or commitment is None or s >= Q:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % Q
    left, right = times(s, BASE), plus(commitment, times(h, key))
    return all((left[n] * right[2] - right[n] * left[2]) % P == 0 for n in (0, 1))


# Notes, keys, trees (C2SP signed-note, tlog-checkpoint; RFC 6962)


def read_key(line: str) -> tuple[str, bytes, bytes]:
    """A public key by its line: whose it is, how it is called, and itself."""
    name, known_as, encoded = line.strip().split("+", 2)
    packed = base64.b64decode(encoded, validate=True)
    key_id = hashlib.sha256(name.encode() + b"\n" + packed).digest()[:4]
    if key_id.hex() != known_as or len(packed) != 33 or packed[0] != 1:
        raise ValueError(line)
    return name, key_id, packed[1:]


def signers(note: str, keys: Any) -> tuple[str, list[Any]]:
    """The text of a note, and which keys have signed it."""
    text, _, lines = note.rpartition("\n\n")
    text, found = text + "\n", []
    if lines.count("\n") > SIGNATURES:
        raise ValueError("签名过多")
    for line in lines.splitlines():
        name, _, encoded = line.removeprefix("— ").rpartition(" ")
        packed = base64.b64decode(encoded, validate=True)
        for key in keys:
            if key[:2] == (name, packed[:4]):
                if not signed(key[2], text.encode(), packed[4:]):
                    raise ValueError("签名不实")
                found.append(key)
    return text, found


class Tree:
    """How a log hashes."""

    def __init__(self, digest: str) -> None:
        self.name = {"sha-256": "sha256", "sm3": "sm3"}[digest]

    def of(self, content: bytes) -> bytes:
        """A digest."""
        return hashlib.new(self.name, content).digest()

    def node(self, left: bytes, right: bytes) -> bytes:
        """The hash of two subtrees."""
        return self.of(b"\1" + left + right)

    def root(self, leaf: bytes, index: int, size: int, way: list[bytes]) -> bytes:
        """The root to which a leaf and its way lead."""
        inner = (index ^ (size - 1)).bit_length()
        if not 0 <= index < size or len(way) != inner + (index >> inner).bit_count():
            raise ValueError("路径")
        for height, other in enumerate(way):
            left = height >= inner or index >> height & 1
            leaf = self.node(other, leaf) if left else self.node(leaf, other)
        return leaf


def digest(value: Any) -> str:
    """The digest of the one text of a JSON value."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    text = re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", text)
    return hashlib.sha256(text.encode()).hexdigest()


def row(values: Any, *names: str) -> str:
    """The digest of some columns of a row, as a leaf covers them."""
    return digest({name: instant(values.get(name)) if name.endswith("_at") else values.get(name) for name in names})


def instant(text: Any) -> Any:
    """An instant as it is hashed."""
    return text and datetime.fromisoformat(text).astimezone(UTC).isoformat()


# The package


OURS = re.compile(
    r"SHA256SUMS|(目录|证明|理由|备案|文书|消息|公示|版本|年度报送|遮蔽)\.json|(说明|理由)\.txt|核验\.py|卷宗\.docx"
    r"|登记/\d{4,6}\.json|文书/[0-9a-f]{64}\.json|附件/[0-9a-f]{64}(\.[a-z0-9]{1,5})?|(申请表|公文草稿)/[^/\\]{1,200}\.docx"
)
"""What may lie in a package; whatever else somebody put there, sums or not, belongs to nothing that was entered."""


def once(pairs: list[Any]) -> dict[str, Any]:
    """An object of JSON that says everything once: of two values under one name each reader would take another."""
    if len(found := dict(pairs)) < len(pairs):
        raise ValueError("同一名称有两个值")
    return found


class Package:
    """The files of a package, in a folder or a zip."""

    def __init__(self, place: Path) -> None:
        archive = zipfile.ZipFile(place) if place.is_file() else None
        every: list[tuple[str, int, bool]]
        if archive:
            every = [(each.filename, each.file_size, each.external_attr >> 28 == 0xA) for each in archive.infolist()]
        else:
            lie = [each for each in islice(place.rglob("*"), MOST + 1) if each.is_symlink() or not each.is_dir()]
            every = [
                (each.relative_to(place).as_posix(), each.lstat().st_size, not each.is_file() or each.is_symlink())
                for each in lie
            ]
        self.sizes = {name: size for name, size, _ in every}
        self.names = self.sizes.keys() | {"SHA256SUMS"}
        self.open: Any = archive.open if archive else lambda name: (place / name).open("rb")
        texts = sum(size for name, size, _ in every if not name.startswith("附件/"))
        if len(every) > MOST or texts > TEXTS or sum(size for _, size, _ in every) > ALL:
            raise ValueError("文件过多或者过大")
        if linked := [name for name, _, is_link in every if is_link]:
            raise ValueError(f"{linked[0]} 不是文件，而是指向别处")
        if len(every) != len(self.sizes):
            wrong("包内有同名的文件")

    def read(self, name: str) -> bytes:
        """A file that is read as text."""
        with self.open(name) as opened:
            content: bytes = opened.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise ValueError(f"{name} 过大")
        return content

    def sha256(self, name: str) -> str:
        """The digest of a file."""
        hashed = hashlib.sha256()
        with self.open(name) as opened:
            while piece := opened.read(1 << 20):
                hashed.update(piece)
        return hashed.hexdigest()

    def json(self, name: str) -> Any:
        """What a file says."""
        return json.loads(self.read(name), object_pairs_hook=once)

    def below(self, folder: str) -> list[str]:
        """The files of a folder, in order."""
        return sorted(each for each in self.names if each.startswith(folder))


def check_sums(package: Package) -> None:
    """Every file is what the list says, and the list says every file."""
    told = {}
    for line in package.read("SHA256SUMS").decode().splitlines():
        sha256, _, name = line.partition("  ")
        told[name] = sha256
    for name in sorted(told.keys() | package.names - {"SHA256SUMS"}):
        if name not in package.names:
            wrong(f"缺少文件 {name}")
        elif name not in told or not OURS.fullmatch(name):
            wrong(f"多出文件 {name}")
        elif package.sha256(name) != told[name]:
            wrong(f"文件 {name} 与 SHA256SUMS 不符")
    DONE.append(f"{len(told)} 个文件的摘要")


def check_entries(package: Package) -> list[Any]:
    """The chain; the entries as written, in order."""
    entries, previous = [], "0" * 64
    for number, name in enumerate(package.below("登记/"), 1):
        entry = package.json(name)
        body = json.loads(entry["body"], object_pairs_hook=once)
        hashed = hashlib.sha256((entry["previous"] + entry["body"] + entry["effects"]).encode()).hexdigest()
        if name != f"登记/{number:04d}.json" or entry["number"] != number or body["number"] != number:
            wrong(f"第{number}号登记缺失或编号不符")
        if entry["previous"] != previous or entry["hash"] != hashed:
            wrong(f"第{number}号登记与前后登记的哈希不符")
        told = {"filing_id": body["filing"]["id"], "stage": body["stage"], "kind": body["event"]["kind"]}
        told |= {"refused": body.get("refused"), "at": instant(body["at"]), "entered_at": instant(body["entered_at"])}
        if any((instant(entry[key]) if key.endswith("at") else entry[key]) != value for key, value in told.items()):
            wrong(f"第{number}号登记的检索项与登记内容不符")
        previous = entry["hash"]
        entries.append((entry, body))
    if len({body["filing"]["id"] for _, body in entries}) != 1:
        raise ValueError("没有登记，或者不属于同一件备案")
    DONE.append(f"{len(entries)} 条登记首尾相接的哈希")
    return entries


def check_effects(package: Package, entries: list[Any]) -> None:
    """What each entry sent, published and took in."""

    def by_number(rows: list[Any]) -> dict[int, list[Any]]:
        found: dict[int, list[Any]] = {}
        for each in sorted(rows, key=lambda each: (len(each["id"]), each["id"])):
            found.setdefault(each["number"], []).append(each)
        return found

    told = by_number([each["message"] for each in package.json("消息.json")])
    public = by_number(package.json("公示.json"))
    versions = sorted(package.json("版本.json"), key=lambda each: each["version"])
    for entry, _ in entries:
        number = entry["number"]
        sent, shown = told.pop(number, []), public.pop(number, [])
        if entry["effects"] == digest([sent, shown, versions[:1]]) and versions:
            versions.pop(0)
        elif entry["effects"] != digest([sent, shown, []]):
            wrong(f"第{number}号登记的消息、公示公告或申请版本已被改动")
    if told or public or versions:
        wrong("有消息、公示公告或申请版本不属于任何登记")
    DONE.append("各条登记发出的消息、公示公告和申请版本")


def check_filing(package: Package, entries: list[Any]) -> None:
    """The filing as it stands, and its reporting years, against its last entry."""
    stands, (last, body) = package.json("备案.json"), entries[-1]
    value = body["filing"]
    same = {name: name for name in ("kind", "stage", "number", "jurisdiction", "leader", "terms", "calendar")}
    if json.loads(stands["value"], object_pairs_hook=once) != value or stands["head"] != last["hash"]:
        wrong("备案现状与末条登记不符")
    if any(stands[column] != value[name] for column, name in (same | {"filing_id": "id"}).items()):
        wrong("备案现状的检索项与末条登记不符")
    if (stands["archive_number"] or "") != (value.get("archive_number") or ""):
        wrong("备案编号与末条登记不符")
    papers = "".join(package.read(f"文书/{key}.json").decode() for key in named(entries))
    if any(json.dumps(stands[name], ensure_ascii=False) not in papers for name in ("alliance_name", "leader_name")):
        wrong("联盟或盟主的名称不见于登记所依据的文书")
    reasons = package.json("理由.json") if "理由.json" in package.names else []
    if {(each["number"], each["hash"]) for each in reasons} - {
        (entry["number"], entry["hash"]) for entry, _ in entries
    }:
        wrong("理由所据的不是本包的登记")
    years = {each["year"]: each for each in value.get("years", [])}
    for each in package.json("年度报送.json"):
        year = years.get(each["year"], each)
        same_day = all(instant(each[name]) == instant(year.get(name)) for name in ("due", "filed_at"))
        if not 1 <= each["number"] <= len(entries) or each["status"] != year["status"] or not same_day:
            wrong(f"{each['year']}年度的报送情况与登记不符")
    DONE.append("备案现状、年度报送与末条登记一致")


def check_papers(package: Package, entries: list[Any]) -> None:
    """Papers and attachments against their digests."""
    blotted = package.json("遮蔽.json") if "遮蔽.json" in package.names else []
    masked, there = {each["digest"]: each["stands"] for each in blotted}, dict[str, bytes]()
    for name in package.below("文书/"):
        key = name.removeprefix("文书/").removesuffix(".json")
        there[key] = package.read(name)
        sha256 = hashlib.sha256(there[key]).hexdigest()
        if sha256 != key and masked.get(key) != sha256:
            wrong(f"文书 {key} 已被改动")
    for key in sorted(named(entries) - there.keys()):
        wrong(f"缺少登记所依据的文书 {key}")
    quoted = {
        key.decode() for body in there.values() for key in re.findall(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", body)
    }
    for name in package.below("附件/"):
        key = name.removeprefix("附件/").partition(".")[0]
        if package.sha256(name) != key:
            wrong(f"附件 {key} 已被改动")
        elif key not in quoted:
            wrong(f"附件 {key} 不为任何文书所引用")
    LACKING.extend(f"文书 {key} 的个人信息已按保存期限遮蔽，原文无从核对" for key in masked)
    DONE.append(f"{len(there)} 份文书和附件的摘要")


LETTER = "id filing_id text to office messages title body created_at handed_at closed_at failed round_id about"
CARRIED = "channel state tries first_tried_at last_tried_at content"


def named(entries: list[Any]) -> set[str]:
    """The papers on which entries rest."""
    came = (body["event"].get("came") or {} for _, body in entries)
    return {key for key in [*(entry["paper"] for entry, _ in entries), *(each.get("record") for each in came)] if key}


def covered(package: Package, entries: list[Any]) -> dict[Any, str]:
    """The digest of every row that the log ought to cover, by kind, name and number."""
    rows: dict[Any, str] = {("entry", entry["filing_id"], entry["number"]): entry["hash"] for entry, _ in entries}
    rests = named(entries)
    for each in (each for each in package.json("文书.json") if each["digest"] in rests):
        rows["paper", each["digest"], 0] = row(each, "digest", "filing_id", "kind", "stored_at")
    for sent in package.json("消息.json"):
        of: dict[Any, list[Any]] = {}
        for each in sent["deliveries"]:
            of.setdefault(each["letter"], []).append(each)
        for letter in sent["letters"]:
            tried = sorted(of.get(letter["id"], []), key=lambda each: str(each["channel"]))
            if letter.get("closed_at"):
                at = round(datetime.fromisoformat(letter["closed_at"]).timestamp() * 1_000_000)
                carried = [row(each, *CARRIED.split()) for each in tried]
                rows["delivery", letter["id"], at] = digest([row(letter, *LETTER.split()), *carried])
                receipts = [row(each, "channel", "address", "receipt") for each in tried]
                if any(each["address"] or each["receipt"] for each in tried) or not tried:
                    rows["receipt", letter["id"], at] = digest([letter["id"], *receipts])
            if letter.get("read_at"):
                at = round(datetime.fromisoformat(letter["read_at"]).timestamp() * 1_000_000)
                rows["read", letter["id"], at] = row(letter, "id", "read_at")
    return rows


WORDS = {"entry": "登记", "paper": "文书", "delivery": "送达", "receipt": "回执", "read": "阅读"}


def check_log(package: Package, entries: list[Any], known: list[str], printed: str) -> Any:
    """Every row up to a signed root; that nothing was entered after the last one when this was made."""
    proof = package.json("证明.json")
    if not proof:
        LACKING.append("制作本包时登记日志尚未签署，没有日志的证明")
        return None
    keys = list({read_key(line) for line in proof["keys"][: SIGNATURES + 1]})
    if len(proof["keys"]) > SIGNATURES:
        raise ValueError("公钥过多")
    text, by = signers(proof["checkpoint"], keys)
    origin, count, top, *others = text.splitlines()
    size, root = int(count), base64.b64decode(top)
    tree = Tree(next((each.removeprefix("digest ") for each in others if each.startswith("digest ")), "sha-256"))
    if not by:
        wrong("检查点没有所附公钥的签名")
    if known and not {read_key(each) for each in known} & set(by):
        wrong("检查点不是以您所给的公钥签署的")
    rows, leaves = covered(package, entries), len(proof["leaves"])
    for leaf in proof["leaves"]:
        key = leaf["kind"], leaf["of"], leaf["number"]
        name = f"{WORDS.get(leaf['kind'], leaf['kind'])} {leaf['of']} {leaf['number']}"
        covers = rows.pop(key, None)
        said = f"beian leaf 1\n{leaf['kind']}\n{leaf['nonce']}\n{leaf['covers']}\n".encode()
        hashed = tree.of(b"\0" + hashlib.sha256(said).digest())
        if covers != leaf["covers"]:
            wrong(f"{name} 与日志所记不符，或者不在本包")
        if tree.root(hashed, leaf["position"], size, [base64.b64decode(each) for each in leaf["proof"]]) != root:
            wrong(f"{name} 的日志路径不通到所签的根")
    for kind, of, number in rows:
        LACKING.append(f"{WORDS[kind]} {of} {number if kind == 'entry' else ''} 制作本包时尚未列入日志")
    head, by_head = signers(proof["head"], keys) if proof.get("head") else ("", [])
    last = entries[-1][0]
    if not by_head:
        LACKING.append("末条登记没有签署，不能证明其后没有登记")
    elif head.splitlines() != [f"{origin}/head", last["filing_id"], str(last["number"]), last["hash"], str(leaves)]:
        wrong("末条登记或日志的项数与所签署的不符：有截去、增添或者替换")
    if printed and printed not in (root.hex(), top):
        wrong("根与您所给的不符")
    DONE.append(f"{leaves} 项在日志中的位置，直至 {origin} 所签 {size} 条的根 {root.hex()}")
    return origin, [line for line in proof["keys"] if read_key(line) in by or not by]


def check(place: Path, known: list[str], printed: str) -> Any:
    """Everything, one after the other; whose log it is, and its keys, if it has come so far."""
    try:
        package = Package(place)
        check_sums(package)
        entries = check_entries(package)
        check_effects(package, entries)
        check_papers(package, entries)
        check_filing(package, entries)
        return check_log(package, entries, known, printed)
    except Exception as unreadable:  # whatever it is that somebody made: it is no package
        wrong(f"包内的内容无法读取（{type(unreadable).__name__} {unreadable}）")


def main() -> None:
    """Check, and tell."""
    options = argparse.ArgumentParser(description="核验归档包")
    options.add_argument("place", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    options.add_argument("--key", action="append", default=[], help="您从别处得知的公钥，一行")
    options.add_argument("--root", default="", help="公示公告或者他处留存的副本所载的根")
    asked = options.parse_args()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    log = check(asked.place, asked.key, asked.root)
    for mark, lines in (("✓ 已核验", [] if WRONG else DONE), ("✗", WRONG), ("？", LACKING)):
        for each in lines[:TOLD]:
            say(mark, each)
        if len(lines) > TOLD:
            say(mark, f"另有 {len(lines) - TOLD} 项")
    if log and not WRONG:
        say("以下须凭信任，或者另行查证：")
        say(f"· 下列公钥确为 {log[0]} 所有（与公示公告网站 log/keys 或留存的副本比对；或以 --key 给出）：")
        for line in log[1]:
            say("   ", line)
        say(
            "· 登记所依据的事实本身真实；申请表、公文草稿、卷宗.docx、理由、备案.json 的其余检索项和不为登记所依据的文书以登记为准"
        )
        say("· 日志没有另一个版本：上列的根与公示公告或他处留存的副本所载一致（以 --root 给出即予比对）")
    say("核验未通过" if WRONG else "没有发现不符，但证明不完整" if LACKING else "核验无误")
    sys.exit(1 if WRONG else 2 if LACKING else 0)


if __name__ == "__main__":
    main()
