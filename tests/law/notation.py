"""How a case is written: one line an act, one line an entry (README.md). Here lines become acts, and dockets lines."""

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import yaml

from models.acts import Lapse
from models.filing import AgendaLine, Entry
from models.values import SHANGHAI, digest
from regulation import wording
from regulation.checklist import CONDITIONS

MOMENT = r"\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d(?:\.\d+)?)?"
ACT = re.compile(
    rf"(?P<at>{MOMENT}) +(?P<actor>\S+) +(?P<kind>[a-z_]+)"
    rf"(?: +as (?P<id>\S+))?(?: +(?P<fields>\{{.*\}}))?(?: +reaches (?P<reaches>{MOMENT}))?"
)
ENTRY = re.compile(
    rf"(?P<at>{MOMENT}) +(?P<event>[a-z_]+(?:\[[^\]]*\])?) +(?P<stage>[a-z_]+)"
    r"(?: +undoes (?P<undoes>[a-z_]+(?:\[[^\]]*\])?))?(?: +refused (?P<refused>.+))?"
)
LINE = re.compile(
    rf"(?P<at>{MOMENT}) +(?P<lapse>[a-z_]+(?:\[[^\]]*\])?) +(?P<article>\S+)(?P<provisional> +provisional)?"
    r"(?: +from (?P<from>\S+))?(?: +count (?P<count>-?\d+))?(?: +skipped (?P<skipped>\S+))?(?: +worked (?P<worked>\S+))?"
)

PERSONS = {
    "leader": ("leader", "u-leader-01"),
    "city": ("city_st", "c-101"),
    "city2": ("city_st", "c-102"),
    "zone": ("zone", "z-201"),
    "zone2": ("zone", "z-202"),
    "iit": ("city_iit", "i-301"),
    "prov": ("province_st", "p-401"),
    "prov2": ("province_st", "p-402"),
    "prov_iit": ("province_iit", "p-501"),
    "evaluator": ("evaluator", "e-601"),
    "auditor": ("auditor", "d-701"),
    "public": ("public", "o-801"),
    "operator": ("operator", "w-901"),
    "platform": ("platform", "platform"),
}
"""Who acts in the cases, and as what. `city@210300` is one of another office, `iit=c-101` another person in that role."""


def moment(text: str) -> datetime:
    """An instant as cases write it, in Asia/Shanghai."""
    return datetime.fromisoformat(text if " " in text else f"{text} 00:00").replace(tzinfo=SHANGHAI).astimezone(UTC)


def written(instant: datetime) -> str:
    """The other way round, no finer than needed."""
    local = instant.astimezone(SHANGHAI).replace(tzinfo=None)
    fine = "microseconds" if local.microsecond else "seconds" if local.second else "minutes"
    return local.isoformat(" ", fine)


def lines(block: str) -> list[str]:
    """The lines of a block, comments and empty ones left out."""
    return [line for each in block.splitlines() if (line := re.sub(r"(^| +)# .*$", "", each).strip())]


def plain(text: str) -> Any:
    """YAML as cases use it: dates stay texts."""
    return yaml.load(text, Plain)


class Plain(yaml.CSafeLoader):
    """YAML without dates."""


Plain.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


# Acts


@dataclass(frozen=True)
class Writer:
    """Turns lines into acts of one filing: who acts for it, and what papers look like that say nothing further."""

    application: Mapping[str, Any]
    zone: str | None
    told: dict[str, dict[str, Any]] = field(default_factory=dict)

    def acts(self, block: str, names: str) -> list[dict[str, Any]]:
        """The acts of a block, each under an id of its own."""
        return [self.act(line, f"{names}-{n:02d}") for n, line in enumerate(lines(block), 1)]

    def act(self, line: str, name: str) -> dict[str, Any]:
        """One act as a door takes it."""
        found = ACT.fullmatch(line)
        if found is None:
            raise ValueError(f"not an act: {line}")
        fields = plain(found["fields"]) if found["fields"] else {}
        instant = moment(found["at"])
        first = self.told.get(fields.get("seconds", ""))
        act = {
            **(
                deepcopy(first) | fields
                if first
                else self.usual(found["kind"], fields, instant.astimezone(SHANGHAI).date())
            ),
            "id": found["id"] or name,
            "kind": found["kind"],
            "by": self.by(found["actor"]),
            "received_at": _iso(instant),
        }
        self.told[act["id"]] = act
        return act | ({"reaches": _iso(moment(found["reaches"]))} if found["reaches"] else {})

    def by(self, actor: str) -> dict[str, str]:
        """Who acts: `city`, `city=somebody`, `city@another city`."""
        name, _, elsewhere = actor.partition("@")
        name, _, somebody = name.partition("=")
        role, person = PERSONS[name]
        person = somebody or person
        office = elsewhere or {
            "leader": self.application["leader"]["uscc"],
            "city_st": self.application["jurisdiction"],
            "city_iit": self.application["jurisdiction"],
            "zone": self.zone or self.application["jurisdiction"],
            "public": "public",
        }.get(role, "210000")
        return {"person": person, "office": office, "role": role}

    def usual(self, kind: str, fields: dict[str, Any], day: date) -> dict[str, Any]:
        """The fields of an act: what the case says, and for the rest what is usual."""
        fields = dict(fields)
        content = fields.pop("content", None)
        if "came" in fields:
            sender = "public" if kind == "object" else "leader"
            fields = {"on_behalf_of": sender} | fields | {"came": _came(fields["came"])}
        unmet, more = fields.pop("unmet", []), fields.pop("met", [])
        usual = deepcopy(USUAL.get(kind, {}))
        if kind in DATED:
            usual[DATED[kind]] = str(day - timedelta(days=10) if kind == "report_change" else day)
        if kind == "recommend" or (kind == "confirm" and self.application["kind"] == "A"):
            conditions = CONDITIONS[self.application["kind"]]
            usual["checklist"] = [
                {"item": item, "met": item not in unmet} for item in dict.fromkeys([*conditions, *more, *unmet])
            ]
        paper = PAPERS.get(kind)
        if paper is None:
            return usual | fields | ({} if content is None else {"content": content})
        papers = paper(self.application, fields)
        return usual | fields | {"content": papers if content is None else papers | content}


def _came(fields: dict[Any, Any]) -> dict[str, Any]:
    """How something came on paper: taken in by a colleague and scanned, unless the case says otherwise."""
    scan = {
        "name": "来文.pdf",
        "media_type": "application/pdf",
        "size": 204800,
        "sha256": digest("scan"),
        "location": "platform://scans/1",
    }
    fields = {"on" if name is True else name: value for name, value in fields.items()}  # YAML takes `on` for yes
    how = "post" if "postmarked_on" in fields else "in_person"
    return {"how": how, "received_by": "c-103", "brought_by": "送件人示例", "scan": scan} | fields


def _iso(instant: datetime) -> str:
    return instant.astimezone(SHANGHAI).isoformat()


REASON = {"reason": "见卷宗所附说明"}
DOCUMENT = {"document_no": "沈科发〔测试〕1号"}
USUAL: dict[str, dict[str, Any]] = {
    "return_for_correction": {"deficiencies": [{"item": "D2", "message": "协议缺签署页"}]},
    "give_iit_opinion": {"positive": True},
    "extend_review": REASON,
    "refuse": REASON,
    "rule_on_admissibility": {"admissible": True, **REASON},
    "rule_on_objection": REASON,
    "forward": DOCUMENT,
    "give_office_opinion": {"positive": True},
    "record_party_group": {"decision": "approved", **DOCUMENT},
    "return_to_city": REASON,
    "return_annual_report": REASON,
    "request_extension": REASON,
    "rule_on_extension": {"outcome": "granted"},
    "excuse_year": REASON | DOCUMENT,
    "discount_annual_report": REASON,
    "deny_letter": {"reason": "收文登记簿查无此件"},
    "close_letter": {"reason": "同一事项已经另行办结"},
    "move_deadline": DOCUMENT,
    "rule_on_change": {"decision": "confirmed"},
    "record_inspection": {"result": "in_order"},
    "record_evaluation": {"result": "qualified"},
    "tag": {"tag": "recommended"},
    "propose_revocation": REASON,
    "approve_revocation": DOCUMENT,
    "drop_revocation": REASON,
    "record_service": {"method": "post"},
    "rule_on_defence": REASON,
    "hold": REASON,
    "release": REASON,
    "record_announcement": {"url": "https://kjj.example.gov.cn/gg/1.html"},
    "restore": DOCUMENT,
    "record_challenge": {"procedure": "reconsideration", "authority": "沈阳市人民政府"},
    "record_challenge_outcome": DOCUMENT,
    "report_undeliverable": {"reason": "短信、邮件均无法投递"},
    "settle_delivery": {"method": "phone"},
}
"""What an act says where its case does not."""

DATED = {
    "record_survey": "surveyed_on",
    "record_party_group": "met_on",
    "record_inspection": "inspected_on",
    "record_service": "served_on",
    "report_change": "happened_on",
    "record_challenge": "accepted_on",
    "record_challenge_outcome": "decided_on",
}
"""Days that are the day of the act, unless the case says otherwise; a change happened ten days before."""


def _corrected(application: Mapping[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    """The application once more, with what the line says changed: `{leader.contact: …, service.consent: false}`."""
    paper = {name: value for name, value in deepcopy(dict(application)).items() if name not in ("by", "received_at")}
    for path in [name for name in fields if name not in ("reason", "basis", "on_behalf_of", "came")]:
        place: Any = paper
        *above, last = path.split(".")
        for part in above:
            place = place[int(part) if part.isdigit() else part]
        place[last] = fields.pop(path)
    return paper


def _report(application: Mapping[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "year": fields["year"],
        "summary": {"text": "本年度联合攻关按计划推进。", "tasks": {"1": "联合攻关两项"}},
        "plan": {"text": "下一年度完成样机定型。"},
        "integrity_commitment": True,
    }


def _objection(application: Mapping[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    name = {} if fields.pop("anonymous", False) else {"name": "异议人示例", "contact": "13900000009"}
    posted = {"postmarked_on": fields.pop("postmarked_on")} if "postmarked_on" in fields else {}
    return {"party": "individual", "channel": "letter", "text": "所列成员单位情况与事实不符。", **name, **posted}


def _contact(application: Mapping[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    service = dict(application["service"])
    service |= {name: fields.pop(name) for name in ("consent", "address") if name in fields}
    return {"contact": "郑示例", "phone": fields.pop("phone", "13800000002"), "service": service}


NEW_LEADER = "示例接任有限公司"


def _change(application: Mapping[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    shown = ("name", "uscc", "registered_address", "operating_address", "contact", "phone")
    leader = {name: application["leader"][name] for name in shown}
    members = deepcopy(application["members"])
    match fields["change"]:
        case "rename":
            return {"text": "变更情况说明。", "alliance_name": renamed(application["alliance_name"])}
        case "leader":
            leader |= {"name": NEW_LEADER, "uscc": fields.pop("to"), "rd_last_year": "120.00"}
            rest = [each for each in members if each["code"] not in (application["leader"]["uscc"], leader["uscc"])]
            members = [{**members[0], "name": NEW_LEADER, "code": leader["uscc"], "type": "enterprise"}, *rest]
        case "members":
            members = members[:-1]
        case _:
            return {"text": "变更情况说明。"}
    after = {"alliance_name": application["alliance_name"], "leader": leader, "members": members}
    return {"text": "变更情况说明。", **after, "counts": counted(members)}


def renamed(name: str) -> str:
    """A name as its alliance might take it later."""
    suffix = "产学研联盟" if name.endswith("产学研联盟") else "联盟"
    return f"{name.removesuffix(suffix)}创新{suffix}"


def counted(members: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """The numbers that rows of members bear out, the leader being one of them."""
    types = [member["type"] for member in members]
    of_type = {"enterprises": "enterprise", "universities": "university", "institutes": "institute"}
    return {"total": len(types), **{name: types.count(kind) for name, kind in of_type.items()}}


def _formal_document(application: Mapping[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "document": {
            "kind": "D7",
            "name": "关于报送备案的函.pdf",
            "media_type": "application/pdf",
            "size": 204800,
            "sha256": digest("D7"),
            "location": "platform://documents/d7",
        }
    }


PAPERS = {
    "resubmit": _corrected,
    "complete_record": _corrected,
    "file_annual_report": _report,
    "answer_annual_return": _report,
    "object": _objection,
    "state_defence": lambda application, fields: {"text": "我单位已开展合作，现补充说明。"},
    "correct_contact": _contact,
    "report_change": _change,
    "forward": _formal_document,
}
"""The paper that an act brings."""


# Dockets


def event_name(event: Any) -> str:
    """An event as cases write it: its kind and, of a lapse, which one of several it is."""
    if not isinstance(event, Lapse):
        return str(event.kind)
    which = [str(each) for each in (event.of, event.year, event.days, event.level) if each is not None]
    return f"{event.kind}[{' '.join(which)}]" if which else str(event.kind)


def entry_lines(docket: tuple[Entry, ...], first: int = 0) -> Iterator[str]:
    """A docket as cases write it, from one entry on."""
    for entry in docket[first:]:
        undoes = f" undoes {event_name(docket[entry.undoes - 1].event)}" if entry.undoes else ""
        refused = f" refused {entry.refused}" if entry.refused else ""
        yield f"{written(entry.at)} {event_name(entry.event)} {entry.stage}{undoes}{refused}"


def agenda_line(line: AgendaLine) -> str:
    """A line of the agenda as cases write it, with how it was counted."""
    number = line.article.rpartition("（")[2].rstrip("）")
    text = f"{written(line.at)} {event_name(line.lapse)} {number}{' provisional' if line.provisional else ''}"
    counted = line.counted
    if counted is None:
        return text
    text += f" from {counted.from_}"
    text += f" count {counted.count}" if counted.count is not None else ""
    for name, days in (("skipped", counted.skipped), ("worked", counted.worked)):
        text += f" {name} {','.join(day[:10] for day in days)}" if days else ""
    return text


def past_of_case(docket: Sequence[Entry]) -> wording.Past:
    """What the last entry of a docket may tell of the past."""
    *earlier, last = docket
    return wording.past_of_case(last.filing, earlier)
