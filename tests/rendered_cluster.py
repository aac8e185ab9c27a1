"""Whether Kubernetes takes the files for a cluster, by its own schemas, and what they come to with an overlay; run by `make cluster`."""

import shutil
import subprocess
from collections.abc import Callable

import kubernetes_validate
import pytest
import yaml

from tests.test_cluster_files import CLUSTER, Doc, check_names, check_pods, documents, of_kind, pods

VERSIONS = ("1.30", kubernetes_validate.latest_version())
"""The oldest on which the files work, and the newest whose schemas are at hand."""


def rendered() -> list[Doc]:
    """The example, as kubectl renders it."""
    done = subprocess.run(["kubectl", "kustomize", CLUSTER / "example"], capture_output=True, text=True, check=True)
    return list(yaml.safe_load_all(done.stdout))


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
        assert {pod["containers"][0]["image"] for _, pod in pods(docs)} == {"your-registry/beian:0.8.0"}
        assert {doc["metadata"].get("namespace", "beian") for doc in docs} == {"beian"}
        (register,) = [doc for doc in of_kind(docs, "NetworkPolicy") if doc["metadata"]["name"] == "the-register"]
        assert register["spec"]["egress"][0]["to"] == [{"ipBlock": {"cidr": "10.20.0.15/32"}}]
