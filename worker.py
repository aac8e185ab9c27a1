"""The worker: settings, logging, client, activities with their tools, Worker. No logic."""

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from socket import socket
from typing import Any

import httpx
import structlog
import uvloop
from temporalio.client import Client
from temporalio.common import MetricMeter
from temporalio.runtime import PrometheusConfig, Runtime
from temporalio.worker import Worker

from activities import garbage

# isort: split

from activities import editions, logs, loopback, search_texts, tracing
from activities.channels import configured
from activities.channels.configured import Configured
from activities.channels.drafts import DraftTray
from activities.channels.folder import OutboxFolder
from activities.channels.pages import CalendarFolder, Website
from activities.days import Days
from activities.delivering import Delivering
from activities.digests import Digests
from activities.entering import Entering
from activities.health import probing
from activities.health.health import Health, nothing
from activities.keyring import ring_of
from activities.letter_opening import CALENDARS, PUBLICATION
from activities.letter_queue import LetterQueue
from activities.letters import Letters
from activities.log.keeping import kept_log
from activities.migrating import migrate
from activities.mondays import Mondays
from activities.postman import Gauges, Postman, handed_over_before
from activities.privacy import keep_to_ourselves
from activities.publishing.notices import Notices
from activities.publishing.site import Site
from activities.register import Register
from activities.revocations import Revocations
from activities.rounds.entering import RoundEntering
from activities.rounds.following import RoundFollowing
from activities.rounds.register import RoundRegister
from activities.starting import bound, or_leave
from activities.watching import Watching
from activities.whatifs import WhatIfs
from gateway.client import Filings
from gateway.continuing import Continuing
from gateway.pages.design.sheet import sheet
from gateway.problem import KeyReused, NotFound, Refused
from gateway.remembered import keys
from gateway.remembered.audit import Audit
from gateway.watching.builds import Builds
from gateway.watching.keeper import Keeper
from gateway.watching.sentinel import Sentinel
from models.availability import Part
from models.channels import ChannelsFile, Filters, read_channels
from models.filing import Entry
from models.settings import Settings, read_settings
from workflows import builds, searching, sentinel, visibility
from workflows.connection import connect, reached, runtime_of
from workflows.filing import AllianceFiling
from workflows.proof import Proof
from workflows.round import Round
from workflows.sandbox import Sandbox

log = structlog.get_logger()

NONE_AT_ALL = "（0：不提供）"


def open_register(settings: Settings) -> Register:
    """The register with its tables up to date, and no edition changed that filings count by."""
    editions.load(settings.editions, patient=True)
    configured.as_deployed(settings)
    migrate(settings.register_url)
    register = Register.at(settings.register_url)
    editions.load_all(settings.editions, register.published)
    register.refuse_changed_editions()
    WhatIfs(register.engine).attach_lacking(datetime.now(UTC))
    return register


async def say_keys(client: Client, register: Register, settings: Settings) -> None:
    """Put on record by which key is encrypted from now on, and say which ones are missing that runs may need."""
    audit, ring = Audit(register.engine), ring_of(settings)
    await asyncio.to_thread(keys.note, audit, ring, datetime.now(UTC))
    await keys.warn(client, settings.task_queue, await asyncio.to_thread(keys.used, audit), ring)


def channels_of(settings: Settings, file: ChannelsFile, register: Register) -> Sequence[Configured]:
    """Through what letters leave the house, beside the inbox that the register is: as configured, else as files.

    Announcements and calendars are written in every deployment, documents for staff unless they are made when asked for.
    """
    told = (
        configured.build(file) if settings.channels else [Configured("files", OutboxFolder(settings.outbox), Filters())]
    )
    drafts = Configured("drafts", DraftTray(register, settings.tray, configured.contacts(file)), Filters())
    notices = Notices(register.engine)
    rests = settings.site.with_name(f"{settings.site.name}-rests.json")
    site = Site(settings.site, notices, settings.site_address, settings.own_address, sheet(), notices.log, rests)
    return [
        *told,
        *configured.nowhere(told),
        *([drafts] if settings.drafts else []),
        Configured("site", Website(site, lambda: datetime.now(UTC)), Filters()),
        Configured("calendars", CalendarFolder(register, settings.calendars), Filters()),
    ]


def build(
    client: Client,
    register: Register,
    settings: Settings,
    channels: Sequence[Configured] | None = None,
    continued: Callable[[], None] = lambda: None,
    meter: MetricMeter = MetricMeter.noop,
    *,
    one_clock: bool = True,
) -> tuple[Worker, Postman]:
    """The worker with its activities, and the postman who has delivered what they wrote.

    `continued` is called when a continuation was archived. Where each filing lives by a clock of its own (deploy/skipping.py),
    `one_clock` is false: what completes on one day cannot be counted.
    """
    file = read_channels(settings.channels, os.environ)
    letters = Letters(register.engine, partial(configured.office_recipient, file))
    lease, gather = timedelta(seconds=settings.delivery_timeout), timedelta(seconds=settings.bundle_wait)
    gauges = Gauges(meter)
    delivering = Delivering(
        letters,
        channels_of(settings, file, register) if channels is None else channels,
        report=partial(report, Filings(client, register, settings.task_queue)),
        give_up_after=timedelta(seconds=settings.delivery_gives_up),
        longest_pause=timedelta(seconds=settings.delivery_retry),
        counted=gauges.tried,
    )
    postman = Postman(
        letters,
        LetterQueue(register.engine, lease, gather),
        delivering,
        [
            Days(letters, {PUBLICATION: settings.site, CALENDARS: settings.calendars}).compile,
            Digests(letters).compile,
            Mondays(letters).compile,
        ]
        if settings.routines
        else [],
        settings.delivery_interval,
        settings.delivery_threads,
        gauges,
    )
    stop = Revocations(register.engine).stop if one_clock else nothing_stops
    entering = Entering(register, entered=postman.entered, continued=continued, stop=stop)
    of_rounds = RoundRegister(register.engine)
    rounds = RoundEntering(of_rounds)
    act = partial(report, Filings(client, register, settings.task_queue))
    following = RoundFollowing(of_rounds, act, told=postman.ring, published=register.published)
    watching = Watching(Sentinel(Filings(client, register, settings.task_queue)).passes)
    worker = Worker(
        client,
        task_queue=settings.task_queue,
        workflows=[
            AllianceFiling,
            Round,
            sentinel.SentinelOfBuilds if settings.build else sentinel.Sentinel,
            Proof,
        ],
        activities=[
            entering.take_in,
            entering.examine_correction,
            entering.enter,
            entering.recall,
            entering.knows_edition,
            rounds.stands,
            rounds.acts,
            rounds.passes,
            following.follow,
            watching.passes,
            handed_over_before,
        ],
        deployment_config=builds.work_of(settings),
        workflow_runner=Sandbox(),
        interceptors=[visibility.DetailsWhenAsked()],
        activity_executor=ThreadPoolExecutor(settings.activity_threads),
        max_concurrent_workflow_tasks=settings.activity_threads * 2,
        max_concurrent_local_activities=settings.activity_threads,
        max_concurrent_activities=settings.activity_threads,
        max_cached_workflows=settings.cached_workflows,
    )
    return worker, postman


def nothing_stops(entry: Entry) -> None:
    """Where nothing can be counted, nothing is stopped."""


async def report(filings: Filings, filing_id: str, act: Mapping[str, Any]) -> None:
    """Tell a filing what its letters came to; what it refuses to hear is on record at the door."""
    try:
        await filings.act(filing_id, act, own=True)
    except (Refused, NotFound):
        pass
    except KeyReused:
        log.error("report.not_taken", filing=filing_id, act=act["id"])


@dataclass(frozen=True)
class Measured:
    """A runtime whose core measures what the engine has done here; its metrics are told with ours, and asked where nobody else looks."""

    runtime: Runtime
    place: str
    client: httpx.AsyncClient

    @classmethod
    def begun(cls) -> "Measured":
        """A runtime that tells its metrics at some address of this machine."""
        place = "{}:{}".format(*loopback.hidden())
        client = httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
        return cls(runtime_of(PrometheusConfig(bind_address=place, durations_as_seconds=True)), place, client)

    async def told(self) -> bytes:
        """The core's metrics, in the text format of Prometheus."""
        return (await self.client.get(f"http://{self.place}/metrics")).content


def health_socket(settings: Settings) -> socket | None:
    """Where the worker tells how it is, if anybody wants to know. Raises `PortTaken`."""
    if not settings.metrics_port:
        return None
    return bound(
        settings.metrics_host, settings.metrics_port, ("BEIAN_METRICS_HOST", "BEIAN_METRICS_PORT"), NONE_AT_ALL
    )


async def serve(
    settings: Settings, ready: Callable[[], None] = lambda: None, stop: asyncio.Event | None = None
) -> None:
    """Work until interrupted, or told to stop."""
    stop = stop or asyncio.Event()
    own = health_socket(settings)
    traces = tracing.begin(settings, "worker")
    measured = Measured.begun() if own else None
    runtime = measured.runtime if measured else None
    register = open_register(settings)
    if traces:
        traces.of_statements(register.engine)
    asking = await connect(settings, runtime, lazy=True)
    health = Health("worker", settings, register, asking, core=measured.told if measured else nothing)
    # as process 1 of a container it would be deaf to what nobody handles
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with health.told_on(own) if own else nullcontext():
        if await reached_before(stop, asking):
            await work(settings, register, await connect(settings, runtime), runtime, ready, stop)
    if traces:
        traces.end()
    log.info("worker.stopped")


async def reached_before(stop: asyncio.Event, client: Client) -> bool:
    """Wait for the engine; whether it was there before somebody told us to stop."""
    told, there = asyncio.create_task(stop.wait()), asyncio.create_task(reached(client))
    await asyncio.wait({told, there}, return_when=asyncio.FIRST_COMPLETED)
    if there.done():
        there.result()
    for each in (told, there):
        each.cancel()
    return not stop.is_set()


async def work(
    settings: Settings,
    register: Register,
    client: Client,
    runtime: Runtime | None,
    ready: Callable[[], None],
    stop: asyncio.Event,
) -> None:
    """Work on an engine that is there, until told to stop."""
    await searching.register_where_allowed(client)
    await say_keys(client, register, settings)
    filings = Filings(client, register, settings.task_queue)
    continuing = Continuing(filings)
    meter = runtime.metric_meter if runtime else MetricMeter.noop
    keeper = Keeper(filings, timedelta(seconds=settings.following_interval))
    worker, postman = build(client, register, settings, continued=continuing.ring, meter=meter)
    probes = {
        Part.ENGINE: probing.of_engine(client),
        Part.REGISTER: probing.of_register(register.engine),
        Part.GATEWAY: probing.of_gateway(settings.own_address),
        Part.MAIL: probing.of_mail(read_channels(settings.channels, os.environ), register.engine),
    }
    async with worker:
        rounds = [
            asyncio.create_task(postman.run()),
            asyncio.create_task(keeper.keep()),
            asyncio.create_task(continuing.keep(settings.following_interval)),
            asyncio.create_task(register.published.keep()),
            asyncio.create_task(asyncio.to_thread(search_texts.fill, register.engine)),
            asyncio.create_task(kept_log(settings, register.engine).keep()),
            *([asyncio.create_task(Builds(filings).begin(settings.build))] if settings.build else []),
            asyncio.create_task(probing.watcher("worker", settings, register.engine, probes).keep()),
        ]
        garbage.settle()
        log.info("worker.ready", task_queue=settings.task_queue, target=client.service_client.config.target_host)
        ready()
        try:
            await stop.wait()
        finally:
            for each in rounds:
                each.cancel()
            await asyncio.gather(*rounds, return_exceptions=True)


def main() -> None:
    """Run one worker."""
    with or_leave():
        settings = read_settings()
        keep_to_ourselves(settings)
        search_texts.pinyin()  # while nobody waits for an entry yet
        logs.configure(settings.log_level)
        uvloop.run(serve(settings))


if __name__ == "__main__":
    main()
