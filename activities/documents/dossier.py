"""The dossier (归档包): everything on one filing in one zip that can be checked without this system.

Its times are those of the entries, so the same register gives the same bytes. It holds personal data: it is for archives.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import IO

from activities.attachments import Attachments, Reference, references
from activities.documents import docket, drafting, forms, gongwen, packaging
from activities.documents.drafting import UNKNOWN, Contacts
from activities.documents.packaging import File, json_bytes
from activities.documents.record import Record, read
from activities.log.notes import Signer
from activities.register import Register as Registry
from models.reasons import Reason, Register
from models.register import Paper
from regulation.because import Docket, of_entry

NOTE = """\
{alliance} 归档包
平台申请编号 {filing_id}，备案编号 {archive_number}，共 {number} 条登记，末条登记的哈希 {head}。

一、个人信息
本包含有联系人、电话、电子邮箱、送达地址、异议人身份和陈述申辩内容（文书/、登记/、申请表/），只供归档，
依档案和个人信息保护的规定保管，不得公开或者另作他用。

二、内容
目录.json      本包各文件的名称、说明、字节数和 SHA-256
备案.json      备案现状，与末条登记所载相同；各年度的报送情况在其中（years）
登记/          每条登记一个文件：登记内容（body，写入时的原文）、它发出的消息、公示公告、带来的申请版本及核对结果
               （effects）、前一条登记的哈希（previous）、本条登记的哈希（hash）
文书/          登记所依据的文书原文，文件名为其 SHA-256；{masked}
附件/          文书所引用、存于本系统的文件，文件名为其 SHA-256，原名见目录.json；{attachments}
证明.json      各条登记、文书、公示公告、信函的送达和阅读、所用的期限标准和工作日历在登记日志中的位置
规则/          所用的期限标准和工作日历（依据.json），以及规则程序（whl）
申请表/        各版申请表          公文草稿/  依登记另行生成的公文草稿，以机关印发的为准
卷宗.docx      以上内容供人阅读的汇总
理由.txt       每条登记为何发生：事实、条款、日期的计算；理由.json 同，并写明所据登记的哈希和字段

三、离线核验
核验.py、重算.py 请取自公示公告网站的 /notices/verify.py、/notices/recompute.py，放在同一文件夹，不用本包所附的：
包是谁给的，所附的程序也是谁给的。
执行 python3 -I 核验.py 文件夹或zip（任何一台装有 Python 3.11 以上的电脑，不必联网）。它逐一核对：
1. 各文件与制作时所签署的目录相符，没有增减（另可执行 sha256sum -c SHA256SUMS）；每条登记的哈希 = SHA-256（前一条登记的哈希 + body + effects 的摘要），首条之前为 64 个 0；
2. 备案现状、文书和附件、期限标准、工作日历与登记相符；
3. 每条登记、公示公告、文书和送达在登记日志中的位置，何时列入，直至签署的根（证明.json），以及签名；
并写明哪些已经核验、哪些须凭信任。公钥和根与公示公告网站所载的比对：--key、--root。
执行 python3 -I 核验.py 文件夹或zip --重算（须装有 pydantic），即以所附的规则程序由登记重算各个期限和结果；程序经核验才运行，但不保证隔绝。
"""


def dossier(
    register: Registry,
    filing_id: str,
    attachments: Attachments,
    contacts: Contacts = UNKNOWN,
    signer: Signer | None = None,
) -> bytes:
    """A filing's package for the archive, its attachments included. Raises `NoSuchFiling`."""
    pack = BytesIO()
    write_dossier(pack, register, filing_id, attachments, contacts, signer)
    return pack.getvalue()


def write_dossier(
    pack: IO[bytes],
    register: Registry,
    filing_id: str,
    attachments: Attachments,
    contacts: Contacts = UNKNOWN,
    signer: Signer | None = None,
) -> None:
    """Write a filing's package into a file: attachments may be large. With a `signer` of the log it says that nothing was entered after
    its last entry. Raises `NoSuchFiling`."""
    record = read(register, filing_id)
    rests_on = packaging.papers(record)
    with register.engine.connect() as db:
        used = packaging.used(db, [step.filing for step in record.steps])
        papers, masked = packaging.comparable(db, rests_on)
    last = record.entries[-1].entered_at
    attached = references(paper.body for paper in papers)
    looked_at = [(each, list(attachments.faults([each]))) for each in attached]
    there = [each for each, faults in looked_at if not faults]
    missing = [fault for _, faults in looked_at for fault in faults]
    faults = [*register.verify(filing_id), *missing]
    told = f"其中 {len(masked)} 份的个人信息已按保存期限遮蔽，见遮蔽.json" if masked else "均为原文"
    files = list(
        _files(record, papers, faults, contacts, last, {"attachments": _counted(there, missing), "masked": told})
    )
    files += packaging.masks(masked, last)
    files += packaging.rules(used, last)
    files += [
        File(f"附件/{each.sha256}{_ending(each.name)}", f"附件：{each.name}", attachments.path(each.sha256), last)
        for each in there
    ]
    listed = [{"文件": file.name, "说明": file.what, "字节": file.size, "SHA-256": file.digest} for file in files]
    files.insert(0, File("目录.json", "本包目录", json_bytes(listed), last))
    files = packaging.summed(files, last)
    rows = [*packaging.of_whole(record, rests_on, masked), *packaging.of_editions(used)]
    proof = packaging.of_package(register.engine, rows, record.entries[-1], signer, files[-1].digest, whole=True)
    files.append(File(packaging.PROOF, "登记日志中的证明", json_bytes(proof), last))
    gongwen.pack_into(pack, ((file.name, file.content, file.at) for file in files))


def _counted(there: Sequence[Reference], missing: Sequence[str]) -> str:
    """How many attachments are in the package, and which ought to be and are not."""
    told = f"共 {len(there)} 个" if there else "无"
    return told + "".join(f"\n               未能收入本包——{each}" for each in missing)


def _ending(name: str) -> str:
    """The ending of a name that somebody gave, if it is a plain one."""
    found = re.search(r"\.[A-Za-z0-9]{1,5}$", name)
    return found[0].lower() if found else ""


def _files(
    record: Record,
    papers: Sequence[Paper],
    faults: Sequence[str],
    contacts: Contacts,
    last: datetime,
    counted: Mapping[str, str],
) -> Iterator[File]:
    row = record.row
    note = NOTE.format(
        alliance=row.alliance_name,
        filing_id=row.filing_id,
        archive_number=row.archive_number or "（尚无）",
        number=row.number,
        head=row.head,
        **counted,
    )
    yield File("说明.txt", "内容与核验方法", note.encode(), last)
    yield from packaging.programs(last)
    yield File("卷宗.docx", "卷宗", docket.of_record(record, faults), last)
    told = list(_reasons(record))
    yield File("理由.txt", "每条登记的理由，供人阅读", _worded(told).encode(), last)
    yield File("理由.json", "每条登记的理由，及其所据的登记和字段", json_bytes([each for _, each in told]), last)
    yield File("备案.json", "备案现状", json_bytes(json.loads(row.value)), last)
    yield from packaging.entries(record, range(1, len(record.entries) + 1))
    for paper in papers:
        yield File(f"文书/{paper.digest}.json", f"文书：{paper.kind}", paper.body.encode(), paper.stored_at)
    for made, folder, what in (
        (forms.of_record(record), "申请表", "申请表"),
        (drafting.of_record(record, contacts), "公文草稿", "公文草稿"),
    ):
        for draft in made:
            yield File(f"{folder}/{draft.name}", what, draft.content, last)


def _reasons(record: Record) -> Iterator[tuple[Reason, dict[str, object]]]:
    """Why each entry came, as a court asks, with the entries that it rests on."""
    docket = Docket([step.entry for step in record.steps], record.row.number)
    for row, entry in zip(record.entries, docket.entries, strict=True):
        reason = of_entry(docket.up_to(entry.number), entry)
        yield reason, {"number": row.number, "hash": row.hash, "reason": reason.model_dump(mode="json")}


def _worded(told: Sequence[tuple[Reason, dict[str, object]]]) -> str:
    """The same to be read: a sentence a line, the reasons behind it further in."""
    lines = (f"{'    ' * depth}{line}" for reason, _ in told for depth, line in reason.lines(Register.COURT))
    return "\n".join(lines) + "\n"
