"""A register in the spring of 2023: a dozen alliances of both kinds, in several cities and a zone, each at another point."""

from typing import Any

from activities.register import Register
from models.vocabulary import Kind
from regulation.checklist import CONDITIONS
from tests.applications import good
from tests.in_force import editions_of_ones_own
from tests.simulated import Papered, Step, told, written
from tests.story import instant

NOW = "2023-05-10"
"""The day on which everybody looks at it."""

MET = {"checklist": [{"item": item, "met": True} for item in CONDITIONS[Kind.A]]}
MET_B = {"checklist": [{"item": item, "met": True} for item in CONDITIONS[Kind.B]]}
LACKING = {"deficiencies": [{"item": "A-17", "message": "合作协议未写明各方利益分配"}]}
DALIAN = {"by": {"person": "d-111", "office": "210200", "role": "city_st"}}


def accepted(on: str) -> Step:
    """Accepted by the city."""
    return "city", "accept", f"{on}T10:00", {}


def agreed(on: str) -> Step:
    """The 工信 department agreed."""
    return "iit", "give_iit_opinion", f"{on}T10:00", {"positive": True}


def confirmed(on: str) -> Step:
    """Confirmed, and published."""
    return "city2", "confirm", f"{on}T10:00", MET


def archived(on: str, number: int) -> Step:
    """Archived by the province."""
    return "province2", "archive", f"{on}T10:00", {"archive_number": f"LN-CXY-A-210100-2023-{number:04d}"}


LIVES: tuple[tuple[str, str, str, str, tuple[Step, ...]], ...] = (
    # filing, city, kind, submitted on, steps
    ("SY-NEW", "210100", "A", "2023-05-08", ()),
    ("SY-NEXT", "210100", "A", "2023-05-09", ()),
    ("SY-LATE", "210100", "A", "2023-03-01", (accepted("2023-03-02"), agreed("2023-03-06"))),
    ("SY-IIT", "210100", "A", "2023-05-04", (accepted("2023-05-05"),)),
    ("SY-BACK", "210100", "A", "2023-05-04", (("city", "return_for_correction", "2023-05-05T10:00", LACKING),)),
    ("SY-NOTICE", "210100", "A", "2023-04-17", (accepted("2023-04-18"), agreed("2023-04-20"), confirmed("2023-05-06"))),
    ("SY-SENT", "210100", "A", "2023-03-01", (accepted("2023-03-02"), agreed("2023-03-03"), confirmed("2023-03-06"))),
    (
        "SY-FORCE", "210100", "A", "2023-02-01",
        (accepted("2023-02-02"), agreed("2023-02-03"), confirmed("2023-02-06"), archived("2023-03-10", 1)),
    ),
    ("DL-NEW", "210200", "A", "2023-05-08", ()),
    ("DL-NOTICE", "210200", "A", "2023-04-20", (
        ("city", "accept", "2023-04-21T10:00", DALIAN),
        ("iit", "give_iit_opinion", "2023-04-24T10:00", {"positive": True, "by": DALIAN["by"] | {"person": "d-112", "role": "city_iit"}}),
        ("city", "confirm", "2023-05-08T10:00", MET | {"by": DALIAN["by"] | {"person": "d-113"}}),
    )),
    ("GX-NEW", "210100", "B", "2023-04-18", ()),
    ("GX-PASSED", "210100", "B", "2023-04-12", (
        ("zone", "accept", "2023-04-13T10:00", {}),
        ("zone", "recommend", "2023-04-24T10:00", MET_B),
    )),
)  # fmt: skip


def life(filing_id: str, city: str, kind: str, submitted: str, steps: tuple[Step, ...]) -> Papered:
    """One of them, up to now, by the shipped editions, whichever others this process knows by then."""
    form: dict[str, Any] = good(kind) | {
        "filing_id": filing_id,
        "alliance_name": f"{'沈阳' if city == '210100' else '大连'}市{filing_id}产学研联盟",
        "jurisdiction": city,
        "received_at": instant(submitted).isoformat(),
        "agreement_effective_on": "2023-01-20",
    }
    with editions_of_ones_own():
        return told(form, *steps, until=instant(NOW))


def populate(register: Register) -> None:
    """Write them all."""
    for each in LIVES:
        written(register, life(*each))
