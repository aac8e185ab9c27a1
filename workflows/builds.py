"""Builds of the worker, as the engine tells them apart: a filing stays with the build that began its run, and goes on in the current one.

A worker without a build (`make run`, tests, one machine with one release at a time) takes whatever there is, as ever. One that has a
build takes nothing until the engine is told that this build is the current one (`starter.py rotate`); from then on what begins, or goes on in a new
run, is its work, and what runs on another build stays there until that is asked to go on (gateway/watching/builds.py).
"""

from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import WorkerDeploymentConfig

from activities.backup import release
from models.settings import Settings

GO_ON = "go_on"
"""The update by which a run is asked to go on in a new one: both types of workflow answer to it."""

VERSION = "TemporalWorkerDeploymentVersion"
"""The engine's own search attribute that names the build on which something runs; absent: on none."""

TAKEN, UNTAKEN = "BuildIds IS NOT NULL", "BuildIds IS NULL"
"""Which runs some worker has taken, of a build or of none, and which nobody has: the engine notes whose they were."""


def deployment(queue: str) -> str:
    """The name under which the engine keeps the builds that work on a task queue; other services may share the namespace."""
    return f"beian-{queue}".replace(".", "-").replace(":", "-")


def version(queue: str, build: str) -> str:
    """A build, as it stands in the engine's search attribute."""
    return f"{deployment(queue)}:{build}"


def build_of(settings: Settings) -> str:
    """What this process is: its build, or the release where it has none."""
    return settings.build or release()


def work_of(settings: Settings) -> WorkerDeploymentConfig:
    """Which work a worker takes: what is its build's, or, without one, whatever there is; that tells the release all the same."""
    return WorkerDeploymentConfig(
        WorkerDeploymentVersion(deployment(settings.task_queue), build_of(settings)),
        use_worker_versioning=bool(settings.build),
        default_versioning_behavior=VersioningBehavior.PINNED if settings.build else VersioningBehavior.UNSPECIFIED,
    )
