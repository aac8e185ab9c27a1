"""The proof of one decision (决定的证明): an entry with what it rests on, in a zip that can be checked without this system.

It holds the entries on which it rests, each with the one before it, their papers, notices and receipts, the editions by which was
counted and the rules themselves; of other entries nothing. Like the package for the archive, the same register gives the
same bytes. Who may read less is given less, and the verifier says so (activities/documents/verify.py).
"""

from collections.abc import Callable, Iterator
from typing import IO, Any

from activities.documents import docket, gongwen, packaging
from activities.documents.packaging import SUBJECTS, File, json_bytes, summed
from activities.documents.record import Record, Sent, read, receipts
from activities.log.notes import Signer
from activities.publishing.calendars import counted_in_words
from activities.register import Register
from models.acts import By
from models.filing import Entry, Filing
from regulation import agenda, naming, offices
from regulation.articles import quoted
from regulation.recomputing import called

May = Callable[[Filing, str], bool]
"""Whether the reader may read a paper of a kind, or what a refused act said (regulation/offices.py)."""


class NoSuchDecision(LookupError):
    """没有这一号登记，或者不予查阅."""


def rests_on(docket_: list[Entry], number: int) -> list[int]:
    """The entries on which one rests, itself last: those that it names, that brought the application and began what runs, and those
    that the filing marks as what brought it here; each with the entry before it, from which it is worked out."""
    entry = docket_[number - 1]
    before = docket_[number - 2].filing if number > 1 else None
    found = {number, entry.undoes or number, _began(docket_, number, lambda filing: (filing.paper,))}
    for filing in filter(None, (before, entry.filing)):
        value = filing.model_dump(mode="json")
        found |= set(_numbers({name: each for name, each in value.items() if name != "number"}))
    if before:
        found.add(_began(docket_, number - 1, lambda filing: (filing.stage,)))
        for name, period in before.periods.items():
            begun = (period.from_, period.until)
            found.add(_began(docket_, number - 1, lambda filing, name=name: _period(filing, name), begun))  # type: ignore[misc]
    found = {each for each in found if 0 < each <= number}
    return sorted(found | {each - 1 for each in found if each > 1})


def _period(filing: Filing, name: str) -> tuple[Any, ...]:
    period = filing.periods.get(name)
    return (period.from_, period.until) if period else ()


def _began(docket_: list[Entry], number: int, of: Callable[[Filing], tuple[Any, ...]], begun: object = None) -> int:
    """Since which entry up to a number something of the filing is as it is there."""
    wanted = begun or of(docket_[number - 1].filing)
    while number > 1 and of(docket_[number - 2].filing) == wanted:
        number -= 1
    return number


def _numbers(value: object) -> Iterator[int]:
    """The numbers of entries that a filing's value names."""
    if isinstance(value, dict):
        if isinstance(value.get("number"), int):
            yield value["number"]
        for each in value.values():
            yield from _numbers(each)
    elif isinstance(value, list):
        for each in value:
            yield from _numbers(each)


def write_decision(
    pack: IO[bytes],
    register: Register,
    filing_id: str,
    number: int,
    may: May,
    signer: Signer | None,
    *,
    office: str = "",
) -> None:
    """Write the proof of one entry into a file; with an `office`, the letters of that alone. With a `signer` of the log its list of files
    is signed, so nothing is taken out of it unseen. Raises `NoSuchFiling`, `NoSuchDecision`."""
    record = read(register, filing_id)
    if not 1 <= number <= len(record.entries):
        raise NoSuchDecision(f"{filing_id} 第{number}号")
    docket_ = [step.entry for step in record.steps[:number]]
    entry = docket_[-1]
    refused = may(entry.filing, offices.REFUSED)
    told = {each for each in rests_on(docket_, number) if refused or docket_[each - 1].refused is None}
    if number not in told:
        raise NoSuchDecision(f"{filing_id} 第{number}号")
    numbers, last = sorted(told), entry.entered_at
    rests = [each for each in packaging.papers(record, numbers) if may(entry.filing, each.kind)]
    with register.engine.connect() as db:
        used = packaging.used(db, [docket_[each - 1].filing for each in numbers])
        papers, masked = packaging.comparable(db, rests)
    sent = [each for each in record.sent if each.message.number in told and office in ("", each.message.office)]
    notices = [each for each in record.notices if each.number in told]
    rows = [*packaging.of_entries(record, numbers), *packaging.of_papers(rests), *packaging.of_masks(masked)]
    rows += [*packaging.of_notices(notices), *packaging.of_editions(used), *packaging.of_letters(sent)]
    files = [File("说明.txt", "", _explained(record, docket_, told, sent, used).encode(), last)]
    files += [*packaging.programs(last), *packaging.entries(record, numbers, whole=not office)]
    files += [File(f"文书/{each.digest}.json", "", each.body.encode(), each.stored_at) for each in papers]
    files += [*packaging.masks(masked, last), *packaging.rules(used, last)]
    files = summed(files, last)
    decided = record.entries[number - 1]
    proof = packaging.of_package(register.engine, rows, decided, signer, files[-1].digest, whole=False)
    files.append(File(packaging.PROOF, "", json_bytes(proof), last))
    gongwen.pack_into(pack, ((file.name, file.content, file.at) for file in files))


def _explained(
    record: Record, docket_: list[Entry], told: set[int], sent: list[Sent], used: list[dict[str, Any]]
) -> str:
    """What was decided, on what it rests and how to check that, for people."""
    entry, row = docket_[-1], record.row
    before = docket_[-2].filing if len(docket_) > 1 else entry.filing
    steps = [docket.told_of(record.entries[each - 1], docket_[each - 1]) for each in sorted(told)]
    number, at, what, who, stage, article, _ = (each.replace("\n", " ") for each in steps[-1])
    by = getattr(entry.event, "by", None)
    mandate = (
        f"{by.role.label}，{quoted(entry.article)}" if isinstance(by, By) else f"法定期限届至，{quoted(entry.article)}"
    )
    lines = [
        f"{row.alliance_name}（{row.filing_id}，备案编号 {row.archive_number or '尚无'}）第{number}号登记的证明",
        "",
        f"一、决定：{what}，{at}，登记后为“{stage}”",
        f"二、何人、依何职权：{who}（{mandate}）",
        f"三、依据：{article}；期限标准 {before.terms}，工作日历 {before.calendar}",
        "四、所依据的登记：",
        *(f"   第{each[0]}号 {each[1]} {each[2]}（{each[5]}）".replace("\n", " ") for each in steps[:-1]),
        "五、期限的计算：",
        *(f"   {line}" for line in _counts(before)),
        "六、通知和送达：",
        *(f"   第{each.message.number}号 {each.message.title}：{'；'.join(receipts(each))}" for each in sent),
        "七、所用的版本：",
        *(f"   {SUBJECTS[each['subject']]} {each['name']} SHA-256 {each['digest']}" for each in used),
        "",
        "核验：核验.py、重算.py 请取自公示公告网站的 /notices/verify.py、/notices/recompute.py，放在同一文件夹，不用本包所附的；执行 python3 -I 核验.py 文件夹或zip（Python 3.11 以上，不必联网）；公钥和根与公示公告网站所载的比对：--key、--root。",
        "由登记重算结果：python3 -I 核验.py 文件夹或zip --重算（须装有 pydantic）。",
        "本说明和登记不一致的，以登记为准。本证明可能含有个人信息，不得另作他用；它不证明其后没有别的登记，须证明的用归档包。",
        "",
    ]
    return "\n".join(lines)


def _counts(before: Filing) -> Iterator[str]:
    for name, period in sorted(before.periods.items()):
        told = "；".join(counted_in_words(agenda.explained(before, period))) if period.count else "固定日期"
        yield f"{called(name)}：至{naming.midnight(period.until)}；{told}；工作日历 {period.calendar}，期限标准 {period.terms}"
    for year in before.years:
        yield f"{year.year}年度报送：截止{naming.midnight(year.due)}，{year.status.label}"
