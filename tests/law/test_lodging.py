"""An act at a door: what is wrong with it is told once, and where it is wrong."""

from typing import Any

from regulation.lodging import lodge


def faults(**fields: Any) -> list[str]:
    """Where a return for correction is at fault."""
    by = {"person": "c-101", "office": "210100", "role": "city_st"}
    lodged = lodge("LN-1", {"id": "r1", "kind": "return_for_correction", "by": by, **fields})
    return [each.field for each in lodged.findings]


def test_a_list_without_rows_is_at_fault() -> None:
    assert faults(deficiencies=[]) == ["/deficiencies"]


def test_a_row_at_fault_does_not_make_its_list_too_short() -> None:
    good, bad = {"item": "D2", "message": "协议缺签署页"}, {"item": "其他", "message": ""}
    assert faults(deficiencies=[bad]) == ["/deficiencies/0/item", "/deficiencies/0/message"]
    assert faults(deficiencies=[good, bad]) == ["/deficiencies/1/item", "/deficiencies/1/message"]
    assert faults(deficiencies=[good]) == []
