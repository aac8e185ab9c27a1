"""The keys by which this deployment signs its log and what it saw of others' (the newest last in their file), and how they are made.

A line is a private key as `note` has it (`PRIVATE+KEY+…`), or a public key and the command that signs with its private half, wherever
that lies (an HSM): it is given what to sign and prints the signature in base64. No refusal quotes a line.
"""

import os
import shlex
import subprocess
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from activities.log.notes import ED25519, Key, NotANote, Signer, checked_name
from models.settings import SettingsRefused

PRIVATE = "PRIVATE+KEY+"
LARGEST = 16_384
"""Bytes of the largest file of keys."""

PATIENCE = 30.0
"""Seconds within which a command must have signed."""


class NotSigning(Exception):
    """The command that signs did not, or not what it was given."""


def made(name: str) -> tuple[str, Key]:
    """A new key under a name: the line of its file, and the public half. Raises `NotANote` if it cannot be called so."""
    private = Ed25519PrivateKey.generate()
    key = Key(checked_name(name), ED25519, private.public_key().public_bytes_raw())
    packed = b64encode(bytes([ED25519]) + private.private_bytes_raw()).decode()
    return f"{PRIVATE}{key.name}+{key.id.hex()}+{packed}", key


def add(file: Path, name: str) -> Key:
    """Make a key and write it below those that are in a file, readable for its owner alone; its public half."""
    there = file.read_text("utf-8") if file.exists() else ""
    if there and _signers(there, file)[-1].key.name != name:
        raise SettingsRefused(f"{file} 中的密钥名称为 {_signers(there, file)[-1].key.name}；日志的名称不能更改")
    line, key = made(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_name(f".{file.name}.{key.id.hex()}")
    with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
        opened.write(f"{there.rstrip()}\n{line}\n".lstrip())
        opened.flush()
        os.fsync(opened.fileno())
    half.replace(file)
    return key


def signers(file: Path) -> Sequence[Signer]:
    """The keys of a file, the newest last; none if there is no file. Raises `SettingsRefused`."""
    try:
        if file.stat().st_mode & 0o077:
            raise SettingsRefused(f"日志密钥 {file} 他人可读；请改为仅属主可读（chmod 600）")
        with file.open("rb") as opened:
            told = opened.read(LARGEST + 1)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise SettingsRefused(f"日志密钥 {file} 无法读取（{type(error).__name__}）") from None
    if len(told) > LARGEST:
        raise SettingsRefused(f"日志密钥 {file} 不得超过{LARGEST:,}字节")
    return _signers(told.decode("utf-8", "replace"), file)


def _signers(told: str, file: Path) -> list[Signer]:
    found: list[Signer] = []
    for number, line in enumerate(told.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            found.append(_of_private(line.strip()) if line.strip().startswith(PRIVATE) else _of_command(line.strip()))
        except (NotANote, ValueError, NotBase64):
            raise SettingsRefused(
                f"日志密钥 {file} 第{number}行有误：须为 {PRIVATE} 开头的私钥，或者一行公钥，空格，签名的命令"
            ) from None
    if len({signer.key.name for signer in found}) > 1:
        raise SettingsRefused(f"日志密钥 {file} 中的名称不一致；日志的名称不能更改")
    return found


def _of_private(line: str) -> Signer:
    name, known_as, encoded = line.removeprefix(PRIVATE).split("+", 2)
    packed = b64decode(encoded, validate=True)
    private = Ed25519PrivateKey.from_private_bytes(packed[1:])
    key = Key(checked_name(name), packed[0], private.public_key().public_bytes_raw())
    if key.kind != ED25519 or key.id.hex() != known_as:
        raise NotANote("a private key under another id")
    return Signer(key, private.sign)


def _of_command(line: str) -> Signer:
    public, _, command = line.partition(" ")
    key = Key.read(public)
    if key.kind != ED25519 or not shlex.split(command):
        raise NotANote("no command")

    def sign(message: bytes) -> bytes:
        try:
            done = subprocess.run(
                shlex.split(command), input=message, capture_output=True, timeout=PATIENCE, check=True
            )
            return b64decode(done.stdout.strip(), validate=True)
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            raise NotSigning(f"签名的命令没有给出签名（{type(error).__name__}）") from None

    return Signer(key, sign)
