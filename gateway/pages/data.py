"""开放数据: every table behind a picture as CSV and JSON, its schema, the data dictionary, and a catalogue for programs."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response

from activities.pictures.counting import TABLES
from activities.pictures.datasets import Dataset
from gateway.pages.public import GET, LATER, for_all, told
from gateway.remembered.pictures import svg
from gateway.tools import Doors, Tools
from models.values import canonical

router = APIRouter(prefix="/data")


@router.api_route("", methods=GET)
def dictionary(request: Request, tools: Doors) -> Response:
    """Every table with what its columns mean (数据字典)."""

    def shown() -> Mapping[str, Any]:
        return {"tables": tools.pictures.tables(tools.clock())}

    return for_all(request, tools, None, "public_data.html", shown)


@router.api_route("/catalog.json", methods=GET)
def catalogue(request: Request, tools: Doors) -> Response:
    """Where everything is, for programs."""
    own = f"{tools.settings.own_address}/data"

    def listed() -> str:
        datasets = [
            {
                "name": each.key,
                "title": each.title,
                "description": each.note,
                "as_of": str(each.as_of),
                "fields": [of.described for of in each.fields],
                **{ending.partition(".")[0]: f"{own}/{each.key}.{ending}" for ending in ("csv", "json", "schema.json")},
            }
            for each in tools.pictures.tables(tools.clock())
        ]
        return canonical({"title": "联盟备案统计数据", "datasets": datasets})

    return _file(request, tools, listed, "application/json")


@router.api_route("/{name}.schema.json", methods=GET)
def schema(name: str, request: Request, tools: Doors) -> Response:
    """JSON Schema of a table."""
    return _file(request, tools, lambda: canonical(_named(tools, name).schema), "application/schema+json")


@router.api_route("/{name}.json", methods=GET)
def as_json(name: str, request: Request, tools: Doors) -> Response:
    """A table for programs."""
    return _file(request, tools, lambda: _named(tools, name).json, "application/json")


@router.api_route("/{name}.svg", methods=GET)
def as_picture(name: str, request: Request, tools: Doors) -> Response:
    """A table as a picture."""
    return _file(request, tools, lambda: svg(_named(tools, name)), "image/svg+xml")


@router.api_route("/{name}.csv", methods=GET)
def as_csv(name: str, request: Request, tools: Doors) -> Response:
    """A table for spreadsheets."""
    answer = _file(request, tools, lambda: _named(tools, name).csv, "text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f"attachment; filename={name}.csv"
    return answer


def _file(request: Request, tools: Tools, make: Callable[[], str], media_type: str) -> Response:
    """A file, kept as public pages are: made again when something was entered."""
    page = tools.kept.page((request.url.path, None), LATER, tools.clock(), make)
    return told(request, tools, page, LATER, media_type)


def _named(tools: Tools, name: str) -> Dataset:
    if name not in TABLES:
        raise HTTPException(404)
    return tools.pictures.table(name, tools.clock())
