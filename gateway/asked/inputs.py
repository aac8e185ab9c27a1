"""What the doors take in, as JSON Schema: both applications, and each act with the paper it brings."""

from typing import Any

from models.acts import NEW_VERSIONS
from models.forms import CamePaper, FormA, FormB
from models.rounds.round import ROUND_ACT_TYPES
from models.vocabulary import ActKind
from regulation import lodging
from regulation.on_paper import ON_PAPER
from regulation.rounds.every import RULES
from regulation.rounds.lodging import FILLED_IN


def schemas() -> dict[str, Any]:
    """The JSON Schema of every input: both applications, and each act with the paper it brings as `content`."""
    known: dict[str, Any] = {"kind_a": FormA.model_json_schema(), "kind_b": FormB.model_json_schema()}
    for act_type in lodging.ACT_TYPES:
        described = act_type.model_json_schema()
        kind = described["properties"]["kind"]["const"]
        for internal in ("seen", "facts"):
            described["properties"].pop(internal, None)
        described.get("$defs", {}).pop("Submit", None)
        _on_paper(described, kind)
        paper = lodging.PAPERS.get(kind)
        if paper or kind in NEW_VERSIONS:
            content = paper.model_json_schema() if paper else {"description": "kind_a 或 kind_b"}
            described.setdefault("$defs", {}).update(content.pop("$defs", {}))
            described["properties"]["content"] = content
            described["properties"]["paper"]["description"] = "文书摘要；已附 content 的不填"
            brought = ("paper", *lodging.FROM_THE_PAPER.get(ActKind(kind), ()))
            described["required"] = [each for each in described["required"] if each not in brought]
        known[kind] = described
    return known


def round_schemas() -> dict[str, Any]:
    """The JSON Schema of every act of rounds, with the paper that it brings as `content`: of an opening, as its kind asks."""
    known: dict[str, Any] = {}
    for kind, act_type in ROUND_ACT_TYPES.items():
        described = act_type.model_json_schema()
        for internal in ("seen", *FILLED_IN):
            described["properties"].pop(internal, None)
        papers = {rules.papers[kind] for rules in RULES.values() if kind in rules.papers}
        if papers or "paper" in described["properties"]:
            contents = [paper.model_json_schema() for paper in sorted(papers, key=lambda each: each.__name__)]
            for content in contents:
                described.setdefault("$defs", {}).update(content.pop("$defs", {}))
            described["properties"]["content"] = {"anyOf": contents} if contents else {"type": "object"}
            described["properties"]["paper"]["description"] = "文书摘要；已附 content 的不填"
            described["required"] = [each for each in described["required"] if each != "paper"]
        known[kind] = described
    return known


def _on_paper(described: dict[str, Any], kind: str) -> None:
    """What a door takes of how an act came: with its scan, where the act may come on paper at all."""
    if kind not in ON_PAPER:
        for name in ("on_behalf_of", "came", "seconds"):
            described["properties"].pop(name)
        described["$defs"].pop("Came")
        return
    came, record = described["$defs"]["Came"], CamePaper.model_json_schema()
    described["$defs"] |= record.pop("$defs")
    came["properties"] |= record["properties"]
    came["properties"]["record"]["description"] = "收件登记摘要；已附 scan 的不填"
    came["required"] = [each for each in came["required"] if each != "record"]
