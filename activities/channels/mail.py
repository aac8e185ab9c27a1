"""Electronic mail (电子邮件), and what comes back of it: bounces (退信, RFC 3464)."""

import re
import smtplib
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from email import message_from_bytes, message_from_string
from email.message import EmailMessage, Message
from email.utils import format_datetime
from threading import Timer
from typing import Any, ClassVar

from pydantic import TypeAdapter, ValidationError

from activities.channels import authorities
from activities.channels.channel import Carried, Letter, Recipient, Undeliverable, masked, said
from models.channels import MailAddress, MailSettings
from models.values import SHANGHAI, Value, on_one_line

ADDRESS: TypeAdapter[str] = TypeAdapter(MailAddress)
LETTER_ID = "X-Beian-Message"

AT_MOST = 2
"""How many times a channel's timeout the whole conversation on one letter may take."""


class _Ended(Exception):
    """A server ended the connection that it was kept by, before it heard of the next text."""


class _Server(smtplib.SMTP):
    """A mail server whose last words on a text are kept: they have the number under which it was queued.

    The library waits for each piece of an answer anew, and for pieces without end. So the line is cut when the time that a
    letter is given is over.
    """

    said = ""
    texts = 0
    was_cut = False
    _line: socket.socket | None = None
    _watch: Timer | None = None

    def give_time(self) -> None:
        """From now on, as long as one letter may take."""
        if self._watch:
            self._watch.cancel()
        self._watch = Timer(self.timeout * AT_MOST, self._cut)
        self._watch.daemon = True
        self._watch.start()

    def _cut(self) -> None:
        self.was_cut = True
        if self._line:
            with suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """A connection, held by a second handle that stays what it is while the first is being encrypted."""
        connection = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        self._line = connection.dup()
        self.give_time()
        return connection  # type: ignore[no-any-return]

    def close(self) -> None:
        """Close all of it."""
        if self._watch:
            self._watch.cancel()
        if self._line:
            self._line.close()
        super().close()

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Send the text and listen."""
        self.texts += 1
        code, words = super().data(msg)
        self.said = f"{code} {words.decode('utf-8', 'replace')}"
        return code, words

    @property
    def is_there(self) -> bool:
        """Whether it still listens; one that does not, or has had enough of us, is left."""
        with suppress(OSError, smtplib.SMTPException):
            if self.noop()[0] == 250:
                return True
        self.leave()
        return False

    def leave(self) -> None:
        """Part from it: what was taken stays taken, however."""
        with suppress(OSError, smtplib.SMTPException):
            self.quit()
        self.close()


class _TlsServer(smtplib.SMTP_SSL, _Server):
    """The same, encrypted from the first byte."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        try:
            return super()._get_socket(host, port, timeout)
        except BaseException:
            self.close()
            raise


@dataclass(frozen=True)
class Mail:
    """One message to all of a recipient's addresses, the same in every try: its Message-ID is the letter's id."""

    words: ClassVar[str] = "mail"
    settings: MailSettings
    kept: list[_Server] | None = field(default=None, compare=False)
    """The connection that is used once more, while a batch is carried; None if each letter has its own."""

    @contextmanager
    def for_a_batch(self) -> Iterator["Mail"]:
        """By one connection for all letters of a batch, for as long as the server keeps it and nothing fails."""
        kept: list[_Server] = []
        try:
            yield replace(self, kept=kept)
        finally:
            for server in kept:
                server.leave()

    def reaches(self, letter: Letter, recipient: Recipient) -> bool:
        """Whoever has an address that can be one."""
        return bool(_usable(recipient))

    def send(self, letter: Letter, recipient: Recipient) -> Carried:
        """Hand it to the mail server. One address that takes it is enough; the receipt names those that did not, masked.

        It can never arrive if the server refuses for good (5xx) all addresses, or the text. A server that cannot be reached,
        proves another than it should be, or asks to come back (4xx) is tried again.
        """
        addresses = _usable(recipient)
        message = self._message(letter, addresses)
        try:
            try:
                words, refused = self._handed(message, addresses)
            except _Ended:
                words, refused = self._handed(message, addresses)
        except smtplib.SMTPRecipientsRefused as error:
            codes = sorted({code for code, _ in error.recipients.values()})
            if all(code >= 500 for code in codes):
                raise Undeliverable(f"邮件服务器拒收全部地址（{_listed(codes)}）") from None
            raise ConnectionError(f"邮件服务器暂不接收（{_listed(codes)}）") from None
        except smtplib.SMTPDataError as error:
            if error.smtp_code >= 500:
                raise Undeliverable(f"邮件服务器拒收邮件（{error.smtp_code}）") from None
            raise ConnectionError(f"邮件服务器暂不接收（{error.smtp_code}）") from None
        except smtplib.SMTPResponseException as error:
            raise ConnectionError(f"邮件服务器不予受理（{error.smtp_code}）") from None
        except (OSError, smtplib.SMTPException) as error:  # their words may name addresses
            raise ConnectionError(f"邮件服务器连接失败（{type(error).__name__}）") from None
        taken = [masked(address) for address in addresses if address not in refused]
        return Carried(address="、".join(taken), receipt=_receipt(said(words, *addresses), refused))

    def _handed(self, message: EmailMessage, addresses: list[str]) -> tuple[str, Mapping[str, tuple[int, bytes]]]:
        """What the server said to a message, and whom it refused. Raises `_Ended` if it is to be asked by a new connection."""
        with self._connected() as server:
            texts = server.texts
            try:
                refused = server.send_message(message, self.settings.sender, addresses)
            except smtplib.SMTPException as error:
                if texts and server.texts == texts and server.sock is None and not server.was_cut:
                    raise _Ended from error
                raise
            return server.said, refused

    @contextmanager
    def _connected(self) -> Iterator[_Server]:
        """A server that listens: that of the letter before, if it still does."""
        server = self.kept.pop() if self.kept else None
        if server:
            server.give_time()
        if server is None or not server.is_there:
            server = self._greeted()
        try:
            yield server
        except BaseException:
            server.leave()
            raise
        if self.kept is None:
            server.leave()
        else:
            self.kept.append(server)

    def _greeted(self) -> _Server:
        settings = self.settings
        context = authorities.of_mail(settings.ca_file)
        door = (settings.host, settings.usual_port, self._domain)
        server = (
            _TlsServer(*door, timeout=settings.timeout, context=context)
            if settings.security == "tls"
            else _Server(*door, timeout=settings.timeout)
        )
        try:
            if settings.security == "starttls":
                server.starttls(context=context)
            if settings.username is not None and settings.password is not None:
                server.login(settings.username, settings.password.get_secret_value())
        except BaseException:
            server.leave()
            raise
        return server

    @property
    def _domain(self) -> str:
        return self.settings.sender.rpartition("@")[2]

    def _message(self, letter: Letter, addresses: list[str]) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self.settings.sender
        message["To"] = ", ".join(addresses)
        message["Subject"] = _subject(letter.title)
        message["Date"] = format_datetime(letter.created_at.astimezone(SHANGHAI))
        message["Message-ID"] = f"<{letter.id}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message[LETTER_ID] = letter.id
        message.set_content(letter.body, cte="base64")
        return message


def _subject(title: str) -> str:
    """A title as the value of a header, whatever is in it.

    The library takes `=?utf-8?q?…?=` for an encoded word, decodes it, and writes what was in it, line ends and all.
    """
    return on_one_line(title).replace("=?", "＝？")


def _usable(recipient: Recipient) -> list[str]:
    """The addresses that a mail server could read; papers hold others, too."""
    return [address for address in dict.fromkeys(map(str.strip, recipient.mail)) if _is_address(address)]


def _is_address(text: str) -> bool:
    try:
        ADDRESS.validate_python(text)
    except ValidationError:
        return False
    return True


def _receipt(queued: str, refused: Mapping[str, tuple[int, bytes]]) -> str:
    others = "、".join(f"{masked(address)}（{code}）" for address, (code, _) in refused.items())
    return f"未被接受：{others}；{queued}" if others else queued


def _listed(codes: list[int]) -> str:
    return "、".join(map(str, codes))


# Bounces


class Bounce(Value):
    """退信: a letter that a mail system says it cannot deliver, with the status code it gives (5.x.x), and to whom, masked."""

    letter: str
    status: str
    address: str


def bounced(raw: bytes) -> Bounce | None:
    """The letter that a message reports as undeliverable for good; None for delays and for whatever is no such report.

    A mailbox receives anything, and the parser of the standard library stumbles over some of it: that is no report either.
    """
    try:
        return _bounced(message_from_bytes(raw))
    except Exception:
        return None


def _bounced(message: Message) -> Bounce | None:
    kind = str(message.get_param("report-type")).lower()
    if message.get_content_type() != "multipart/report" or kind != "delivery-status":
        return None
    parts = list(message.walk())
    status = next((found for part in parts for found in _failures(part)), None)
    letter = next((found for part in parts for found in _letters(part)), None)
    return Bounce(letter=letter, status=status[0], address=status[1]) if status and letter else None


def _failures(part: Message) -> Iterator[tuple[str, str]]:
    """The status codes of a report's recipients that failed for good, and their addresses, masked."""
    if part.get_content_type() != "message/delivery-status":
        return
    for block in part.get_payload():
        if isinstance(block, Message) and str(block.get("Action", "")).strip().lower() == "failed":
            status = re.match(r"\s*(5\.\d{1,3}\.\d{1,3})", str(block.get("Status", "")))
            to = str(block.get("Original-Recipient") or block.get("Final-Recipient") or "").rpartition(";")[2].strip()
            if status:
                yield status[1], masked(to)


def _letters(part: Message) -> Iterator[str]:
    """The id of the letter that a report gives back, whole or its head only; some systems drop headers that are not theirs."""
    if part.get_content_type() in ("message/rfc822", "message/rfc822-headers"):
        returned = part.get_payload(0)
    elif part.get_content_type() == "text/rfc822-headers":
        content = part.get_payload(decode=True)
        returned = message_from_string(content.decode("utf-8", "replace")) if isinstance(content, bytes) else None
    else:
        return
    if isinstance(returned, Message):
        written = returned.get(LETTER_ID) or str(returned.get("Message-ID", "")).strip().strip("<>").rpartition("@")[0]
        if re.fullmatch(r"[A-Za-z0-9._:-]{1,128}", str(written).strip()):
            yield str(written).strip()
