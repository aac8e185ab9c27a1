"""What the doors take in, as JSON Schema: both applications, and each act with the paper it brings."""

from typing import Any

from models.forms import FormA, FormB
from models.vocabulary import ActKind
from regulation import lodging


def schemas() -> dict[str, Any]:
    """The JSON Schema of every input: both applications, and each act with the paper it brings as `content`."""
    known: dict[str, Any] = {"kind_a": FormA.model_json_schema(), "kind_b": FormB.model_json_schema()}
    for act_type in lodging.ACT_TYPES:
        described = act_type.model_json_schema()
        kind = described["properties"]["kind"]["const"]
        for internal in ("seen", "facts"):
            described["properties"].pop(internal, None)
        described.get("$defs", {}).pop("Submit", None)
        paper = lodging.PAPERS.get(kind)
        if paper or kind == ActKind.RESUBMIT:
            content = paper.model_json_schema() if paper else {"description": "kind_a 或 kind_b"}
            described.setdefault("$defs", {}).update(content.pop("$defs", {}))
            described["properties"]["content"] = content
            described["properties"]["paper"]["description"] = "文书摘要；已附 content 的不填"
            brought = ("paper", *lodging.FROM_THE_PAPER.get(ActKind(kind), ()))
            described["required"] = [each for each in described["required"] if each not in brought]
        known[kind] = described
    return known
