"""What an operation is asked beside its path: a parameter that it does not have is a fault, for whoever misspells a filter would
get everything and believe it to be what was looked for."""

from collections import Counter
from collections.abc import Iterator
from inspect import isclass
from typing import Any

from fastapi import Request
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel

from gateway.problem import Failed, Problem, at_interface
from models.findings import Finding
from models.values import storable
from regulation.reading import TWICE, UNKNOWN

LONGEST = 100
"""Characters of an unknown name that are told again."""


def names_of(dependant: Dependant) -> set[str]:
    """The parameters of a query that a route takes, by itself or through what it depends on."""
    names: set[str] = set()
    for each in dependant.query_params:
        model: Any = each.field_info.annotation
        names |= set(_fields(model)) if isclass(model) and issubclass(model, BaseModel) else {each.alias}
    return names.union(*(names_of(below) for below in dependant.dependencies))


def _fields(model: type[BaseModel]) -> Iterator[str]:
    """The fields of a model as a query names them."""
    return (each.alias or name for name, each in model.model_fields.items())


async def as_described(request: Request) -> None:
    """Refuse a query with parameters that the operation does not have, or has twice, each as a finding."""
    asked = Counter(name for name, _ in request.query_params.multi_items())
    if not asked:
        return
    known = names_of(request.scope["route"].dependant)
    faults = [(name, "没有这一查询参数") for name in sorted(asked) if name not in known]
    faults += [(name, TWICE) for name in sorted(asked) if name in known and asked[name] > 1]
    if faults:
        raise Failed(
            Problem(
                title="请求不合规格",
                status=422,
                code="malformed",
                detail="可用的查询参数：" + ("、".join(sorted(known)) or "无"),
                findings=tuple(_finding(*each) for each in faults[:UNKNOWN]),
            )
        )


def _finding(name: str, message: str) -> Finding:
    return at_interface(f"?{storable(name)[:LONGEST]}", message)
