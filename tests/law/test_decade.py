"""Of the recorded lives of a decade, some: all are looked at by `make decade` (tests/decade/README.md)."""

import lzma
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from regulation.terms import TERMS
from tests.decade.exceptions import ExceptionToTheRecord, allowed, exceptions, not_excepted, signers
from tests.decade.kept import Difference, differences, keep, records
from tests.decade.outcomes import Life, by_these_alone, editions
from tests.in_force import also_in_force

EVERY = 100
"""One life of so many is looked at here."""

DIFFERENT = Difference(life="D-00001", record="0.0.0.jsonl.xz", was=("then",), is_now=("now",))


@pytest.mark.parametrize("record", records(), ids=lambda path: path.name)
def test_the_law_makes_of_recorded_lives_what_it_made(record: Path) -> None:
    assert list(not_excepted(differences(record, EVERY), exceptions(), signers())) == []


def test_a_changed_date_is_found_and_named(tmp_path: Path) -> None:
    life = Life(
        "D-1", "A in_force 2026-03-15", "2028-01-02", ("2027-11-02 10:00 leader file_annual_report {year: 2027}",)
    )
    path = tmp_path / "0.0.0.jsonl.xz"
    assert keep(path, editions(), [life]) == 1
    assert list(differences(path)) == []
    told = lzma.decompress(path.read_bytes()).decode()
    missed = "2026-12-01 00:00 year_missed[2026] in_force"
    assert missed in told
    path.write_bytes(lzma.compress(told.replace(missed, missed.replace("12-01", "12-02")).encode()))
    [found] = differences(path)
    assert list(found.lines) == ["0.0.0.jsonl.xz D-1", f"  - {missed.replace('12-01', '12-02')}", f"  + {missed}"]


def test_editions_that_came_later_are_not_known_to_a_record() -> None:
    recorded = editions()
    with also_in_force(date(2026, 3, 20)) as name:
        with by_these_alone(recorded):
            assert name not in list(TERMS)
        assert name in list(TERMS)
    with pytest.raises(AssertionError, match="altered"), by_these_alone(recorded | {"期限标准 LN-2023": "0"}):
        pass


def test_only_what_is_signed_as_it_stands_is_excepted() -> None:
    key, who = Ed25519PrivateKey.generate(), "法规处"
    known = {who: key.public_key().public_bytes_raw().hex()}
    allows = ExceptionToTheRecord(
        record=DIFFERENT.record,
        reason="期限标准改版，自某日起",
        article="A-34",
        by=who,
        lives={DIFFERENT.life: allowed(DIFFERENT)},
    )
    signed = allows.signed_with(key)
    assert list(not_excepted([DIFFERENT], [signed], known)) == []
    other = DIFFERENT.but(is_now=("something else",))
    for found, excepted, signing in (
        (DIFFERENT, [], known),
        (DIFFERENT, [allows], known),
        (DIFFERENT, [signed], {}),
        (DIFFERENT, [signed.but(reason="另一条理由，未经签名")], known),
        (DIFFERENT, [signed, allows.but(lives={DIFFERENT.life: "0"}).signed_with(key)], known),
        (other, [signed], known),
        (DIFFERENT.but(record="another"), [signed], known),
    ):
        assert list(not_excepted([found], excepted, signing)) == [found]
