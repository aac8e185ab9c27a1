"""常用语: what offices often write, by purpose; which of it is shipped (data/phrases.toml), and for which acts it is of use."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files

from models.values import Named, Value
from models.vocabulary import ActKind, Role
from regulation import data


class Purpose(Named):
    """What a phrase is for."""

    RETURN = "return", "退回补正"
    OPINION = "opinion", "意见"
    RULING = "ruling", "裁定、批复"
    NOTE = "note", "备注"


class Shipped(Value):
    """A phrase that every office is offered, or every one in some roles, in the acts in which it says what fits."""

    purpose: Purpose
    text: str
    roles: tuple[Role, ...] = ()
    acts: tuple[ActKind, ...]


SHIPPED = tuple(
    Shipped.model_validate(each) for each in tomllib.loads((files(data) / "phrases.toml").read_text("utf-8"))["phrase"]
)
"""Every phrase that comes with a release."""

_OF: Mapping[ActKind, Purpose] = {
    **dict.fromkeys(
        (ActKind.RETURN_FOR_CORRECTION, ActKind.RETURN_ANNUAL_REPORT, ActKind.RETURN_TO_CITY), Purpose.RETURN
    ),
    **dict.fromkeys((ActKind.GIVE_IIT_OPINION, ActKind.GIVE_OFFICE_OPINION, ActKind.RECOMMEND), Purpose.OPINION),
    **dict.fromkeys(
        (
            ActKind.REFUSE, ActKind.RULE_ON_ADMISSIBILITY, ActKind.RULE_ON_OBJECTION, ActKind.RULE_ON_EXTENSION,
            ActKind.RULE_ON_CHANGE, ActKind.RULE_ON_DEFENCE, ActKind.DISCOUNT_ANNUAL_REPORT,
        ),
        Purpose.RULING,
    ),
}  # fmt: skip


def purpose_of(kind: ActKind) -> Purpose:
    """What the texts of an act are for; of most acts they are notes."""
    return _OF.get(kind, Purpose.NOTE)


def shipped(role: Role, purpose: Purpose, kind: ActKind | None = None) -> list[str]:
    """The phrases that somebody in a role is offered, in an act if one is named."""
    of = [each for each in SHIPPED if each.purpose is purpose and (not each.roles or role in each.roles)]
    return [each.text for each in of if kind is None or kind in each.acts]
