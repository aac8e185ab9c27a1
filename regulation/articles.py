"""The articles: every requirement of the two documents, and every gap that was filled, by its number (docs/articles.md)."""

import re
from functools import cache
from typing import Any

from models.vocabulary import Kind
from regulation import data

ARTICLES: dict[str, dict[str, Any]] = data.read("articles.json")
"""Number → `cite` (what dockets hold), `named` (what people read, if that is put otherwise; `named_b`, of kind B, where its own
document says it; `analog`, where it does not bind but is followed by analogy), `gist`, and `system` (AUTO, CHECK, REC or OOS)."""

GUIDELINE_TITLE = "《辽宁省建设实质性产学研联盟工作指引（暂行）》"
GUIDELINE_NO = "辽科发〔2021〕19号"
RULES_TITLE = "《辽宁省实质性产学研联盟科技型中小企业技术能力提升后补助计划实施细则》"
"""What 《工作指引》 and 《实施细则》 are called in full; what quotes them once names them so."""

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
    """The article behind a requirement's number, as dockets hold it, which never changes: `《工作指引》第九条第2项（A-30）`.

    People read it by `quoted`, which may be put better.
    """
    letters = number.rstrip("0123456789ab-")
    return f"{FORMS[letters] if letters in FORMS else ARTICLES[number]['cite']}（{number}）"


ANALOG = "参照"
"""What an article begins with, as people read it, that does not bind but is followed by analogy."""


@cache
def named(number: str, kind: Kind | None = None) -> str:
    """The article behind a requirement's number, as people read it: `《工作指引》第九条第2项`, or, where neither document says
    anything and another rule is followed by analogy, `参照《行政许可法》第三十二条`. Of kind B, that of its own document."""
    letters = number.rstrip("0123456789ab-")
    if letters in FORMS:
        both = FORMS[letters].split("；")
        return both[kind is Kind.B] if kind and len(both) > 1 else FORMS[letters]
    article = ARTICLES[number]
    own = article.get("named_b") if kind is Kind.B else None
    return f"{ANALOG if article.get('analog') else ''}{own or article.get('named') or article['cite']}"


NUMBERED = re.compile(r"（((?:FA|FB|[A-DGL])-?\d{1,2}[a-z]?(?:-\d{1,2})?)）")


def quoted(article: str, kind: Kind | None = None) -> str:
    """An article of a docket as people read it, without our number: for whoever did not ask for it, and for what leaves the house."""
    found = NUMBERED.search(article)
    number = found[1] if found else ""
    known = (number in ARTICLES or number.rstrip("0123456789ab-") in FORMS) and article == cite(number)
    return named(number, kind) if known else NUMBERED.sub("", article)


def numbered(article: str, kind: Kind | None = None) -> str:
    """The same with our number, for whoever asked for it and for programs."""
    found = NUMBERED.search(article)
    return f"{quoted(article, kind)}{found[0] if found else ''}"


def behind(item: str, kind: Kind) -> str:
    """The article behind an item of a checklist or of a return, that of the kind's own document; the item itself, if somebody
    wrote it by hand."""
    try:
        return numbered(cite(item), kind)
    except KeyError:
        return item
