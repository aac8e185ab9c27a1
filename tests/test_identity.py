"""Who somebody is: bearer tokens, signing in and out by browser, sessions, and the record of it."""

import asyncio
import os
import re
import stat
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from httpx import AsyncClient, Response
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from sqlalchemy import create_engine, delete, update
from sqlmodel import Session, col, select

from activities.register import Register
from deploy.embedded import sign_in_link, startup_token
from gateway import oidc
from gateway.identity import EMBEDDED, Identity
from gateway.oidc import Oidc
from gateway.pages.sign_in import local
from gateway.problem import Failed
from gateway.remembered.audit import GENESIS, Audit, AuditKind
from gateway.remembered.sessions import Sessions, signing_secret
from gateway.remembered.spent import Spent
from models.gateway import AuditRow, SessionRow
from models.settings import Settings
from models.values import SHANGHAI
from models.vocabulary import Role
from regulation import identity, offices
from tests.databases import on_both, on_both_by_the_owner, prepare
from tests.oidc_provider import (
    AUDIENCE,
    CLIENT,
    EC,
    LEADER,
    OKP,
    OTHER_RSA,
    RSA,
    SECRET,
    Provider,
    provider,
    shared,
    signed_with_what_is_public,
    unsigned,
    with_its_own_key,
)
from tests.patience import Patient, comes
from tests.served import Clock
from tests.visiting import House, enters, visiting

NOW = datetime(2030, 3, 20, 10, tzinfo=SHANGHAI)
OWN = "https://desk.example.gov.cn"


@pytest.fixture
def clock() -> Clock:
    """Stands still until it is set."""
    return Clock(NOW)


@pytest.fixture
def idp(clock: Clock) -> Iterator[Provider]:
    """A provider."""
    with provider(clock) as running:
        yield running


def by_provider(idp: Provider, var: Path, **changed: Any) -> Settings:
    """Settings of a deployment whose people sign in with a provider."""
    return Settings(
        var=var,
        identity="oidc",
        oidc_issuer=idp.issuer,
        oidc_audience=AUDIENCE,
        oidc_client_id=CLIENT,
        **{"gateway_address": OWN, "oidc_client_secret": SECRET, **changed},
    )


UNUSED = Spent(create_engine("sqlite://"))
"""For whoever reads tokens only: nothing is spent."""


@pytest.fixture
def door(idp: Provider, clock: Clock, tmp_path: Path) -> Oidc:
    """What reads the tokens of that provider."""
    return Oidc(by_provider(idp, tmp_path), clock, UNUSED)


async def refused(door: Oidc, token: str) -> None:
    """A token is refused, and whoever sent it is not told why."""
    with pytest.raises(Failed) as failed:
        await door.bearer(token)
    assert failed.value.problem == oidc.REFUSED
    assert failed.value.problem.status == 401
    assert failed.value.headers == {"WWW-Authenticate": 'Bearer error="invalid_token"'}


# Bearer tokens


async def test_a_good_token_is_somebody_with_a_post(door: Oidc, idp: Provider) -> None:
    who = await door.bearer(idp.token())
    assert who == Identity(person="c-101", name="受理人", office="210100", role=Role.CITY_ST)


@pytest.mark.parametrize(
    ("key", "algorithm"), [(RSA, "RS256"), (RSA, "PS256"), (RSA, "RS512"), (EC, "ES256"), (OKP, "Ed25519")]
)
async def test_providers_sign_in_several_ways(door: Oidc, idp: Provider, key: Any, algorithm: str) -> None:
    assert (await door.bearer(idp.token(key, algorithm))).person == "c-101"


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
async def test_the_older_name_of_a_curve_is_known(door: Oidc, idp: Provider) -> None:
    assert (await door.bearer(idp.token(OKP, "EdDSA"))).person == "c-101"


def at(seconds: int) -> int:
    """An instant beside now, as tokens write it."""
    return int(NOW.timestamp()) + seconds


WRONG: dict[str, dict[str, Any]] = {
    "expired": {"exp": at(-61)},
    "without an end": {"exp": None},
    "whose end is no number": {"exp": "2099-01-01"},
    "not yet valid": {"nbf": at(61)},
    "issued in the future": {"iat": at(61)},
    "for somebody else": {"audience": "another"},
    "for several others": {"audience": ["another", "a third"]},
    "for nobody": {"audience": None},
    "of another issuer": {"iss": "https://login.example.org"},
    "of an issuer that begins alike": {"iss": "http://127.0.0.1"},
    "of no issuer": {"iss": None},
    "that names nobody": {"sub": None},
    "that names nobody in particular": {"sub": ""},
    "whose person is a number": {"sub": 7},
    "of the public": {"role": "public", "office": "public"},
    "with a role that nobody has": {"role": "root"},
    "with no role": {"role": None},
    "with several roles": {"role": ["city_st", "province_st"]},
    "with no office": {"office": None},
    "of a city outside the province": {"office": "110000"},
    "of a city with the province's role": {"role": "province_st"},
    "of the province with a city's role": {"office": "210000"},
    "of a zone that is none": {"role": "zone", "office": "210100-nirgends"},
    "of a city with a zone's role": {"role": "zone"},
    "of a leader whose code is wrong": LEADER | {"office": "91210102MA10ABCD6J"},
    "of a leader with a city's office": LEADER | {"office": "210100"},
}


@pytest.mark.parametrize("changed", WRONG.values(), ids=WRONG)
async def test_a_token_that_says_the_wrong_thing_is_refused(door: Oidc, idp: Provider, changed: dict[str, Any]) -> None:
    await refused(door, idp.token(**changed))


@pytest.mark.parametrize("changed", [{"exp": at(-59)}, {"nbf": at(59)}, {"iat": at(59)}], ids=str)
async def test_clocks_may_differ_a_little(door: Oidc, idp: Provider, changed: dict[str, Any]) -> None:
    assert (await door.bearer(idp.token(**changed))).person == "c-101"


async def test_a_token_may_be_meant_for_others_too(door: Oidc, idp: Provider) -> None:
    assert (await door.bearer(idp.token(audience=["account", AUDIENCE]))).person == "c-101"


async def test_a_token_without_a_true_signature_is_refused(door: Oidc, idp: Provider) -> None:
    idp.keys.append(shared())
    good = idp.token()
    head, body, signature = good.split(".")
    elevated = unsigned(idp.claims(role="province_st", office="210000")).split(".")[1]
    for token in (
        unsigned(idp.claims()),
        signed_with_what_is_public(idp.claims()),
        idp.token(OTHER_RSA, kid="rsa"),
        idp.token(EC, "ES256", kid="rsa"),
        with_its_own_key(idp.claims()),
        idp.token(idp.keys[-1], "HS256"),
        f"{head}.{elevated}.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}.{body}.{signature}.{signature}",
        f"{unsigned({}).split('.')[0]}.{body}.{signature}",
    ):
        await refused(door, token)
    assert (await door.bearer(good)).person == "c-101"


@pytest.mark.parametrize("token", ["", ".", "..", "Bearer", "ä.ö.ü", "\x00", "a" * 200_000, f"e30.{'W' * 90_000}.e30"])
async def test_nonsense_is_refused(door: Oidc, token: str) -> None:
    await refused(door, token)


@trying(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(parts=st.lists(st.text("eyJhbGci012_-={}\"':[]", max_size=40), max_size=5))
async def test_whatever_is_sent_as_a_token_is_refused_and_breaks_nothing(door: Oidc, parts: list[str]) -> None:
    await refused(door, ".".join(parts))


async def test_a_deployment_says_which_claims_tell_what(idp: Provider, clock: Clock, tmp_path: Path) -> None:
    claims: Any = {"person": "employee", "office": "dept", "role": "beian_role"}
    door = Oidc(by_provider(idp, tmp_path, oidc_claims=claims), clock, UNUSED)
    idp.who = {"sub": "x", "employee": "z-9", "name": "名", "dept": "210100-shengaoqu", "beian_role": ["zone"]}
    assert await door.bearer(idp.token()) == Identity(
        person="z-9", name="名", office="210100-shengaoqu", role=Role.ZONE
    )
    await refused(door, idp.token(employee=None))


async def test_whoever_is_no_opaque_id_becomes_one(door: Oidc, idp: Provider) -> None:
    first, again, other = [await door.bearer(idp.token(sub=sub)) for sub in ("张 三", "张 三", "李 四")]
    assert re.fullmatch("[0-9a-f]{64}", first.person)
    assert first.person == again.person != other.person
    assert first.by.person == first.person
    nameless = await door.bearer(idp.token(sub="张 三", name=None))
    assert nameless.name == first.person
    long = await door.bearer(idp.token(name="名" * 300 + "\x00"))
    assert long.name == "名" * 100


@pytest.mark.parametrize("who", EMBEDDED.values(), ids=EMBEDDED)
async def test_every_post_may_come_by_token(door: Oidc, idp: Provider, who: Identity) -> None:
    assert await door.bearer(idp.token(**who.model_dump(mode="json", exclude={"person"}), sub=who.person)) == who


async def test_nobody_is_the_service_itself(door: Oidc, idp: Provider, tmp_path: Path) -> None:
    for person in (*identity.ROUTINES, "Beian"):
        await refused(door, idp.token(sub=person, office="210000", role="platform"))
    assert not any(map(identity.is_routine, EMBEDDED))
    engine = create_engine(f"sqlite:///{tmp_path / 'sessions.db'}")
    prepare(str(engine.url))
    sessions = Sessions(engine, timedelta(hours=1))
    secret = sessions.begin(EMBEDDED["platform"].but(person=identity.SERVICE), NOW)
    assert sessions.find(secret, NOW) is None, "nor by a session that an earlier release began"
    engine.dispose()


# The provider


async def test_the_provider_is_read_once_and_a_lacking_key_makes_it_read_again_once_a_minute(
    door: Oidc, idp: Provider, clock: Clock
) -> None:
    for _ in range(3):
        await door.bearer(idp.token())
    assert idp.asked == ["/.well-known/openid-configuration", "/jwks"]
    idp.keys[:] = [OTHER_RSA]
    await refused(door, idp.token(OTHER_RSA))
    assert len(idp.asked) == 2
    clock.now += timedelta(minutes=1)
    assert (await door.bearer(idp.token(OTHER_RSA))).person == "c-101"
    assert len(idp.asked) == 4
    for _ in range(5):
        await refused(door, idp.token(RSA))
    clock.now += timedelta(seconds=59)
    await refused(door, idp.token(RSA))
    assert len(idp.asked) == 4
    clock.now += timedelta(seconds=1)
    await refused(door, idp.token(RSA))
    await refused(door, idp.token(RSA))
    assert len(idp.asked) == 6


async def test_a_key_that_was_taken_back_is_forgotten_within_the_hour(door: Oidc, idp: Provider, clock: Clock) -> None:
    await door.bearer(idp.token())
    idp.keys[:] = [EC]
    clock.now += timedelta(hours=1)
    await refused(door, idp.token())


async def test_a_provider_that_does_not_answer_is_no_verdict(door: Oidc, idp: Provider, clock: Clock) -> None:
    idp.down = True
    for _ in range(3):
        with pytest.raises(Failed) as failed:
            await door.bearer(idp.token())
        assert failed.value.problem.status == 503
    assert len(idp.asked) == 1, "asked again at once"
    idp.down = False
    clock.now += timedelta(seconds=5)
    assert (await door.bearer(idp.token())).person == "c-101"
    idp.down = True
    clock.now += timedelta(hours=2)
    assert (await door.bearer(idp.token())).person == "c-101", "what is known of it still holds"


async def test_nobody_waits_for_a_provider_that_hangs_whose_key_is_known(
    door: Oidc, idp: Provider, clock: Clock
) -> None:
    await door.bearer(idp.token())
    clock.now += timedelta(hours=1)
    idp.free.clear()
    first = asyncio.create_task(door.bearer(idp.token()))
    await comes(lambda: len(idp.asked) > 2)
    assert (await door.bearer(idp.token())).person == "c-101"
    assert not first.done()
    idp.free.set()
    assert (await first).person == "c-101"


async def test_a_provider_that_calls_itself_something_else_is_not_believed(
    idp: Provider, clock: Clock, tmp_path: Path
) -> None:
    door = Oidc(by_provider(idp, tmp_path).model_copy(update={"oidc_issuer": f"{idp.issuer}/"}), clock, UNUSED)
    with pytest.raises(Failed) as failed:
        await door.bearer(idp.token())
    assert failed.value.problem.status == 503


@pytest.mark.parametrize("issuer", ["", "http://login.example.gov.cn", "login.example.gov.cn"])
def test_a_provider_elsewhere_is_asked_over_https_only(issuer: str, clock: Clock, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="BEIAN_OIDC_ISSUER"):
        Oidc(Settings(var=tmp_path, identity="oidc", oidc_issuer=issuer), clock, UNUSED)


# Signing in by browser


@asynccontextmanager
async def opened(settings: Settings, clock: Clock) -> AsyncIterator[House]:
    """A gateway on a new register."""
    prepare(settings.register_url)
    async with visiting(settings, clock) as house:
        yield house


@pytest.fixture
async def house(idp: Provider, clock: Clock, tmp_path: Path) -> AsyncIterator[House]:
    """A gateway, served over https, whose people sign in with the provider."""
    async with opened(by_provider(idp, tmp_path), clock) as house:
        yield house


@pytest.fixture
async def here(clock: Clock, tmp_path: Path) -> AsyncIterator[House]:
    """A gateway on this machine alone."""
    async with opened(Settings(var=tmp_path), clock) as house:
        yield house


def sessions(house: House) -> int:
    """How many browsers are signed in."""
    with Session(house.tools.register.engine) as session:
        return len(session.exec(select(SessionRow)).all())


def noted(house: House) -> list[tuple[str, str]]:
    """What is on record, in order."""
    return [(row.person, row.kind) for row in reversed(house.tools.audit.lines())]


async def sent(browser: AsyncClient, next_: str = "") -> str:
    """Where the provider sends a browser back to, after somebody signed in there."""
    started = await browser.get("/sign-in/start", params={"next": next_})
    assert started.status_code == 303, started.text
    async with Patient() as elsewhere:
        return (await elsewhere.get(started.headers["location"])).headers["location"]


def nobody(answer: Response, house: House, status: int = 403) -> None:
    """Nobody is signed in; a page says so."""
    assert answer.status_code == status, answer.text
    assert "登录未成功" in answer.text
    assert not any("beian=" in each for each in answer.headers.get_list("set-cookie"))
    assert sessions(house) == 0


async def test_somebody_signs_in_with_the_provider_and_out_again(house: House, idp: Provider) -> None:
    browser = house.browser()
    page = await browser.get("/sign-in")
    assert "/sign-in/start" in page.text
    back = await sent(browser)
    assert back.startswith(f"{OWN}/sign-in/callback?")
    answer = await browser.get(back)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    assert "受理人" in (await browser.get("/sign-in")).text
    known = house.tools.people.colleagues("210100", Role.CITY_ST)
    assert [(each.person, each.name) for each in known] == [("c-101", "受理人")]
    session = house.tools.sessions.find(browser.cookies["__Host-beian"], NOW)
    assert session
    out = await browser.post("/sign-out", data={"csrf": session.csrf})
    assert (out.status_code, urlsplit(out.headers["location"]).path) == (303, "/")
    assert sessions(house) == 0
    assert noted(house) == [("c-101", "signed_in"), ("c-101", "signed_out")]
    assert list(house.tools.audit.faults()) == []
    assert "http" not in urlsplit(out.headers["location"]).query


async def test_a_leader_comes_to_their_own_pages(house: House, idp: Provider) -> None:
    idp.who = dict(LEADER)
    browser = house.browser()
    assert (await browser.get(await sent(browser))).headers["location"] == "/my"
    browser = house.browser()
    assert (await browser.get(await sent(browser, "/filings/F-1?tab=2"))).headers["location"] == "/filings/F-1?tab=2"
    browser = house.browser()
    assert (await browser.get(await sent(browser, "//evil.example"))).headers["location"] == "/my"


@pytest.mark.parametrize(
    ("asked", "then"),
    [
        ("/desk", "/desk"),
        ("/filings/F-1?a=b&c=d#e", "/filings/F-1?a=b&c=d#e"),
        ("", ""),
        ("desk", ""),
        ("//evil.example", ""),
        ("///evil.example", ""),
        ("/\\evil.example", ""),
        ("\\/evil.example", ""),
        ("/\t/evil.example", ""),
        ("/\n/evil.example", ""),
        (" //evil.example", ""),
        ("https://evil.example", ""),
        ("javascript:alert(1)", ""),
        ("/a\r\nSet-Cookie: x=1", ""),
    ],
)
def test_next_is_a_path_of_ours_or_nothing(asked: str, then: str) -> None:
    assert local(asked) == then


async def test_the_authorization_request_is_bound_to_this_browser(house: House, idp: Provider) -> None:
    browser = house.browser()
    first, second = [await browser.get("/sign-in/start") for _ in range(2)]
    asked = [parse_qs(urlsplit(each.headers["location"]).query) for each in (first, second)]
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]
        assert len(asked[0][name][0]) >= 43
    assert asked[0]["code_challenge_method"] == ["S256"]
    assert asked[0]["redirect_uri"] == [f"{OWN}/sign-in/callback"]
    assert SECRET not in first.headers["location"]
    assert first.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("by", "secret"), [("client_secret_post", SECRET), ("none", "")])
async def test_providers_know_their_clients_in_several_ways(
    idp: Provider, clock: Clock, tmp_path: Path, by: str, secret: str
) -> None:
    idp.clients_by = by
    async with opened(by_provider(idp, tmp_path, oidc_client_secret=secret), clock) as house:
        browser = house.browser()
        assert (await browser.get(await sent(browser))).headers["location"] == "/desk"
        assert sessions(house) == 1


async def test_a_client_that_the_provider_does_not_know_signs_nobody_in(
    idp: Provider, clock: Clock, tmp_path: Path
) -> None:
    async with opened(by_provider(idp, tmp_path, oidc_client_secret="another"), clock) as house:
        browser = house.browser()
        nobody(await browser.get(await sent(browser)), house)


async def test_a_callback_that_is_played_again_signs_nobody_in(house: House) -> None:
    browser = house.browser()
    back = await sent(browser)
    kept = dict(browser.cookies)
    assert (await browser.get(back)).status_code == 303
    house.tools.sessions.end(browser.cookies["__Host-beian"])
    nobody(await browser.get(back), house)
    thief = house.browser()
    thief.cookies.update(kept)
    nobody(await thief.get(back), house)


async def test_a_state_is_good_for_once_even_with_another_code(house: House, idp: Provider) -> None:
    browser = house.browser()
    back = await sent(browser)
    kept = dict(browser.cookies)
    used, unused = parse_qs(urlsplit(back).query)["code"][0], "another"
    idp.codes[unused] = dict(idp.codes[used])
    assert (await browser.get(back)).status_code == 303
    house.tools.sessions.end(browser.cookies["__Host-beian"])
    again = house.browser()
    again.cookies.update(kept)
    nobody(await again.get(back.replace(used, unused)), house)


async def test_a_code_is_good_for_once_even_with_another_state(house: House) -> None:
    first, second = house.browser(), house.browser()
    back, other = await sent(first), await sent(second)
    code, others = (parse_qs(urlsplit(each).query)["code"][0] for each in (back, other))
    assert (await first.get(back)).status_code == 303
    house.tools.sessions.end(first.cookies["__Host-beian"])
    nobody(await second.get(other.replace(others, code)), house)


async def test_a_code_that_another_browser_asked_for_signs_nobody_in(house: House) -> None:
    """Neither somebody else's whole answer (login CSRF), nor their code in an answer of one's own (PKCE)."""
    mine, theirs = house.browser(), house.browser()
    back, other = await sent(mine), await sent(theirs)
    nobody(await house.browser().get(back), house)
    nobody(await mine.get(other), house)
    code, others = (parse_qs(urlsplit(each).query)["code"][0] for each in (back, other))
    nobody(await mine.get(back.replace(code, others)), house)


@pytest.mark.parametrize(
    "query", ["", "?error=access_denied&state=x", "?code=x", "?state=x", "?code=x&state=x", "?code=x&state=%C3%A4"]
)
async def test_a_callback_that_answers_nothing_signs_nobody_in(house: House, query: str) -> None:
    browser = house.browser()
    nobody(await browser.get(f"/sign-in/callback{query}"), house)
    await sent(browser)
    nobody(await browser.get(f"/sign-in/callback{query}"), house)


async def test_an_answer_of_another_provider_signs_nobody_in(house: House, idp: Provider) -> None:
    browser = house.browser()
    back = await sent(browser)
    nobody(await browser.get(f"{back.partition('&iss=')[0]}&iss=https://evil.example"), house)


WRONG_ID_TOKENS: dict[str, dict[str, Any]] = {
    "for the API": {"audience": AUDIENCE},
    "for another client too, which asked": {"audience": [CLIENT, "other"], "azp": "other"},
    "with another nonce": {"nonce": "another"},
    "with no nonce": {"nonce": None},
    "expired": {"exp": at(-61)},
    "of another issuer": {"iss": "https://evil.example"},
    "signed by another": {"key": OTHER_RSA, "kid": "rsa"},
    "signed with a secret": {"key": shared(), "algorithm": "HS256", "kid": "rsa"},
}


@pytest.mark.parametrize("changed", WRONG_ID_TOKENS.values(), ids=WRONG_ID_TOKENS)
async def test_an_id_token_that_is_not_the_one_asked_for_signs_nobody_in(
    house: House, idp: Provider, changed: dict[str, Any]
) -> None:
    idp.changed = changed
    browser = house.browser()
    nobody(await browser.get(await sent(browser)), house)


async def test_an_account_without_a_post_is_told_so(house: House, idp: Provider) -> None:
    for post in ({"role": "public", "office": "public"}, {"role": "city_st", "office": "210000"}, {}):
        idp.who = {"sub": "x", **post}
        browser = house.browser()
        answer = await browser.get(await sent(browser))
        nobody(answer, house)
        assert "没有对应的机构和身份" in answer.text


async def test_a_provider_that_fails_in_the_middle_is_told_of(house: House, idp: Provider) -> None:
    browser = house.browser()
    back = await sent(browser)
    idp.down = True
    answer = await browser.get(back)
    assert answer.status_code == 503
    assert "统一身份认证暂不可用" in answer.text
    assert sessions(house) == 0


async def test_an_attempt_that_was_altered_is_none(house: House) -> None:
    browser = house.browser()
    back = await sent(browser)
    name = "__Host-beian-attempt"
    value = browser.cookies[name]
    for forged in (value[:-2] + ("AA" if value[-2:] != "AA" else "BB"), "", "e30.x.y"):
        other = house.browser()
        other.cookies.set(name, forged)
        nobody(await other.get(back), house)


async def test_with_a_provider_nobody_is_one_of_the_seeded_people(house: House) -> None:
    assert (await enters(house.browser(), "c-101")).status_code == 404
    assert "演示身份" not in (await house.browser().get("/sign-in")).text


# The embedded identity


async def test_the_seeded_people_are_offered_by_their_posts(here: House) -> None:
    text = (await here.browser().get("/sign-in")).text
    assert "演示身份" in text
    for who in EMBEDDED.values():
        assert f'value="{who.person}"' in text
        assert who.role.label in text
        assert offices.title(who.role, who.office) in text
    for who in EMBEDDED.values():
        browser = await here.signed_in(who.person)
        session = here.tools.sessions.find(browser.cookies["beian"], NOW)
        assert session
        assert session.who == who


async def test_after_signing_in_everybody_is_where_they_work(here: House) -> None:
    for person, then in {"c-101": "/desk", "a-601": "/desk", "u-leader-01": "/my"}.items():
        assert (await enters(here.browser(), person)).headers["location"] == then
    assert (await enters(here.browser(), "c-101", next="/filings/F-1")).headers["location"] == "/filings/F-1"
    assert (await enters(here.browser(), "c-101", next="//evil.example")).headers["location"] == "/desk"


TOKEN = "start-up_token-" + "7" * 32


@pytest.fixture
async def behind_a_token(tmp_path: Path) -> AsyncIterator[House]:
    """A gateway as `make run` starts it: it knows the start-up token that was printed."""
    async with opened(Settings(var=tmp_path, embedded_token=TOKEN), Clock(NOW)) as house:
        yield house


async def test_the_printed_link_is_the_one_thing_to_open(behind_a_token: House) -> None:
    browser = behind_a_token.browser()
    link = sign_in_link(behind_a_token.tools.settings).removeprefix("http://127.0.0.1:8000")
    let_in = await browser.get(link)
    assert (let_in.status_code, let_in.headers["location"]) == (303, "/sign-in?next="), "the address is without it now"
    name = "beian-token"
    assert flags(let_in, name) == {"httponly", "samesite=lax", "path=/", "max-age=2592000"}
    assert TOKEN not in browser.cookies[name], "what a browser keeps is of no use to a program"
    page = (await browser.get("/sign-in")).text
    assert all(f'value="{person}"' in page for person in EMBEDDED)
    assert (await enters(browser, "c-101")).headers["location"] == "/desk"
    assert (await browser.get("/desk")).status_code == 200


async def test_whoever_lost_the_link_is_told_where_it_is_and_may_type_the_token(behind_a_token: House) -> None:
    browser, origin = behind_a_token.browser(), {"Origin": behind_a_token.origin}
    page = (await browser.get("/sign-in?next=/desk/calendar")).text
    assert "make run" in page
    assert str(behind_a_token.tools.settings.token_file) in page
    assert 'value="c-101"' not in page
    typed = await browser.post("/sign-in", data={"token": TOKEN, "next": "/desk/calendar"}, headers=origin)
    assert (typed.status_code, typed.headers["location"]) == (303, "/sign-in?next=/desk/calendar")
    assert (await enters(browser, "c-101", next="/desk/calendar")).headers["location"] == "/desk/calendar"


@pytest.mark.parametrize("token", ["", "x", TOKEN[:-1], f"{TOKEN}8", "口令", "\x00", "x" * 9000])
async def test_without_the_start_up_token_nobody_is_more_than_the_public(behind_a_token: House, token: str) -> None:
    browser = behind_a_token.browser()
    if token:
        assert (await browser.get("/sign-in", params={"token": token})).status_code == 403
        assert (await enters(browser, "c-101", token=token)).status_code == 403
    browser.cookies.set("beian-token", quote(token))
    assert (await enters(browser, "c-101")).status_code == 403
    assert (await browser.get("/desk")).status_code == 303
    for bearer in ("c-101", f"c-101.{token}", f".{TOKEN}", f"nobody.{TOKEN}", TOKEN, f"c-101.{token}.{TOKEN}"):
        answer = await browser.get("/api/v1/me", headers={b"Authorization": f"Bearer {bearer}".encode()})
        assert answer.status_code == 401, bearer
    assert sessions(behind_a_token) == 0
    assert (await browser.get("/")).status_code == 200, "the public pages are everybody's"


async def test_a_program_brings_the_token_behind_the_person(behind_a_token: House) -> None:
    for person in EMBEDDED:
        bearer = {"Authorization": f"Bearer {person}.{TOKEN}"}
        assert (await behind_a_token.browser().get("/api/v1/me", headers=bearer)).json()["person"] == person


def test_the_token_of_make_run_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path / "var")
    token = startup_token(settings)
    assert startup_token(settings) == token == settings.token_file.read_text("utf-8")
    assert stat.S_IMODE(settings.token_file.stat().st_mode) == 0o600
    assert Settings(embedded_token=token).embedded_token.get_secret_value() == token, "a gateway takes it"
    assert startup_token(Settings(var=tmp_path / "var", embedded_token=TOKEN)) == TOKEN
    for refused in ("short", "x" * 31, f"{TOKEN}.", f"{TOKEN} "):
        with pytest.raises(ValueError, match="embedded_token"):
            Settings(embedded_token=refused)


def test_with_a_provider_no_token_is_printed(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path, identity="oidc", oidc_issuer="https://login.example.gov.cn")
    assert sign_in_link(settings) == "http://127.0.0.1:8000/sign-in"
    assert not settings.token_file.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1.evil.example"},
        {"Origin": "https://127.0.0.1"},
        {"Origin": "http://127.0.0.1:8001"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "cross-site"},
    ],
    ids=str,
)
async def test_no_other_site_signs_somebody_in(here: House, headers: dict[str, str]) -> None:
    answer = await here.browser().post("/sign-in", data={"person": "c-101"}, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert sessions(here) == 0


async def test_nobody_signs_in_as_somebody_unknown(here: House) -> None:
    for person in ("", "nobody", "c-101 "):
        assert (await enters(here.browser(), person)).status_code == 422
    assert sessions(here) == 0


async def test_without_a_provider_there_is_no_way_through_one(here: House) -> None:
    for path in ("/sign-in/start", "/sign-in/callback?code=x&state=x"):
        assert (await here.browser().get(path)).status_code == 404


# Sessions


def flags(answer: Response, name: str) -> set[str]:
    """The attributes of a cookie that is set, in lower case."""
    found = [each for each in answer.headers.get_list("set-cookie") if each.startswith(f"{name}=")]
    assert len(found) == 1, answer.headers
    return {each.strip().lower() for each in found[0].split(";")[1:]}


async def test_the_cookies_are_for_nobody_else(here: House, house: House) -> None:
    assert flags(await enters(here.browser(), "c-101"), "beian") == {"httponly", "samesite=lax", "path=/"}
    browser = house.browser()
    started = await browser.get("/sign-in/start")
    secure = {"httponly", "samesite=lax", "path=/", "secure"}
    assert flags(started, "__Host-beian-attempt") == secure | {"max-age=600"}
    async with Patient() as elsewhere:
        back = (await elsewhere.get(started.headers["location"])).headers["location"]
    answer = await browser.get(back)
    assert flags(answer, "__Host-beian") == secure
    assert {"max-age=0", "secure", "path=/"} <= flags(answer, "__Host-beian-attempt")


async def test_over_https_a_cookie_that_another_host_could_set_is_nobody(house: House) -> None:
    secret = house.tools.sessions.begin(EMBEDDED["c-101"], NOW)
    planted = await house.browser().get("/desk", headers={"Cookie": f"beian={secret}"})
    assert planted.status_code == 303
    own = await house.browser().get("/desk", headers={"Cookie": f"__Host-beian={secret}"})
    assert own.status_code == 200


async def signs_out(house: House, browser: AsyncClient, csrf: str | None) -> Response:
    """Send the form that ends the session."""
    return await browser.post("/sign-out", data={"csrf": csrf} if csrf is not None else {})


def csrf_of(house: House, browser: AsyncClient) -> str:
    """What the forms of a browser's session bring along."""
    session = house.tools.sessions.find(browser.cookies["beian"], house.tools.clock())
    assert session
    return session.csrf


async def test_a_cookie_that_is_played_again_after_signing_out_is_nobody(here: House) -> None:
    browser = await here.signed_in("c-101")
    kept = browser.cookies["beian"]
    assert (await browser.get("/desk")).status_code == 200
    assert (await signs_out(here, browser, csrf_of(here, browser))).status_code == 303
    assert "beian" not in browser.cookies
    thief = here.browser()
    thief.cookies.set("beian", kept)
    answer = await thief.get("/desk")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/desk")
    assert (await signs_out(here, thief, "")).status_code == 303


async def test_a_session_ends_by_itself(here: House, clock: Clock) -> None:
    browser = await here.signed_in("c-101")
    clock.now += timedelta(hours=8) - timedelta(seconds=1)
    assert (await browser.get("/desk")).status_code == 200
    clock.now += timedelta(seconds=1)
    assert (await browser.get("/desk")).status_code == 303
    await here.signed_in("c-102")
    assert sessions(here) == 1, "those that are over are forgotten"


async def test_whoever_signs_in_again_has_a_new_session_and_the_old_one_is_over(here: House) -> None:
    browser = await here.signed_in("c-101")
    first = browser.cookies["beian"]
    await enters(browser, "c-102")
    assert browser.cookies["beian"] != first
    assert here.tools.sessions.find(first, NOW) is None
    assert sessions(here) == 1


async def test_a_form_without_the_token_of_its_session_changes_nothing(here: House) -> None:
    browser, other = await here.signed_in("c-101"), await here.signed_in("c-101")
    for csrf in (None, "", "x", csrf_of(here, other), csrf_of(here, browser)[:-1]):
        answer = await signs_out(here, browser, csrf)
        assert answer.status_code == 403
        assert "页面已过期" in answer.text
    token = csrf_of(here, browser)
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert (await browser.post("/sign-out", data={"csrf": token}, headers=headers)).status_code == 403
    assert (await browser.get("/desk")).status_code == 200
    assert (await signs_out(here, browser, token)).status_code == 303


async def test_a_database_tells_nobody_how_to_be_somebody(here: House) -> None:
    browser = await here.signed_in("c-101")
    with Session(here.tools.register.engine) as session:
        row = session.exec(select(SessionRow)).one()
    assert browser.cookies["beian"] not in row.model_dump_json()
    thief = here.browser()
    thief.cookies.set("beian", row.id)
    assert (await thief.get("/desk")).status_code == 303


# What signs cookies


def test_the_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path / "var")
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: signing_secret(settings), range(8)))
    assert len(set(made)) == 1
    assert len(made[0]) >= 43
    assert os.listdir(tmp_path / "var") == ["gateway-secret"]
    assert stat.S_IMODE((tmp_path / "var" / "gateway-secret").stat().st_mode) == 0o600
    chosen = Settings(var=tmp_path / "var", secret="chosen" * 8)
    assert signing_secret(chosen) == "chosen" * 8


# The audit record

SOMEBODY = EMBEDDED["c-101"]


def several(audit: Audit, count: int = 5) -> None:
    """Put some lines on record."""
    for number in range(count):
        about, now = f"第{number}件\x00", NOW + timedelta(minutes=number)
        audit.note(SOMEBODY, AuditKind.READ_PAPER, now, filing_id=f"F-{number % 2}", about=about, client="::1")


def change(register: Register, statement: Any) -> None:
    """Do to the record what nobody should."""
    with register.engine.connect().execution_options(writes=True) as connection, connection.begin():
        assert connection.execute(statement).rowcount


@on_both
def test_every_line_follows_from_the_one_before(register: Register) -> None:
    audit = Audit(register.engine)
    assert list(audit.faults()) == []
    several(audit)
    assert list(audit.faults()) == []
    lines = audit.lines()
    assert [row.number for row in lines] == [5, 4, 3, 2, 1]
    assert audit.astray(lines) == set()
    assert len({row.hash for row in lines} | {GENESIS}) == 6
    assert lines[0].at == (NOW + timedelta(minutes=4)).astimezone(UTC)
    assert [row.number for row in audit.lines(filing_id="F-1", before=4)] == [2]
    assert [row.number for row in audit.lines(person="c-101", limit=2)] == [5, 4]
    assert audit.lines(person="nobody") == []


@on_both_by_the_owner
@pytest.mark.parametrize(
    "altered",
    [
        {"object": "第2件 "},
        {"person": "c-102"},
        {"success": False},
        {"at": NOW + timedelta(minutes=2, microseconds=1)},
        {"filing_id": None},
        {"client": "::2"},
        {"hash": "0" * 64},
    ],
    ids=lambda altered: next(iter(altered)),
)
def test_a_line_that_was_altered_shows(register: Register, altered: dict[str, Any]) -> None:
    audit = Audit(register.engine)
    several(audit)
    change(register, update(AuditRow).where(col(AuditRow.number) == 3).values(altered))
    assert "第3条审计记录已被改动" in list(audit.faults())
    assert 3 in audit.astray(audit.lines())
    assert audit.astray(audit.lines(filing_id="F-1")) <= {4}


@on_both
def test_a_line_that_was_removed_shows(register: Register) -> None:
    audit = Audit(register.engine)
    several(audit, 7)
    change(register, delete(AuditRow).where(col(AuditRow.number).in_([3, 4])))
    assert list(audit.faults()) == ["第3至4条审计记录缺失"]
    assert audit.astray(audit.lines()) == {5}
    change(register, delete(AuditRow).where(col(AuditRow.number) == 1))
    assert list(audit.faults()) == ["第1至1条审计记录缺失", "第3至4条审计记录缺失"]


@on_both
def test_a_line_that_was_slipped_in_shows(register: Register) -> None:
    audit = Audit(register.engine)
    several(audit)
    change(register, delete(AuditRow).where(col(AuditRow.number) == 4))
    last = audit.lines(before=4, limit=1)[0]
    with Session(register.engine) as session:
        session.add(AuditRow.model_validate({**last.model_dump(), "number": 4}))
        session.commit()
    assert list(audit.faults()) == ["第4条审计记录已被改动", "第5条审计记录已被改动"]


@on_both_by_the_owner
def test_the_whole_record_is_verified_however_long(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.remembered.audit.AT_ONCE", 3)
    audit = Audit(register.engine)
    several(audit, 10)
    assert list(audit.faults()) == []
    change(register, update(AuditRow).where(col(AuditRow.number) == 9).values(object="x"))
    assert list(audit.faults()) == ["第9条审计记录已被改动"]


@on_both
def test_of_many_who_write_at_once_each_has_a_line(register: Register) -> None:
    audit, writers, each = Audit(register.engine), 6, 10
    gate = Barrier(writers)

    def write(writer: int) -> None:
        gate.wait()
        for number in range(each):
            audit.note(SOMEBODY, AuditKind.ACTED, NOW, about=f"{writer}-{number}")

    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(write, range(writers)))
    assert list(audit.faults()) == []
    lines = audit.lines()
    assert sorted(row.object for row in lines) == sorted(f"{a}-{b}" for a in range(writers) for b in range(each))
    assert [row.number for row in reversed(lines)] == list(range(1, writers * each + 1))


async def test_an_auditor_reads_the_record_and_sees_whether_it_holds(here: House) -> None:
    several(here.tools.audit, 130)
    auditor = await here.signed_in("a-601")
    page = await auditor.get("/desk/audit")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert page.text.count("<tr>") == 101
    assert "查阅文书" in page.text
    newest = here.tools.audit.lines(limit=1)[0]
    assert newest.hash in page.text
    assert "不相连" not in page.text
    earlier = re.search(r'href="(/desk/audit\?[^"]*before=\d+)"', page.text)
    assert earlier
    rest = await auditor.get(earlier[1].replace("&amp;", "&"))
    assert rest.text.count("<tr>") == 32
    assert "before=" not in rest.text
    only = await auditor.get("/desk/audit", params={"filing": "F-1", "person": "c-101"})
    assert only.text.count("<tr>") == 66
    assert (await auditor.get("/desk/audit", params={"person": "nobody"})).text.count("没有符合条件的记录") == 1
    assert "核验通过" in (await auditor.get("/desk/audit?verify=true")).text
    change(here.tools.register, update(AuditRow).where(col(AuditRow.number) == 120).values(person="c-102"))
    assert "不相连" in (await auditor.get("/desk/audit")).text
    assert "第120条审计记录已被改动" in (await auditor.get("/desk/audit?verify=true")).text


async def test_to_everybody_else_there_is_no_record(here: House) -> None:
    for person in EMBEDDED.keys() - {"a-601"}:
        browser = await here.signed_in(person)
        answer, nothing = await browser.get("/desk/audit"), await browser.get("/desk/nothing-here")
        assert (answer.status_code, answer.text) == (404, nothing.text), person
    assert (await here.browser().get("/desk/audit")).headers["location"] == "/sign-in?next=/desk/audit"


def test_nobody_is_somebody_by_accident() -> None:
    """The seeded people hold posts that there are, and each id is one person's."""
    assert all(offices.is_post(who.role, who.office) for who in EMBEDDED.values())
    assert Role.PUBLIC not in {who.role for who in EMBEDDED.values()}
