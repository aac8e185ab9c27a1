"""The ring of keys (密钥环) by which the engine's payloads are encrypted, from a file or a command; read once, refused when wrong.

A line is a key: its id, and 32 bytes (AES-256) or 16 (SM4) in base64. The last one that fits the cipher in use encrypts;
every one decrypts. No refusal quotes a line, for it may be a key.
"""

import base64
import hashlib
import re
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from models.settings import Settings, SettingsRefused

OFF, AES, SM4 = "off", "aes-256-gcm", "sm4-gcm"

BYTES = {32: AES, 16: SM4}
"""Which cipher a key is for, by its length."""

ID = "[A-Za-z0-9][A-Za-z0-9._-]{0,39}"

LARGEST = 65_536
"""Bytes of the largest ring: some hundred keys."""

PATIENCE = 30.0
"""Seconds within which a command must have told the keys."""

FILE, COMMAND = "BEIAN_ENCRYPTION_KEYS", "BEIAN_ENCRYPTION_KEYS_COMMAND"


@dataclass(frozen=True)
class Key:
    """A key, and by which cipher it is used."""

    id: str
    secret: bytes = field(repr=False)

    @property
    def cipher(self) -> str:
        """The cipher that it is for."""
        return BYTES[len(self.secret)]

    @property
    def print(self) -> str:
        """By which another key of the same id is told from it; nothing of the key follows from that."""
        return hashlib.sha256(b"beian key " + self.secret).hexdigest()[:16]


@dataclass(frozen=True)
class Ring:
    """Every key that decrypts, and the one that encrypts; None where what is new is left in clear."""

    keys: Mapping[str, Key] = field(default_factory=dict)
    newest: Key | None = None


def ring_of(settings: Settings) -> Ring:
    """The ring of a deployment, read once a process. Raises `SettingsRefused`."""
    return _ring(settings.encryption, settings.encryption_keys, settings.encryption_keys_command)


@cache
def _ring(cipher: str, file: Path | None, command: str) -> Ring:
    if not file and not command:
        if cipher != OFF:
            raise SettingsRefused(f"环境变量 BEIAN_ENCRYPTION 为 {cipher}，须以 {FILE} 或 {COMMAND} 给出密钥")
        return Ring()
    told = _of_file(file) if file else _of_command(command)
    variable = FILE if file else COMMAND
    if len(told) > LARGEST:
        raise SettingsRefused(f"环境变量 {variable} 所给的密钥环不得超过{LARGEST:,}字节")
    keys = _keys(told, variable)
    fitting = [key for key in keys.values() if key.cipher == cipher]
    if cipher != OFF and not fitting:
        size = next(size for size, each in BYTES.items() if each == cipher)
        raise SettingsRefused(f"环境变量 {variable} 所给的密钥环中没有 {cipher} 的密钥（{size}字节）")
    return Ring(keys, fitting[-1] if fitting else None)


def _of_file(file: Path) -> bytes:
    try:
        if file.stat().st_mode & 0o077:
            raise SettingsRefused(f"环境变量 {FILE} 所指的 {file} 他人可读；请改为仅属主可读（chmod 600）")
        with file.open("rb") as opened:
            return opened.read(LARGEST + 1)
    except OSError as error:
        raise SettingsRefused(f"环境变量 {FILE} 所指的 {file} 无法读取（{type(error).__name__}）") from None


def _of_command(command: str) -> bytes:
    """What a command prints. It is no shell, and what it prints is told to nobody."""
    wrong = "；请以运行本系统的用户直接运行该命令查看"
    try:
        done = subprocess.run(
            shlex.split(command), stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise SettingsRefused(f"环境变量 {COMMAND} 的命令没有给出密钥（{type(error).__name__}）{wrong}") from None
    if done.returncode:
        raise SettingsRefused(f"环境变量 {COMMAND} 的命令没有给出密钥（退出码 {done.returncode}）{wrong}")
    return done.stdout


def _keys(told: bytes, variable: str) -> Mapping[str, Key]:
    keys: dict[str, Key] = {}
    wrong: list[str] = []
    for number, line in enumerate(told.decode("ascii", "replace").splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            name, encoded = line.split()
            key = Key(name, base64.b64decode(encoded, validate=True))
            sound = re.fullmatch(ID, name) and len(key.secret) in BYTES
        except ValueError:
            sound = None
        if not sound:
            wrong.append(f"第{number}行须为“编号 密钥”，编号由字母、数字和 . _ - 组成，密钥为16或32字节的 base64")
        elif key.id in keys:
            wrong.append(f"第{number}行的编号 {key.id} 重复")
        else:
            keys[key.id] = key
    if wrong or not keys:
        raise SettingsRefused(f"环境变量 {variable} 所给的密钥环有误：{'；'.join(wrong[:20]) or '没有密钥'}")
    return keys
