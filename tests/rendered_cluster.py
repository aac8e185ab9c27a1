"""Whether Kubernetes takes the files for a cluster, by its own schemas, and what they come to with an overlay; run by `make cluster`."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.test_cluster_files import CLUSTER, COMPONENT, Doc, check_names, check_pods, documents, of_kind, pods

VERSIONS = ("1.30", kubernetes_validate.latest_version())
"""The oldest on which the files work, and the newest whose schemas are at hand."""


def rendered() -> list[Doc]:
    """The example, as kubectl renders it."""
    done = subprocess.run(["kubectl", "kustomize", CLUSTER / "example"], capture_output=True, text=True, check=True)
    return list(yaml.safe_load_all(done.stdout))


def _labels(value: Any) -> Iterator[Doc]:
    """Labels, and what is selected by them, wherever they stand in something."""
    for name, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        if name in ("labels", "matchLabels"):
            yield inner
        else:
            yield from _labels(inner)


SOURCES: dict[str, Callable[[], list[Doc]]] = {"as they lie there": documents}
if shutil.which("kubectl"):
    SOURCES["rendered"] = rendered


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("source", SOURCES)
def test_the_schemas_of_kubernetes_take_them(source: str, version: str) -> None:
    for doc in [*SOURCES[source](), *documents(CLUSTER / "example")]:
        kubernetes_validate.validate(doc, version, strict=True)


@pytest.mark.parametrize("source", SOURCES)
def test_they_come_to_what_the_code_can_be_set_up_with(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    docs = SOURCES[source]()
    check_pods(docs, monkeypatch)
    check_names(docs)
    if source == "rendered":
        assert {pod["containers"][0]["image"] for _, pod in pods(docs)} == {"your-registry/beian:0.12.0"}
        assert {doc["metadata"].get("namespace", "beian") for doc in docs} == {"beian"}
        workers = [doc for doc in docs if doc["metadata"]["labels"]["phase"] == "workers"]
        assert [doc["metadata"]["name"] for doc in workers] == ["worker-0-12-0"] * 3
        for doc in workers:  # two builds side by side are not taken for each other
            labels = [found for found in _labels(doc) if COMPONENT in found or "build" in found]
            assert labels
            assert all(found.get("build") == "0.12.0" for found in labels)
        (register,) = [doc for doc in of_kind(docs, "NetworkPolicy") if doc["metadata"]["name"] == "the-register"]
        assert register["spec"]["egress"][0]["to"] == [{"ipBlock": {"cidr": "10.20.0.15/32"}}]
