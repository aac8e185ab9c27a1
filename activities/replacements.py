"""Reading the texts that a deployment puts in place of shipped ones (regulation/texts.py)."""

from pathlib import Path

from regulation import offices, texts
from regulation.texts import TextRefused


def load(folder: Path | None) -> int:
    """Read `<family>/<event>.txt` for all, and `<jurisdiction>/<family>/<event>.txt` for one; how many there were.

    Raises `TextRefused` with every file that cannot be, so that a mistake is found at the start and not in a message.
    """
    texts.reset()
    if folder is None:
        return 0
    if not folder.is_dir():
        raise TextRefused(f"没有文字目录 {folder}")
    faults, read = [], 0
    for file in sorted(folder.rglob("*.txt")):
        *place, family, name = file.relative_to(folder).parts if file.parent != folder else ("", "", file.name)
        try:
            if place and (len(place) > 1 or place[0] not in offices.OFFICES):
                raise TextRefused(f"{file.relative_to(folder)}：{'/'.join(place)} 不是属地代码")
            texts.replace(place[0] if place else "", family, name.removesuffix(".txt"), file.read_text("utf-8"))
            read += 1
        except (TextRefused, UnicodeDecodeError) as error:
            faults.append(str(error))
    if faults:
        raise TextRefused("\n".join(faults))
    return read
