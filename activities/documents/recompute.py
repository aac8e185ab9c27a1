"""重算：由核验.py 调用，与它放在同一文件夹。比对期限标准、工作日历和规则程序，列出经核验的登记；要求的，运行规则程序，由登记重算结果。

What it is given was proven by 核验.py (verify.py), but for what it compares itself. It needs Python's standard library alone; the rules,
when they are run, need pydantic.
"""

import hashlib
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from datetime import datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path
from threading import Timer
from typing import Any

MEMORY, SECONDS, OUTPUT, WORDS = 4_000_000_000, 300, 4_000_000, 1_000_000
"""Bytes of memory, seconds and bytes of output that the rules may take; bytes of the file of the rules' words."""
SHANGHAI = timezone(timedelta(hours=8))
SUBJECTS = {"terms": "期限标准", "calendar": "工作日历"}
CHANNELS = {
    "files": "发件目录",
    "drafts": "公文草稿（供机关，不作送达）",
    "platform": "平台收件箱",
    "mail": "电子邮件",
    "sms": "短信",
}
TOLD = ("ActKind", "LapseKind", "Stage", "DeliveryState")
TELLS = {
    "entry": "第{number}号登记：{at} {event}，{article}，{entered_at} 登记，登记后为{stage}",
    "delivery": "信函 {id}“{title}”：",
    "read": "信函 {id}：{read_at} 阅读",
}
"""What channels of letters are called; the words of the rules by which the rest is; how that is told which the log knows."""
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
"""How the rules are run: in so many bytes of memory, and what starts programs or opens connections is refused. That keeps off mistakes,
no attack: what runs is what the log knows as the rules, and whoever does not trust that does not run it."""


class Rules:
    """What the entries of a package count by; `rows` are what the log knows: kind, what it says, and when it came there. `documents` and
    `wheels` lie in the package. `done` is proven, `wrong` refuted, `lacking` not proven, `aside` told besides."""

    def __init__(
        self, entries: dict[str, Any], rows: dict[str, Any], documents: list[Any], wheels: dict[str, bytes]
    ) -> None:
        self.entries, self.rows, self.documents = [*entries.values()], rows, documents
        self.done, self.wrong, self.lacking, self.aside = (list[str]() for _ in range(4))
        self.used = [row for kind, row, _ in rows.values() if kind == "edition"]
        self.digests = {(each["subject"], each["name"]): each["digest"] for each in self.used}
        self._compare_editions()
        known = {digest for (subject, _), digest in self.digests.items() if subject == "rules"}
        self.wheels = {name: content for name, content in wheels.items() if _sha256(content) in known}
        self.wrong += [f"{name} 不是日志所载的规则程序" for name in wheels.keys() - self.wheels.keys()]
        if not known:
            self.lacking.append("规则程序没有日志的证明（制作时尚未列入日志，或者被取出）")
        elif not wheels:
            self.wrong.append("缺少文件 规则程序")
        if not self.wrong and not self.lacking:
            self.done.append("所用期限标准、工作日历的内容和规则程序，与日志所载的摘要相符")
        self._tell()

    def _compare_editions(self) -> None:
        """Each edition by which an entry counts is proven, and the documents are what it and all it builds on say; there are no others."""
        documents = {(each["subject"], each["document"]["edition"]): each["document"] for each in self.documents}
        built_on = set[Any]()
        for subject, name in sorted(_counted_by(self.entries)):
            content, of = hashlib.sha256(), name
            for _ in documents:  # no further, if what builds on what goes round
                if (subject, of) in documents:
                    built_on.add((subject, of))
                    said = json.dumps(documents[subject, of], sort_keys=True, ensure_ascii=False)
                    content.update(said.encode(errors="backslashreplace"))
                    of = documents[subject, of].get("base")
            proven = self.digests.get((subject, name))
            if proven is None:
                self.lacking.append(f"{SUBJECTS[subject]} {name} 没有日志的证明（制作时尚未列入日志，或者被取出）")
            elif proven != content.hexdigest():
                self.wrong.append(f"规则/依据.json 所载的{SUBJECTS[subject]} {name} 与登记所用的不同")
        self.wrong += [f"规则/依据.json 中的 {name} 不为登记所用" for _, name in sorted(documents.keys() - built_on)]

    def _tell(self) -> None:
        """What the log knows, row by row, with what the rules call it beside its name in the register."""
        names = self.names()

        def called(value: Any) -> Any:
            name = str(value)
            return f"{names[name]}（{name.rsplit(maxsplit=1)[-1]}）" if name in names else value or "—"

        for kind, row, when in self.rows.values():
            about, *tried = row if isinstance(row, list) else [row]
            if kind not in TELLS:
                continue
            if kind == "entry":
                event = called(about["event"].get("act") or about["event"]["kind"])
                event = f"不予办理：{event}" if about.get("refused") else event
                about = about | {"event": event, "stage": f"stage {about['stage']}"}
            words = {
                name: _local(each) if each and name.endswith("at") else called(each) for name, each in about.items()
            }
            shown = [
                f"{called(each['channel'])} {_local(each['last_tried_at'])} {called(each['state'])}" for each in tried
            ]
            self.done.append(f"{TELLS[kind].format_map(words)}{'；'.join(shown)}（列入日志{when}）")

    def names(self) -> dict[str, str]:
        """What events, stages and outcomes are called, in the words of the rules, and channels."""
        found = {"submit": "提交备案申请"} | CHANNELS
        for wheel in self.wheels.values():
            with zipfile.ZipFile(BytesIO(wheel)) as rules, rules.open("models/vocabulary.py") as words:
                text = words.read(WORDS).decode()
            for name, of in re.findall(r"^class (\w+)\(Named\):(.*?)(?=^class |\Z)", text, re.MULTILINE | re.DOTALL):
                if name in TOLD:
                    pairs = re.findall(r'^    [A-Z_]+ = "(\w+)", "([^"]+)"', of, re.MULTILINE)
                    found |= {f"stage {value}" if name == "Stage" else value: label for value, label in pairs}
        return found

    def work_out(self, asked: bool) -> None:
        """What the rules come to, if that is asked for; only what is proven is run."""
        if not asked:
            self.aside.append(
                "未重算：各期限和结果是否由登记的事实按规则得出，只有重算才能证明（--重算，须装有 pydantic）"
            )
        elif self.wrong or self.lacking:
            self.lacking.append("未重算：规则程序或者版本未经核验，不予运行")
        else:
            self._run()

    def _run(self) -> None:
        [(name, wheel)] = self.wheels.items()
        told = {"entries": self.entries, "used": self.used, "editions": self.documents}
        with tempfile.TemporaryDirectory() as folder:
            (rules := Path(folder) / Path(name).name).write_bytes(wheel)
            (said := Path(folder) / "said.json").write_text(json.dumps(told), "utf-8")
            failed, output = run(str(rules), said)
        if failed:
            self.lacking.append(f"未重算：{failed}")
            return
        found = json.loads(output)
        self.wrong += [f"重算不一致：{each}" for each in found["differs"]]
        if not found["differs"]:
            self.done.insert(0, f"结果已重算一致（{found['steps']}条登记、{found['dates']}个期限）")


def run(rules: str, said: Path) -> tuple[str, str]:
    """Run the rules in a process of their own, in bounds: why there is no outcome, or else the outcome."""
    command = [sys.executable, "-I", "-B", "-W", "ignore", "-X", "utf8", "-c", CHILD, rules]
    with (
        said.open("rb") as given,
        subprocess.Popen(command, stdin=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as child,
    ):
        assert child.stdout
        late = Timer(SECONDS, child.kill)
        late.start()
        output = child.stdout.read(OUTPUT + 1)
        if len(output) > OUTPUT:
            child.kill()
        child.wait()
        timely = late.is_alive()
        late.cancel()
    told = output.decode("utf-8", "replace")
    if len(output) > OUTPUT:
        return f"规则程序的输出超过 {OUTPUT} 字节", ""
    if not timely:
        return f"规则程序运行超过 {SECONDS} 秒", ""
    return ("规则程序不能运行（" + "".join(told.strip().splitlines()[-1:]) + "）" if child.returncode else ""), told


def _counted_by(entries: list[Any]) -> set[tuple[str, str]]:
    """The editions by which entries say that they count, by subject and name."""
    filings = [entry["filing"] for entry in entries]
    every = [*filings, *(period for filing in filings for period in filing.get("clocks", {}).values())]
    return {(subject, each[subject]) for each in every for subject in SUBJECTS if each.get(subject)}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _local(instant: Any) -> str:
    return f"{datetime.fromisoformat(str(instant)).astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
