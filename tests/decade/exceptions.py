"""What may become of recorded lives otherwise than it did: life by life, with its reason, signed by who answers for it.

An exception allows one outcome, no other; of several for one life the last counts. Who may sign stands in signers.json,
each with a public key: to become one of them is a change like any other, seen in review.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import Field

from models.values import Value, canonical, digest
from tests.decade.kept import HERE, Difference

FOLDER, SIGNERS = HERE / "exceptions", HERE / "signers.json"


class ExceptionToTheRecord(Value):
    """Lives of one record that may end otherwise, and why."""

    record: str
    reason: str = Field(min_length=10)
    article: str = Field(min_length=2)
    lives: Mapping[str, str]
    """Each life with the digest of the outcome that is allowed now."""
    by: str
    signature: str = ""

    @property
    def signed(self) -> bytes:
        """The bytes that are signed: everything but the signature."""
        return canonical(self.model_dump(mode="json", exclude={"signature"})).encode()

    def signed_with(self, key: Ed25519PrivateKey) -> Self:
        """It with the signature of a key."""
        return self.but(signature=key.sign(self.signed).hex())

    def is_signed(self, signers: Mapping[str, str]) -> bool:
        """Whether whom it names has signed exactly this."""
        if self.by not in signers:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(signers[self.by])).verify(
                bytes.fromhex(self.signature), self.signed
            )
        except (InvalidSignature, ValueError):
            return False
        return True


def written(value: Any) -> str:
    """A JSON value as these files have it."""
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def signers() -> dict[str, str]:
    """Who may sign, each with a public key (Ed25519, hexadecimal)."""
    known: dict[str, str] = json.loads(SIGNERS.read_text("utf-8"))
    return known


def exceptions(folder: Path = FOLDER) -> list[ExceptionToTheRecord]:
    """All of them, the oldest first: their files begin with a number."""
    return [ExceptionToTheRecord.model_validate_json(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]


def allowed(differ: Difference) -> str:
    """What stands for the outcome that a life has now."""
    return digest(list(differ.is_now))


def not_excepted(
    found: Iterable[Difference], excepted: Iterable[ExceptionToTheRecord], who: Mapping[str, str]
) -> Iterator[Difference]:
    """The differences that no signed exception allows as they are."""
    may = {(each.record, life): made for each in excepted if each.is_signed(who) for life, made in each.lives.items()}
    return (each for each in found if may.get((each.record, each.life)) != allowed(each))
