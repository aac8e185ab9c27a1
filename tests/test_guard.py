"""What stands before every request: headers, hosts, proxies, origins, sizes and rates; on every kind of answer."""

import asyncio
import re
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import Request
from httpx import AsyncClient, Response
from sqlalchemy.exc import OperationalError
from starlette.responses import PlainTextResponse, StreamingResponse

from gateway.failures import ECHO
from gateway.guard import ALWAYS_HTTPS, CONTENT, COSTLY_AT_ONCE, HEADERS, IN_LINE, OF_AN_ADDRESS, OF_ONE, UNSIGNED
from gateway.identity import refuse_to_expose
from gateway.oidc import NOT_SIGNED_IN
from gateway.problem import Failed, KeyReused, Unreachable
from gateway.remembered.sessions import cookie_of
from gateway.turns import Busy
from models.settings import Settings, SettingsRefused
from models.values import SHANGHAI
from tests.databases import prepare
from tests.patience import Patient, comes
from tests.served import Clock, serving
from tests.visiting import House, enters, visiting

NOW = datetime(2030, 3, 20, 10, tzinfo=SHANGHAI)
OWN = "https://desk.example.gov.cn"
PROVIDER = {"identity": "oidc", "oidc_issuer": "https://login.example.gov.cn", "gateway_address": OWN}


@asynccontextmanager
async def opened(var: Path, **changed: Any) -> AsyncIterator[House]:
    """A gateway on a new register, with a page that takes whatever it is sent, and one that breaks."""
    settings = Settings(var=var, **changed)
    prepare(settings.register_url)
    async with visiting(settings, Clock(NOW)) as house:

        @house.app.post("/filings/F-1/try")
        @house.app.post("/my/uploads/try")
        @house.app.post("/my/try")
        @house.app.post("/api/v1/try")
        @house.app.post("/try")
        async def takes(request: Request) -> PlainTextResponse:
            return PlainTextResponse(str(len(await request.body())))

        @house.app.get("/breaks")
        @house.app.get("/api/v1/breaks")
        def breaks() -> None:
            raise AssertionError("nobody expected this")

        @house.app.api_route("/fails/{how}", methods=["GET", "POST"])
        def fails(how: str) -> None:
            raise FAILING[how]

        yield house


FAILING = {
    "unreachable": Unreachable(),
    "register": OperationalError("SELECT", {}, ConnectionError("the database is down")),
    "busy": Busy(),
    "used": KeyReused("F-1"),
    "error": AssertionError("nobody expected this"),
    "sign-in": Failed(NOT_SIGNED_IN),
}
"""What goes wrong at a door beyond what its page answers itself."""


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A gateway on this machine alone."""
    async with opened(tmp_path, largest_request=100_000, largest_upload=200_000) as house:
        yield house


# Headers


async def every_kind_of_answer(house: House) -> dict[str, Response]:
    """An answer of each kind that a gateway gives."""
    browser, foreign = house.browser(errors=False), house.browser(errors=False)
    foreign.base_url = "http://evil.example"
    found = {
        "page": await browser.get("/sign-in"),
        "redirection": await browser.get("/desk"),
        "nothing": await browser.get("/nothing"),
        "wrong method": await browser.delete("/sign-in"),
        "style": await browser.get("/static/design.css"),
        "no such file": await browser.get("/static/nothing.css"),
        "document": await browser.get("/api/v1/openapi.json"),
        "problem": await browser.get("/api/v1/nothing"),
        "forged": await browser.post("/sign-in"),
        "foreign origin": await browser.post("/try", headers={"Origin": "https://evil.example"}),
        "foreign host": await foreign.get("/sign-in"),
        "too large": await browser.post("/try", content=b"x" * 100_001),
        "error": await browser.get("/breaks"),
        "error as a problem": await browser.get("/api/v1/breaks"),
        "too many": await refused_for_rate(house),
    }
    if house.tools.settings.identity == "embedded":
        found["proxied"] = await browser.get("/sign-in", headers={"X-Forwarded-For": "203.0.113.7"})
    return found


STATUSES = {
    "page": 200, "redirection": 303, "nothing": 404, "wrong method": 405, "style": 200, "no such file": 404,
    "document": 200, "problem": 404, "forged": 403, "foreign origin": 403, "foreign host": 400, "too large": 413,
    "error": 500, "error as a problem": 500, "too many": 429, "proxied": 403,
}  # fmt: skip


async def test_every_kind_of_answer_carries_the_headers(house: House) -> None:
    answers = await every_kind_of_answer(house)
    assert {kind: answer.status_code for kind, answer in answers.items()} == STATUSES
    for kind, answer in answers.items():
        for name, value in HEADERS.items():
            assert answer.headers.get_list(name) == [value], (kind, name)
        assert "strict-transport-security" not in answer.headers, kind
        assert "server" not in answer.headers, kind


async def test_over_https_every_answer_asks_for_https(tmp_path: Path) -> None:
    async with opened(tmp_path, largest_request=100_000, **PROVIDER) as house:
        for kind, answer in (await every_kind_of_answer(house)).items():
            assert (kind, answer.status_code) == (kind, 404 if kind == "forged" else STATUSES[kind])
            for name, value in (HEADERS | ALWAYS_HTTPS).items():
                assert answer.headers.get_list(name) == [value], (kind, name)


def test_a_page_may_load_nothing_from_elsewhere_and_run_nothing_of_its_own() -> None:
    rules = dict(each.strip().split(" ", 1) for each in CONTENT.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert set(rules.values()) == {"'none'", "'self'"}


async def test_no_page_has_a_script_or_style_of_its_own(house: House) -> None:
    for page in ("/sign-in", "/", "/nothing"):
        text = (await house.browser().get(page)).text
        assert "<style" not in text
        assert " style=" not in text
        assert " onclick" not in text
        assert text.count("<script") == text.count("<script src=") == 1


async def test_programs_are_told_in_their_language_and_people_in_theirs(house: House) -> None:
    answers = await every_kind_of_answer(house)
    for kind in ("problem", "error as a problem"):
        assert answers[kind].headers["content-type"] == "application/problem+json"
    for kind in ("forged", "foreign origin", "too large", "error", "too many", "proxied"):
        assert answers[kind].headers["content-type"].startswith("text/html")
        assert "<h1>" in answers[kind].text
    browser = house.browser()
    for answer in (
        await browser.post("/api/v1/try", content=b"x" * 100_001),
        await browser.post("/api/v1/try", headers={"Sec-Fetch-Site": "cross-site"}),
        await browser.get("/api/v1/openapi.json", headers={"Forwarded": "for=203.0.113.7"}),
    ):
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code
        assert {"title", "code"} <= answer.json().keys()


AGAIN = "以后刷新本页：浏览器询问是否重新提交的，选“继续”"
"""How a form goes on that met a failure: the browser sends the very same once more, with the files."""

ON_A_PAGE = {
    ("GET", "unreachable"): (
        '以后<a href="/fails/unreachable?a=1">重新打开本页</a>',
        "已经登记的事项和已保存的草稿不受影响",
    ),
    ("GET", "register"): ('以后<a href="/fails/register?a=1">重新打开本页</a>', "系统暂时连不上"),
    ("GET", "error"): ('几分钟以后<a href="/fails/error?a=1">重新打开本页</a>',),
    ("GET", "sign-in"): ('<a href="/sign-in">重新登录</a>', "登录已失效"),
    ("POST", "unreachable"): ("尚不知道是否已经登记", AGAIN, "同一次提交不会重复登记"),
    ("POST", "register"): ("尚不知道是否已经登记", AGAIN, "您的登录不受影响"),
    ("POST", "error"): ("尚不知道是否已经登记", AGAIN),
    ("POST", "busy"): ("没有登记任何事项", f"5秒{AGAIN}"),
    ("POST", "used"): ("没有登记任何事项", "请核对此前已经登记的内容"),
}


async def test_a_person_whom_something_failed_is_told_what_became_of_what_they_sent_and_how_to_go_on(
    house: House,
) -> None:
    browser = house.browser(errors=False)
    browser.cookies.set(cookie_of(house.tools.settings), "a session")
    for (method, how), words in ON_A_PAGE.items():
        answer = await browser.request(method, f"/fails/{how}?a=1", headers={"Origin": house.origin})
        told = re.sub("<[^>]+>", "", answer.text)
        assert [each for each in words if each not in answer.text] == [], (method, how, told)
        assert [each for each in ("编号", "Retry", "号发送") if each in told.partition("您可以")[0]] == [], (
            "no word of programs"
        )
        known = "没有登记任何事项" in told
        assert known != ("尚不知道" in told) or method == "GET"
    too_many = (await refused_for_rate(house)).text
    assert "本次提交没有办理，没有登记任何事项" in too_many
    assert re.search(rf"\d+秒{AGAIN}|1分{AGAIN}", too_many)


# Who is asked


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost", "LOCALHOST:9", "[::1]", "[::1]:8000"])
async def test_the_embedded_identity_answers_to_names_of_this_machine(house: House, host: str) -> None:
    assert (await house.browser().get("/sign-in", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "testserver",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "10.0.0.7",
        "0.0.0.0",
        "[::2]",
        "",
    ],
)
async def test_and_to_no_other(house: House, host: str) -> None:
    """A name that somebody made point here (DNS rebinding) reaches nothing."""
    answer = await house.browser().get("/sign-in", headers={"Host": host})
    assert answer.status_code == 400
    assert "演示身份" not in answer.text


async def test_a_deployment_answers_to_its_own_name_alone(tmp_path: Path) -> None:
    async with opened(tmp_path, **PROVIDER) as house:
        browser = house.browser()
        assert (await browser.get("/sign-in")).status_code == 200
        for host in ("127.0.0.1", "localhost", "example.gov.cn", "www.desk.example.gov.cn"):
            assert (await browser.get("/sign-in", headers={"Host": host})).status_code == 400


@pytest.mark.parametrize("name", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP"])
async def test_the_embedded_identity_is_reached_through_no_proxy(house: House, tmp_path: Path, name: str) -> None:
    browser = house.browser()
    for answer in (
        await browser.get("/sign-in", headers={name: "203.0.113.7"}),
        await browser.post("/sign-in", data={"person": "c-101"}, headers={name: "", "Origin": house.origin}),
        await browser.get("/static/design.css", headers={name: "127.0.0.1"}),
    ):
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
    async with opened(tmp_path / "provider", **PROVIDER) as other:
        assert (await other.browser().get("/sign-in", headers={name: "203.0.113.7"})).status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "desk.example.gov.cn", ""])
def test_the_embedded_identity_does_not_start_where_others_reach_it(host: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        refuse_to_expose(Settings(gateway_host=host))
    assert "演示身份只能用于本机" in str(refused.value)
    refuse_to_expose(Settings(gateway_host=host, **PROVIDER))  # type: ignore[arg-type]


def test_who_is_reached_from_elsewhere_says_under_which_address() -> None:
    reached = PROVIDER | {"gateway_address": ""}
    with pytest.raises(SettingsRefused) as refused:
        refuse_to_expose(Settings(gateway_host="0.0.0.0", **reached))  # type: ignore[arg-type]
    assert "BEIAN_GATEWAY_ADDRESS" in str(refused.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_and_starts_on_this_machine(host: str) -> None:
    refuse_to_expose(Settings(gateway_host=host))


# Where a change comes from


async def test_only_our_own_pages_and_programs_ask_for_a_change(house: House) -> None:
    browser = house.browser()
    for headers in (
        {},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-origin"},
        {"Host": "localhost:8000", "Origin": "http://localhost:8000"},
    ):
        assert (await browser.post("/try", headers=headers)).text == "0", headers
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:8001"},
        {"Origin": "https://127.0.0.1"},
        {"Origin": "null"},
        {"Host": "localhost:8000", "Origin": "http://127.0.0.1:8000"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        for path in ("/try", "/api/v1/try"):
            assert (await browser.post(path, headers=headers)).status_code == 403, headers
    assert (await browser.get("/sign-in", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 200


# Sizes


async def chunks(count: int, size: int = 10_000) -> AsyncIterator[bytes]:
    """A body that does not say how long it is."""
    for _ in range(count):
        yield b"x" * size


@pytest.mark.parametrize(
    ("path", "headers", "most"),
    [
        ("/try", {}, 100_000),
        ("/try", {"Content-Type": "multipart/form-data; boundary=b"}, 100_000),
        ("/api/v1/try", {}, 100_000),
        ("/my/try", {}, 100_000),
        ("/my/try", {"Content-Type": "multipart/form-data; boundary=b"}, 1_200_000),
        ("/my/try", {"Content-Type": "application/pdf"}, 100_000),
        ("/my/uploads/try", {"Content-Type": "application/pdf"}, 1_200_000),
        ("/filings/F-1/try", {}, 100_000),
        ("/filings/F-1/try", {"Content-Type": "multipart/form-data; boundary=b"}, 1_200_000),
    ],
)
async def test_a_request_may_be_so_large(house: House, path: str, headers: dict[str, str], most: int) -> None:
    browser = await house.signed_in("u-leader-01")
    browser.headers["Origin"] = house.origin
    assert (await browser.post(path, headers=headers, content=b"x" * most)).text == str(most)
    assert (await browser.post(path, headers=headers, content=b"x" * (most + 1))).status_code == 413
    assert (await browser.post(path, headers=headers, content=chunks(most // 10_000))).text == str(most)
    assert (await browser.post(path, headers=headers, content=chunks(most // 10_000 + 1))).status_code == 413


@pytest.mark.parametrize("cookie", ["", "made up"])
async def test_whoever_is_not_signed_in_sends_little(tmp_path: Path, cookie: str) -> None:
    async with opened(tmp_path) as house:
        browser = house.browser()
        if cookie:
            browser.cookies.set(cookie_of(house.tools.settings), cookie)
        form = {"Content-Type": "multipart/form-data; boundary=b"}
        for path in ("/my/try", "/filings/F-1/try", "/try"):
            assert (await browser.post(path, headers=form, content=b"x" * UNSIGNED)).text == str(UNSIGNED)
            assert (await browser.post(path, headers=form, content=b"x" * (UNSIGNED + 1))).status_code == 413
            assert (await browser.post(path, headers=form, content=chunks(UNSIGNED // 10_000 + 1))).status_code == 413
        announced = {"Content-Length": "51000000"}
        assert (await browser.post("/my/try", headers=form | announced, content=b"")).status_code == 413


async def test_what_is_shown_again_is_no_longer_than_what_may_be_sent(tmp_path: Path) -> None:
    async with opened(tmp_path) as house:
        browser = house.browser()
        browser.headers["Origin"] = house.origin
        kept = await browser.post("/desk/batch", data={"reason": '"' * 50_000})
        assert kept.status_code == 401
        assert kept.text.count("&#34;") == 50_000
        sizes = [len((await browser.post("/desk/batch", data={"reason": '"' * n})).content) for n in (70_000, 100_000)]
        assert max(sizes) < 6 * ECHO


async def test_what_says_that_it_is_too_large_is_not_read(house: House) -> None:
    async def body() -> AsyncIterator[bytes]:
        raise AssertionError("read")
        yield b""

    for length in ("100001", "9" * 30):
        answer = await house.browser().post("/try", headers={"Content-Length": length}, content=body())
        assert answer.status_code == 413
        assert "不得超过100,000字节" in answer.text


async def test_what_does_not_end_is_not_read_to_its_end(house: House) -> None:
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        async for each in chunks(1000):
            read += len(each)
            yield each

    assert (await house.browser().post("/try", content=body())).status_code == 413
    assert read <= 110_000


async def test_what_lies_about_its_size_is_found_out(house: House) -> None:
    for length in ("5", "-1", "x", "²"):
        headers = [(b"content-length", length.encode("utf-8"))]
        answer = await house.browser().post("/try", headers=headers, content=chunks(11))
        assert answer.status_code == 413


async def test_however_a_request_is_read_too_large_is_too_large(house: House) -> None:
    """The framework calls a form that could not be read to its end malformed."""
    browser = house.browser()
    kinds = {
        "application/x-www-form-urlencoded": b"person=",
        "multipart/form-data; boundary=b": b'--b\r\nContent-Disposition: form-data; name="person"\r\n\r\n',
    }
    for kind, begin in kinds.items():

        async def body(begin: bytes = begin) -> AsyncIterator[bytes]:
            yield begin
            async for each in chunks(11):
                yield each

        headers = {"Content-Type": kind, "Origin": house.origin}
        assert (await browser.post("/sign-in", headers=headers, content=body())).status_code == 413


async def test_sizes_hold_where_it_is_served(house: House) -> None:
    async with serving(house.app) as base, Patient(base_url=base) as browser:
        assert (await browser.post("/try", content=chunks(10))).text == "100000"
        assert (await browser.post("/try", content=chunks(11))).status_code == 413
        assert (await browser.post("/try", content=b"x" * 100_001)).status_code == 413


# Rates


async def refused_for_rate(house: House, client: str = "192.0.2.77") -> Response:
    """The answer to somebody who asks too often."""
    browser = house.browser(client)
    for _ in range(house.tools.settings.acts_a_minute * 2 + 2):
        answer = await browser.post("/try")
        if answer.status_code == 429:
            return answer
        assert answer.status_code == 200
    raise AssertionError("whoever asks again and again is answered again and again")


async def asked(browser: AsyncClient, times: int, path: str = "/robots.txt", **options: Any) -> list[int]:
    """What comes of asking so many times."""
    method = options.pop("method", "GET")
    return [(await browser.request(method, path, **options)).status_code for _ in range(times)]


SEVERAL = 6
"""How often is asked where five times are allowed; a minute that ends in between may let one or two more pass."""


@asynccontextmanager
async def strict(var: Path, **changed: Any) -> AsyncIterator[House]:
    """A gateway that may be asked five times a minute."""
    async with opened(var, **{"reads_a_minute": 5, "acts_a_minute": 5, "objections_an_hour": 2, **changed}) as house:
        yield house


DOCUMENT = "/api/v1/openapi.json"
"""What the API tells anybody."""


async def test_whoever_asks_too_often_is_told_when_to_come_back(tmp_path: Path) -> None:
    async with strict(tmp_path) as house:
        answer = await refused_for_rate(house)
        assert "请求过于频繁" in answer.text
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        problem = await house.browser("192.0.2.77").post("/api/v1/try")
        assert problem.headers["content-type"] == "application/problem+json"
        assert problem.json()["code"] == "too_many"
        assert 1 <= int(problem.headers["retry-after"]) <= 60


async def test_each_address_is_counted_for_itself(tmp_path: Path) -> None:
    async with strict(tmp_path) as house:
        path = "/sign-in"
        assert 429 in await asked(house.browser("192.0.2.1"), SEVERAL + 2, path)
        assert await asked(house.browser("192.0.2.2"), 5, path) == [200] * 5
        assert 429 in await asked(house.browser("2001:db8::1"), SEVERAL + 2, path)
        assert 429 in await asked(house.browser("2001:db8::ffff"), 1, path), "one line has a whole /64"
        assert await asked(house.browser("2001:db8:0:1::1"), 1, path) == [200]
        assert await asked(house.browser("unknown"), 1, path) == [200]


async def test_reading_and_changing_are_counted_apart(tmp_path: Path) -> None:
    async with strict(tmp_path) as house:
        browser = house.browser()
        assert 429 in await asked(browser, SEVERAL + 2, "/sign-in")
        assert await asked(browser, 5, "/try", method="POST") == [200] * 5
        assert 429 in await asked(browser, SEVERAL, "/try", method="POST")


async def test_the_people_of_an_office_share_an_address_and_no_count(tmp_path: Path) -> None:
    async with strict(tmp_path) as house:
        browsers = [await house.signed_in("c-101"), await house.signed_in("c-102")]
        assert await asked(browsers[0], 5, "/sign-in") == [200] * 5
        assert 429 in await asked(browsers[0], SEVERAL, "/sign-in")
        assert await asked(browsers[1], 5, "/sign-in") == [200] * 5
        bearers = [{"Authorization": f"Bearer {each}"} for each in ("one", "two")]
        assert 429 in await asked(house.browser(), SEVERAL + 2, DOCUMENT, headers=bearers[0])
        assert await asked(house.browser(), 5, DOCUMENT, headers=bearers[1]) == [200] * 5


async def test_made_up_credentials_win_nothing(tmp_path: Path) -> None:
    async with strict(tmp_path) as house:
        browser = house.browser("192.0.2.9")
        answers = [
            (await browser.get(DOCUMENT, headers={"Authorization": f"Bearer {number}"})).status_code
            for number in range(5 * 10 + 10)
        ]
        assert answers[:50] == [200] * 50
        assert 429 in answers[50:]
        assert await asked(house.browser("192.0.2.10"), 1, "/sign-in") == [200]


@pytest.mark.parametrize("spelled", ["bearer one", "BEARER one", "Bearer   one ", "Bearer one"])
async def test_a_credential_is_counted_however_it_is_spelled(tmp_path: Path, spelled: str) -> None:
    async with strict(tmp_path) as house:
        assert 429 in await asked(house.browser(), SEVERAL + 2, DOCUMENT, headers={"Authorization": "Bearer one"})
        assert 429 in await asked(house.browser(), SEVERAL, DOCUMENT, headers={"Authorization": spelled})


async def test_what_another_door_looks_at_makes_nobody_another_person(tmp_path: Path) -> None:
    """A page knows a browser by its cookie, the API a program by its token: a header more, changed each time, wins nothing."""
    async with strict(tmp_path) as house:
        browser = await house.signed_in("c-101")
        for number in range(SEVERAL + 2):
            answer = await browser.get("/sign-in", headers={"Authorization": f"Bearer {number}"})
        assert answer.status_code == 429
        program = house.browser("192.0.2.12")
        for number in range(SEVERAL + 2):
            cookie = f"{cookie_of(house.tools.settings)}={number}"
            answer = await program.get(DOCUMENT, headers={"Authorization": "Bearer x", "Cookie": cookie})
        assert answer.status_code == 429


# How many at once


async def test_one_person_and_one_address_leave_threads_for_others(house: House) -> None:
    """However many requests of one stand still, those of others are answered; and what waits is answered in its turn."""
    standing, going = threading.Semaphore(0), threading.Event()

    @house.app.get("/stands")
    def stands() -> PlainTextResponse:
        standing.release()
        going.wait(60)
        return PlainTextResponse("ok")

    mine, colleague, elsewhere = (
        await house.signed_in("c-101"),
        await house.signed_in("c-102"),
        house.browser("192.0.2.5"),
    )
    try:
        asked = [asyncio.create_task(mine.get("/stands")) for _ in range(OF_ONE + IN_LINE + 3)]
        asked += [asyncio.create_task(house.browser().get("/stands")) for _ in range(40)]
        await comes(lambda: standing._value == OF_AN_ADDRESS)
        assert [(await elsewhere.get(path)).status_code for path in ("/", "/sign-in", "/register")] == [200] * 3
        form = await elsewhere.post("/try", content=b"x" * 1000)
        assert form.status_code == 200
        told = [each.result() for each in asked if each.done()]
        assert [each.status_code for each in told] == [503] * 3
        assert all(each.headers["retry-after"] for each in told)
        assert "您同时发出的请求过多" in told[0].text
        assert standing._value == OF_AN_ADDRESS, "nobody has more at once"
    finally:
        going.set()
    assert {each.status_code for each in await asyncio.gather(*asked)} == {200, 503}
    assert (await colleague.get("/sign-in")).status_code == 200


async def test_what_goes_through_the_whole_register_is_asked_for_less_often(tmp_path: Path) -> None:
    async with strict(tmp_path, reads_a_minute=50) as house:
        browser = house.browser()
        for path in ("/register?text=a", "/register.csv?text=b", "/register.json", "/sitemap/register-1.xml"):
            assert 429 not in await asked(browser, 2, path)
        assert 429 in await asked(browser, 4, "/register?text=c")
        assert await asked(browser, 3, "/register") == [200] * 3, "the list that is kept for all is none of it"
        assert await asked(house.browser("192.0.2.6"), 1, "/register?text=c") == [200]


PROOFS = (
    "/rounds/R/proofs/R-1.json", "/notices/notices/F-1-1.json", "/filings/F-1/documents/proof-1",
    "/api/v1/filings/F-1/documents/proof-1", "/api/v1/filings/F-1/documents/dossier",
)  # fmt: skip
"""Where proofs are taken away: of announcements by anybody, of filings by who may read them."""


@pytest.mark.parametrize("path", PROOFS)
async def test_proofs_are_taken_away_so_often_and_no_more(tmp_path: Path, path: str) -> None:
    async with strict(tmp_path) as house:
        for browser in (house.browser("192.0.2.21"), await house.signed_in("c-101")):
            answers = [await browser.get(path) for _ in range(SEVERAL + 2)]
            assert [each.status_code == 429 for each in answers[:3]] == [False] * 3
            assert answers[-1].status_code == 429
            assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
            assert "请求过于频繁" in answers[-1].text
        assert await asked(house.browser("192.0.2.22"), 1, path) != [429], "nobody else waits for it"


async def test_what_is_costly_has_few_turns_to_its_end(house: House) -> None:
    """Whoever reads a table of everything as slowly as they can holds up nobody but themselves, and holds no thread."""
    begun, going = [], asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        begun.append(1)
        yield b"a"
        await going.wait()

    @house.app.get("/register.slow")
    async def slow() -> StreamingResponse:
        return StreamingResponse(pieces())

    browser = house.browser()
    asked = [asyncio.create_task(browser.get("/register.slow")) for _ in range(COSTLY_AT_ONCE + 3)]
    await comes(lambda: len(begun) == COSTLY_AT_ONCE)
    assert (await browser.get("/sign-in")).status_code == 200
    assert (await house.browser("192.0.2.8").get("/register?text=a")).status_code == 200
    assert len(begun) == COSTLY_AT_ONCE
    going.set()
    assert {(await each).text for each in asked} == {"a"}


async def test_a_body_that_does_not_come_takes_nobodys_turn(house: House) -> None:
    """A request has its turn when all of it is there: whoever sends slowly holds up nobody of their office."""
    going, begun = asyncio.Event(), []

    async def slowly() -> AsyncIterator[bytes]:
        begun.append(1)
        yield b"x"
        await going.wait()
        yield b"y"

    browser = house.browser()
    slow = [asyncio.create_task(browser.post("/try", content=slowly())) for _ in range(OF_AN_ADDRESS + 5)]
    await comes(lambda: len(begun) == len(slow))
    assert (await browser.get("/sign-in")).status_code == 200
    assert not any(each.done() for each in slow)
    going.set()
    assert {(await each).text for each in slow} == {"2"}


async def test_a_style_is_counted_for_nobody(tmp_path: Path) -> None:
    async with strict(tmp_path) as house:
        assert await asked(house.browser(), 30, "/static/design.css") == [200] * 30


async def test_objections_are_counted_by_the_hour_and_the_address(tmp_path: Path) -> None:
    async with strict(tmp_path, acts_a_minute=100) as house:
        path = "/objections/NOBODY"
        mine = await house.signed_in("c-101")
        assert 429 not in await asked(mine, 2, path, method="POST", headers={"Origin": house.origin})
        assert 429 in await asked(mine, 3, path, method="POST", headers={"Origin": house.origin})
        answer = await house.browser().post(path, headers={"Origin": house.origin})
        assert answer.status_code == 429, "signing out wins nothing"
        assert 1 <= int(answer.headers["retry-after"]) <= 3600
        assert 429 not in await asked(house.browser(), 3, path), "reading the form is no objection"
        assert 429 not in await asked(house.browser("192.0.2.3"), 1, path, method="POST")


async def test_signing_in_is_a_change(tmp_path: Path) -> None:
    async with strict(tmp_path) as house:
        statuses = [(await enters(house.browser("192.0.2.4"), "c-101")).status_code for _ in range(SEVERAL + 2)]
        assert statuses[:5] == [303] * 5
        assert 429 in statuses
