"""The reviewer's checklist (审核清单): what only a person can judge of an application, and what its leader has to do about a line
that is found wanting (A-30)."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from models.findings import Finding
from models.vocabulary import ByKind, Kind


class Line(NamedTuple):
    """What an officer looks at, by its requirement, and how a return asks the leader to correct it."""

    code: str
    asks: str
    correction: str


CHECKS: ByKind[tuple[Line, ...]] = ByKind(
    a=(
        Line(
            "A-03",
            "核对是否为以契约为保障、有明确市场目标的技术创新联合体",
            "请说明联盟以契约为保障、有明确的市场目标，并附相应材料",
        ),
        Line(
            "A-07", "核对契约能否约束成员行为、保护成员利益", "请补充或者修改协议，写明如何约束成员行为、保护成员利益"
        ),
        Line("A-11", "核对是否由企业牵头、按照市场机制自发组建", "请说明联盟由企业牵头、按照市场机制自发组建的情况"),
        Line("A-12", "核对盟主在辽宁省内注册并实地经营", "请补充盟主在辽宁省内注册并实地经营的证明材料"),
        Line(
            "A-13", "核对研发投入与持续开展科技创新活动的能力", "请补充盟主研发投入和持续开展科技创新活动能力的证明材料"
        ),
        Line("A-14", "核对高校或科研机构在合作领域的比较优势", "请补充高校或科研机构在合作领域具有比较优势的说明"),
        Line("A-15", "核对上下游相关优势企业共同参与", "请补充产业链上下游相关优势企业共同参与的说明"),
        Line(
            "A-17", "核对协议的法律约束力与内在利益机制", "请补充或者修改协议，写明各方的权利义务、违约责任和利益机制"
        ),
        Line("A-18", "核对协议中的技术创新目标", "请补充或者修改协议，写明技术创新目标"),
        Line(
            "A-19",
            "核对是否符合“三篇大文章”、产业政策和绿色低碳导向",
            "请说明联盟符合“三篇大文章”、产业政策和绿色低碳导向的情况",
        ),
        Line(
            "A-20",
            "核对是否有利于关键核心技术攻关和掌握自主知识产权",
            "请说明联盟如何有利于关键核心技术攻关和掌握自主知识产权",
        ),
        Line("A-20", "核对是否有利于各类创新要素向企业集聚", "请说明联盟如何有利于各类创新要素向企业集聚"),
        Line("A-20", "核对是否有利于产业链和创新链深度融合", "请说明联盟如何有利于产业链和创新链深度融合"),
        Line("A-20", "核对是否有利于区域主导产业的发展", "请说明联盟如何有利于区域主导产业的发展"),
        Line("A-21", "核对开放发展机制", "请补充联盟的开放发展机制"),
        Line("A-28", "核对材料真实性与公章", "请重新提交真实、清晰并加盖公章的材料"),
        Line("A-53", "核对有无“拉郎配”、垄断或压制竞争", "请说明联盟不存在“拉郎配”、垄断或者压制竞争的情形"),
    ),
    b=(
        Line("B-08", "核对契约的法律约束力和明确的市场目标", "请补充或者修改契约，写明其法律约束力和市场目标"),
        Line(
            "B-10",
            "核对盟主在辽宁省内注册并实地经营、成员包括高校或科研机构",
            "请补充盟主在辽宁省内注册并实地经营、成员包括高校或科研机构的证明材料",
        ),
        Line("B-11", "核对已开展的实质性产学研合作", "请补充已开展实质性产学研合作的证明材料"),
        Line("B-12", "核对近一年的研发活动与投入", "请补充近一年研发活动和研发投入的证明材料"),
        Line("B-13", "核对定期组织的活动", "请补充定期组织活动的证明材料"),
        Line("B-16", "核对材料真实性、公章与税务章", "请重新提交真实、清晰并加盖公章、税务章的材料"),
    ),
)
"""The lines for every application of a kind."""

CODE_OF_ANOTHER_PROVINCE = Line(
    "A-12", "代码的登记地不在辽宁省，须核对省内注册", "代码的登记地不在辽宁省，请补充在省内注册的证明材料"
)
CODE_OF_ANOTHER_CITY = Line(
    "A-24", "代码的登记地与属地不同，请核对盟主所在地", "代码的登记地与属地不同，请核对更正盟主所在地或者属地"
)
CODE_DOES_NOT_FIT = Line("G-35", "代码中的组织机构代码校验不符（GB 11714）", "代码中的组织机构代码校验不符，请核对更正")
ANOTHER_FIELD = Line(
    "G-34", "技术领域不在八个领域之内，按“其他”核对", "技术领域不在八个领域之内，请核对；确属其他领域的，请具体写明"
)
UNKNOWN_ZONE = Line("FB-03", "所属高新区不在名录内，由市级审核并核对", "所属高新区不在名录内，请核对更正")
ZONE_OF_ANOTHER_CITY = Line(
    "FB-03", "所属高新区与属地不在同一市，由市级审核并核对", "所属高新区与属地不在同一市，请核对更正"
)
NOT_WITH_APPLICATIONS = Line("A-28", "该类材料不在申请时由盟主提交", "该类材料不在申请时由盟主提交，请撤下")
"""What intake finds on some applications, for an officer to look at."""

SOMETIMES = (
    CODE_OF_ANOTHER_PROVINCE,
    CODE_OF_ANOTHER_CITY,
    CODE_DOES_NOT_FIT,
    ANOTHER_FIELD,
    UNKNOWN_ZONE,
    ZONE_OF_ANOTHER_CITY,
    NOT_WITH_APPLICATIONS,
)

CORRECTIONS: dict[str, str] = {line.asks: line.correction for line in (*CHECKS.a, *CHECKS.b, *SOMETIMES)}

NOT_WANTING = frozenset({"A-51", "G-07", "G-18", "G-22", "G-32", "G-39"})
"""Findings that tell an officer something and that nobody can correct."""


def correction_of(each: Finding, local: Iterable[Line] = ()) -> str | None:
    """What a leader has to do about a finding on its application; None if it is nothing to be corrected.

    `local`: the lines that its city adds (regulation/local_rules.py).
    """
    corrections = CORRECTIONS | {line.asks: line.correction for line in local}
    return None if each.code in NOT_WANTING else corrections.get(each.message, each.message)


CONDITIONS: Mapping[Kind, tuple[str, ...]] = {
    kind: tuple(dict.fromkeys(line.code for line in lines)) for kind, lines in CHECKS.items()
}
"""Every requirement of a kind that only a person can judge, once."""

CONDITIONS_UNTIL_0_3: ByKind[tuple[str, ...]] = ByKind(
    a=("A-12", "A-13", "A-14", "A-15", "A-17", "A-18", "A-19", "A-20", "A-21"),
    b=("B-10", "B-11", "B-12", "B-13"),
)
"""What filings taken in before release 0.4.0 are asked: the conditions of 《工作指引》第五条, and those of 细则第四条."""

OF_MEMBERS: ByKind[tuple[str, ...]] = ByKind(
    a=("A-07", "A-14", "A-15", "A-17", "A-21", "A-28", "A-53"),
    b=("B-08", "B-10", "B-16"),
)
"""The requirements that a change of members bears on; a replaced leader is reviewed in full (G-24)."""

ON_CONFIRMING = ByKind(a=True, b=False)
"""Whether a confirmation brings the checklist; of kind B the recommendation did (B-03)."""
