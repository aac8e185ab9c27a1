"""统一社会信用代码 (GB 32100-2015) and the organisation code inside it (GB 11714) (G-35)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulation import codes, intake
from tests.story import application, instant

VALID = (
    "91210102MA10ABCD6H",  # enterprise, 沈阳市和平区
    "12210000MA10ABCD6L",  # 事业单位, 辽宁省
    "52210200MA10ABCD6T",  # 民办非企业单位, 大连市
    "A1210000MA10ABCD6E",  # 中央军委改革和编制办公室
    "N2210421MA10ABCD61",  # 农业
    "Y1211400MA10ABCD6T",  # 其他
    "91110000600037341L",  # documentation example, Beijing
)

AUTHORITIES = "123456789ANY"
"""机构编制, 外交, 司法行政, 文化, 民政, 旅游, 宗教, 工会, 市场监管, 中央军委, 农业, 其他."""

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""No I, O, S, V, Z: they look like digits or like each other."""

BODIES = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(AUTHORITIES),
        st.sampled_from("12359"),
        st.from_regex(r"[0-9]{6}", fullmatch=True),
        st.text(ALPHABET, min_size=9, max_size=9),
    ),
)


def check_character(body: str) -> str:
    """The check character as the standard states it, worked out another way than by the code under test."""
    total = sum(ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(body))
    return ALPHABET[(31 - total % 31) % 31]


@pytest.mark.parametrize("code", VALID)
def test_a_valid_code_passes(code: str) -> None:
    assert codes.is_uscc(code)
    assert codes.organisation_code_fits(code)


@pytest.mark.parametrize("authority", AUTHORITIES)
def test_every_registering_authority_may_begin_a_code(authority: str) -> None:
    body = f"{authority}1210102MA10ABCD6"
    assert codes.is_uscc(body + check_character(body))


@pytest.mark.parametrize("authority", "0BCDEFGHJKLMPQRTUWXZIOSV")
def test_no_other_character_may_begin_a_code(authority: str) -> None:
    body = f"{authority}1210102MA10ABCD6"
    assert not any(codes.is_uscc(body + check) for check in ALPHABET)


@given(BODIES)
def test_exactly_one_check_character_fits(body: str) -> None:
    assert [check for check in ALPHABET if codes.is_uscc(body + check)] == [check_character(body)]


@given(BODIES, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_a_mistyped_character_is_noticed(body: str, place: int, other: str) -> None:
    code = body + check_character(body)
    mistyped = code[:place] + other + code[place + 1 :]
    assert codes.is_uscc(mistyped) is (mistyped == code)


@pytest.mark.parametrize("letter", "IOSVZ")
def test_letters_that_the_standard_leaves_out_do_not_pass(letter: str) -> None:
    assert not any(codes.is_uscc(f"91210102{letter}A10ABCD6{check}") for check in ALPHABET)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("９１２１０１０２ＭＡ１０ＡＢＣＤ６Ｈ", "91210102MA10ABCD6H"),
        ("91210102ma10abcd6h", "91210102MA10ABCD6H"),
        (" 91210102MA10ABCD6H　", "91210102MA10ABCD6H"),
        ("912101 02MA 10ABCD6H", "91210102MA10ABCD6H"),
    ],
)
def test_full_width_small_letters_and_spaces_are_read_as_meant(written: str, meant: str) -> None:
    assert codes.normalised(written) == meant
    assert codes.is_uscc(codes.normalised(written))


@pytest.mark.parametrize("written", ["", "91210102MA10ABCD6", "91210102MA10ABCD6HH", "912101O2MA10ABCD6H", "MA10ABCD6"])
def test_what_is_not_eighteen_characters_of_the_standard_is_no_code(written: str) -> None:
    assert not codes.is_uscc(written)


def test_the_division_is_six_digits() -> None:
    body = "912101A2MA10ABCD6"
    assert not codes.is_uscc(body + check_character(body))


@pytest.mark.parametrize("code", ["MA10ABCD6", "MA10ABCD-6", "600037341", "D2143569X", "D2143569-X"])
def test_an_organisation_code_of_before_2015_is_known(code: str) -> None:
    assert codes.is_organisation_code(code)


@pytest.mark.parametrize("code", ["MA10ABCD7", "D21435690", "", "MA10ABCD", "MA10ABCD60", "MA10AB-D6"])
def test_a_wrong_organisation_code_is_noticed(code: str) -> None:
    assert not codes.is_organisation_code(code)


def test_a_code_may_be_right_though_the_organisation_code_in_it_is_not() -> None:
    body = "91210102MA10ABCD7"
    code = body + check_character(body)
    assert codes.is_uscc(code)
    assert not codes.organisation_code_fits(code)


@pytest.mark.parametrize(
    ("code", "kind", "usual"),
    [
        ("91210102MA10ABCD6H", "enterprise", True),
        ("12210000MA10ABCD6L", "enterprise", False),
        ("12210000MA10ABCD6L", "university", True),
        ("12210000MA10ABCD6L", "institute", True),
        ("52210200MA10ABCD6T", "institute", True),
        ("91210102MA10ABCD6H", "university", False),
        ("Y1211400MA10ABCD6T", "other", True),
    ],
)
def test_how_codes_of_each_type_of_member_usually_begin(code: str, kind: str, usual: bool) -> None:
    assert codes.fits_type(code, kind) is usual


@pytest.mark.parametrize("written", ["９１２１０１０２ｍａ１０ａｂｃｄ６ｈ", " 912101 02ma10 abcd6h　"])
def test_whatever_was_typed_one_code_goes_into_the_paper(written: str) -> None:
    """So the printed form, the certificate's owner and the register name one body alike."""
    form = application() | {"by": None}
    meant = form["leader"]["uscc"]
    typed = json.loads(json.dumps(form).replace(meant, written))
    examined = intake.examine(typed, instant("2027-03-15"))
    assert [each.message for each in examined.findings if each.severity == "error"] == []
    assert examined.form
    paper = json.dumps(intake.paper(examined.form), ensure_ascii=False)
    assert paper.count(meant) == json.dumps(form).count(meant)
    assert examined.facts == intake.examine(form, instant("2027-03-15")).facts


def test_a_foreign_number_keeps_its_spaces() -> None:
    assert codes.normalised("hrb 12345 b") == "HRB 12345 B"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("12A", "应为18位，现为3位"),
        ("9121O102MA10ABCD6H", "中不会有字母I、O、S、V、Z，请核对是否为数字1、0、5或者字母U、数字2"),
        ("91210102MA10-BCD6H", "只有数字和大写字母，请对照营业执照等证照核对"),
        ("91210102MA10ABCD6J", "有误：18位中有写错或者颠倒的，请对照营业执照等证照逐位核对"),
    ],
)
def test_whoever_copied_a_code_wrongly_is_told_where_to_look(code: str, said: str) -> None:
    found = intake.examine(application(leader=application()["leader"] | {"uscc": code}), instant("2027-03-15")).findings
    assert f"统一社会信用代码{said}" in [each.message for each in found if each.field == "/leader/uscc"]


@pytest.mark.parametrize("spent", ["-3", "0"])
def test_what_must_be_more_than_nothing_is_said_in_one_way(spent: str) -> None:
    form = application(leader=application()["leader"] | {"rd_last_year": spent})
    found = intake.examine(form, instant("2027-03-15")).findings
    assert [each.message for each in found if each.field == "/leader/rd_last_year"] == ["须大于0：上一年度须有研发投入"]
