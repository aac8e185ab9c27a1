"""How values travel through the engine: as JSON by pydantic, in the same way for every task.

The SDK makes converters anew for every task, each with type adapters of its own. Where a deployment has keys, what goes to
the engine is encrypted (activities/encryption.py).
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any
from weakref import WeakValueDictionary

from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    EncodingPayloadConverter,
    PayloadConverter,
)

from activities.encryption import ENCRYPTED, NO_KEYS, Codec, Failures, codec_of
from activities.keyring import ring_of
from models.filing import Entry
from models.settings import Settings


class ByHand(EncodingPayloadConverter):
    """An entry on its way from the run that made it to the local activity that enters it: itself, and not a copy read from JSON.

    Both are in one process, and no history keeps what a local activity was given. A run holds its entry for as long as
    the activity is not done, however often it is tried; a run that the worker let go of makes it again.
    """

    encoding = "beian/by-hand"

    def __init__(self) -> None:
        self.numbers = count()
        self.under_way: WeakValueDictionary[bytes, Entry] = WeakValueDictionary()

    def to_payload(self, value: Any) -> Payload | None:
        """Under which number an entry is handed over; nothing else is."""
        if type(value) is not Entry:
            return None
        number = b"%d" % next(self.numbers)
        self.under_way[number] = value
        return Payload(metadata={"encoding": self.encoding.encode()}, data=number)

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Entry:
        """The entry under a number. Raises `KeyError` once its run has let go of it."""
        return self.under_way[payload.data]


class Locked(EncodingPayloadConverter):
    """What is encrypted where nobody has keys: it says which one it needs."""

    encoding = ENCRYPTED.decode()

    def to_payload(self, value: Any) -> Payload | None:
        """Nothing is written so: what encrypts is the codec."""
        return None

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        """Raises `Undecipherable`."""
        return NO_KEYS.decrypted(payload)


SHARED = CompositePayloadConverter(ByHand(), Locked(), *PydanticPayloadConverter().converters.values())


class Converter(PayloadConverter):
    """The SDK's converter for pydantic, one for all."""

    def to_payloads(self, values: Sequence[Any]) -> list[Payload]:
        """Write values."""
        return SHARED.to_payloads(values)

    def from_payloads(self, payloads: Sequence[Payload], type_hints: list[type] | None = None) -> list[Any]:
        """Read values."""
        return SHARED.from_payloads(payloads, type_hints)


CONVERTER = DataConverter(payload_converter_class=Converter)
"""What every client and worker of ours is given. It reads and writes what the SDK's own for pydantic does, but for entries."""


def converter(settings: Settings) -> DataConverter:
    """The converter of a deployment: with its keys, if it has any. Raises `SettingsRefused`."""
    ring = ring_of(settings)
    return encrypting(codec_of(ring)) if ring.keys else CONVERTER


def encrypting(codec: Codec) -> DataConverter:
    """The converter whose payloads go through a codec; failures too, where it encrypts."""
    failures = Failures if codec.ring.newest else CONVERTER.failure_converter_class
    return replace(CONVERTER, payload_codec=codec, failure_converter_class=failures)
