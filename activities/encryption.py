"""What the engine keeps of values, encrypted: AES-256-GCM or SM4-GCM, by a key whose id stands beside it.

A payload that is in clear is read as it is, so histories may hold both. What is encrypted is a whole payload, how it is
written included; its cipher and the id of its key are authenticated with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from os import urandom

import structlog
from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.converter import (
    DefaultFailureConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
    PayloadConverter,
)

from activities.keyring import AES, Key, Ring
from models.settings import SettingsRefused

log = structlog.get_logger()

ENCRYPTED = b"binary/encrypted"
"""How the engine is told that a payload is encrypted (`encoding`), as Temporal's own examples do."""

KEY, CIPHER = "encryption-key-id", "encryption-cipher"

NONCE, TAG = 12, 16
"""Bytes of chance before what is encrypted, and of what authenticates it after."""


class Undecipherable(Exception):
    """载荷无法解密"""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(f"{self.__doc__}：密钥 {key} {why}")
        self.key = key


@dataclass(frozen=True)
class _Sm4Gcm:
    """SM4 in GCM, as `AESGCM` is used."""

    secret: bytes

    def encrypt(self, nonce: bytes, data: bytes, beside: bytes) -> bytes:
        """Encrypt; what authenticates it stands at the end."""
        encryptor = Cipher(algorithms.SM4(self.secret), modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(beside)
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, data: bytes, beside: bytes) -> bytes:
        """Decrypt. Raises `InvalidTag`."""
        if len(data) < TAG:
            raise InvalidTag
        decryptor = Cipher(algorithms.SM4(self.secret), modes.GCM(nonce, data[-TAG:])).decryptor()
        decryptor.authenticate_additional_data(beside)
        return decryptor.update(data[:-TAG]) + decryptor.finalize()


@cache
def _cipher(key: Key) -> AESGCM | _Sm4Gcm:
    return AESGCM(key.secret) if key.cipher == AES else _Sm4Gcm(key.secret)


def _beside(key: str, cipher: str) -> bytes:
    return f"{cipher} {key}".encode()


@dataclass(frozen=True)
class Codec(PayloadCodec):
    """Encrypts by the newest key of a ring, if it has one, and decrypts by whichever is named."""

    ring: Ring

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Encrypt payloads; what is encrypted already stays."""
        return [self.encrypted(each) for each in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Decrypt payloads. Raises `Undecipherable`."""
        return [self.decrypted(each) for each in payloads]

    def encrypted(self, payload: Payload) -> Payload:
        """A payload encrypted."""
        key = self.ring.newest
        if key is None or payload.metadata.get("encoding") == ENCRYPTED:
            return payload
        nonce = urandom(NONCE)
        data = nonce + _cipher(key).encrypt(nonce, payload.SerializeToString(), _beside(key.id, key.cipher))
        told = {"encoding": ENCRYPTED, KEY: key.id.encode(), CIPHER: key.cipher.encode()}
        return Payload(metadata=told, data=data)

    def decrypted(self, payload: Payload) -> Payload:
        """A payload in clear. Raises `Undecipherable`, naming the key and nothing else."""
        if payload.metadata.get("encoding") != ENCRYPTED:
            return payload
        name, cipher = (payload.metadata.get(each, b"").decode("ascii", "replace")[:40] for each in (KEY, CIPHER))
        key = self.ring.keys.get(name)
        if key is None:
            raise _undecipherable(name or "（未注明）", "不在密钥环中")
        if key.cipher != cipher:
            raise _undecipherable(name, f"不是 {cipher or '（未注明）'} 的密钥")
        nonce, data = payload.data[:NONCE], payload.data[NONCE:]
        try:
            return Payload.FromString(_cipher(key).decrypt(nonce, data, _beside(name, cipher)))
        except (InvalidTag, ValueError, DecodeError):
            raise _undecipherable(name, "与内容不符，或者内容已被改动") from None


NO_KEYS = Codec(Ring())
"""Where a deployment has no keys: what is in clear passes, and what is not says which key it needs."""


def _undecipherable(key: str, why: str) -> Undecipherable:
    """Said in the log too: whoever catches it knows of an error, and not of which key."""
    log.error("payload.undecipherable", key=key)
    return Undecipherable(key, why)


IN_CLEAR = DefaultFailureConverter()


class Failures(DefaultFailureConverterWithEncodedAttributes):
    """What goes wrong is kept encrypted too, its words and its place; but for a missing key, which must be read without it."""

    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure) -> None:
        """Write a failure down."""
        if isinstance(exception, Undecipherable):
            IN_CLEAR.to_failure(exception, payload_converter, failure)
        else:
            super().to_failure(exception, payload_converter, failure)


def codec_of(ring: Ring) -> Codec:
    """The codec of a ring. Raises `SettingsRefused` where this machine's OpenSSL lacks the cipher of a key."""
    codec = Codec(ring)
    for key in ring.keys.values():
        try:
            codec.decrypted(Codec(Ring({key.id: key}, key)).encrypted(Payload()))
        except UnsupportedAlgorithm:
            raise SettingsRefused(f"密钥 {key.id} 的算法 {key.cipher} 为本机的 OpenSSL 所不支持") from None
    return codec
