"""The description of the API (OpenAPI), held against what it really answers."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx
import schemathesis
from fastapi import FastAPI

from gateway.problem import PROBLEM


@dataclass(frozen=True)
class Described:
    """An application's own description."""

    document: dict[str, Any]

    @classmethod
    def by(cls, app: FastAPI) -> "Described":
        """As an application gives it."""
        return cls(json.loads(json.dumps(app.openapi())))

    @cached_property
    def schema(self) -> Any:
        """As schemathesis reads it."""
        return schemathesis.openapi.from_dict(self.document)

    @property
    def operations(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Every operation: method, path, and what is said of it."""
        return [
            (method, path, told) for path, methods in self.document["paths"].items() for method, told in methods.items()
        ]

    def of(self, method: str, path: str) -> tuple[str, str, dict[str, Any]]:
        """The operation that a request was for."""
        for known, template, told in self.operations:
            if known == method.lower() and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
                return known, template, told
        raise LookupError(f"{method} {path} is not described")

    def holds(self, answer: httpx.Response) -> None:
        """Fail if an answer is not one that its operation is said to give."""
        method, path, told = self.of(answer.request.method, answer.request.url.path)
        assert str(answer.status_code) in told["responses"], f"{method} {path}: {answer.status_code} is not described"
        known = told["responses"][str(answer.status_code)].get("content", {})
        said = answer.headers.get("content-type", "").partition(";")[0]
        assert said in (known or {""}), f"{method} {path}: {said} is not described for {answer.status_code}"
        if said in ("application/json", PROBLEM):
            self.schema[path][method].validate_response(answer)

    async def watching(self, answer: httpx.Response) -> None:
        """The same as a hook of a client."""
        await answer.aread()
        self.holds(answer)
