"""核验归档包、一项决定的证明、公示公告的证明：只用 Python 标准库，不联网，不需要本系统。
用法：python3 -I 核验.py [文件夹、zip或json] [--key 公钥] [--root 根] [--重算]；程序请取自公示公告网站，不取自所核验的包
退出码：0 核验通过；1 有不符之处；2 没有发现不符，但证明不完整。"""

import argparse
import hashlib
import json
import re
import runpy
import sys
import zipfile
from base64 import b64decode
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Any

WHAT, DONE, WRONG, LACKING, ASIDE = (list[str]() for _ in range(5))
MOST, LARGEST, TEXTS, ALL = 100_000, 32_000_000, 500_000_000, 8_000_000_000
TOLD, SIGNATURES, ENDS = 200, 64, 2_000
"""Files of a package; bytes of a text, of all texts, of everything. Findings of a sort that are told; keys, signatures; roots of days."""
EVERY = {"SHA256SUMS", "说明.txt", "核验.py", "证明.json", "规则/依据.json"}
ARCHIVED = {"目录.json", "备案.json", "卷宗.docx", "理由.txt", "理由.json"}
"""What every package has, and what only one for the archive has."""
FURTHER = re.compile(
    r"遮蔽\.json|重算\.py|登记/\d{4,6}\.json|文书/[0-9a-f]{64}\.json|附件/[0-9a-f]{64}(\.[a-z0-9]{1,5})?"
    r"|(申请表|公文草稿)/[^/\\]{1,200}\.docx|规则/beian_regulation-[0-9a-z.+]{1,40}-py3-none-any\.whl"
)
STRAY = re.compile(r"(.*/)?(\.DS_Store|Thumbs\.db|desktop\.ini|__pycache__/[^/]*\.pyc|\._[^/]*)|__MACOSX/.*")
"""What else may lie in a package (whatever is there besides belongs to nothing that was entered), and what systems leave in folders."""
SHANGHAI, EARLY, FAST = timezone(timedelta(hours=8)), timedelta(days=1), timedelta(minutes=5)
"""How long before it came into the log, and after, a row may say it was written: an outage, and a clock that is fast."""
AT = ("entered_at", "published_at", "first_used_at", "closed_at", "read_at", "masked_at")
NAMES = """entry=登记 paper=文书 edition=版本 delivery=送达 receipt=回执 read=阅读 notice=公示公告 masked=遮蔽;
notice=公示 corrected_notice=更正公示 notice_withdrawn=终止公示 notice_suspended=中止公示 notice_reinstated=恢复公示 change_notice=变更公示 revocation_proposal=拟撤销公示 proposal_ended=终止撤销
revocation=撤销备案 deregistration=自愿注销 revocation_undone=撤销终止 continuation=由新备案承接 restoration=恢复备案 announcement=官网公告 call=通知全文 lot_listed=抽签总体名单 lot_drawn=抽签结果
lot_voided=抽签作废 survey_sums=汇总数 performance_results=年度绩效评价结果 subsidy_notice=后补助拟支持名单公示 subsidy_final=后补助支持名单 subsidy_withdrawn=后补助名单更正 subsidy_cancelled=后补助轮次取消 subsidy_unpaid=后补助未予下达名单;
BadZipFile=不是完好的zip文件 error=压缩的内容已经损坏 EOFError=文件不完整 NotImplementedError=压缩方式不能识别 RecursionError=层次过深 RuntimeError=设有密码 MemoryError=内容过大 FileNotFoundError=没有这个文件或者文件夹 OSError=文件读不出
UnicodeDecodeError=不是UTF-8文字 JSONDecodeError=不是JSON Error=不是base64 LookupError=缺少应有的内容 ValueError=所载的值不合格式 TypeError=所载的值不是应有的类型 Exception=内容不合格式"""
ROWS, KINDS, WHY = (dict(re.findall(r"(\w+)=([^\s;]+)", part)) for part in NAMES.split(";"))
"""Where a row of the log says when it was written (a paper may lie there long before its entry); what rows, announcements, faults are called."""
ARCHIVE = "归档包：一件备案的全部登记"
DECISION = "决定的证明：只证明所附的登记。不是归档包，不证明全部登记，也不证明其后没有别的登记"
NOTICE = "公示公告的证明：只证明这一件公示公告。不证明该备案的登记，也不证明其后没有别的公示公告"
TRUSTED = """以下须凭信任，或者另行查证：
· 登记所依据的事实本身真实；另行生成的文件（申请表、公文草稿、卷宗.docx、说明、理由）和不为登记所依据的文书以登记为准
· 日志没有另一个版本：上列的根与公示公告或他处留存的副本所载一致（以 --root 给出即予比对）
· 下列公钥确为 {} 所有（与公示公告网站 log/keys 或留存的副本比对；或以 --key 给出）："""

# Ed25519 (RFC 8032, 5.1.7); a point is told as x, y, z and t: its coordinates are x/z and y/z, and their product is t/z
P, Q = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ROOT = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P)
BASE = (4 * pow(5, -1, P) % P).to_bytes(32, "little")


def expect(holds: Any, otherwise: str, stop: bool = False) -> None:
    """One check: what does not hold is wrong, and where nothing more can be read, the end."""
    if not holds and stop:
        raise UserWarning(otherwise)  # which nothing else raises
    WRONG.extend([] if holds else [otherwise])


def point(encoded: bytes) -> Any:
    """The point that 32 bytes stand for; None if there is none."""
    sign, y = divmod(int.from_bytes(encoded, "little"), 1 << 255)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x * ROOT % P if (x * x - square) % P else x
    none = len(encoded) != 32 or y >= P or (x * x - square) % P or (x == 0 and sign)
    return None if none else ((x := P - x if x & 1 != sign else x), y, 1, x * y % P)


def plus(one: Any, other: Any) -> Any:
    """The sum of two points."""
    (a, b, c, d), (e, f, g, h) = one, other
    less, more, both, twice = (b - a) * (f - e) % P, (b + a) * (f + e) % P, 2 * D * d * h % P, 2 * c * g % P
    x, z, w, y = more - less, twice - both, twice + both, more + less
    return x * z % P, y * w % P, z * w % P, x * y % P


def times(number: int, of: Any, total: Any = (0, 1, 1, 0)) -> Any:
    """A multiple of a point, and another point added to it."""
    while number:
        total, of, number = plus(total, of) if number & 1 else total, plus(of, of), number >> 1
    return total


def signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature is of this message, by this key."""
    key, commitment, s = point(public), point(signature[:32]), int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or key is None or commitment is None or s >= Q or times(8, key)[0] == 0:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % Q
    (a, b, c, _), (e, f, g, _) = times(s, point(BASE)), times(h, key, commitment)
    return bool((a * g - e * c) % P == (b * g - f * c) % P == 0)


def read_key(line: str) -> Any:
    """A public key: whose it is, its type (1: of a log, 4: of a witness), itself, how a signature names it, how one of times does; its line."""
    name, known_as, encoded = line.strip().split("+", 2) if line.count("+") > 1 else ("", "", "")
    packed = b64decode(encoded, validate=True)
    kind, public = packed[:1], packed[1:]
    ids = [hashlib.sha256(f"{name}\n".encode() + of + public).digest()[:4] for of in (kind, b"\xffbeian times 1")]
    expect(ids[0].hex() == known_as and len(public) == 32 and kind in b"\1\4", f"公钥不合格式：{line}", stop=True)
    return name, kind, public, *ids, line.strip()


def signers(note: str, keys: Any) -> tuple[str, set[Any], str]:
    """The text of a note (C2SP signed-note), whose keys have signed it, and what the log tells of its times; a witness signs the time too."""
    text, _, lines = note.rpartition("\n\n")
    text, by, told = text + "\n", set(), ""
    expect(lines.count("\n") <= SIGNATURES, "签名过多", stop=True)
    for line in lines.splitlines():
        name, _, encoded = line.removeprefix("— ").rpartition(" ")
        packed = b64decode(encoded, validate=True)
        for key in (key for key in keys if key[0] == name and packed[:4] in key[3:5]):
            said, signature = text, packed[4:]
            if packed[:4] == key[4]:
                signature, told = packed[4:68], packed[68:].decode()
                said = f"beian times 1\n{told}{text}"
            elif key[1] == b"\4":
                seconds, signature = int.from_bytes(packed[4:12], "big"), packed[12:]
                said = f"cosignature/v1\ntime {seconds}\n{text}"
                DONE.append(f"见证：{name} 于 {local(datetime.fromtimestamp(seconds, UTC))} 见过这个根")
            expect(signed(key[2], said.encode(), signature), "签名不实", stop=True)
            by.add(key)
    return text, by, told


class Checkpoint:
    """What a log has signed: leaves, root, and when (`made`); of the end of a day before, leaves (`since`) and when, if told (`after`)."""

    def __init__(self, note: str, keys: Any) -> None:
        text, self.by, told = signers(note, keys)
        self.origin, self.count, self.top, *others = text.splitlines()
        self.hashing = "sm3" if "digest sm3" in others else "sha256"
        made, _, since, after = re.findall(r"(?<= )\S+", told) or ("-", "-", "0", "-")
        self.made, self.after = (None if at == "-" else datetime.fromisoformat(at) for at in (made, after))
        self.size, self.root, self.since = int(self.count), b64decode(self.top), int(since)

    def holds(self, leaf: bytes, index: int, way: list[str]) -> bool:
        """Whether what a leaf says lies at a place, as the way to the root proves (RFC 6962)."""
        now, inner = hashlib.new(self.hashing, b"\0" + leaf).digest(), (index ^ (self.size - 1)).bit_length()
        if not 0 <= index < self.size or len(way) != inner + (index >> inner).bit_count():
            return False
        for height, other in enumerate(b64decode(each) for each in way):
            left = height >= inner or index >> height & 1
            now = hashlib.new(self.hashing, b"\1" + (other + now if left else now + other)).digest()
        return now == self.root


def local(instant: Any) -> str:
    """An instant as it is read in China."""
    return f"{datetime.fromisoformat(str(instant)).astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def digest(value: Any) -> str:
    """The digest of the one text of a JSON value."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()


def once(pairs: list[Any]) -> dict[str, Any]:
    """An object of JSON that says everything once: of two values under one name each reader would take another."""
    expect(len(dict(pairs)) == len(pairs), "同一名称有两个值", stop=True)
    return dict(pairs)


class Package:
    """The files of a package, in a folder or zip; of an announcement, its proof. `whole`: for the archive, with all entries."""

    def __init__(self, place: Path) -> None:
        self.open: Any = lambda name: (place / name).open("rb")
        if place.suffix == ".json":
            every, self.open = [("证明.json", 0, True)], lambda _: place.open("rb")
        elif S_ISREG(place.stat().st_mode):
            self.open = (archive := zipfile.ZipFile(place)).open
            packed = [each for each in archive.infolist() if not each.is_dir() or each.file_size]
            every = [(each.filename, each.file_size, each.external_attr >> 28 != 0xA) for each in packed]
        else:
            lie = [(each.relative_to(place).as_posix(), each.lstat()) for each in place.rglob("*")]
            every = [(name, at.st_size, S_ISREG(at.st_mode)) for name, at in lie if not S_ISDIR(at.st_mode)]
        every = [each for each in every if not STRAY.fullmatch(each[0])]
        self.names = sorted({name for name, _, _ in every})
        expect(len(every) == len(self.names), "包内有同名的文件")
        texts = sum(size for name, size, _ in every if not name.startswith("附件/"))
        bounds = len(every) <= MOST and texts <= TEXTS and sum(size for _, size, _ in every) <= ALL
        expect(bounds, "文件过多或者过大", stop=True)
        elsewhere = [name for name, _, is_file in every if not is_file]
        expect(not elsewhere, f"{elsewhere[:1]} 不是文件，而是指向别处", stop=True)
        self.proof, self.alone = self.json("证明.json", {}), place.suffix == ".json"
        parts = {name.partition("/")[0] for name in self.names}
        self.whole = bool(parts & {*ARCHIVED, "申请表", "公文草稿", "附件"} or "/head\n" in self.proof.get("head", ""))

    def below(self, folder: str) -> list[str]:
        """The files in a folder."""
        return [name for name in self.names if name.startswith(f"{folder}/")]

    def read(self, name: str) -> bytes:
        """A file that is read as text."""
        expect(name in self.names, f"缺少文件 {name}", stop=True)
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


def check_files(package: Package) -> None:
    """Every file is there that such a package has, as the list says, and nothing else."""
    must = EVERY | (ARCHIVED if package.whole else set())
    told = dict(line.partition("  ")[::-2] for line in package.read("SHA256SUMS").decode().splitlines())
    there = {name: package.sha256(name) for name in package.names if name not in ("SHA256SUMS", "证明.json")}
    WRONG.extend(f"缺少文件 {name}" for name in sorted((must | told.keys()) - {*package.names}))
    strange = {name for name in there if not FURTHER.fullmatch(name)} - must
    WRONG.extend(f"多出文件 {name}" for name in sorted(strange | there.keys() - told.keys()))
    WRONG.extend(f"文件 {name} 与 SHA256SUMS 不符" for name in there if there[name] != told.get(name, there[name]))
    DONE.append(f"{len(there)} 个文件的摘要")


def check_entries(package: Package) -> dict[str, Any]:
    """The entries as written, by their hashes, each with what it sent, published and took in, and following the one before it."""
    entries: dict[str, Any] = {}
    last: dict[str, Any] = {"number": 0, "hash": "0" * 64}
    for name in package.below("登记"):
        entry = package.json(name)
        body, effects, number = entry["body"], entry["effects"], entry["number"]
        follows, says = number == last["number"] + 1, json.loads(body, object_pairs_hook=once)
        expect(len(entry) == 5 and name == f"登记/{number:04d}.json" and number == says["number"], f"{name} 编号不符")
        expect(follows or not package.whole, f"第{last['number'] + 1}号登记缺失")
        before = last["hash"] if follows else entry["previous"]
        hashed = before + body + (effects if isinstance(effects, str) else digest(effects))
        told = before, hashlib.sha256(hashed.encode()).hexdigest()
        expect((entry["previous"], entry["hash"]) == told, f"第{number}号登记与其哈希或者前一条登记不符")
        ASIDE.extend([f"第{number}号登记的消息、公示公告和申请版本未附，只有其摘要"] * isinstance(effects, str))
        entries[entry["hash"]], last = says, entry
    expect(len({says["filing"]["id"] for says in entries.values()}) == 1, "没有登记，或者不属于同一件备案", stop=True)
    stands = says["filing"]
    expect(package.json("备案.json", stands) == stands, "备案现状与末条登记不符")
    whose = f"备案 {stands['id']}（备案编号 {stands.get('archive_number') or '尚无'}，盟主企业 {stands['leader']}）"
    DONE.append(f"{whose}的 {len(entries)} 条登记及其消息、公示公告、申请版本的哈希，相邻的前后相接")
    return entries


def check_papers(package: Package, entries: dict[str, Any]) -> None:
    """Papers on which the entries rest, and attachments of these, against their digests."""
    events = [says["event"] for says in entries.values() if not says.get("refused")]
    rests = {key for event in events for key in (event.get("paper"), (event.get("came") or {}).get("record")) if key}
    gone = [each["row"] for each in package.proof.get("leaves", ()) if each["kind"] == "masked"]
    masked = {row["digest"]: row["stands"] for row in gone}
    expect({row["digest"] for row in package.json("遮蔽.json")} <= masked.keys(), "遮蔽.json 与日志所记不符")
    texts = b"".join(package.read(name) for name in package.below("文书"))
    wanted = rests | {key.decode() for key in re.findall(rb'"upload:([0-9a-f]{64})"', texts)}
    found = {Path(name).name[:64]: name for name in [*package.below("文书"), *package.below("附件")]}
    for key, name in found.items():
        expect(package.sha256(name) in (key, masked.get(key)), f"{name} 已被改动")
        expect(key in wanted, f"{name} 不为所附的登记或者文书所引用")
    (LACKING if package.whole else ASIDE).extend(f"缺少文书或者附件 {key}" for key in sorted(wanted - found.keys()))
    LACKING.extend(f"文书 {key} 的个人信息已按保存期限遮蔽，原文无从核对" for key in masked)
    DONE.append(f"{len(found)} 份文书和附件的摘要")


def came(name: str, leaf: Any, about: Any, newest: Checkpoint, ends: list[Checkpoint]) -> str:
    """A row up to the signed root: after what and by when it came into the log, as was signed, and whether that fits what it says."""
    said = f"beian leaf 1\n{leaf['kind']}\n{leaf['nonce']}\n{leaf['covers']}\n".encode()
    hashed, place = hashlib.sha256(said).digest(), leaf["position"]
    end = ends[leaf["end"]] if "end" in leaf else newest
    expect(newest.holds(hashed, place, leaf["proof"]), f"{name} 的日志路径不通到所签的根")
    expect(end is newest or end.holds(hashed, place, leaf["way"]), f"{name} 不在所附的历日的根之中")
    expect(place >= end.since or not end.after, f"{name} 列入日志当日的根不在包内")
    after = end.after if place >= end.since else None
    at = next((datetime.fromisoformat(about[each]) for each in AT if each in about), None)
    if at and ((after and at < after - EARLY) or (end.made and at > end.made + FAST)):
        LACKING.append(f"{name} 所载时间 {local(at)} 与列入日志的时间不符，疑为倒签")
    return f"{f'晚于 {local(after)}、' if after else ''}不晚于 {local(end.made)}" if end.made else "何时未签署"


def check_rows(package: Package, entries: dict[str, Any], newest: Checkpoint, ends: list[Checkpoint]) -> Any:
    """Every row of the log in the package is what its leaf covers, of this filing, and up to the root: kind, what it says, when it came."""
    of, rows = {says["filing"]["id"] for says in entries.values()}, dict[str, Any]()
    for leaf in package.proof["leaves"]:
        kind, covers = leaf["kind"], leaf["covers"]
        name = f"{ROWS[kind]} {leaf['of']} {leaf['number'] or ''}".strip()
        row = entries.get(covers) if kind == "entry" else leaf.get("row")
        says = [digest(each) if isinstance(each, dict) else each for each in row] if isinstance(row, list) else row
        about = next((each for each in (row if isinstance(row, list) else [row]) if isinstance(each, dict)), {})
        expect(row and (kind == "entry" or digest(says) == covers), f"{name} 与日志所记不符（0.9.0 的用该版核验）")
        expect(covers not in rows, f"{name} 有两份")
        expect(not of or about.get("filing_id") in (None, *of), f"{name} 属于另一件备案")
        rows[covers] = kind, row, (when := came(name, leaf, about, newest, ends))
        if kind == "notice":
            what = f"{KINDS.get(about['kind']) or about['kind']}，{about['shown_from']} 至 {about['shown_until'] or '—'}：{about['content']}"
            at, number = local(about["published_at"]), about["number"]
            DONE.append(f"{name}：发布于 {at}，第{number}号登记的{what}（列入日志{when}）")
    expect(rows, "证明中没有任何条目")
    untold = sum(not when.startswith("晚于") for *_, when in rows.values())
    ASIDE.extend([f"{untold} 项何时以后列入日志没有签署（如日志的第一日），其中有无倒签不能由此排除"] if untold else [])
    LACKING.extend(f"第{says['number']}号登记制作时尚未列入日志" for key, says in entries.items() if key not in rows)
    return rows


def check_head(package: Package, last: Any, newest: Checkpoint, logs: set[Any]) -> Any:
    """That nothing was taken out since it was made, and of one for the archive, that nothing was entered after its last entry by then."""
    if "head" not in package.proof:
        return LACKING.append("文件的目录和末条登记没有签署，不能证明包内没有缺少、其后没有登记")
    (head, by, _), (hashed, says) = signers(package.proof["head"], logs), last
    told, number, leaves = head.splitlines(), str(says["number"]), str(len(package.proof["leaves"]))
    ends = [f"{newest.origin}/{'head' if package.whole else 'decision'}", says["filing"]["id"], number, hashed, leaves]
    expect(by, "末条登记不是以签署检查点的密钥签署的")
    expect(told[:7] == [*ends, newest.count, newest.top], "末条登记、项数或者根与所签署的不符：有截去、增添或者替换")
    expect(told[8:] == [package.sha256("SHA256SUMS")], "文件的目录不是制作时所签署的：有取出、增添或者替换")
    beyond = "为末条；此后的登记不在本包" if package.whole else "的证明；制作以后没有取出、增添或者替换"
    return DONE.insert(0, f"截至 {local(told[7])}，第{number}号登记{beyond}")


def check_log(package: Package, entries: dict[str, Any], known: list[str], printed: str) -> Any:
    """Every row up to a signed root. Whose log it is, the keys that have signed, and the rows."""
    proof = package.proof
    if not proof:
        return LACKING.append("制作时登记日志尚未签署，没有日志的证明")
    expect(len(proof["keys"]) <= SIGNATURES and len(proof.get("ends", ())) <= ENDS, "公钥或者根过多", stop=True)
    ours, theirs = ({read_key(line) for line in lines} for lines in (proof["keys"], known))
    keys = theirs if any(key[1] == b"\1" for key in theirs) else ours | theirs
    newest, *ends = (Checkpoint(note, keys) for note in (proof["checkpoint"], *proof.get("ends", ())))
    logs = {key for key in newest.by if key[0] == newest.origin and key[1] == b"\1"}
    expect(logs and {key for key in theirs if key[1] == b"\4"} <= newest.by, "检查点不是以所给的公钥签署的")
    expect(printed.strip().lower() in ("", newest.root.hex()) or printed.strip() == newest.top, "根与您所给的不符")
    untimely = [end for end in (newest, *ends) if not end.made or end.origin != newest.origin]
    LACKING.extend(f"{end.size} 条的根没有以所给的公钥签署时间：何时列入日志没有证明" for end in untimely)
    rows = check_rows(package, entries, newest, ends)
    DONE.insert(0, f"{len(rows)} 项在日志中的位置，直至 {newest.origin} 所签 {newest.size} 条的根 {newest.root.hex()}")
    if entries:
        check_head(package, [*entries.items()][-1], newest, logs)
    return newest.origin, sorted(key[5] for key in logs.union(*(end.by for end in ends))), rows


def check_rules(package: Package, entries: dict[str, Any], rows: Any, again: bool) -> None:
    """By 重算.py, beside this program: terms, calendars and rules are those that the log knows; if asked, what they come to; what that is."""
    beside = [each for each in map(Path(__file__).with_name, ("重算.py", "recompute.py")) if each.is_file()]
    if not beside:
        LACKING.append("期限标准、工作日历和规则程序没有比对：本程序旁没有重算.py（一并取自公示公告网站）")
        return
    wheels = {name: package.read(name) for name in package.below("规则") if name.endswith(".whl")}
    rules = runpy.run_path(str(beside[0]))["Rules"](entries, rows, package.json("规则/依据.json"), wheels)
    rules.work_out(again and not WRONG)
    for findings, found in ((DONE, rules.done), (WRONG, rules.wrong), (LACKING, rules.lacking), (ASIDE, rules.aside)):
        findings.extend(found)


def check(place: Path, known: list[str], printed: str, again: bool = False) -> Any:
    """Everything, one after the other; whose log it is, and its keys, if it has come so far."""
    part, entries = "所核验的文件", dict[str, Any]()
    try:
        package = Package(place)
        WHAT.append(NOTICE if package.alone else ARCHIVE if package.whole else DECISION)
        if not package.alone:
            check_files(package)
            part = "登记和文书"
            entries = check_entries(package)
            check_papers(package, entries)
        part = "证明和规则"
        log = check_log(package, entries, known, printed)
        if log and entries:
            check_rules(package, entries, log[2], again)
        return log
    except Exception as why:  # whatever it is, nothing is proven
        called = next(WHY[of.__name__] for of in type(why).__mro__ if of.__name__ in WHY)
        WRONG.append(str(why) if isinstance(why, UserWarning) else f"{part}无法读取：{called}")


def main() -> None:
    """Check, and tell: each thing in one line, whatever the package wrote into it, and nothing that moves a cursor."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    options = argparse.ArgumentParser(description="核验归档包、决定的证明、公示公告的证明")
    options.add_argument("place", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    options.add_argument("--key", dest="known", action="append", default=[], help="从别处得知的公钥，见证人的也可以")
    options.add_argument("--root", dest="printed", default="", help="公示公告或者他处留存的副本所载的根")
    options.add_argument("--重算", dest="again", action="store_true", help="运行所附的规则程序，由登记重算结果")
    log, lines = check(**vars(options.parse_args())), [*WHAT]
    found = {"✗": WRONG, "？": LACKING} if WRONG else {"✓ 已核验": DONE, "？": LACKING, "·": ASIDE}
    for mark, every in found.items():
        lines += [f"{mark} {each}" for each in [*every[:TOLD], *[f"另有 {len(every) - TOLD} 项"][: len(every) > TOLD]]]
    lines += [*TRUSTED.format(log[0]).splitlines(), *(f"    {key}" for key in log[1])] if log and not WRONG else []
    lines.append("核验未通过" if WRONG else "没有发现不符，但证明不完整" if LACKING else "核验通过")
    told = ("".join(each if each.isprintable() else "�" for each in line[:400]) for line in lines)
    sys.stdout.writelines(f"{line}\n" for line in told)
    sys.exit(1 if WRONG else 2 if LACKING else 0)


if __name__ == "__main__":
    main()
