"""`make year`: the year of a made-up province, as a docket of its rounds and a folder of its documents; 1 if any sum differs."""

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.table import Table

from cli.output import console
from examples.province import side_by_side
from examples.province.documents import Document, laid
from examples.province.reconciliation import Reconciliation, Told
from examples.province.side_by_side import Setting, live, made
from examples.province.story import Story
from models.register import RoundRow
from models.rounds.base import RoundKind, RoundStage
from regulation.rounds.every import rules_of

VAR = Path("var/year")


@click.command(
    help="一个虚构省份的一年：申报通知、备案、年度报送、统计调查、评价、抽查、后补助；逐项核对，文书存入一个文件夹。"
)
@click.option("--alliances", default=3000, show_default=True, help="联盟数量")
@click.option("--seed", default=1, show_default=True, help="随机种子：同一种子总是同一个省")
@click.option("--year", default=2027, show_default=True, help="年份")
def main(alliances: int, seed: int, year: int) -> None:
    """Live it, lay its documents down, and check every sum."""
    began, folder = time.monotonic(), VAR / f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    folder.mkdir(parents=True)
    setting = Setting(f"sqlite:///{folder / 'register.db'}", alliances, seed, year)
    made(setting.url)
    clocked = _clocked()
    with side_by_side.processes() as pool:
        story = live(setting, pool, clocked)
        documents, told = side_by_side.documents(setting, pool, folder)
    clocked("文书；公示公告网；逐项核对")
    told += lay(story, documents, folder)
    print_rounds(story)
    print_sums(told)
    differ = sum(not each.agrees for each in told)
    files = sum(path.is_file() for path in folder.rglob("*"))
    console.print(
        f"{alliances}家联盟的{year}年在 {folder}/：文书、公示公告网和备案库，共{files}个文件，从 README.md 看起；用时{time.monotonic() - began:.0f}秒"
    )
    console.print(f"{len(told)}项核对，{'全部一致' if not differ else f'{differ}项不一致'}")
    sys.exit(1 if differ else 0)


def lay(story: Story, documents: list[Document], folder: Path) -> list[Told]:
    """Write the documents; the sums that they tell, each told twice."""
    head = (
        f"# 虚构省份的{story.year}年\n\n{len(story.alliances)}家联盟都是虚构的，编号、代码按校验规则生成，与任何单位无关。"
        "各文件由备案系统依备案库生成，与正式运行时相同。`site/index.html` 是公示公告网，`register.db` 是备案库。"
    )
    laid(documents, folder, head)
    return Reconciliation(story, folder).of_documents()


def _clocked() -> Callable[[str], None]:
    last = time.monotonic()

    def told(chapter: str) -> None:
        nonlocal last
        now = time.monotonic()
        console.print(f"{now - last:5.1f}秒  {chapter}")
        last = now

    return told


def print_rounds(story: Story) -> None:
    """The docket of the year's rounds."""
    table = Table(title=f"{story.year}年的轮次")
    for name in ("轮次", "名称", "文号", "起止", "阶段", "登记", "数目"):
        table.add_column(name, overflow="fold")
    labels = {each.value: each for each in RoundStage}
    for kind in RoundKind:
        for row in sorted(story.service.rounds.rounds(kind=kind, year=story.year), key=lambda row: row.round_id):
            table.add_row(
                row.round_id,
                row.title,
                row.document_no or "",
                f"{row.opens}—{row.closes}",
                labels[row.stage].label,
                str(row.number),
                _in_words(row),
            )
    console.print(table)


def _in_words(row: RoundRow) -> str:
    """What a round counts, as its page calls it."""
    rules = rules_of(row.round_id)
    return "，".join(f"{rules.word(name)}{count}" for name, count in json.loads(row.counts).items() if count)


def print_sums(told: list[Told]) -> None:
    """What was told twice."""
    table = Table("核对", "一方", "另一方", "", title="逐项核对")
    for each in told:
        table.add_row(each.what, _short(each.told), _short(each.again), "一致" if each.agrees else "不一致")
    console.print(table)


def _short(value: object) -> str:
    return f"{len(value)}家" if isinstance(value, dict) else str(value)[:24]


if __name__ == "__main__":
    main()
