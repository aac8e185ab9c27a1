"""Whom channels believe over TLS (证书颁发机构): authorities are read once, and again when their file is another or has changed.

Reading them takes longer than everything else that a letter costs.
"""

import os
import ssl
from functools import lru_cache
from pathlib import Path

import httpx


def of_the_web() -> ssl.SSLContext:
    """Trusts the authorities of the house (`SSL_CERT_FILE`, `SSL_CERT_DIR`), else those that browsers do."""
    return _of_the_web(*_read_from(None))


def of_mail(file: Path | None) -> ssl.SSLContext:
    """Trusts the authorities of a file; without one those of the house, else those of this machine."""
    return _of_mail(*_read_from(file), file)


def _read_from(file: Path | None) -> tuple[str, float]:
    """Where authorities are read from, and when that last changed."""
    place = str(file or os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR") or "")
    return place, Path(place).stat().st_mtime if place and Path(place).exists() else 0.0


@lru_cache(maxsize=1)
def _of_the_web(_: str, __: float) -> ssl.SSLContext:
    return httpx.create_ssl_context()


@lru_cache(maxsize=4)
def _of_mail(_: str, __: float, file: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=file)
