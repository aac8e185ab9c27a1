"""Whom the channels speak to, on loopback: real servers that note what they were sent and answer as they are told.

Each can be started again on the port it had, as after an outage: `with receiver(port=earlier.port)`.
"""

import asyncio
import json
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from standardwebhooks import Webhook, WebhookVerificationError

HOST = "127.0.0.1"


def free_port() -> int:
    """A port on which nobody listens at the moment."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        return int(taken.getsockname()[1])


def two_free_ports() -> tuple[int, int]:
    """Two such ports."""
    with socket.socket() as one:
        one.bind((HOST, 0))
        return int(one.getsockname()[1]), free_port()


# HTTP


@dataclass(frozen=True)
class Received:
    """One request as it came; names of headers in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body or b"null")

    @property
    def form(self) -> Mapping[str, str]:
        return dict(parse_qsl(self.body.decode()))


@dataclass(frozen=True)
class Answer:
    """What a server answers; a bad one with `pause` seconds between two bytes, or without the last ones it promised."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    pause: float = 0
    missing: int = 0


def saying(document: object, status: int = 200) -> Answer:
    """An answer in JSON."""
    return Answer(status, json.dumps(document).encode(), {"content-type": "application/json"})


@dataclass
class Receiver:
    """An HTTP server's memory, and its answer: one for all requests, or one made for each."""

    port: int = 0
    requests: list[Received] = field(default_factory=list)
    answer: Answer | Callable[[Received], Answer] = Answer()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/hook"

    def takes(self, request: Received) -> Answer:
        """Note a request and answer it."""
        self.requests.append(request)
        return self.answer(request) if callable(self.answer) else self.answer


def verifying(secret: str) -> Callable[[Received], Answer]:
    """Answers as a platform does that checks the signature: 200 with a number, or 401."""

    def answer(request: Received) -> Answer:
        try:
            told = Webhook(secret).verify(request.body, dict(request.headers))
        except WebhookVerificationError:
            return Answer(401)
        return saying({"id": f"platform-{told['data']['id']}"})

    return answer


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = False  # its connections are closed before it is gone

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler], receiver: Receiver) -> None:
        super().__init__((HOST, port), handler)
        self.receiver = receiver
        receiver.port = self.server_port

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: a client that went away in the middle is part of some tests."""


class _Handler(BaseHTTPRequestHandler):
    timeout = 5
    server: _HttpServer

    def do_POST(self) -> None:
        """Take the request."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.receiver.takes(
            Received(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
        )
        self.send_response(answer.status)
        for name, value in {**answer.headers, "content-length": str(len(answer.body) + answer.missing)}.items():
            self.send_header(name, value)
        self.end_headers()
        step = 1 if answer.pause else len(answer.body) or 1
        for start in range(0, len(answer.body), step):
            self.wfile.write(answer.body[start : start + step])
            time.sleep(answer.pause)
        self.close_connection = self.close_connection or bool(answer.missing)

    do_GET = do_POST  # noqa: N815 (the name is the library's)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def _serving(port: int, handler: type[BaseHTTPRequestHandler]) -> Iterator[Receiver]:
    receiver = Receiver()
    with _HttpServer(port, handler, receiver) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def receiver(port: int = 0) -> Iterator[Receiver]:
    """A platform's endpoint, or a gateway's."""
    with _serving(port, _Handler) as running:
        yield running


PLATFORMS = ("oapi.dingtalk.com", "qyapi.weixin.qq.com", "open.feishu.cn", "open.larksuite.com")


@contextmanager
def platforms(authority: trustme.CA) -> Iterator[Receiver]:
    """A proxy behind which the platforms of the robots stand, with certificates of an authority; `url` is the proxy's.

    Whoever is to meet them needs `HTTPS_PROXY` and, to trust them, `SSL_CERT_FILE`.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*PLATFORMS).configure_cert(context)

    class Proxy(_Handler):
        def do_CONNECT(self) -> None:
            """Be whom the client asks for."""
            self.send_response(200)
            self.end_headers()
            self.close_connection = True
            with suppress(OSError), context.wrap_socket(self.connection, server_side=True) as encrypted:
                _Handler(encrypted, self.client_address, self.server)

    with _serving(0, Proxy) as running:
        yield running


# Mail


@dataclass(frozen=True)
class Delivered:
    """A message as a mail server took it."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    encrypted: bool

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)


@dataclass
class MailServer:
    """A mail server's memory, and what it refuses: addresses (`{"a@b.cn": "550 no such user"}`), or every text."""

    port: int
    received: list[Delivered] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    at_data: str = ""
    accounts: dict[str, str] = field(default_factory=dict)
    greeted: int = 0
    patience: int = 1000
    ends_at_next: bool = False

    async def handle_MAIL(  # noqa: N802 (the name is the library's)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Begin with a letter; or end the connection instead, once."""
        if self.ends_at_next:
            self.ends_at_next = False
            return "421 enough"
        envelope.mail_from = address
        return "250 OK"

    async def handle_NOOP(self, server: SMTP, session: Session, envelope: Envelope, text: str) -> str:  # noqa: N802
        """Still be there, or have had enough of a client after so many texts."""
        return "250 OK" if len(self.received) < self.patience else "421 enough"

    async def handle_RCPT(  # noqa: N802 (the name is the library's)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take an address, or not."""
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a text, or not."""
        if self.at_data:
            return self.at_data
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        encrypted = server.transport is not None and server.transport.get_extra_info("ssl_object") is not None
        self.received.append(Delivered(envelope.mail_from or "", tuple(envelope.rcpt_tos), content, encrypted))
        return f"250 2.0.0 Ok: queued as Q{len(self.received)}"

    def knows(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, told: object) -> AuthResult:
        """Whether somebody may send."""
        known = isinstance(told, LoginPassword) and self.accounts.get(told.login.decode()) == told.password.decode()
        return AuthResult(success=known, handled=False)


@contextmanager
def mail_server(
    port: int = 0,
    security: Literal["none", "starttls", "tls"] = "none",
    certificate: trustme.LeafCert | None = None,
    accounts: Mapping[str, str] | None = None,
) -> Iterator[MailServer]:
    """A mail server; with accounts, only they may send."""
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
    with socket.create_server((HOST, port)) as listener:
        server = MailServer(int(listener.getsockname()[1]), accounts=dict(accounts or {}))
        loop = asyncio.new_event_loop()

        def speaker() -> _Speaker:
            server.greeted += 1
            return _Speaker(
                server,
                loop=loop,
                hostname=HOST,
                enable_SMTPUTF8=True,
                tls_context=context if security == "starttls" else None,
                require_starttls=security == "starttls",
                authenticator=server.knows,
                auth_required=bool(accounts),
                auth_require_tls=security == "starttls",
            )

        serving = loop.create_task(_served(listener, speaker, context if security == "tls" else None))
        thread = Thread(target=_until_over, args=(loop, serving), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            loop.call_soon_threadsafe(serving.cancel)
            thread.join()


@dataclass
class Dripping:
    """A mail server that never comes to an end; whether it was left before it gave up."""

    port: int
    was_left: bool = False

    def serve(self, listener: socket.socket, at: Literal["greeting", "text", "handshake"]) -> None:
        """Speak with one client, and drip."""
        drip = {"greeting": b"220-slow\r\n", "text": b"250-wait\r\n", "handshake": b"\0"}[at]
        answers = {b"ehlo": b"250 OK", b"mail": b"250 OK", b"rcpt": b"250 OK", b"data": b"354 go"}
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as heard:
            if at == "handshake":
                connection.sendall(b"\x16\x03\x03\x40\x00")  # a record of 16 KB follows
            if at == "text":
                connection.sendall(b"220 here\r\n")
                for line in iter(heard.readline, b".\r\n"):
                    if answer := answers.get(line[:4]):
                        connection.sendall(answer + b"\r\n")
            try:
                for _ in range(1000):
                    connection.sendall(drip)
                    time.sleep(0.01)
            except OSError:
                self.was_left = True


@contextmanager
def dripping(at: Literal["greeting", "text", "handshake"]) -> Iterator[Dripping]:
    """A mail server that always says a little more, in its greeting, after a text, or before it is encrypted."""
    with socket.create_server((HOST, 0)) as listener:
        server = Dripping(int(listener.getsockname()[1]))
        thread = Thread(target=server.serve, args=(listener, at), daemon=True)
        thread.start()
        yield server
        thread.join()


class _Speaker(SMTP):
    """One connection, of which it can be known that it is over."""

    def __init__(self, handler: MailServer, **options: Any) -> None:
        super().__init__(handler, **options)
        self.is_over = asyncio.Event()

    def connection_lost(self, error: Exception | None) -> None:
        """Say so."""
        super().connection_lost(error)
        self.is_over.set()


async def _served(listener: socket.socket, speaker: Callable[[], _Speaker], context: ssl.SSLContext | None) -> None:
    """Speak with every client; once cancelled, with nobody: no connection is left open."""
    loop = asyncio.get_running_loop()
    speaking: list[asyncio.Task[None]] = []
    connections: list[socket.socket] = []

    def accept() -> None:
        with suppress(BlockingIOError, ConnectionAbortedError):
            connections.append(listener.accept()[0])
            speaking.append(loop.create_task(_spoken(speaker(), connections[-1], context)))

    listener.setblocking(False)
    loop.add_reader(listener, accept)
    try:
        await asyncio.Event().wait()
    finally:
        loop.remove_reader(listener)
        for each in speaking:
            each.cancel()
        await asyncio.gather(*speaking, return_exceptions=True)
        for connection in connections:  # also of those with whom nobody had begun to speak
            connection.close()
        answering = asyncio.all_tasks() - {asyncio.current_task()}
        for each in answering:
            each.cancel()
        await asyncio.gather(*answering, return_exceptions=True)


async def _spoken(speaker: _Speaker, connection: socket.socket, context: ssl.SSLContext | None) -> None:
    """Speak with one client until one of the two goes, and until the connection is really closed."""
    transport: asyncio.BaseTransport | None = None
    connection.setblocking(False)
    try:
        with suppress(OSError):  # a client that does not trust us
            transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
                lambda: speaker, connection, ssl=context
            )
            await speaker.is_over.wait()
    finally:
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()
        for _ in iter(connection.fileno, -1):
            await asyncio.sleep(0)


def _until_over(loop: asyncio.AbstractEventLoop, serving: "asyncio.Task[None]") -> None:
    with suppress(asyncio.CancelledError):
        loop.run_until_complete(serving)
    loop.close()


def trusted(authority: trustme.CA, folder: Path) -> Path:
    """The authority's own certificate as a file, for those who are to trust it."""
    path = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return path
