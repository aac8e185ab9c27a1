"""核验归档包、一项决定的证明、公示公告的证明：只用 Python 标准库，不联网，不需要本系统。
用法：python3 核验.py [文件夹、zip或json] [--key 公钥] [--root 根] [--重算]
退出码：0 核验通过；1 有不符之处；2 没有发现不符，但证明不完整。

Checked in turn: sums, the chain of entries and what each brought about, papers, each leaf of the log up to the signed root, signatures.
"""

import argparse
import base64
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

WRONG: list[str] = []
LACKING: list[str] = []
DONE: list[str] = []
ASIDE: list[str] = []
wrong, write = WRONG.append, partial(print, flush=True)

MOST, LARGEST, TEXTS, ALL = 100_000, 32_000_000, 500_000_000, 8_000_000_000
"""Files of a package; bytes of one that is read as text, of all of them, and of everything with the attachments."""

TOLD, SIGNATURES = 100, 64
"""How many findings of a sort are told; keys of a log, and signatures of a note."""


def say(*parts: Any) -> None:
    """Tell something in one line, whatever the package wrote into it: no line of its own, and nothing that moves a cursor."""
    text = " ".join(str(each)[:400] for each in parts)
    write("".join(each if each.isprintable() else "�" for each in text))


# Ed25519 (RFC 8032, 5.1.7), in plain coordinates

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def point(encoded: bytes) -> Any:
    """The point that 32 bytes stand for; None if there is none."""
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x * ROOT % P if (x * x - square) % P else x
    if len(encoded) != 32 or y >= P or (x * x - square) % P or (x == 0 and sign):
        return None
    return (P - x if x & 1 != sign else x), y


def plus(one: Any, other: Any) -> Any:
    """The sum of two points."""
    (a, b), (c, d) = one, other
    both = D * a * b * c * d
    return (a * d + b * c) * pow(1 + both, -1, P) % P, (b * d + a * c) * pow(1 - both, -1, P) % P


def times(number: int, of: Any) -> Any:
    """A multiple of a point."""
    result = (0, 1)
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
    return bool(times(s, BASE) == plus(commitment, times(h, key)))


def read_key(line: str) -> tuple[str, bytes, bytes]:
    """A public key by its line, of a log (1) or a witness (4): whose it is, how it is called, and itself after its type."""
    name, known_as, encoded = line.strip().split("+", 2)
    packed = base64.b64decode(encoded, validate=True)
    key_id = hashlib.sha256(name.encode() + b"\n" + packed).digest()[:4]
    if key_id.hex() != known_as or len(packed) != 33 or packed[0] not in (1, 4):
        raise ValueError(line)
    return name, key_id, packed


def signers(note: str, keys: Any) -> tuple[str, list[Any]]:
    """The text of a note (C2SP signed-note), and which keys have signed it; a witness signs the time too (tlog-cosignature)."""
    text, _, lines = note.rpartition("\n\n")
    text, found = text + "\n", []
    if lines.count("\n") > SIGNATURES:
        raise ValueError("签名过多")
    for line in lines.splitlines():
        name, _, encoded = line.removeprefix("— ").rpartition(" ")
        packed = base64.b64decode(encoded, validate=True)
        for key in (key for key in keys if key[:2] == (name, packed[:4])):
            said, signature = text, packed[4:]
            if key[2][0] == 4:
                seconds, signature = int.from_bytes(packed[4:12], "big"), packed[12:]
                said = f"cosignature/v1\ntime {seconds}\n{text}"
                DONE.append(f"见证：{name} 于 {datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC 见过这个根")
            if not signed(key[2][1:], said.encode(), signature):
                raise ValueError("签名不实")
            found.append(key)
    return text, found


def climbed(digest_name: str, leaf: bytes, index: int, size: int, way: list[bytes]) -> bytes:
    """The root to which what a leaf says, and its way, lead (RFC 6962); by the digest of the log."""
    of = partial(hashlib.new, {"sha-256": "sha256", "sm3": "sm3"}[digest_name])
    now, inner = of(b"\0" + leaf).digest(), (index ^ (size - 1)).bit_length()
    if not 0 <= index < size or len(way) != inner + (index >> inner).bit_count():
        raise ValueError("路径")
    for height, other in enumerate(way):
        left = height >= inner or index >> height & 1
        now = of(b"\1" + (other + now if left else now + other)).digest()
    return now


def digest(value: Any) -> str:
    """The digest of the one text of a JSON value."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    text = re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", text)
    return hashlib.sha256(text.encode()).hexdigest()


def row(values: Any, names: str) -> str:
    """The digest of some columns of a row, as a leaf covers them."""
    told = {name: values.get(name) for name in names.split()}
    return digest({name: instant(each) if name.endswith("_at") else each for name, each in told.items()})


def instant(text: Any) -> Any:
    """An instant as it is hashed."""
    return text and datetime.fromisoformat(text).astimezone(UTC).isoformat()


def micros(text: str) -> int:
    """An instant as the number by which a row is known that may come again."""
    return round(datetime.fromisoformat(text).timestamp() * 1_000_000)


OURS = re.compile(
    r"SHA256SUMS|(目录|证明|理由|备案|文书|消息|送达|公示|版本|遮蔽)\.json|(说明|理由)\.txt|核验\.py|卷宗\.docx"
    r"|登记/\d{4,6}\.json|文书/[0-9a-f]{64}\.json|附件/[0-9a-f]{64}(\.[a-z0-9]{1,5})?|(申请表|公文草稿)/[^/\\]{1,200}\.docx"
    r"|规则/(版本\.json|依据\.json|beian_regulation-[0-9a-z.+]{1,40}-py3-none-any\.whl)"
)
"""What may lie in a package; whatever else somebody put there, sums or not, belongs to nothing that was entered."""


def once(pairs: list[Any]) -> dict[str, Any]:
    """An object of JSON that says everything once: of two values under one name each reader would take another."""
    if len(found := dict(pairs)) < len(pairs):
        raise ValueError("同一名称有两个值")
    return found


class Package:
    """The files of a package, in a folder or a zip; of a single announcement, its proof alone."""

    def __init__(self, place: Path) -> None:
        archive = zipfile.ZipFile(place) if place.is_file() and place.suffix != ".json" else None
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
        self.open: Any = archive.open if archive else lambda name: (place / name).open("rb")
        if place.suffix == ".json":
            self.sizes, self.open = {"证明.json": 0}, lambda _: place.open("rb")
        self.names, self.whole = set(self.sizes), "备案.json" in self.sizes
        texts = sum(size for name, size, _ in every if not name.startswith("附件/"))
        if len(every) > MOST or texts > TEXTS or sum(size for _, size, _ in every) > ALL:
            raise ValueError("文件过多或者过大")
        if linked := [name for name, _, is_link in every if is_link]:
            raise ValueError(f"{linked[0]} 不是文件，而是指向别处")
        if len(every) > len(self.sizes):
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

    def json(self, name: str, absent: Any = ()) -> Any:
        """What a file says; what stands for it where it is left out."""
        return json.loads(self.read(name), object_pairs_hook=once) if name in self.names else absent

    def below(self, folder: str) -> list[str]:
        """The files of a folder, in order."""
        return sorted(each for each in self.names if each.startswith(folder))


def check_sums(package: Package) -> None:
    """Every file is what the list says, and the list says every file."""
    told = dict(line.partition("  ")[::-2] for line in package.read("SHA256SUMS").decode().splitlines())
    names = package.names - {"SHA256SUMS"}
    for name in sorted(told.keys() | names):
        if name not in names:
            wrong(f"缺少文件 {name}")
        elif name not in told or not OURS.fullmatch(name):
            wrong(f"多出文件 {name}")
        elif package.sha256(name) != told[name]:
            wrong(f"文件 {name} 与 SHA256SUMS 不符")
    DONE.append(f"{len(told)} 个文件的摘要")


def check_entries(package: Package) -> list[Any]:
    """The chain; the entries as written, in order. A decision's proof gives of what it does not rest on the hash alone."""
    entries, previous, files = [], "0" * 64, package.below("登记/")
    for number, name in enumerate(files, 1):
        entry = package.json(name)
        if not package.whole and entry.keys() == {"number", "hash"} and entry["number"] == number:
            previous = entry["hash"]
            continue
        body = json.loads(entry["body"], object_pairs_hook=once)
        hashed = hashlib.sha256((entry["previous"] + entry["body"] + entry["effects"]).encode()).hexdigest()
        if name != f"登记/{number:04d}.json" or entry["number"] != number or body["number"] != number:
            wrong(f"第{number}号登记缺失或编号不符")
        if entry["previous"] != previous or entry["hash"] != hashed:
            wrong(f"第{number}号登记与前后登记的哈希不符")
        previous = entry["hash"]
        entries.append((entry, body))
    if len({body["filing"]["id"] for _, body in entries}) != 1:
        raise ValueError("没有登记，或者不属于同一件备案")
    if not package.whole:
        ASIDE.append("只证明所附的登记，不证明其后没有别的登记（须证明的用归档包）")
    elif package.json("备案.json") != entries[-1][1]["filing"]:
        wrong("备案现状与末条登记不符")
    hashes = {(entry["number"], entry["hash"]) for entry, _ in entries}
    if {(each["number"], each["hash"]) for each in package.json("理由.json")} - hashes:
        wrong("理由所据的不是本包的登记")
    DONE.append(f"{len(files)} 条登记首尾相接的哈希，其中附有内容的 {len(entries)} 条")
    return entries


def check_effects(package: Package, entries: list[Any]) -> None:
    """What each entry sent, published and took in."""
    if not package.whole and "消息.json" not in package.names:
        ASIDE.append("发给他人的消息未附；各条登记的哈希已含其摘要")
        return
    both = [each["message"] for each in package.json("消息.json")], package.json("公示.json")
    messages, notices = (sorted(rows, key=lambda each: (len(each["id"]), each["id"])) for rows in both)
    versions = sorted(package.json("版本.json"), key=lambda each: each["version"])
    numbers = [entry["number"] for entry, _ in entries]
    for entry, _ in entries:
        number = entry["number"]
        sent, shown = ([each for each in rows if each["number"] == number] for rows in (messages, notices))
        if entry["effects"] == digest([sent, shown, versions[:1]]) and versions:
            versions.pop(0)
        elif entry["effects"] != digest([sent, shown, []]):
            wrong(f"第{number}号登记的消息、公示公告或申请版本已被改动")
    if versions or any(each["number"] not in numbers for each in [*messages, *notices]):
        wrong("有消息、公示公告或申请版本不属于任何登记")
    DONE.append("各条登记发出的消息、公示公告和申请版本")


def check_papers(package: Package, entries: list[Any]) -> None:
    """Papers and attachments against their digests."""
    masked, there = {each["digest"]: each["stands"] for each in package.json("遮蔽.json")}, dict[str, bytes]()
    for name in package.below("文书/"):
        key = name.removeprefix("文书/").removesuffix(".json")
        there[key] = package.read(name)
        sha256 = hashlib.sha256(there[key]).hexdigest()
        if sha256 != key and masked.get(key) != sha256:
            wrong(f"文书 {key} 已被改动")
    for key in sorted(named(entries) - there.keys()):
        (wrong if package.whole else ASIDE.append)(f"缺少登记所依据的文书 {key}")
    digests = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
    quoted = {key.decode() for body in there.values() for key in digests.findall(body)}
    for name in package.below("附件/"):
        key = name.removeprefix("附件/").partition(".")[0]
        if package.sha256(name) != key:
            wrong(f"附件 {key} 已被改动")
        elif key not in quoted:
            wrong(f"附件 {key} 不为任何文书所引用")
    LACKING.extend(f"文书 {key} 的个人信息已按保存期限遮蔽，原文无从核对" for key in masked)
    DONE.append(f"{len(there)} 份文书和附件的摘要")


NOTICE = "id filing_id number kind jurisdiction shown_from shown_until published_at content"
LETTER = "id filing_id text to office messages title body created_at handed_at closed_at failed round_id about"
CARRIED = "channel state tries first_tried_at last_tried_at content"


def named(entries: list[Any]) -> set[str]:
    """The papers on which entries rest."""
    events = [body["event"] for _, body in entries if not body.get("refused")]
    keys = [key for each in events for key in (each.get("paper"), (each.get("came") or {}).get("record"))]
    return {key for key in keys if key}


def covered(package: Package, entries: list[Any], proof: Any) -> dict[Any, str]:
    """The digest of every row that the log ought to cover, by kind, name and number."""
    rows: dict[Any, str] = {("entry", body["filing"]["id"], body["number"]): entry["hash"] for entry, body in entries}
    rests = named(entries)
    for each in (each for each in package.json("文书.json") if each["digest"] in rests):
        rows["paper", each["digest"], 0] = row(each, "digest filing_id kind stored_at")
    for each in package.json("公示.json", proof.get("notices", ())):
        rows["notice", each["id"], 0] = row(each, NOTICE)
    for each in package.json("规则/版本.json"):
        rows["edition", f"{each['subject']}/{each['name']}", 0] = row(each, "subject name digest first_used_at")
    for sent in [*package.json("消息.json"), *package.json("送达.json")]:
        of: dict[Any, list[Any]] = {}
        for each in sent["deliveries"]:
            of.setdefault(each["letter"], []).append(each)
        for letter in sent["letters"]:
            tried = sorted(of.get(letter["id"], []), key=lambda each: str(each["channel"]))
            if letter.get("closed_at"):
                at = micros(letter["closed_at"])
                carried = [row(each, CARRIED) for each in tried]
                rows["delivery", letter["id"], at] = digest([row(letter, LETTER), *carried])
                if any(each["address"] or each["receipt"] for each in tried) or not tried:
                    receipts = [row(each, "channel address receipt") for each in tried]
                    rows["receipt", letter["id"], at] = digest([letter["id"], *receipts])
            if letter.get("read_at"):
                rows["read", letter["id"], micros(letter["read_at"])] = row(letter, "id read_at")
    return rows


WORDS = {"entry": "登记", "paper": "文书", "notice": "公告", "edition": "版本"}
WORDS |= {"delivery": "送达", "receipt": "回执", "read": "阅读"}


def check_log(package: Package, entries: list[Any], known: list[str], printed: str) -> Any:
    """Every row up to a signed root; of a whole package, that nothing was entered after the last one when it was made."""
    proof = package.json("证明.json", {})
    if not proof:
        return LACKING.append("制作时登记日志尚未签署，没有日志的证明")
    if len(proof["keys"]) > SIGNATURES:
        raise ValueError("公钥过多")
    keys = {read_key(line) for line in [*proof["keys"], *known]}
    text, by = signers(proof["checkpoint"], keys)
    origin, count, top, *others = text.splitlines()
    size, root = int(count), base64.b64decode(top)
    hashing = next((each.removeprefix("digest ") for each in others if each.startswith("digest ")), "sha-256")
    if not set(by) & {read_key(line) for line in proof["keys"]}:
        wrong("检查点没有所附公钥的签名")
    if known and not {read_key(each) for each in known} & set(by):
        wrong("检查点不是以您所给的公钥签署的")
    rows, leaves = covered(package, entries, proof), len(proof["leaves"])
    for leaf in proof["leaves"]:
        key = leaf["kind"], leaf["of"], leaf["number"]
        name = f"{WORDS.get(leaf['kind'], leaf['kind'])} {leaf['of']} {leaf['number']}"
        said = f"beian leaf 1\n{leaf['kind']}\n{leaf['nonce']}\n{leaf['covers']}\n".encode()
        way = [base64.b64decode(each) for each in leaf["proof"]]
        if rows.pop(key, None) != leaf["covers"]:
            wrong(f"{name} 与日志所记不符，或者不在本包")
        if climbed(hashing, hashlib.sha256(said).digest(), leaf["position"], size, way) != root:
            wrong(f"{name} 的日志路径不通到所签的根")
    LACKING.extend(f"{WORDS[kind]} {of} {number or ''} 制作时尚未列入日志" for kind, of, number in rows)
    if package.whole:
        head, by_head = signers(proof["head"], keys) if proof.get("head") else ("", [])
        last, of = entries[-1][0], entries[-1][1]["filing"]["id"]
        if not by_head:
            LACKING.append("末条登记没有签署，不能证明其后没有登记")
        elif head.splitlines() != [f"{origin}/head", of, str(last["number"]), last["hash"], str(leaves)]:
            wrong("末条登记或日志的项数与所签署的不符：有截去、增添或者替换")
    if printed and printed not in (root.hex(), top):
        wrong("根与您所给的不符")
    DONE.append(f"{leaves} 项在日志中的位置，直至 {origin} 所签 {size} 条的根 {root.hex()}")
    return origin, [line for line in proof["keys"] if read_key(line) in by or not by]


CHILD = """import sys
def refuse(event, _):
    if event.startswith(("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "os.remove")):
        raise PermissionError(event)
sys.addaudithook(refuse)
sys.meta_path[:] = [each for each in sys.meta_path if each.__module__.startswith("_frozen_importlib")]
sys.path.insert(0, sys.argv[1])
from regulation.recomputing import main
main()"""


def recompute(package: Package, entries: list[Any], asked: bool) -> str:
    """Whether the rules in the package, in a process without network, come to what was entered. What is not proven is not run."""
    wheel, used = next(iter(package.below("规则/beian_regulation")), ""), package.json("规则/版本.json")
    if not wheel:
        return "未重算：未附规则程序"
    if package.sha256(wheel) not in [each["digest"] for each in used]:
        wrong("规则程序与日志所载的摘要不符")
    if WRONG or any(each.startswith("版本") for each in LACKING):
        return "未重算：规则程序未经核验，不予运行"
    if not asked:
        return "未重算：规则程序已附而未运行（--重算 即运行：另起进程，不联网，须装有 pydantic）"
    told = {"entries": [body for _, body in entries], "used": used, "editions": package.json("规则/依据.json")}
    with tempfile.TemporaryDirectory() as folder:
        (rules := Path(folder) / Path(wheel).name).write_bytes(package.read(wheel))
        command = [sys.executable, "-I", "-B", "-X", "utf8", "-c", CHILD, str(rules)]
        done = subprocess.run(command, input=json.dumps(told).encode(), capture_output=True, timeout=300, check=False)
    if done.returncode:
        return f"未重算：规则程序不能运行（{done.stderr.decode('utf-8', 'replace').strip().splitlines()[-1:]}）"
    found = json.loads(done.stdout)
    WRONG.extend(f"重算不一致：{each}" for each in found["differs"])
    return "结果重算不一致" if found["differs"] else f"结果已重算一致（{found['steps']}条登记、{found['dates']}个期限）"


def check(place: Path, known: list[str], printed: str, again: bool = False) -> Any:
    """Everything, one after the other; whose log it is, and its keys, if it has come so far."""
    try:
        package = Package(place)
        if package.names == {"证明.json"}:
            return check_log(package, [], known, printed)
        check_sums(package)
        entries = check_entries(package)
        check_effects(package, entries)
        check_papers(package, entries)
        log = check_log(package, entries, known, printed)
        ASIDE.append(recompute(package, entries, again))
        return log
    except Exception as unreadable:  # whatever it is, nothing is proven
        wrong(f"所载内容无法读取（{type(unreadable).__name__} {unreadable}）")


def main() -> None:
    """Check, and tell."""
    options = argparse.ArgumentParser(description="核验归档包、决定的证明、公示公告的证明")
    options.add_argument("place", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    options.add_argument("--key", action="append", default=[], help="您从别处得知的公钥，一行；见证人的也可以")
    options.add_argument("--root", default="", help="公示公告或者他处留存的副本所载的根")
    options.add_argument("--重算", dest="again", action="store_true", help="运行所附的规则程序，由登记重算结果")
    asked = options.parse_args()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    log = check(asked.place, asked.key, asked.root, asked.again)
    told = ((), WRONG, LACKING, ()) if WRONG else (DONE, WRONG, LACKING, ASIDE)
    for mark, lines in zip(("✓ 已核验", "✗", "？", "·"), told, strict=True):
        for each in [*lines[:TOLD], *([f"另有 {len(lines) - TOLD} 项"] if len(lines) > TOLD else [])]:
            say(mark, each)
    if log and not WRONG:
        say("以下须凭信任，或者另行查证：")
        say(f"· 下列公钥确为 {log[0]} 所有（与公示公告网站 log/keys 或留存的副本比对；或以 --key 给出）：")
        for line in log[1]:
            say("   ", line)
        say(
            "· 登记所依据的事实本身真实；另行生成的文件（申请表、公文草稿、卷宗.docx、说明、理由）和不为登记所依据的文书以登记为准"
        )
        say("· 日志没有另一个版本：上列的根与公示公告或他处留存的副本所载一致（以 --root 给出即予比对）")
    say("核验未通过" if WRONG else "没有发现不符，但证明不完整" if LACKING else "核验通过")
    sys.exit(1 if WRONG else 2 if LACKING else 0)


if __name__ == "__main__":
    main()
