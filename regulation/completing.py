"""What an alliance imported from a list still lacks, filled in by its leader on the form of its kind (A-02).

Nothing waits for it and nothing is judged anew: the alliance is in force as it was imported.
"""

from models.acts import CompleteRecord
from models.filing import Filing
from models.findings import Lack
from regulation.moment import Moment


def may_complete(filing: Filing, act: CompleteRecord, when: Moment) -> Lack | None:
    """Only what was imported from a list, and once; later there are changes to report (A-02, G-24)."""
    if filing.incomplete:
        return None
    return Lack(missing="备案资料齐全；此后的变化应报告变更")


def complete(filing: Filing, act: CompleteRecord, when: Moment) -> Filing:
    """补充存量资料: what the leader filed is the application from now on, its code and address of service included (A-02)."""
    if act.facts is None:
        raise LookupError(f"{filing.id}: 补充的资料未经核对")
    return filing.but(
        version=filing.version + 1,
        paper=act.paper,
        substance=act.facts.substance,
        leader=act.facts.leader,
        consent=act.facts.consent,
        address=act.facts.address,
        incomplete=False,
    )
