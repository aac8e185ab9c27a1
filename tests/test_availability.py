"""When parts of the service were seen up, kept also while the register is away; and what an outage near a deadline leads to (G-29)."""

import asyncio
import itertools
import json
import os
import re
import ssl
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from sqlalchemy import Engine, create_engine, select, update
from sqlalchemy.exc import OperationalError

import starter
from activities import outage_proposals
from activities.availability import SEEN, Availability, spans_since
from activities.database import stating
from activities.entering import Entering
from activities.health.probing import Watcher, of_gateway, of_mail, of_register
from activities.letters import Letters
from activities.register import Register
from activities.revocations import STOPS, Revocations
from activities.sightings import LARGEST, Sighting, SightingFile, Sightings
from examples.demo import OFFICES
from examples.province.service import Service
from gateway.problem import Refused
from gateway.rounds import Rounds
from gateway.watching.proposing import Proposal, Proposing, found
from models.acts import ApproveRevocation, Release
from models.availability import Part, Span
from models.channels import ChannelsFile
from models.drift import DriftKind
from models.filing import Entry
from models.register import AnnualReportRow
from models.rounds.outages import MOST_OUTAGES
from models.rounds.round import Round, RoundReceipt
from models.settings import Settings
from models.values import last_day_until
from models.vocabulary import Stage, YearStatus
from regulation import agenda, annual, availability, entries, offices, terms
from regulation.breaker import Awaited, Undecided
from regulation.moment import Moment
from regulation.rounds.outages import state_of
from tests.databases import on_both, prepare
from tests.loopback import trusted, two_free_ports
from tests.served import Clock
from tests.simulated import written
from tests.story import instant
from tests.test_breaker import ONE, OTHER, THIRD, about_to_be_revoked
from tests.visiting import visiting
from tests.world import World

REPORTS = AnnualReportRow.metadata.tables["annual_reports"]

AT = instant("2027-11-28T00:00")
PROVINCE = [{"person": person, "office": "210000", "role": "province_st"} for person in ("p-401", "p-402")]


def minutes(number: float) -> datetime:
    """So many minutes later."""
    return AT + timedelta(minutes=number)


class Away(Availability):
    """A register that does not answer."""

    def keep(self, *_: object) -> None:
        """Nothing is written."""
        raise OperationalError("", {}, ConnectionError())


def spans(kept: Availability) -> list[Span]:
    """Everything that was seen."""
    with kept.engine.connect() as db:
        return sorted(spans_since(db, instant("2026-01-01T00:00")))


def a_while_later(_: Engine) -> datetime:
    """The register's clock, after all that happens here."""
    return minutes(100)


@on_both
def test_looks_become_spans_and_what_was_seen_while_the_register_was_away_is_brought_in(
    register: Register, tmp_path: Path
) -> None:
    folder = tmp_path / "var"
    folder.mkdir()
    kept, file = Availability(register.engine), SightingFile(folder, "worker@a")
    here, away = (Sightings(each, "worker@a", file, a_while_later) for each in (kept, Away(register.engine)))
    up = frozenset({Part.REGISTER, Part.ENGINE})
    for number in range(3):
        here.note(minutes(number), up)
    for number in range(3, 10):
        away.note(minutes(number), up)
    kept.keep("gateway@b", [Span(Part.ENGINE, minutes(1), minutes(9))])
    waiting = b"".join(path.read_bytes() for path in folder.iterdir())
    for _ in range(2):  # told twice, as after a death between the register and the file
        here.note(minutes(10), up)
        assert list(folder.iterdir()) == []
        file.own.write_bytes(waiting)
    assert spans(kept) == [
        Span(Part.ENGINE, minutes(0), minutes(10)),
        Span(Part.ENGINE, minutes(1), minutes(9)),
        Span(Part.REGISTER, minutes(0), minutes(2)),
        Span(Part.REGISTER, minutes(10), minutes(10)),
    ]
    [engine, of_register_] = kept.of_parts(minutes(11), days=2)
    assert (engine.part, list(engine.outages), str(engine.last_hours)) == (Part.ENGINE, [], "100.00")
    assert engine.measured_since == AT
    assert [(each.since, each.until) for each in of_register_.outages] == [(minutes(2), minutes(10))]
    assert str(of_register_.last_hours) == "99.72"
    [engine, _] = kept.of_parts(minutes(11) + timedelta(days=2), days=2)
    assert engine.measured_since is None, "all of the time that is asked for"


class Meanwhile(Availability):
    """A register that takes so long that the look is given up and waits, beside what other watchers have waiting."""

    wait: Callable[[], None]

    def keep(self, watcher: str, spans: Iterable[Span]) -> None:
        """Write down, and meanwhile more comes."""
        super().keep(watcher, spans)
        self.wait()


def test_what_comes_to_wait_while_files_are_brought_in_is_not_lost(own: Register, tmp_path: Path) -> None:
    folder, engine = tmp_path / "var", frozenset({Part.ENGINE})
    folder.mkdir()
    kept = Meanwhile(own.engine)
    one, other = (Sightings(kept, "worker@a", SightingFile(folder, "worker@a"), a_while_later) for _ in range(2))
    at = itertools.count(3)

    def wait() -> None:
        number = next(at)
        (one if number % 2 else other).wait(minutes(3 * number), engine)

    object.__setattr__(kept, "wait", wait)
    for number, each in ((0, one), (1, other), (2, one)):
        each.wait(minutes(3 * number), engine)
    one.note(minutes(60), {Part.REGISTER})
    one.note(minutes(61), {Part.REGISTER})
    object.__setattr__(kept, "wait", lambda: None)
    one.note(minutes(62), {Part.REGISTER})
    other.note(minutes(63), {Part.REGISTER})
    assert list(folder.iterdir()) == []
    seen = [each for each in spans(kept) if each.part is Part.ENGINE]
    assert (seen[0].since, max(each.until for each in seen)) == (minutes(0), minutes(3 * (next(at) - 1)))
    assert availability.outages(seen, AT, seen[-1].until) == [], "each look, three minutes after the one before"


def test_what_watchers_that_are_gone_left_is_brought_in_and_what_cannot_be_read_is_left_out(
    own: Register, tmp_path: Path
) -> None:
    folder = tmp_path / "var"
    folder.mkdir()
    now, kept = datetime.now(UTC), Availability(own.engine)
    gone, here, there = (
        Sightings(kept, name, SightingFile(folder, name)) for name in ("worker@gone", "worker@a", "worker@b")
    )
    left, at_work = now - timedelta(hours=2), now - timedelta(minutes=1)
    here.note(now - timedelta(minutes=30), {Part.REGISTER, Part.ENGINE})
    for number in range(3):
        gone.wait(left + timedelta(minutes=number), {Part.ENGINE})
    for bad in (
        b"\xff\xfe\x00",
        b"[" * 5000,
        b'{"at":"0001-01-01T00:00:00Z","up":["engine"]}',
        b'{"at":"2027-11-28T00:00:00","up":["engine"]}',
        b'{"at":1,"up":"engine"}',
        b'{"at": "2027-1',
    ):
        with gone.file.own.open("ab") as file:
            file.write(b"\n" + bad)
    gone.wait(left + timedelta(minutes=3), {Part.ENGINE})
    before = now.timestamp() - 3600
    os.utime(gone.file.own, (before, before))
    (folder / "seen-up-worker.jsonl").mkdir()
    there.wait(at_work, {Part.ENGINE})
    here.note(now, {Part.REGISTER})
    told = [(each.since, each.until) for each in spans(kept) if each.part is Part.ENGINE]
    assert told == [(left, left + timedelta(minutes=3)), (now - timedelta(minutes=30),) * 2]
    assert not gone.file.own.exists()
    assert there.file.own.exists(), "who is at work brings its own in"


def test_no_more_waits_in_a_file_than_is_read(tmp_path: Path) -> None:
    file = SightingFile(tmp_path, "worker@a")
    with file.own.open("wb") as grown:
        grown.truncate(LARGEST)
    file.append(Sighting(at=AT, up=(Part.ENGINE,)))
    assert file.own.stat().st_size == LARGEST


async def test_a_watcher_goes_on_after_a_look_that_broke_down(tmp_path: Path) -> None:
    looks: list[BaseException] = [UnicodeDecodeError("utf-8", b"", 0, 1, ""), asyncio.CancelledError()]

    class Breaking(Watcher):
        async def look(self) -> frozenset[Part]:
            raise looks.pop(0)

    sightings = Sightings(Availability(create_engine("sqlite://")), "worker@a", SightingFile(tmp_path, "worker@a"))
    with pytest.raises(asyncio.CancelledError):
        await Breaking(sightings, {}, every=timedelta(0)).keep()
    assert looks == []


@on_both
def test_a_watcher_whose_clock_is_ahead_hides_no_outage_to_come(register: Register, tmp_path: Path) -> None:
    kept, now = Availability(register.engine), datetime.now(UTC)
    file = SightingFile(tmp_path, "worker@a")
    Sightings(kept, "worker@a", file).note(now + timedelta(hours=3), {Part.REGISTER})
    [span] = spans(kept)
    assert now - timedelta(minutes=1) < span.since <= span.until < now + timedelta(minutes=5)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Register]:
    """A register in the place of this deployment's own."""
    url = f"sqlite:///{tmp_path / 'register.db'}"
    prepare(url)
    opened = Register.at(url)
    yield opened
    opened.engine.dispose()


async def test_a_watcher_sees_what_answers_and_nothing_else(own: Register, tmp_path: Path) -> None:
    closed, other = two_free_ports()
    sightings = Sightings(Availability(own.engine), "worker@a", SightingFile(tmp_path, "worker@a"), a_while_later)
    mail = {"type": "mail", "host": "127.0.0.1", "port": closed, "security": "none", "sender": "beian@example.cn"}
    probes = {
        Part.REGISTER: of_register(own.engine),
        Part.GATEWAY: of_gateway(f"http://127.0.0.1:{other}"),
        Part.MAIL: of_mail(ChannelsFile.model_validate({"channels": {"mail": mail}}), own.engine),
    }
    assert await Watcher(sightings, probes, lambda: AT).look() == {Part.REGISTER}

    def greets(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail\r\n")
        writer.close()

    greeted = await asyncio.start_server(greets, "127.0.0.1", closed)
    async with greeted:
        nobody = {Part.MAIL: of_mail(ChannelsFile(), own.engine)}
        assert await Watcher(sightings, nobody, lambda: AT).look() == set(), "where none is configured none is measured"
        assert await Watcher(sightings, probes, lambda: minutes(1)).look() == {Part.REGISTER, Part.MAIL}
        assert await Watcher(sightings, nobody, lambda: minutes(2)).look() == {Part.MAIL}, "nor missed from then on"
    with own.engine.connect() as db:
        assert {row.part for row in db.execute(select(SEEN))} == {"register", "mail"}


async def test_doors_behind_an_authority_of_the_office_are_seen_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answers(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    authority, context = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    door = await asyncio.start_server(answers, "localhost", 0, ssl=context)
    address = f"https://localhost:{door.sockets[0].getsockname()[1]}"
    async with door:
        with pytest.raises(httpx.ConnectError):
            await of_gateway(address)()
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted(authority, tmp_path)))
        assert await of_gateway(address)()


def out_before(own: Register, deadline: datetime, hours: int = 3) -> None:
    """The doors were away for some hours before an instant, and are back since."""
    since = deadline - timedelta(hours=hours)
    spans = [
        Span(Part.GATEWAY, since - timedelta(days=30), since),
        Span(Part.GATEWAY, deadline, deadline + timedelta(days=90)),
    ]
    Availability(own.engine).keep("worker@a", spans)


def test_a_revocation_before_which_the_service_was_out_stops(own: Register) -> None:
    """Who would have reported, or defended itself, may not have come in."""
    told, revoked = about_to_be_revoked(ONE)
    written(own, told)
    stop = Revocations(own.engine).stop
    assert stop(revoked) is None, "nothing was measured"
    out_before(own, revoked.at)
    held = stop(revoked)
    assert held
    assert held.filing.on_hold
    assert "2027年12月20日届满的期限，届满前48小时内本系统可用率为93.75%，低于99%（网上入口93.75%）" in reason_of(held)


def reason_of(entry: Entry) -> str:
    """Why an act says that it is done."""
    return str(getattr(entry.event, "reason", ""))


@pytest.fixture
def service(own: Register) -> Iterator[Service]:
    """The service on a register of one alliance whose second missed year has led to a case that nobody decides."""
    written(own, about_to_be_revoked(ONE)[0])
    opened = Service(own)
    yield opened
    opened.close()


def test_an_outage_near_a_deadline_is_proposed_about_and_two_people_extend_it(service: Service) -> None:
    own, engine, due, now = (
        service.register,
        service.register.engine,
        instant("2027-12-01T00:00"),
        instant("2027-12-06T10:00"),
    )
    assert found(engine, now) == [], "nothing was out"
    out_before(own, due)
    [proposal] = found(engine, now)
    assert proposal.round_id == "outage-2027-LN-1"
    assert proposal.act["content"]["filings"] == [ONE]
    opening = {name: value for name, value in proposal.act.items() if name not in ("id", "kind", "by", "content")}
    service.acts(proposal.round_id, now, proposal.act["by"], "open_round", proposal.act["content"], **opening)
    assert found(engine, now) == [], "once"
    stop, (_, revoked) = Revocations(engine).stop, about_to_be_revoked(ONE)
    held = stop(revoked)
    assert held
    assert "outage-2027-LN-1" in str(getattr(held.event, "reason", "")), "nobody has decided yet"
    [coming] = Revocations(engine).coming(now, offices.Scope())
    assert coming.becomes == STOPS
    until = proposal.act["content"]["until"]
    assert until == "2027-12-07"
    for by in PROVINCE:
        service.acts(proposal.round_id, now, by, "extend_all", until=until, document_no="辽科办〔2027〕31号")
    filing = own.filing(ONE)
    assert filing
    year = filing.year(2027)
    assert year
    assert (year.status, last_day_until(year.due), filing.stage) == (YearStatus.OPEN, date(2027, 12, 7), Stage.IN_FORCE)
    moved = next(entry for entry in own.docket(ONE)[::-1] if entry.event.kind == "move_deadline")
    assert "outage-2027-LN-1" in str(getattr(moved.event, "reason", ""))
    assert service.refused == []
    assert own.verify(ONE) == service.rounds.verify(proposal.round_id) == []
    assert found(engine, now + timedelta(days=1)) == [], "what was decided on is not proposed again"
    told = [row.title for row, _ in Letters(engine).inbox("210000") if row.round_id]
    assert "2027年度报送期限已统一顺延至2027年12月7日" in told
    [letter] = [
        each
        for each in own.messages(ONE)
        if each.number == moved.number and each.to == "leader" and "moved" in each.text
    ]
    assert letter.text == "deadline_moved_after_outage"
    assert any("待另一人办理" in each for each in told)


def opened(service: Service, now: datetime) -> Proposal:
    """The proposal that is found, opened."""
    [proposal] = found(service.register.engine, now)
    opening = {name: value for name, value in proposal.act.items() if name not in ("id", "kind", "by", "content")}
    service.acts(proposal.round_id, now, proposal.act["by"], "open_round", proposal.act["content"], **opening)
    return proposal


def let_go(register: Register, at: datetime) -> Entry:
    """Two people let go on what was stopped; the revocation that comes of it."""
    filing = register.filing(ONE)
    assert filing
    for person in ("city", "city2"):
        told = {"id": f"{person}-{at:%d}", "by": OFFICES[person], "received_at": at, "reason": "已逐件复核"}
        entry = entries.entered(filing, Release.model_validate(told), Moment(at, at))
        assert entry.refused is None
        register.append(entry)
        filing = entry.filing
    due = agenda.next_lapse(filing)
    assert due
    assert due.lapse.kind == "revoked"
    return entries.entered(filing, due.lapse, Moment(due.at, due.at))


def test_what_waits_for_a_decision_is_stopped_as_often_as_it_is_let_go_on(service: Service) -> None:
    own, (_, revoked) = service.register, about_to_be_revoked(ONE)
    due, now = instant("2027-12-01T00:00"), instant("2027-12-06T10:00")
    out_before(own, due)
    proposal = opened(service, now)
    entering = Entering(own, stop=Revocations(own.engine).stop)
    stops = []
    for _ in range(3):
        appended = entering.enter(revoked)
        assert appended
        assert appended.filing
        assert (appended.filing.stage, appended.filing.on_hold) == (Stage.REVOCATION_PENDING, True)
        stops.append(own.docket(ONE)[-1])
        revoked = let_go(own, revoked.at + timedelta(hours=10))
        [coming] = Revocations(own.engine).coming(revoked.at - timedelta(hours=5), offices.Scope())
        assert coming.becomes == STOPS, "let go on, it is stopped again, and that is told"
    assert all(proposal.round_id in reason_of(each) for each in stops)
    assert len({getattr(each.event, "id", "") for each in stops}) == len(stops), "each an entry of its own"
    later = revoked.at - timedelta(hours=5)
    until = str((revoked.at + timedelta(days=5)).date())
    for by in PROVINCE:
        service.acts(proposal.round_id, later, by, "extend_all", until=until, document_no="辽科办〔2027〕31号")
    filing = own.filing(ONE)
    assert filing
    year = filing.year(2027)
    assert year
    assert (filing.stage, year.status, str(last_day_until(year.due))) == (Stage.IN_FORCE, YearStatus.OPEN, until)
    assert (own.verify(ONE), service.refused) == ([], [])


def test_once_the_deadline_is_kept_two_people_let_it_go_on_for_good(service: Service) -> None:
    own, (_, revoked) = service.register, about_to_be_revoked(ONE)
    out_before(own, instant("2027-12-01T00:00"))
    proposal = opened(service, instant("2027-12-06T10:00"))
    stop = Revocations(own.engine).stop
    held = stop(revoked)
    assert held
    own.append(held)
    completes = let_go(own, revoked.at + timedelta(hours=10))
    for by in PROVINCE:
        service.acts(proposal.round_id, completes.at - timedelta(hours=5), by, "keep_deadline", reason="事先公告的维护")
    assert stop(completes) is None


def test_an_extension_that_has_not_arrived_yet_keeps_the_revocation_away(service: Service) -> None:
    own = service.register
    out_before(own, instant("2027-12-01T00:00"))
    proposal = opened(service, instant("2027-12-06T10:00"))
    waiting = own.filing(ONE)
    [undecided] = naming(own, ONE)
    assert waiting
    state = state_of(undecided).but(extended_to=date(2027, 12, 31))
    decided = undecided.but(of=state, stage="closed")
    assert outage_proposals.waits_for(waiting, [undecided]) == Undecided(proposal.round_id)
    assert outage_proposals.waits_for(waiting, [decided]) == Awaited(proposal.round_id)
    moved = annual.replace(waiting, annual.due_year(waiting, 2027).but(due=instant("2028-01-01T00:00")))
    assert outage_proposals.waits_for(moved, [decided]) is None


def test_people_do_not_decide_meanwhile_either_where_the_terms_let_them(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, (_, revoked) = service.register, about_to_be_revoked(ONE)
    out_before(own, instant("2027-12-01T00:00"))
    proposal = opened(service, instant("2027-12-06T10:00"))
    by_terms = terms.value
    monkeypatch.setattr(terms, "value", lambda of, key, *more: key != AUTO and by_terms(of, key, *more))

    def approved(at: datetime) -> str | None:
        waiting = own.filing(ONE)
        assert waiting
        told = {"id": f"approve-{at:%H}", "by": OFFICES["city2"], "received_at": at, "document_no": "沈科发〔2028〕1号"}
        appended = Entering(own).enter(entries.entered(waiting, ApproveRevocation.model_validate(told), Moment(at, at)))
        return appended.reason if appended else None

    assert proposal.round_id in (approved(revoked.at) or "")
    for by in PROVINCE:
        service.acts(proposal.round_id, revoked.at, by, "keep_deadline", reason="事先公告的维护")
    assert approved(revoked.at + timedelta(hours=1)) is None
    assert own.docket(ONE)[-1].stage is Stage.REVOKED


AUTO = "revocation.auto_complete"


def naming(register: Register, key: str) -> list[Round]:
    """The proposals that name an alliance."""
    with register.engine.connect() as db:
        return outage_proposals.naming(db, key)


def test_a_revocation_stops_that_rests_on_a_deadline_before_which_the_service_was_out_though_nobody_proposed(
    service: Service,
) -> None:
    own, (_, revoked) = service.register, about_to_be_revoked(ONE)
    out_before(own, instant("2027-12-01T00:00"))
    stop = Revocations(own.engine).stop
    held = stop(revoked)
    assert held
    assert "2027年11月30日届满的期限" in reason_of(held)
    own.append(held)
    [proposal] = found(own.engine, revoked.at + timedelta(hours=1))
    assert proposal.act["content"]["filings"] == [ONE], "and then it is proposed about"
    assert stop(let_go(own, revoked.at + timedelta(hours=10))) is None, (
        "what two people judged is not held up to them again"
    )


def test_who_comes_into_the_register_later_is_not_left_out(service: Service) -> None:
    own, due, now = service.register, instant("2027-12-01T00:00"), instant("2027-12-06T10:00")
    out_before(own, due)
    proposal = opened(service, now)
    written(own, about_to_be_revoked(OTHER)[0])
    for by in PROVINCE:
        service.acts(proposal.round_id, now, by, "extend_all", until="2027-12-08", document_no="辽科办〔2027〕31号")
    assert [own.filing(each).year(2027).status for each in (ONE, OTHER)] == [YearStatus.OPEN] * 2  # type: ignore[union-attr]
    third = about_to_be_revoked(THIRD)[0]
    written(own, third)
    [again] = found(own.engine, now + timedelta(hours=1))
    assert (again.round_id, again.filings) == ("outage-2027-LN-2", (THIRD,))


def test_what_broke_down_every_ten_minutes_for_two_days_is_proposed_about(service: Service) -> None:
    due = instant("2027-12-01T00:00")
    for part in Part:
        since, spans = due - timedelta(hours=49), [Span(part, due - timedelta(days=30), due - timedelta(hours=49))]
        while since < due:
            since += timedelta(minutes=10)
            spans.append(Span(part, since, since + timedelta(minutes=4)))
        Availability(service.register.engine).keep("worker@a", [*spans, Span(part, since, due + timedelta(hours=10))])
    proposal = opened(service, due + timedelta(hours=10))
    outages = proposal.act["content"]["outages"]
    assert len(outages) <= MOST_OUTAGES < sum(each["times"] for each in outages)
    assert proposal.act["content"]["whole"] == "40.00"


def test_a_machine_that_was_off_for_ten_weeks_over_a_deadline_is_proposed_about(service: Service) -> None:
    due = instant("2027-12-01T00:00")
    out_before(service.register, due + timedelta(days=66), hours=67 * 24)
    [proposal] = found(service.register.engine, due + timedelta(days=66, minutes=10))
    assert proposal.failed.deadline == due
    assert proposal.failed.whole == Decimal("50.00")


async def test_the_province_and_operators_see_it_and_nobody_else(service: Service, tmp_path: Path) -> None:
    due, now = instant("2027-12-01T00:00"), instant("2027-12-06T10:00")
    out_before(service.register, due)
    [proposal] = found(service.register.engine, now)
    opening = {name: value for name, value in proposal.act.items() if name not in ("id", "kind", "by", "content")}
    await asyncio.to_thread(
        service.acts, proposal.round_id, now, proposal.act["by"], "open_round", proposal.act["content"], **opening
    )
    async with visiting(Settings(var=tmp_path), Clock(now)) as house:
        province = await house.signed_in("p-401")
        shown = (await province.get(f"/rounds/{proposal.round_id}")).text
        for each in ("网上入口", "93.75%", "低于规定", "2027年12月7日", "3小时", "按建议的日期同意顺延"):
            assert each in shown
        paper = (await province.get(f"/rounds/{proposal.round_id}/entries/1/paper")).text
        assert "2027-11-30 24:00" in paper
        assert not re.search(r">[^<]*\d\dT\d\d:", paper), "no instant as programs write it"
        form = await province.get(f"/rounds/{proposal.round_id}/acts/extend_all?until=2027-12-07")
        assert 'value="2027-12-07"' in form.text
        assert "outage-2027-LN-2/acts/open_round" not in (await province.get("/desk/rounds?kind=outage")).text, (
            "nobody opens one by hand"
        )
        leader = await house.signed_in("u-leader-01")
        assert (await leader.get(f"/rounds/{proposal.round_id}")).status_code == 404
        assert proposal.round_id not in (await leader.get("/rounds")).text
        assert "可用情况" in (await (await house.signed_in("o-701")).get("/ops")).text


class Failing(Rounds):
    """Takes nothing."""

    async def act(
        self, round_id: str, raw: Mapping[str, Any], *, seen: Collection[int] | None = None, own: bool = False
    ) -> RoundReceipt:
        """Fail as nobody foresaw."""
        raise ValueError(round_id)


async def test_a_pass_opens_the_proposal_by_the_engine_once(world: World) -> None:
    now = datetime.now(UTC)
    written(world.register, about_to_be_revoked(ONE)[0])
    due = now - timedelta(hours=1)
    with stating(world.register.engine) as db:
        db.execute(update(REPORTS).values(due=due))
    Availability(world.register.engine).keep(
        "worker@a", [Span(Part.MAIL, due - timedelta(days=2), due - timedelta(hours=9)), Span(Part.MAIL, due, now)]
    )
    proposing = Proposing(Rounds(world.door))
    broken = Proposing(Failing(world.door))
    told = (await broken.propose(now)).failed
    assert [(each.kind, each.what) for each in told] == [(DriftKind.NOT_PROPOSED, "未能提出（ValueError）")] * len(told)
    opened, failed = await proposing.propose(now)
    assert failed == []
    assert [each.key for each in told] == opened, "one that fails hinders no other"
    assert len(opened) == len({each.rpartition("-")[0] for each in opened}) > 0, "one a year and deadline"
    assert await proposing.propose(now) == ([], [])
    rows = await asyncio.to_thread(lambda: [proposing.rounds.register.row(each) for each in opened])
    assert all(row and row.open for row in rows)
    forged = {
        "id": "o-1",
        "kind": "open_round",
        "by": PROVINCE[0],
        "title": "顺延",
        "opens": "2026-12-01",
        "closes": "2026-12-02",
    }
    with pytest.raises(Refused):
        await proposing.rounds.act("outage-2026-LN-9", forged)


def test_the_command_line_tells_what_was_out(
    own: Register, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out_before(own, datetime.now(UTC) - timedelta(hours=2))
    monkeypatch.setenv("BEIAN_VAR", str(tmp_path))
    assert starter.run(["outages", "--json"]) == 0
    [told] = json.loads(capsys.readouterr().out)
    assert (told["part"], told["last_48_hours"], len(told["outages"])) == ("gateway", "93.75", 1)
    assert starter.run(["outages"]) == 0
    assert "网上入口" in capsys.readouterr().out
    assert starter.run(["outages", "--days", "60"]) == 0
    assert "起计量）" in capsys.readouterr().out, "not measured for so long"
