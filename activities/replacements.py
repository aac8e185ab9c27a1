"""Reading the texts that a deployment puts in place of shipped ones (regulation/texts.py)."""

from pathlib import Path

from activities.documents.drafting import ATTACHMENTS, LINE
from regulation import offices, texts
from regulation.texts import Place, Text, TextRefused


def load(folder: Path | None) -> int:
    """Read `<family>/<event>.txt` for all, and `<jurisdiction>/<family>/<event>.txt` for one; how many there were.

    Raises `TextRefused` with every file that cannot be, so that a mistake is found at the start and not in a message.
    Then nothing is replaced, and what stood stays.
    """
    if folder is None:
        texts.reset()
        return 0
    if not folder.is_dir():
        raise TextRefused(f"没有文字目录 {folder}")
    faults, ours = [], []
    for file in sorted(each for each in folder.rglob("*") if each.suffix.lower() == ".txt"):
        try:
            ours.append(_read(file, file.relative_to(folder)))
        except TextRefused as refused:
            faults.append(str(refused))
    if faults:
        raise TextRefused("\n".join(faults))
    texts.replace_all(ours)
    return len(ours)


def _read(file: Path, within: Path) -> tuple[Place, Text]:
    """One file, by its place within the folder."""
    if len(within.parts) not in (2, 3):
        raise TextRefused(f"{within}：应在 渠道/ 或 属地代码/渠道/ 之下")
    jurisdiction = within.parts[0] if len(within.parts) == 3 else ""
    if jurisdiction and jurisdiction not in offices.OFFICES:
        raise TextRefused(f"{within}：{jurisdiction} 不是属地代码")
    try:
        written = file.read_text("utf-8-sig")
    except (UnicodeDecodeError, OSError) as unreadable:
        raise TextRefused(f"{within}：不能按 UTF-8 读取（{type(unreadable).__name__}）") from unreadable
    place, text = texts.checked(jurisdiction, file.parent.name, file.stem, written)
    if file.parent.name == "document":
        _attaches(within, text)
    return place, text


def _attaches(within: Path, text: Text) -> None:
    """A document attaches only what there is."""
    marked = (match for line in text.body.splitlines() if (match := LINE.fullmatch(line)))
    unknown = [match[2] for match in marked if match[1] == "+" and match[2] not in ATTACHMENTS]
    if unknown:
        raise TextRefused(f"{within}：没有名为 {'、'.join(unknown)} 的附件；附件为 {'、'.join(ATTACHMENTS)}")
