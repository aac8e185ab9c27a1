"""How values travel through the engine: as JSON by pydantic, in the same way for every task.

The SDK makes converters anew for every task, each with type adapters of its own.
"""

from collections.abc import Sequence
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import DataConverter, PayloadConverter

SHARED = PydanticPayloadConverter()


class Converter(PayloadConverter):
    """The SDK's converter for pydantic, one for all."""

    def to_payloads(self, values: Sequence[Any]) -> list[Payload]:
        """Write values."""
        return SHARED.to_payloads(values)

    def from_payloads(self, payloads: Sequence[Payload], type_hints: list[type] | None = None) -> list[Any]:
        """Read values."""
        return SHARED.from_payloads(payloads, type_hints)


CONVERTER = DataConverter(payload_converter_class=Converter)
"""What every client and worker of ours is given. It reads and writes what the SDK's own for pydantic does."""
