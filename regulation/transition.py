"""过渡规定: which numbers a filing keeps when newer terms govern it (G-44), as the newer terms say of each (`transition` of an edition).

What has begun keeps its number by itself: a running period is never counted anew, and the deadline of a year was fixed when it became
due. Besides that an edition may leave the old number to filings that had missed a year before, or whose revocation was under way or
decided before, for as long as that lasts; and, of a number that is asked for again and again, to the reporting year that had begun.
"""

from models.filing import Filing, Kept
from models.vocabulary import Stage
from regulation import terms
from regulation.terms import TERMS, TRANSITION, TransitionRow

DECIDED = (Stage.REVOCATION_PENDING, Stage.REVOKED)
"""Where a revocation is under way or decided."""


def kept(filing: Filing, edition: str) -> dict[str, Kept]:
    """The numbers that a filing keeps if an edition governs it from now on; those that it kept before stay."""
    found = dict(filing.kept)
    for key, row in TERMS[edition].transition.items():
        why = _why(filing, row) if key not in found else None
        if why and _value(filing, filing.terms, key) != _value(filing, edition, key):
            found[key] = Kept(terms=filing.terms, why=why, year=filing.report_year if why == "begun" else None)
    return found


def _why(filing: Filing, row: TransitionRow) -> terms.Keeps | None:
    if "decided" in row.keeps and filing.stage in DECIDED:
        return "decided"
    if "missed" in row.keeps and filing.missed_in_a_row:
        return "missed"
    by_itself = "begun" in TRANSITION[row.key].keeps
    return "begun" if "begun" in row.keeps and not by_itself and filing.report_year else None


def _value(filing: Filing, edition: str, key: str) -> object:
    return terms.find(edition, key, filing.kind, filing.jurisdiction)


def settled(filing: Filing) -> Filing:
    """A filing without the numbers for whose keeping there is no reason any more."""
    left = {key: each for key, each in filing.kept.items() if not _is_over(filing, each)}
    return filing if len(left) == len(filing.kept) else filing.but(kept=left)


def _is_over(filing: Filing, each: Kept) -> bool:
    if each.why == "decided":
        return filing.stage not in DECIDED
    if each.why == "missed":
        return not filing.missed_in_a_row and filing.case is None
    return filing.report_year is not None and filing.report_year > (each.year or 0)
