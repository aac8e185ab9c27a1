"""The articles: every requirement of the two documents, and every gap that was filled, by its number (docs/articles.md)."""

import re
from functools import cache

from models.vocabulary import Kind
from regulation import data

ARTICLES: dict[str, dict[str, str]] = data.read("articles.json")
"""Number → `cite` (what is quoted to people), `gist`, and `system` (AUTO, CHECK, REC or OOS)."""

GUIDELINE_TITLE = "《辽宁省建设实质性产学研联盟工作指引（暂行）》"
"""What 《工作指引》 is called in full (辽科发〔2021〕19号); official documents that quote it once name it so."""

FORMS = {
    "FA": "《工作指引》附件 备案申请表",
    "FB": "2023年通知附件2 备案申请表",
    "L": "《工作指引》第十七条 属地要求的材料",
    "C": "《工作指引》第十七条 属地要求的条件",
    "D": "《工作指引》第九条第1项；《实施细则》第六条第1项",
}
"""What a finding on one field of a form, on a document, or on what a city adds, cites."""


@cache
def cite(number: str) -> str:
    """The article behind a requirement's number, as it is quoted to people: `《工作指引》第九条第2项（A-30）`."""
    letters = number.rstrip("0123456789ab-")
    quoted = FORMS[letters] if letters in FORMS else ARTICLES[number]["cite"]
    return f"{quoted}（{number}）"


NUMBERED = re.compile(r"（(?:FA|FB|[A-DGL])-?\d{1,2}[a-z]?(?:-\d{1,2})?）")


def quoted(article: str) -> str:
    """An article without our numbers: for whoever did not ask for them, and for what leaves the house."""
    return NUMBERED.sub("", article)


def behind(item: str, kind: Kind) -> str:
    """The article behind an item of a checklist or of a return, of a document that both kinds bring the one of the kind; the item
    itself, if somebody wrote it by hand."""
    try:
        cited = cite(item)
    except KeyError:
        return item
    if not cited.startswith(FORMS["D"]):
        return cited
    own = dict(zip((Kind.A, Kind.B), FORMS["D"].split("；"), strict=True))[kind]
    return cited.replace(FORMS["D"], own)
