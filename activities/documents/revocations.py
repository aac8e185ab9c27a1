"""将自动撤销名单 as xlsx: which alliances the coming days revoke by themselves, and why (G-16)."""

from collections.abc import Sequence
from datetime import datetime

from activities.columns import columns
from activities.documents.sheets import Head, table
from activities.revocations import Listed
from models.values import last_day_until
from models.vocabulary import LapseKind
from regulation.naming import short_due_at

TITLE = "将自动撤销名单.xlsx"
TOLD = columns("filing_id", "alliance", "leader_name", "leader", "kind", "city", "archive_number", "stage")


def sheet(found: Sequence[Listed], now: datetime) -> bytes:
    """A line an alliance."""
    heads = [
        *(Head(column.title, column.width) for column in TOLD),
        *(Head("最迟补报", 14), Head("撤销", 18), Head("届时", 24), Head("理由", 90)),
    ]
    lines = (
        [
            *(column.of(each.row) for column in TOLD),
            *(last_day_until(each.coming.at), short_due_at(each.coming.at, LapseKind.REVOKED), each.becomes, each.why),
        ]
        for each in found
    )
    return table("将自动撤销", heads, lines, now)
