"""核验归档包、一项决定的证明、公示公告的证明：只用 Python 标准库，不联网，不需要本系统。
用法：python3 -I 核验.py [文件夹、zip或json] [--key 公钥] [--root 根] [--重算]；程序请取自公示公告网站，不取自所核验的包
退出码：0 核验通过；1 有不符之处；2 没有发现不符，但证明不完整。
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
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Any

DONE, WRONG, LACKING, ASIDE = (list[str]() for _ in range(4))
MOST, LARGEST, TEXTS, ALL = 100_000, 32_000_000, 500_000_000, 8_000_000_000
"""Files of a package; bytes of one that is read as text, of all of them, and of everything with the attachments."""
TOLD, SIGNATURES, MEMORY, SECONDS = 100, 64, 4_000_000_000, 300
"""Findings of a sort that are told; keys of a log, signatures of a note; bytes and time for the rules' run."""
OURS = re.compile(
    r"SHA256SUMS|(目录|证明|理由|备案|文书|消息|送达|公示|版本|遮蔽)\.json|(说明|理由)\.txt|核验\.py|卷宗\.docx"
    r"|登记/\d{4,6}\.json|文书/[0-9a-f]{64}\.json|附件/[0-9a-f]{64}(\.[a-z0-9]{1,5})?|(申请表|公文草稿)/[^/\\]{1,200}\.docx"
    r"|规则/(版本\.json|依据\.json|beian_regulation-[0-9a-z.+]{1,40}-py3-none-any\.whl)"
)
"""What may lie in a package; whatever else somebody put there, sums or not, belongs to nothing that was entered."""
STRAY = re.compile(r"(.*/)?(\.DS_Store|Thumbs\.db|desktop\.ini|__pycache__/[^/]*\.pyc|\._[^/]*)|__MACOSX/.*")
"""What systems leave behind in folders by themselves: told, and read by nobody."""
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|\+00:00|\+08:00)")
KINDS = {"entry": "登记", "paper": "文书", "notice": "公告", "edition": "版本"}
KINDS |= {"delivery": "送达", "receipt": "回执", "read": "阅读"}
NOTICE = "id filing_id number kind jurisdiction shown_from shown_until published_at content"
LETTER = "id filing_id text to office messages title body created_at handed_at closed_at failed round_id about"
CARRIED, RECEIPT = "channel state tries first_tried_at last_tried_at content", "channel address receipt"
"""What the leaves of the log are of, and the columns of which their digests are."""
CHILD = f"""import contextlib, sys
def refuse(event, _):
    if event.startswith(("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "os.remove", "ctypes.")):
        raise PermissionError(event)
with contextlib.suppress(ImportError, OSError, ValueError):  # not everywhere, and nowhere more than is already set
    import resource
    resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))
sys.addaudithook(refuse)
sys.meta_path[:] = [each for each in sys.meta_path if each.__module__.startswith("_frozen_importlib")]
sys.path.insert(0, sys.argv[1])
from regulation.recomputing import main
main()"""
"""How the rules are run: in so many bytes of memory and seconds, and what starts programs or opens connections is refused. That keeps
off mistakes, no attack: what runs is what the log knows as the rules, and whoever does not trust that does not run it."""
TRUSTED = """以下须凭信任，或者另行查证：
· 登记所依据的事实本身真实；另行生成的文件（申请表、公文草稿、卷宗.docx、说明、理由）和不为登记所依据的文书以登记为准
· 日志没有另一个版本：上列的根与公示公告或他处留存的副本所载一致（以 --root 给出即予比对）
· 下列公钥确为 {} 所有（与公示公告网站 log/keys 或留存的副本比对；或以 --key 给出）："""

# Ed25519 (RFC 8032, 5.1.7), in plain coordinates
P, Q = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ROOT = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P)
BASE = (4 * pow(5, -1, P) % P).to_bytes(32, "little")


def expect(holds: Any, otherwise: str, stop: bool = False) -> None:
    """One check: what does not hold is wrong, and where nothing more can be read, the end."""
    if not holds and stop:
        raise ValueError(otherwise)
    if not holds:
        WRONG.append(otherwise)


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


def times(number: int, of: Any, total: Any = (0, 1)) -> Any:
    """A multiple of a point, and another point added to it."""
    while number:
        total = plus(total, of) if number & 1 else total
        of, number = plus(of, of), number >> 1
    return total


def signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature is of this message, by this key."""
    key, commitment = point(public), point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or key is None or commitment is None or s >= Q or times(8, key) == (0, 1):
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % Q
    return bool(times(s, point(BASE)) == times(h, key, commitment))


def read_key(line: str) -> tuple[str, bytes, bytes]:
    """A public key by its line, of a log (1) or a witness (4): whose it is, how it is called, itself after its type."""
    name, known_as, encoded = line.strip().split("+", 2)
    packed = base64.b64decode(encoded, validate=True)
    key_id = hashlib.sha256(name.encode() + b"\n" + packed).digest()[:4]
    expect(key_id.hex() == known_as and len(packed) == 33 and packed[0] in (1, 4), line, stop=True)
    return name, key_id, packed


def signers(note: str, keys: Any) -> tuple[str, set[Any]]:
    """The text of a note (C2SP signed-note), and whose keys have signed it; a witness signs the time too."""
    text, _, lines = note.rpartition("\n\n")
    text, found = text + "\n", set()
    expect(lines.count("\n") <= SIGNATURES, "签名过多", stop=True)
    for line in lines.splitlines():
        name, _, encoded = line.removeprefix("— ").rpartition(" ")
        packed = base64.b64decode(encoded, validate=True)
        for key in (key for key in keys if key[:2] == (name, packed[:4])):
            said, signature = text, packed[4:]
            if key[2][0] == 4:
                seconds, signature = int.from_bytes(packed[4:12], "big"), packed[12:]
                said = f"cosignature/v1\ntime {seconds}\n{text}"
                DONE.append(f"见证：{name} 于 {datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC 见过这个根")
            expect(signed(key[2][1:], said.encode(), signature), "签名不实", stop=True)
            found.add(key)
    return text, found


def climbed(hashing: str, leaf: bytes, index: int, size: int, way: list[bytes]) -> bytes:
    """The root to which what a leaf says, and its way, lead (RFC 6962); by the digest of the log."""
    of = {"sha-256": "sha256", "sm3": "sm3"}[hashing]
    now, inner = hashlib.new(of, b"\0" + leaf).digest(), (index ^ (size - 1)).bit_length()
    expect(0 <= index < size and len(way) == inner + (index >> inner).bit_count(), "路径", stop=True)
    for height, other in enumerate(way):
        left = height >= inner or index >> height & 1
        now = hashlib.new(of, b"\1" + (other + now if left else now + other)).digest()
    return now


def digest(value: Any) -> str:
    """The digest of the one text of a JSON value."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()


def row(values: Any, names: str) -> str:
    """The digest of some columns of a row, as a leaf covers them: instants in UTC."""
    told = {name: values.get(name) for name in names.split()}
    at = {name: each for name, each in told.items() if name.endswith("_at") and each}
    expect(all(map(INSTANT.fullmatch, at.values())), f"{at} 中有不是时刻的", stop=True)
    return digest(told | {name: datetime.fromisoformat(each).astimezone(UTC).isoformat() for name, each in at.items()})


def once(pairs: list[Any]) -> dict[str, Any]:
    """An object of JSON that says everything once: of two values under one name each reader would take another."""
    expect(len(dict(pairs)) == len(pairs), "同一名称有两个值", stop=True)
    return dict(pairs)


class Package:
    """The files of a package, in a folder or zip; of an announcement, its proof; `rests`: the papers of its entries."""

    def __init__(self, place: Path) -> None:
        self.open: Any = lambda name: (place / name).open("rb")
        if place.suffix == ".json":
            every, self.open = [("证明.json", 0, False)], lambda _: place.open("rb")
        elif place.is_file():
            self.open = (archive := zipfile.ZipFile(place)).open
            packed = [each for each in archive.infolist() if not each.is_dir() or each.file_size]
            every = [(each.filename, each.file_size, each.external_attr >> 28 == 0xA) for each in packed]
        else:
            lie = [(each.relative_to(place).as_posix(), each.lstat()) for each in islice(place.rglob("*"), MOST + 1)]
            every = [(name, at.st_size, not S_ISREG(at.st_mode)) for name, at in lie if not S_ISDIR(at.st_mode)]
        ASIDE.extend(f"{name} 是操作系统自行留下的，不属于本包" for name, _, _ in every if STRAY.fullmatch(name))
        every = [each for each in every if not STRAY.fullmatch(each[0])]
        self.names, self.rests = sorted({name for name, _, _ in every}), set[str]()
        self.whole = "备案.json" in self.names
        texts = sum(size for name, size, _ in every if not name.startswith("附件/"))
        bounds = len(every) <= MOST and texts <= TEXTS and sum(size for _, size, _ in every) <= ALL
        expect(bounds, "文件过多或者过大", stop=True)
        for name, _, is_link in every:
            expect(not is_link, f"{name} 不是文件，而是指向别处", stop=True)
        expect(len(every) == len(self.names), "包内有同名的文件")

    def read(self, name: str) -> bytes:
        """A file that is read as text."""
        with self.open(name) as opened:
            content: bytes = opened.read(LARGEST + 1)
        expect(len(content) <= LARGEST, f"{name} 过大", stop=True)
        return content

    def sha256(self, name: str) -> str:
        """The digest of a file."""
        with self.open(name) as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()

    def json(self, name: str, absent: Any = ()) -> Any:
        """What a file says; what stands for it where it is left out."""
        return json.loads(self.read(name), object_pairs_hook=once) if name in self.names else absent


def check_sums(package: Package) -> None:
    """Every file is what the list says, and the list says every file."""
    told = dict(line.partition("  ")[::-2] for line in package.read("SHA256SUMS").decode().splitlines())
    there = {name: package.sha256(name) for name in package.names if name != "SHA256SUMS"}
    WRONG.extend(f"缺少文件 {name}" for name in sorted(told.keys() - there.keys()))
    WRONG.extend(f"多出文件 {name}" for name in there if name not in told or not OURS.fullmatch(name))
    WRONG.extend(f"文件 {name} 与 SHA256SUMS 不符" for name in there if there[name] != told.get(name, there[name]))
    if "核验.py" in package.names and package.read("核验.py") != Path(__file__).read_bytes():
        ASIDE.append("包内的核验.py 与本程序不同（版本不同，或者被替换）；以从公示公告网站取得的为准")
    DONE.append(f"{len(told)} 个文件的摘要")


def check_entries(package: Package) -> list[Any]:
    """The chain; the entries as written, in order. A decision's proof has of others the hash alone."""
    entries, previous, files = [], "0" * 64, [each for each in package.names if each.startswith("登记/")]
    for number, name in enumerate(files, 1):
        entry = package.json(name)
        if package.whole or entry.keys() != {"number", "hash"} or entry["number"] != number:
            body = json.loads(entry["body"], object_pairs_hook=once)
            hashed = hashlib.sha256((entry["previous"] + entry["body"] + entry["effects"]).encode()).hexdigest()
            numbers = name, entry["number"], body["number"]
            expect(len(entry) == 5, f"第{number}号登记中另有内容")
            expect(numbers == (f"登记/{number:04d}.json", number, number), f"第{number}号登记缺失或编号不符")
            expect((entry["previous"], entry["hash"]) == (previous, hashed), f"第{number}号登记与前后登记的哈希不符")
            entries.append((entry, body))
        previous = entry["hash"]
    filings = {body["filing"]["id"] for _, body in entries}
    expect(len(filings) == 1, "没有登记，或者不属于同一件备案", stop=True)
    for event in [body["event"] for _, body in entries if not body.get("refused")]:
        package.rests |= {event.get("paper"), (event.get("came") or {}).get("record")} - {None, ""}
    if not package.whole:
        ASIDE.append("只证明所附的登记，不证明其后没有别的登记（须证明的用归档包）")
    stands = package.json("备案.json", entries[-1][1]["filing"])
    expect(digest(stands) == digest(entries[-1][1]["filing"]), "备案现状与末条登记不符")
    expect(entries[-1][0]["number"] == len(files), f"所证明的第{len(files)}号登记没有内容", stop=True)
    hashes = {(entry["number"], entry["hash"]) for entry, _ in entries}
    reasons = {(each["number"], each["hash"]) for each in package.json("理由.json")}
    expect(reasons <= hashes, "理由所据的不是本包的登记")
    DONE.append(
        f"备案 {stands['id']}（备案编号 {stands.get('archive_number') or '尚无'}，类别 {stands['kind']}，盟主企业 {stands['leader']}）"
        f"{'的归档包' if package.whole else f'第{len(files)}号登记的证明'}：登记后 {stands['stage']}"
    )
    for entry, body in entries:
        what = "不予办理：" * bool(body.get("refused")) + str(body["event"].get("kind") or body["event"].get("act"))
        DONE.append(f"第{entry['number']}号登记：{body['at']} {what}（{body['article']}），{body['entered_at']} 登记")
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
    for entry, _ in entries:
        number, effects = entry["number"], entry["effects"]
        sent, shown = ([each for each in rows if each["number"] == number] for rows in (messages, notices))
        took = versions[:1] if effects == digest([sent, shown, versions[:1]]) else []
        expect(effects == digest([sent, shown, took]), f"第{number}号登记的消息、公示公告或申请版本已被改动")
        versions = versions[len(took) :]
    strange = {each["number"] for each in [*messages, *notices]} - {entry["number"] for entry, _ in entries}
    expect(not versions and not strange, "有消息、公示公告或申请版本不属于任何登记")
    DONE.append("各条登记发出的消息、公示公告和申请版本")


def check_papers(package: Package) -> None:
    """Papers and attachments against their digests."""
    masked = {each["digest"]: each["stands"] for each in package.json("遮蔽.json")}
    papers = {Path(name).stem: package.read(name) for name in package.names if name.startswith("文书/")}
    quoted = {key for body in papers.values() for key in re.findall(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", body)}
    for key, body in papers.items():
        expect(hashlib.sha256(body).hexdigest() in (key, masked.get(key)), f"文书 {key} 已被改动")
    absent = sorted(package.rests - papers.keys())
    expect(package.whole or papers.keys() <= package.rests, "有文书不为所附登记所依据")
    (WRONG if package.whole else ASIDE).extend(f"缺少登记所依据的文书 {key}" for key in absent)
    for name in [each for each in package.names if each.startswith("附件/")]:
        key = Path(name).name.partition(".")[0]
        expect(package.sha256(name) == key, f"附件 {key} 已被改动")
        expect(key.encode() in quoted, f"附件 {key} 不为任何文书所引用")
    LACKING.extend(f"文书 {key} 的个人信息已按保存期限遮蔽，原文无从核对" for key in masked)
    DONE.append(f"{len(papers)} 份文书和附件的摘要")


def check_letters(sent: Any, filing_id: str, seen: dict[str, Any]) -> dict[Any, str]:
    """The letters of a message: each is of it, and what was tried is of them. The digests of the rows that the log ought to cover."""
    rows: dict[Any, str] = {}
    of: dict[Any, list[Any]] = {letter["id"]: [] for letter in sent["letters"]}
    expect(len(of) == len(sent["letters"]), "同一信函在一条消息下有两份")
    about = sent.get("message", {})
    message = about.get("id")
    for each in sorted(sent["deliveries"], key=lambda each: str(each["channel"])):
        expect(each["letter"] in of, f"投递 {each['letter']} 没有其信函", stop=True)
        of[each["letter"]].append(each)
    for letter in sent["letters"]:
        name, tried = letter["id"], of[letter["id"]]
        expect(seen.setdefault(name, [letter, tried]) == [letter, tried], f"信函 {name} 有两份，而其内容不同")
        expect(message is None or message in json.loads(letter["messages"]), f"信函 {name} 不是消息 {message} 的信函")
        expect(letter.get("filing_id") in (filing_id, None), f"信函 {name} 属于另一件备案")
        at = letter.get("closed_at"), letter.get("read_at")
        closed, read = (each and round(datetime.fromisoformat(each).timestamp() * 1_000_000) for each in at)
        if closed:
            rows["delivery", name, closed] = digest([row(letter, LETTER), *(row(each, CARRIED) for each in tried)])
        if closed and (not tried or any(each["address"] or each["receipt"] for each in tried)):
            rows["receipt", name, closed] = digest([name, *(row(each, RECEIPT) for each in tried)])
        if read:
            rows["read", name, read] = row(letter, "id read_at")
        if not closed and any(each["receipt"] or each["state"] == "arrived" for each in tried):
            LACKING.append(f"信函 {name} 尚未办结，其投递和回执未列入日志")
        if tried:
            DONE.append(
                f"信函 {name}："
                + "；".join(f"{each['channel']} {each['last_tried_at']} {each['state']}" for each in tried)
            )
    if about.get("service") and not any(letter.get("closed_at") for letter in sent["letters"]):
        (ASIDE if sent["letters"] else LACKING).append(
            f"{message}“{about['title']}”的送达未予证明：本包没有列入日志的信函"
        )
    return rows


def covered(package: Package, entries: list[Any], proof: Any) -> dict[Any, str]:
    """The digest of every row that the log ought to cover, by kind, name and number; of a letter, the microsecond."""
    rows = {("entry", body["filing"]["id"], body["number"]): entry["hash"] for entry, body in entries}
    numbers = {body["number"] for _, body in entries}
    filing_id = entries[-1][1]["filing"]["id"] if entries else ""

    def add(kind: str, name: str, covers: str) -> None:
        expect((kind, name, 0) not in rows, f"{KINDS[kind]} {name} 有两份")
        rows[kind, name, 0] = covers

    for each in (each for each in package.json("文书.json") if each["digest"] in package.rests):
        add("paper", each["digest"], row(each, "digest filing_id kind stored_at"))
    for each in package.json("公示.json", proof.get("notices", ())):
        add("notice", each["id"], row(each, NOTICE))
        expect(each.keys() <= {*NOTICE.split(), "round_id"}, f"公告 {each['id']} 中另有内容")
        ours = not entries or (each["filing_id"] == filing_id and each["number"] in numbers)
        expect(ours, f"公告 {each['id']} 属于另一件备案，或者不属于所附的登记")
        told = "，".join(f"{name} {each.get(name) or '—'}" for name in NOTICE.split()[1:])
        DONE.append(f"公告 {each['id']}：{told}")
    for each in package.json("规则/版本.json"):
        add("edition", f"{each['subject']}/{each['name']}", row(each, "subject name digest first_used_at"))
    seen: dict[str, Any] = {}
    for sent in [*package.json("消息.json"), *package.json("送达.json")]:
        rows |= check_letters(sent, filing_id, seen)
    return rows


def check_log(package: Package, entries: list[Any], known: list[str], printed: str) -> Any:
    """Every row up to a signed root; of a whole package, also that no entry was left out at its end."""
    proof = package.json("证明.json", {})
    if proof == {}:
        return LACKING.append("制作时登记日志尚未签署，没有日志的证明")
    expect(len(proof["keys"]) <= SIGNATURES, "公钥过多", stop=True)
    ours, theirs = ({read_key(line) for line in lines} for lines in (proof["keys"], known))
    text, by = signers(proof["checkpoint"], ours | theirs)
    origin, count, top, *others = text.splitlines()
    size, root = int(count), base64.b64decode(top)
    hashing = next((each.removeprefix("digest ") for each in others if each.startswith("digest ")), "sha-256")
    logs = {
        key for key in by if key[0] == origin and key[2][0] == 1
    }  # a witness, or whoever else signs, is not the log
    logs = logs & theirs or logs
    expect(logs & ours, "检查点没有所附公钥的签名")
    expect(theirs <= by, "检查点不是以您所给的公钥签署的")
    expect(not printed or printed.strip().lower() == root.hex() or printed.strip() == top, "根与您所给的不符")
    rows, leaves = covered(package, entries, proof), len(proof["leaves"])
    expect(leaves and rows, "证明中没有任何条目")
    for leaf in proof["leaves"]:
        key = leaf["kind"], leaf["of"], leaf["number"]
        name = f"{KINDS.get(leaf['kind'], leaf['kind'])} {leaf['of']} {leaf['number']}"
        said = f"beian leaf 1\n{leaf['kind']}\n{leaf['nonce']}\n{leaf['covers']}\n".encode()
        way = [base64.b64decode(each) for each in leaf["proof"]]
        expect(rows.pop(key, None) == leaf["covers"], f"{name} 与日志所记不符，或者不在本包")
        there = climbed(hashing, hashlib.sha256(said).digest(), leaf["position"], size, way)
        expect(there == root, f"{name} 的日志路径不通到所签的根")
    instant = datetime.fromisoformat
    if after := proof.get("after"):
        DONE.append(f"列入日志是在 {after} 所签的根之后（该根见公示公告网站的历日的根）")
        late = [each for each in proof["notices"] if instant(each["published_at"]) < instant(after) - timedelta(days=1)]
        LACKING.extend(f"公告 {each['id']} 的发布时间早于列入日志一日以上，疑为倒签" for each in late)
    LACKING.extend(f"{KINDS[kind]} {of} {number or ''} 制作时尚未列入日志" for kind, of, number in rows)
    if package.whole:
        head, by = signers(proof["head"], logs) if proof.get("head") else ("", set())
        last, of = entries[-1][0], entries[-1][1]["filing"]["id"]
        ends = [f"{origin}/head", of, str(last["number"]), last["hash"], str(leaves)]
        told, (at_size, at_root, at) = head.splitlines()[:5], [*head.splitlines()[5:], "", "", ""][:3]
        LACKING.extend([] if head else ["末条登记没有签署，不能证明其后没有登记"])
        LACKING.extend(["所签署的末条登记没有写明截至哪一个根，可能早于所附的根"] if head and not at else [])
        expect(by or not head, "末条登记不是以签署检查点的密钥签署的")
        expect(not head or told == ends, "末条登记或日志的项数与所签署的不符：有截去、增添或者替换")
        expect(not at or (at_size, at_root) == (count, top), "末条登记所签署的不是这一个根：归档包不是在这个根时制作的")
        if at:
            DONE.insert(0, f"第{last['number']}号登记为末条，截至 {at}（日志 {size} 条时）；此后的登记不在本包")
    DONE.insert(0, f"{leaves} 项在日志中的位置，直至 {origin} 所签 {size} 条的根 {root.hex()}")
    return origin, [line for line in proof["keys"] if read_key(line) in logs]


def recompute(package: Package, entries: list[Any], asked: bool) -> str:
    """Whether the rules in the package come to what was entered; what is not proven is not run."""
    wheel = next((each for each in package.names if each.startswith("规则/beian_regulation")), "")
    used = package.json("规则/版本.json")
    if not wheel:
        return "未重算：未附规则程序"
    expect(
        [package.sha256(wheel)] == [each["digest"] for each in used if each["subject"] == "rules"],
        "规则程序与日志所载的摘要不符",
    )
    if WRONG or any(each.startswith("版本") for each in LACKING):
        return "未重算：规则程序未经核验，不予运行"
    if not asked:
        return (
            "未重算：规则程序已附而未运行（--重算 即运行：另起进程，须装有 pydantic；程序经核验才运行，但不保证隔绝）"
        )
    told = {"entries": [body for _, body in entries], "used": used, "editions": package.json("规则/依据.json")}
    with tempfile.TemporaryDirectory() as folder:
        (rules := Path(folder) / Path(wheel).name).write_bytes(package.read(wheel))
        run = [sys.executable, "-I", "-B", "-X", "utf8", "-c", CHILD, str(rules)]
        done = subprocess.run(run, input=json.dumps(told).encode(), capture_output=True, timeout=SECONDS, check=False)
    if done.returncode:
        return f"未重算：规则程序不能运行（{done.stderr.decode('utf-8', 'replace').strip().splitlines()[-1:]}）"
    found = json.loads(done.stdout)
    WRONG.extend(f"重算不一致：{each}" for each in found["differs"])
    return "结果重算不一致" if found["differs"] else f"结果已重算一致（{found['steps']}条登记、{found['dates']}个期限）"


def check(place: Path, known: list[str], printed: str, again: bool = False) -> Any:
    """Everything, one after the other; whose log it is, and its keys, if it has come so far."""
    try:
        package = Package(place)
        if package.names == ["证明.json"]:
            LACKING.extend(["未重算：公告的证明没有规则程序"] if again else [])
            return check_log(package, [], known, printed)
        check_sums(package)
        entries = check_entries(package)
        check_effects(package, entries)
        check_papers(package)
        log = check_log(package, entries, known, printed)
        told = recompute(package, entries, again)
        (LACKING if again and told.startswith("未重算") else ASIDE).append(told)
        return log
    except Exception as unreadable:  # whatever it is, nothing is proven
        WRONG.append(f"所载内容无法读取（{type(unreadable).__name__} {unreadable}）")


def main() -> None:
    """Check, and tell: each thing in one line, whatever the package wrote into it, and nothing that moves a cursor."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    options = argparse.ArgumentParser(description="核验归档包、决定的证明、公示公告的证明")
    options.add_argument("place", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    options.add_argument("--key", dest="known", action="append", default=[], help="从别处得知的公钥，见证人的也可以")
    options.add_argument("--root", dest="printed", default="", help="公示公告或者他处留存的副本所载的根")
    options.add_argument("--重算", dest="again", action="store_true", help="运行所附的规则程序，由登记重算结果")
    log, lines = check(**vars(options.parse_args())), list[str]()
    found = {"✗": WRONG, "？": LACKING} if WRONG else {"✓ 已核验": DONE, "？": LACKING, "·": ASIDE}
    for mark, every in found.items():
        lines += [f"{mark} {each}" for each in every[:TOLD]]
        lines += [f"{mark} 另有 {len(every) - TOLD} 项"] if len(every) > TOLD else []
    lines += [*TRUSTED.format(log[0]).splitlines(), *(f"    {key}" for key in log[1])] if log and not WRONG else []
    lines.append("核验未通过" if WRONG else "没有发现不符，但证明不完整" if LACKING else "核验通过")
    for line in lines:
        sys.stdout.write("".join(each if each.isprintable() else "�" for each in line[:400]) + "\n")
    sys.exit(1 if WRONG else 2 if LACKING else 0)


if __name__ == "__main__":
    main()
