"""The files for a cluster (deploy/cluster): they fit each other, the code that runs there, and the docs.

Whether Kubernetes takes them, and what they come to with an overlay, `make cluster` says (tests/rendered_cluster.py).
"""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

import starter
from gateway import processes
from models.settings import Settings, read_settings
from tests.test_monitoring import OF_OTHERS, named

ROOT = Path(__file__).parent.parent
CLUSTER = ROOT / "deploy" / "cluster"
BASE, WORKER = CLUSTER / "base", CLUSTER / "worker"

OF_TEMPORAL = {
    "TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TEMPORAL_API_KEY", "TEMPORAL_TLS_CLIENT_CERT_PATH", "TEMPORAL_TLS_CLIENT_KEY_PATH",
    "TEMPORAL_TLS_SERVER_CA_CERT_PATH",
}  # fmt: skip
"""What Temporal's own environment configuration reads of what stands here."""

OF_UVICORN = {"FORWARDED_ALLOW_IPS"}
COMPONENT, PHASES = "app.kubernetes.io/component", {"foundation", "before", "workers", "service"}
WORKERS_END, UNTIL = 120, 10
"""Seconds within which a worker ends (docs/operations.md, Containers), and that a kill comes later than anything is done."""

Doc = Mapping[str, Any]


def documents(*folders: Path) -> list[Doc]:
    """Everything that stands in the files of some folders; of the service and its workers if none is named."""
    every = [path for folder in folders or (BASE, WORKER) for path in sorted(folder.glob("*.yml"))]
    files = [path for path in every if path.name != "kustomization.yml"]
    return [doc for path in files for doc in yaml.safe_load_all(path.read_text("utf-8"))]


def of_kind(docs: list[Doc], *kinds: str) -> list[Doc]:
    """Those of some kinds."""
    return [doc for doc in docs if doc["kind"] in kinds]


def pods(docs: list[Doc]) -> Iterator[tuple[str, Doc]]:
    """The template of each pod, by its component."""
    for doc in of_kind(docs, "Deployment", "Job", "CronJob"):
        spec = doc["spec"]["jobTemplate"]["spec"] if doc["kind"] == "CronJob" else doc["spec"]
        yield spec["template"]["metadata"]["labels"][COMPONENT], spec["template"]["spec"]


def environment(docs: list[Doc], pod: Doc) -> dict[str, str]:
    """What a pod's container has in its environment; a secret is something."""
    (container,) = pod["containers"]
    told: dict[str, str] = {}
    if "envFrom" in container:
        (settings,) = of_kind(docs, "ConfigMap")
        assert container["envFrom"] == [{"configMapRef": {"name": settings["metadata"]["name"]}}]
        told |= settings["data"]
    return told | {each["name"]: each["value"] if "value" in each else _told(each) for each in container["env"]}


def _told(variable: Doc) -> str:
    """What stands for what a cluster tells a pod: its build, or a secret."""
    return "0.12.0" if "fieldRef" in variable["valueFrom"] else "postgresql+psycopg://a-secret-of-the-cluster/"


def selected(policy: Doc, labels: Mapping[str, str]) -> bool:
    """Whether a policy is about a pod."""
    selector = policy["spec"]["podSelector"]
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items()) and all(
        labels.get(each["key"]) in each["values"] for each in selector.get("matchExpressions", [])
    )


def ports_open(docs: list[Doc], component: str, way: str) -> set[int | str]:
    """At which ports, by number or name, a component may be reached, or may reach others."""
    found = set()
    for policy in of_kind(docs, "NetworkPolicy"):
        if selected(policy, {COMPONENT: component}):
            found |= {port["port"] for rule in policy["spec"].get(way, []) for port in rule["ports"]}
    return found


def check_pods(docs: list[Doc], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is set up as the code that runs in it can be, and may do nothing besides."""
    entrypoint = (ROOT / "deploy" / "containers" / "entrypoint").read_text("utf-8")
    for component, pod in pods(docs):
        (container,) = pod["containers"]
        told = environment(docs, pod)
        ours = {f"BEIAN_{name.upper()}" for name in Settings.model_fields}
        assert told.keys() <= ours | OF_TEMPORAL | OF_UVICORN, component
        with monkeypatch.context() as patch:
            for name in [each for each in os.environ if each.startswith(("BEIAN_", "TEMPORAL_"))]:
                patch.delenv(name)
            for name, value in told.items():
                patch.setenv(name, value)
            settings = read_settings()
        if "command" in container:
            script = Path(container["command"][0].replace("/opt/beian", str(ROOT)))
            assert script.is_file(), component
            assert script.stat().st_mode & 0o100, component
        else:
            (command,) = container["args"]
            assert f"\n{command})" in entrypoint or command in starter.beian.commands, component
        own = {"worker": [settings.metrics_port], "gateway": [settings.gateway_port, settings.gateway_metrics_port]}
        assert [each["containerPort"] for each in container.get("ports", [])] == own.get(component, []), component
        names = {each["name"]: each["containerPort"] for each in container.get("ports", [])}
        open_ = {names.get(str(each), each) for each in ports_open(docs, component, "ingress")}
        assert open_ == set(own.get(component, [])), component
        reached = {53} | ({5432} if "BEIAN_DATABASE_URL" in told else set())
        reached |= {7233} if component in ("worker", "gateway", "engine") else set()
        assert ports_open(docs, component, "egress") - {443, 465, 587} == reached, component
        for probe in (each for name, each in container.items() if name.endswith("Probe")):
            assert probe["httpGet"]["path"].partition("?")[0] in ("/healthz", "/readyz")
            assert probe["httpGet"]["port"] == "metrics"
        folders = {each["mountPath"] for each in container["volumeMounts"]}
        assert {str(settings.var), "/tmp"} <= folders, component
        assert {each["name"] for each in container["volumeMounts"]} == {each["name"] for each in pod["volumes"]}, (
            component
        )
        assert (pod["securityContext"]["runAsUser"], pod["automountServiceAccountToken"]) == (10001, False)
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        }  # fmt: skip
        assert container["resources"].keys() == {"requests", "limits"}


def check_names(docs: list[Doc]) -> None:
    """Whatever is called by a name is there, and every object has its phase."""
    components = dict(pods(docs))
    assert {doc["metadata"]["labels"]["phase"] for doc in docs} == PHASES
    deployments = {doc["metadata"]["name"] for doc in of_kind(docs, "Deployment")}
    for doc in of_kind(docs, "Deployment", "PodDisruptionBudget"):
        assert doc["spec"]["selector"]["matchLabels"][COMPONENT] == doc["metadata"]["name"].partition("-")[0]
    for doc in of_kind(docs, "PodDisruptionBudget"):
        assert doc["metadata"]["name"] in deployments
    for doc in of_kind(docs, "Service"):
        ports = {each["name"] for each in components[doc["spec"]["selector"][COMPONENT]]["containers"][0]["ports"]}
        assert {each["targetPort"] for each in doc["spec"]["ports"]} <= ports
    for doc in of_kind(docs, "HorizontalPodAutoscaler"):
        assert doc["spec"]["scaleTargetRef"]["name"] in deployments
    for doc in of_kind(docs, "NetworkPolicy"):
        for each in doc["spec"]["podSelector"].get("matchExpressions", []):
            assert set(each["values"]) <= components.keys()
    claims = {doc["metadata"]["name"] for doc in of_kind(docs, "PersistentVolumeClaim")}
    mounted = {
        each["persistentVolumeClaim"]["claimName"]
        for pod in components.values()
        for each in pod["volumes"]
        if "persistentVolumeClaim" in each
    }
    assert mounted == claims


def secrets(docs: list[Doc]) -> set[str]:
    """The secrets that are referred to; nothing of them stands here."""
    return set(re.findall(r"'(?:secretKeyRef': \{'name|secretName)': '([\w-]+)'", str(docs)))


def test_pods_are_set_up_as_the_code_in_them_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    check_pods(documents(), monkeypatch)


def test_what_is_named_is_there() -> None:
    docs = documents()
    check_names(docs)
    for folder in (BASE, WORKER):
        built = yaml.safe_load((folder / "kustomization.yml").read_text("utf-8"))
        assert {*built["resources"], "kustomization.yml"} == {path.name for path in folder.iterdir()}
    assert not of_kind(docs, "Secret")
    told = (ROOT / "docs" / "operations.md").read_text("utf-8").partition("## Many machines")[2]
    assert all(f"`{name}`" in told for name in secrets(docs)), "docs/operations.md lists every secret"


def test_nobody_is_ended_before_what_it_took_is_done() -> None:
    grace = {component: pod.get("terminationGracePeriodSeconds", 0) for component, pod in pods(documents())}
    (gateway,) = dict(pods(documents()))["gateway"]["containers"]
    assert grace["worker"] >= WORKERS_END + UNTIL
    assert grace["gateway"] >= gateway["lifecycle"]["preStop"]["sleep"]["seconds"] + processes.TO_END + UNTIL


def test_workers_are_scaled_by_a_metric_that_is_told() -> None:
    def read(name: str) -> Any:
        return yaml.safe_load((CLUSTER / "monitoring" / name).read_text("utf-8"))

    (group,), (external,) = read("scaling.yml")["groups"], read("adapter.yml")["externalRules"]
    (rule,) = group["rules"]
    assert {each.removesuffix("_bucket") for each in named(rule["expr"])} <= OF_OTHERS
    (scaled,) = of_kind(documents(), "HorizontalPodAutoscaler")
    (metric,) = scaled["spec"]["metrics"]
    assert metric["external"]["metric"]["name"] == external["name"]["as"] == external["seriesQuery"] == rule["record"]
    jobs = {each["job_name"] for each in read("scrape.yml")["scrape_configs"]}
    assert set(re.findall('job="([^"]+)"', rule["expr"])) <= jobs == {"beian-worker", "beian-gateway"}


def test_nobody_but_the_service_reaches_the_engine() -> None:
    """The service may go where the engine's namespace lets it in, and the docs say how."""
    (policy,) = documents(CLUSTER / "engine")
    (rule,) = policy["spec"]["ingress"]
    told = yaml.safe_load((BASE / "kustomization.yml").read_text("utf-8"))["namespace"]
    assert rule["from"][0]["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": told}
    (out,) = [each for each in documents(BASE) if each["metadata"]["name"] == "the-engine"]
    (way,) = out["spec"]["egress"]
    assert way["ports"] == rule["ports"]
    named = way["to"][0]["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
    assert named == policy["metadata"]["namespace"]
    assert "deploy/cluster/engine/network.yml" in (ROOT / "docs" / "operations.md").read_text("utf-8")
