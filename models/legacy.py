"""存量联盟名单 (A-02): what a list made before this system holds of an alliance, and no more is asked to import it.

It has the names of the application forms (models/forms.py), so whatever shows an application shows it too, with gaps. The
leader fills those in later, on the form of its kind.
"""

from typing import Annotated, Literal

from models.acts import By, Year
from models.forms import MEMBERS, SOME, Code, Legacy, Name, OrganisationType, item
from models.values import FilingId, Instant, Jurisdiction, OneFor, Value


class PastYear(Value):
    """What is known of a year before the import: shown to be reported, said to be, or not known. Nothing follows from it."""

    year: Year = item("A-02", "年度")
    standing: Literal["proven", "asserted", "unknown"] = item("A-02", "报送情况")
    basis: Name | None = item("A-02", "依据（有据可查的写明文件或者凭证）", None)


class ListedLeader(Value):
    """盟主企业 as a list names it."""

    name: Name = item("FA-04", "企业名称")
    uscc: Code | None = item("FA-04", "统一社会信用代码（不详的留空，待盟主补充）", None)


class ListedMember(Value):
    """成员单位 as a list names it."""

    name: Name = item("FA-20", "成员单位名称")
    code: Code | None = item("FA-20", "法人代码", None)
    type: OrganisationType | None = item("FA-20", "成员类型", None)


class FromList(Legacy):
    """When and under which number it was archived, and what is known of the years since."""

    years: Annotated[tuple[PastYear, ...], OneFor(("year",))] = item("A-02", "以往年度", (), max_length=SOME)


class ListedAlliance(Value):
    """One alliance of a list."""

    listed: Literal[True] = item("A-02", "据名单导入")
    kind: Literal["A", "B"] = item("A-55", "申请表类别")
    filing_id: FilingId = item("A-27", "备案申请编号（平台）")
    received_at: Instant | None = item("A-27", "收到时间", None)
    by: By | None = item("A-27", "提交账号", None)
    jurisdiction: Jurisdiction = item("A-24", "属地")
    zone_name: Name | None = item("FB-03", "所属高新区", None)
    alliance_name: Name = item("FA-01", "联盟名称（全称）")
    technical_field: Name | None = item("FA-03", "技术领域", None)
    leader: ListedLeader = item("FA-04", "盟主情况")
    members: tuple[ListedMember, ...] = item("FA-20", "成员单位表", (), max_length=MEMBERS)
    legacy: FromList = item("A-02", "存量联盟导入")
