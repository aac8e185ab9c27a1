"""What filings are found by: folded words, and initials of names however their characters are read."""

from activities.search_texts import VARIANTS, initials, text_of, words
from models.values import canonical


def test_a_name_is_spelled_as_it_is_read_and_as_it_could_be_read() -> None:
    assert initials("长春5Ｇ行业", 1) == ("cc5ghy",)
    assert {"dlxm", "tlxm", "dlsm"} <= set(initials("大连厦门", VARIANTS))
    assert len(initials("重庆长行乐朝大厦沈会还降传" * 10, VARIANTS)) == VARIANTS
    assert initials("ABC-1 （2026）", VARIANTS) == ()
    assert initials("", VARIANTS) == ()


def test_words_are_in_one_case_and_width_and_bounded() -> None:
    assert words("沈阳　ＡＢＣ abc\t机 床") == ["沈阳", "abc", "机", "床"]
    assert len(words(" ".join(map(str, range(99))))) == 6
    assert words("\u200b \u3000") == []


def test_a_text_tells_what_is_public_and_nobody() -> None:
    shown = {
        "alliance_name": "鞍山钢研联盟",
        "leader": {"name": "鞍山示例钢构有限公司"},
        "members": [{"name": "示例大学"}],
        "technical_field": "新材料",
    }
    text = text_of({"public": canonical(shown), "archive_number": None, "jurisdiction": "210300", "zone": None})
    assert text.splitlines()[:5] == ["鞍山钢研联盟", "鞍山示例钢构有限公司", "示例大学", "新材料", "鞍山市"]
    assert {"asgylm", "asslggyxgs", "sldx"} <= set(text.splitlines())
