"""An OpenID Connect provider on loopback: a real one as far as the gateway can tell, who signs in whoever a test says."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import Any
from urllib.parse import unquote, urlencode

from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeySet, OctKey, OKPKey, RSAKey

from tests.loopback import Answer, Received, Receiver, receiver, saying

CLIENT, SECRET, AUDIENCE = "beian-desk", "a secret: with / and %", "beian-api"

OFFICER = {"sub": "c-101", "name": "受理人", "office": "210100", "role": "city_st"}
LEADER = {"sub": "u-leader-01", "name": "经办人", "office": "91210102MA10ABCD6H", "role": "leader"}

RSA, OTHER_RSA = (RSAKey.generate_key(2048, {"kid": kid, "use": "sig"}) for kid in ("rsa", "other"))
EC = ECKey.generate_key("P-256", {"kid": "ec"})
OKP = OKPKey.generate_key("Ed25519", {"kid": "okp"})


@dataclass
class Provider:
    """Its keys, whoever signs in next, and what it has given out. A code is good for once."""

    server: Receiver
    clock: Callable[[], datetime]
    keys: list[Key] = field(default_factory=lambda: [RSA, EC, OKP])
    who: dict[str, Any] = field(default_factory=lambda: dict(OFFICER))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    changed: dict[str, Any] = field(default_factory=dict)
    clients_by: str = "client_secret_basic"
    down: bool = False
    free: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        """It answers at once until it is held up."""
        self.free.set()

    @property
    def issuer(self) -> str:
        """Its own address."""
        return f"http://127.0.0.1:{self.server.port}"

    @property
    def asked(self) -> list[str]:
        """The addresses that were asked for, in order."""
        return [each.path for each in self.server.requests]

    def claims(self, audience: str = AUDIENCE, **changed: Any) -> dict[str, Any]:
        """What a good token says; changes that are None are left out."""
        now = int(self.clock().timestamp())
        told = {"iss": self.issuer, "aud": audience, "iat": now, "nbf": now, "exp": now + 300, **self.who, **changed}
        return {name: value for name, value in told.items() if value is not None}

    def token(self, key: Key = RSA, algorithm: str = "RS256", kid: str | None = "", **changed: Any) -> str:
        """A token, signed with a key."""
        header = {"alg": algorithm} | ({"kid": key.kid if kid == "" else kid} if kid is not None else {})
        return jwt.encode(header, self.claims(**changed), key, algorithms=[algorithm])

    def answers(self, request: Received) -> Answer:
        """Answer as a provider does."""
        self.free.wait(10)
        if self.down:
            return Answer(500)
        answer = {
            "/.well-known/openid-configuration": self._configuration,
            "/jwks": lambda _: saying(KeySet(self.keys).as_dict(private=False)),
            "/authorize": self._authorizes,
            "/token": self._redeems,
        }.get(request.path)
        return answer(request) if answer else Answer(404)

    def _configuration(self, _: Received) -> Answer:
        told = {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/jwks", "token_endpoint": f"{self.issuer}/token"}
        told |= {"authorization_endpoint": f"{self.issuer}/authorize"}
        return saying(told | {"token_endpoint_auth_methods_supported": [self.clients_by]})

    def _authorizes(self, request: Received) -> Answer:
        """Somebody signs in here, with a password or however, and is sent back with a code."""
        asked = dict(request.query)
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"], "iss": self.issuer})
        return Answer(302, headers={"location": f"{asked['redirect_uri']}?{back}"})

    def _redeems(self, request: Received) -> Answer:
        form = request.form
        if self._client(request) != (CLIENT, "" if self.clients_by == "none" else SECRET):
            return saying({"error": "invalid_client"}, 401)
        asked = self.codes.pop(form["code"], None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if asked is None or asked["code_challenge"] != proof or asked["redirect_uri"] != form["redirect_uri"]:
            return saying({"error": "invalid_grant"}, 400)
        told_of = {"audience": CLIENT, "nonce": asked["nonce"], **self.changed}
        return saying({"access_token": "opaque", "token_type": "Bearer", "id_token": self.token(**told_of)})

    def _client(self, request: Received) -> tuple[str, str]:
        """Who asks, and with which secret, told in the one way that is agreed on."""
        if self.clients_by != "client_secret_basic":
            assert "authorization" not in request.headers
            return request.form["client_id"], request.form.get("client_secret", "")
        assert not {"client_id", "client_secret"} & request.form.keys()
        scheme, _, told = request.headers["authorization"].partition(" ")
        assert scheme == "Basic"
        client, _, secret = base64.b64decode(told).decode().partition(":")
        return unquote(client), unquote(secret)


@contextmanager
def provider(clock: Callable[[], datetime]) -> Iterator[Provider]:
    """A provider that runs."""
    with receiver() as server:
        running = Provider(server, clock)
        server.answer = running.answers
        yield running


def unsigned(claims: dict[str, Any]) -> str:
    """A token that says it needs no signature."""
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}."


def signed_with_what_is_public(claims: dict[str, Any], key: RSAKey = RSA) -> str:
    """A token whose signature takes the published key for a shared secret."""
    text = f"{_part({'alg': 'HS256', 'typ': 'JWT', 'kid': key.kid})}.{_part(claims)}"
    signature = hmac.new(key.as_pem(private=False), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def with_its_own_key(claims: dict[str, Any]) -> str:
    """A token that brings the key along that it is signed with."""
    header = {"alg": "RS256", "kid": "rsa", "jwk": OTHER_RSA.as_dict(private=False)}
    return jwt.encode(header, claims, OTHER_RSA)


def shared() -> OctKey:
    """A secret that a provider publishes by mistake."""
    return OctKey.generate_key(256, {"kid": "oct"})


def _part(told: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()
