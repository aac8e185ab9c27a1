"""The worker: settings, logging, client, activities with their tools, Worker. No logic."""

import asyncio
import signal
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

from activities import editions, logs
from activities.delivering import Channel, Delivering, OutboxFolder, Postman
from activities.entering import Entering
from activities.register import Register
from deploy.database import migrate
from models.settings import Settings
from regulation.editions import EditionRefused
from workflows import visibility
from workflows.connection import connect
from workflows.filing import AllianceFiling

log = structlog.get_logger()


def open_register(settings: Settings) -> Register:
    """The register with its tables up to date, and no edition changed that filings count by."""
    editions.load(settings.editions)
    migrate(settings.register_url)
    register = Register.at(settings.register_url)
    register.refuse_changed_editions()
    return register


async def register_search_attributes(client: Client) -> None:
    """Tell the server what filings are searched by; what it knows already stays."""
    known = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    missing = {name: kind for name, kind in visibility.REGISTRATION.items() if name not in known.custom_attributes}
    if not missing:
        return
    try:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
        )
    except RPCError as error:
        if error.status is not RPCStatusCode.ALREADY_EXISTS:  # two workers may start at once
            raise


def channels_of(settings: Settings) -> Sequence[Channel]:
    """Through what messages leave the house, beside the inbox that the register is: the one place to add a channel."""
    return [OutboxFolder(settings.outbox)]


def build(
    client: Client, register: Register, settings: Settings, channels: Sequence[Channel] | None = None
) -> tuple[Worker, Postman]:
    """The worker with its activities, and the postman who hands over what they wrote."""
    postman = Postman(register, client, settings.task_queue, settings.delivery_interval)
    entering = Entering(register, entered=postman.ring)
    delivering = Delivering(register, channels_of(settings) if channels is None else channels)
    worker = Worker(
        client,
        task_queue=settings.task_queue,
        workflows=[AllianceFiling],
        activities=[
            entering.take_in,
            entering.examine_correction,
            entering.enter,
            entering.recall,
            entering.knows_edition,
            delivering.deliver,
        ],
        activity_executor=ThreadPoolExecutor(settings.activity_threads),
        max_concurrent_workflow_tasks=settings.activity_threads * 2,
        max_concurrent_local_activities=settings.activity_threads,
        max_cached_workflows=settings.cached_workflows,
    )
    return worker, postman


async def serve(settings: Settings, ready: Callable[[], None] = lambda: None) -> None:
    """Work until interrupted."""
    metrics = PrometheusConfig(bind_address=f"127.0.0.1:{settings.metrics_port}", durations_as_seconds=True)
    runtime = Runtime(telemetry=TelemetryConfig(metrics=metrics)) if settings.metrics_port else None
    register = open_register(settings)
    client = await connect(settings, runtime)
    await register_search_attributes(client)
    worker, postman = build(client, register, settings)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with worker:
        rounds = asyncio.create_task(postman.run())
        log.info("worker.ready", task_queue=settings.task_queue, target=client.service_client.config.target_host)
        ready()
        await stop.wait()
        rounds.cancel()
    log.info("worker.stopped")


def main() -> None:
    """Run one worker."""
    settings = Settings()
    logs.configure(settings.log_level)
    try:
        asyncio.run(serve(settings))
    except EditionRefused as refused:
        sys.exit(str(refused))


if __name__ == "__main__":
    main()
