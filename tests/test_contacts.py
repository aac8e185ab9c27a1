"""Telephone numbers and mail addresses: taken as people write them, kept in one way, refused with an example."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from models import contacts
from models.acts import ACT
from models.faults import PATTERNS, in_chinese
from models.forms import Email, Phone
from regulation.intake import FORMS
from regulation.lodging import PAPERS

WRITTEN = {
    "024-23456789转8008": "024-23456789-8008",
    "（024）23456789": "024-23456789",
    "(024)2345-6789": "024-23456789",
    "+86 24 2345 6789": "024-23456789",
    "+86 138 0000 0001": "13800000001",
    "0086-13800000001": "13800000001",
    "86 13800000001": "13800000001",
    "400-123-4567": "4001234567",
    "400 810 8888 转 12": "4008108888-12",
    "８００８１０８８８８": "8008108888",
    "１３８００００００００１"[:11]: "13800000000",
    "138-0000-0001": "13800000001",
    "0411—81234567": "0411-81234567",
    "024 2345 6789 分机 601": "024-23456789-601",
    "024-23456789 ext. 601": "024-23456789-601",
    "+86-(0)24-23456789": "024-23456789",
    "02423456789": "02423456789",
    "024-23456789-8008": "024-23456789-8008",
}
NONE = (
    "23456789",
    "12800000001",
    "024-2345678a",
    "024",
    "",
    "电话待补",
    "138000000012",
    "024-123456",
    "+1 212 555 0100",
    "1" * 500,
)


@pytest.mark.parametrize(("written", "kept"), WRITTEN.items())
def test_a_number_is_taken_as_people_write_it(written: str, kept: str) -> None:
    adapter: TypeAdapter[str] = TypeAdapter(Phone)
    assert adapter.validate_python(written) == kept
    assert adapter.validate_python(kept) == kept, "what was kept stays as it is, and so does the paper that holds it"


@pytest.mark.parametrize("written", NONE)
def test_what_is_no_number_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Phone).validate_python(written)
    assert "024-23456789-8008" in in_chinese(refused.value.errors()[0])


@pytest.mark.parametrize("address", ["a.b@163.com", "li+q_1@sub.example.cn", "x@xn--fiqs8s.xn--55qx5d"])
def test_a_mail_address_is_taken(address: str) -> None:
    assert TypeAdapter(Email).validate_python(address) == address


@pytest.mark.parametrize(
    "address",
    ["a..b@163.com", ".a@163.com", "a.@163.com", "a@-163.com", "a@163-.com", "a@163", "a@163..com", "a b@163.com",
     "a@b@163.com", f"{'a' * 65}@163.com", f"a@{'b' * 64}.com", "a@163.123"],
)  # fmt: skip
def test_what_a_mail_library_would_refuse_is_refused_at_intake(address: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Email).validate_python(address)
    assert "office@example.cn" in in_chinese(refused.value.errors()[0])


def patterns(schema: Any) -> Iterator[str]:
    """Every pattern of a schema."""
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"]
        for each in schema.values():
            yield from patterns(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from patterns(each)


def test_every_format_is_refused_in_words_of_its_own() -> None:
    """格式不正确 alone tells nobody how to write it: there is an example for each."""
    schemas = [ACT.json_schema(), *(model.model_json_schema() for model in (*PAPERS.values(), *FORMS.values()))]
    told = {pattern for schema in schemas for pattern in patterns(schema)}
    assert told - PATTERNS.keys() == set()
    silent = [words for words in PATTERNS.values() if "如" not in words and not words.startswith("不得为空")]
    assert [words for words in silent if "210100" not in words] == []
    assert json.dumps(sorted(told)), "each is a text"
    assert contacts.PHONE in told
