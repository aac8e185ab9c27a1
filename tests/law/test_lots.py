"""The lot: shares that a jurist can check, properties of every lot, and the script for the public that knows only what was published."""

import runpy
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as some

from models.rounds.lots import Candidate, Committed, Population, PublicValue, Seeds
from models.values import canonical, digest
from models.vocabulary import Kind
from regulation import offices
from regulation.rounds import lot

CASES = yaml.safe_load((Path(__file__).parent / "rounds" / "lots.yaml").read_text("utf-8"))
SCRIPT = Path(__file__).parents[2] / "gateway" / "pages" / "static" / "recompute_lot.py"
ROUND = "inspection-2027-LN-1"

SIZES = some.dictionaries(
    some.tuples(some.sampled_from(Kind), some.sampled_from(sorted(offices.OFFICES))), some.integers(1, 60), min_size=1
)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_shares(case: dict[str, Any]) -> None:
    size = {(Kind(at[0]), at[2:]): many for at, many in case["size"].items()}
    at_least_one = case.get("at_least_one", False)
    if "refused" in case:
        with pytest.raises(ValueError, match=case["refused"]):
            lot.shares(size, case["draw"], at_least_one=at_least_one)
        return
    shares = lot.shares(size, case["draw"], at_least_one=at_least_one)
    assert {f"{kind}-{city}": share for (kind, city), share in shares.items()} == case["shares"]


@settings(deadline=None, max_examples=50)
@given(SIZES, some.data(), some.booleans())
def test_shares_add_up_and_are_within_one_of_what_is_exact(
    size: Any, data: some.DataObject, at_least_one: bool
) -> None:
    least = len(size) if at_least_one else 1
    total = sum(size.values())
    drawn = data.draw(some.integers(least, total))
    shares = lot.shares(size, drawn, at_least_one=at_least_one)
    assert sum(shares.values()) == drawn
    assert all(at_least_one <= shares[at] <= size[at] for at in size)
    if not at_least_one:
        assert all(abs(shares[at] * total - drawn * size[at]) < total for at in size)
    assert lot.shares(dict(reversed(size.items())), drawn, at_least_one=at_least_one) == shares


def population(size: Any, draw: int, *, at_least_one: bool = False) -> Population:
    """As many alliances as are to take part, and one more in each stratum that a rule leaves out."""
    alliances = tuple(
        Candidate(
            id=f"LN-{kind.value}-{city}-{n}",
            name=f"甲乙{n}产学研联盟",
            kind=kind,
            city=city,
            left_out="近期已检查" if n > many else None,
        )
        for (kind, city), many in size.items()
        for n in range(1, many + 2)
    )
    return Population(
        round=ROUND, as_of="2027-03-01", rule="LN-2026", draw=draw, at_least_one=at_least_one, alliances=alliances
    )


def seeds(of: Population, *secrets: str, value: str | None = None) -> Seeds:
    """What both offices committed to and revealed."""
    return Seeds(
        round=ROUND,
        population=digest(of.model_dump(mode="json")),
        commitments=tuple(
            Committed(office=office, commitment=lot.commitment(ROUND, secret), secret=secret)
            for office, secret in zip(("省科技厅", "省工信厅"), secrets, strict=True)
        ),
        public_value=PublicValue(name="彩票", source="官网", on="2027-03-10", value=value) if value else None,
    )


def recompute(folder: Path, monkeypatch: pytest.MonkeyPatch, **files: Any) -> None:
    """Publish the files into a folder and run the script for the public on it."""
    for name, value in files.items():
        (folder / f"{name}.json").write_text(canonical(value.model_dump(mode="json")), "utf-8")
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), str(folder)])
    runpy.run_path(str(SCRIPT), run_name="__main__")


@settings(deadline=None, max_examples=50)
@given(
    SIZES,
    some.text("0123456789abcdef", min_size=20, max_size=32),
    some.text("0123456789abcdef", min_size=20, max_size=32),
    some.booleans(),
)
def test_a_lot_is_whole_and_depends_on_nothing_but_what_is_published(
    size: Any, one: str, other: str, at_least_one: bool
) -> None:
    listed = population(
        size,
        sum(size.values()) // 2 + len(size) // 2 + 1 if sum(size.values()) > len(size) else sum(size.values()),
        at_least_one=at_least_one,
    )
    seed = lot.seed_of(seeds(listed, one, other))
    drawn = lot.draw(listed, seed)
    taken = [each.id for each in drawn.order if each.drawn]
    assert len(taken) == len(set(taken)) == listed.draw
    assert {each.id for each in drawn.order} == {each.id for each in lot.taking_part(listed.alliances)}
    shuffled = listed.but(alliances=listed.alliances[::-1])
    assert lot.draw(shuffled, seed).order == drawn.order
    for each in taken[:3]:
        following = lot.stands_in(drawn, each, taken)
        assert following is None or following not in taken


def test_anybody_draws_a_lot_again_from_what_is_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    size = {(Kind.A, "210100"): 40, (Kind.A, "210200"): 25, (Kind.B, "210100"): 7, (Kind.A, "211400"): 2}
    listed = population(size, 12, at_least_one=True)
    told = seeds(listed, "a1b2c3d4e5f60718293a", "0f1e2d3c4b5a69788796", value="03 09 14 22 27 31 05")
    drawn = lot.draw(listed, lot.seed_of(told))
    recompute(tmp_path, monkeypatch, population=listed, seeds=told, lot=drawn)
    assert capsys.readouterr().out == "一致：12家\n"


@pytest.mark.parametrize("changed", ["population", "seeds", "lot"])
def test_whatever_was_changed_afterwards_shows(changed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = population({(Kind.A, "210100"): 9, (Kind.A, "210200"): 5}, 4)
    told = seeds(listed, "a1b2c3d4e5f60718293a", "0f1e2d3c4b5a69788796")
    drawn = lot.draw(listed, lot.seed_of(told))
    other = {
        "population": listed.but(alliances=listed.alliances[1:]),
        "seeds": told.but(commitments=(told.commitments[0].but(secret="00000000000000000000"), told.commitments[1])),
        "lot": drawn.but(order=tuple(each.but(drawn=not each.drawn) for each in drawn.order)),
    }
    files = {"population": listed, "seeds": told, "lot": drawn, changed: other[changed]}
    with pytest.raises(AssertionError):
        recompute(tmp_path, monkeypatch, **files)
