"""The description of the API (OpenAPI 3.1), where it says more than the routes do: problems, what is taken in, who calls."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, FastAPI
from pydantic import TypeAdapter

from gateway.api import inputs
from gateway.api.caller import SCHEME
from gateway.problem import Problem
from models.acts import NEW_VERSIONS
from models.rounds.round import ROUND_ACT_TYPES
from models.settings import Settings
from models.vocabulary import ActKind

OF_THE_SERVICE: Mapping[str, Any] = {"title": "beian 备案", "version": "1", "summary": "辽宁省实质性产学研联盟备案"}
"""What the service is called."""

COMPONENTS = "#/components/schemas/"


def taking(*names: str) -> dict[str, Any]:
    """What a route adds to its description that takes one of these documents."""
    schemas: list[dict[str, Any]] = [{"$ref": COMPONENTS + name} for name in names]
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def describe(app: FastAPI, addresses: Callable[[], dict[str, Any]], settings: Settings) -> None:
    """Have an application describe its addresses in full, once somebody asks."""
    app.openapi = lambda: _signed_in(addresses(), settings)  # type: ignore[method-assign]


def document(addresses: APIRouter) -> dict[str, Any]:
    """How some addresses are described, whoever signs people in. It takes seconds."""
    told = FastAPI(**OF_THE_SERVICE)
    told.separate_input_output_schemas = False  # what is answered has the shape of its model, only without empty fields
    told.router.routes.extend(addresses.routes)
    described = told.openapi()
    components = described["components"]
    components["schemas"] = _titled({**_taken_in(), **components["schemas"], **_problem()})
    for path in described["paths"].values():
        if "get" in path and "application/json" in path["get"]["responses"]["200"].get("content", {}):
            path["get"]["responses"]["304"] = {"description": "与 If-None-Match 所示一致，没有变化"}
    return described


def _signed_in(described: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """With the scheme by which callers sign in here."""
    if settings.identity != "oidc":
        return described
    issuer = settings.oidc_issuer.rstrip("/")
    scheme = {"type": "openIdConnect", "openIdConnectUrl": f"{issuer}/.well-known/openid-configuration"}
    components = described["components"]
    return described | {
        "components": components | {"securitySchemes": components["securitySchemes"] | {SCHEME: scheme}}
    }


def _titled(schemas: dict[str, Any]) -> dict[str, Any]:
    """Each component under a title of its own, which is its name: generators of clients name their classes by it."""
    return {name: {**schema, "title": name} for name, schema in schemas.items()}


def _problem() -> dict[str, Any]:
    schema = TypeAdapter(Problem).json_schema(ref_template=COMPONENTS + "{model}")
    return {**schema.pop("$defs"), "Problem": schema}


def _taken_in() -> dict[str, Any]:
    """Each input as a component of its own: `Input_accept`, …; and what an application, or an act, is one of."""
    known: dict[str, Any] = {}
    of_filings = {f"Input_{name}": schema for name, schema in inputs.taken().items()}
    of_rounds = {f"Round_{name}": schema for name, schema in inputs.taken_in_rounds().items()}
    for name, schema in {**of_rounds, **of_filings}.items():
        known |= {each: _linked(inner) for each, inner in schema.get("$defs", {}).items()}
        known[name] = _linked({key: value for key, value in schema.items() if key != "$defs"})
    for kind in NEW_VERSIONS:
        known[f"Input_{kind}"]["properties"]["content"] = {"$ref": f"{COMPONENTS}Application"}
    known["Application"] = _one_of({"A": "Input_kind_a", "B": "Input_kind_b"})
    known["Act"] = _one_of({kind.value: f"Input_{kind}" for kind in ActKind})
    known["RoundAct"] = _one_of({str(kind): f"Round_{kind}" for kind in ROUND_ACT_TYPES})
    return known


def _one_of(names: dict[str, str]) -> dict[str, Any]:
    mapping = {kind: COMPONENTS + name for kind, name in names.items()}
    refs = [{"$ref": each} for each in mapping.values()]
    return {"oneOf": refs, "discriminator": {"propertyName": "kind", "mapping": mapping}}


def _linked(schema: Any) -> Any:
    """A schema whose references lead to the components."""
    if isinstance(schema, dict):
        return {name: _linked(each) for name, each in schema.items()}
    if isinstance(schema, list):
        return [_linked(each) for each in schema]
    return schema.replace("#/$defs/", COMPONENTS) if isinstance(schema, str) else schema
